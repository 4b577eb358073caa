// Goal: tables that were broken, by a fault or on purpose, are named and mended from the log, and a
// vault that does not open because of them opens again. Method: rows changed, removed and added
// past the vault, in every table that follows from the log.
#include <doctest/doctest.h>

#include "agent/vault/tables.h"
#include "tests/agent/raw_vault.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

ProjectionDigest digest(RawVault& raw) {
    return digest_projections(raw.db).value();
}

/// All that can be said of a table row by row, before and after.
void break_tables(Database& db) {
    must(
        db.exec("UPDATE officers SET name = 'Somebody' WHERE name = 'Karim';"
                "UPDATE records SET title = 'x', state = 1 WHERE state = 3;"
                "DELETE FROM records WHERE revision = 2;"
                "INSERT INTO records SELECT zeroblob(16), zeroblob(16), 1, deprecates, form_id,"
                " form_version, language, title, officer, finalised_ms, 777777, 0, 1 FROM records"
                " LIMIT 1;"
                "UPDATE batches SET last_seq = last_seq + 1 WHERE number = 2;"
                "UPDATE record_counts SET n = n + 5;"));
}

/// What `awda vault rebuild` does.
Result<std::unique_ptr<Vault>> unlock_mending(Office& office, Mend mend, TablesReport& report) {
    VaultEnv env = office.env();
    env.before_tables = [&](Database& db, const LogOrigin& origin) -> Status {
        report = AWDA_TRY(compare_tables(db, origin, mend));
        return {};
    };
    return Vault::unlock(env, office.vault_folder(), kOfficer, secret(kPassphrase));
}

}  // namespace

TEST_CASE("tables that follow from the log are left as they are by a rebuild") {
    Office office;
    live_small_log(office);
    RawVault raw = open_raw(office.vault_folder());
    const ProjectionDigest before = digest(raw);
    std::uint64_t steps = 0;
    const TablesReport report =
        compare_tables(raw.db, raw.origin, Mend::kYes, [&](std::uint64_t) { ++steps; }).value();
    CHECK(report.same());
    CHECK_FALSE(report.mended);
    CHECK(report.rows == 8);  // two officers, three records, an approval, two batches
    CHECK(digest(raw).rows == before.rows);
    CHECK(steps == 0);  // too short a log to tell of it on the way
}

TEST_CASE("broken tables are named row by row, left alone by a check, and mended by a rebuild") {
    Office office;
    live_small_log(office);
    RawVault raw = open_raw(office.vault_folder());
    const ProjectionDigest good = digest(raw);
    break_tables(raw.db);
    const ProjectionDigest broken = digest(raw);

    const TablesReport found = compare_tables(raw.db, raw.origin, Mend::kNo).value();
    CHECK(found.log.intact);
    CHECK_FALSE(found.mended);
    CHECK(found.counts_differed);
    CHECK(found.differed == 5);
    REQUIRE(found.differences.size() == 5);
    using sync::EventType;
    std::map<Difference, int> kinds;
    std::map<EventType, int> types;
    for (const RowDifference& row : found.differences) {
        ++kinds[row.difference];
        ++types[row.type];
    }
    CHECK(kinds[Difference::kChanged] == 3);
    CHECK(kinds[Difference::kMissing] == 1);
    CHECK(kinds[Difference::kUnfounded] == 1);
    CHECK(types[EventType::kOfficerAdded] == 1);
    CHECK(types[EventType::kRecordFinalised] == 2);
    CHECK(types[EventType::kBatchSealed] == 1);
    CHECK(found.differences.back().seq == 777777);
    CHECK(digest(raw).rows == broken.rows);

    const TablesReport mended = compare_tables(raw.db, raw.origin, Mend::kYes).value();
    CHECK(mended.mended);
    CHECK(mended.differed == 5);
    CHECK(digest(raw).rows == good.rows);
    CHECK(check_log(raw.db, raw.origin)->intact);
    CHECK(compare_tables(raw.db, raw.origin, Mend::kNo)->same());
}

TEST_CASE("a vault that does not open because of its tables is mended on the way in") {
    Office office;
    live_small_log(office);
    must(open_raw(office.vault_folder()).db.exec("DELETE FROM officers; DELETE FROM records;"));
    REQUIRE_FALSE(office.try_unlock().ok());
    TablesReport report;
    CHECK_FALSE(unlock_mending(office, Mend::kNo, report).ok());
    CHECK(report.differed == 5);
    {
        auto vault = unlock_mending(office, Mend::kYes, report);
        REQUIRE(vault.ok());
        CHECK(report.mended);
        must(note_mended(*(*vault)->session().value(), report));
        CHECK((*vault)->verify_log()->intact);
        CHECK((*vault)->list()->size() == 3);
    }
    CHECK(office.try_unlock().ok());
    RawVault raw = open_raw(office.vault_folder());
    CHECK(raw.db.query_integer("SELECT count(*) FROM events WHERE type = 34").value() == 1);
}

TEST_CASE("from a log that is not intact nothing is rebuilt") {
    Office office;
    live_small_log(office);
    RawVault raw = open_raw(office.vault_folder());
    drop_log_triggers(raw.db);
    break_tables(raw.db);
    must(raw.db.exec("UPDATE events SET hlc = hlc + 1 WHERE seq = 3"));
    const ProjectionDigest before = digest(raw);
    const TablesReport report = compare_tables(raw.db, raw.origin, Mend::kYes).value();
    CHECK_FALSE(report.log.intact);
    CHECK(report.log.first_bad_seq == 3);
    CHECK_FALSE(report.mended);
    CHECK(digest(raw).rows == before.rows);
}
