// Goal: whoever changes, removes, adds or reorders anything in the log, or in a table that follows
// from it, is found out by the walk. Method: a small log with every kind of event; exhaustively,
// past the triggers, with the database's own key: every byte of every column of every row, every
// removal, swap, copy and insertion. Those who also make the hashes anew:
// vault_log_attack_test.cpp.
#include <doctest/doctest.h>

#include <array>
#include <functional>

#include "tests/agent/raw_vault.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

LogReport check(RawVault& raw) {
    return check_log(raw.db, raw.origin).value();
}

struct Tally {
    std::size_t tried = 0;
    std::size_t found = 0;

    void add(bool this_one) {
        ++tried;
        if (this_one) ++found;
    }
};

Bytes blob_of(Database& db, LiteralText select, std::uint64_t seq) {
    Statement query = db.prepare(select).value();
    query.bind(1, seq);
    if (!query.step().value()) return {};
    const ByteView blob = query.blob(0);
    return Bytes(blob.begin(), blob.end());
}

std::int64_t number_of(Database& db, LiteralText select, std::uint64_t seq) {
    Statement query = db.prepare(select).value();
    query.bind(1, seq);
    REQUIRE(query.step().value());
    return query.integer(0);
}

template <typename... Args>
bool run(Database& db, LiteralText sql, const Args&... args) {
    Statement statement = db.prepare(sql).value();
    statement.bind_all(args...);
    return statement.run().ok();
}

struct Column {
    LiteralText select;
    LiteralText update;
};

constexpr std::array<Column, 7> kBlobs{
    {{"SELECT officer FROM events WHERE seq = ?", "UPDATE events SET officer = ? WHERE seq = ?"},
     {"SELECT office FROM events WHERE seq = ?", "UPDATE events SET office = ? WHERE seq = ?"},
     {"SELECT commitment FROM events WHERE seq = ?",
      "UPDATE events SET commitment = ? WHERE seq = ?"},
     {"SELECT prev FROM events WHERE seq = ?", "UPDATE events SET prev = ? WHERE seq = ?"},
     {"SELECT hash FROM events WHERE seq = ?", "UPDATE events SET hash = ? WHERE seq = ?"},
     {"SELECT salt FROM events WHERE seq = ?", "UPDATE events SET salt = ? WHERE seq = ?"},
     {"SELECT payload FROM events WHERE seq = ?", "UPDATE events SET payload = ? WHERE seq = ?"}}};
constexpr std::array<Column, 2> kNumbers{
    {{"SELECT hlc FROM events WHERE seq = ?", "UPDATE events SET hlc = ? WHERE seq = ?"},
     {"SELECT type FROM events WHERE seq = ?", "UPDATE events SET type = ? WHERE seq = ?"}}};

/// A bit in each byte of one column of one event; then one byte more and one less.
void change_blob(RawVault& raw, const Column& column, std::uint64_t seq, Tally& tally) {
    const Bytes good = blob_of(raw.db, column.select, seq);
    const auto put = [&](const Bytes& bad) {
        REQUIRE(run(raw.db, column.update, bad, seq));
        const LogReport report = check(raw);
        tally.add(!report.intact && report.first_bad_seq <= seq + 1);
    };
    for (std::size_t i = 0; i < good.size(); ++i) {
        Bytes bad = good;
        bad[i] = static_cast<std::uint8_t>(bad[i] ^ (1U << (i % 8)));
        put(bad);
    }
    Bytes longer = good;
    longer.push_back(0);
    put(longer);
    if (!good.empty()) put(Bytes(good.begin(), good.end() - 1));
    REQUIRE(run(raw.db, column.update, good, seq));
}

void change_number(RawVault& raw, const Column& column, std::uint64_t seq, Tally& tally) {
    const std::int64_t good = number_of(raw.db, column.select, seq);
    for (unsigned byte = 0; byte < 8; ++byte) {
        for (const std::uint64_t mask : {std::uint64_t{1} << (byte % 8), std::uint64_t{0xFF}}) {
            const auto bad =
                static_cast<std::int64_t>(static_cast<std::uint64_t>(good) ^ (mask << (8 * byte)));
            REQUIRE(run(raw.db, column.update, bad, seq));
            const LogReport report = check(raw);
            tally.add(!report.intact && report.first_bad_seq <= seq + 1);
        }
    }
    REQUIRE(run(raw.db, column.update, good, seq));
}

