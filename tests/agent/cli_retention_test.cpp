// The command line about retention: what is shown, erased and set, for people and for scripts.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "agent/vault/lease.h"
#include "tests/agent/cli_fixture.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

void deliver(CliWorld& world) {
    auto vault = world.office.unlock();
    REQUIRE(vault->seal_pending().ok());
    world.office.answer(*vault, true, true);
    REQUIRE(vault->reconcile().ok());
}

}  // namespace

TEST_CASE("retention is shown, tried and run, and the record says where its content is") {
    CliWorld world;
    world.enrol();
    auto shown = world.json({"retention", "show"});
    CHECK(shown.at("days").at("working") == 400);
    CHECK_FALSE(shown.contains("proven"));
    REQUIRE(world.run({"retention", "show", "--lang", "en"}) == 0);
    CHECK(world.out.find("first receipt") != std::string::npos);
    const std::string record = world.record_one("زينب");
    deliver(world);
    CHECK(world.json({"retention", "run"}).at("erased") == 0);
    world.office.clock.advance(400 * kDayMs);
    world.record_one("نور");
    deliver(world);
    CHECK(world.json({"retention", "run", "--dry-run"}).at("due").at("working") == 1);
    CHECK(world.json({"intake", "show", record}).at("instance") == record);
    REQUIRE(world.run({"retention", "run", "--lang", "en"}) == 0);
    CHECK(world.out == "Erased: 1 records. Headquarters has them.\n");
    CHECK(world.error_code({"intake", "show", record}) == "erased");
    CHECK(world.json({"retention", "show"}).at("erased").at("working") == 1);
    REQUIRE(world.run({"intake", "list", "--lang", "ar"}) == 0);
    CHECK(world.out.find("لدى المقر فقط") != std::string::npos);
    CHECK(world.json({"search", "--state", "erased", record.substr(0, 8)}).at("records").size() ==
          1);
    CHECK(world.json({"log", "verify"}).at("ok") == true);
}

TEST_CASE("periods are set one by one, within bounds") {
    CliWorld world;
    world.enrol();
    const auto set = world.json({"retention", "set", "--settled", "14"});
    CHECK(set.at("days").at("settled") == 14);
    CHECK(set.at("days").at("working") == 400);
    CHECK(world.error_code({"retention", "set"}, 2) == "usage");
    CHECK(world.error_code({"retention", "set", "--working", "3"}, 2) == "usage");
}
