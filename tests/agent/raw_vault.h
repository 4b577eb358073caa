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
    SecretBytes vault_key;
};

inline RawVault open_raw(const Path& folder, std::string_view passphrase = kPassphrase) {
    const Keyring keyring = decode_keyring(read_file(folder / "keyring.a").value()).value();
    SlotSecrets secrets =
        open_slot(keyring, keyring.slots[0], as_bytes(passphrase), KdfPolicy{kTestCost, kTestCost})
            .value();
    const SecretBytes key = subkey(secrets.vault_key.view(), Subkey::kDatabase);
    RawVault raw{Database::open(folder / "vault.db", key.view(), keyring.database_salt).value(),
                 LogOrigin{keyring.device, keyring.office, keyring.device_sign},
                 std::move(secrets.vault_key)};
    must(raw.db.exec("PRAGMA synchronous = OFF"));
    return raw;
}

}  // namespace awda::agent::test
