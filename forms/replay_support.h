// What the three replayers share: reading the recorded lines, and surroundings that never change.
//
// Inside the module only. Threads: none of its own.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "forms/session.h"

namespace awda::forms::replaying {

using Json = nlohmann::ordered_json;

class CountingRandom final : public Random {
public:
    void fill(std::span<std::uint8_t> out) override {
        for (std::uint8_t& byte : out) {
            state_ = state_ * 6364136223846793005U + 1442695040888963407U;
            byte = static_cast<std::uint8_t>(state_ >> 56U);
        }
    }

private:
    std::uint64_t state_ = 42;
};

/// The recorded zones; none of them has summer time.
[[nodiscard]] ZoneOffset zone_of(std::string_view name);
/// Calls `use` with the number, from 1, and the object of each line that has one.
void each_line(std::string_view jsonl, const std::function<void(std::size_t, const Json&)>& use);

}  // namespace awda::forms::replaying
