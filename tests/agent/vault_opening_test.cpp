// Goal: a database that is not whole, not ours or not encrypted is refused with the reason, and
// kept byte for byte; nothing is ever deleted to get going again. Method: each step of opening
// (agent/VAULT.md) is made to fail in turn.
#include <doctest/doctest.h>

#include <filesystem>

#include "platform/errors.h"
#include "tests/agent/raw_vault.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

constexpr std::size_t kPage = 4096;

Path database(Office& office) {
    return office.vault_folder() / "vault.db";
}

Path wal(Office& office) {
    return office.vault_folder() / "vault.db-wal";
}

Bytes bytes_of(const Path& file) {
    return read_file(file).value();
}

void put(const Path& file, ByteView bytes) {
    std::filesystem::remove(file);
    auto out = OutputFile::open(file).value();
    must(out.write_at(0, bytes));
}

/// A vault with three records, locked in good order: no write-ahead log.
void closed_vault(Office& office) {
    live_small_log(office);
    REQUIRE_FALSE(std::filesystem::exists(wal(office)));
}

/// The same as a kill leaves it: with a write-ahead log, and no end of the session.
void killed_vault(Office& office) {
    live_small_log(office);
    const Path copy = office.folder / "killed";
    {
        auto vault = office.unlock();
        make_record(*vault, "the last");
        std::filesystem::copy(office.vault_folder(), copy,
                              std::filesystem::copy_options::recursive);
    }
    std::filesystem::remove_all(office.vault_folder());
    std::filesystem::rename(copy, office.vault_folder());
    std::filesystem::remove(office.vault_folder() / "vault.db-shm");
    REQUIRE(std::filesystem::file_size(wal(office)) > 0);
}

void refused(Office& office, Errc code) {
    const Bytes before = bytes_of(database(office));
    const auto vault = office.try_unlock();
    REQUIRE_FALSE(vault.ok());
    CHECK(errc_name(vault.error().code) == errc_name(code));
    CHECK(bytes_of(database(office)) == before);
}

}  // namespace

TEST_CASE("a plain SQLite file in the database's place is refused and kept") {
    Office office;
    closed_vault(office);
    Bytes plain(2 * kPage, 0);
    const std::string_view head("SQLite format 3\0", 16);
    std::copy(head.begin(), head.end(), plain.begin());
    put(database(office), plain);
    refused(office, Errc::kNotEncrypted);
}

TEST_CASE("the database of another vault is refused and kept") {
    Office office(1);
    Office other(2);
    closed_vault(office);
    closed_vault(other);
    const Bytes ours = bytes_of(database(office));
    put(database(office), bytes_of(database(other)));
    refused(office, Errc::kVaultDamaged);
    put(database(office), ours);
    CHECK(office.try_unlock().ok());
}

TEST_CASE("a database cut short anywhere is refused and kept, or found out by reading it") {
    Office office;
    closed_vault(office);
    const Bytes whole = bytes_of(database(office));
    for (std::size_t size = 0; size < whole.size(); size += kPage / 2 + 1) {
        CAPTURE(size);
        put(database(office), ByteView(whole).first(size));
        auto vault = office.try_unlock();
        // What the officer needs may be in the pages that are left; the missing ones are told.
        if (vault.ok()) CHECK_FALSE((*vault)->verify_log().ok());
        std::filesystem::remove(wal(office));
        std::filesystem::remove(office.vault_folder() / "vault.db-shm");
        office.clock.advance(61'000);
    }
    put(database(office), whole);
    CHECK(office.try_unlock().ok());
}

TEST_CASE("after an unclean end a changed byte on any page is found before anything is read") {
    Office office;
    killed_vault(office);
    const Bytes db = bytes_of(database(office));
    const Bytes log = bytes_of(wal(office));
    fakes::SeededRandom random(5);
    std::size_t found = 0;
    for (std::size_t page = 0; page < db.size() / kPage; ++page) {
        CAPTURE(page);
        Bytes bad = db;
        bad[page * kPage + random.next_u64() % kPage] ^= 1U;
        put(database(office), bad);
        put(wal(office), log);
        const auto vault = office.try_unlock();
        if (!vault.ok()) {
            CHECK(errc_name(vault.error().code) == errc_name(Errc::kVaultDamaged));
            ++found;
        } else {
            // The write-ahead log held that page anew, so that the old one no longer counts.
            CHECK((*vault)->verify_log()->intact);
        }
        office.clock.advance(61'000);
    }
    CHECK(found > 3);
    MESSAGE(found << " of " << db.size() / kPage << " pages refused, the others were in the log");
    put(database(office), db);
    put(wal(office), log);
    CHECK(office.try_unlock().ok());
}

TEST_CASE("a write-ahead log that is torn anywhere leaves a vault that opens and verifies") {
    Office office;
    killed_vault(office);
    const Bytes db = bytes_of(database(office));
    const Bytes log = bytes_of(wal(office));
    fakes::SeededRandom random(6);
    for (std::size_t size = 0; size <= log.size(); size += 1500) {
        CAPTURE(size);
        Bytes torn(log.begin(), log.begin() + static_cast<std::ptrdiff_t>(size));
        if (size > 600) random.fill(std::span(torn).last(512));  // its last sector is noise
        put(database(office), db);
        put(wal(office), torn);
        const auto vault = office.try_unlock();
        REQUIRE(vault.ok());
        if (size > 0) CHECK((*vault)->unlock_report().unclean_exit);
        CHECK((*vault)->verify_log()->intact);
    }
}

TEST_CASE("a write-ahead log that was taken away is no reason to check less") {
    Office office;
    killed_vault(office);
    must([&]() -> Status {
        // As it was before, but with all that the log held written into the file.
        RawVault raw = open_raw(office.vault_folder());
        return raw.db.checkpoint();
    }());
    std::filesystem::remove(wal(office));
    CHECK_FALSE(std::filesystem::exists(wal(office)));
    Bytes bad = bytes_of(database(office));
    bad[bad.size() - kPage / 2] ^= 1U;
    put(database(office), bad);
    refused(office, Errc::kVaultDamaged);
    bad[bad.size() - kPage / 2] ^= 1U;
    put(database(office), bad);
    const auto vault = office.try_unlock();
    REQUIRE(vault.ok());
    CHECK((*vault)->unlock_report().unclean_exit);
}

TEST_CASE("rows that SQLite's own check refuses keep the vault shut after an unclean end") {
    Office office;
    live_small_log(office);
    const Path copy = office.folder / "killed";
    {
        RawVault raw = open_raw(office.vault_folder());
        must(
            raw.db.exec("PRAGMA ignore_check_constraints = ON;"
                        "INSERT INTO batch_files VALUES(99, x'00', x'00')"));
        std::filesystem::copy(office.vault_folder(), copy,
                              std::filesystem::copy_options::recursive);
    }
    std::filesystem::remove_all(office.vault_folder());
    std::filesystem::rename(copy, office.vault_folder());
    const auto vault = office.try_unlock();
    REQUIRE_FALSE(vault.ok());
    CHECK(errc_name(vault.error().code) == errc_name(Errc::kVaultDamaged));
    CHECK(std::filesystem::exists(database(office)));
}
