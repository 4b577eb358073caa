#include "forms/value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "forms/ascii.h"
#include "forms/date_names.h"

namespace awda::forms {

std::string_view trim(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

std::string_view trim_wide(std::string_view text) {
    // U+00A0, U+2000 … U+200A, U+202F, U+205F, U+3000, U+FEFF.
    static constexpr std::array<std::string_view, 16> kSpaces{
        "\xc2\xa0",     "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82",
        "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
        "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a",
        "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80", "\xef\xbb\xbf"};
    for (bool again = true; again;) {
        again = false;
        text = trim(text);
        for (const std::string_view space : kSpaces) {
            if (text.starts_with(space)) {
                text.remove_prefix(space.size());
                again = true;
            }
            if (text.ends_with(space)) {
                text.remove_suffix(space.size());
                again = true;
            }
        }
    }
    return text;
}

std::string lower_ascii(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

double parse_number(std::string_view text) {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    text = trim(text);
    std::size_t at = 0;
    if (at < text.size() && text[at] == '-') ++at;
    const std::size_t digits = at;
    std::size_t count = 0;
    while (at < text.size() && is_digit(text[at])) ++at, ++count;
    if (at < text.size() && text[at] == '.') ++at;
    while (at < text.size() && is_digit(text[at])) ++at, ++count;
    if (at != text.size() || count == 0) return kNone;
    double out = 0;
    const auto outcome = std::from_chars(text.data(), text.data() + text.size(), out);
    if (outcome.ec == std::errc::result_out_of_range) {
        // from_chars leaves the value alone: a huge number is infinite, a tiny one zero.
        const bool tiny = text[text.find_first_not_of('0', digits)] == '.';
        const double size = tiny ? 0.0 : std::numeric_limits<double>::infinity();
        return digits > 0 ? -size : size;
    }
    return out;
}

namespace {

/// Whole numbers that fit 32 bits are plain; others as Java's Double.toString() has them.
std::string java_number(double number) {
    std::array<char, 400> buffer{};
    const double size = std::fabs(number);
    constexpr double kIntMax = 2147483647;
    if (size <= kIntMax && number == std::trunc(number)) {
        return std::to_string(static_cast<std::int64_t>(number));
    }
    constexpr double kPlainFrom = 1e-3;
    constexpr double kPlainTo = 1e7;
    const bool plain = size >= kPlainFrom && size < kPlainTo;
    const auto end =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                      plain ? std::chars_format::fixed : std::chars_format::scientific);
    std::string out(buffer.data(), end.ptr);
    if (plain) return out;
    const std::size_t e = out.find('e');
    std::string mantissa = out.substr(0, e);
    if (mantissa.find('.') == std::string::npos) mantissa += ".0";
    std::size_t digits = e + 2;  // the sign of the exponent; Java has no plus and no zeros
    while (digits + 1 < out.size() && out[digits] == '0') ++digits;
    return mantissa + (out[e + 1] == '-' ? "E-" : "E") + out.substr(digits);
}

/// A large whole number as its shortest digits and zeros.
std::string padded_digits(double number) {
    std::array<char, 40> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::fabs(number),
                                   std::chars_format::scientific);
    const std::string_view text(buffer.data(), end.ptr);
    const std::size_t e = text.find('e');
    std::size_t exponent = 0;
    std::from_chars(text.data() + e + 2, text.data() + text.size(), exponent);
    std::string out;
    for (const char c : text.substr(0, e)) {
        if (c != '.') out += c;
    }
    out.resize(exponent + 1, '0');
    return number < 0 ? "-" + out : out;
}

}  // namespace

std::string print_number(double number, NumberStyle style) {
    if (std::isnan(number)) return {};
    if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
    if (number == 0) return "0";
    std::array<char, 400> buffer{};
    const double size = std::fabs(number);
    if (style == NumberStyle::kJava) return java_number(number);
    if (style == NumberStyle::kJavaScript && (size >= 1e21 || size < 1e-6)) {
        const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                                       std::chars_format::scientific);
        std::string out(buffer.data(), end.ptr);
        // "1e+21" stays; "1e-07" loses its zero.
        const std::size_t e = out.find('e');
        if (out[e + 2] == '0') out.erase(e + 2, 1);
        return out;
    }
    // Beyond 2^53 the library prints every digit of the binary number; XPath wants only those
    // that tell it from its neighbours.
    constexpr double kExact = 9007199254740992;
    if (size > kExact) return padded_digits(number);
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                                   std::chars_format::fixed);
    return {buffer.data(), end.ptr};
}

