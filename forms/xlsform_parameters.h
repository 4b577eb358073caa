// The parameters column of XLSForm: "start=1 end=10", read, checked by the type of question, and
// turned into attributes of its bind and its control.
//
// Ownership: values. Threads: pure functions. Which type takes what is XLSForm's; a type that takes
// none ignores what stands there.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "forms/diagnostic.h"
#include "forms/model.h"

namespace awda::forms {

struct ParameterProblem {
    DiagnosticCode code{};
    std::vector<std::string> args;  ///< the last one is the kind of question
};

/// What checks need to know of the question.
struct ParameterScope {
    std::string_view kind;  ///< "range", "geopoint", "image" …, "select", "select file"
    std::string_view appearance;
    /// The names of a list of choices; null if there is no such list.
    std::function<const std::vector<std::string>*(std::string_view list)> choices;
};

struct ParameterOutcome {
    Attributes bind;
    Attributes control;
    Attributes action;        ///< of what records by itself
    std::string bind_type;    ///< in place of the type's own, or empty
    std::string labels_list;  ///< tick_labelset: a list of choices, or empty
    std::string reference;    ///< reference-geometry as written, or empty
};

/// "a=1, b = 2;c=3" → pairs; names in lower case. A problem where it isn't of that form.
[[nodiscard]] std::optional<ParameterProblem> read_parameters(std::string_view text,
                                                              Attributes& out);
/// Checks what was read and says what becomes of it.
[[nodiscard]] std::optional<ParameterProblem> apply_parameters(const Attributes& given,
                                                               const ParameterScope& scope,
                                                               ParameterOutcome& out);

}  // namespace awda::forms
