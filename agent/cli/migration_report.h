// migration_report: what becomes of a draft's answers in another version of its form, in words and
// as JSON. Threads: one.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "agent/cli/context.h"

namespace awda::cli {

void print_change(Context& context, const agent::FormChange& change);
[[nodiscard]] nlohmann::json change_json(const agent::FormChange& change,
                                         std::string_view language);

}  // namespace awda::cli
