// projections_blobs: which draft or record has which attachment, as it follows from the log. Called
// by projections.cpp alone. Threads: the vault's; inside the caller's transaction.
#pragma once

#include "platform/sqlite.h"
#include "sync/log/event.h"

namespace awda::agent {

[[nodiscard]] Status apply_attachment_added(Database& db, const sync::Event& event);
[[nodiscard]] Status apply_attachment_removed(Database& db, const sync::Event& event);
/// A draft that was thrown away takes its attachments with it.
[[nodiscard]] Status apply_draft_discarded(Database& db, const sync::Event& event);

}  // namespace awda::agent
