// projections_officers: the tables of officers and of approvals, as the log makes them. Called by
// projections.cpp alone. Threads: the vault's; inside the caller's transaction.
#pragma once

#include "platform/sqlite.h"
#include "sync/log/event.h"

namespace awda::agent {

[[nodiscard]] Status apply_initialised(Database& db, const sync::Event& event);
[[nodiscard]] Status apply_officer_added(Database& db, const sync::Event& event);
[[nodiscard]] Status apply_recovered(Database& db, const sync::Event& event);
[[nodiscard]] Status apply_officer_changed(Database& db, const sync::Event& event);
[[nodiscard]] Status apply_approval_requested(Database& db, const sync::Event& event);
[[nodiscard]] Status apply_decision(Database& db, const sync::Event& event);

}  // namespace awda::agent
