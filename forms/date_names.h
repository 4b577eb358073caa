// Names of months and weekdays, short forms, for format-date() in the form's language.
// Threads: constants.
#pragma once

#include <string_view>

namespace awda::forms {

/// By language tag ("ar", "ckb", "fr-CA"); English where the language is not known. Months count
/// from 1, weekdays from 0 for Sunday.
[[nodiscard]] std::string_view month_name(unsigned month, std::string_view tag);
[[nodiscard]] std::string_view weekday_name(unsigned day, std::string_view tag);

}  // namespace awda::forms
