// typed_text: answers that are dates, times or decimal numbers, and the text that each came from.
//
// A text is read as one of these only if it would be written again exactly so. Proleptic Gregorian
// calendar, years 1 to 9999. Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/clock.h"

namespace awda::sync::columns {

struct Day {
    std::int32_t year = 1;
    std::uint32_t month = 1;  ///< 1 to 12
    std::uint32_t day = 1;    ///< 1 to 31
    auto operator<=>(const Day&) const = default;
};
/// "2026-01-05"
[[nodiscard]] std::optional<Day> read_day(std::string_view text);
[[nodiscard]] std::string write_day(const Day& day);
/// In UTC.
[[nodiscard]] Day day_of(UnixMs time);
/// Whole months from `from` to `to`; below zero if `to` is earlier.
[[nodiscard]] std::int32_t months_between(const Day& from, const Day& to);

/// A moment and the clock by which it was told.
struct Stamp {
    UnixMs ms = 0;
    std::int32_t zone = 0;  ///< minutes ahead of UTC
};
inline constexpr UnixMs kStampMin = -62'135'500'000'000;  // in the year 1
inline constexpr UnixMs kStampMax = 253'402'200'000'000;  // in the year 9999
inline constexpr std::int32_t kZoneMax = 24 * 60;
/// "2026-01-05T08:12:41.291+03:00"
[[nodiscard]] std::optional<Stamp> read_stamp(std::string_view text);
[[nodiscard]] std::string write_stamp(const Stamp& stamp);

/// 31.062478 is 31062478 with 6 places.
struct Decimal {
    std::int64_t scaled = 0;
    std::uint32_t places = 1;
};
inline constexpr std::size_t kDecimalsMax = 4;
/// One to four, a blank between: "31.062478 46.302972 29.1 4.0"
[[nodiscard]] std::optional<std::vector<Decimal>> read_decimals(std::string_view text);
[[nodiscard]] std::string write_decimals(const std::vector<Decimal>& decimals);

}  // namespace awda::sync::columns
