// finish: how every command of `awda-central` ends and answers. Private to central's commands.
// Threads: main.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "platform/result.h"
#include "sync/central/commands.h"

namespace awda::central {

/// Text from a record or an office, made harmless for a terminal.
[[nodiscard]] std::string printable(std::string_view text);
/// One document on standard output. Text that is not UTF-8 shows replacement characters.
void print_json(const nlohmann::json& document);
/// Reports an error; the exit code. Standard output that could not be written is a failure, too.
int finish(const Common& common, const Status& status);

}  // namespace awda::central
