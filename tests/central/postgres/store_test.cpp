// Central's database on PostgreSQL: what it has beyond the other one, and several front ends on it.
#include <doctest/doctest.h>

#include <set>
#include <thread>

#include "sync/central/server.h"
#include "tests/central/served.h"

using namespace awda;
using namespace awda::central;
using namespace awda::central::testing;
using sync::Problem;

namespace {

struct World {
    Headquarters hq;
    Branch branch{hq};
    Registry registry{hq};
    World() {
        REQUIRE(registry.ingest.enrol(branch.enrol_request()).value().problem == Problem::kNone);
    }
    [[nodiscard]] StoreDatabase& database() { return registry.store.database(); }
};

}  // namespace

TEST_CASE("tables are made once, and are missed or refused by their name") {
    Headquarters hq;
    CHECK(Store::create(hq.place()).error().code == Errc::kCentralExists);
    StorePlace place = hq.place();
    place.database = postgres()->url("nowhere");
    CHECK(Store::open(place).error().code == Errc::kCentralMissing);
    Store store = hq.store();
    REQUIRE(store.database().run("UPDATE schema_version SET version = 99").ok());
    CHECK(Store::open(hq.place()).error().code == Errc::kMalformed);
    for (const char* url : {"", "central.db", "postgresql://[", "postgresql://a:secret@/postgres",
                            "postgresql:///postgres?password=secret", "host=/tmp"}) {
        INFO(url);
        place.database = url;
        const auto opened = Store::open(place);
        CHECK_FALSE(opened.ok());
        if (*url != '\0') CHECK(opened.error().code == Errc::kUsage);
    }
    place.database = "postgresql:///postgres?host=/nowhere";
    CHECK(Store::open(place).error().code == Errc::kDatabaseGone);
}

TEST_CASE("what is kept for ever cannot be deleted") {
    World world;
    CHECK_FALSE(world.database().run("DELETE FROM events").ok());
    CHECK_FALSE(world.database().run("TRUNCATE events").ok());
    CHECK_FALSE(world.database().run("DELETE FROM recoveries").ok());
    CHECK_FALSE(world.database().run("DELETE FROM consents").ok());
    CHECK_FALSE(world.database().run("DELETE FROM audit").ok());
    CHECK_FALSE(world.database().run("UPDATE audit SET detail = ''").ok());
}

TEST_CASE("a user without the right to delete can serve, and can delete nothing") {
    Headquarters hq;
    Branch branch(hq);
    const std::string schema = hq.database.substr(hq.database.rfind("%3D") + 3);
    const std::string user = "front_" + schema;
    // As README.md has it.
    REQUIRE(postgres()->ask(
        "CREATE ROLE " + user + " LOGIN; GRANT USAGE ON SCHEMA " + schema + " TO " + user +
        "; GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA " + schema + " TO " + user));
    hq.database = postgres()->url(schema, user);
    Registry registry(hq);
    REQUIRE(registry.ingest.enrol(branch.enrol_request()).value().problem == Problem::kNone);
    CHECK(receipts_in(registry.upload(branch.device, branch.first_batch(3)).body, hq.hq).size() ==
          2);
    CHECK(records_of(registry.store).size() == 3);
    for (const char* table : {"forks", "records", "batch_files", "batches"}) {
        INFO(table);
        CHECK_FALSE(postgres()->ask("SET ROLE " + user + "; DELETE FROM " + schema + "." + table));
    }
}

