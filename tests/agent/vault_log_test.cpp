// Goal: whoever changes, removes, adds or reorders anything in the log, or in a table that follows
// from it, is found out by the walk. Method: a small log with every kind of event; every byte of
// every row flipped, one at a time, past the triggers, with the database's own key.
#include <doctest/doctest.h>

#include <functional>

#include "tests/agent/raw_vault.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

/// Two officers, drafts, records, a revision, a delivered batch and a waiting one.
void live(Office& office) {
    auto vault = office.create();
    REQUIRE(
        vault->add_officer("Karim", Role::kOfficer, secret("copper bridge walnut evening")).ok());
    const InstanceId first = make_record(*vault, "نور");
    REQUIRE(vault->seal_pending().ok());
    office.answer(*vault, true, true);
    REQUIRE(vault->reconcile().ok());
    const InstanceId second = vault->amend(first, "name").value();
    REQUIRE(vault->finalise(second, answers("نوري")).ok());
    REQUIRE(vault->list().ok());
    REQUIRE(vault->seal_pending().ok());
}

void drop_triggers(Database& db) {
    must(db.exec(
        "DROP TRIGGER events_gapless; DROP TRIGGER events_kept; DROP TRIGGER events_fixed;"));
}

LogReport check(RawVault& opened) {
    return check_log(opened.db, opened.origin).value();
}

void put_back_events(Database& db) {
    must(db.exec("DELETE FROM events; INSERT INTO events SELECT * FROM saved ORDER BY seq;"));
}

Bytes blob_of(Database& db, LiteralText select, std::uint64_t seq) {
    Statement query = db.prepare(select).value();
    query.bind(1, seq);
    if (!query.step().value()) return {};
    const ByteView blob = query.blob(0);
    return Bytes(blob.begin(), blob.end());
}

void set_blob(Database& db, LiteralText update, const Bytes& value, std::uint64_t seq) {
    Statement statement = db.prepare(update).value();
    statement.bind_all(value, seq);
    must(statement.run());
}

struct Column {
    LiteralText select;
    LiteralText update;
};

/// Flips every byte of one blob column of one event; returns how many flips went unnoticed.
std::size_t unnoticed(RawVault& opened, const Column& column, std::uint64_t seq,
                      std::size_t& flips) {
    std::size_t missed = 0;
    const Bytes good = blob_of(opened.db, column.select, seq);
    for (std::size_t i = 0; i < good.size(); ++i) {
        Bytes bad = good;
        bad[i] = static_cast<std::uint8_t>(bad[i] ^ (1U << (i % 8)));
        set_blob(opened.db, column.update, bad, seq);
        const LogReport report = check(opened);
        ++flips;
        if (report.intact || report.first_bad_seq > seq + 1) ++missed;
    }
    set_blob(opened.db, column.update, good, seq);
    return missed;
}

}  // namespace

TEST_CASE("every single byte changed in any column of any event is found where it is") {
    Office office;
    live(office);
    RawVault opened = open_raw(office.vault_folder());
    drop_triggers(opened.db);
    const LogReport whole = check(opened);
    REQUIRE(whole.intact);
    CHECK(whole.records == 2);
    CHECK(whole.checkpoints >= 3);
    const std::vector<Column> columns{
        {"SELECT officer FROM events WHERE seq = ?", "UPDATE events SET officer = ? WHERE seq = ?"},
        {"SELECT office FROM events WHERE seq = ?", "UPDATE events SET office = ? WHERE seq = ?"},
        {"SELECT commitment FROM events WHERE seq = ?",
         "UPDATE events SET commitment = ? WHERE seq = ?"},
        {"SELECT prev FROM events WHERE seq = ?", "UPDATE events SET prev = ? WHERE seq = ?"},
        {"SELECT hash FROM events WHERE seq = ?", "UPDATE events SET hash = ? WHERE seq = ?"},
        {"SELECT salt FROM events WHERE seq = ?", "UPDATE events SET salt = ? WHERE seq = ?"},
        {"SELECT payload FROM events WHERE seq = ?",
         "UPDATE events SET payload = ? WHERE seq = ?"}};
    std::size_t flips = 0;
    for (std::uint64_t seq = 1; seq <= whole.events; ++seq) {
        for (const Column& column : columns) {
            REQUIRE_MESSAGE(unnoticed(opened, column, seq, flips) == 0, column.select.view()
                                                                            << " at " << seq);
        }
    }
    CHECK(flips > 3000);
    CHECK(check(opened).intact);
}

