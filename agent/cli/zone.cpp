#include "agent/cli/zone.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>

#include "platform/files.h"

namespace awda::cli {

namespace {

constexpr const char* kZoneFolder = "/usr/share/zoneinfo";
constexpr std::size_t kZoneNameMax = 64;

/// "+03:00" or "-0430" in seconds.
std::optional<std::int32_t> parse_offset(std::string_view text) {
    if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
    std::string digits;
    for (const char c : text.substr(1)) {
        if (c == ':' && digits.size() == 2) continue;
        if (c < '0' || c > '9') return std::nullopt;
        digits += c;
    }
    if (digits.size() != 4) return std::nullopt;
    const int hours = (digits[0] - '0') * 10 + (digits[1] - '0');
    const int minutes = (digits[2] - '0') * 10 + (digits[3] - '0');
    if (hours > 14 || minutes > 59) return std::nullopt;
    const std::int32_t seconds = hours * 3600 + minutes * 60;
    return text.front() == '-' ? -seconds : seconds;
}

/// Letters, digits, '_', '-', '+' and '/' between them: never a path out of the folder.
bool plain_zone_name(std::string_view name) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '+' || c == '/';
    };
    return !name.empty() && name.size() <= kZoneNameMax && name.front() != '/' &&
           std::all_of(name.begin(), name.end(), fits);
}

/// The zone's offset at a moment; the process's own zone is put back before it returns.
std::int32_t offset_in(const std::string& zone, UnixMs moment) {
    const char* before = std::getenv("TZ");
    const std::optional<std::string> kept =
        before == nullptr ? std::nullopt : std::optional<std::string>(before);
    ::setenv("TZ", (":" + zone).c_str(), 1);
    ::tzset();
    const auto seconds = static_cast<std::time_t>(moment / 1000);
    std::tm local{};
    ::localtime_r(&seconds, &local);
    if (kept) {
        ::setenv("TZ", kept->c_str(), 1);
    } else {
        ::unsetenv("TZ");
    }
    ::tzset();
    return static_cast<std::int32_t>(local.tm_gmtoff);
}

}  // namespace

Result<forms::ZoneOffset> find_zone(std::string_view name) {
    if (name == "UTC" || name == "Z") return forms::fixed_zone(0);
    if (const auto seconds = parse_offset(name)) return forms::fixed_zone(*seconds);
    const std::string zone(name);
    if (!plain_zone_name(name) || !file_exists(Path(kZoneFolder) / zone)) {
        return Error(Errc::kUsage, "looking for the time zone of --tz");
    }
    return forms::ZoneOffset([zone](UnixMs moment) { return offset_in(zone, moment); });
}

}  // namespace awda::cli
