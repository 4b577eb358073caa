#include "ui/strings/strings.h"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>

namespace awda::ui {

// Made from the JSON files by ui/CMakeLists.txt.
extern const char* const kStringsEnglish;
extern const char* const kStringsArabic;
extern const char* const kStringsSorani;
extern const char* const kStringsBadini;

namespace {

constexpr std::size_t kLanguages = 4;
constexpr auto kTexts = static_cast<std::size_t>(Text::kCount);

constexpr std::array<std::string_view, kTexts> kKeys = {
#define AWDA_TEXT(id, key) key,
#include "ui/strings/ids.def"
#undef AWDA_TEXT
};

using Words = std::map<std::string, std::string, std::less<>>;

Words read_words(const char* json) {
    // Our own files, checked by a test; a broken one shows keys instead of words.
    const auto parsed = nlohmann::json::parse(json, nullptr, false);
    Words words;
    if (!parsed.is_object()) return words;
    for (const auto& [key, value] : parsed.items()) {
        if (value.is_string()) words.emplace(key, value.get<std::string>());
    }
    return words;
}

const Words& words_of(Language language) {
    static const std::array<Words, kLanguages> all = {
        read_words(kStringsArabic), read_words(kStringsSorani), read_words(kStringsBadini),
        read_words(kStringsEnglish)};
    return all[std::min(static_cast<std::size_t>(language), kLanguages - 1)];
}

using Table = std::array<std::array<std::string, kTexts>, kLanguages>;

std::vector<Language> fallbacks(Language language) {
    if (language == Language::kBadini) {
        return {Language::kBadini, Language::kSorani, Language::kEnglish};
    }
    return {language, Language::kEnglish};
}

Table build_table() {
    Table table;
    for (std::size_t l = 0; l < kLanguages; ++l) {
        for (std::size_t t = 0; t < kTexts; ++t) {
            table[l][t] = kKeys[t];
            for (const Language from : fallbacks(static_cast<Language>(l))) {
                const auto found = words_of(from).find(kKeys[t]);
                if (found == words_of(from).end() || found->second.empty()) continue;
                table[l][t] = found->second;
                break;
            }
        }
    }
    return table;
}

bool has_argument(std::string_view text) {
    return text.find("{0}") != std::string_view::npos;
}

Text offset(Text first, int by) {
    return static_cast<Text>(static_cast<int>(first) + by);
}

}  // namespace

const std::string& text_of(Text text, Language language) {
    static const Table table = build_table();
    return table[std::min(static_cast<std::size_t>(language), kLanguages - 1)]
                [std::min(static_cast<std::size_t>(text), kTexts - 1)];
}

std::string text_of(Text text, Language language, std::string_view argument) {
    std::string out = text_of(text, language);
    const std::size_t at = out.find("{0}");
    if (at != std::string::npos) out.replace(at, 3, argument);
    return out;
}

std::string_view text_key(Text text) {
    return kKeys[std::min(static_cast<std::size_t>(text), kTexts - 1)];
}

const std::string& month_name(int month, Language language) {
    return text_of(offset(Text::kMonth1, std::clamp(month, 1, 12) - 1), language);
}

const std::string& weekday_name(int day, Language language) {
    return text_of(offset(Text::kDay0, std::clamp(day, 0, 6)), language);
}

StringsReport check_strings(Language language) {
    StringsReport report;
    const Words& words = words_of(language);
    const Words& english = words_of(Language::kEnglish);
    for (const std::string_view key : kKeys) {
        const auto found = words.find(key);
        if (found == words.end() || found->second.empty()) {
            report.missing.emplace_back(key);
            continue;
        }
        const auto original = english.find(key);
        if (original != english.end() &&
            has_argument(original->second) != has_argument(found->second)) {
            report.bad_arguments.emplace_back(key);
        }
    }
    for (const auto& [key, value] : words) {
        if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end())
            report.unknown.push_back(key);
    }
    return report;
}

}  // namespace awda::ui
