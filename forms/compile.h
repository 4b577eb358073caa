// compile: a FormModel into what sessions run on, once, at load. Threads: pure.
#pragma once

#include <memory>

#include "forms/compiled.h"

namespace awda::forms {

/// Null if the form has errors. `model` must outlive the result (FormDefinition keeps both).
[[nodiscard]] std::unique_ptr<Compiled> compile(const FormModel& model,
                                                const std::string& file_name,
                                                Diagnostics& diagnostics);

/// Parses and resolves one more expression, for texts with outputs: names it does not know match
/// nothing. Nothing if it isn't an expression.
[[nodiscard]] std::unique_ptr<CompiledExpr> compile_late(const Compiled& compiled,
                                                         std::string_view text, TemplateId context);

/// Edges and order; part of compile(). Reports cycles.
class DependencyGraph;

}  // namespace awda::forms
