// The command line where a draft's form has another version now: show, migrate, amend.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/agent/cli_fixture.h"

using namespace awda;
using namespace awda::agent::test;

namespace {

/// Version 4 of the mini form: "age" is called "years" and nobody asks for papers.
std::string newer_form() {
    std::string form(kMiniForm);
    const auto replace_all = [&form](std::string_view from, std::string_view to) {
        for (std::size_t at = form.find(from); at != std::string::npos;
             at = form.find(from, at + to.size())) {
            form.replace(at, from.size(), to);
        }
    };
    replace_all("version=\"3\"", "version=\"4\"");
    replace_all("<age/>", "<years/>");
    replace_all("/data/age", "/data/years");
    return form;
}

void bring_newer(const CliWorld& world) {
    write_text(world.office.folder / "forms" / "mini" / "mini.xlsx", newer_form());
}

}  // namespace

TEST_CASE("a draft whose form is newer here is shown in its own version with what would change") {
    CliWorld world;
    world.enrol();
    const std::string id = world.draft_one();
    bring_newer(world);
    const auto shown = world.json({"intake", "show", id});
    CHECK(shown.at("answers").at("age") == "41");
    const auto& change = shown.at("form_change");
    CHECK(change.at("from") == "3");
    CHECK(change.at("to") == "4");
    CHECK(change.at("counts").at("orphaned") == 1);
    CHECK(world.run({"--lang", "ar", "intake", "show", id}) == 0);
    CHECK(world.out.find("awda intake migrate " + id) != std::string::npos);
    CHECK(world.out.find("نسخة أحدث") != std::string::npos);
}

TEST_CASE(
    "intake migrate reports without changing, then moves the draft and keeps what has no place") {
    CliWorld world;
    world.enrol();
    const std::string id = world.draft_one();
    CHECK(world.json({"intake", "migrate", id}).at("migrated") == false);
    bring_newer(world);
    const auto dry = world.json({"intake", "migrate", id, "--dry-run"});
    CHECK(dry.at("migrated") == false);
    CHECK(dry.at("change").at("counts").at("orphaned") == 1);
    CHECK_FALSE(world.json({"intake", "show", id}).at("form_change").is_null());

    const auto moved = world.json({"intake", "migrate", id});
    CHECK(moved.at("migrated") == true);
    const auto shown = world.json({"intake", "show", id});
    CHECK(shown.at("form_change").is_null());
    CHECK(shown.at("answers").at("given_name") == "زينب");
    CHECK(shown.at("answers").at("family[2]/name") == "ڕێژین");
    REQUIRE(shown.at("kept_aside").size() == 1);
    CHECK(shown.at("kept_aside")[0].at("question") == "age");
    CHECK(shown.at("kept_aside")[0].at("value") == "41");
    CHECK(shown.at("kept_aside")[0].at("version") == "3");
    CHECK(world.run({"log", "verify"}) == 0);
}

TEST_CASE("a record of an older version is corrected in the newer one when that is accepted") {
    CliWorld world;
    world.enrol();
    const std::string id = world.record_one();
    bring_newer(world);
    CHECK(world.json({"intake", "show", id}).at("answers").at("age") == "41");
    const std::string answers = world.answers_file("fix.json", R"({"answers":{"years":"42"}})");
    CHECK(world.error_code({"intake", "amend", id, "--answers", answers, "--reason", "age"}) ==
          "form_newer");
    const auto fixed =
        world.json({"intake", "amend", id, "--answers", answers, "--reason", "age", "--migrate"});
    const auto shown = world.json({"intake", "show", fixed.at("instance").get<std::string>()});
    CHECK(shown.at("answers").at("years") == "42");
    REQUIRE(shown.at("kept_aside").size() == 1);
    CHECK(shown.at("kept_aside")[0].at("value") == "41");
}
