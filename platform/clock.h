// Clock: the only way our code learns the time, so that tests and the simulator can set it.
// Threads: a Clock may be read from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace awda {

/// Milliseconds since 1970-01-01T00:00Z.
using UnixMs = std::int64_t;

class Clock {
public:
    virtual ~Clock() = default;
    /// The wall clock; on field laptops it may be years off. Never orders anything.
    [[nodiscard]] virtual UnixMs now() const = 0;
    /// Milliseconds that only go forward; for time-outs. Includes time suspended where the OS can
    /// tell.
    [[nodiscard]] virtual std::int64_t steady_ms() const = 0;
    /// The same, but standing still while the computer is suspended: by how much it falls behind
    /// steady_ms() is how long the computer slept.
    [[nodiscard]] virtual std::int64_t awake_ms() const { return steady_ms(); }
};

/// The machine's own clock. Lives for the whole process.
[[nodiscard]] const Clock& system_clock();

/// 2026-11-23T20:48:51.123Z
[[nodiscard]] std::string to_iso_utc(UnixMs time);
/// The beginning in UTC of "2026-11-23", four digits and two and two; nothing for what is no day of
/// the calendar.
[[nodiscard]] std::optional<UnixMs> parse_day(std::string_view text);

}  // namespace awda
