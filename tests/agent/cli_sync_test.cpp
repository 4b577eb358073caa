// The command line's delivery and forms commands.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/agent/cli_fixture.h"
#include "tests/fakes/skip.h"

using namespace awda;
using namespace awda::agent::test;

TEST_CASE("sync delivers what waits exactly once, over a link that is cut") {
    CliWorld world;
    world.enrol();
    const std::string id = world.record_one("زينب");
    world.central.set({.cuts = 3, .server_ms = world.office.clock.now()});
    const auto report = world.json({"sync", "--once", "--connect", "127.0.0.1:7"});
    CHECK(world.dialled == "127.0.0.1:7");
    CHECK(report.at("records") == 1);
    CHECK(report.at("batches") == 1);
    CHECK(report.at("cuts") == 3);
    CHECK(report.at("receipts_verified") == 2);
    CHECK(report.at("bytes_wire").get<int>() > 0);
    CHECK_FALSE(report.contains("error"));
    const auto arrived = world.central.records();
    REQUIRE(arrived.size() == 1);
    CHECK(to_text(arrived[0].instance) == id);
    CHECK(world.json({"intake", "list"}).at("records")[0].at("state") == "delivered");
    CHECK(world.json({"sync", "--once"}).at("batches") == 0);
    CHECK(world.central.records().size() == 1);
}

TEST_CASE("a delivery that takes long says how far it is and how long it will take") {
    CliWorld world;
    world.enrol();
    world.record_one();
    world.rest_takes_ms = 12'000;
    world.central.set({.cuts = 1, .server_ms = world.office.clock.now()});
    CHECK(world.run({"--lang", "en", "sync", "--once"}) == 0);
    CHECK(world.err.find("about 1 min left") != std::string::npos);
    world.record_one();
    CHECK(world.run({"--lang", "en", "sync", "--once"}) == 0);
    CHECK(world.err.find("min left") == std::string::npos);
}

TEST_CASE("an unreachable and an unknown server are told, and the records wait") {
    CliWorld world;
    world.enrol();
    world.record_one();
    world.central.set({.down = true});
    CHECK(world.error_code({"sync", "--once"}) == "no_network");
    CHECK(world.run({"--lang", "ar", "sync", "--once"}) == 1);
    CHECK(world.err.find("لا يمكن الوصول إلى الخادم") != std::string::npos);
    CHECK(world.err.find("no_network") != std::string::npos);
    world.central.set({.stranger = true});
    CHECK(world.error_code({"sync", "--once"}) == "unknown_server");
    const auto status = world.json({"status"});
    CHECK(status.at("waiting_records") == 1);
    CHECK(status.at("waiting_bytes").get<int>() > 0);
    CHECK(status.at("last_sync_age_seconds").is_null());
}

TEST_CASE("without a passphrase what was sealed is sent all the same, and status is told") {
    CliWorld world;
    world.enrol();
    world.record_one();
    world.central.set({.down = true});
    CHECK(world.error_code({"sync", "--once"}) == "no_network");
    world.typed.reset();
    const auto locked = world.json({"status"});
    CHECK(locked.at("locked") == true);
    CHECK(locked.at("waiting_batches") == 1);
    CHECK(locked.at("waiting_bytes").get<int>() > 0);
    world.central.set({.server_ms = world.office.clock.now()});
    const auto report = world.json({"sync", "--once"});
    CHECK(report.at("locked") == true);
    CHECK(report.at("batches") == 1);
    CHECK(world.json({"status"}).at("waiting_bytes") == 0);
    world.typed = {std::string(kPassphrase)};
    CHECK(world.json({"status"}).at("delivered_records") == 1);
}

