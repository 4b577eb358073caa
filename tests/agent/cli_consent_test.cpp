// consent give, withdraw, show; intake export.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/agent/cli_fixture.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

struct ConsentWorld : CliWorld {
    ConsentWorld() {
        enrol();
        record = record_one("زينب");
        other = record_one("سلمى");
    }
    [[nodiscard]] std::vector<std::string> say(const std::string& verb) const {
        return {"consent", verb, record, "--agency", "labour", "--purpose", "referral"};
    }
    [[nodiscard]] std::vector<std::string> give() const {
        auto args = say("give");
        for (const char* more : {"--how", "read-aloud", "--language", "ckb", "--witness", "سارة"})
            args.emplace_back(more);
        return args;
    }
    [[nodiscard]] std::vector<std::string> withdraw() const {
        auto args = say("withdraw");
        for (const char* more : {"--how", "written", "--reason", "خوف"}) args.emplace_back(more);
        return args;
    }
    [[nodiscard]] std::vector<std::string> export_to(const std::string& name,
                                                     const std::string& agency = "labour",
                                                     const std::string& purpose = "referral") {
        target = office.folder / name;
        return {"intake", "export", "--agency", agency,  "--purpose",
                purpose,  "--form", form,       "--out", target.string()};
    }
    [[nodiscard]] std::string text() const {
        return std::string(as_text(read_file(target).value()));
    }

    std::string form = "mini";
    std::string record;
    std::string other;
    Path target;
};

}  // namespace

TEST_CASE("a consent opens one record to one agency for one purpose, until it is withdrawn") {
    ConsentWorld world;
    CHECK(world.error_code(world.export_to("a.csv")) == "consent_refused");
    CHECK_FALSE(file_exists(world.target));
    const auto given = world.json(world.give());
    CHECK(given.at("record") == world.record);
    CHECK(given.at("consent") == "given");

    const auto done = world.json(world.export_to("b.csv"));
    CHECK(done.at("records") == 1);
    CHECK(done.at("held_back") == 1);
    CHECK(done.at("reasons").at("silent") == 1);
    CHECK(done.at("hash") == to_hex(hash32(read_file(world.target).value())));
    CHECK(world.text().find(world.record) != std::string::npos);
    CHECK(world.text().find(world.other) == std::string::npos);
    CHECK(world.error_code(world.export_to("b.csv")) == "file_exists");
    CHECK(world.error_code(world.export_to("c.csv", "iom")) == "consent_refused");
    CHECK(world.error_code(world.export_to("d.csv", "labour", "own-use")) == "consent_refused");

    CHECK(world.json(world.withdraw()).at("consent") == "withdrawn");
    CHECK(world.error_code(world.export_to("e.csv")) == "consent_refused");
    const auto shown = world.json({"consent", "show", world.record});
    REQUIRE(shown.at("consents").size() == 1);
    CHECK(shown.at("consents")[0].at("consent") == "withdrawn");
    CHECK(shown.at("consents")[0].at("history").size() == 2);
    CHECK(shown.at("consents")[0].at("history")[0].at("witness") == "سارة");
    CHECK(shown.at("consents")[0].at("history")[1].at("reason") == "خوف");
    CHECK(world.json({"log", "verify"}).at("ok") == true);
}

TEST_CASE("headquarters' own use takes all of a form out, statistics need marks of names") {
    ConsentWorld world;
    auto args = world.export_to("own.jsonl", "headquarters", "own-use");
    args.insert(args.end(), {"--format", "jsonl"});
    CHECK(world.json(args).at("records") == 2);
    CHECK(world.text().find("زينب") != std::string::npos);
    // Its form does not say which answers are names.
    CHECK(world.error_code(world.export_to("figures.csv", "headquarters", "statistics")) ==
          "consent_refused");
    CHECK_FALSE(file_exists(world.target));
    world.form = "no-such-form";
    CHECK(world.error_code(world.export_to("none.csv", "headquarters", "own-use")) == "not_found");
}

TEST_CASE("consent show says it in words, in each language") {
    ConsentWorld world;
    CHECK(world.run({"consent", "show", world.record}) == 0);
    CHECK(world.out.find("Nothing was said") != std::string::npos);
    REQUIRE(world.run(world.give()) == 0);
    CHECK(world.out.find("labour may have the record") != std::string::npos);
    CHECK(world.run({"consent", "show", world.record}) == 0);
    CHECK(world.out.find("given") != std::string::npos);
    CHECK(world.run({"--lang", "ar", "consent", "show", world.record}) == 0);
    CHECK(world.out.find("أُعطيت") != std::string::npos);
    CHECK(world.run({"--lang", "ckb", "consent", "show", world.record}) == 0);
    CHECK(world.out.find("دراوە") != std::string::npos);
}

TEST_CASE("what lacks something is not understood, and nothing is written down") {
    ConsentWorld world;
    CHECK(world.run(world.say("give")) == 2);  // no --how
    auto args = world.give();
    args[6] = "own-use";
    CHECK(world.run(args) == 2);
    args = world.give();
    args[4] = "headquarters";
    CHECK(world.error_code(args, 2) == "usage");
    args = world.give();
    args.insert(args.end(), {"--until", "2020-01-01"});
    CHECK(world.error_code(args, 2) == "usage");
    args = world.give();
    args[2] = "01939e5a-8c7b-7d32-9f00-1b2c3d4e5f60";
    CHECK(world.error_code(args) == "not_found");
    CHECK(world.json({"consent", "show", world.record}).at("consents").empty());
    CHECK(world.run({"intake", "export", "--agency", "labour", "--form", "x", "--out", "y"}) == 2);
}
