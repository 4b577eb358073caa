// interview_choices: what was typed for a select, as the values of its choices.
// Threads: pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "forms/session.h"

namespace awda::cli {

struct ChosenValues {
    bool ok = false;
    std::string value;                 ///< joined by spaces
    std::string unclear;               ///< the word that fits no choice, or several
    std::vector<std::size_t> matches;  ///< those it fits
};

/// Each word (between commas, or else spaces; all of it for a select one) may be a choice's number
/// on the list, its name, its label, or a part of its label that only one has.
[[nodiscard]] ChosenValues choose(const std::vector<forms::Choice>& choices, std::string_view line,
                                  bool several);
/// Numbers of the choices whose label holds `text`, however it is written.
[[nodiscard]] std::vector<std::size_t> choices_like(const std::vector<forms::Choice>& choices,
                                                    std::string_view text);
/// Arabic and Persian digits as ASCII.
[[nodiscard]] std::string ascii_digits(std::string_view text);

}  // namespace awda::cli
