#include "sync/central/store_sqlite.h"

#include <doctest/doctest.h>

#include "tests/central/fixture.h"

using namespace awda;
using namespace awda::central;
using namespace awda::central::testing;

TEST_CASE("a central database of a version before gets the tables it lacks and keeps its rows") {
    for (const int version : {1, 2}) {
        CAPTURE(version);
        Headquarters hq;
        Branch branch{hq};
        {
            Registry registry{hq};
            REQUIRE(registry.ingest.enrol(branch.enrol_request()).value().problem ==
                    sync::Problem::kNone);
        }
        const DatabaseKey key = load_database_key(hq.keys()).value();
        const auto raw = StoreSqlite::open(hq.data(), key, DatabaseCheck::kNever).value();
        Database& database = raw->database();
        REQUIRE(database.exec("DROP TABLE consents; DROP INDEX records_by_root").ok());
        if (version == 1) REQUIRE(database.exec("DROP TABLE recoveries").ok());
        REQUIRE(database.set_user_version(version).ok());
        Store store = hq.store();
        const auto rows = store.recovery_blobs(branch.device).value();
        REQUIRE(rows.size() == 1);
        CHECK(rows[0].epoch == 1);
        CHECK(store.add_recovery(1, 2, Bytes(10, 2), kStart).ok());
        CHECK_FALSE(store.database().run("DELETE FROM recoveries").ok());
        CHECK(store.consents(InstanceId{}).value().empty());
        REQUIRE(database.set_user_version(99).ok());
        CHECK(Store::open(hq.place()).error().code == Errc::kMalformed);
    }
}
