// recover: headquarters' way into a vault whose officers are gone: two of its three recovery keys
// and a copy of the vault's folder.
//
// `check` works on copies in a private folder, so that the medium may be read-only and stays as it
// is. `recover_officer` makes a new administrator on the spot. Both need the database and one copy
// of the keyring's head; slots may be erased, damaged or revoked. Threads: one; under the vault's
// lock file where it writes.
#pragma once

#include <memory>

#include "agent/vault/session.h"

namespace awda::agent {

struct RecoveryKeys {
    SealKey first;
    SealKey second;
};
/// From two files of headquarters' key folders. kKeysMissing, kKeysMismatch; kRecoveryKeys if they
/// are one key.
[[nodiscard]] Result<RecoveryKeys> read_recovery_keys(const Path& first, const Path& second);

/// What is inside, in figures; nothing of it is about a person.
struct RecoveryReport {
    DeviceId device;
    OfficeId office;
    std::uint32_t epoch = 0;
    bool keyring_whole = false;  ///< at least one copy, slots included
    bool revoked = false;
    std::size_t slots = 0;
    std::uint64_t drafts = 0;
    std::uint64_t waiting_records = 0;  ///< not known to be at headquarters
    LogReport log;
};
/// `work` is a folder for the copies, emptied again. kVaultMissing, kVaultDamaged, kRecoveryKeys,
/// kDiskFull.
[[nodiscard]] Result<RecoveryReport> check_recovery(const Path& vault, const RecoveryKeys& keys,
                                                    const Path& work);

/// Makes a new administrator, so that the vault can be used again; the caller locks the session.
/// kUsage if an officer of that name has a slot; kWeakPassphrase; and as check_recovery.
[[nodiscard]] Result<std::unique_ptr<Session>> recover_officer(const VaultEnv& env,
                                                               const Path& vault,
                                                               const RecoveryKeys& keys,
                                                               std::string_view officer_name,
                                                               const SecretBytes& passphrase);

}  // namespace awda::agent
