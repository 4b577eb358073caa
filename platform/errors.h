// errors: what an error says to the officer, in four languages, and what to do next.
//
// The table is errc.def. Threads: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "platform/result.h"

namespace awda {

/// Languages of the interface: Arabic, Sorani, Badini (Arabic script), English.
enum class Language : std::uint8_t { kArabic, kSorani, kBadini, kEnglish };

/// "ar", "ckb", "kmr", "en".
[[nodiscard]] std::string_view language_code(Language language);
[[nodiscard]] std::optional<Language> parse_language(std::string_view code);
[[nodiscard]] bool is_right_to_left(Language language);

/// The name of a code as tests and --json see it: "not_found".
[[nodiscard]] std::string_view errc_name(Errc code);
/// One or two sentences: what happened, and the next step. Badini falls back to Sorani.
[[nodiscard]] std::string_view errc_message(Errc code, Language language);
/// For the log: name, context, errno text and place; never personal data.
[[nodiscard]] std::string describe(const Error& error);

}  // namespace awda
