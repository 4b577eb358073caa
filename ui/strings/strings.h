// strings: the words of the interface, by id, in four languages.
//
// One JSON file a language (ar, ckb, kmr, en), compiled in. Badini falls back to Sorani where it
// has no words of its own yet. "{0}" stands for an argument. Threads: built once, then only read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "platform/errors.h"

namespace awda::ui {

enum class Text : std::uint16_t {
#define AWDA_TEXT(id, key) id,
#include "ui/strings/ids.def"
#undef AWDA_TEXT
    kCount,
};

/// In the language, else in the one it falls back to.
[[nodiscard]] const std::string& text_of(Text text, Language language);
[[nodiscard]] std::string text_of(Text text, Language language, std::string_view argument);
[[nodiscard]] std::string_view text_key(Text text);
/// Month 1 to 12 by its Iraqi name; day of the week 0 = Saturday, short.
[[nodiscard]] const std::string& month_name(int month, Language language);
[[nodiscard]] const std::string& weekday_name(int day, Language language);

/// For the checker: ids without words, and keys that no id uses, in one language's file.
struct StringsReport {
    std::vector<std::string> missing;
    std::vector<std::string> unknown;
    std::vector<std::string> bad_arguments;  ///< other "{0}"s than in English
};
[[nodiscard]] StringsReport check_strings(Language language);

}  // namespace awda::ui
