// Salt: where the salts of a log's events come from.
//
// A device draws a seed now and then and derives the salt of each event from it, so that a batch
// carries one seed and not sixteen random bytes an event. Who has the seed can compute the salts of
// all it serves: the device drops it once they are sealed, so that a salt erased there is gone.
// Older logs have random salts; nothing that reads a log can tell. Byte layout: LOG_FORMAT.md.
// Threads: pure values and functions.
#pragma once

#include <array>
#include <cstdint>

#include "sync/log/event.h"

namespace awda::sync {

/// Serves the events from `first_seq` on, up to where the next seed begins.
struct SaltSeed {
    std::uint64_t first_seq = 0;
    std::array<std::uint8_t, 32> seed{};
    bool operator==(const SaltSeed&) const = default;
};
[[nodiscard]] Salt derive_salt(const SaltSeed& seed, std::uint64_t seq);

}  // namespace awda::sync
