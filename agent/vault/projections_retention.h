// projections_retention: what is left of erased records, and the periods in force, as the log has
// them. Called by projections.cpp alone. Threads: the vault's; inside the caller's transaction.
#pragma once

#include "platform/sqlite.h"
#include "sync/log/event.h"

namespace awda::agent {

/// Event 81.
[[nodiscard]] Status apply_retention_set(Database& db, const sync::Event& event);
/// Event 80. The payloads it speaks of are gone already, in the same transaction.
[[nodiscard]] Status apply_pruned(Database& db, const sync::Event& event);
/// A record's event without its payload: entered as its skeleton has it, when the log is read again
/// from its start. Nothing if no skeleton is known.
[[nodiscard]] Status apply_erased_record(Database& db, const sync::Event& event);
/// Skeletons stand behind the events they are of: a rebuild reads them before anything else.
[[nodiscard]] Status gather_skeletons(Database& db);

}  // namespace awda::agent
