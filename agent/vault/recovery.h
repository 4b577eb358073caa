// recovery: the vault key for headquarters, openable by any two of its three recovery keys.
//
// Made at enrolment and carried there in the enrolment request. Nested sealed boxes, one for each
// pair of keys, so that no secret sharing of our own is needed. Layout: agent/VAULT.md. Threads:
// pure.
#pragma once

#include <array>
#include <cstdint>

#include "platform/crypto.h"
#include "platform/ids.h"

namespace awda::agent {

struct RecoveredKey {
    DeviceId device;
    std::uint32_t epoch = 0;
    SecretBytes vault_key;
};

[[nodiscard]] Bytes seal_recovery(const DeviceId& device, std::uint32_t epoch, ByteView vault_key,
                                  const std::array<SealPublic, 3>& keys);
/// `first` and `second` are any two of the three, in their order: A before B before C. kNotForUs,
/// kMalformed.
[[nodiscard]] Result<RecoveredKey> open_recovery(ByteView blob, const SealKey& first,
                                                 const SealKey& second);

}  // namespace awda::agent