double round_half_up(double number) {
    if (!std::isfinite(number)) return number;
    // Not floor(number + 0.5): the sum is rounded itself, up to 1 just below a half.
    const double below = std::floor(number);
    return number - below >= 0.5 ? below + 1 : below;
}

std::int64_t days_from_civil(const CivilDate& date) {
    // Days of the proleptic Gregorian calendar, counted in eras of 400 years that begin in March.
    const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
    const auto of_era = static_cast<std::int64_t>(year - era * 400);
    const std::int64_t month = (static_cast<std::int64_t>(date.month) + 9) % 12;
    const std::int64_t of_year = (153 * month + 2) / 5 + static_cast<std::int64_t>(date.day) - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

CivilDate civil_from_days(std::int64_t days) {
    const std::int64_t shifted = days + 719468;
    const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    const std::int64_t of_era = shifted - era * 146097;
    const std::int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const std::int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    const std::int64_t month = (5 * of_year + 2) / 153;
    CivilDate out;
    out.day = static_cast<unsigned>(of_year - (153 * month + 2) / 5 + 1);
    out.month = static_cast<unsigned>(month < 10 ? month + 3 : month - 9);
    out.year = year + era * 400 + (out.month <= 2 ? 1 : 0);
    return out;
}

unsigned days_in_month(std::int64_t year, unsigned month) {
    static constexpr std::array<unsigned, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : kDays[(month - 1) % 12];
}

namespace {

/// Reads exactly `count` digits.
bool read_digits(std::string_view text, std::size_t& at, std::size_t count, std::int64_t& out) {
    if (at + count > text.size()) return false;
    out = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (!is_digit(text[at + i])) return false;
        out = out * 10 + (text[at + i] - '0');
    }
    at += count;
    return true;
}

bool read_char(std::string_view text, std::size_t& at, char c) {
    if (at >= text.size() || text[at] != c) return false;
    ++at;
    return true;
}

bool read_date(std::string_view text, std::size_t& at, std::int64_t& days) {
    std::int64_t year = 0;
    std::int64_t month = 0;
    std::int64_t day = 0;
    if (!read_digits(text, at, 4, year) || !read_char(text, at, '-') ||
        !read_digits(text, at, 2, month) || !read_char(text, at, '-') ||
        !read_digits(text, at, 2, day)) {
        return false;
    }
    if (month < 1 || month > 12 || day < 1) return false;
    const auto m = static_cast<unsigned>(month);
    if (day > days_in_month(year, m)) return false;
    days = days_from_civil({year, m, static_cast<unsigned>(day)});
    return true;
}

/// Reads HH:MM[:SS[.fff]] and an optional zone.
bool read_time(std::string_view text, std::size_t& at, std::int64_t& ms,
               std::optional<std::int64_t>& offset_ms) {
    std::int64_t hour = 0;
    std::int64_t minute = 0;
    std::int64_t second = 0;
    std::int64_t milli = 0;
    if (!read_digits(text, at, 2, hour) || !read_char(text, at, ':') ||
        !read_digits(text, at, 2, minute)) {
        return false;
    }
    if (read_char(text, at, ':') && !read_digits(text, at, 2, second)) return false;
    if (read_char(text, at, '.')) {
        std::int64_t scale = 100;
        const std::size_t first = at;
        for (; at < text.size() && is_digit(text[at]); ++at, scale /= 10) {
            milli += (text[at] - '0') * scale;
        }
        if (at == first) return false;
    }
    if (hour > 23 || minute > 59 || second > 59) return false;
    ms = ((hour * 60 + minute) * 60 + second) * 1000 + milli;
    if (read_char(text, at, 'Z')) {
        offset_ms = 0;
    } else if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
        const std::int64_t sign = text[at] == '-' ? -1 : 1;
        ++at;
        std::int64_t zone_hour = 0;
        std::int64_t zone_minute = 0;
        if (!read_digits(text, at, 2, zone_hour)) return false;
        const bool colon = read_char(text, at, ':');
        if (!read_digits(text, at, 2, zone_minute) && colon) return false;
        if (zone_hour > 23 || zone_minute > 59) return false;
        offset_ms = sign * (zone_hour * 60 + zone_minute) * 60'000;
    }
    return true;
}

