// The command line's records: new, list, show, amend, discard, and what it does with bad answers.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "agent/cli/answers.h"
#include "tests/agent/cli_fixture.h"

using namespace awda;
using namespace awda::agent::test;

TEST_CASE("an answers file becomes a finalised record that can be listed and shown") {
    CliWorld world;
    world.enrol();
    const std::string id = world.record_one("زينب");
    const auto list = world.json({"intake", "list"}).at("records");
    REQUIRE(list.size() == 1);
    CHECK(list[0].at("instance") == id);
    CHECK(list[0].at("state") == "waiting");
    CHECK(list[0].at("name") == "زينب");
    const auto shown = world.json({"intake", "show", id});
    CHECK(shown.at("answers").at("given_name") == "زينب");
    CHECK(shown.at("answers").at("family[2]/name") == "ڕێژین");
    CHECK(shown.at("state") == "waiting");
    CHECK(world.run({"--lang", "en", "intake", "show", id}) == 0);
    CHECK(world.out.find("Given name") != std::string::npos);
    CHECK(world.out.find("No") != std::string::npos);
}

TEST_CASE("a folder of answers is taken in by one unlock, and a bad file harms no other") {
    CliWorld world;
    world.enrol();
    world.good_file("a");
    world.good_file("b");
    world.answers_file("c.json", R"({"form":"mini","answers":{"age":"7"}})");
    world.answers_file("d.json", "{ not json");
    world.answers_file("readme.txt", "not an answers file by its name");
    const std::string folder = (world.office.folder / "answers").string();
    const auto made = world.json({"intake", "new", "--form", "mini", "--answers", folder}, 1);
    CHECK(world.prompts.size() == 1);
    CHECK(made.at("records").size() == 2);
    REQUIRE(made.at("refused").size() == 2);
    const auto& missing = made.at("refused")[0];
    CHECK(missing.at("file").get<std::string>().find("c.json") != std::string::npos);
    CHECK(missing.at("problems")[0].at("question") == "given_name");
    CHECK(missing.at("problems")[0].at("kind") == "required");
    CHECK(made.at("refused")[1].at("error").at("code") == "malformed");
    CHECK(made.at("error").at("code") == "malformed");
    CHECK(world.json({"intake", "list"}).at("records").size() == 2);
}

TEST_CASE("bad answers are named by path and reason, and leave nothing in the vault") {
    CliWorld world;
    world.enrol();
    const auto before = world.json({"log", "verify"}).at("records");
    struct Case {
        const char* answers;
        const char* path;
    };
    const Case cases[] = {
        {R"({"given_name":"x","no_such_question":"y"})", "no_such_question"},
        {R"({"given_name":"x","age":"200"})", "age"},
        {R"({"given_name":"x","age":"old"})", "age"},
        {R"({"given_name":"x","papers":"perhaps"})", "papers"},
        {R"({"given_name":"x","papers":"yes"})", "papers_kind"},
        {R"({})", "given_name"},
    };
    for (const Case& one : cases) {
        CAPTURE(one.answers);
        const std::string file = world.answers_file(
            "bad.json", std::string(R"({"form":"mini","answers":)") + one.answers + "}");
        CHECK(world.run({"intake", "new", "--form", "mini", "--answers", file}) == 1);
        CHECK(world.err.find("bad.json") != std::string::npos);
        CHECK(world.err.find(one.path) != std::string::npos);
        CHECK(world.err.find("answers_invalid") != std::string::npos);
    }
    CHECK(world.json({"intake", "list"}).at("records").empty());
    CHECK(world.json({"log", "verify"}).at("records") == before);
}

TEST_CASE("an unknown form is told before a passphrase is asked for") {
    CliWorld world;
    world.enrol();
    for (const char* form : {"nothing", "../mini", "mini/../mini", ""}) {
        CAPTURE(form);
        CHECK(world.error_code({"intake", "new", "--form", form, "--answers", world.good_file()}) ==
              "unknown_form");
        CHECK(world.prompts.empty());
    }
}

TEST_CASE("answers for another form are refused") {
    CliWorld world;
    world.enrol();
    const std::string file =
        world.answers_file("other.json", R"({"form":"other","answers":{"given_name":"x"}})");
    CHECK(world.error_code({"intake", "new", "--form", "mini", "--answers", file}) ==
          "answers_invalid");
}

