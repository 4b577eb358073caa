// The command line with cases: the list, one case, moves, members, splits, merges, decisions; as an
// officer types them and as a script reads them.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/vault/case_exchange.h"
#include "agent/vault/session.h"
#include "sync/cases/case_id.h"
#include "tests/agent/cli_fixture.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;
using nlohmann::json;

namespace {

/// The number that people say, of the case that a record began.
std::string reference_of(const std::string& record) {
    return sync::case_reference(sync::case_of_record(InstanceId{parse_uuid(record).value()}));
}

std::string member_named(const json& shown, std::string_view label) {
    for (const json& member : shown.at("members")) {
        if (member.at("label") == label) return member.at("member").get<std::string>();
    }
    FAIL("nobody of this name");
    return {};
}

const json& member_by_id(const json& shown, const std::string& id) {
    const auto found =
        std::ranges::find_if(shown.at("members"), [&](const json& m) { return m["member"] == id; });
    REQUIRE(found != shown.at("members").end());
    return *found;
}

void correct_age(CliWorld& world, const std::string& record, const std::string& age) {
    const std::string file =
        world.answers_file("age.json", R"({"answers":{"age":")" + age + R"("}})");
    world.json({"intake", "amend", record, "--answers", file, "--reason", "misheard the age"});
}

/// This office says 43, another one that got the case meanwhile 42.
void dispute_age(CliWorld& world, const std::string& record, std::uint64_t seed = 77) {
    Office other(seed);
    auto theirs = other.create();
    const InstanceId root{parse_uuid(record).value()};
    const sync::CaseId id = sync::case_of_record(root);
    const auto carry = [&](Vault& from, Vault& to) {
        const auto events = case_events_of(*from.session().value(), id).value();
        const Imported done = import_case_events(*to.session().value(), events).value();
        CHECK(done.refused == 0);
        CHECK(done.entered > 0);
    };
    carry(*world.office.unlock(), *theirs);
    const InstanceId draft = theirs->amend(root, "heard otherwise").value();
    std::vector<sync::Field> fields = theirs->load_draft(draft).value().fields;
    for (sync::Field& field : fields) {
        if (field.path == "age") field.value = "42";
    }
    must(theirs->finalise(draft, fields));
    correct_age(world, record, "43");
    carry(*theirs, *world.office.unlock());
}

}  // namespace

TEST_CASE("cases are listed, and one is shown by its number in any digits or by a record's id") {
    CliWorld world;
    world.enrol();
    CHECK(world.json({"case", "list"}).at("cases").empty());
    REQUIRE(world.run({"case", "list", "--lang", "en"}) == 0);
    CHECK(world.out == "No cases.\n");
    const std::string record = world.record_one("زينب");
    const std::string reference = reference_of(record);
    const json list = world.json({"case", "list"}).at("cases");
    REQUIRE(list.size() == 1);
    CHECK(list[0].at("reference") == reference);
    CHECK(list[0].at("title") == "زينب");
    CHECK(list[0].at("state") == "open");
    CHECK(list[0].at("ours") == true);
    std::string eastern;
    for (const char digit : reference) {
        eastern += "\xd9";
        eastern += static_cast<char>('\xa0' + (digit - '0'));
    }
    for (const std::string& typed : {reference, sync::spaced_reference(reference), eastern, record,
                                     list[0].at("case").get<std::string>()}) {
        const json shown = world.json({"case", "show", typed});
        CHECK(shown.at("reference") == reference);
        CHECK(shown.at("members").size() == 3);
        CHECK(shown.at("records").size() == 1);
        CHECK(shown.at("history").size() == 1);
    }
    REQUIRE(world.run({"case", "show", reference, "--lang", "ar"}) == 0);
    CHECK(world.out.find("زينب") != std::string::npos);
    CHECK(world.out.find("الأشخاص") != std::string::npos);
    CHECK(world.out.find("السيرة") != std::string::npos);
}

TEST_CASE("a number with a wrong digit is told from one that is not here") {
    CliWorld world;
    world.enrol();
    std::string reference = reference_of(world.record_one());
    reference[3] = reference[3] == '9' ? '8' : '9';
    CHECK(world.error_code({"case", "show", reference}) == "malformed");
    CHECK(world.error_code({"case", "show", "01939e5a-8c7b-7d32-9f00-1b2c3d4e5f60"}) ==
          "not_found");
    CHECK(world.error_code({"case", "move", reference, "fly"}, 2) == "usage");
    CHECK(world.error_code({"case", "member", reference, "nobody", "--head", "yes"}, 2) == "usage");
}

