// output: how the command line speaks: words in four languages, tables, JSON, errors.
//
// Threads: none of its own. With --json standard output carries exactly one JSON document, on one
// line, and the words go nowhere; warnings always go to standard error.
#pragma once

#include <initializer_list>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "platform/errors.h"
#include "platform/result.h"

namespace awda::cli {

enum class Text : std::uint16_t {
#define AWDA_TEXT(id, ...) id,
#include "agent/cli/texts.def"
#undef AWDA_TEXT
};

/// The text in a language, with {0}, {1} … replaced.
[[nodiscard]] std::string say(Text text, Language language,
                              std::initializer_list<std::string_view> arguments = {});
/// Number of texts and their wording; for the test that none is empty.
[[nodiscard]] std::size_t text_count();

/// "ar_IQ.UTF-8" → Arabic. Nothing for "C" and languages we don't speak.
[[nodiscard]] std::optional<Language> language_of_locale(std::string_view locale);

/// Columns a terminal needs for the text: code points, without marks that sit on others.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// Text from a form, a record or a file, made harmless for a terminal: no control characters.
[[nodiscard]] std::string harmless(std::string_view text);

class Output {
public:
    Output(std::ostream& out, std::ostream& err) : out_(out), err_(err) {}

    bool json = false;
    Language language = Language::kEnglish;

    void line(std::string_view text);
    void line(Text text, std::initializer_list<std::string_view> arguments = {});
    void table(const std::vector<std::string>& heads,
               const std::vector<std::vector<std::string>>& rows);
    /// Two columns, without heads.
    void facts(const std::vector<std::pair<Text, std::string>>& rows);
    void document(const nlohmann::json& value);
    /// How far a long job is, on standard error; not with --json.
    void progress(Text text, std::initializer_list<std::string_view> arguments);
    void warning(std::string_view text);
    void warning(Text text);
    /// Message, next step and code, on standard error; as {"error":{…}} with --json.
    void error(const Error& error);
    void error(const Error& error, const nlohmann::json& details);
    void error_detail(std::string_view text);

private:
    std::ostream& out_;
    std::ostream& err_;
};

}  // namespace awda::cli
