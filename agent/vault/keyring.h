// Keyring: the vault's key, wrapped once for each officer, and the device's own keys, wrapped by
// it.
//
// Two copies lie beside the database (keyring.a, keyring.b) with a generation number; the pair is
// written one after the other, so that a crash or a bad sector leaves at least one. Damage is found
// by a checksum while locked, forgery by a MAC once the vault key is known. Layout: agent/VAULT.md.
// Ownership: plain values; what is secret is in SecretBytes. Threads: pure, apart from the files.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "agent/vault/kdf_policy.h"
#include "agent/vault/role.h"
#include "platform/crypto.h"
#include "platform/files.h"
#include "platform/ids.h"

namespace awda::agent {

inline constexpr std::size_t kSlotsMax = 64;
inline constexpr std::size_t kKeyringBytesMax = 64U * 1024U;

using Salt16 = std::array<std::uint8_t, 16>;

/// Subkeys of the vault key. Numbers are part of the format; 2, 3 and 5 are kept for the audit key,
/// the attachments and the local snapshot.
enum class Subkey : std::uint64_t { kDatabase = 1, kDevice = 4, kKeyringMac = 6 };
[[nodiscard]] SecretBytes subkey(ByteView vault_key, Subkey which);

/// What a slot's passphrase gives.
struct SlotSecrets {
    SecretBytes vault_key;     ///< 32 bytes
    SecretBytes officer_seed;  ///< 32 bytes: the officer's signing key
};

/// One officer's way in. `factor` 0 is passphrase alone; other numbers are kept for a second
/// factor.
struct Slot {
    std::uint16_t number = 0;
    OfficerId officer;
    Role role = Role::kOfficer;
    Hash32 name_tag{};  ///< of the login name, so that the file lists nobody
    SignPublic officer_key{};
    std::uint8_t factor = 0;
    KdfCost cost;
    Salt16 salt{};
    Bytes wrapped;  ///< vault key and officer seed
};

struct Keyring {
    std::uint64_t generation = 1;
    DeviceId device;
    OfficeId office;
    std::uint32_t epoch = 1;
    Salt16 database_salt{};
    Salt16 name_salt{};
    SignPublic device_sign{};
    SealPublic device_seal{};
    Bytes device_keys;  ///< wrapped
    Bytes recovery;     ///< the vault key for headquarters; see recovery.h
    std::vector<Slot> slots;
};

struct DeviceKeys {
    SignKey sign;
    SealKey seal;
};

/// BLAKE2b of the folded name under the keyring's own salt.
[[nodiscard]] Result<Hash32> name_tag(const Keyring& keyring, std::string_view name);
/// Makes a slot (number and name tag included) for `officer`. Takes as long as the cost says.
[[nodiscard]] Result<Slot> make_slot(const Keyring& keyring, std::uint16_t number,
                                     const OfficerId& officer, Role role, const Hash32& tag,
                                     ByteView vault_key, const SignKey& officer_key,
                                     ByteView nfc_passphrase, const KdfCost& cost, Random& random);
/// kWrongPassphrase; kOutOfMemory; kMalformed if the policy does not accept the slot's cost.
[[nodiscard]] Result<SlotSecrets> open_slot(const Keyring& keyring, const Slot& slot,
                                            ByteView nfc_passphrase, const KdfPolicy& policy);
[[nodiscard]] Bytes wrap_device_keys(const Keyring& keyring, ByteView vault_key,
                                     const DeviceKeys& keys, Random& random);
[[nodiscard]] Result<DeviceKeys> unwrap_device_keys(const Keyring& keyring, ByteView vault_key);

/// With checksum and MAC.
[[nodiscard]] Bytes encode_keyring(const Keyring& keyring, ByteView vault_key);
/// Checks layout and checksum. kMalformed, kAltered.
[[nodiscard]] Result<Keyring> decode_keyring(ByteView file);
/// kAltered unless the file was written by someone who held the vault key.
[[nodiscard]] Status check_keyring_mac(ByteView file, ByteView vault_key);

/// The two copies on disk.
class KeyringPair {
public:
    enum class Copy : std::uint8_t { kA = 0, kB = 1 };
    struct Loaded {
        Copy copy = Copy::kA;
        Bytes file;
        Keyring keyring;
    };

    explicit KeyringPair(Path folder) : folder_(std::move(folder)) {}
    [[nodiscard]] Path path(Copy copy) const;
    [[nodiscard]] bool any() const;
    /// The copies that are whole, newest first. kVaultMissing if there is neither file,
    /// kVaultDamaged if neither is whole.
    [[nodiscard]] Result<std::vector<Loaded>> load() const;
    /// Writes one copy durably and reads it back.
    [[nodiscard]] Status write(Copy copy, ByteView file) const;

private:
    Path folder_;
};

}  // namespace awda::agent
