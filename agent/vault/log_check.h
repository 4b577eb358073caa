// log_check: walks the whole log and compares every table with it.
//
// Finds any event changed, added, taken away or reordered (short of someone who holds device and
// officer keys and rewrites all of it, which the heads witnessed by central show), and any table
// row that does not follow from the log. Changes nothing. Threads: the vault's.
#pragma once

#include "agent/vault/projections.h"
#include "agent/vault/vault.h"
#include "platform/sqlite.h"

namespace awda::agent {

struct LogOrigin {
    DeviceId device;
    OfficeId office;
    SignPublic device_sign{};
};
/// Errors only if the database can't be read at all; what is wrong with the log is in the report.
[[nodiscard]] Result<LogReport> check_log(Database& db, const LogOrigin& origin);
/// The events alone, without the tables.
[[nodiscard]] Result<LogReport> walk_log(Database& db, const LogOrigin& origin,
                                         const Progress& progress = {});
/// True if the counts of records, which triggers keep, are what the rows say.
[[nodiscard]] Result<bool> counts_follow(Database& db);

}  // namespace awda::agent
