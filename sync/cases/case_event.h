// CaseEvent: what a log says about cases, as bytes: payloads of the events 60 to 69.
//
// Each names what its author knew of the case (`CaseAt::parents`), so that every replica puts them
// in the same order whatever way they came (causality.h). Reasons and relations are personal data
// like the record itself. Layouts: CASES.md. Threads: pure values and functions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sync/cases/case_id.h"
#include "sync/cases/document.h"
#include "sync/cases/transitions.h"
#include "sync/log/proof.h"

namespace awda::sync {

inline constexpr std::size_t kCaseReasonMax = 2000;  ///< bytes
inline constexpr std::size_t kRelationMax = 200;     ///< bytes
inline constexpr std::size_t kCaseParentsMax = 256;  ///< heads of one case
inline constexpr std::size_t kCaseListMax = 10'000;  ///< members, records, paths, choices

/// A case, and the newest events about it that the author knew: sorted, each once.
struct CaseAt {
    CaseId id;
    std::vector<EventRef> parents;
    bool operator==(const CaseAt&) const = default;
};

/// 60: which questions of a form say who a person is, as its author marked them.
struct IdentityMarked {
    std::string form_id;
    std::vector<std::string> paths;  ///< without row numbers; sorted, each once
    bool operator==(const IdentityMarked&) const = default;
};

/// 61: a submission belongs to another case than before.
struct CaseJoined {
    CaseAt from;
    CaseAt to;
    InstanceId root;
    std::string reason;
    bool operator==(const CaseJoined&) const = default;
};

/// Where a member is. Numbers are part of the format.
enum class Presence : std::uint8_t {
    kPresent = 1,
    kElsewhere = 2,  ///< will follow, or stays abroad
    kDetained = 3,
    kMissing = 4,
    kDead = 5,
};
inline constexpr std::array kPresences = {Presence::kPresent, Presence::kElsewhere,
                                          Presence::kDetained, Presence::kMissing, Presence::kDead};
[[nodiscard]] std::string_view presence_name(Presence presence);
[[nodiscard]] std::optional<Presence> parse_presence(std::string_view name);

/// 62: something about one member; what is empty stays as it was.
struct MemberChanged {
    CaseAt at;
    MemberId member;
    std::optional<Presence> presence;
    std::optional<std::string> relation;  ///< to the head, as the form's choice says it
    std::optional<bool> head;             ///< false: nobody is
    std::optional<bool> left;             ///< false: belongs to the family again
    std::string reason;
    bool operator==(const MemberChanged&) const = default;
};

/// 63: a move of kTransitions, other than kMerge and kUnmerge.
struct CaseMoved {
    CaseAt at;
    CaseMove move = CaseMove::kSubmit;
    OfficeId office;  ///< kOffer: to whom; else empty
    std::string reason;
    bool operator==(const CaseMoved&) const = default;
};

/// 64: these go on in a case of their own.
struct CaseSplit {
    CaseAt at;
    CaseId into;
    std::vector<MemberId> members;  ///< sorted, each once
    std::vector<InstanceId> roots;
    std::string reason;
    bool operator==(const CaseSplit&) const = default;
};

/// 65 and 66: `absorbed` goes on in `kept`, or no longer does.
struct CaseMerged {
    bool undone = false;  ///< 66
    CaseAt kept;
    CaseAt absorbed;
    std::string reason;
    bool operator==(const CaseMerged&) const = default;
};

/// 67: what counts in a document; the event's reference is the decision's id among its revisions.
struct ConflictDecided {
    InstanceId root;
    std::vector<Id16> parents;  ///< the document's heads as they were seen
    std::vector<Choice> choices;
    std::string reason;
    bool operator==(const ConflictDecided&) const = default;
};

/// 68: an event of another device's log, whole, so that its hash can be made again.
struct ForeignEvent {
    DeviceId device;
    Event event;
    /// Of a record that has no signature of its own; null otherwise.
    std::shared_ptr<const EventCover> cover;
};

/// 69: `instance` also builds upon these, beside the revision that it replaces.
struct RevisionParents {
    InstanceId instance;
    std::vector<Id16> others;
    bool operator==(const RevisionParents&) const = default;
};

[[nodiscard]] Bytes encode(const IdentityMarked& event);
[[nodiscard]] Bytes encode(const CaseJoined& event);
[[nodiscard]] Bytes encode(const MemberChanged& event);
[[nodiscard]] Bytes encode(const CaseMoved& event);
[[nodiscard]] Bytes encode(const CaseSplit& event);
[[nodiscard]] Bytes encode(const CaseMerged& event);
[[nodiscard]] Bytes encode(const ConflictDecided& event);
[[nodiscard]] Bytes encode(const ForeignEvent& event);
[[nodiscard]] Bytes encode(const RevisionParents& event);

[[nodiscard]] Result<IdentityMarked> decode_identity_marked(ByteView bytes);
[[nodiscard]] Result<ConflictDecided> decode_conflict_decided(ByteView bytes);
/// Its commitment is made from salt and payload.
[[nodiscard]] Result<ForeignEvent> decode_foreign_event(ByteView bytes);
[[nodiscard]] Result<RevisionParents> decode_revision_parents(ByteView bytes);

/// What happens to cases themselves: 61 to 66.
using CaseChange = std::variant<CaseJoined, MemberChanged, CaseMoved, CaseSplit, CaseMerged>;
/// kMalformed also when `type` is none of them.
[[nodiscard]] Result<CaseChange> decode_case_change(EventType type, ByteView bytes);
[[nodiscard]] bool is_case_change(EventType type);
[[nodiscard]] EventType event_type_of(const CaseChange& change);
[[nodiscard]] Bytes encode(const CaseChange& change);
/// The cases that it is about: one, or two.
[[nodiscard]] std::vector<CaseId> cases_of(const CaseChange& change);
/// What its author knew of `id`; nothing if it is not about it, or begins it.
[[nodiscard]] std::vector<EventRef> parents_in(const CaseChange& change, const CaseId& id);

}  // namespace awda::sync
