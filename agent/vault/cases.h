// cases: person and family files as officers see them: the list, one case with its people, papers,
// disputes and history.
//
// A submission begins a case by itself; what changes a case later is case_changes.h. What a case
// is, follows from events alone (sync/cases/case_state.h). Ownership: values. Threads: the vault's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/vault/case_reading.h"
#include "agent/vault/session.h"

namespace awda::agent {

struct CaseRow {
    sync::CaseId id;
    std::string reference;  ///< fourteen digits
    sync::CaseStatus status = sync::CaseStatus::kOpen;
    std::string title;  ///< of the newest revision it began with
    bool ours = true;   ///< this office owns it
    std::uint32_t disputes = 0;
    UnixMs changed_ms = 0;  ///< when something last happened to it
};

struct CaseQuery {
    std::size_t limit = 200;  ///< at most kListMax
    std::size_t offset = 0;
    std::optional<sync::CaseStatus> status{};
    bool disputed = false;  ///< only those that wait for a decision
    bool refresh = false;   ///< of what is on the screen already: not a new viewing
};

struct CaseMember {
    sync::MemberId id;
    InstanceId root;    ///< the document that tells of him
    std::string path;   ///< the row there, as merged; empty: whom the document is about
    std::string label;  ///< his name as the row gives it; empty if it gives none
    sync::MemberState state;
    bool head = false;
};

/// A line of the case's history.
struct CaseLine {
    UnixMs at_ms = 0;
    std::string officer_name;  ///< empty for an officer of another office
    bool other_office = false;
    sync::EventType what{};
    std::string detail;  ///< the move, the presence: a name of the format
    std::string reason;
    bool refused = false;  ///< it was not allowed when it was said, and changed nothing
};

struct ShownCase {
    CaseRow row;
    sync::CaseState state;
    std::vector<StoredDocument> documents;
    std::vector<CaseMember> members;  ///< of all documents, absorbed cases' too
    std::vector<CaseLine> history;    ///< oldest first
};

/// Newest first. Written to the log as a viewing.
[[nodiscard]] Result<std::vector<CaseRow>> list_cases(Session& session,
                                                      const CaseQuery& query = {});
/// Written to the log as a viewing of each of its records. kNotFound.
[[nodiscard]] Result<ShownCase> show_case(Session& session, const sync::CaseId& id);
/// By its number, in any script; by the id of a case, or of a record in it. The number may be that
/// of several. kNotFound; kMalformed when the check digits do not hold.
[[nodiscard]] Result<std::vector<sync::CaseId>> find_cases(Session& session,
                                                           std::string_view typed);
/// Without a viewing: what changes are checked against.
[[nodiscard]] Result<std::vector<CaseMember>> case_members(Session& session,
                                                           const sync::CaseState& state);

}  // namespace awda::agent