TEST_CASE("a case is moved as the table has it, and says where it is") {
    CliWorld world;
    world.enrol();
    const std::string reference = reference_of(world.record_one());
    CHECK(world.json({"case", "move", reference, "submit"}).at("state") == "in_review");
    CHECK(world.error_code({"case", "move", reference, "submit"}) == "case_state");
    CHECK(world.error_code({"case", "move", reference, "close"}, 2) == "usage");
    CHECK(world.error_code({"case", "move", reference, "accept"}) == "case_elsewhere");
    CHECK(world.error_code({"case", "move", reference, "offer", "--to", "Erbil"}, 2) == "usage");
    REQUIRE(world.run({"case", "move", reference, "close", "--reason", "reintegrated", "--lang",
                       "en"}) == 0);
    CHECK(world.out == "Case " + sync::spaced_reference(reference) + " is now: closed.\n");
    CHECK(world.json({"case", "list", "--state", "closed"}).at("cases").size() == 1);
    CHECK(world.json({"case", "list", "--state", "open"}).at("cases").empty());
    const json history = world.json({"case", "show", reference}).at("history");
    REQUIRE(history.size() == 3);
    CHECK(history[1].at("detail") == "submit");
    CHECK(history[2].at("reason") == "reintegrated");
    CHECK(history[2].at("officer") == std::string(kOfficer));
    CHECK(world.json({"log", "verify"}).at("ok") == true);
}

TEST_CASE("a member is at the head, detained, gone; what is left out stays as it was") {
    CliWorld world;
    world.enrol();
    const std::string reference = reference_of(world.record_one());
    const json before = world.json({"case", "show", reference});
    const std::string son = member_named(before, "علي");
    const std::string id = member_named(before, "ڕێژین");
    world.json({"case", "member", reference, id, "--head", "yes", "--relation", "mother"});
    world.json({"case", "member", reference, id, "--presence", "detained", "--reason", "airport"});
    world.json({"case", "member", reference, son, "--left", "yes"});
    const json shown = world.json({"case", "show", reference});
    CHECK(member_by_id(shown, id).at("head") == true);
    CHECK(member_by_id(shown, id).at("relation") == "mother");
    CHECK(member_by_id(shown, id).at("presence") == "detained");
    CHECK(member_by_id(shown, id).at("left") == false);
    CHECK(member_by_id(shown, son).at("left") == true);
    CHECK_FALSE(member_by_id(shown, son).contains("presence"));
    CHECK(world.error_code({"case", "member", reference, id}, 2) == "usage");
    REQUIRE(world.run({"case", "show", reference, "--lang", "en"}) == 0);
    CHECK(world.out.find("head of the family") != std::string::npos);
    CHECK(world.out.find("airport") != std::string::npos);
}

TEST_CASE("people go on in a case of their own, two cases become one, and a visit joins a case") {
    CliWorld world;
    world.enrol();
    const std::string first = reference_of(world.record_one("زينب"));
    const std::string other_record = world.record_one("نور");
    const std::string second = reference_of(other_record);
    const std::string daughter = member_named(world.json({"case", "show", first}), "ڕێژین");
    CHECK(world.error_code({"case", "split", first, "--reason", "married"}, 2) == "usage");
    const json fresh =
        world.json({"case", "split", first, "--member", daughter, "--reason", "married"});
    CHECK(fresh.at("reference") != first);
    CHECK(world.json({"case", "show", fresh.at("case").get<std::string>()}).at("members").size() ==
          1);
    CHECK(world.json({"case", "show", first}).at("members").size() == 2);

    CHECK(world.error_code({"case", "merge", first, first, "--reason", "x"}, 2) == "usage");
    world.json({"case", "merge", first, second, "--reason", "the same family"});
    CHECK(world.json({"case", "show", first}).at("members").size() == 5);
    CHECK(world.json({"case", "show", second}).at("state") == "merged");
    CHECK(world.json({"case", "unmerge", second, "--reason", "cousins"}).at("state") == "open");
    CHECK(world.json({"case", "show", first}).at("members").size() == 2);

    const std::string visit = world.record_one("زيارة");
    world.json({"case", "join", visit, first, "--reason", "six months later"});
    CHECK(world.error_code({"case", "join", visit, first}, 2) == "usage");
    CHECK(world.json({"case", "show", first}).at("records").size() == 2);
    CHECK(world.json({"case", "show", visit}).at("reference") == first);
    CHECK(world.json({"log", "verify"}).at("ok") == true);
    CHECK(world.json({"vault", "rebuild", "--check"}).at("differences").empty());
}

