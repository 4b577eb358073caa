// Goal: the salts of a device's events follow from seeds that a batch carries, and once events are
// sealed nothing here gives their salts back.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "agent/vault/event_log.h"
#include "agent/vault/retention.h"
#include "agent/vault/salt_seeds.h"
#include "tests/agent/raw_pages.h"
#include "tests/agent/raw_vault.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

constexpr std::uint64_t kEnd = UINT64_MAX >> 1U;

std::map<std::uint64_t, sync::Salt> salts_of(Database& db) {
    std::map<std::uint64_t, sync::Salt> salts;
    must(for_events(db, 1, kEnd, [&](const sync::Event& event) -> Status {
        if (event.salt) salts[event.seq] = *event.salt;
        return {};
    }));
    return salts;
}

/// The events whose salt none of the seeds gives.
std::size_t underived(const std::vector<sync::SaltSeed>& seeds,
                      const std::map<std::uint64_t, sync::Salt>& salts) {
    std::size_t count = 0;
    for (const auto& [seq, salt] : salts) {
        const auto after = std::ranges::find_if(
            seeds, [seq = seq](const sync::SaltSeed& seed) { return seed.first_seq > seq; });
        if (after == seeds.begin() || sync::derive_salt(*(after - 1), seq) != salt) ++count;
    }
    return count;
}

/// How many places among the pages hold 32 bytes that give this event its salt.
std::size_t places_that_give(const std::string& pages, std::uint64_t seq, const sync::Salt& salt) {
    std::size_t count = 0;
    sync::SaltSeed seed;
    for (std::size_t at = 0; at + seed.seed.size() <= pages.size(); ++at) {
        std::copy_n(pages.begin() + static_cast<std::ptrdiff_t>(at), seed.seed.size(),
                    seed.seed.begin());
        if (sync::derive_salt(seed, seq) == salt) ++count;
    }
    return count;
}

void deliver(Office& office, Vault& vault) {
    REQUIRE(vault.seal_pending().ok());
    office.answer(vault, true, true);
    REQUIRE(vault.reconcile().ok());
}

}  // namespace

TEST_CASE("every salt follows from the seed in use, and sealing begins another seed") {
    Office office;
    auto vault = office.create();
    Database& db = session_of(*vault).db;
    make_record(*vault, "نور");
    const auto first = seeds_of(db, 1, kEnd).value();
    REQUIRE(first.size() == 1);
    CHECK(first[0].first_seq == 1);
    CHECK(underived(first, salts_of(db)) == 0);

    const std::uint64_t head = session_of(*vault).log.head().seq;
    deliver(office, *vault);
    const auto second = seeds_of(db, 1, kEnd).value();
    REQUIRE(second.size() == 1);
    CHECK(second[0].first_seq > head);
    CHECK(second[0].seed != first[0].seed);
    CHECK(underived({first[0], second[0]}, salts_of(db)) == 0);
    make_record(*vault, "second");
    CHECK(seeds_of(db, 1, kEnd).value() == second);
}

TEST_CASE("a seed outlives a batch that ends among its events, and a batch has all it needs") {
    Office office;
    auto vault = office.create();
    Session& session = session_of(*vault);
    make_record(*vault, "نور");
    const std::uint64_t head = session.log.head().seq;
    const auto first = seeds_of(session.db, 1, kEnd).value();
    must(retire_seeds(session.db, 4, head + 1, office.random));
    const auto both = seeds_of(session.db, 1, kEnd).value();
    REQUIRE(both.size() == 2);
    CHECK(both[0] == first[0]);
    CHECK(both[1].first_seq == head + 1);
    CHECK(seeds_of(session.db, 5, head).value() == first);
    CHECK(seeds_of(session.db, head, head + 1).value() == both);
    CHECK(seeds_of(session.db, head + 1, head + 9).value().size() == 1);
    must(retire_seeds(session.db, head, head + 1, office.random));
    const auto left = seeds_of(session.db, 1, kEnd).value();
    REQUIRE(left.size() == 1);
    CHECK(left[0] == both[1]);
}

TEST_CASE("what is rolled back leaves no seed behind") {
    Office office;
    auto vault = office.create();
    Session& session = session_of(*vault);
    must(session.db.exec("DELETE FROM salt_seeds"));
    {
        Write write = Write::begin(session).value();
        must(write.append(sync::EventType::kListViewed, as_bytes("AWDALIST")));
    }
    CHECK(seeds_of(session.db, 1, kEnd).value().empty());
}

TEST_CASE("after an erasure no page holds a seed that gives an erased salt") {
    Office office;
    auto vault = office.create();
    const InstanceId record = make_record(*vault, "نور");
    const std::uint64_t seq = vault->show(record)->seq;
    const sync::Salt salt = *event_at(session_of(*vault).db, seq)->salt;
    must(vault->lock());
    // Without this the rest would prove nothing: the pages do give it as long as it is not sealed.
    CHECK(places_that_give(raw_pages(office.vault_folder()), seq, salt) == 1);
    vault = office.unlock();
    deliver(office, *vault);
    office.clock.advance(400LL * 24 * 3600 * 1000);
    make_record(*vault, "later");
    deliver(office, *vault);
    REQUIRE(run_retention(session_of(*vault)).value() == 1);
    const Path wal = office.vault_folder() / "vault.db-wal";
    CHECK((!file_exists(wal) || awda::file_size(wal).value() == 0));
    must(vault->lock());
    const std::string pages = raw_pages(office.vault_folder());
    CHECK(places_that_give(pages, seq, salt) == 0);
    CHECK(pages.find(std::string(salt.begin(), salt.end())) == std::string::npos);
}

TEST_CASE("an erasure takes a seed with it that was kept too long") {
    Office office;
    auto vault = office.create();
    Session& session = session_of(*vault);
    make_record(*vault, "نور");
    const auto first = seeds_of(session.db, 1, kEnd).value();
    deliver(office, *vault);
    office.clock.advance(400LL * 24 * 3600 * 1000);
    make_record(*vault, "later");
    deliver(office, *vault);
    Statement insert =
        session.db.prepare("INSERT INTO salt_seeds(first_seq, seed) VALUES(?, ?)").value();
    insert.bind_all(first[0].first_seq, first[0].seed);
    must(insert.run());
    REQUIRE(run_retention(session).value() == 1);
    for (const sync::SaltSeed& seed : seeds_of(session.db, 1, kEnd).value()) {
        CHECK(seed.seed != first[0].seed);
    }
}