TEST_CASE("a clock years off warns and stops neither recording nor delivery") {
    CliWorld world;
    world.enrol();
    world.record_one("a");
    const UnixMs genuine = world.office.clock.now();
    CHECK(world.run({"sync", "--once"}) == 0);
    world.office.clock.set_wall(genuine - 6LL * 365 * 24 * 3600 * 1000);
    const std::string before = world.record_one("b");
    CHECK(world.err.find("clock") != std::string::npos);
    CHECK(world.run({"sync", "--once"}) == 0);
    world.office.clock.set_wall(genuine + 7LL * 365 * 24 * 3600 * 1000);
    world.record_one("c");
    CHECK(world.err.find("clock") != std::string::npos);
    CHECK(world.run({"sync", "--once"}) == 0);
    CHECK(world.central.records().size() == 3);
    CHECK(world.json({"log", "verify"}).at("ok") == true);
}

TEST_CASE("status tells the age of the last delivery") {
    CliWorld world;
    world.enrol();
    world.record_one();
    REQUIRE(world.run({"sync", "--once"}) == 0);
    world.office.clock.advance(3 * 3600 * 1000);
    const auto status = world.json({"status"});
    CHECK(status.at("last_sync_age_seconds").get<int>() >= 3 * 3600);
    CHECK(status.at("last_sync_age_seconds").get<int>() <= 3 * 3600 + 60);
    CHECK(world.run({"--lang", "en", "status"}) == 0);
    CHECK(world.out.find("3 h ago") != std::string::npos);
}

TEST_CASE("a voucher that is not the one of enrolment stops delivery") {
    CliWorld world;
    world.enrol();
    REQUIRE(atomic_write(world.office.vault_folder() / "voucher",
                         world.office.hq.voucher(world.office.clock.now(), world.office.random))
                .ok());
    CHECK(world.error_code({"sync", "--once"}) == "altered");
}

TEST_CASE("form check names sheet, row, column and cause, in the chosen language") {
    CliWorld world;
    const Path file = world.office.folder / "bad.md";
    write_text(file,
               "| survey |\n| | type | name | label | relevant |\n"
               "| | text | a | A | |\n| | text | b | B | ${missing} = 1 |\n"
               "| settings |\n| | form_id |\n| | bad |\n");
    const auto report = world.json({"form", "check", file.string()}, 1);
    CHECK(report.at("error").at("code") == "form_invalid");
    const auto& first = report.at("error").at("details").at("diagnostics")[0];
    CHECK(first.at("sheet") == "survey");
    CHECK(first.at("row") == 3);
    CHECK(first.at("column") == "relevant");
    CHECK(first.at("message").get<std::string>().find("missing") != std::string::npos);
    CHECK(world.run({"--lang", "ar", "form", "check", file.string()}) == 1);
    CHECK(world.err.find("relevant") != std::string::npos);
    CHECK(world.err.find("survey") != std::string::npos);
}

TEST_CASE("a form is checked, converted, listed and shown without a vault") {
    CliWorld world;
    world.typed.reset();
    const std::string file = (world.forms() / "mini" / "mini.xlsx").string();
    CHECK(world.json({"form", "check", file}).at("questions") == 5);
    const Path output = world.office.folder / "mini.xml";
    CHECK(world.run({"form", "convert", file, "-o", output.string()}) == 0);
    const Bytes xml = read_file(output).value();
    CHECK(as_text(xml).find("<h:html") != std::string_view::npos);
    const auto list = world.json({"form", "list"}).at("forms");
    REQUIRE(list.size() == 1);
    CHECK(list[0].at("form") == "mini");
    CHECK(world.run({"--lang", "ar", "form", "show", "mini"}) == 0);
    CHECK(world.out.find("العمر") != std::string::npos);
    CHECK(world.error_code({"form", "show", "nothing"}) == "unknown_form");
    CHECK(world.error_code({"form", "check", "/nonexistent.xlsx"}) == "not_found");
}

TEST_CASE("every answers file in tests/data becomes a record of the form that ships") {
    const Path source(AWDA_SOURCE_DIR);
    CliWorld world;
    world.forms_root = source / "forms/library";
    world.enrol();
    const auto made = world.json({"intake", "new", "--form", "returnee-intake", "--answers",
                                  (source / "tests/data/intakes").string()});
    CHECK(made.at("records").size() == 25);
    CHECK_FALSE(made.contains("refused"));
    REQUIRE(world.run({"sync", "--once"}) == 0);
    CHECK(world.central.records().size() == 25);
}