TEST_CASE(
    "what two offices say differently is shown with both values, decided once, with a reason") {
    CliWorld world;
    world.enrol();
    const std::string record = world.record_one();
    const std::string reference = reference_of(record);
    CHECK(world.json({"case", "list", "--disputed"}).at("cases").empty());
    dispute_age(world, record);
    REQUIRE(world.json({"case", "list", "--disputed"}).at("cases").size() == 1);
    const json shown = world.json({"case", "show", reference});
    const json& disputes = shown.at("records").at(0).at("disputes");
    REQUIRE(disputes.size() == 1);
    CHECK(disputes[0].at("path") == "age");
    CHECK(disputes[0].at("kind") == "value");
    std::size_t ours = 0;
    for (std::size_t i = 0; i < disputes[0].at("sides").size(); ++i) {
        if (disputes[0].at("sides").at(i).at("value") == "43") ours = i + 1;
    }
    REQUIRE(ours > 0);
    REQUIRE(world.run({"case", "show", reference, "--lang", "en"}) == 0);
    CHECK(world.out.find("To be decided") != std::string::npos);
    CHECK(world.out.find("another office") != std::string::npos);
    const std::string take = "age=" + std::to_string(ours);
    CHECK(world.error_code({"case", "decide", reference, "--take", "age=9", "--reason", "x"}) ==
          "not_found");
    CHECK(world.error_code({"case", "decide", reference, "--take", "age", "--reason", "x"}, 2) ==
          "usage");
    CHECK(world.error_code({"case", "decide", reference, "--take", take}, 2) == "usage");
    const json done =
        world.json({"case", "decide", reference, "--take", take, "--reason", "seen the passport"});
    CHECK(done.at("decided") == 1);
    CHECK(done.at("left") == 0);
    CHECK(world.json({"case", "list", "--disputed"}).at("cases").empty());
    const json after = world.json({"case", "show", reference});
    const json& answers = after.at("records").at(0).at("answers");
    CHECK(std::ranges::any_of(
        answers, [](const json& a) { return a.at("path") == "age" && a.at("value") == "43"; }));
    CHECK(world.json({"log", "verify"}).at("ok") == true);
}

TEST_CASE("of two records that dispute the same question, it is said which is meant") {
    CliWorld world;
    world.enrol();
    const std::string first = world.record_one("زينب");
    const std::string second = world.record_one("نور");
    dispute_age(world, first, 77);
    dispute_age(world, second, 78);
    world.json({"case", "merge", first, second, "--reason", "sisters in one file"});
    CHECK(world.error_code({"case", "decide", first, "--take", "age=1", "--reason", "x"}, 2) ==
          "usage");
    CHECK(
        world
            .json({"case", "decide", first, "--record", second, "--take", "age=1", "--reason", "x"})
            .at("left") == 1);
    CHECK(world.json({"case", "decide", first, "--take", "age=1", "--reason", "x"}).at("left") ==
          0);
}

TEST_CASE("who may not decide is told so, and nothing is changed") {
    CliWorld world;
    world.enrol();
    const std::string record = world.record_one();
    const std::string reference = reference_of(record);
    world.typed = {std::string(kPassphrase), "velvet harbour nine cloud stone",
                   "velvet harbour nine cloud stone"};
    world.json({"officer", "add", "Karim Aziz", "--role", "officer"});
    world.variables["AWDA_OFFICER"] = "Karim Aziz";
    world.typed = {"velvet harbour nine cloud stone"};
    CHECK(world.json({"case", "show", reference}).at("state") == "open");
    CHECK(world.error_code({"case", "move", reference, "close", "--reason", "x"}) == "not_allowed");
    CHECK(world.error_code({"case", "split", reference, "--record", record, "--reason", "x"}) ==
          "not_allowed");
    CHECK(world.json({"case", "move", reference, "submit"}).at("state") == "in_review");
}
