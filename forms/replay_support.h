// What the three replayers share: reading the recorded lines, and surroundings that never change.
//
// Inside the module only. Threads: none of its own.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "forms/replay.h"
#include "forms/session.h"

namespace awda::forms::replaying {

using Json = nlohmann::ordered_json;

class CountingRandom final : public Random {
public:
    explicit CountingRandom(std::uint64_t seed = 42) : state_(seed) {}
    void fill(std::span<std::uint8_t> out) override {
        for (std::uint8_t& byte : out) {
            state_ = state_ * 6364136223846793005U + 1442695040888963407U;
            byte = static_cast<std::uint8_t>(state_ >> 56U);
        }
    }

private:
    std::uint64_t state_;
};

/// The recorded zones; none of them has summer time.
[[nodiscard]] ZoneOffset zone_of(std::string_view name);
/// Gives the sink the outcome that `run` has for the case on each line, by the line's number from
/// 1; nothing for a case that is not wanted. A line that is no case of that shape is a failed one.
void each_case(std::string_view jsonl, const ReplaySink& sink,
               const std::function<std::optional<ReplayOutcome>(std::size_t, const Json&)>& run);

}  // namespace awda::forms::replaying
