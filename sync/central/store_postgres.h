// StorePostgres: central's database on a PostgreSQL server that several central processes share.
//
// The one wall around libpq. Statements are prepared once a connection; the bulk of a batch goes
// over in binary COPY streams when its transaction is committed. A connection that is lost is made
// again by the next transaction or question; until then kDatabaseGone. Messages of the server may
// quote what people answered, so only their SQLSTATE is logged. Threads: one thread at a time.
#pragma once

#include <string>

#include "sync/central/store_database.h"

namespace awda::central {

/// Makes the tables in the schema that the URL's user works in. kCentralExists; kDatabaseGone;
/// kUsage for a URL that is none, or that tells its password to whoever lists processes.
[[nodiscard]] Status create_store_postgres(const std::string& url);
/// kCentralMissing without the tables; kMalformed if they are of another version; and as above.
[[nodiscard]] Result<std::unique_ptr<StoreDatabase>> open_store_postgres(const std::string& url);

}  // namespace awda::central
