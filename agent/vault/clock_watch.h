// ClockWatch: notices when the wall clock jumps. It never blocks anything; it only says so.
//
// Within a session the steady clock is the judge; between sessions the wall clock at the last
// event. Threads: a plain value.
#pragma once

#include <optional>

#include "platform/clock.h"

namespace awda::agent {

inline constexpr std::int64_t kClockSlackMs = 5 * 60 * 1000;
/// An office may be shut for a season; a clock further ahead than this is remarked upon.
inline constexpr std::int64_t kClockAheadMs = 90LL * 24 * 60 * 60 * 1000;

struct ClockJump {
    UnixMs expected_ms = 0;
    UnixMs found_ms = 0;
};

class ClockWatch {
public:
    explicit ClockWatch(const Clock& clock)
        : clock_(&clock), wall_(clock.now()), steady_(clock.steady_ms()) {}

    /// Between sessions: `last_wall` is the wall clock at the last event, 0 for none.
    [[nodiscard]] std::optional<ClockJump> since(UnixMs last_wall) const;
    /// Within a session: the jump since the last accept(), if any.
    [[nodiscard]] std::optional<ClockJump> look() const;
    /// Takes the clock as it is now for the one to measure from.
    void accept();

private:
    const Clock* clock_;
    UnixMs wall_;
    std::int64_t steady_;
};

}  // namespace awda::agent
