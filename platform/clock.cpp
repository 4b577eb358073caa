#include "platform/clock.h"

#include <fmt/format.h>

#include <chrono>
#include <ctime>

namespace awda {

namespace {
class SystemClock final : public Clock {
public:
    [[nodiscard]] UnixMs now() const override { return read(CLOCK_REALTIME); }
    [[nodiscard]] std::int64_t steady_ms() const override { return read(CLOCK_BOOTTIME); }
    [[nodiscard]] std::int64_t awake_ms() const override { return read(CLOCK_MONOTONIC); }

private:
    static std::int64_t read(clockid_t id) {
        timespec value{};
        clock_gettime(id, &value);
        return std::int64_t{value.tv_sec} * 1000 + value.tv_nsec / 1'000'000;
    }
};
}  // namespace

const Clock& system_clock() {
    static const SystemClock clock;
    return clock;
}

std::optional<UnixMs> parse_day(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    const auto number = [text](std::size_t at, std::size_t size) {
        int value = 0;
        for (const char c : text.substr(at, size)) {
            if (c < '0' || c > '9') return -1;
            value = value * 10 + (c - '0');
        }
        return value;
    };
    const int year = number(0, 4);
    const int month = number(5, 2);
    const int day = number(8, 2);
    if (year < 0 || month < 0 || day < 0) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok()) return std::nullopt;
    const std::chrono::milliseconds since = std::chrono::sys_days(date).time_since_epoch();
    return since.count();
}

std::string to_iso_utc(UnixMs time) {
    using namespace std::chrono;
    const sys_time<milliseconds> point{milliseconds{time}};
    const auto day = floor<days>(point);
    const year_month_day date{day};
    const hh_mm_ss clock{point - day};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       clock.subseconds().count());
}

}  // namespace awda
