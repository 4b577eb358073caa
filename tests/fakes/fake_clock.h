// FakeClock: a clock that tests set and move by hand. Threads: set it before others read it.
#pragma once

#include <atomic>

#include "platform/clock.h"

namespace awda::fakes {

class FakeClock final : public Clock {
public:
    explicit FakeClock(UnixMs start = 1'767'225'600'000) : now_(start) {}  // 2026-01-01T00:00Z
    [[nodiscard]] UnixMs now() const override { return now_; }
    [[nodiscard]] std::int64_t steady_ms() const override { return steady_; }
    void advance(std::int64_t ms) {
        now_ += ms;
        steady_ += ms;
    }
    [[nodiscard]] std::int64_t awake_ms() const override { return steady_ - slept_; }
    /// The computer is suspended for a while.
    void sleep(std::int64_t ms) {
        slept_ += ms;
        advance(ms);
    }
    /// Sets the wall clock alone, as a user or a dead battery would.
    void set_wall(UnixMs now) { now_ = now; }

private:
    std::atomic<UnixMs> now_;
    std::atomic<std::int64_t> steady_{1000};
    std::atomic<std::int64_t> slept_{0};
};

}  // namespace awda::fakes
