// delivery: sealing the log into batches, and taking in what central answered.
//
// A sealed batch is committed to the database before its file appears in the outbox, so that a
// number never stands for two different batches: a lost or damaged file is written anew, byte for
// byte, from the database, which keeps it until its opened receipt has come. Threads: the vault's.
#pragma once

#include "agent/vault/session.h"
#include "sync/columns/event_columns.h"

namespace awda::agent {

/// A batch ends before it carries more payload than this, unless its first records are not covered
/// by a checkpoint before; those have at most kCheckpointBytes and one event more.
inline constexpr std::uint64_t kBatchPayloadTarget = 8U << 20U;
/// Bookkeeping alone is sealed only when this many events wait.
inline constexpr std::uint64_t kBookkeepingMax = 512;

/// What a batch of this vault may lean on: the log before it. Borrows `session`.
[[nodiscard]] sync::Known known_of(Session& session);
/// Makes sure that the outbox holds the enrolment request.
Status restore_papers(Session& session);
[[nodiscard]] Result<SealSummary> seal_pending(Session& session);
[[nodiscard]] Result<ReconcileSummary> reconcile(Session& session);
[[nodiscard]] Result<VaultStatus> delivery_status(Session& session);

}  // namespace awda::agent