/// Changes of whole rows, each on the log as it was.
class Rows {
public:
    explicit Rows(RawVault& raw) : raw_(raw) {
        must(raw.db.exec("CREATE TEMP TABLE saved AS SELECT * FROM events;"));
    }
    /// `change` is put to the test, then taken back; one that cannot be made says false.
    void attempt(Tally& tally, const std::function<bool(Database&)>& change) {
        if (change(raw_.db)) tally.add(!check(raw_).intact);
        must(raw_.db.exec(
            "DELETE FROM events; INSERT INTO events SELECT * FROM temp.saved ORDER BY seq;"));
    }

private:
    RawVault& raw_;
};

/// Moves the rows from `from` on by `by`, by way of numbers that are free.
bool shift(Database& db, std::uint64_t from, int by) {
    return run(db, "UPDATE events SET seq = seq + 1000000 WHERE seq >= ?", from) &&
           run(db, "UPDATE events SET seq = seq - 1000000 + ? WHERE seq >= 1000000", by);
}

bool swap_rows(Database& db, std::uint64_t a, std::uint64_t b) {
    return run(db, "UPDATE events SET seq = seq + 1000000 WHERE seq IN (?1, ?2)", a, b) &&
           run(db, "UPDATE events SET seq = ?2 WHERE seq = ?1 + 1000000", a, b) &&
           run(db, "UPDATE events SET seq = ?1 WHERE seq = ?2 + 1000000", a, b);
}

bool swap_payloads(Database& db, std::uint64_t a, std::uint64_t b) {
    return run(db,
               "UPDATE events SET salt = s.salt, payload = s.payload FROM temp.saved s"
               " WHERE (events.seq = ?1 AND s.seq = ?2) OR (events.seq = ?2 AND s.seq = ?1)",
               a, b);
}

bool copy_row(Database& db, std::uint64_t from, std::uint64_t to) {
    return run(db,
               "INSERT INTO events SELECT ?2, hlc, officer, office, type, commitment, prev, hash,"
               " salt, payload FROM temp.saved WHERE seq = ?1",
               from, to);
}

bool remove_rows(Database& db, std::uint64_t first, std::uint64_t last) {
    return run(db, "DELETE FROM events WHERE seq BETWEEN ? AND ?", first, last);
}

}  // namespace