std::int64_t to_utc(std::int64_t local_ms, const ZoneFunction& zone) {
    // The offset a little before tells the offset then, except within an hour of a change.
    const std::int64_t guess = local_ms - std::int64_t{zone(local_ms)} * 1000;
    return local_ms - std::int64_t{zone(guess)} * 1000;
}

}  // namespace

Moment moment_at(std::int64_t utc_ms, const ZoneFunction& zone, bool has_time) {
    return {utc_ms, zone(utc_ms), has_time};
}

std::optional<Moment> parse_moment(std::string_view text, const ZoneFunction& zone) {
    text = trim(text);
    std::size_t at = 0;
    std::int64_t days = 0;
    if (!read_date(text, at, days)) return std::nullopt;
    if (at == text.size()) return moment_at(to_utc(days * kDayMs, zone), zone, false);
    if (text[at] != 'T' && text[at] != ' ') return std::nullopt;
    ++at;
    std::int64_t ms = 0;
    std::optional<std::int64_t> offset;
    if (!read_time(text, at, ms, offset) || at != text.size()) return std::nullopt;
    const std::int64_t local = days * kDayMs + ms;
    return moment_at(offset ? local - *offset : to_utc(local, zone), zone, true);
}

std::optional<std::int64_t> parse_time_of_day(std::string_view text, const ZoneFunction& zone) {
    text = trim(text);
    std::size_t at = 0;
    std::int64_t ms = 0;
    std::optional<std::int64_t> offset;
    if (!read_time(text, at, ms, offset) || at != text.size()) return std::nullopt;
    if (!offset) return ms;
    const std::int64_t local = ms - *offset + std::int64_t{zone(0)} * 1000;
    return ((local % kDayMs) + kDayMs) % kDayMs;
}

namespace {

struct Clockface {
    CivilDate date;
    std::int64_t ms = 0;  ///< after local midnight
    unsigned weekday = 0;
};

Clockface clockface(const Moment& moment) {
    const std::int64_t local = moment.utc_ms + std::int64_t{moment.offset_seconds} * 1000;
    const std::int64_t days = (local >= 0 ? local : local - kDayMs + 1) / kDayMs;
    Clockface out;
    out.date = civil_from_days(days);
    out.ms = local - days * kDayMs;
    out.weekday = static_cast<unsigned>((((days + 4) % 7) + 7) % 7);
    return out;
}

std::string padded(std::int64_t number, std::size_t width) {
    std::string out = std::to_string(number < 0 ? -number : number);
    if (out.size() < width) out.insert(0, width - out.size(), '0');
    return number < 0 ? "-" + out : out;
}

}  // namespace

std::string print_date(std::int64_t days) {
    const CivilDate date = civil_from_days(days);
    return padded(date.year, 4) + "-" + padded(date.month, 2) + "-" + padded(date.day, 2);
}

std::string print_moment(const Moment& moment) {
    const Clockface face = clockface(moment);
    std::string out = padded(face.date.year, 4) + "-" + padded(face.date.month, 2) + "-" +
                      padded(face.date.day, 2);
    if (!moment.has_time) return out;
    out += "T" + padded(face.ms / 3'600'000, 2) + ":" + padded(face.ms / 60'000 % 60, 2) + ":" +
           padded(face.ms / 1000 % 60, 2) + "." + padded(face.ms % 1000, 3);
    const std::int32_t minutes = moment.offset_seconds / 60;
    const std::int32_t size = minutes < 0 ? -minutes : minutes;
    out += (minutes < 0 ? "-" : "+") + padded(size / 60, 2) + ":" + padded(size % 60, 2);
    return out;
}

double local_days(const Moment& moment) {
    return static_cast<double>(moment.utc_ms + std::int64_t{moment.offset_seconds} * 1000) /
           static_cast<double>(kDayMs);
}
double utc_days(const Moment& moment) {
    return static_cast<double>(moment.utc_ms) / static_cast<double>(kDayMs);
}

bool looks_like_date(std::string_view text) {
    text = trim(text);
    return text.size() >= 10 && is_digit(text[0]) && is_digit(text[3]) && text[4] == '-' &&
           text[7] == '-';
}

std::string format_moment(const Moment& moment, std::string_view pattern, std::string_view tag) {
    const Clockface face = clockface(moment);
    std::string out;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] != '%' || i + 1 >= pattern.size()) {
            out += pattern[i];
            continue;
        }
        switch (pattern[++i]) {
            case 'Y': out += padded(face.date.year, 4); break;
            case 'y': out += padded(face.date.year, 4).substr(2); break;
            case 'm': out += padded(face.date.month, 2); break;
            case 'n': out += std::to_string(face.date.month); break;
            case 'b': out += month_name(face.date.month, tag); break;
            case 'd': out += padded(face.date.day, 2); break;
            case 'e': out += std::to_string(face.date.day); break;
            case 'a': out += weekday_name(face.weekday, tag); break;
            case 'H': out += padded(face.ms / 3'600'000, 2); break;
            case 'h': out += std::to_string(face.ms / 3'600'000); break;
            case 'M': out += padded(face.ms / 60'000 % 60, 2); break;
            case 'S': out += padded(face.ms / 1000 % 60, 2); break;
            case '3': out += padded(face.ms % 1000, 3); break;
            case '%': out += '%'; break;
            default:
                out += '%';
                out += pattern[i];
                break;
        }
    }
    return out;
}

