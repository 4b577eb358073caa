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
