#include "platform/sqlite.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "tests/fakes/seeded_random.h"

using namespace awda;

namespace {

const Bytes kKey(32, 0x41);
const Bytes kSalt(16, 0x53);

/// A folder that is gone when the test ends.
class Folder {
public:
    Folder() {
        char pattern[] = "/tmp/awda-sqlite-XXXXXX";
        path_ = ::mkdtemp(pattern);
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] Path file() const { return path_ / "test.db"; }

private:
    Path path_;
};

DatabaseOptions creating() {
    DatabaseOptions options;
    options.create = true;
    return options;
}

void fill(const Path& path, int rows) {
    Database database = Database::open(path, kKey, kSalt, creating()).value();
    REQUIRE(database.exec("CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT)").ok());
    auto transaction = Transaction::begin(database);
    REQUIRE(transaction.ok());
    Statement insert = database.prepare("INSERT INTO people(name) VALUES(?)").value();
    for (int i = 0; i < rows; ++i) {
        REQUIRE(insert.bind_all("MARKER-" + std::to_string(i)).run().ok());
    }
    REQUIRE(transaction->commit().ok());
}

void damage(const Path& path, std::uint64_t offset) {
    OutputFile file = OutputFile::open(path).value();
    const InputFile in = InputFile::open(path).value();
    std::array<std::uint8_t, 16> bytes{};
    REQUIRE(in.read_at(offset, bytes).value() == bytes.size());
    for (auto& byte : bytes) byte ^= 0xff;
    REQUIRE(file.write_at(offset, bytes).ok());
}

/// Runs `work` on the open database in a child that dies without closing it.
template <typename Work>
void in_killed_child(const Path& path, Work work) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        Database database = Database::open(path, kKey, kSalt).value();
        work(database);
        ::kill(::getpid(), SIGKILL);
    }
    int state = 0;
    REQUIRE(::waitpid(child, &state, 0) == child);
    REQUIRE(WIFSIGNALED(state));
}

}  // namespace

TEST_CASE("what was committed is read back with its types") {
    const Folder folder;
    {
        Database database = Database::open(folder.file(), kKey, kSalt, creating()).value();
        REQUIRE(database.exec("CREATE TABLE t(a INTEGER, b TEXT, c BLOB, d TEXT)").ok());
        auto insert = database.prepare("INSERT INTO t VALUES(?,?,?,?)");
        const std::array<std::uint8_t, 16> id{1, 2, 3};
        REQUIRE(insert->bind_all(~std::uint64_t{0}, "عودة", id, std::nullopt).run().ok());
        REQUIRE(insert->bind_all(7, "", Bytes{}, std::optional<std::string>("x")).run().ok());
        CHECK(database.changes() == 1);
        CHECK(database.last_insert_id() == 2);
        REQUIRE(database.set_user_version(3).ok());
    }
    Database database = Database::open(folder.file(), kKey, kSalt).value();
    CHECK(database.user_version().value() == 3);
    auto rows = database.prepare("SELECT a,b,c,d FROM t ORDER BY rowid");
    REQUIRE(rows->step().value());
    CHECK(rows->u64(0) == ~std::uint64_t{0});
    CHECK(rows->text(1) == "عودة");
    CHECK(rows->fixed<16>(2).value()[2] == 3);
    CHECK(rows->fixed<15>(2).error().code == Errc::kVaultDamaged);
    CHECK(rows->is_null(3));
    REQUIRE(rows->step().value());
    CHECK_FALSE(rows->is_null(1));
    CHECK_FALSE(rows->is_null(2));
    CHECK(rows->text(3) == "x");
    CHECK_FALSE(rows->step().value());
}

TEST_CASE("nothing that was written can be read in the files") {
    const Folder folder;
    fill(folder.file(), 200);
    const Bytes bytes = read_file(folder.file()).value();
    CHECK(as_text(bytes).find("MARKER") == std::string_view::npos);
    CHECK(as_text(bytes).find("SQLite") == std::string_view::npos);
    const auto mode = std::filesystem::status(folder.file()).permissions();
    CHECK((mode & std::filesystem::perms::others_all) == std::filesystem::perms::none);
    CHECK((mode & std::filesystem::perms::group_all) == std::filesystem::perms::none);
}

TEST_CASE("another key does not open the database") {
    const Folder folder;
    fill(folder.file(), 1);
    const Bytes other(32, 0x42);
    CHECK(Database::open(folder.file(), other, kSalt).error().code == Errc::kAltered);
    CHECK(Database::open(folder.file(), kKey, kSalt).ok());
}

TEST_CASE("a plain SQLite file, a missing one and an empty one are refused and left as they are") {
    const Folder folder;
    CHECK(Database::open(folder.file(), kKey, kSalt).error().code == Errc::kNotFound);
    CHECK_FALSE(file_exists(folder.file()));
    Bytes plain = to_bytes("SQLite format 3");
    plain.resize(4096);
    REQUIRE(atomic_write(folder.file(), plain).ok());
    CHECK(Database::open(folder.file(), kKey, kSalt, creating()).error().code ==
          Errc::kNotEncrypted);
    CHECK(read_file(folder.file()).value() == plain);
    REQUIRE(atomic_write(folder.file(), {}).ok());
    CHECK(Database::open(folder.file(), kKey, kSalt).error().code == Errc::kVaultDamaged);
}

TEST_CASE("a transaction that is not committed leaves nothing") {
    const Folder folder;
    fill(folder.file(), 3);
    Database database = Database::open(folder.file(), kKey, kSalt).value();
    {
        const auto transaction = Transaction::begin(database);
        REQUIRE(transaction.ok());
        REQUIRE(database.exec("DELETE FROM people").ok());
    }
    CHECK(database.query_integer("SELECT count(*) FROM people").value() == 3);
}

