// Keyring: the vault's key, wrapped once for each officer, and the device's own keys, wrapped by
// it.
//
// Two copies lie beside the database (keyring.a, keyring.b) with a generation number; the pair is
// written one after the other, so that a crash or a bad sector leaves at least one. Damage is found
// by a checksum while locked, forgery by a MAC once the vault key is known. Layout: agent/VAULT.md.
// Ownership: plain values; what is secret is in SecretBytes. Threads: pure, apart from the files.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "agent/vault/slot.h"
#include "platform/crypto.h"
#include "platform/files.h"
#include "platform/ids.h"

namespace awda::agent {

inline constexpr std::size_t kSlotsMax = 64;
inline constexpr std::size_t kKeyringBytesMax = 128U * 1024U;
/// Recovery blobs of earlier epochs that a keyring keeps until headquarters has the newest.
inline constexpr std::size_t kOlderRecoveryMax = 8;

/// Subkeys of the vault key. Numbers are part of the format; 2 and 5 are kept for the audit key and
/// the local snapshot.
enum class Subkey : std::uint64_t { kDatabase = 1, kBlobs = 3, kDevice = 4, kKeyringMac = 6 };
[[nodiscard]] SecretBytes subkey(ByteView vault_key, Subkey which);

struct OldRecovery {
    std::uint32_t epoch = 0;
    Bytes blob;
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
    std::vector<OldRecovery> older_recovery;
    bool revoked = false;          ///< by headquarters: there are no slots
    std::uint16_t slots_made = 0;  ///< the highest number that a slot ever had
    std::vector<Slot> slots;
    /// While the vault key is being changed: the keyring file of the epoch before, whole.
    Bytes previous;
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
[[nodiscard]] Result<SlotSecrets> open_slot(const Keyring& keyring, const Slot& slot,
                                            ByteView nfc_passphrase, const KdfPolicy& policy);
/// A number that no slot has had.
[[nodiscard]] std::uint16_t next_slot_number(const Keyring& keyring);
/// The slot of a login name, or null.
[[nodiscard]] const Slot* find_slot(const Keyring& keyring, std::string_view name);
/// Gives slots of an older version the noise that theirs did not have.
void complete_slots(Keyring& keyring, Random& random);
[[nodiscard]] Bytes wrap_device_keys(const Keyring& keyring, ByteView vault_key,
                                     const DeviceKeys& keys, Random& random);
[[nodiscard]] Result<DeviceKeys> unwrap_device_keys(const Keyring& keyring, ByteView vault_key);

/// With checksum and MAC. Slots must be complete.
[[nodiscard]] Bytes encode_keyring(const Keyring& keyring, ByteView vault_key);
/// Of this version or an older one. Checks layout and checksum. kMalformed, kAltered.
[[nodiscard]] Result<Keyring> decode_keyring(ByteView file);
/// What stands before the slots of a keyring whose rest may be damaged or erased, for recovery: the
/// vault key that its blob gives is the proof. `end` is where it ends. kMalformed.
struct KeyringHead {
    Keyring keyring;
    std::size_t end = 0;
};
[[nodiscard]] Result<KeyringHead> decode_keyring_head(ByteView file);
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
    /// Writes one copy durably, reads it back, and overwrites what it replaced, so that a slot that
    /// was taken out does not stay behind on an ordinary disk.
    [[nodiscard]] Status write(Copy copy, ByteView file) const;
    /// Makes noise of everything behind the head of both copies, and of copies kept aside: no slot
    /// is left, and what is left is as a damaged keyring. Goes on where it can; the first error.
    [[nodiscard]] Status erase_slots(Random& random) const;
    /// Makes noise of copies kept aside, then removes them: they may hold slots taken out since.
    [[nodiscard]] Status erase_aside(Random& random) const;

private:
    Path folder_;
};

}  // namespace awda::agent
