// pace: how long a delivery will still take, from how far it got lately.
//
// The rate of the last two minutes counts, cuts and rests included, since they will go on as well.
// Threads: a plain value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace awda::sync {

inline constexpr std::int64_t kPaceWindowMs = 120'000;
inline constexpr std::int64_t kPaceFirstMs = 5'000;  ///< sooner, an estimate is a guess

class Pace {
public:
    /// `done` bytes are there at `now_ms`. It may be fewer than before: what a cut has lost.
    void note(std::int64_t now_ms, std::uint64_t done);
    /// Nothing until enough is known, and while nothing moves.
    [[nodiscard]] std::optional<std::int64_t> ms_left(std::uint64_t left) const;

private:
    struct Mark {
        std::int64_t ms = 0;
        std::uint64_t done = 0;
    };
    std::deque<Mark> marks_;  ///< one a second at most, the newest always current
};

}  // namespace awda::sync
