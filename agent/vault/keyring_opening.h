// keyring_opening: from a passphrase to the keyring copy that counts, and to the database it opens.
//
// A rotation that was cut off leaves a keyring that knows the old vault key and the new one; the
// database opens with exactly one of them, and that decides whether the rotation is ended or taken
// back. Threads: under the vault's lock file.
#pragma once

#include <string_view>
#include <vector>

#include "agent/vault/keyring.h"
#include "platform/sqlite.h"

namespace awda::agent {

/// A keyring that a passphrase opened, with what it gave.
struct OpenedKeyring {
    KeyringPair::Loaded loaded;
    Slot slot;
    SlotSecrets secrets;
    SecretBytes vault_key;    ///< of the keyring's epoch
    bool duress = false;      ///< nothing else counts then
    bool revoked = false;     ///< a newer copy, the vault's own, says so; nothing else counts then
    bool unsettled = false;   ///< no copy on the disk holds this very keyring yet
    bool repaired = false;    ///< a copy on the disk was replaced
    bool both_copies = true;  ///< hold this very keyring
};

/// Tries the newest copy first. kWrongPassphrase, kVaultDamaged, kSecondFactor, kOutOfMemory;
/// kRevoked when no copy has slots any more.
[[nodiscard]] Result<OpenedKeyring> open_keyring(const std::vector<KeyringPair::Loaded>& copies,
                                                 std::string_view name, ByteView nfc_passphrase,
                                                 const KdfPolicy& policy, SecondFactor* factor);

/// kAltered if the key does not fit; kVaultDamaged if a check refused it, or it is gone.
[[nodiscard]] Result<Database> open_vault_database(const Path& path, const Keyring& keyring,
                                                   ByteView vault_key, bool create);
/// The database, by the keyring's key or, if a rotation was cut off before it, the key before; the
/// keyring becomes the one that fits.
[[nodiscard]] Result<Database> open_either(const Path& path, OpenedKeyring& opened);

/// Puts the keyring into both copies. A copy that is not this vault's is kept aside.
[[nodiscard]] Status settle_copies(const KeyringPair& pair, OpenedKeyring& opened);

}  // namespace awda::agent
