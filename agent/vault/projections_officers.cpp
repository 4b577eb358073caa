#include "agent/vault/projections_officers.h"

#include "agent/vault/lease.h"
#include "agent/vault/payloads.h"
#include "agent/vault/payloads_officers.h"
#include "agent/vault/vault.h"
#include "sync/log/approval.h"

namespace awda::agent {

namespace {

/// Until an officer_changed says otherwise the lease is counted from the event itself.
Status insert_officer(Database& db, const sync::Event& event, const OfficerId& officer,
                      const SignPublic& key, Role role, const std::string& name) {
    Statement insert = AWDA_TRY(db.prepare(
        "INSERT INTO officers(officer, key, role, name, seq, enrolled, lease_ms, active, changed)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?3, ?6, 1, ?5)"));
    insert.bind_all(officer.value, key, static_cast<int>(role), name, event.seq,
                    event.hlc.unix_ms() + kLeaseDays * kDayMs);
    return insert.run();
}

}  // namespace

Status apply_initialised(Database& db, const sync::Event& event) {
    const DeviceInitialised start = AWDA_TRY(decode_device_initialised(*event.payload));
    return insert_officer(db, event, start.officer, start.officer_key, start.role, start.name);
}

Status apply_officer_added(Database& db, const sync::Event& event) {
    const OfficerAdded added = AWDA_TRY(decode_officer_added(*event.payload));
    return insert_officer(db, event, added.officer, added.officer_key, added.role, added.name);
}

Status apply_recovered(Database& db, const sync::Event& event) {
    const VaultRecovered back = AWDA_TRY(decode_vault_recovered(*event.payload));
    return insert_officer(db, event, back.officer, back.officer_key, back.role, back.name);
}

Status apply_officer_changed(Database& db, const sync::Event& event) {
    const OfficerChanged changed = AWDA_TRY(decode_officer_changed(*event.payload));
    Statement update = AWDA_TRY(db.prepare(
        "UPDATE officers SET role = ?, lease_ms = ?, active = ?, changed = ? WHERE officer = ?"));
    update.bind_all(static_cast<int>(changed.terms.role), changed.terms.lease_ms,
                    changed.terms.active, event.seq, changed.officer.value);
    return update.run();
}

Status apply_approval_requested(Database& db, const sync::Event& event) {
    const sync::ApprovalRequest asked = AWDA_TRY(sync::decode_approval_request(*event.payload));
    Statement insert = AWDA_TRY(
        db.prepare("INSERT INTO approvals(instance, record, state, seq) VALUES(?, ?, ?, ?)"));
    insert.bind_all(asked.instance.value, asked.record, static_cast<int>(ApprovalState::kAwaiting),
                    event.seq);
    return insert.run();
}

Status apply_decision(Database& db, const sync::Event& event) {
    const sync::Decision decision = AWDA_TRY(sync::open_decision(*event.payload));
    const auto state = decision.approved ? ApprovalState::kApproved : ApprovalState::kReturned;
    Statement update = AWDA_TRY(db.prepare(
        "UPDATE approvals SET state = ?, decided_by = ?, decided = ? WHERE instance = ?"));
    update.bind_all(static_cast<int>(state), decision.officer.value, event.seq,
                    decision.instance.value);
    return update.run();
}

}  // namespace awda::agent
