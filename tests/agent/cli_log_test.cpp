// Goal: what the log holds can be read, searched and put right from the command line, with words
// for people and one JSON document for scripts.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/agent/cli_fixture.h"
#include "tests/agent/raw_vault.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

void break_a_row(CliWorld& world, LiteralText sql) {
    must(open_raw(world.office.vault_folder()).db.exec(sql));
}

}  // namespace

TEST_CASE("log show lists who did what, newest first, by type and in pages") {
    CliWorld world;
    world.enrol();
    const std::string id = world.record_one();
    CHECK(world.run({"intake", "show", id}) == 0);
    const auto all = world.json({"log", "show", "--limit", "1000"}).at("events");
    CHECK(all.size() > 8);
    CHECK(all.front().at("type") == "unlocked");
    CHECK(all.back().at("type") == "device_initialised");
    CHECK(all.back().at("seq") == 1);

    auto viewed = world.json({"log", "show", "--type", "record_viewed"}).at("events");
    REQUIRE(viewed.size() == 1);
    CHECK(viewed[0].at("subject") == id);
    CHECK(viewed[0].at("officer").is_string());
    CHECK(world.json({"log", "show", "--type", "log_viewed"}).at("events").size() == 2);

    const auto page = world.json({"log", "show", "--limit", "3"});
    CHECK(page.at("events").size() == 3);
    const auto before = page.at("next_before").get<std::uint64_t>();
    CHECK(
        world.json({"log", "show", "--before", std::to_string(before)}).at("events")[0].at("seq") ==
        before - 1);
    CHECK(world.json({"log", "show", "--before", "2"}).at("next_before").is_null());
    CHECK(world.run({"log", "show"}) == 0);
    CHECK(world.out.find("record_finalised") != std::string::npos);
    CHECK(world.out.find("زينب") == std::string::npos);
}

TEST_CASE("log show takes an officer and days, and refuses what is neither") {
    CliWorld world;
    world.enrol();
    world.record_one();
    CHECK(world.json({"log", "show", "--by", "device"}).at("events").empty());
    CHECK_FALSE(world.json({"log", "show", "--by", std::string(kOfficer)}).at("events").empty());
    CHECK(world.error_code({"log", "show", "--by", "nobody"}) == "not_found");
    CHECK(world.json({"log", "show", "--until", "2001-01-01"}).at("events").empty());
    CHECK_FALSE(world.json({"log", "show", "--since", "2001-01-01"}).at("events").empty());
    for (const char* bad : {"yesterday", "2026-13-01", "2026-02-30", "2026-1-1", "-026-01-01"}) {
        CHECK(world.error_code({"log", "show", std::string("--since=") + bad}, 2) == "usage");
    }
    CHECK(world.error_code({"log", "show", "--type", "unknown"}, 2) == "usage");
}

TEST_CASE("search finds by name and id, tells how many, and is an entry in the log") {
    CliWorld world;
    world.enrol();
    const std::string id = world.record_one("زينب");
    world.record_one("Omar");
    auto found = world.json({"search", "omar"});
    CHECK(found.at("hits") == 1);
    CHECK(found.at("records").size() == 1);
    found = world.json({"search", id});
    CHECK(found.at("hits") == 1);
    CHECK(found.at("records")[0].at("instance") == id);
    found = world.json({"search", id.substr(0, 8), "--limit", "1", "--offset", "1"});
    CHECK(found.at("hits") == 2);
    CHECK(found.at("records").size() == 1);
    CHECK(world.json({"search", "omar", "--state", "draft"}).at("hits") == 0);
    CHECK(world.run({"search", "زينب", "--purpose", "duplicates"}) == 0);
    CHECK(world.out.find(id) != std::string::npos);
    CHECK(world.error_code({"search", "  "}, 2) == "usage");
    CHECK(world.json({"log", "show", "--type", "searched"}).at("events").size() == 5);
}

TEST_CASE("vault rebuild names what differs, mends it, and leaves a good vault alone") {
    CliWorld world;
    world.enrol();
    world.record_one();
    auto report = world.json({"vault", "rebuild"});
    CHECK(report.at("differed") == 0);
    CHECK(report.at("mended") == false);
    CHECK(world.json({"log", "show", "--type", "tables_rebuilt"}).at("events").empty());

    break_a_row(world, "UPDATE records SET title = 'x'");
    report = world.json({"vault", "rebuild", "--check"}, 1);
    CHECK(report.at("differed") == 1);
    CHECK(report.at("differences")[0].at("type") == "record_finalised");
    CHECK(report.at("differences")[0].at("difference") == "changed");
    CHECK(world.run({"vault", "rebuild", "--check"}) == 1);
    CHECK(world.out.find("record_finalised") != std::string::npos);
    CHECK(world.run({"log", "verify"}) == 1);
    report = world.json({"vault", "rebuild"});
    CHECK(report.at("mended") == true);
    CHECK(world.json({"log", "verify"}).at("ok") == true);
    CHECK(world.json({"log", "show", "--type", "tables_rebuilt"}).at("events")[0].at("number") ==
          1);
}

TEST_CASE("vault rebuild opens a vault whose tables kept it shut, and never from a broken log") {
    CliWorld world;
    world.enrol();
    world.record_one();
    break_a_row(world, "DELETE FROM officers");
    CHECK(world.run({"status"}) == 1);
    CHECK(world.run({"vault", "rebuild", "--check"}) == 1);
    CHECK(world.run({"status"}) == 1);
    CHECK(world.run({"vault", "rebuild"}) == 0);
    CHECK(world.run({"intake", "list"}) == 0);
    break_a_row(world,
                "DROP TRIGGER events_fixed; UPDATE events SET hlc = hlc + 1 WHERE seq = 3;"
                "DELETE FROM officers");
    CHECK(world.error_code({"vault", "rebuild"}) == "log_broken");
    CHECK(open_raw(world.office.vault_folder())
              .db.query_integer("SELECT count(*) FROM officers")
              .value() == 0);
}
