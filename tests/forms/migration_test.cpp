#include "forms/migration.h"

#include "tests/forms/fill_forms.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

constexpr auto kAll = Session::Include::kAll;

constexpr std::string_view kBefore = R"(
| survey |
| | type | name | label | calculation |
| | text | name | Name | |
| | text | phone | Phone | |
| | text | years | Years | |
| | text | note | Note | |
| | select_one c | colour | Colour | |
| | select_multiple c | colours | Colours | |
| | begin_group | house | House | |
| | text | street | Street | |
| | end_group | | | |
| | begin_repeat | child | Child | |
| | text | called | Called | |
| | begin_repeat | visit | Visit | |
| | text | clinic | Clinic | |
| | end_repeat | | | |
| | end_repeat | | | |
| | begin_repeat | cow | Cow | |
| | text | colour2 | Colour | |
| | end_repeat | | | |
| | text | sum | Sum | |
| choices |
| | list_name | name | label |
| | c | red | Red |
| | c | blue | Blue |
| settings |
| | form_id | version |
| | f | 1 |
)";

constexpr std::string_view kAfter = R"(
| survey |
| | type | name | label | calculation | required |
| | text | name | Name | | |
| | begin_group | contact | Contact | | |
| | text | phone | Phone | | |
| | text | street | Street | | |
| | end_group | | | | |
| | integer | years | Years | | |
| | integer | note | Note | | |
| | select_one c | colour | Colour | | |
| | select_multiple c | colours | Colours | | |
| | begin_group | family | Family | | |
| | begin_repeat | child | Child | | |
| | text | called | Called | | |
| | begin_repeat | visit | Visit | | |
| | text | clinic | Clinic | | |
| | end_repeat | | | | |
| | end_repeat | | | | |
| | end_group | | | | |
| | text | email | Email | | yes |
| | text | called2 | Other | | |
| | calculate | sum | | concat(${name}, '!') | |
| choices |
| | list_name | name | label |
| | c | red | Red |
| | c | green | Green |
| settings |
| | form_id | version |
| | f | 2 |
)";

const FieldReport* field(const MigrationReport& report, std::string_view from) {
    for (const FieldReport& each : report.fields) {
        if (each.from == from) return &each;
    }
    return nullptr;
}

}  // namespace

TEST_CASE("a draft moves to a newer version and every field's fate is told") {
    const FormDefinitionPtr before = must_load(kBefore);
    Fill old(before);
    Session& o = old.session;
    REQUIRE(o.answer("name", "سارة").ok());
    REQUIRE(o.answer("phone", "0770").ok());
    REQUIRE(o.answer("years", "34").ok());
    REQUIRE(o.answer("note", "many").ok());
    REQUIRE(o.answer("colour", "blue").ok());
    REQUIRE(o.answer("colours", "red blue").ok());
    REQUIRE(o.answer("house/street", "Main").ok());
    REQUIRE(o.add_repeat("child").ok());
    REQUIRE(o.answer("child[2]/called", "Ali").ok());
    REQUIRE(o.add_repeat("child[2]/visit").ok());
    REQUIRE(o.answer("child[2]/visit[1]/clinic", "North").ok());
    REQUIRE(o.answer("cow[1]/colour2", "brown").ok());
    REQUIRE(o.answer("sum", "typed").ok());

    Fill now(must_load(kAfter), true);
    Session& n = now.session;
    const MigrationReport report = migrate(*before, o.answers(kAll), n);
    const auto fate = [&](std::string_view from) {
        const FieldReport* found = field(report, from);
        REQUIRE(found != nullptr);
        return field_fate_name(found->fate);
    };
    CHECK(fate("name") == "carried");
    CHECK(n.value("name") == "سارة");
    CHECK(fate("phone") == "moved");
    CHECK(n.value("contact/phone") == "0770");
    CHECK(fate("house/street") == "moved");
    CHECK(n.value("contact/street") == "Main");
    CHECK(fate("years") == "type_changed");
    CHECK(n.value("years") == "34");
    CHECK(fate("note") == "type_invalid");
    CHECK(n.value("note") == "many");
    CHECK(fate("colour") == "choice_gone");
    CHECK(field(report, "colour")->value == "blue");
    CHECK(fate("colours") == "choice_gone");
    CHECK(fate("child[2]/called") == "moved");
    CHECK(fate("child[2]") == "moved");
    CHECK(n.value("family/child[2]/called") == "Ali");
    CHECK(n.value("family/child[2]/visit[1]/clinic") == "North");
    CHECK(fate("cow[1]/colour2") == "orphaned");
    CHECK(field(report, "cow[1]/colour2")->value == "brown");
    CHECK(fate("cow[1]") == "orphaned");
    CHECK(fate("sum") == "recomputed");
    CHECK(field(report, "sum")->value == "typed");
    CHECK(n.value("sum") == "سارة!");
    CHECK(report.count(FieldFate::kNewRequired) == 1);
    CHECK(report.fields.back().to == "email");
    CHECK(n.instance_id() == o.instance_id());
}

