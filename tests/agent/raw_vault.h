// RawVault: a vault's database opened past the vault, with its own key, as an attacker who got hold
// of the key would. What a test changes here no vault has written.
//
// Ownership: owns the connection; the vault must be closed meanwhile. Threads: one.
#pragma once

#include "agent/vault/keyring.h"
#include "agent/vault/log_check.h"
#include "platform/sqlite.h"
#include "tests/agent/vault_fixture.h"

namespace awda::agent::test {

struct RawVault {
    Database db;
    LogOrigin origin;
    DeviceKeys device;
};

/// What an attacker with the passphrase of the first slot has of a vault's folder.
struct RawKeys {
    Keyring keyring;
    SecretBytes vault_key;
    SecretBytes database_key;
};
inline RawKeys raw_keys(const Path& folder, std::string_view passphrase = kPassphrase) {
    RawKeys keys;
    keys.keyring = decode_keyring(read_file(folder / "keyring.a").value()).value();
    SlotSecrets secrets = open_slot(keys.keyring, keys.keyring.slots[0], as_bytes(passphrase),
                                    KdfPolicy{kTestCost, kTestCost})
                              .value();
    keys.vault_key = std::move(secrets.vault_key);
    keys.database_key = subkey(keys.vault_key.view(), Subkey::kDatabase);
    return keys;
}

/// `passphrase` opens the first slot.
inline RawVault open_raw(const Path& folder, std::string_view passphrase = kPassphrase) {
    const RawKeys keys = raw_keys(folder, passphrase);
    const Keyring& keyring = keys.keyring;
    RawVault raw{
        Database::open(folder / "vault.db", keys.database_key.view(), keyring.database_salt)
            .value(),
        LogOrigin{keyring.device, keyring.office, keyring.device_sign},
        unwrap_device_keys(keyring, keys.vault_key.view()).value()};
    must(raw.db.exec("PRAGMA synchronous = OFF"));
    return raw;
}

/// The triggers stand in nobody's way who has the key.
inline void drop_log_triggers(Database& db) {
    must(
        db.exec("DROP TRIGGER events_gapless; DROP TRIGGER events_kept; DROP TRIGGER events_fixed;"
                "PRAGMA ignore_check_constraints = ON;"));
}

/// A small log with every kind of event that vault.h makes: two officers, a wrong try, drafts, a
/// delivered record, its revision that waits for approval, a waiting one, batches in each state.
inline void live_small_log(Office& office) {
    auto vault = office.create();
    AWDA_ASSERT(
        vault->add_officer("Karim", Role::kOfficer, secret("copper bridge walnut evening")).ok());
    auto outbox = sync::OutboxFolder::open(vault->outbox_folder()).value();
    must(outbox.save_enrolment(
        office.hq.enrol_receipt(outbox.enrolment().value().request, office.clock.now())));
    const InstanceId first = make_record(*vault, "نور");
    must(vault->discard_draft(vault->start_draft(test_form(), "ar").value()));
    AWDA_ASSERT(vault->seal_pending().ok());
    office.answer(*vault, true, true);
    AWDA_ASSERT(vault->reconcile().ok());
    must(vault->lock());
    AWDA_ASSERT(!office.try_unlock(kOfficer, "not the passphrase at all").ok());
    office.clock.advance(60'000);
    vault = office.unlock();
    const InstanceId second = vault->amend(first, "name").value();
    must(vault->finalise(second, answers("نوري"), true));
    AWDA_ASSERT(vault->list().ok());
    AWDA_ASSERT(vault->show(second).ok());
    AWDA_ASSERT(vault->seal_pending().ok());
    make_record(*vault, "third");
}

}  // namespace awda::agent::test
