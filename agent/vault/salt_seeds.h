// salt_seeds: the seeds that the salts of this device's events are derived from.
//
// A seed is made with the first event it serves and kept until all it serves is sealed; then its
// batches have it, sealed, for as long as their files are kept (batch_files), and after them nobody
// here: a salt that was erased cannot be computed again. Events whose seed is gone, or of an older
// Awda, are sealed with their salts as they are. Threads: the vault's; inside the caller's
// transaction.
#pragma once

#include <vector>

#include "platform/sqlite.h"
#include "sync/log/salt.h"

namespace awda::agent {

/// The seed for the event that comes next; a new one if none is in use.
[[nodiscard]] Result<sync::SaltSeed> seed_for(Database& db, std::uint64_t seq, Random& random);
/// Those that serve an event from `first` to `last`, oldest first.
[[nodiscard]] Result<std::vector<sync::SaltSeed>> seeds_of(Database& db, std::uint64_t first,
                                                           std::uint64_t last);
/// After sealing up to `last`: drops seeds whose events are all sealed, and lets `next`, the event
/// that comes next, begin a new one if part of the present one's are.
[[nodiscard]] Status retire_seeds(Database& db, std::uint64_t last, std::uint64_t next,
                                  Random& random);
/// Nothing is left here that gives the salt of this event.
[[nodiscard]] Status drop_seeds_of(Database& db, std::uint64_t seq);

}  // namespace awda::agent
