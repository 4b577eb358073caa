// Defaults of an XLSForm: which are computed when a record begins, and which are written into it.
//
// Threads: pure functions.
#pragma once

#include <string>

#include "forms/xlsform_tree.h"

namespace awda::forms {

/// A default that has to be computed: it refers to a question, calls a function, does arithmetic,
/// joins or filters. What isn't an expression at all is a text.
[[nodiscard]] bool is_dynamic(const Element& element, const std::string& text,
                              const StringPool& names);
/// The other kind, as it stands in the record.
[[nodiscard]] std::string default_text(const Element& element, const std::string& text);

}  // namespace awda::forms
