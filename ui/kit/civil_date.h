// civil_date: the Gregorian calendar, as arithmetic (proleptic, no time zone). Threads: pure
// functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace awda::ui {

struct CivilDate {
    int year = 1970;
    int month = 1;
    int day = 1;
    bool operator==(const CivilDate&) const = default;
};

/// Days since 1970-01-01.
[[nodiscard]] std::int64_t days_from_civil(const CivilDate& date);
[[nodiscard]] CivilDate civil_from_days(std::int64_t days);
[[nodiscard]] int days_in_month(int year, int month);
/// 0 = Saturday, the first day of the week in Iraq.
[[nodiscard]] int weekday_from_saturday(const CivilDate& date);
/// Exactly yyyy-mm-dd, a day that exists, year 1 to 9999.
[[nodiscard]] std::optional<CivilDate> parse_date(std::string_view text);
[[nodiscard]] std::string to_text(const CivilDate& date);

}  // namespace awda::ui
