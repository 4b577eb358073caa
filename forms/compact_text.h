// Compact text: a record in one line, for SMS, as ODK XForms' "compact record representation" says:
// the prefix, then each tagged question's tag and value, separated by the delimiter.
//
// Threads: pure.
#pragma once

#include <string>

#include "forms/session.h"

namespace awda::forms {

/// Nothing of what is not relevant; "" for a form without prefix and tags.
[[nodiscard]] std::string compact_text(const Session& session);

}  // namespace awda::forms