TEST_CASE("no value is lost: it is in the new record or in the report") {
    const std::uint64_t seed = 88;
    MESSAGE("seed " << seed);
    RandomHand hand(seed);
    const FormDefinitionPtr before = must_load(kBefore);
    const FormDefinitionPtr after = must_load(kAfter);
    for (int round = 0; round < 20; ++round) {
        Fill old(before);
        for (int i = 0; i < 30; ++i) hand.act(old.session);
        Fill now(after, true);
        const auto answers = old.session.answers(kAll);
        const MigrationReport report = migrate(*before, answers, now.session);
        const auto kept = now.session.answers(kAll);
        for (const Answer& answer : answers) {
            const bool same = std::find(kept.begin(), kept.end(), answer) != kept.end();
            const FieldReport* told = field(report, answer.path);
            const bool reported = told != nullptr && told->value == answer.value;
            CHECK((same || reported));
        }
    }
}

TEST_CASE("the same version carries everything, answers of unknown paths are kept in the report") {
    const FormDefinitionPtr form = must_load(kHousehold);
    Fill old(form);
    RandomHand hand(3);
    for (int i = 0; i < 50; ++i) hand.act(old.session);
    auto answers = old.session.answers(kAll);
    Fill now(form, true);
    now.clock.set_wall(old.clock.now());
    answers.push_back({"nowhere[2]/x", "lost?"});
    const MigrationReport report = migrate(*form, answers, now.session);
    CHECK(report.count(FieldFate::kOrphaned) == 1);
    CHECK(report.count(FieldFate::kMoved) == 0);
    CHECK(report.count(FieldFate::kTypeChanged) == 0);
    CHECK(field(report, "nowhere[2]/x")->value == "lost?");
}

TEST_CASE("a field that left its rows is kept in the report, not put in the wrong row") {
    const FormDefinitionPtr before = must_load(kBefore);
    Fill old(before);
    REQUIRE(old.session.answer("child[1]/called", "Ali").ok());
    const std::string flat = R"(
| survey |
| | type | name | label |
| | text | called | Called |
)";
    Fill now(must_load(flat), true);
    const MigrationReport report = migrate(*before, old.session.answers(kAll), now.session);
    CHECK(field(report, "child[1]/called")->fate == FieldFate::kOrphaned);
    CHECK(now.session.value("called").empty());
}

TEST_CASE("fields keep their place by path or by a name that is there once, of the same kind") {
    const auto moved = [](const std::string& before, const std::string& after,
                          const std::vector<Answer>& answers) {
        const FormDefinitionPtr old = must_load(xform_of(before, "", ""));
        Fill now(must_load(xform_of(after, "", "")), true);
        std::string out;
        for (const FieldReport& field : migrate(*old, answers, now.session).fields) {
            out +=
                field.from + " " + std::string(field_fate_name(field.fate)) + " " + field.to + "; ";
        }
        return out;
    };
    // Once a leaf, now a group; once an element, now an attribute.
    CHECK(moved("<a/>", "<a><b/></a>", {{"a", "x"}}) == "a orphaned ; ");
    CHECK(moved("<a/><g/>", "<g a=''/>", {{"a", "x"}}) == "a orphaned ; ");
    // An attribute stays with its element, wherever that went.
    CHECK(moved("<a k=''/>", "<g><a k=''/></g>", {{"a/@k", "x"}, {"a", "y"}}).find("orphaned") ==
          std::string::npos);
    CHECK(moved("<a k=''/>", "<g><a/></g>", {{"a/@k", "x"}}) == "a/@k orphaned ; ");
    CHECK(moved("<a k=''/>", "<b/>", {{"a/@k", "x"}}) == "a/@k orphaned ; ");
    // Two of a name are nobody's.
    CHECK(moved("<g><a/></g>", "<h><a/></h><i><a/></i>", {{"g/a", "x"}}) == "g/a orphaned ; ");
    CHECK(moved("<g><a/></g><h><a/></h>", "<i><a/></i>", {{"g/a", "x"}}) == "g/a orphaned ; ");
    CHECK(moved("<a/>", "<a/>", {{"", "x"}, {"b", "y"}}) == " orphaned ; b orphaned ; ");
}

TEST_CASE("a row named without a number is the first, and a row's own text has no place") {
    const std::string form = xform_of(
        "<r><n/></r>", "",
        "<group ref='/data/r'><repeat nodeset='/data/r'><input ref='/data/r/n'/></repeat></group>");
    const FormDefinitionPtr definition = must_load(form);
    Fill now(definition, true);
    const MigrationReport report =
        migrate(*definition, std::vector<Answer>{{"r/n", "1"}, {"r[1]", "text"}}, now.session);
    CHECK(now.session.value("r[1]/n") == "1");
    CHECK(report.fields.size() == 2);
}

TEST_CASE("a choice that is gone and a required question that is open are told once") {
    const auto select = [](const std::string& values) {
        std::string items;
        for (const char c : values) {
            items += std::string("<item><label>L</label><value>") + c + "</value></item>";
        }
        return xform_of("<q/><must/>", "<bind nodeset='/data/must' required='true()'/>",
                        "<select1 ref='/data/q'>" + items + "</select1><input ref='/data/must'/>");
    };
    const FormDefinitionPtr old = must_load(select("ab"));
    Fill now(must_load(select("b")), true);
    const MigrationReport report =
        migrate(*old, std::vector<Answer>{{"q", "a"}, {"must", ""}}, now.session);
    CHECK(report.count(FieldFate::kChoiceGone) == 1);
    CHECK(report.count(FieldFate::kNewRequired) == 0);  // it was open before
}
