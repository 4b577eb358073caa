// Ids: 16-byte identifiers with a type each, so that a device id cannot pass for an officer's.
// Threads: pure values; new ids draw from the Random they are given.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "platform/bytes.h"
#include "platform/clock.h"

namespace awda {

class Random;

using Id16 = std::array<std::uint8_t, 16>;

template <typename Tag>
struct Id {
    Id16 value{};
    auto operator<=>(const Id&) const = default;
    [[nodiscard]] ByteView bytes() const { return value; }
    [[nodiscard]] bool empty() const { return *this == Id{}; }
};

using DeviceId = Id<struct DeviceTag>;
using OfficeId = Id<struct OfficeTag>;
using OfficerId = Id<struct OfficerTag>;
using InstanceId = Id<struct InstanceTag>;
using VoucherId = Id<struct VoucherTag>;

/// A UUID version 7 (RFC 9562): 48 bits of Unix milliseconds, the rest random, so ids sort by time.
[[nodiscard]] Id16 new_uuid_v7(UnixMs now, Random& random);
/// 8-4-4-4-12 lower-case text.
[[nodiscard]] std::string to_uuid_text(const Id16& id);
/// Accepts that text with or without a "uuid:" prefix. kMalformed otherwise.
[[nodiscard]] Result<Id16> parse_uuid(std::string_view text);

template <typename Tag>
[[nodiscard]] std::string to_text(const Id<Tag>& id) {
    return to_uuid_text(id.value);
}

}  // namespace awda
