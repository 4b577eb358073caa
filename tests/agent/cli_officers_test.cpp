// The commands of several officers: roles, leases, the clock, a second officer's approval.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "agent/vault/lease.h"
#include "tests/agent/approval_form.h"
#include "tests/agent/cli_fixture.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

constexpr std::string_view kSara = "سارة";

/// An office with an administrator and a second officer, both with the same passphrase.
struct TwoOfficers : CliWorld {
    explicit TwoOfficers(const std::string& role) {
        write_approval_form(forms());
        enrol();
        REQUIRE(run({"officer", "add", std::string(kSara), "--role", role}) == 0);
    }
    void switch_to(std::string_view name) { variables["AWDA_OFFICER"] = std::string(name); }
    std::string until(std::size_t at) {
        return json({"officer", "list"}).at("officers").at(at).at("until").get<std::string>();
    }
};

}  // namespace

TEST_CASE("officer role and renew are an administrator's, about somebody else") {
    TwoOfficers world("officer");
    const auto changed = world.json({"officer", "role", std::string(kSara), "supervisor"});
    CHECK(changed.at("role") == "supervisor");
    CHECK(world.error_code({"officer", "role", std::string(kOfficer), "officer"}) ==
          "second_person");
    CHECK(world.error_code({"officer", "role", "nobody", "officer"}) == "not_found");
    CHECK(world.run({"officer", "role", std::string(kSara), "king"}) == 2);
    const std::string before = world.until(1);
    const auto renewed = world.json({"officer", "renew", std::string(kSara), "--days", "300"});
    CHECK(renewed.at("until").get<std::string>() > before);
    CHECK(world.error_code({"officer", "renew", std::string(kOfficer)}) == "second_person");
    CHECK(world.run({"officer", "renew", std::string(kSara), "--days", "401"}) == 2);
    CHECK(world.run({"officer", "list"}) == 0);
    CHECK(world.out.find(renewed.at("until").get<std::string>().substr(0, 10)) !=
          std::string::npos);
    world.switch_to(kSara);
    CHECK(world.error_code({"officer", "renew", std::string(kOfficer)}) == "not_allowed");
    CHECK(world.json({"log", "verify"}).at("ok") == true);
}

TEST_CASE(
    "an officer is told that the lease ends, and after its end records but lists nothing else") {
    TwoOfficers world("officer");
    world.record_one("نور");
    world.switch_to(kSara);
    world.office.clock.set_wall(world.office.clock.now() + 80 * kDayMs);
    CHECK(world.run({"intake", "list"}) == 0);
    CHECK(world.err.find("warning") == std::string::npos);
    world.office.clock.set_wall(world.office.clock.now() + 80 * kDayMs);
    CHECK(world.run({"intake", "list"}) == 0);
    CHECK(world.err.find("ends on 2026-06-30") != std::string::npos);
    world.office.clock.set_wall(world.office.clock.now() + 21 * kDayMs);
    const std::string mine = world.record_one("سلمى");
    CHECK(world.run({"intake", "list"}) == 0);
    CHECK(world.err.find("has run out") != std::string::npos);
    const auto rows = world.json({"intake", "list"}).at("records");
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].at("instance") == mine);
    CHECK(world.json({"sync", "--once"}).at("records").get<int>() == 2);
}

TEST_CASE("clock confirm wants the date said, and a supervisor to say it") {
    TwoOfficers world("supervisor");
    const UnixMs began = world.office.clock.now();
    world.office.clock.set_wall(began + 400 * kDayMs);
    CHECK(world.run({"intake", "list"}) == 0);
    CHECK(world.err.find("jumped ahead") != std::string::npos);
    CHECK(world.error_code({"officer", "renew", std::string(kSara)}) == "clock_unconfirmed");
    world.switch_to(kSara);
    CHECK(world.error_code({"clock", "confirm", "--date", "2026-01-02"}) == "clock_wrong");
    for (const char* bad : {"", "2026", "2026-13-01", "2026-02-30", "2026-1-", "2026-01-01x"}) {
        CAPTURE(bad);
        CHECK(world.error_code({"clock", "confirm", "--date", bad}, 2) == "usage");
    }
    world.office.clock.set_wall(began + kDayMs);
    CHECK(world.run({"clock", "confirm", "--date", "2026-01-02"}) == 0);
    world.switch_to(kOfficer);
    CHECK(world.run({"officer", "renew", std::string(kSara)}) == 0);
    CHECK(world.err.find("jumped ahead") == std::string::npos);
}

TEST_CASE("only a record whose marked answer was given waits for a second officer") {
    TwoOfficers world("supervisor");
    const auto record = [&world](const std::string& name, std::string_view verdict) {
        const std::string file = world.answers_file(
            name, R"({"form":"marked","language":"en","answers":{"given_name":"Nur","verdict":")" +
                      std::string(verdict) + R"("}})");
        return world.json({"intake", "new", "--form", "marked", "--answers", file})
            .at("records")
            .at(0)
            .at("instance")
            .get<std::string>();
    };
    const std::string plain = record("a.json", "");
    const std::string marked = record("b.json", "accepted");
    const auto waiting = world.json({"intake", "list", "--awaiting"}).at("records");
    REQUIRE(waiting.size() == 1);
    CHECK(waiting[0].at("instance") == marked);
    CHECK(waiting[0].at("approval") == "awaiting");
    CHECK(world.json({"intake", "show", plain}).at("approval").at("state") == "none");
    CHECK(world.error_code({"intake", "approve", marked}) == "second_person");
    CHECK(world.error_code({"intake", "approve", "x"}, 2) == "usage");
    world.switch_to(kSara);
    CHECK(world.error_code({"intake", "approve", plain}) == "not_awaiting");
    CHECK(world.run({"intake", "return", marked, "--reason", "no witness"}) == 0);
    const auto shown = world.json({"intake", "show", marked});
    CHECK(shown.at("approval").at("state") == "returned");
    CHECK(shown.at("approval").at("reason") == "no witness");
    CHECK(shown.at("approval").at("officer") == std::string(kSara));
    CHECK(world.run({"intake", "show", marked}) == 0);
    CHECK(world.out.find("no witness") != std::string::npos);
    const std::string second = record("c.json", "refused");
    world.switch_to(kOfficer);
    CHECK(world.run({"intake", "approve", second}) == 0);
    CHECK(world.json({"intake", "list", "--awaiting"}).at("records").empty());
    CHECK(world.json({"log", "verify"}).at("ok") == true);
}