TEST_CASE("one front end stores a batch, and another opens it from the database") {
    World world;
    world.branch.begin_log();
    world.branch.add_bulk(1'000'000);  // several pieces
    const auto batch = world.branch.seal();
    ServeKeys blind = load_serve_keys(world.hq.keys()).value();
    blind.registry = new_seal_key(system_random());
    Ingest first(world.registry.store, *world.registry.spool, blind, world.hq.clock);
    world.registry.put(batch.hash, batch.file);
    const auto stored = first.complete(world.branch.device, batch.hash).value();
    CHECK(receipts_in(stored.body, world.hq.hq).size() == 1);
    CHECK(world.registry.spool->parts().value().empty());
    // As if it had ended before it tried.
    REQUIRE(world.database().run("UPDATE batches SET state = 1, problem = ''").ok());
    Registry second(world.hq);
    REQUIRE(second.ingest.open_left().ok());
    CHECK(records_of(second.store).empty());  // somebody may be at it still
    world.hq.clock.advance(60'000);
    REQUIRE(second.ingest.open_left().ok());
    CHECK(records_of(second.store).size() == 1);
    const Bytes now = second.ingest.receipts(batch.hash).value().value();
    CHECK(receipts_in(now, world.hq.hq).size() == 2);
    CHECK(sync::decode_receipts(now).value()[0] == sync::decode_receipts(stored.body).value()[0]);
    REQUIRE(world.registry.ingest.open_left().ok());
    CHECK(world.registry.ingest.receipts(batch.hash).value().value() == now);
    CHECK(world.registry.store.problems().value().empty());
}

TEST_CASE("two front ends that get everything at the same time agree on all of it") {
    Headquarters hq;
    Branch branch(hq);
    {
        Registry registry(hq);
        REQUIRE(registry.ingest.enrol(branch.enrol_request()).value().problem == Problem::kNone);
    }
    branch.begin_log();
    std::vector<sync::SealedBatch> batches;
    std::vector<sync::SealedBatch> forks;
    for (int i = 0; i < 20; ++i) {
        Branch copy = branch;
        branch.finalise(branch.record({{"person/name", "سعاد"}}));
        batches.push_back(branch.seal());
        copy.finalise(copy.record({{"person/name", "another"}}));
        forks.push_back(copy.seal());
    }
    std::array<std::vector<Bytes>, 2> answers;
    std::array<int, 2> forked{};
    const auto deliver = [&](std::size_t who) {
        StorePlace place = hq.place();
        Store store = Store::open(place).value();
        const auto spool =
            Spool::open(hq.folder / ("data" + std::to_string(who)), hq.clock).value();
        const ServeKeys keys = load_serve_keys(hq.keys()).value();
        Ingest ingest(store, *spool, keys, hq.clock);
        const auto upload = [&](const sync::SealedBatch& batch) {
            auto writer = spool->begin(batch.hash, batch.file.size()).value();
            AWDA_ASSERT(writer.append(batch.file).ok() && writer.sync().ok());
            return ingest.complete(branch.device, batch.hash);
        };
        for (std::size_t i = 0; i < batches.size(); ++i) {
            answers[who].push_back(upload(batches[i]).value().body);
            forked[who] += upload(forks[i]).value().problem == Problem::kFork ? 1 : 0;
        }
    };
    std::thread other([&] { deliver(1); });
    deliver(0);
    other.join();
    Registry registry(hq);
    CHECK(registry.store.problems().value().size() == batches.size());  // the forks, once each
    CHECK(forked == std::array<int, 2>{20, 20});
    CHECK(records_of(registry.store).size() == batches.size());
    std::set<std::uint64_t> indices;
    for (std::size_t i = 0; i < batches.size(); ++i) {
        const Bytes final = registry.ingest.receipts(batches[i].hash).value().value();
        const auto receipts = receipts_in(final, hq.hq);
        REQUIRE(receipts.size() == 2);
        for (const auto& receipt : receipts) CHECK(indices.insert(receipt.server_index).second);
        // Whoever was told both receipts was told these.
        for (const auto& told : answers) {
            const auto early = sync::decode_receipts(told[i]).value();
            CHECK(early[0] == sync::decode_receipts(final).value()[0]);
            if (early.size() == 2) CHECK(told[i] == final);
        }
    }
    CHECK(*indices.rbegin() == 2 * batches.size());
}

TEST_CASE("answers can be read in SQL, in the form's order, whatever they hold") {
    World world;
    world.branch.begin_log();
    const std::string odd = "a\"b\\c\n\x1f";
    world.branch.finalise(world.branch.record({{"person/name", "سعاد"},
                                               {"note", odd},
                                               {"family[1]", ""},
                                               {"family[1]/name", "علي"},
                                               {"family[2]/visits[1]/date", "2025-03-01"},
                                               {"family[0]/wrong", "x"},
                                               {"empty", ""}}));
    REQUIRE(receipts_in(world.registry.upload(world.branch.device, world.branch.seal()).body,
                        world.hq.hq)
                .size() == 2);
    const auto rows =
        world.database()
            .query(
                "SELECT r.answers::text, v.name, v.note, f.name FROM records r, "
                "json_to_record(r.answers) AS v(\"note\" text, \"name\" text), "
                "json_to_recordset(r.answers->'family[]') AS f(\"#\" json, \"name\" text)")
            .value();
    REQUIRE(rows->step().value());
    CHECK(rows->text(0) ==
          "{\"person/name\":\"سعاد\",\"note\":\"a\\\"b\\\\c\\u000a\\u001f\","
          "\"family[0]/wrong\":\"x\",\"empty\":\"\","
          "\"family[]\":[{\"#\":[1],\"name\":\"علي\"}],"
          "\"family/visits[]\":[{\"#\":[2,1],\"date\":\"2025-03-01\"}]}");
    CHECK(rows->text(2) == odd);
    CHECK(rows->text(3) == "علي");
}

TEST_CASE("a name that no database of UTF-8 takes stops no batch") {
    World world;
    DeviceInitialised paper;
    paper.voucher = world.branch.voucher.voucher.id;
    paper.device_sign = world.branch.sign_key.pub;
    paper.device_seal = world.branch.seal_key.pub;
    paper.officer = world.branch.officer;
    paper.officer_key = world.branch.officer_key.pub;
    paper.role = "administrator";
    paper.display_name = std::string("a\0\xff", 3);
    world.branch.add(sync::EventType::kDeviceInitialised, encode_device_initialised(paper));
    CHECK(receipts_in(world.registry.upload(world.branch.device, world.branch.seal()).body,
                      world.hq.hq)
              .size() == 2);
    const auto rows = world.database().query("SELECT display_name FROM officers").value();
    REQUIRE(rows->step().value());
    CHECK(rows->text(0) == "a\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("when the database is gone requests are told to come back, and all goes on when it is") {
    const auto server = fakes::PostgresServer::start(false);
    Headquarters hq;
    REQUIRE(server->ask("CREATE SCHEMA own"));
    hq.database = server->url("own");
    REQUIRE(Store::create(hq.place()).ok());
    Branch branch(hq);
    ServerOptions options;
    options.place = hq.place();
    options.times.tend_ms = 50;
    const auto central = Server::start(options, hq.clock).value();
    const auto http = client_for(central->port(), hq.hq);
    enrol(*http, branch);
    const auto first = branch.first_batch(2);
    REQUIRE(deliver(*http, branch, first).status == 200);
    server->stop(SIGQUIT);
    branch.finalise(branch.record({{"person/name", "أ"}}));
    const auto second = branch.seal();
    CHECK(ask(*http, "GET", "/healthz").status == 503);
    for (int i = 0; i < 3; ++i) {
        const auto refused = http->send(upload_request(branch, second.hash, second.file, 0));
        REQUIRE(refused.ok());
        CHECK(refused->status == 503);
        CHECK(refused->header("retry-after") == "5");
    }
    server->run();
    int status = 0;
    for (int i = 0; i < 500 && status != 200; ++i) {
        status = ask(*http, "GET", "/healthz").status;
        ::usleep(10'000);
    }
    CHECK(status == 200);
    CHECK(deliver(*http, branch, second).status == 200);
    Store store = hq.store();
    CHECK(records_of(store).size() == 3);
}
