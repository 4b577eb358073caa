#include "agent/vault/case_changes.h"

#include <algorithm>
#include <set>

#include "agent/vault/access.h"
#include "agent/vault/case_rights.h"
#include "platform/text.h"
#include "sync/cases/case_event.h"

namespace awda::agent {

namespace {

using sync::CaseId;

/// In its composed form. kUsage when it is needed and says nothing.
Result<std::string> clean_reason(std::string_view reason, bool needed) {
    std::string composed = AWDA_TRY(nfc(reason));
    if (needed && AWDA_TRY(fold_name(composed)).empty()) {
        return Error(Errc::kUsage, "a case is changed with a reason");
    }
    if (composed.size() > sync::kCaseReasonMax) return Error(Errc::kTooLarge, "a reason");
    return composed;
}

sync::CaseAt at(const sync::CaseState& state) {
    return {state.id, state.heads};
}

/// Appends and looks whether the rules of the case took it: they are in one place, the fold, so
/// that no replica can think otherwise.
Status append_change(Session& session, const sync::CaseChange& change) {
    Write write = AWDA_TRY(Write::begin(session));
    // A checkpoint may follow in the same breath.
    const std::uint64_t seq = session.log.head().seq + 1;
    AWDA_CHECK(write.append(sync::event_type_of(change), sync::encode(change)));
    const CaseSource source = AWDA_TRY(read_source(session.db, seq));
    for (const CaseId& id : sync::cases_of(change)) {
        const sync::CaseState after = AWDA_TRY(read_case(session.db, id));
        if (std::ranges::count(after.refused, source.ref) > 0) {
            return Error(Errc::kCaseState, "a case's move");
        }
    }
    return write.commit();
}

Status check_owner(const Session& session, const sync::CaseState& state) {
    if (state.owner == session.identity.office) return {};
    return Error(Errc::kCaseElsewhere, "changing another office's case");
}

Result<sync::CaseState> owned_case(Session& session, const CaseId& id) {
    sync::CaseState state = AWDA_TRY(read_case(session.db, id));
    AWDA_CHECK(check_owner(session, state));
    return state;
}

Status check_members(const std::vector<CaseMember>& present,
                     const std::vector<sync::MemberId>& wanted) {
    for (const sync::MemberId& id : wanted) {
        if (std::ranges::count(present, id, &CaseMember::id) == 0) {
            return Error(Errc::kNotFound, "a member of the case");
        }
    }
    return {};
}

/// Whether `choice` takes one of the sides of a dispute, or says what becomes of a disputed row.
bool takes_a_side(const std::vector<sync::Dispute>& disputes, const sync::Choice& choice) {
    return std::ranges::any_of(disputes, [&](const sync::Dispute& dispute) {
        if (dispute.kind == sync::DisputeKind::kTwins || dispute.kind == sync::DisputeKind::kRow) {
            const bool its_row = choice.path == dispute.path ||
                                 (!dispute.other.empty() && choice.path == dispute.other);
            return its_row && (!choice.value || choice.value->empty());
        }
        return choice.path == dispute.path &&
               std::ranges::count(dispute.sides, choice.value, &sync::Side::value) > 0;
    });
}

}  // namespace

Status move_case(Session& session, const CaseId& id, sync::CaseMove move, const OfficeId& office,
                 std::string_view reason) {
    if (move == sync::CaseMove::kMerge || move == sync::CaseMove::kUnmerge) {
        return Error(Errc::kUsage, "merging cases by a move");
    }
    const sync::Transition& transition = sync::transition_of(move);
    AWDA_CHECK(permit(session, permission_of(transition.right)));
    if (transition.needs_office == office.empty()) {
        return Error(Errc::kUsage, "the office of a case's move");
    }
    std::string cleaned = AWDA_TRY(clean_reason(reason, transition.needs_reason));
    const sync::CaseState state = AWDA_TRY(read_case(session.db, id));
    const OfficeId& mover =
        transition.party == sync::CaseParty::kOwner ? state.owner : state.addressee;
    if (mover != session.identity.office) {
        return Error(Errc::kCaseElsewhere, "another office's move");
    }
    return append_change(session, sync::CaseMoved{at(state), move, office, std::move(cleaned)});
}

Status change_member(Session& session, const CaseId& id, const sync::MemberId& member,
                     const MemberEdit& edit) {
    AWDA_CHECK(permit(session, Permission::kAmend));
    if (!edit.presence && !edit.relation && !edit.head && !edit.left) {
        return Error(Errc::kUsage, "a member's change that changes nothing");
    }
    const sync::CaseState state = AWDA_TRY(read_case(session.db, id));
    AWDA_CHECK(check_members(AWDA_TRY(case_members(session, state)), {member}));
    sync::MemberChanged change;
    change.at = at(state);
    change.member = member;
    change.presence = edit.presence;
    if (edit.relation) change.relation = AWDA_TRY(nfc(*edit.relation));
    if (change.relation && change.relation->size() > sync::kRelationMax) {
        return Error(Errc::kTooLarge, "a relation");
    }
    change.head = edit.head;
    change.left = edit.left;
    change.reason = AWDA_TRY(clean_reason(edit.reason, false));
    return append_change(session, std::move(change));
}

Result<CaseId> split_case(Session& session, const CaseId& id, std::vector<sync::MemberId> members,
                          std::vector<InstanceId> records, std::string_view reason) {
    AWDA_CHECK(permit(session, Permission::kDecide));
    std::string cleaned = AWDA_TRY(clean_reason(reason, true));
    const sync::CaseState state = AWDA_TRY(owned_case(session, id));
    if (state.status == sync::CaseStatus::kMerged) {
        return Error(Errc::kCaseState, "splitting a case that goes on in another");
    }
    const std::set<sync::MemberId> going(members.begin(), members.end());
    const std::set<InstanceId> papers(records.begin(), records.end());
    if (going.empty() && papers.empty()) return Error(Errc::kUsage, "splitting nothing off");
    const std::vector<CaseMember> present = AWDA_TRY(case_members(session, state));
    AWDA_CHECK(check_members(present, members));
    for (const InstanceId& root : papers) {
        if (!state.records.contains(root)) return Error(Errc::kNotFound, "a record of the case");
    }
    const bool nobody_left =
        !present.empty() && std::ranges::all_of(present, [&](const CaseMember& each) {
            return going.contains(each.id) || each.state.left;
        });
    if (nobody_left || papers.size() == state.records.size()) {
        return Error(Errc::kUsage, "a split that leaves nobody behind");
    }
    sync::CaseSplit change;
    change.at = at(state);
    change.into = CaseId{new_uuid_v7(session.env.clock->now(), *session.env.random)};
    change.members.assign(going.begin(), going.end());
    change.roots.assign(papers.begin(), papers.end());
    change.reason = std::move(cleaned);
    const CaseId into = change.into;
    AWDA_CHECK(append_change(session, std::move(change)));
    return into;
}

Status merge_cases(Session& session, const CaseId& kept, const CaseId& absorbed,
                   std::string_view reason) {
    AWDA_CHECK(permit(session, Permission::kDecide));
    std::string cleaned = AWDA_TRY(clean_reason(reason, true));
    if (kept == absorbed) return Error(Errc::kUsage, "merging a case with itself");
    const sync::CaseState first = AWDA_TRY(owned_case(session, kept));
    const sync::CaseState second = AWDA_TRY(owned_case(session, absorbed));
    // Where the kept one goes on, if it does: a ring would have no case in which people are found.
    if (first.status == sync::CaseStatus::kMerged) {
        return Error(Errc::kCaseState, "merging into a case that goes on in another");
    }
    return append_change(session,
                         sync::CaseMerged{false, at(first), at(second), std::move(cleaned)});
}

Status unmerge_case(Session& session, const CaseId& absorbed, std::string_view reason) {
    AWDA_CHECK(permit(session, Permission::kDecide));
    std::string cleaned = AWDA_TRY(clean_reason(reason, true));
    const sync::CaseState second = AWDA_TRY(owned_case(session, absorbed));
    if (!second.merged_into) return Error(Errc::kCaseState, "a case that was not merged");
    const sync::CaseState first = AWDA_TRY(read_case(session.db, *second.merged_into));
    return append_change(session,
                         sync::CaseMerged{true, at(first), at(second), std::move(cleaned)});
}

Status join_record(Session& session, const InstanceId& root, const CaseId& to,
                   std::string_view reason) {
    AWDA_CHECK(permit(session, Permission::kRecord));
    std::string cleaned = AWDA_TRY(clean_reason(reason, false));
    const std::vector<CaseId> now = AWDA_TRY(cases_of_root(session.db, root));
    if (now.front() == to) return Error(Errc::kUsage, "a record that belongs there already");
    const sync::CaseState from = AWDA_TRY(read_case(session.db, now.front()));
    const sync::CaseState into = AWDA_TRY(read_case(session.db, to));
    if (!from.records.contains(root)) return Error(Errc::kNotFound, "a record of a case");
    return append_change(session, sync::CaseJoined{at(from), at(into), root, std::move(cleaned)});
}

Status decide_conflict(Session& session, const InstanceId& root,
                       const std::vector<sync::Choice>& choices, std::string_view reason) {
    AWDA_CHECK(permit(session, Permission::kDecide));
    sync::ConflictDecided decided;
    decided.reason = AWDA_TRY(clean_reason(reason, true));
    const StoredDocument document = AWDA_TRY(read_document(session.db, root));
    if (choices.empty() || choices.size() > sync::kCaseListMax) {
        return Error(Errc::kUsage, "a decision without a choice");
    }
    for (const sync::Choice& choice : choices) {
        if (!takes_a_side(document.merged.disputes, choice)) {
            return Error(Errc::kUsage, "a choice that no dispute offers");
        }
    }
    decided.root = root;
    decided.parents = document.merged.heads;
    decided.choices = choices;
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_CHECK(write.append(sync::EventType::kConflictDecided, sync::encode(decided)));
    return write.commit();
}

Status mark_identity(Session& session, std::string_view form_id, std::vector<std::string> paths) {
    const std::set<std::string> wanted(paths.begin(), paths.end());
    sync::IdentityMarked marked;
    marked.form_id = std::string(form_id);
    for (const std::string& path : wanted) {
        Statement query = AWDA_TRY(
            session.db.prepare("SELECT 1 FROM identity_paths WHERE form_id = ? AND path = ?"));
        query.bind_all(form_id, path);
        if (!AWDA_TRY(query.step())) marked.paths.push_back(path);
    }
    if (marked.paths.empty()) return {};
    AWDA_CHECK(permit(session, Permission::kRecord, session.identity.officer));
    if (marked.paths.size() > sync::kCaseListMax) return Error(Errc::kTooLarge, "marks of a form");
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_CHECK(write.append(sync::EventType::kIdentityMarked, sync::encode(marked)));
    return write.commit();
}

}  // namespace awda::agent
