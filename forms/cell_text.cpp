#include "forms/cell_text.h"

#include <array>
#include <cmath>
#include <cstdio>

#include "forms/value.h"

namespace awda::forms {
namespace {

constexpr std::int64_t kSecondMs = 1000;
constexpr std::int64_t kHourMs = 3600 * kSecondMs;
constexpr double kSerialMax = 3e6;  // the year 9999 is below it

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// "[h]", "[mm]", "[ss]": hours, minutes or seconds that go on counting; other brackets are colours
/// and languages.
bool is_elapsed(std::string_view inside) {
    if (inside.empty() || inside.size() > 2) return false;
    const char unit = lower(inside.front());
    return (unit == 'h' || unit == 'm' || unit == 's') && lower(inside.back()) == unit;
}

/// "09:30:00", with microseconds where there are any.
std::string clock_text(std::int64_t ms, const char* hour_pattern) {
    std::array<char, 48> text{};
    int size =
        std::snprintf(text.data(), text.size(), hour_pattern, static_cast<long long>(ms / kHourMs));
    std::string out(text.data(), static_cast<std::size_t>(size));
    size = std::snprintf(text.data(), text.size(), ":%02d:%02d",
                         static_cast<int>(ms / (60 * kSecondMs) % 60),
                         static_cast<int>(ms / kSecondMs % 60));
    out.append(text.data(), static_cast<std::size_t>(size));
    if (ms % kSecondMs != 0) {
        size =
            std::snprintf(text.data(), text.size(), ".%03d000", static_cast<int>(ms % kSecondMs));
        out.append(text.data(), static_cast<std::size_t>(size));
    }
    return out;
}

std::string duration_text(std::int64_t days, std::int64_t ms) {
    std::string out;
    if (days != 0) out = std::to_string(days) + (days == 1 || days == -1 ? " day, " : " days, ");
    return out + clock_text(ms, "%lld");
}

/// Bytes of the white space that begins a text, 0 if none does.
std::size_t space_size(std::string_view text) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const unsigned first = byte(0);
    if (first == ' ' || (first >= 0x09 && first <= 0x0d) || (first >= 0x1c && first <= 0x1f))
        return 1;
    if (first == 0xc2) return byte(1) == 0x85 || byte(1) == 0xa0 ? 2 : 0;
    if (first < 0xe1 || first > 0xe3) return 0;
    const unsigned rest = byte(1) << 8U | byte(2);
    const bool space = first == 0xe1   ? rest == 0x9a80
                       : first == 0xe3 ? rest == 0x8080
                                       : (rest >= 0x8080 && rest <= 0x808a) || rest == 0x80a8 ||
                                             rest == 0x80a9 || rest == 0x80af || rest == 0x819f;
    return space ? 3 : 0;
}

}  // namespace

NumberFormat number_format(std::string_view code) {
    code = code.substr(0, code.find(';'));
    bool date = false;
    char before = '\0';
    for (std::size_t i = 0; i < code.size(); ++i) {
        const char c = lower(code[i]);
        if (c == '"' || c == '[') {
            const auto end = code.find(c == '"' ? '"' : ']', i + 1);
            if (end == std::string_view::npos) continue;
            if (c == '[' && is_elapsed(code.substr(i + 1, end - i - 1)))
                return NumberFormat::kDuration;
            i = end;
            continue;
        }
        const bool unit = c == 'd' || c == 'm' || c == 'h' || c == 'y' || c == 's';
        date = date || (unit && before != '\\' && before != '_');
        before = c;
    }
    return date ? NumberFormat::kDate : NumberFormat::kNumber;
}

NumberFormat built_in_format(std::uint32_t id) {
    if (id == 46) return NumberFormat::kDuration;
    const bool date = (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || id == 45 || id == 47 ||
                      (id >= 50 && id <= 58);
    return date ? NumberFormat::kDate : NumberFormat::kNumber;
}

std::optional<std::string> serial_text(double serial, NumberFormat format,
                                       const DateSystem& dates) {
    if (!(std::fabs(serial) < kSerialMax)) return std::nullopt;
    auto days = static_cast<std::int64_t>(std::floor(serial));
    const double steps = static_cast<double>(kDayMs / dates.precision_ms);
    std::int64_t ms = std::llround((serial - std::floor(serial)) * steps) * dates.precision_ms;
    if (ms == kDayMs) {
        ++days;
        ms = 0;
    }
    if (format == NumberFormat::kDuration) return duration_text(days, ms);
    if (days == 0) return clock_text(ms, "%02lld");
    // Spreadsheets count a 29 February 1900 that never was.
    if (!dates.since_1904 && serial > 0 && serial < 60) ++days;
    days += days_from_civil(dates.since_1904 ? CivilDate{1904, 1, 1} : CivilDate{1899, 12, 30});
    const CivilDate date = civil_from_days(days);
    if (date.year < 1 || date.year > 9999) return std::nullopt;
    return print_date(days) + " " + clock_text(ms, "%02lld");
}

std::string_view trim_cell(std::string_view text) {
    while (true) {
        const std::size_t size = space_size(text);
        if (size == 0) break;
        text.remove_prefix(size);
    }
    while (!text.empty()) {
        // The last character begins at the last byte that continues no other.
        std::size_t at = text.size() - 1;
        while (at > 0 && text.size() - at < 3 && (static_cast<unsigned char>(text[at]) >> 6U) == 2)
            --at;
        if (space_size(text.substr(at)) != text.size() - at) break;
        text.remove_suffix(text.size() - at);
    }
    return text;
}

void tidy_cell(std::string& text) {
    const std::string_view kept = trim_cell(text);
    const auto start = static_cast<std::size_t>(kept.data() - text.data());
    const std::size_t end = start + kept.size();
    std::size_t to = 0;
    for (std::size_t from = start; from < end; ++from) {
        const bool no_break = text[from] == '\xc2' && from + 1 < end && text[from + 1] == '\xa0';
        text[to++] = no_break ? ' ' : text[from];
        if (no_break) ++from;
    }
    text.resize(to);
}

void append_utf8(std::uint32_t character, std::string& out) {
    if (character > 0x10ffff || (character >= 0xd800 && character < 0xe000)) character = 0xfffd;
    const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (character < 0x80) {
        put(character);
    } else if (character < 0x800) {
        put(0xc0 | character >> 6U);
        put(0x80 | (character & 0x3fU));
    } else if (character < 0x10000) {
        put(0xe0 | character >> 12U);
        put(0x80 | (character >> 6U & 0x3fU));
        put(0x80 | (character & 0x3fU));
    } else {
        put(0xf0 | character >> 18U);
        put(0x80 | (character >> 12U & 0x3fU));
        put(0x80 | (character >> 6U & 0x3fU));
        put(0x80 | (character & 0x3fU));
    }
}

}  // namespace awda::forms
