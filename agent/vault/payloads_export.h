// payloads_export: what the log says of records that left in a file. Layout: sync/CONSENT.md.
// Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "platform/crypto.h"
#include "platform/ids.h"
#include "sync/consent_event.h"

namespace awda::agent {

/// Above this many records their ids stand in the log as one hash.
inline constexpr std::size_t kExportedListMax = 1000;

struct Exported {
    std::string agency;
    sync::SharePurpose purpose = sync::SharePurpose::kOwnUse;
    std::string form_id;
    std::uint64_t records = 0;
    std::uint64_t held_back = 0;    ///< by the gate
    Hash32 file{};                  ///< of its bytes
    Hash32 roots_hash{};            ///< filled in by make_exported()
    std::vector<InstanceId> roots;  ///< of the records in it; empty above kExportedListMax
};
/// Puts `roots` in order and makes their hash; `records` is their number.
[[nodiscard]] Exported make_exported(Exported event, std::vector<InstanceId> roots);
[[nodiscard]] Bytes encode(const Exported& event);
[[nodiscard]] Result<Exported> decode_exported(ByteView bytes);

}  // namespace awda::agent
