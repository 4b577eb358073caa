#include "sync/columns/typed_text.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "platform/bytes.h"

namespace awda::sync::columns {

namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::size_t kDayLetters = 10;
constexpr std::size_t kStampLetters = 29;
constexpr std::uint32_t kPlacesMax = 9;
constexpr std::size_t kDigitsMax = 17;  // in all: within 64 bits

std::optional<std::int32_t> number(std::string_view text) {
    std::int32_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
    return value;
}

year_month_day civil(const Day& day) {
    return year_month_day(std::chrono::year(day.year), std::chrono::month(day.month),
                          std::chrono::day(day.day));
}

Day day_from(sys_days at) {
    const year_month_day civil(at);
    return {static_cast<int>(civil.year()), static_cast<unsigned>(civil.month()),
            static_cast<unsigned>(civil.day())};
}

std::string two(std::int64_t value) {
    return {static_cast<char>('0' + value / 10), static_cast<char>('0' + value % 10)};
}

std::optional<Decimal> read_decimal(std::string_view text) {
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos || text.size() > kDigitsMax) return std::nullopt;
    Decimal out;
    out.places = static_cast<std::uint32_t>(text.size() - dot - 1);
    if (out.places == 0 || out.places > kPlacesMax) return std::nullopt;
    std::string digits(text.substr(0, dot));
    digits += text.substr(dot + 1);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), out.scaled);
    if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return std::nullopt;
    return out;
}

std::string write_decimal(const Decimal& decimal) {
    std::string digits = std::to_string(decimal.scaled < 0 ? -decimal.scaled : decimal.scaled);
    if (digits.size() <= decimal.places) digits.insert(0, decimal.places + 1 - digits.size(), '0');
    digits.insert(digits.size() - decimal.places, 1, '.');
    return decimal.scaled < 0 ? '-' + digits : digits;
}

}  // namespace

std::optional<Day> read_day(std::string_view text) {
    if (text.size() != kDayLetters) return std::nullopt;
    const auto year = number(text.substr(0, 4));
    const auto month = number(text.substr(5, 2));
    const auto day = number(text.substr(8, 2));
    if (!year || !month || !day || *year < 1 || *month < 1 || *day < 1) return std::nullopt;
    const Day out{*year, static_cast<std::uint32_t>(*month), static_cast<std::uint32_t>(*day)};
    if (!civil(out).ok() || write_day(out) != text) return std::nullopt;
    return out;
}

std::string write_day(const Day& day) {
    return two(day.year / 100) + two(day.year % 100) + '-' + two(day.month) + '-' + two(day.day);
}

Day day_of(UnixMs time) {
    const std::int64_t whole = time / kDayMs - (time % kDayMs < 0 ? 1 : 0);
    // Years of four digits, whatever a broken clock says.
    return day_from(sys_days(days(std::clamp<std::int64_t>(whole, -719'162, 2'932'896))));
}

std::int32_t months_between(const Day& from, const Day& to) {
    const std::int32_t months = (to.year - from.year) * 12 + static_cast<std::int32_t>(to.month) -
                                static_cast<std::int32_t>(from.month);
    return months - (to.day < from.day ? 1 : 0);
}

std::optional<Stamp> read_stamp(std::string_view text) {
    if (text.size() != kStampLetters) return std::nullopt;
    const auto day = read_day(text.substr(0, kDayLetters));
    const auto hour = number(text.substr(11, 2));
    const auto minute = number(text.substr(14, 2));
    const auto second = number(text.substr(17, 2));
    const auto milli = number(text.substr(20, 3));
    const auto zone_hours = number(text.substr(24, 2));
    const auto zone_minutes = number(text.substr(27, 2));
    if (!day || !hour || !minute || !second || !milli || !zone_hours || !zone_minutes) {
        return std::nullopt;
    }
    Stamp out;
    out.zone = (*zone_hours * 60 + *zone_minutes) * (text[23] == '-' ? -1 : 1);
    const std::int64_t midnight = sys_days(civil(*day)).time_since_epoch().count() * kDayMs;
    out.ms = midnight + ((*hour * 60LL + *minute - out.zone) * 60 + *second) * 1000 + *milli;
    if (std::abs(out.zone) > kZoneMax || out.ms < kStampMin || out.ms > kStampMax ||
        write_stamp(out) != text) {
        return std::nullopt;
    }
    return out;
}

std::string write_stamp(const Stamp& stamp) {
    const UnixMs local = stamp.ms + std::int64_t{stamp.zone} * 60'000;
    const std::int64_t of_day = (local % kDayMs + kDayMs) % kDayMs;
    const std::int64_t zone = stamp.zone < 0 ? -stamp.zone : stamp.zone;
    std::string out = write_day(day_of(local));
    out += 'T' + two(of_day / 3'600'000) + ':' + two(of_day / 60'000 % 60) + ':' +
           two(of_day / 1000 % 60) + '.';
    out += static_cast<char>('0' + of_day % 1000 / 100);
    out += two(of_day % 100) + (stamp.zone < 0 ? '-' : '+') + two(zone / 60 % 100) + ':' +
           two(zone % 60);
    return out;
}

std::optional<std::vector<Decimal>> read_decimals(std::string_view text) {
    std::vector<Decimal> out;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(' ', begin), text.size());
        const auto decimal = read_decimal(text.substr(begin, end - begin));
        if (!decimal || out.size() == kDecimalsMax) return std::nullopt;
        out.push_back(*decimal);
        begin = end + 1;
    }
    if (write_decimals(out) != text) return std::nullopt;
    return out;
}

std::string write_decimals(const std::vector<Decimal>& decimals) {
    std::string out;
    for (const Decimal& decimal : decimals) {
        if (!out.empty()) out += ' ';
        out += write_decimal(decimal);
    }
    return out;
}

}  // namespace awda::sync::columns