TEST_CASE("every single byte changed in any column of any event is found where it is") {
    Office office;
    live_small_log(office);
    RawVault raw = open_raw(office.vault_folder());
    drop_log_triggers(raw.db);
    const LogReport whole = check(raw);
    REQUIRE(whole.intact);
    CHECK(whole.records == 3);
    CHECK(whole.checkpoints >= 4);
    Tally tally;
    for (std::uint64_t seq = 1; seq <= whole.events; ++seq) {
        CAPTURE(seq);
        for (const Column& column : kBlobs) change_blob(raw, column, seq, tally);
        for (const Column& column : kNumbers) change_number(raw, column, seq, tally);
        REQUIRE(tally.found == tally.tried);
    }
    MESSAGE(tally.found << " of " << tally.tried << " changed bytes found in " << whole.events
                        << " events");
    CHECK(tally.tried > 8'000);
    CHECK(check(raw).intact);
}

TEST_CASE("rows removed, doubled, swapped, added or renumbered are found, all of them") {
    Office office;
    live_small_log(office);
    RawVault raw = open_raw(office.vault_folder());
    drop_log_triggers(raw.db);
    const std::uint64_t n = check(raw).events;
    Rows rows(raw);
    Tally tally;
    for (std::uint64_t a = 1; a <= n; ++a) {
        CAPTURE(a);
        for (std::uint64_t b = a; b <= n; ++b) {
            CAPTURE(b);
            const bool at_the_end = b == n;
            rows.attempt(tally, [&](Database& db) {  // closed up behind, as if never there
                return remove_rows(db, a, b) && shift(db, b + 1, -static_cast<int>(b - a + 1));
            });
            if (!at_the_end)
                rows.attempt(tally, [&](Database& db) { return remove_rows(db, a, b); });
            if (a == b) continue;
            rows.attempt(tally, [&](Database& db) { return swap_rows(db, a, b); });
            rows.attempt(tally, [&](Database& db) { return swap_payloads(db, a, b); });
        }
        for (std::uint64_t place = 1; place <= n + 1; ++place) {
            rows.attempt(
                tally, [&](Database& db) { return shift(db, place, 1) && copy_row(db, a, place); });
        }
        for (unsigned bit = 0; bit < 64; ++bit) {
            const auto number = static_cast<std::int64_t>(a ^ (std::uint64_t{1} << bit));
            rows.attempt(tally, [&](Database& db) {
                return run(db, "UPDATE events SET seq = ? WHERE seq = ?", number, a);
            });
        }
        REQUIRE(tally.found == tally.tried);
    }
    MESSAGE(tally.found << " of " << tally.tried << " changes of rows found in " << n << " events");
    CHECK(check(raw).intact);
}

TEST_CASE("of no event may the content be gone unless a later one says why") {
    Office office;
    live_small_log(office);
    RawVault raw = open_raw(office.vault_folder());
    drop_log_triggers(raw.db);
    const std::uint64_t n = check(raw).events;
    Rows rows(raw);
    Tally tally;
    for (std::uint64_t seq = 1; seq <= n; ++seq) {
        rows.attempt(tally, [&](Database& db) {
            return run(db, "UPDATE events SET salt = NULL, payload = NULL WHERE seq = ?", seq);
        });
        rows.attempt(tally, [&](Database& db) {
            return run(db, "UPDATE events SET payload = NULL WHERE seq = ?", seq);
        });
    }
    CHECK(tally.tried == 2 * n);
    CHECK(tally.found == tally.tried);
}

TEST_CASE("the triggers refuse every change of the log but emptying salt and payload together") {
    Office office;
    live_small_log(office);
    RawVault raw = open_raw(office.vault_folder());
    Database& db = raw.db;
    CHECK_FALSE(db.exec("DELETE FROM events WHERE seq = 3").ok());
    CHECK_FALSE(db.exec("UPDATE events SET hlc = 1 WHERE seq = 3").ok());
    CHECK_FALSE(db.exec("UPDATE events SET payload = x'00' WHERE seq = 3").ok());
    CHECK_FALSE(db.exec("UPDATE events SET payload = NULL WHERE seq = 3").ok());
    CHECK_FALSE(db.exec("INSERT INTO events SELECT 5000, hlc, officer, office, type, commitment,"
                        " prev, hash, salt, payload FROM events WHERE seq = 3")
                    .ok());
    CHECK(db.exec("UPDATE events SET payload = NULL, salt = NULL WHERE type = 21 AND"
                  " seq = (SELECT min(seq) FROM events WHERE type = 21)")
              .ok());
    CHECK(check(raw).finding == "an event is gone and none says why");
}

TEST_CASE("a byte changed in the head that is kept apart is found, and the vault does not open") {
    Office office;
    live_small_log(office);
    Tally tally;
    {
        RawVault raw = open_raw(office.vault_folder());
        const LiteralText select = "SELECT value FROM meta WHERE name = ?";
        const LiteralText update = "UPDATE meta SET value = ? WHERE name = ?";
        constexpr std::uint64_t kHead = 5;
        const Bytes good = blob_of(raw.db, select, kHead);
        CHECK(good.size() == 8 + 8 + 32 + 16 + 64);
        for (std::size_t i = 0; i < good.size(); ++i) {
            Bytes bad = good;
            bad[i] = static_cast<std::uint8_t>(bad[i] ^ (1U << (i % 8)));
            REQUIRE(run(raw.db, update, bad, kHead));
            tally.add(!check(raw).intact);
        }
        REQUIRE(run(raw.db, update, Bytes(good.begin(), good.end() - 1), kHead));
        tally.add(!check(raw).intact);
        REQUIRE(run(raw.db, "DELETE FROM meta WHERE name = ?", kHead));
        tally.add(!check(raw).intact);
        Bytes bad = good;
        bad.back() ^= 1U;
        REQUIRE(run(raw.db, "INSERT INTO meta VALUES(?2, ?1)", bad, kHead));
    }
    CHECK(tally.tried == 130);
    CHECK(tally.found == tally.tried);
    const auto refused = office.try_unlock();
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == Errc::kLogBroken);
}

TEST_CASE("a vault whose newest events were taken away does not open as if nothing were") {
    Office office;
    live_small_log(office);
    {
        RawVault raw = open_raw(office.vault_folder());
        drop_log_triggers(raw.db);
        must(raw.db.exec("DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)"));
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
    RawVault raw = open_raw(office.vault_folder());
    CHECK(raw.db.query_integer("SELECT type FROM events ORDER BY seq DESC LIMIT 1").value() ==
          static_cast<int>(sync::EventType::kCheckpoint));
}
