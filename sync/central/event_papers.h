// event_papers: the payloads of a device's log that central must understand besides records.
//
// How a log begins and how officers join it; byte layouts in README.md. The first officer stands in
// the voucher's enrolment, every later one is vouched for by an administrator of the same office.
// Threads: pure values and functions.
#pragma once

#include <string>

#include "platform/bytes.h"
#include "platform/crypto.h"
#include "platform/ids.h"

namespace awda::central {

inline constexpr std::string_view kAdministratorRole = "administrator";
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

}  // namespace awda::central
