// schema: the vault database's tables, and its small store of single values.
//
// `events` is the truth and only grows (triggers refuse everything else but pruning); officers,
// records and batches are projections of it; drafts, batch_files and meta stand on their own.
// Described in agent/VAULT.md. Threads: the vault's.
#pragma once

#include <cstdint>
#include <optional>

#include "platform/sqlite.h"

namespace awda::agent {

inline constexpr int kSchemaVersion = 3;

/// Makes the tables of a new database, in one transaction.
[[nodiscard]] Status make_schema(Database& db);
/// Adds the tables that a vault of an older Awda lacks, in one transaction. kVaultDamaged if this
/// is not a vault; kNotAllowed if a newer Awda made it.
[[nodiscard]] Status check_schema(Database& db);

/// Names of single values. Numbers are part of the format.
enum class Meta : std::uint8_t {
    kDevice = 1,
    kOffice = 2,
    kVoucher = 3,        ///< the voucher file
    kEnrolRequest = 4,   ///< its bytes, so that the outbox can be restored
    kHead = 5,           ///< the newest event's number and hash, signed by an officer
    kLastWall = 6,       ///< the wall clock at the last event
    kServerHigh = 7,     ///< the highest time any receipt carried
    kKeyring = 8,        ///< generation of the newest keyring written
    kFailureFile = 9,    ///< id of the side file last entered, and how many of its entries
    kOpen = 10,          ///< 1 while unlocked: an unclean end leaves it so
    kEnrolled = 11,      ///< the verified enrolment receipt
    kClockAhead = 12,    ///< by how much our clock was seen ahead of the server's, ms
    kEpoch = 20,         ///< of the newest vault key that the log tells of; 1 if missing
    kOrderTime = 21,     ///< when the newest order that was obeyed was issued
    kOrderWaits = 22,    ///< 1 from its event on until the slots are gone and a recovery
    kRetentionDay = 23,  ///< day of headquarters' clock on which erasing was last looked at
    kTimeSeen = 30,      ///< what expiries are judged by (time_seen.h)
};
[[nodiscard]] Result<std::optional<Bytes>> meta_get(Database& db, Meta name);
[[nodiscard]] Result<std::int64_t> meta_number(Database& db, Meta name, std::int64_t otherwise);
[[nodiscard]] Status meta_put(Database& db, Meta name, ByteView value);
[[nodiscard]] Status meta_put_number(Database& db, Meta name, std::int64_t value);

}  // namespace awda::agent