std::vector<std::string_view> split_words(std::string_view text) {
    std::vector<std::string_view> out;
    std::size_t at = 0;
    while (at < text.size()) {
        while (at < text.size() && is_space(text[at])) ++at;
        const std::size_t from = at;
        while (at < text.size() && !is_space(text[at])) ++at;
        if (at > from) out.push_back(text.substr(from, at - from));
    }
    return out;
}

std::string join_words(const std::vector<std::string_view>& words) {
    std::string out;
    for (const std::string_view word : words) {
        if (!out.empty()) out += ' ';
        out += word;
    }
    return out;
}

std::size_t code_points(std::string_view text) {
    std::size_t count = 0;
    for (const char c : text) {
        if ((static_cast<unsigned char>(c) & 0xc0U) != 0x80U) ++count;
    }
    return count;
}

std::size_t code_point_offset(std::string_view text, std::size_t index) {
    std::size_t seen = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if ((static_cast<unsigned char>(text[i]) & 0xc0U) == 0x80U) continue;
        if (seen == index) return i;
        ++seen;
    }
    return text.size();
}

std::string ascii_digits(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto a = static_cast<unsigned char>(text[i]);
        const auto b = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : '\0');
        if (a == 0xd9U && b >= 0xa0U && b <= 0xa9U) {  // U+0660 … U+0669
            out += static_cast<char>('0' + (b - 0xa0U));
            ++i;
        } else if (a == 0xdbU && b >= 0xb0U && b <= 0xb9U) {  // U+06F0 … U+06F9
            out += static_cast<char>('0' + (b - 0xb0U));
            ++i;
        } else if (a == 0xd9U && b == 0xabU) {  // the Arabic decimal separator
            out += '.';
            ++i;
        } else {
            out += text[i];
        }
    }
    return out;
}

bool valid_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        // Eight plain characters at once.
        std::uint64_t eight = 0;
        if (i + sizeof eight <= text.size()) {
            std::memcpy(&eight, text.data() + i, sizeof eight);
            if ((eight & 0x8080808080808080ULL) == 0) {
                i += sizeof eight;
                continue;
            }
        }
        const auto lead = static_cast<unsigned char>(text[i]);
        std::size_t more = 0;
        std::uint32_t code = lead;
        if (lead >= 0xf0U && lead <= 0xf4U)
            more = 3, code = lead & 7U;
        else if (lead >= 0xe0U && lead < 0xf0U)
            more = 2, code = lead & 15U;
        else if (lead >= 0xc2U && lead < 0xe0U)
            more = 1, code = lead & 31U;
        else if (lead >= 0x80U)
            return false;
        if (i + more >= text.size()) return false;
        for (std::size_t k = 1; k <= more; ++k) {
            const auto next = static_cast<unsigned char>(text[i + k]);
            if ((next & 0xc0U) != 0x80U) return false;
            code = (code << 6U) | (next & 63U);
        }
        if ((more == 2 && code < 0x800U) || (more == 3 && code < 0x10000U)) return false;
        if ((code >= 0xd800U && code <= 0xdfffU) || code > 0x10ffffU) return false;
        i += more + 1;
    }
    return true;
}

}  // namespace awda::forms
