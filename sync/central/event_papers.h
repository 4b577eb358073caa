// event_papers: the payloads of a device's log that central must understand besides records.
//
// How a log begins and how officers join it; byte layouts in README.md. The first officer stands in
// the voucher's enrolment, every later one is vouched for by an administrator of the same office.
// Threads: pure values and functions.
#pragma once

#include <cstdint>
#include <string>

#include "platform/bytes.h"
#include "platform/clock.h"
#include "platform/crypto.h"
#include "platform/ids.h"

namespace awda::central {

inline constexpr std::string_view kAdministratorRole = "administrator";
inline constexpr std::string_view kSupervisorRole = "supervisor";
inline constexpr std::string_view kAuditorRole = "auditor";
inline constexpr std::size_t kRoleMax = 64;
inline constexpr std::size_t kDisplayNameMax = 1000;

/// Payload of kDeviceInitialised.
struct DeviceInitialised {
    VoucherId voucher;
    SignPublic device_sign{};
    SealPublic device_seal{};
    OfficerId officer;
    SignPublic officer_key{};
    std::string role;
    std::string display_name;
};
/// kMalformed.
[[nodiscard]] Result<DeviceInitialised> decode_device_initialised(ByteView payload);
[[nodiscard]] Bytes encode_device_initialised(const DeviceInitialised& paper);

/// Payload of kOfficerAdded.
struct OfficerAdded {
    OfficerId officer;
    SignPublic officer_key{};
    std::string role;
    std::string display_name;
    OfficerId added_by;
    Bytes signed_part;  ///< what the adder signed
    Signature signature{};
};
/// kMalformed.
[[nodiscard]] Result<OfficerAdded> decode_officer_added(ByteView payload);
[[nodiscard]] bool verify_officer_added(const OfficerAdded& paper, const SignPublic& adder);
[[nodiscard]] Bytes encode_officer_added(const OfficerAdded& paper, const SignKey& adder);

/// Payload of kKeysRotated: the vault key of a new epoch, sealed to the recovery keys.
struct KeysRotated {
    std::uint32_t epoch = 0;
    Bytes recovery;
};
/// kMalformed.
[[nodiscard]] Result<KeysRotated> decode_keys_rotated(ByteView payload);

/// Payload of kVaultRecovered: an administrator whom headquarters let in with its recovery keys,
/// signed by the device.
struct VaultRecovered {
    std::uint32_t epoch = 0;
    OfficerId officer;
    SignPublic officer_key{};
    std::string role;
    std::string display_name;
    Bytes signed_part;
    Signature signature{};
};
/// kMalformed.
[[nodiscard]] Result<VaultRecovered> decode_vault_recovered(ByteView payload);
[[nodiscard]] bool verify_vault_recovered(const VaultRecovered& paper, const SignPublic& device);

/// Payload of kOfficerChanged, of which central needs the role.
struct OfficerChanged {
    OfficerId officer;
    std::string role;
    UnixMs lease_ms = 0;
    bool active = true;
    std::uint64_t after_seq = 0;
    OfficerId changed_by;
    Bytes signed_part;
    Signature signature{};
};
/// kMalformed.
[[nodiscard]] Result<OfficerChanged> decode_officer_changed(ByteView payload);
[[nodiscard]] bool verify_officer_changed(const OfficerChanged& paper, const SignPublic& changer);

}  // namespace awda::central
