// payloads: what the vault's events say, as bytes.
//
// Ids, numbers and keys only; the one payload with personal data is a finalised record's. Central
// reads kDeviceInitialised and kOfficerAdded. Layouts: agent/VAULT.md, "Events". Threads: pure
// functions.
#pragma once

#include <cstdint>
#include <string>

#include "agent/vault/lock_reason.h"
#include "agent/vault/role.h"
#include "platform/clock.h"
#include "platform/crypto.h"
#include "platform/ids.h"

namespace awda::agent {

struct DeviceInitialised {
    VoucherId voucher;
    SignPublic device_sign{};
    SealPublic device_seal{};
    OfficerId officer;
    SignPublic officer_key{};
    Role role = Role::kAdministrator;
    std::string name;
};
[[nodiscard]] Bytes encode(const DeviceInitialised& event);
[[nodiscard]] Result<DeviceInitialised> decode_device_initialised(ByteView bytes);

struct OfficerAdded {
    OfficerId officer;
    SignPublic officer_key{};
    Role role = Role::kOfficer;
    std::string name;
    OfficerId added_by;
    Signature signature{};
};
/// Signed by the administrator who adds.
[[nodiscard]] Bytes sign_officer_added(OfficerAdded event, const SignKey& adder);
[[nodiscard]] Result<OfficerAdded> decode_officer_added(ByteView bytes);
/// kBadSignature unless `adder` signed it.
[[nodiscard]] Status verify_officer_added(ByteView bytes, const SignPublic& adder);

enum class SlotChange : std::uint8_t {
    kAdded = 1,
    kPassphrase = 2,
    kFound = 3,
    kRemoved = 4,
    kRenewed = 5,  ///< wrapped anew after a rotation or in a newer layout
    kFactor = 6,
};
struct SlotChanged {
    std::uint64_t generation = 0;  ///< of the keyring, after the change
    OfficerId officer;             ///< empty for kFound: a crash came between keyring and log
    SlotChange change = SlotChange::kFound;
};
[[nodiscard]] Bytes encode(const SlotChanged& event);

/// Central keeps the recovery blob.
struct KeysRotated {
    std::uint64_t generation = 0;
    std::uint32_t epoch = 0;
    Bytes recovery;
};
[[nodiscard]] Bytes encode(const KeysRotated& event);
[[nodiscard]] Result<KeysRotated> decode_keys_rotated(ByteView bytes);

[[nodiscard]] Bytes encode_device_revoked(ByteView order);

/// The administrator whom headquarters let in with its recovery keys; signed by the device, whose
/// key only the vault key gives.
struct VaultRecovered {
    std::uint32_t epoch = 0;
    OfficerId officer;
    SignPublic officer_key{};
    Role role = Role::kAdministrator;
    std::string name;
    Signature signature{};
};
[[nodiscard]] Bytes sign_vault_recovered(const VaultRecovered& event, const SignKey& device);
[[nodiscard]] Result<VaultRecovered> decode_vault_recovered(ByteView bytes);
/// kBadSignature unless `device` signed it.
[[nodiscard]] Status verify_vault_recovered(ByteView bytes, const SignPublic& device);

[[nodiscard]] Bytes encode_unlocked(std::uint64_t keyring_generation);
[[nodiscard]] Bytes encode_unlock_failed(UnixMs claimed_ms, const OfficerId& officer);
[[nodiscard]] Bytes encode_locked();
[[nodiscard]] Bytes encode_locked_itself(LockReason why);
[[nodiscard]] Bytes encode_clock_jump(UnixMs expected_ms, UnixMs found_ms);

/// `deprecates` is empty unless the draft amends.
[[nodiscard]] Bytes encode_record_started(const InstanceId& instance, const InstanceId& deprecates,
                                          std::string_view form_id);
[[nodiscard]] Bytes encode_record_viewed(const InstanceId& instance);
[[nodiscard]] Bytes encode_record_discarded(const InstanceId& instance);
/// How many answers went where when a draft went on with another version of its form.
struct DraftMigrated {
    InstanceId instance;
    Hash32 from{};  ///< the forms, by the hash of their workbooks
    Hash32 to{};
    std::uint32_t carried = 0;
    std::uint32_t renamed = 0;
    std::uint32_t orphaned = 0;  ///< kept aside
};
[[nodiscard]] Bytes encode(const DraftMigrated& event);
[[nodiscard]] Bytes encode_list_viewed(std::uint32_t shown);
[[nodiscard]] Bytes encode_record_edited(const InstanceId& instance, std::uint32_t answers);
[[nodiscard]] Bytes encode_searched(std::uint8_t purpose, std::uint32_t hits);
/// Of the newest and the oldest event shown; zero if none was.
[[nodiscard]] Bytes encode_log_viewed(std::uint32_t shown, std::uint64_t newest,
                                      std::uint64_t oldest);
[[nodiscard]] Bytes encode_tables_rebuilt(std::uint64_t differed);

struct BatchSealed {
    std::uint64_t number = 0;
    Hash32 hash{};
    std::uint64_t first_seq = 0;
    std::uint64_t last_seq = 0;
    std::uint64_t size = 0;  ///< of the file
    UnixMs claimed_ms = 0;
};
[[nodiscard]] Bytes encode(const BatchSealed& event);
[[nodiscard]] Result<BatchSealed> decode_batch_sealed(ByteView bytes);

}  // namespace awda::agent
