#include "forms/navigation.h"

#include "tests/forms/fill_forms.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

constexpr std::string_view kForm = R"(
| survey |
| | type | name | label | appearance | relevant | required | constraint |
| | text | name | Name | | | yes | |
| | begin_group | home | Home | field-list | ${name} != 'none' | | |
| | text | city | City | | | yes | |
| | integer | rooms | Rooms | | | | . < 20 |
| | end_group | | | | | | |
| | begin_group | loose | Loose | | | | |
| | text | first | First | | ${name} != 'x' | | |
| | text | second | Second | | | | |
| | end_group | | | | | | |
| | begin_repeat | child | Child | | | | |
| | text | called | Called | | | yes | |
| | integer | years | Years | | | | |
| | end_repeat | | | | | | |
| | begin_repeat | asset | Asset | field-list | | | |
| | text | what | What | | | | |
| | integer | worth | Worth | | | | |
| | end_repeat | | | | | | |
| | note | bye | Goodbye | | | | |
)";

std::vector<std::string> refs(Navigator& way) {
    std::vector<std::string> out;
    for (const FormStep& step : way.steps()) {
        switch (step.kind) {
            case StepKind::kQuestion: out.push_back(step.ref); break;
            case StepKind::kTogether: out.push_back("[" + step.ref + "]"); break;
            case StepKind::kAddRow: out.push_back("+" + step.ref); break;
            case StepKind::kEnd: out.emplace_back("end"); break;
        }
    }
    return out;
}

using Refs = std::vector<std::string>;

}  // namespace

TEST_CASE("one question a step, field lists together, repeats ask for more") {
    Fill fill(must_load(kForm));
    Navigator way(fill.session);
    CHECK(refs(way) == Refs{"name", "[home]", "loose/first", "loose/second", "child[1]/called",
                            "child[1]/years", "+child", "[asset[1]]", "+asset", "bye", "end"});
    CHECK(way.current().ref == "name");
    REQUIRE(way.next());
    REQUIRE(way.nodes().size() == 3);
    CHECK(way.nodes()[1].ref == "home/city");
    while (way.next()) {
    }
    CHECK(way.current().kind == StepKind::kEnd);
    CHECK(way.nodes().empty());
    REQUIRE(way.previous());
    CHECK(way.current().ref == "bye");
    way.to_start();
    CHECK_FALSE(way.previous());
    way.to_end();
    CHECK(way.position() + 1 == way.steps().size());
}

TEST_CASE("a row that is added is walked through, and asked for again behind it") {
    Fill fill(must_load(kForm));
    Session& s = fill.session;
    Navigator way(s);
    REQUIRE(way.to_step(6).ok());
    REQUIRE(way.current().kind == StepKind::kAddRow);
    const std::string row = *s.add_repeat(way.current().ref);
    REQUIRE(way.to(row).ok());
    CHECK(way.current().ref == "child[2]/called");
    REQUIRE(way.next());
    REQUIRE(way.next());
    CHECK(way.current().kind == StepKind::kAddRow);
    CHECK_FALSE(way.to_step(1000).ok());
}

TEST_CASE("when the step goes away, the next one that is there takes its place") {
    Fill fill(must_load(kForm));
    Session& s = fill.session;
    Navigator way(s);
    REQUIRE(way.to("loose/first").ok());
    REQUIRE(s.answer("name", "x").ok());
    CHECK(way.current().ref == "loose/second");
    REQUIRE(s.answer("name", "y").ok());
    CHECK(way.current().ref == "loose/second");
    REQUIRE(s.add_repeat("child").ok());
    REQUIRE(way.to("child[1]/years").ok());
    REQUIRE(s.remove_repeat("child[1]").ok());
    // What was the second row is the first now.
    CHECK(way.current().ref == "child[1]/called");
    REQUIRE(s.remove_repeat("child[1]").ok());
    CHECK(way.current().kind == StepKind::kAddRow);
    CHECK(way.current().ref == "child");
    // A step keeps its place when rows before it go.
    REQUIRE(s.add_repeat("child").ok());
    REQUIRE(s.add_repeat("child").ok());
    REQUIRE(way.to("child[2]/years").ok());
    REQUIRE(s.remove_repeat("child[1]").ok());
    CHECK(way.current().ref == "child[1]/years");
}

TEST_CASE("jumps go to questions, groups, rows; not to what is hidden") {
    Fill fill(must_load(kForm));
    Session& s = fill.session;
    Navigator way(s);
    REQUIRE(way.to("/data/home/rooms").ok());
    CHECK(way.current().ref == "home");
    REQUIRE(way.to("loose").ok());
    CHECK(way.current().ref == "loose/first");
    REQUIRE(way.to("child/years").ok());
    CHECK(way.current().ref == "child[1]/years");
    REQUIRE(s.answer("name", "none").ok());
    CHECK(way.to("home/city").error().code == Errc::kNotFound);
    CHECK(way.to("nothing").error().code == Errc::kNotFound);
    CHECK(way.to("/data").error().code == Errc::kNotFound);
    REQUIRE(s.remove_repeat("child[1]").ok());
    REQUIRE(way.to("child").ok());
    CHECK(way.current().kind == StepKind::kAddRow);
}

