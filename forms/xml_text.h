// Small helpers for writing XML. Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "forms/model.h"

namespace awda::forms {

/// &, <, >, quotes and what attributes would lose; characters XML can't hold are left out.
[[nodiscard]] std::string escape_xml(std::string_view text);
/// Prefixes that the instance's names use and its root does not declare itself.
[[nodiscard]] Attributes instance_spaces(const FormModel& model);
/// The URI of a prefix that XForms of ODK always know; "" for others.
[[nodiscard]] std::string_view known_space(std::string_view prefix);

}  // namespace awda::forms
