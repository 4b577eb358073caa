// CaseState: what a case is, from all that was said about it, whoever said it and in whatever order
// it came.
//
// Each fact (state, owner, head, one member's presence …) is what the latest events about it say.
// Where two say different things and neither author knew of the other, all are kept, one is shown
// meanwhile, and the case is disputed until an event that knows both decides. Rules: CASES.md.
// Threads: pure values and functions.
#pragma once

#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "sync/cases/case_event.h"

namespace awda::sync {

inline constexpr std::size_t kCaseEventsMax = 10'000;  ///< of one case; more than a life gives

/// One event about a case.
struct CaseEntry {
    EventRef ref;
    DeviceId device;
    std::uint64_t seq = 0;  ///< in that device's log
    OfficerId officer;
    OfficeId office;
    UnixMs at_ms = 0;  ///< by the clock there: for people to read, never to decide by
    /// The first revision of a submission, which begins a case; or a change.
    std::variant<InstanceId, CaseChange> what;
};

enum class CaseFact : std::uint8_t {
    kStatus = 1,
    kOwner = 2,
    kHead = 3,
    kPresence = 4,    ///< of a member
    kRelation = 5,    ///< of a member
    kLeft = 6,        ///< whether a member left
    kRecord = 7,      ///< whether a record belongs to the case
    kAbsorbed = 8,    ///< whether another case goes on in this one
    kMergedInto = 9,  ///< in which case this one goes on
};

/// What somebody said: `value` is a name (of a state, a presence), an id's text, or "yes" or "no".
struct CaseClaim {
    std::string value;
    OfficeId office;  ///< kStatus: to whom the case is offered
    EventRef event;
    bool operator==(const CaseClaim&) const = default;
};

struct CaseDispute {
    CaseFact fact = CaseFact::kStatus;
    Id16 subject{};                 ///< the member, record or case it is about; zero for the case
    std::vector<CaseClaim> claims;  ///< the one shown meanwhile first, the others by event
    bool operator==(const CaseDispute&) const = default;
};

struct MemberState {
    std::optional<Presence> presence;
    std::optional<std::string> relation;
    bool left = false;
    std::optional<CaseId> moved_to;  ///< by a split
    bool joined = false;             ///< came from another case by a split
    bool operator==(const MemberState&) const = default;
};

struct CaseState {
    CaseId id;
    bool founded = false;  ///< how it began has arrived
    CaseStatus status = CaseStatus::kOpen;
    OfficeId owner;
    OfficeId addressee;  ///< while offered or in transit
    std::optional<MemberId> head;
    std::map<MemberId, MemberState> members;  ///< those of whom an event speaks
    std::set<InstanceId> records;             ///< submissions that belong to it
    std::set<CaseId> absorbed;
    std::optional<CaseId> merged_into;
    std::vector<CaseDispute> disputes;  ///< by fact, then subject
    std::vector<EventRef> history;      ///< in the order in which replicas agree
    std::vector<EventRef> refused;      ///< moves that the table or the owner did not allow
    std::vector<EventRef> heads;        ///< what the next event builds upon
    std::vector<EventRef> waiting;      ///< what came before they build upon did
    bool operator==(const CaseState&) const = default;
};

/// `entries` in any order, the same one any number of times; those that are not about `id` are left
/// out. kTooLarge.
[[nodiscard]] Result<CaseState> fold_case(const CaseId& id, const std::vector<CaseEntry>& entries);

}  // namespace awda::sync
