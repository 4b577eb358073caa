// Goal: what encryption costs a save. Method: single-row transactions of 4 KB and a scan, through
// our wall (SQLCipher, WAL, synchronous=FULL) and through the same library without a key; wall
// time, since a save waits for the disk.
#include <sqlcipher/sqlite3.h>

#include "platform/crypto.h"
#include "platform/sqlite.h"
#include "tests/bench/bench.h"
#include "tests/fakes/seeded_random.h"
#include "tests/fakes/temp_folder.h"

using namespace awda;
using namespace awda::bench;

namespace {
constexpr int kSaves = 500;

void expect_ok(int rc) {
    if (rc != SQLITE_OK && rc != SQLITE_DONE) std::abort();
}

Times plain_saves(const Path& path, const Bytes& row) {
    sqlite3* db = nullptr;
    expect_ok(sqlite3_open(path.c_str(), &db));
    expect_ok(sqlite3_exec(db,
                           "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                           "CREATE TABLE t(id INTEGER PRIMARY KEY, body BLOB)",
                           nullptr, nullptr, nullptr));
    sqlite3_stmt* insert = nullptr;
    expect_ok(sqlite3_prepare_v2(db, "INSERT INTO t(body) VALUES(?)", -1, &insert, nullptr));
    const Times times = measure(
        kSaves,
        [&] {
            expect_ok(sqlite3_bind_blob(insert, 1, row.data(), static_cast<int>(row.size()),
                                        SQLITE_STATIC));
            expect_ok(sqlite3_step(insert));
            sqlite3_reset(insert);
        },
        wall_ms);
    sqlite3_finalize(insert);
    sqlite3_close(db);
    return times;
}

Times sealed_saves(const Path& path, const Bytes& row) {
    const Hash32 key = hash32(as_bytes("key"));
    const Bytes salt(16, 1);
    auto db = Database::open(path, key, salt, {.create = true});
    if (!db.ok() || !db->exec("CREATE TABLE t(id INTEGER PRIMARY KEY, body BLOB)").ok())
        std::abort();
    return measure(
        kSaves,
        [&] {
            auto insert = db->prepare("INSERT INTO t(body) VALUES(?)");
            if (!insert.ok() || !insert->bind(1, row).run().ok()) std::abort();
        },
        wall_ms);
}
}  // namespace

int main() {
    if (!crypto_start().ok()) return 1;
    const fakes::TempFolder folder;
    fakes::SeededRandom random(1);
    Bytes row(4096);
    random.fill(row);
    const Times plain = plain_saves(folder / "plain.db", row);
    const Times sealed = sealed_saves(folder / "sealed.db", row);
    print_times("one save of 4 KB, plain SQLite", plain);
    print_times("one save of 4 KB, through the wall", sealed);
    return print_ratio("  encrypted / plain, median", sealed.median, plain.median, 1.6);
}
