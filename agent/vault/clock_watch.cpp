#include "agent/vault/clock_watch.h"

namespace awda::agent {

std::optional<ClockJump> ClockWatch::since(UnixMs last_wall) const {
    const UnixMs now = clock_->now();
    if (last_wall == 0) return std::nullopt;
    if (now < last_wall - kClockSlackMs || now > last_wall + kClockAheadMs) {
        return ClockJump{last_wall, now};
    }
    return std::nullopt;
}

std::optional<ClockJump> ClockWatch::look() const {
    const UnixMs expected = wall_ + (clock_->steady_ms() - steady_);
    const UnixMs now = clock_->now();
    if (now < expected - kClockSlackMs || now > expected + kClockSlackMs) {
        return ClockJump{expected, now};
    }
    return std::nullopt;
}

void ClockWatch::accept() {
    wall_ = clock_->now();
    steady_ = clock_->steady_ms();
}

}  // namespace awda::agent