TEST_CASE("numbers changed, rows removed, doubled, swapped or added are found") {
    Office office;
    live(office);
    RawVault opened = open_raw(office.vault_folder());
    Database& db = opened.db;
    drop_triggers(db);
    must(db.exec("CREATE TABLE saved AS SELECT * FROM events;"));
    const std::uint64_t events = check(opened).events;
    const std::vector<LiteralText> single{
        "UPDATE events SET hlc = hlc + 1 WHERE seq = ?1",
        "UPDATE events SET hlc = hlc - 1 WHERE seq = ?1",
        "UPDATE events SET type = 23 WHERE seq = ?1 AND type <> 23",
        "UPDATE events SET type = 9999 WHERE seq = ?1",
        "DELETE FROM events WHERE seq = ?1",
        "DELETE FROM events WHERE seq >= ?1",
        "UPDATE events SET seq = seq + 100000 WHERE seq = ?1",
        "INSERT INTO events SELECT (SELECT max(seq) + 1 FROM events), hlc, officer, office, type,"
        " commitment, prev, hash, salt, payload FROM events WHERE seq = ?1",
        "UPDATE events SET salt = NULL, payload = NULL WHERE seq = ?1 AND type IN (1, 2)"};
    for (const LiteralText sql : single) {
        for (std::uint64_t seq = 1; seq <= events; ++seq) {
            Statement change = db.prepare(sql).value();
            change.bind(1, seq);
            must(change.run());
            if (db.changes() == 0) continue;
            REQUIRE_MESSAGE(!check(opened).intact, sql.view() << " at " << seq);
            put_back_events(db);
        }
    }
    for (std::uint64_t a = 1; a <= events; ++a) {
        for (std::uint64_t b = a + 1; b <= events; b += 1 + a % 3) {
            Statement swap = db.prepare(
                                   "UPDATE events SET seq = CASE seq WHEN ?1 THEN 100001 ELSE"
                                   " 100002 END WHERE seq IN (?1, ?2)")
                                 .value();
            swap.bind_all(a, b);
            must(swap.run());
            swap = db.prepare(
                         "UPDATE events SET seq = CASE seq WHEN 100001 THEN ?2 ELSE ?1 END"
                         " WHERE seq > 100000")
                       .value();
            swap.bind_all(a, b);
            must(swap.run());
            REQUIRE_MESSAGE(!check(opened).intact, "swap " << a << " and " << b);
            put_back_events(db);
        }
    }
    CHECK(check(opened).intact);
}

