// zone: a time zone by its name or offset, for commands that fill forms in.
// Threads: named zones are looked up in the system's database through the process's own TZ, so one
// thread at a time.
#pragma once

#include <string_view>

#include "forms/session.h"

namespace awda::cli {

/// "UTC", "+03:00", "Asia/Baghdad". kUsage for what the system doesn't know.
[[nodiscard]] Result<forms::ZoneOffset> find_zone(std::string_view name);

}  // namespace awda::cli
