// week_sim: six offices and central for a week, from a seed, on one thread.
//
// Offices have a link by the hour, bad or good, or none; carry sticks that arrive late, twice, out
// of order or never; have clocks that are years off; crash while they deliver. On the eighth day
// every link is good and every stick arrives, so that an office that does not come to an end is a
// bug. Threads: one.
#pragma once

#include <cstdint>
#include <string>

#include "platform/crypto.h"

namespace awda::sync::sim {

struct WeekResult {
    bool delivered = false;   ///< every batch of every office opened, in the office's eyes
    bool agreed = false;      ///< and central holds exactly these, once each
    bool same_logs = false;   ///< and reads from them the very events that were logged
    std::string broken_rule;  ///< empty if all invariants held
    Hash32 trace{};
    std::size_t events = 0;
    std::size_t batches = 0;
    std::size_t by_stick = 0;  ///< batches that came to central on a stick first
    std::size_t cuts = 0;
    std::size_t exchanges = 0;
};

[[nodiscard]] WeekResult simulate_week(std::uint64_t seed);

}  // namespace awda::sync::sim
