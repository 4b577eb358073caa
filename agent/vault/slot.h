// Slot: one officer's way into the vault: the vault key and the officer's signing key, wrapped
// under what a passphrase gives.
//
// Beside them lies a field of the same size that is noise, or opens with the officer's duress
// passphrase; nothing tells which. After a rotation a slot waits with the newest vault key sealed
// to its officer until they log in. Bytes: agent/VAULT.md, "Keyring". Threads: pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "agent/vault/kdf_policy.h"
#include "agent/vault/role.h"
#include "agent/vault/second_factor.h"
#include "platform/crypto.h"
#include "platform/ids.h"

namespace awda::agent {

using Salt16 = std::array<std::uint8_t, 16>;

inline constexpr std::size_t kSlotSecretsSize = 64;
inline constexpr std::size_t kWrappedSize = kSlotSecretsSize + 40;
inline constexpr std::uint8_t kFirstSlotLayout = 1;  ///< of a keyring of version 1
inline constexpr std::uint8_t kSlotLayout = 2;

enum class Factor : std::uint8_t { kNone = 0, kDevice = 1 };

struct Slot {
    std::uint16_t number = 0;
    OfficerId officer;
    Role role = Role::kOfficer;
    Hash32 name_tag{};  ///< of the login name, so that the file lists nobody
    SignPublic officer_key{};
    std::uint32_t epoch = 1;  ///< whose vault key is wrapped
    std::uint8_t layout = kSlotLayout;
    Factor factor = Factor::kNone;
    Bytes credential;  ///< of the second factor
    FactorSalt factor_salt{};
    KdfCost cost;
    Salt16 salt{};
    Bytes wrapped;   ///< vault key and officer seed
    Bytes duress;    ///< noise, or what the duress passphrase opens
    Bytes incoming;  ///< empty, or the vault key of a later epoch, sealed to officer_key
};

/// What opening a slot gives.
struct SlotSecrets {
    SecretBytes vault_key;     ///< 32 bytes, of the slot's epoch
    SecretBytes officer_seed;  ///< 32 bytes: the officer's signing key
    SecretBytes wrapping;      ///< the key that wraps them, to wrap others in their place
};

/// Wraps anew, under a key that opened the slot before: epoch and layout become today's.
void rewrap_slot(const DeviceId& device, Slot& slot, std::uint32_t epoch, ByteView wrapping,
                 ByteView vault_key, ByteView officer_seed, Random& random);
/// Makes the slot's wrapping from a passphrase: salt, cost, factor and all that is bound must be
/// there. Takes as long as the cost says. kSecondFactor.
[[nodiscard]] Status wrap_slot(const DeviceId& device, Slot& slot, ByteView nfc_passphrase,
                               SecondFactor* factor, ByteView vault_key, ByteView officer_seed,
                               Random& random);

/// How a slot is opened.
struct SlotOpening {
    const KdfPolicy& policy;
    SecondFactor* factor = nullptr;
    /// Set when the passphrase was the duress passphrase; the result is then kWrongPassphrase.
    bool* duress = nullptr;
};
/// kWrongPassphrase; kSecondFactor; kOutOfMemory; kMalformed if the policy does not accept the
/// slot's cost.
[[nodiscard]] Result<SlotSecrets> open_slot(const DeviceId& device, const Slot& slot,
                                            ByteView nfc_passphrase, const SlotOpening& how);

/// Makes the slot's duress field open with this passphrase. Takes as long as the cost says.
[[nodiscard]] Status set_duress(const DeviceId& device, Slot& slot, ByteView nfc_passphrase,
                                Random& random);
/// Makes it noise.
void clear_duress(Slot& slot, Random& random);

/// Leaves the vault key of `epoch` for the slot's officer. kMalformed if their key is no key.
[[nodiscard]] Status put_incoming(const DeviceId& device, Slot& slot, std::uint32_t epoch,
                                  ByteView vault_key);
/// The vault key of `epoch` by what the slot gave. kAltered if it is not there.
[[nodiscard]] Result<SecretBytes> key_of_epoch(const DeviceId& device, const Slot& slot,
                                               const SlotSecrets& secrets, std::uint32_t epoch);

}  // namespace awda::agent
