#include "platform/errors.h"

#include <fmt/format.h>

#include <array>
#include <cstring>

namespace awda {

namespace {

struct Row {
    std::string_view name, english, arabic, sorani, badini;
};

constexpr Row kRows[] = {
#define AWDA_ERRC(code, name, english, arabic, sorani, badini) \
    {name, english, arabic, sorani, badini},
#include "platform/errc.def"
#undef AWDA_ERRC
};

constexpr std::array<std::string_view, 4> kLanguages{"ar", "ckb", "kmr", "en"};

const Row& row(Errc code) {
    return kRows[static_cast<std::size_t>(code)];
}

}  // namespace

std::string_view language_code(Language language) {
    return kLanguages[static_cast<std::size_t>(language)];
}

std::optional<Language> parse_language(std::string_view code) {
    for (std::size_t i = 0; i < kLanguages.size(); ++i) {
        if (kLanguages[i] == code) return static_cast<Language>(i);
    }
    return std::nullopt;
}

bool is_right_to_left(Language language) {
    return language != Language::kEnglish;
}

std::string_view errc_name(Errc code) {
    return row(code).name;
}

std::string_view errc_message(Errc code, Language language) {
    const Row& texts = row(code);
    switch (language) {
        case Language::kArabic: return texts.arabic;
        case Language::kSorani: return texts.sorani;
        case Language::kBadini: return texts.badini.empty() ? texts.sorani : texts.badini;
        case Language::kEnglish: break;
    }
    return texts.english;
}

std::string describe(const Error& error) {
    std::string_view file = error.where.file_name();
    if (const auto slash = file.find_last_of('/'); slash != std::string_view::npos) {
        file.remove_prefix(slash + 1);
    }
    std::string text = fmt::format("{}: {} ({}:{})", errc_name(error.code), error.context.view(),
                                   file, error.where.line());
    if (error.sys != 0) text += fmt::format(": {}", std::strerror(error.sys));
    return text;
}

}  // namespace awda
