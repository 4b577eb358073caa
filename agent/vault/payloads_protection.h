// payloads_protection: what events about protected answers say; layouts in agent/VAULT.md. The
// papers of certifying and revoking are sync/protection_paper.h's. Threads: pure functions.
#pragma once

#include <string>

#include "platform/clock.h"
#include "platform/crypto.h"
#include "platform/ids.h"

namespace awda::agent {

[[nodiscard]] Bytes encode_protection_opened(const InstanceId& instance, std::uint32_t parts);

/// How many records of a form hold a protected answer. No record is named, and few are not counted.
struct ProtectionCount {
    std::string form_id;
    UnixMs from_ms = 0;
    UnixMs until_ms = 0;  ///< not included
    std::uint32_t records = 0;
    std::uint32_t answered = 0;
};
[[nodiscard]] Bytes encode(const ProtectionCount& count);
[[nodiscard]] Result<ProtectionCount> decode_protection_count(ByteView bytes);

}  // namespace awda::agent
