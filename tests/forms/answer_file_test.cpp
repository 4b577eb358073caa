// What is loaded into a session and what comes out of it: answer files, records, edits, XML.
#include <doctest/doctest.h>

#include "tests/forms/fill_forms.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

constexpr std::string_view kForm = R"(
| survey |
| | type | name | label | repeat_count | relevant |
| | begin_group | a | A | | |
| | text | first | First | | |
| | integer | same | Same | | |
| | begin_group | deep | Deep | | |
| | decimal | low | Low | | |
| | end_group | | | | |
| | end_group | | | | |
| | begin_group | b | B | | |
| | integer | same | Same | | |
| | end_group | | | | |
| | begin_repeat | row | Row | | |
| | text | cell | Cell | | |
| | end_repeat | | | | |
| | integer | n | N | | |
| | begin_repeat | counted | Counted | ${n} | |
| | text | c | C | | |
| | end_repeat | | | | |
)";

/// "path kind" of each problem.
std::string told(const std::vector<Problem>& problems) {
    std::string out;
    for (const Problem& each : problems) {
        if (!out.empty()) out += "; ";
        out += each.ref + " " + std::string(problem_kind_name(each.kind));
    }
    return out;
}

std::string loaded(Session& session, std::string_view json) {
    const auto problems = session.load_answers(json);
    REQUIRE(problems.ok());
    return told(*problems);
}

/// The form, its body written out, as authors of XForms have it.
std::string xform(std::string_view instance, std::string_view binds, std::string_view body) {
    return xform_around("<instance>" + std::string(instance) + "</instance>" + std::string(binds),
                        body);
}

}  // namespace

TEST_CASE("an answer file's values are taken whatever their JSON type") {
    Fill fill(must_load(kForm));
    Session& s = fill.session;
    CHECK(loaded(s, R"({"first":true,"low":2.5,"n":3,"a":{"same":7}})") == "");
    CHECK(s.value("a/first") == "1");
    CHECK(s.value("a/deep/low") == "2.5");
    CHECK(s.value("n") == "3");
    CHECK(s.value("a/same") == "7");
    CHECK(loaded(s, R"({"first":false,"low":null,"n":[4]})") == "");
    CHECK(s.value("a/first") == "0");
    CHECK(s.value("a/deep/low") == "");
    CHECK(s.value("n") == "4");
}

TEST_CASE("a key names a child, the only descendant of that name, or a path of them") {
    Fill fill(must_load(kForm));
    Session& s = fill.session;
    CHECK(loaded(s, R"({"a/same":1,"b/same":2,"deep/low":3})") == "");
    CHECK(s.value("a/same") == "1");
    CHECK(s.value("b/same") == "2");
    CHECK(s.value("a/deep/low") == "3");
    CHECK(loaded(s, R"({"same":1,"cell":"x","a/none":1,"none/first":1,"a/first/x":1})") ==
          "a/first/x unknown_path; a/none unknown_path; cell unknown_path; "
          "none/first unknown_path; same unknown_path");
}

TEST_CASE("what does not fit its place in the form is reported") {
    Fill fill(must_load(kForm));
    Session& s = fill.session;
    CHECK(loaded(s, R"({"a":5,"first":{"x":1},"row":7,"n":2})") ==
          "a unknown_path; first unknown_path; row not_a_repeat");
    CHECK(loaded(s, R"({"row":[{"cell":"x"},7]})") == "row[2] not_a_repeat");
    CHECK(s.value("row[1]/cell") == "x");
    CHECK(loaded(s, R"({"row":{"cell":"one"}})") == "");
    CHECK(s.value("row[1]/cell") == "one");
    CHECK_FALSE(s.exists("row[2]"));
    CHECK(loaded(s, R"({"counted":[{"c":"p"}]})") == "");
    CHECK(s.value("counted[1]/c") == "p");
    CHECK(s.exists("counted[2]"));
}

TEST_CASE("an answer file is bounded in size and in what it reports") {
    Fill fill(must_load(kForm));
    Session& s = fill.session;
    const std::string huge = "{\"first\":\"" + std::string(17U << 20U, 'x') + "\"}";
    CHECK(s.load_answers(huge).error().code == Errc::kTooLarge);
    std::string many = "{";
    for (int i = 0; i < 1500; ++i) many += "\"none" + std::to_string(i) + "\":1,";
    many += "\"n\":5}";
    const auto problems = s.load_answers(many);
    REQUIRE(problems.ok());
    CHECK(problems->size() == 1000);
    CHECK(s.value("n") == "5");
}

TEST_CASE("a restored record's odd lines are reported or skipped, the others kept") {
    Fill fill(must_load(kForm));
    Session& s = fill.session;
    const std::vector<Answer> answers{
        {"a/first", "kept"},  {"a", "no leaf"},           {"nowhere[2]", ""}, {"row[2]", ""},
        {"row[x]/cell", "y"}, {"a[1]/first[1]", "again"}, {"a/same", "\xff"}, {"n", "1"}};
    const std::string all = told(s.restore(answers));
    CHECK(all.find("a unknown_path") != std::string::npos);
    CHECK(all.find("nowhere[2] not_a_repeat") != std::string::npos);
    CHECK(s.exists("row[2]"));
    CHECK(s.value("a/same") == "");
    CHECK(s.value("n") == "1");
}

