#include "agent/vault/approvals.h"

#include "agent/vault/access.h"
#include "agent/vault/officers.h"
#include "platform/text.h"
#include "sync/log/approval.h"

namespace awda::agent {

namespace {

/// What a decision is about: signed, and by whom.
struct Awaiting {
    Hash32 record{};
    OfficerId officer;
};

Result<Awaiting> find_awaiting(Database& db, const InstanceId& instance) {
    Statement query = AWDA_TRY(db.prepare(
        "SELECT a.state, a.record, r.officer, EXISTS(SELECT 1 FROM records n WHERE n.root = r.root"
        " AND n.revision > r.revision) FROM records r LEFT JOIN approvals a"
        " ON a.instance = r.instance WHERE r.instance = ?"));
    query.bind(1, instance.value);
    if (!AWDA_TRY(query.step())) return Error(Errc::kNotFound, "a record to decide about");
    const auto state = static_cast<ApprovalState>(query.integer(0));
    if (state != ApprovalState::kAwaiting || query.integer(3) != 0) {
        return Error(Errc::kNotAwaiting, "a decision about a record");
    }
    return Awaiting{AWDA_TRY(query.fixed<32>(1)), AWDA_TRY(query.id<OfficerId>(2))};
}

Status decide(Session& session, const InstanceId& instance, const std::string& reason) {
    AWDA_CHECK(permit(session, Permission::kApprove));
    const Awaiting waits = AWDA_TRY(find_awaiting(session.db, instance));
    if (waits.officer == session.identity.officer) {
        return Error(Errc::kSecondPerson, "deciding about one's own record");
    }
    sync::Decision decision;
    decision.approved = reason.empty();
    decision.instance = instance;
    decision.record = waits.record;
    decision.officer = session.identity.officer;
    decision.reason = reason;
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_CHECK(write.append(
        decision.approved ? sync::EventType::kRecordApproved : sync::EventType::kRecordReturned,
        sync::sign_decision(decision, session.keys.officer)));
    return write.commit();
}

}  // namespace

Status approve(Session& session, const InstanceId& record) {
    return decide(session, record, std::string());
}

Status give_back(Session& session, const InstanceId& record, std::string_view reason) {
    const std::string composed = AWDA_TRY(nfc(reason));
    if (AWDA_TRY(fold_name(composed)).empty()) {
        return Error(Errc::kUsage, "giving a record back without a reason");
    }
    if (composed.size() > sync::kReturnReasonMax) return Error(Errc::kTooLarge, "a reason");
    return decide(session, record, composed);
}

Result<Approval> approval_of(Session& session, const InstanceId& record) {
    Approval approval;
    Statement query = AWDA_TRY(
        session.db.prepare("SELECT state, decided_by, decided FROM approvals WHERE instance = ?"));
    query.bind(1, record.value);
    if (!AWDA_TRY(query.step())) return approval;
    approval.state = static_cast<ApprovalState>(query.integer(0));
    if (query.is_null(1)) return approval;
    const OfficerId officer = AWDA_TRY(query.id<OfficerId>(1));
    approval.officer_name = AWDA_TRY(officer_name(session.db, officer));
    const sync::Event event = AWDA_TRY(event_at(session.db, query.u64(2)));
    approval.decided_ms = event.hlc.unix_ms();
    if (event.payload) approval.reason = AWDA_TRY(sync::open_decision(*event.payload)).reason;
    return approval;
}

}  // namespace awda::agent