TEST_CASE("with --draft unfinished answers are kept, and a draft can be discarded") {
    CliWorld world;
    world.enrol();
    const std::string file =
        world.answers_file("part.json", R"({"form":"mini","answers":{"age":"12"}})");
    const auto made = world.json({"intake", "new", "--draft", "--form", "mini", "--answers", file});
    const std::string id = made.at("records")[0].at("instance");
    CHECK(world.json({"intake", "list"}).at("records")[0].at("state") == "draft");
    CHECK(world.json({"intake", "show", id}).at("answers").at("age") == "12");
    CHECK(world.run({"intake", "discard", id}) == 0);
    CHECK(world.json({"intake", "list"}).at("records").empty());
    CHECK(world.error_code({"intake", "discard", id}) == "not_found");
}

TEST_CASE("a correction is a new revision with a reason; what is not named stays") {
    CliWorld world;
    world.enrol();
    const std::string id = world.record_one("زينب");
    const std::string file =
        world.answers_file("fix.json", R"({"form":"mini","answers":{"age":"42"}})");
    const auto amended =
        world.json({"intake", "amend", id, "--answers", file, "--reason", "misheard the age"});
    CHECK(amended.at("deprecates") == id);
    CHECK(amended.at("revision") == 2);
    const auto shown = world.json({"intake", "show", amended.at("instance").get<std::string>()});
    CHECK(shown.at("answers").at("age") == "42");
    CHECK(shown.at("answers").at("given_name") == "زينب");
    CHECK(shown.at("answers").at("family[2]/name") == "ڕێژین");
    CHECK(shown.at("reason") == "misheard the age");
    CHECK(world.error_code({"intake", "amend", id, "--answers", file, "--reason", "again"}) ==
          "already_final");
}

TEST_CASE("a correction that breaks a rule is refused and leaves no draft") {
    CliWorld world;
    world.enrol();
    const std::string id = world.record_one();
    const std::string file =
        world.answers_file("fix.json", R"({"form":"mini","answers":{"age":"420"}})");
    const auto refused =
        world.json({"intake", "amend", id, "--answers", file, "--reason", "typing"}, 1);
    CHECK(refused.at("error").at("code") == "answers_invalid");
    CHECK(refused.at("error").at("details").at("problems")[0].at("question") == "age");
    CHECK(world.json({"intake", "list"}).at("records").size() == 1);
}

TEST_CASE("ids that are none and records that are not there are told apart") {
    CliWorld world;
    world.enrol();
    CHECK(world.error_code({"intake", "show", "not-an-id"}, 2) == "usage");
    CHECK(world.error_code({"intake", "show", "018f0000-0000-7000-8000-000000000000"}) ==
          "not_found");
}

TEST_CASE("hostile answer files end in an error of bounded cost") {
    CHECK_FALSE(cli::parse_answers("").ok());
    CHECK_FALSE(cli::parse_answers("[]").ok());
    CHECK_FALSE(cli::parse_answers(R"({"answers":[]})").ok());
    CHECK_FALSE(cli::parse_answers(R"({"form":7,"answers":{}})").ok());
    CHECK_FALSE(cli::parse_answers("{\"answers\":{\"a\":\"\xFF\"}}").ok());
    const std::string deep = "{\"answers\":" + std::string(1'000'000, '[');
    CHECK(cli::parse_answers(deep).error().code == Errc::kMalformed);
    CHECK(cli::nesting_within(R"({"a":"[[[[[["})", 1));
    CHECK(cli::nesting_within(R"({"a":"\"[[["})", 1));
    CHECK_FALSE(cli::nesting_within("[[[", 2));
    const auto good = cli::parse_answers("\xEF\xBB\xBF{\"answers\":{\"a\":\"b\"}}");
    REQUIRE(good.ok());
    CHECK(good->answers == R"({"a":"b"})");
}

TEST_CASE("no answer and no name gets into an error's text") {
    CliWorld world;
    world.enrol();
    const std::string file = world.answers_file(
        "bad.json", R"({"form":"mini","answers":{"given_name":"SECRETNAME","age":"777777"}})");
    CHECK(world.run({"intake", "new", "--form", "mini", "--answers", file}) == 1);
    CHECK(world.err.find("SECRETNAME") == std::string::npos);
    CHECK(world.err.find("777777") == std::string::npos);
    CHECK(world.out.find("SECRETNAME") == std::string::npos);
}