TEST_CASE("a table that does not follow from the log is found, row by row") {
    Office office;
    live(office);
    RawVault opened = open_raw(office.vault_folder());
    Database& db = opened.db;
    must(
        db.exec("CREATE TABLE saved_o AS SELECT * FROM officers;"
                "CREATE TABLE saved_r AS SELECT * FROM records;"
                "CREATE TABLE saved_b AS SELECT * FROM batches;"));
    const std::vector<LiteralText> changes{
        "UPDATE officers SET name = name || 'x' WHERE name = 'Karim'",
        "UPDATE officers SET role = 3 WHERE name = 'Karim'",
        "UPDATE officers SET key = zeroblob(32) WHERE name = 'Karim'",
        "DELETE FROM officers WHERE name = 'Karim'",
        "UPDATE records SET title = 'x' WHERE revision = 1",
        "UPDATE records SET state = 1 WHERE revision = 1",
        "UPDATE records SET state = 3 WHERE revision = 2",
        "UPDATE records SET finalised_ms = finalised_ms + 1 WHERE revision = 2",
        "UPDATE records SET instance = zeroblob(16) WHERE revision = 2",
        "UPDATE records SET revision = 9 WHERE revision = 2",
        "UPDATE records SET batch = 2 WHERE revision = 1",
        "UPDATE records SET form_version = '' WHERE revision = 2",
        "DELETE FROM records WHERE revision = 2",
        "INSERT INTO records SELECT zeroblob(16), zeroblob(16), revision, deprecates, form_id,"
        " form_version, language, title, officer, finalised_ms, 999999, batch, state FROM records"
        " WHERE revision = 1",
        "UPDATE batches SET opened = NULL WHERE number = 1",
        "UPDATE batches SET opened = zeroblob(153) WHERE number = 2",
        "UPDATE batches SET hash = zeroblob(32) WHERE number = 2",
        "UPDATE batches SET last_seq = last_seq + 1 WHERE number = 2",
        "DELETE FROM batches WHERE number = 2"};
    for (const LiteralText sql : changes) {
        must(db.exec(sql));
        REQUIRE_MESSAGE(db.changes() > 0, sql.view());
        const LogReport report = check(opened);
        CHECK_MESSAGE(!report.intact, sql.view());
        CHECK(report.first_bad_seq > 0);
        must(
            db.exec("DELETE FROM officers; INSERT INTO officers SELECT * FROM saved_o;"
                    "DELETE FROM records; INSERT INTO records SELECT * FROM saved_r;"
                    "DELETE FROM batches; INSERT INTO batches SELECT * FROM saved_b;"));
    }
    CHECK(check(opened).intact);
}

TEST_CASE("the triggers refuse every change of the log but pruning, and pruning keeps it whole") {
    Office office;
    live(office);
    RawVault opened = open_raw(office.vault_folder());
    Database& db = opened.db;
    CHECK_FALSE(db.exec("DELETE FROM events WHERE seq = 3").ok());
    CHECK_FALSE(db.exec("UPDATE events SET hlc = 1 WHERE seq = 3").ok());
    CHECK_FALSE(db.exec("UPDATE events SET payload = x'00' WHERE seq = 3").ok());
    CHECK_FALSE(db.exec("UPDATE events SET payload = NULL WHERE seq = 3").ok());
    CHECK_FALSE(db.exec("INSERT INTO events SELECT 5000, hlc, officer, office, type, commitment,"
                        " prev, hash, salt, payload FROM events WHERE seq = 3")
                    .ok());
    REQUIRE(db.exec("UPDATE events SET payload = NULL, salt = NULL WHERE type = 21 AND"
                    " seq = (SELECT min(seq) FROM events WHERE type = 21)")
                .ok());
    const LogReport report = check(opened);
    CHECK(report.intact);
    CHECK(report.pruned == 1);
    CHECK(report.records == 2);
}

TEST_CASE("a vault whose newest events were taken away does not open as if nothing were") {
    Office office;
    live(office);
    {
        RawVault opened = open_raw(office.vault_folder());
        drop_triggers(opened.db);
        must(opened.db.exec("DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)"));
    }
    const auto refused = office.try_unlock();
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == Errc::kLogBroken);
}

TEST_CASE("checkpoints come at least every 64 events and at lock") {
    Office office;
    auto vault = office.create();
    for (int i = 0; i < 300; ++i) REQUIRE(vault->list().ok());
    const LogReport report = vault->verify_log().value();
    CHECK(report.intact);
    CHECK(report.checkpoints >= 5);
    REQUIRE(vault->lock().ok());
    RawVault opened = open_raw(office.vault_folder());
    CHECK(opened.db.query_integer("SELECT type FROM events ORDER BY seq DESC LIMIT 1").value() ==
          static_cast<int>(sync::EventType::kCheckpoint));
}
