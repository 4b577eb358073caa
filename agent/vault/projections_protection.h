// projections_protection: who is a protection officer, as the log has it. Called by apply() alone.
#pragma once

#include "platform/sqlite.h"
#include "sync/log/event.h"

namespace awda::agent {

/// A paper of sync/protection_paper.h. Its signature is checked where it is used, each time.
[[nodiscard]] Status apply_protection(Database& db, const sync::Event& event);

}  // namespace awda::agent
