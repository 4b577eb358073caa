// case_changes: what officers do to cases: move them from state to state, keep their members, split
// and merge them, and decide between values that contradict each other.
//
// Each is one event, which names what its author knew of the case, in one transaction with the
// tables. Who may do what: kTransitions and role.h. Threads: the vault's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/vault/cases.h"
#include "agent/vault/session.h"

namespace awda::agent {

/// A move of the table. `office` is to whom a case is offered, else empty. kNotFound; kNotAllowed;
/// kCaseElsewhere when the move is another office's to make; kCaseState when it does not lead from
/// where the case is; kUsage without a reason or an office where one is needed, or for merging,
/// which has functions of its own.
Status move_case(Session& session, const sync::CaseId& id, sync::CaseMove move,
                 const OfficeId& office = {}, std::string_view reason = {});

/// What is empty stays as it was.
struct MemberEdit {
    std::optional<sync::Presence> presence;
    std::optional<std::string> relation;
    std::optional<bool> head;
    std::optional<bool> left;
    std::string reason;
};
/// kNotFound unless the case has the member; kUsage when nothing is to change.
Status change_member(Session& session, const sync::CaseId& id, const sync::MemberId& member,
                     const MemberEdit& edit);

/// These go on in a case of their own, which comes back. kUsage when nobody would stay, or nobody
/// go.
[[nodiscard]] Result<sync::CaseId> split_case(Session& session, const sync::CaseId& id,
                                              std::vector<sync::MemberId> members,
                                              std::vector<InstanceId> records,
                                              std::string_view reason);
/// `absorbed` goes on in `kept`. kCaseState when it cannot, or `kept` goes on in it.
Status merge_cases(Session& session, const sync::CaseId& kept, const sync::CaseId& absorbed,
                   std::string_view reason);
Status unmerge_case(Session& session, const sync::CaseId& absorbed, std::string_view reason);
/// A submission, the follow-up of an earlier one, belongs to the case `to`.
Status join_record(Session& session, const InstanceId& root, const sync::CaseId& to,
                   std::string_view reason);

/// Says which values count in a document. kNotFound; kUsage without a reason, or for a choice that
/// is not one of a dispute's sides: a third value is a correction, made by amending.
Status decide_conflict(Session& session, const InstanceId& root,
                       const std::vector<sync::Choice>& choices, std::string_view reason);

/// Which answers of a form mean identity, by its author's marks: written to the log when it is not
/// known yet. Paths without row numbers.
Status mark_identity(Session& session, std::string_view form_id, std::vector<std::string> paths);

}  // namespace awda::agent