TEST_CASE("an edit's id is one word of text, given or made") {
    Fill fill(must_load(kForm), true);
    Session& s = fill.session;
    const std::string first = s.instance_id();
    for (const std::string& bad :
         {std::string("two words"), std::string(300, 'x'), std::string("\xff\xfe")}) {
        const Status begun = s.begin_edit(bad);
        REQUIRE_FALSE(begun.ok());
        CHECK(begun.error().code == Errc::kMalformed);
    }
    CHECK(s.instance_id() == first);
    CHECK(s.deprecated_id() == "");
    REQUIRE(s.begin_edit().ok());
    CHECK(s.instance_id() != first);
    CHECK(s.instance_id().starts_with("uuid:"));
    CHECK(s.deprecated_id() == first);
    REQUIRE(s.begin_edit("uuid:third").ok());
    CHECK(s.instance_id() == "uuid:third");
}

TEST_CASE("a form without a place for its record's ids keeps them all the same") {
    Fill fill(must_load("| survey |\n| | type | name | label |\n| | text | q | Q |\n"
                        "| settings |\n| | form_id | omit_instanceID |\n| | t | yes |\n"),
              true);
    Session& s = fill.session;
    CHECK_FALSE(s.exists("meta"));
    const auto problems = s.load_instance_xml(
        "<data id='t'><q>2</q><meta><instanceID>uuid:old</instanceID>"
        "<deprecatedID>uuid:older</deprecatedID><other>x</other></meta></data>");
    REQUIRE(problems.ok());
    CHECK(told(*problems) == "meta/other unknown_path");
    CHECK(s.instance_id() == "uuid:old");
    CHECK(s.deprecated_id() == "uuid:older");
    REQUIRE(s.begin_edit("uuid:new").ok());
    CHECK(s.instance_xml().ends_with(
        "<q>2</q><meta xmlns=\"http://openrosa.org/xforms\">"
        "<instanceID>uuid:new</instanceID><deprecatedID>uuid:old</deprecatedID></meta></data>"));
}

TEST_CASE("a meta group that lacks them takes the ids in its own namespace") {
    const FormDefinitionPtr named = must_load(
        "| survey |\n| | type | name | label |\n| | text | q | Q |\n| settings |\n"
        "| | omit_instanceID | instance_name |\n| | yes | ${q} |\n");
    const FormDefinitionPtr audited = must_load(
        xform("<data id='t'><q/><meta><audit/></meta></data>", "", "<input ref='/data/q'/>"));
    for (const FormDefinitionPtr& form : {named, audited}) {
        Fill fill(form, true);
        REQUIRE(fill.session.begin_edit("uuid:new").ok());
        const std::string xml = fill.session.instance_xml();
        CHECK(xml.find("instanceID>uuid:new</") != std::string::npos);
        CHECK(xml.find("deprecatedID>uuid:") != std::string::npos);
        CHECK(xml.find("<meta xmlns=") == std::string::npos);
        const auto again = Fill(form, true).session.load_instance_xml(xml);
        REQUIRE(again.ok());
        CHECK(again->empty());
    }
}

TEST_CASE("a finished record has its end's time and its audit's name") {
    const FormDefinitionPtr form = must_load(
        xform("<data id='t'><end/><start/><r><stop/></r><meta><audit/></meta></data>",
              "<bind nodeset='/data/end' jr:preload='timestamp' jr:preloadParams='end'/>"
              "<bind nodeset='/data/start' jr:preload='timestamp' jr:preloadParams='start'/>"
              "<bind nodeset='/data/r/stop' jr:preload='timestamp' jr:preloadParams='end'/>",
              "<group ref='/data/r'><repeat nodeset='/data/r'/></group>"));
    fakes::FakeClock clock;
    fakes::SeededRandom random{7};
    for (const char* audit : {"audit.csv", ""}) {
        SessionOptions options;
        options.clock = &clock;
        options.random = &random;
        options.audit_file = audit;
        Session s(form, options);
        const std::string start = s.value("start");
        REQUIRE(s.add_repeat("r").ok());
        clock.advance(60'000);
        const auto record = s.finalise();
        REQUIRE(record.ok());
        CHECK(s.value("start") == start);
        CHECK(s.value("end") > start);
        CHECK(s.value("r[2]/stop") == s.value("end"));
        CHECK(s.value("meta/audit") == audit);
        CHECK(record->instance_name == "");
    }
}

TEST_CASE("a session without a clock and chance of its own uses the system's") {
    Session s(must_load(kForm));
    CHECK(s.instance_id().starts_with("uuid:"));
    CHECK(s.instance_id() != Session(must_load(kForm)).instance_id());
}
