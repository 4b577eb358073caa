#include "agent/cli/output.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <ostream>

#include "platform/text.h"

namespace awda::cli {

namespace {

struct Row {
    std::string_view english, arabic, sorani;
};
constexpr Row kTexts[] = {
#define AWDA_TEXT(id, english, arabic, sorani) {english, arabic, sorani},
#include "agent/cli/texts.def"
#undef AWDA_TEXT
};

std::string_view wording(Text text, Language language) {
    const Row& row = kTexts[static_cast<std::size_t>(text)];
    switch (language) {
        case Language::kArabic: return row.arabic;
        case Language::kSorani:
        case Language::kBadini: return row.sorani;
        case Language::kEnglish: break;
    }
    return row.english;
}

/// Arabic vowel signs and the like, and marks of direction: no column of their own.
bool zero_width(char32_t c) {
    return (c >= 0x0300 && c <= 0x036F) || (c >= 0x0610 && c <= 0x061A) ||
           (c >= 0x064B && c <= 0x065F) || c == 0x0670 || (c >= 0x06D6 && c <= 0x06ED) ||
           (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E);
}

}  // namespace

std::string harmless(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F) c = ' ';
    }
    return out;
}

std::size_t text_count() {
    return std::size(kTexts);
}

std::string say(Text text, Language language, std::initializer_list<std::string_view> arguments) {
    return fill_places(wording(text, language), {arguments.begin(), arguments.size()});
}

std::optional<Language> language_of_locale(std::string_view locale) {
    const auto end = locale.find_first_of("_.@");
    const std::string_view code = locale.substr(0, end);
    if (code == "ku") return Language::kBadini;
    return parse_language(code);
}

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        length = std::min(length, text.size() - i);
        char32_t c = length == 1 ? lead : static_cast<char32_t>(lead & (0x7FU >> length));
        for (std::size_t k = 1; k < length; ++k) {
            c = (c << 6U) | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
        }
        if (!zero_width(c)) ++width;
        i += length;
    }
    return width;
}

void Output::line(std::string_view text) {
    if (!json) out_ << text << '\n';
}

void Output::line(Text text, std::initializer_list<std::string_view> arguments) {
    line(say(text, language, arguments));
}

void Output::table(const std::vector<std::string>& heads,
                   const std::vector<std::vector<std::string>>& rows) {
    if (json) return;
    std::vector<std::size_t> widths;
    for (const std::string& head : heads) widths.push_back(display_width(head));
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i) {
            widths[i] = std::max(widths[i], display_width(row[i]));
        }
    }
    const auto put = [&](const std::vector<std::string>& row) {
        for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i) {
            const std::string cell = harmless(row[i]);
            out_ << cell;
            if (i + 1 < row.size()) out_ << std::string(widths[i] - display_width(row[i]) + 2, ' ');
        }
        out_ << '\n';
    };
    if (!heads.empty()) put(heads);
    for (const auto& row : rows) put(row);
}

void Output::facts(const std::vector<std::pair<Text, std::string>>& rows) {
    if (json) return;
    std::size_t width = 0;
    for (const auto& [text, value] : rows) {
        width = std::max(width, display_width(say(text, language)));
    }
    for (const auto& [text, value] : rows) {
        const std::string name = say(text, language);
        out_ << name << std::string(width - display_width(name) + 2, ' ') << harmless(value)
             << '\n';
    }
}

void Output::document(const nlohmann::json& value) {
    if (!json) return;
    // One line, so that scripts may read it by lines. Text that is not UTF-8 must not end the
    // program: it is shown with replacement characters.
    out_ << value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

void Output::progress(Text text, std::initializer_list<std::string_view> arguments) {
    if (!json) err_ << say(text, language, arguments) << std::endl;
}

void Output::warning(std::string_view text) {
    err_ << say(Text::kWarningLine, language, {text}) << '\n';
}

void Output::warning(Text text) {
    warning(say(text, language));
}

void Output::error(const Error& error) {
    this->error(error, nlohmann::json());
}

void Output::error(const Error& error, const nlohmann::json& details) {
    const std::string_view message = errc_message(error.code, language);
    if (json) {
        nlohmann::json body = {{"code", errc_name(error.code)},
                               {"message", message},
                               {"context", error.context.view()}};
        if (!details.is_null()) body["details"] = details;
        document({{"error", std::move(body)}});
        return;
    }
    err_ << say(Text::kErrorLine, language, {message}) << '\n'
         << say(Text::kCodeLine, language, {errc_name(error.code), error.context.view()}) << '\n';
}

void Output::error_detail(std::string_view text) {
    if (!json) err_ << harmless(text) << '\n';
}

}  // namespace awda::cli
