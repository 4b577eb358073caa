#include "ui/views/wording.h"

#include <algorithm>
#include <cstdio>

#include "ui/kit/civil_date.h"
#include "ui/strings/strings.h"
#include "ui/text/unicode.h"

namespace awda::ui {

namespace {

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kHourMs = 60 * kMinuteMs;
constexpr std::int64_t kDayMs = 24 * kHourMs;
constexpr std::int64_t kIraqOffsetMs = 3 * kHourMs;

std::string counted(Text text, std::int64_t count, Language language) {
    const Digits digits = is_right_to_left(language) ? Digits::kArabicIndic : Digits::kAsStored;
    return text_of(text, language, with_display_digits(std::to_string(count), digits));
}

}  // namespace

std::string age_words(UnixMs then, UnixMs now, Language language) {
    const std::int64_t age = now - then;
    if (age < kMinuteMs) return text_of(Text::kAgeNow, language);
    if (age < kHourMs) return counted(Text::kAgeMinutes, age / kMinuteMs, language);
    if (age < kDayMs) return counted(Text::kAgeHours, age / kHourMs, language);
    return counted(Text::kAgeDays, age / kDayMs, language);
}

std::string size_words(std::uint64_t bytes, Language language) {
    constexpr std::uint64_t kKilo = 1024;
    if (bytes < kKilo) return counted(Text::kSizeBytes, static_cast<std::int64_t>(bytes), language);
    const auto kilobytes = static_cast<std::int64_t>((bytes + kKilo - 1) / kKilo);
    if (bytes < kKilo * kKilo) return counted(Text::kSizeKb, kilobytes, language);
    return counted(Text::kSizeMb, (kilobytes + 1023) / 1024, language);
}

std::string moment_words(UnixMs moment) {
    const std::int64_t local = moment + kIraqOffsetMs;
    std::int64_t days = local / kDayMs;
    std::int64_t rest = local % kDayMs;
    if (rest < 0) rest += kDayMs, --days;
    char time[16];
    std::snprintf(time, sizeof time, " %02d:%02d", static_cast<int>(rest / kHourMs),
                  static_cast<int>(rest % kHourMs / kMinuteMs));
    return to_text(civil_from_days(days)) + time;
}

std::string first_sentence(std::string_view message) {
    std::size_t end = message.size();
    for (const std::string_view mark : {". ", "؛ ", "; ", ": "}) {
        end = std::min(end, message.find(mark));
    }
    return std::string(message.substr(0, end));
}

}  // namespace awda::ui
