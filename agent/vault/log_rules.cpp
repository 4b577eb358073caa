#include "agent/vault/log_rules.h"

#include "agent/vault/case_rights.h"
#include "agent/vault/payloads_officers.h"
#include "sync/consent_event.h"
#include "sync/log/approval.h"

namespace awda::agent {

std::optional<LiteralText> check_officer_changed(const sync::Event& event,
                                                 KnownOfficers& officers) {
    const auto changed = decode_officer_changed(*event.payload);
    if (!changed.ok()) return LiteralText("a change of an officer cannot be read");
    const auto changer = officers.find(changed->changed_by);
    const auto officer = officers.find(changed->officer);
    if (changer == officers.end() || !changer->second.may(Permission::kAdminister) ||
        changed->changed_by != event.officer || changed->changed_by == changed->officer) {
        return LiteralText("an officer was changed by someone who may not");
    }
    if (officer == officers.end() || officer->second.changed_seq != changed->after_seq) {
        return LiteralText("a change of an officer does not follow the one before it");
    }
    if (!verify_officer_changed(*event.payload, changer->second.key).ok()) {
        return LiteralText("the signature of an officer's change does not hold");
    }
    officer->second.role = changed->terms.role;
    officer->second.active = changed->terms.active;
    officer->second.changed_seq = event.seq;
    return std::nullopt;
}

namespace {

/// What the payload asks of its officer; an error if it cannot be read.
Result<Permission> permission_needed(const sync::Event& event) {
    const ByteView payload = *event.payload;
    switch (event.type) {
        case sync::EventType::kIdentityMarked:
            AWDA_TRY(sync::decode_identity_marked(payload));
            return Permission::kRecord;
        case sync::EventType::kRevisionParents:
            AWDA_TRY(sync::decode_revision_parents(payload));
            return Permission::kAmend;
        case sync::EventType::kConflictDecided:
            AWDA_TRY(sync::decode_conflict_decided(payload));
            return Permission::kDecide;
        default: return permission_for(AWDA_TRY(sync::decode_case_change(event.type, payload)));
    }
}

}  // namespace

std::optional<LiteralText> check_case_event(const sync::Event& event,
                                            const KnownOfficers& officers) {
    constexpr LiteralText kUnreadable = "what is said of a case cannot be read";
    if (event.type == sync::EventType::kForeignEvent) {
        const bool whole = event.officer.empty() && sync::decode_foreign_event(*event.payload).ok();
        return whole ? std::nullopt : std::optional<LiteralText>(kUnreadable);
    }
    const auto needed = permission_needed(event);
    if (!needed.ok()) return kUnreadable;
    const auto officer = officers.find(event.officer);
    if (officer == officers.end() || !officer->second.may(*needed)) {
        return LiteralText("a case was changed by someone who may not");
    }
    return std::nullopt;
}

std::optional<LiteralText> check_consent(const sync::Event& event, const KnownOfficers& officers) {
    if (!sync::decode_consent(event.type, *event.payload).ok()) {
        return LiteralText("what is said of a consent cannot be read");
    }
    const auto officer = officers.find(event.officer);
    if (officer == officers.end() || !officer->second.may(Permission::kRecord)) {
        return LiteralText("a consent was written down by someone who may not");
    }
    return std::nullopt;
}

void ApprovalRules::finalised(const sync::RecordPayload& record, const OfficerId& officer) {
    last_ = Waiting{hash32(record.record), officer};
}

std::optional<LiteralText> ApprovalRules::requested(const sync::Event& event) {
    const auto request = sync::decode_approval_request(*event.payload);
    if (!request.ok()) return LiteralText("a request for approval cannot be read");
    // The record itself may be pruned; then its hash stands here alone.
    if (last_ && (last_->record != request->record || last_->officer != event.officer)) {
        return LiteralText("a request for approval is not about the record before it");
    }
    last_.reset();
    waiting_[request->instance] = Waiting{request->record, event.officer};
    return std::nullopt;
}

std::optional<LiteralText> ApprovalRules::decided(const sync::Event& event,
                                                  const KnownOfficers& officers) {
    const auto decision = sync::open_decision(*event.payload);
    if (!decision.ok() || decision->approved != (event.type == sync::EventType::kRecordApproved)) {
        return LiteralText("a decision about a record does not hold");
    }
    const auto waits = waiting_.find(decision->instance);
    if (waits == waiting_.end() || waits->second.record != decision->record) {
        return LiteralText("a decision about a record that does not wait for one");
    }
    const auto officer = officers.find(decision->officer);
    if (officer == officers.end() || officer->second.key != decision->officer_key ||
        decision->officer != event.officer || decision->officer == waits->second.officer ||
        !officer->second.may(Permission::kApprove)) {
        return LiteralText("a decision about a record by someone who may not");
    }
    waiting_.erase(waits);
    return std::nullopt;
}

}  // namespace awda::agent
