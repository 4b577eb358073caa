// form_files: what the commands about forms share: finding a form, and telling what is wrong in it.
// Private to agent/cli. Threads: one.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "agent/cli/context.h"

namespace awda::cli {

/// A form by its id, or by the file it is in.
[[nodiscard]] Result<agent::FormFile> find_form(Context& context, const std::string& name);

[[nodiscard]] nlohmann::json to_json(const forms::Diagnostics& diagnostics, Language language);
/// {"purpose": …}, with what is set.
[[nodiscard]] nlohmann::json marks_json(const forms::AwdaMarks& marks);
void print_diagnostics(Context& context, const forms::Diagnostics& diagnostics);
/// Reports a form that can't be used; its mistakes are part of the answer. The exit code.
[[nodiscard]] int report_bad_form(Context& context, const forms::Diagnostics& diagnostics);

/// The language asked for a form's texts: --lang of the command, else of the whole run.
[[nodiscard]] std::string form_language(const Context& context);

}  // namespace awda::cli