TEST_CASE("the first problem is found in the order of the page") {
    Fill fill(must_load(kForm));
    Session& s = fill.session;
    Navigator way(s);
    way.to_end();
    REQUIRE(s.answer("name", "a").ok());
    REQUIRE(s.answer("home/city", "b").ok());
    REQUIRE(s.answer("home/rooms", "30").ok());
    const auto problem = way.to_first_problem();
    REQUIRE(problem.has_value());
    CHECK(problem->ref == "home/rooms");
    CHECK(way.current().ref == "home");
    REQUIRE(s.answer("home/rooms", "3").ok());
    CHECK(way.to_first_problem()->ref == "child[1]/called");
    REQUIRE(s.answer("child[1]/called", "c").ok());
    CHECK_FALSE(way.to_first_problem().has_value());
    CHECK(way.current().ref == "child[1]/called");
}

TEST_CASE("the outline tells what each part still lacks") {
    Fill fill(must_load(kForm));
    Session& s = fill.session;
    Navigator way(s);
    auto outline = way.outline();
    REQUIRE(outline.size() == 6);
    CHECK(outline[0].ref == "home");
    CHECK(outline[0].label == "Home");
    CHECK(outline[0].questions == 2);
    CHECK(outline[0].missing == 1);
    CHECK_FALSE(outline[0].complete());
    CHECK(outline[2].ref == "child");
    CHECK(outline[2].questions == 2);
    CHECK(outline[3].kind == ViewKind::kRow);
    CHECK(outline[3].depth == 1);
    REQUIRE(s.answer("home/city", "b").ok());
    REQUIRE(s.answer("home/rooms", "99").ok());
    outline = way.outline();
    CHECK(outline[0].answered == 2);
    CHECK(outline[0].problems == 1);
    REQUIRE(s.answer("home/rooms", "9").ok());
    CHECK(way.outline()[0].complete());
    REQUIRE(way.to_step(way.outline()[3].step).ok());
    CHECK(way.current().ref == "child[1]/called");
}

TEST_CASE("the grid theme is one page unless the style says pages") {
    const std::string grid = std::string(kForm) + R"(
| settings |
| | style |
| | theme-grid |
)";
    Fill fill(must_load(grid));
    Navigator way(fill.session);
    CHECK(way.steps().size() == 2);
    CHECK(way.nodes().size() == way.page().size());
    Navigator steps(fill.session, NavigationMode::kSteps);
    CHECK(steps.steps().size() == 11);
    Fill plain(must_load(kForm));
    CHECK(Navigator(plain.session, NavigationMode::kWhole).steps().size() == 2);
}

TEST_CASE("a table of selects is one step, and only what can be answered counts as a question") {
    Fill fill(must_load(xform_around(
        "<instance><data id='t'><g><q/><shut/><said/><deep><z/></deep></g></data></instance>"
        "<bind nodeset='/data/g/q' required='true()' constraint=\". = 'a'\"/>"
        "<bind nodeset='/data/g/shut' readonly='true()' type='string'/>",
        "<group ref='/data/g' appearance='table-list'><label>Long</label>"
        "<select1 ref='/data/g/q'><item><label>A</label><value>a</value></item><item>"
        "<label>B</label><value>b</value></item></select1><input ref='/data/g/shut'/></group>")));
    Session& s = fill.session;
    Navigator way(s);
    CHECK(refs(way) == Refs{"[g]", "end"});
    CHECK(way.outline()[0].questions == 1);
    CHECK(way.outline()[0].missing == 1);
    REQUIRE(s.answer("g/q", "b").ok());
    const OutlineEntry entry = way.outline()[0];
    CHECK(entry.missing == 0);
    CHECK(entry.problems == 1);
    CHECK_FALSE(entry.complete());
}

TEST_CASE("the outline is in the language in use, in the short form of a label if it has one") {
    Fill fill(must_load(xform_around(
        "<itext><translation lang='en'><text id='g'><value>A long label</value>"
        "<value form='short'>Short</value></text></translation><translation lang='ar'>"
        "<text id='g'><value>طويل</value></text></translation></itext>"
        "<instance><data id='t'><g><q/></g></data></instance>",
        "<group ref='/data/g'><label ref=\"jr:itext('g')\"/><input ref='/data/g/q'/></group>")));
    Navigator way(fill.session);
    fill.session.set_language("en");
    CHECK(way.outline()[0].label == "Short");
    fill.session.set_language("ar");
    CHECK(way.outline()[0].label == "طويل");
}

TEST_CASE("a problem of a question that is nowhere on the page is told all the same") {
    Fill fill(
        must_load(xform_around("<instance><data id='t'><n>x</n><q/></data></instance>"
                               "<bind nodeset='/data/n' type='int' constraint='. &lt; 5'/>",
                               "<input ref='/data/q'/>")));
    Navigator way(fill.session);
    CHECK(way.to_first_problem().has_value() == !fill.session.validate().empty());
    CHECK(way.current().ref == "q");
}

TEST_CASE("a grid of pages goes in steps") {
    Fill fill(
        must_load(std::string(kForm) + "| settings |\n| | style |\n| | theme-grid pages |\n"));
    CHECK(Navigator(fill.session).steps().size() == 11);
    Fill empty(must_load(xform_around("<instance><data id='t'><a/></data></instance>", "")));
    Navigator nothing(empty.session, NavigationMode::kWhole);
    CHECK(refs(nothing) == Refs{"end"});
}