TEST_CASE("a second writer waits its time and then is told that the database is busy") {
    const Folder folder;
    fill(folder.file(), 1);
    Database first = Database::open(folder.file(), kKey, kSalt).value();
    DatabaseOptions options;
    options.check = DatabaseCheck::kNever;
    options.busy_timeout_ms = 10;
    Database second = Database::open(folder.file(), kKey, kSalt, options).value();
    const auto transaction = Transaction::begin(first);
    REQUIRE(transaction.ok());
    CHECK(Transaction::begin(second).error().code == Errc::kBusy);
    CHECK(second.query_integer("SELECT count(*) FROM people").value() == 1);
}

TEST_CASE("a read-only connection cannot write") {
    const Folder folder;
    fill(folder.file(), 1);
    DatabaseOptions options;
    options.read_only = true;
    Database database = Database::open(folder.file(), kKey, kSalt, options).value();
    CHECK(database.query_integer("SELECT count(*) FROM people").value() == 1);
    CHECK(database.exec("DELETE FROM people").error().code == Errc::kNotAllowed);
}

TEST_CASE("after a killed writer everything committed is there and the file checks out") {
    const Folder folder;
    fill(folder.file(), 1);
    in_killed_child(folder.file(), [](Database& database) {
        Statement insert = database.prepare("INSERT INTO people(name) VALUES(?)").value();
        for (int i = 0; i < 50; ++i) (void)insert.bind_all("more").run().ok();
        // Begun and never committed.
        (void)database.exec("BEGIN IMMEDIATE; DELETE FROM people;").ok();
    });
    Path wal = folder.file();
    wal += "-wal";
    REQUIRE(awda::file_size(wal).value() > 0);
    Database database = Database::open(folder.file(), kKey, kSalt).value();
    CHECK_FALSE((file_exists(wal) && awda::file_size(wal).value() > 0));
    CHECK(database.query_integer("SELECT count(*) FROM people").value() == 51);
    CHECK(database.check_integrity().ok());
}

TEST_CASE("a damaged page is found after an unclean end, and by a check on demand") {
    const Folder folder;
    fill(folder.file(), 2000);
    const std::uint64_t size = awda::file_size(folder.file()).value();
    REQUIRE(size > 5 * 4096);
    damage(folder.file(), 4 * 4096 + 100);
    {
        Database database = Database::open(folder.file(), kKey, kSalt).value();
        CHECK(database.check_integrity().error().code == Errc::kVaultDamaged);
    }
    in_killed_child(folder.file(), [](Database& database) {
        (void)database.exec("CREATE TABLE another(a)").ok();
    });
    CHECK(Database::open(folder.file(), kKey, kSalt).error().code == Errc::kVaultDamaged);
    CHECK(awda::file_size(folder.file()).value() >= size);
}

TEST_CASE("a file damaged at a seeded place never opens into a wrong answer") {
    const Folder folder;
    fill(folder.file(), 400);
    const Bytes good = read_file(folder.file()).value();
    fakes::SeededRandom random(20261123);
    for (int round = 0; round < 60; ++round) {
        Bytes bad = good;
        // The first 16 bytes hold a salt of which the file's copy is never used.
        const std::size_t at = 16 + random.next_u64() % (good.size() - 16);
        bad[at] ^= static_cast<std::uint8_t>(1 + random.next_u64() % 255);
        REQUIRE(atomic_write(folder.file(), bad).ok());
        DatabaseOptions options;
        options.check = DatabaseCheck::kAlways;
        const auto opened = Database::open(folder.file(), kKey, kSalt, options);
        INFO("seed 20261123, round ", round, ", byte ", at);
        REQUIRE_FALSE(opened.ok());
        const bool told =
            opened.error().code == Errc::kVaultDamaged || opened.error().code == Errc::kAltered;
        CHECK(told);
    }
}

TEST_CASE("identifiers are quoted so that no name can end a statement") {
    CHECK(Database::quote_identifier("a\"; DROP TABLE x; --") == "\"a\"\"; DROP TABLE x; --\"");
    const Folder folder;
    Database database = Database::open(folder.file(), kKey, kSalt, creating()).value();
    const std::string name = Database::quote_identifier("w\"eird");
    REQUIRE(database.exec_schema("CREATE TABLE " + name + "(a)").ok());
    CHECK(database.query_integer("SELECT count(*) FROM sqlite_schema").value() == 1);
}

TEST_CASE("a database with a new key opens with it alone, every page checked, however large") {
    const Folder folder;
    // More pages than the cache holds, so that some are written before the end.
    constexpr int kRows = 400'000;
    fill(folder.file(), kRows);
    const Bytes fresh(32, 0x42);
    {
        Database database = Database::open(folder.file(), kKey, kSalt).value();
        REQUIRE(database.rekey(fresh, kSalt).ok());
        CHECK_FALSE(database.rekey(Bytes(31), kSalt).ok());
    }
    CHECK(Database::open(folder.file(), kKey, kSalt).error().code == Errc::kAltered);
    DatabaseOptions options;
    options.check = DatabaseCheck::kAlways;
    auto opened = Database::open(folder.file(), fresh, kSalt, options);
    REQUIRE(opened.ok());
    CHECK(opened->query_integer("SELECT count(*) FROM people").value() == kRows);
    CHECK(opened->check_integrity().ok());
    // The old key, tried in vain, changed nothing.
    CHECK(awda::file_size(folder.file()).value() > 8U << 20U);
}
