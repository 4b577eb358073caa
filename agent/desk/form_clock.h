// FormClock: the clock that forms see: the computer's, but never behind what the server has proven.
//
// A laptop whose battery died believes it is 2020; a form's "not in the future" would then refuse
// today's date and stop the intake. The server's time in signed papers is a floor that a wrong
// clock cannot undercut. It never holds a clock back that runs ahead: dates in the past stay
// valid then. Threads: as the base clock; immutable. Borrows the base clock.
#pragma once

#include <algorithm>

#include "platform/clock.h"

namespace awda::agent {

class FormClock final : public Clock {
public:
    FormClock(const Clock& base, UnixMs floor) : base_(base), floor_(floor) {}
    [[nodiscard]] UnixMs now() const override { return std::max(base_.now(), floor_); }
    [[nodiscard]] std::int64_t steady_ms() const override { return base_.steady_ms(); }

private:
    const Clock& base_;
    UnixMs floor_;
};

}  // namespace awda::agent
