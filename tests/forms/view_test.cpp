// What people see: pages with groups of every kind, choices from any document, problems and texts.
#include <doctest/doctest.h>

#include <algorithm>

#include "forms/appearance.h"
#include "forms/delta.h"
#include "tests/forms/fill_forms.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

constexpr auto kAll = Session::Include::kAll;

std::string labels(const ChoicesPtr& choices) {
    if (choices == nullptr) return "none";
    std::string out;
    for (const Choice& choice : *choices) {
        if (!out.empty()) out += " ";
        out += choice.value + "=" + choice.label;
    }
    return out;
}

/// Groups without a node, a group for a repeat, rows with and without a label of their own, static
/// choices with an answer in their label.
const std::string& pages() {
    static const std::string form = xform_around(
        "<instance><data id='t'><a/><b/><in><c/><d/></in><r><x/></r><s><y/></s><pick/></data>"
        "</instance><bind nodeset='/data/b' relevant=\"/data/a = 'yes'\"/>"
        "<bind nodeset='/data/r' relevant=\"/data/a != 'no'\"/>",
        "<group appearance='field-list'><label>Bare <output value='/data/a'/></label>"
        "<input ref='/data/a'><label>A</label></input>"
        "<group><label>Inner <output value='/data/in/c'/></label><input ref='/data/b'>"
        "<label>B</label></input></group></group>"
        "<group ref='/data/in'><input ref='/data/in/c'><label ref='/data/a'/>"
        "<hint>Of <output value='/data/a'/></hint></input></group>"
        "<group ref='/data/r'><label>Rows <output value='/data/a'/></label>"
        "<repeat nodeset='/data/r' appearance='minimal'><input ref='/data/r/x'/>"
        "<group><label>In row <output value='/data/r/x'/></label></group></repeat></group>"
        "<group><label>Two</label><repeat nodeset='/data/s'><label>Own</label>"
        "<input ref='/data/s/y'/></repeat><input ref='/data/in/d'/></group>"
        "<select1 ref='/data/pick'><item><label>One <output value='/data/a'/></label>"
        "<value>1</value></item><item><label/><value>2</value></item></select1>");
    return form;
}

}  // namespace

TEST_CASE("deltas follow pages with groups that are only for the page") {
    Fill fill(must_load(pages()));
    Session& s = fill.session;
    REQUIRE(s.take_changes().all);
    std::vector<ViewNode> page = s.page(kAll);
    const auto follows = [&] {
        const PageChanges changes = s.take_changes();
        REQUIRE_FALSE(changes.all);
        apply_changes(page, changes);
        check_same_page(page, s.page(kAll));
    };
    for (const char* answer : {"yes", "no", "", "maybe"}) {
        REQUIRE(s.answer("a", answer).ok());
        follows();
    }
    REQUIRE(s.answer("in/c", "deep").ok());
    follows();
    REQUIRE(s.add_repeat("r").ok());
    REQUIRE(s.answer("r[2]/x", "second").ok());
    follows();
    REQUIRE(s.add_repeat("s").ok());
    follows();
    REQUIRE(s.remove_repeat("r[1]").ok());
    REQUIRE(s.answer("pick", "2").ok());
    follows();
    REQUIRE(s.undo().ok());
    REQUIRE(s.undo().ok());
    follows();
}

TEST_CASE("texts with answers in them are filled in wherever they stand") {
    Fill fill(must_load(pages()));
    Session& s = fill.session;
    REQUIRE(s.answer("a", "yes").ok());
    const auto page = s.page(kAll);
    REQUIRE(page.size() > 5);
    CHECK(page[0].kind == ViewKind::kGroup);
    CHECK(page[0].label == "Bare yes");
    CHECK(page[0].appearance == "field-list");
    CHECK(s.label("in/c") == "yes");
    CHECK(s.view("in/c")->hint == "Of yes");
    CHECK(s.label("r") == "Rows yes");
    CHECK(s.label("nobody") == "");
    CHECK(s.label("in") == "");
    CHECK(labels(s.choices("pick")) == "1=One yes 2=2");
    CHECK(s.choices("a") == nullptr);
    CHECK(s.choices("nobody") == nullptr);
    CHECK_FALSE(s.view("nobody").ok());
}

TEST_CASE("a repeat that is hidden by its relevance shows neither head nor rows") {
    Fill fill(must_load(pages()));
    Session& s = fill.session;
    const auto shown = [&] {
        const auto page = s.page();
        return std::count_if(page.begin(), page.end(),
                             [](const ViewNode& n) { return n.ref.starts_with("r"); });
    };
    CHECK(shown() > 0);
    REQUIRE(s.answer("a", "no").ok());
    CHECK(shown() == 0);
    REQUIRE(s.answer("a", "").ok());
    REQUIRE(s.remove_repeat("r[1]").ok());
    CHECK(shown() == 1);
    REQUIRE(s.answer("a", "no").ok());
    CHECK(shown() == 0);
}

TEST_CASE("an item's value and label are found by names, paths and attributes") {
    const auto offered = [](const char* value, const char* label) {
        Fill fill(must_load(xform_around(
            "<instance><data id='t'><q/></data></instance><instance id='l'>"
            "<root xmlns='' xmlns:p='u:p'><item at='A'><name>a</name><in><deep>X</deep></in>"
            "<p:far>F</p:far></item><item><name>b</name><in/></item></root></instance>",
            "<select1 ref='/data/q'><itemset nodeset=\"instance('l')/root/item\"><value ref='" +
                std::string(value) + "'/><label ref='" + label + "'/></itemset></select1>")));
        return labels(fill.session.choices("q"));
    };
    CHECK(offered("name", "name") == "a=a b=b");
    CHECK(offered("name", "in/deep") == "a=X b=b");
    CHECK(offered("name", "./in/deep") == "a=X b=b");
    CHECK(offered("name", "@at") == "a=A b=b");
    CHECK(offered("name", "p:far") == "a=F b=b");
    CHECK(offered("name", "none/deep") == "a=a b=b");
}

TEST_CASE("choices may be the rows of the record itself") {
    Fill fill(must_load(xform_around(
        "<instance><data id='t'><r><name/></r><q/></data></instance>",
        "<group ref='/data/r'><repeat nodeset='/data/r'><input ref='/data/r/name'/></repeat>"
        "</group><select1 ref='/data/q'><itemset nodeset='/data/r[name != \"\"]'>"
        "<value ref='name'/><label ref='name'/></itemset></select1>")));
    Session& s = fill.session;
    CHECK(labels(s.choices("q")) == "");
    REQUIRE(s.answer("r[1]/name", "Ali").ok());
    REQUIRE(s.add_repeat("r").ok());
    REQUIRE(s.answer("r[2]/name", "Sara").ok());
    CHECK(labels(s.choices("q")) == "Ali=Ali Sara=Sara");
    REQUIRE(s.answer("q", "Sara").ok());
    CHECK_FALSE(s.view("q")->problem.has_value());
    REQUIRE(s.remove_repeat("r[2]").ok());
    CHECK(labels(s.choices("q")) == "Ali=Ali");
}

TEST_CASE("an answer that is not of its question's type is a problem") {
    const FormDefinitionPtr form = must_load(xform_around(
        "<instance><data id='t'><int/><dec/><day/><time/><moment/><point/><line/><area/>"
        "<truth/><any/></data></instance><bind nodeset='/data/int' type='int'/>"
        "<bind nodeset='/data/dec' type='decimal'/><bind nodeset='/data/day' type='date'/>"
        "<bind nodeset='/data/time' type='time'/>"
        "<bind nodeset='/data/moment' type='dateTime'/>"
        "<bind nodeset='/data/point' type='geopoint'/>"
        "<bind nodeset='/data/line' type='geotrace'/>"
        "<bind nodeset='/data/area' type='geoshape'/>"
        "<bind nodeset='/data/truth' type='boolean'/>",
        "<input ref='/data/int'/><input ref='/data/dec'/><input ref='/data/day'/>"
        "<input ref='/data/time'/><input ref='/data/moment'/><input ref='/data/point'/>"
        "<input ref='/data/line'/><input ref='/data/area'/><input ref='/data/truth'/>"
        "<input ref='/data/any'/>"));
    const struct {
        const char* ref;
        std::vector<const char*> good;
        std::vector<const char*> bad;
    } rows[] = {{"int", {"5", "-5", "٥"}, {"5.5", "x"}},
                {"dec", {"5.5", "٥٫٥"}, {"x", "1,5"}},
                {"day", {"2026-01-31"}, {"2026-02-31", "x"}},
                {"time", {"09:30"}, {"9:30", "25:00"}},
                {"moment", {"2026-01-31T09:30"}, {"09:30"}},
                {"point", {"33.3 44.4", "33.3 44.4 1 2"}, {"33.3", "91 0", "0 181", "1 2 3 4 5"}},
                {"line", {"1 2;3 4", "1 2;3 4;"}, {"1 2;x", "95 2;3 4"}},
                {"area", {"1 2;3 4;5 6;1 2"}, {"x"}},
                {"truth", {"true", "false", "1", "0"}, {"yes", "2"}},
                {"any", {"x", "5"}, {}}};
    Fill fill(form);
    Session& s = fill.session;
    for (const auto& row : rows) {
        for (const char* good : row.good) {
            CAPTURE(good);
            REQUIRE(s.answer(row.ref, good).ok());
            CHECK_FALSE(s.view(row.ref)->problem.has_value());
        }
        for (const char* bad : row.bad) {
            CAPTURE(bad);
            REQUIRE(s.answer(row.ref, bad).ok());
            REQUIRE(s.view(row.ref)->problem.has_value());
            CHECK(s.view(row.ref)->problem->kind == ProblemKind::kWrongType);
        }
        REQUIRE(s.answer(row.ref, "").ok());
    }
    CHECK(s.answer("any", std::string(20U << 20U, 'x')).error().code == Errc::kTooLarge);
}

TEST_CASE("a problem's message is the author's in the language, or ours") {
    const FormDefinitionPtr form = must_load(xform_around(
        "<itext><translation lang='en'><text id='m'><value>Too big</value></text></translation>"
        "<translation lang='ckb'><text id='m'><value>زۆر گەورەیە</value></text></translation>"
        "<translation lang='ar'><text id='other'><value>x</value></text></translation></itext>"
        "<instance><data id='t'><a/><b/></data></instance>"
        "<bind nodeset='/data/a' constraint='. &lt; 5' jr:constraintMsg=\"jr:itext('m')\"/>"
        "<bind nodeset='/data/b' constraint='. &lt; 5' jr:constraintMsg=\"jr:itext('gone')\"/>",
        "<input ref='/data/a'/><input ref='/data/b'/>"));
    Fill fill(form);
    Session& s = fill.session;
    REQUIRE(s.answer("a", "9").ok());
    REQUIRE(s.answer("b", "9").ok());
    const auto message = [&](const char* ref) { return s.view(ref)->problem->message; };
    s.set_language("en");
    CHECK(message("a") == "Too big");
    CHECK(message("b") == "This answer is not allowed here.");
    s.set_language("ckb");
    CHECK(message("a") == "زۆر گەورەیە");
    CHECK(message("b") == "ئەم وەڵامە لێرە ڕێگەپێدراو نییە.");
    s.set_language("ar");
    CHECK(message("a") == "Too big");
    CHECK(message("b") == "هذه الإجابة غير مقبولة هنا.");
}

TEST_CASE("texts in Badini fall back to Arabic, then to the form's default") {
    Fill fill(must_load(xform_around(
        "<itext><translation lang='en' default='true()'><text id='a'><value>A</value></text>"
        "<text id='b'><value>B</value></text></translation><translation lang='kmr'>"
        "<text id='x'><value>x</value></text></translation><translation lang='ar'>"
        "<text id='a'><value>ألف</value></text></translation></itext>"
        "<instance><data id='t'><a/><b/></data></instance>",
        "<input ref='/data/a'><label ref=\"jr:itext('a')\"/></input>"
        "<input ref='/data/b'><label ref=\"jr:itext('b')\"/></input>")));
    Session& s = fill.session;
    s.set_language("kmr");
    CHECK(s.language() == "kmr");
    CHECK(s.label("a") == "ألف");
    CHECK(s.label("b") == "B");
}

TEST_CASE("every kind of problem has its name") {
    CHECK(problem_kind_name(ProblemKind::kRequired) == "required");
    CHECK(problem_kind_name(ProblemKind::kConstraint) == "constraint");
    CHECK(problem_kind_name(ProblemKind::kWrongType) == "wrong_type");
    CHECK(problem_kind_name(ProblemKind::kNotAChoice) == "not_a_choice");
    CHECK(problem_kind_name(ProblemKind::kUnknownPath) == "unknown_path");
    CHECK(problem_kind_name(ProblemKind::kNotARepeat) == "not_a_repeat");
    CHECK(problem_kind_name(ProblemKind::kNotComputed) == "not_computed");
}

TEST_CASE("a choice's name is its label where the question is a select that offers it") {
    const auto named = [](const char* expression) {
        Fill fill(must_load(xform_around(
            "<instance><data id='t'><q>1</q><r><p>a</p></r><text/><out/></data></instance>"
            "<bind nodeset='/data/out' calculate=\"" +
                std::string(expression) + "\"/>",
            "<select1 ref='/data/q'><item><label>One</label><value>1</value></item></select1>"
            "<input ref='/data/text'/><group ref='/data/r'><repeat nodeset='/data/r'>"
            "<select1 ref='/data/r/p'><item><label>Ay</label><value>a</value></item></select1>"
            "</repeat></group>")));
        return fill.session.value("out");
    };
    CHECK(named("jr:choice-name('1', '/data/q')") == "One");
    CHECK(named("jr:choice-name('a', '/data/r/p')") == "Ay");
    CHECK(named("jr:choice-name('2', '/data/q')") == "");
    CHECK(named("jr:choice-name('', '/data/q')") == "");
    CHECK(named("jr:choice-name('1', '/data/text')") == "");
    CHECK(named("jr:choice-name('1', '/data/none')") == "");
    CHECK(named("jr:choice-name('1', '1 +')") == "");
    CHECK(named("jr:choice-name('1', 'concat(1)')") == "");
}

TEST_CASE("a text may be long or short alone, and an empty one is none") {
    Fill fill(must_load(xform_around(
        "<itext><translation lang='en' default='true()'><text id='l'><value form='long'>Long"
        "</value></text><text id='s'><value form='short'>Short</value></text><text id='e'>"
        "<value>Full</value></text></translation><translation lang='ckb'><text id='e'><value/>"
        "</text></translation></itext><instance><data id='t'><l/><s/><e/><g/></data></instance>",
        "<input ref='/data/l'><label ref=\"jr:itext('l')\"/></input>"
        "<input ref='/data/s'><label ref=\"jr:itext('s')\"/></input>"
        "<input ref='/data/e'><label ref=\"jr:itext('e')\"/></input>"
        "<input ref='/data/g'><label ref=\"jr:itext('gone')\"/></input>")));
    Session& s = fill.session;
    CHECK(s.label("l") == "Long");
    CHECK(s.label("s") == "Short");
    CHECK(s.view("s")->short_label == "Short");
    CHECK(s.label("g").empty());
    s.set_language("ckb");  // there is no Arabic to fall back to
    CHECK(s.label("e") == "Full");
}

TEST_CASE("Kurdish of any kind falls back to Arabic before the form's default") {
    for (const std::string tag : {"ckb", "kmr", "ku"}) {
        CAPTURE(tag);
        Fill fill(must_load(xform_around(
            "<itext><translation lang='en' default='true()'><text id='a'><value>A</value></text>"
            "</translation><translation lang='" +
                tag +
                "'><text id='x'><value>x</value></text>"
                "</translation><translation lang='ar'><text id='a'><value>ألف</value></text>"
                "</translation></itext><instance><data id='t'><a/></data></instance>",
            "<input ref='/data/a'><label ref=\"jr:itext('a')\"/></input>")));
        fill.session.set_language(tag);
        CHECK(fill.session.label("a") == "ألف");
    }
}

TEST_CASE("a form without translations has no text for a label that asks for one") {
    Fill fill(must_load(xform_around(
        "<instance><data id='t'><a/><b/></data></instance>",
        "<input ref='/data/a'><label ref=\"jr:itext('a')\"/></input><input ref='/data/b'/>")));
    CHECK(fill.session.label("a").empty());
    CHECK(fill.session.label("b").empty());
    CHECK(fill.session.label("nobody").empty());
    CHECK(fill.session.choices("nobody") == nullptr);
    CHECK(fill.session.choices("b") == nullptr);
}

TEST_CASE("an item is labelled by any of its attributes, or by its value") {
    const auto offered = [](const std::string& label) {
        Fill fill(must_load(
            xform_around("<instance><data id='t'><q/></data></instance><instance id='l'><root>"
                         "<item one='1' two='2'><name>a</name></item></root></instance>",
                         "<select1 ref='/data/q'><itemset nodeset=\"instance('l')/root/item\">"
                         "<value ref='name'/>" +
                             label + "</itemset></select1>")));
        return labels(fill.session.choices("q"));
    };
    CHECK(offered("<label ref='@two'/>") == "a=2");
    CHECK(offered("<label ref='@three'/>") == "a=a");
    CHECK(offered("<label ref='jr:itext(name'/>") == "a=a");
    CHECK(offered("<label ref='jr:itext(name)'/>") == "a=a");
    CHECK(offered("") == "a=a");
}

TEST_CASE("a list that is not there takes any answer, one that is empty takes none") {
    const auto problem = [](const std::string& nodeset) {
        Fill fill(must_load(xform_around(
            "<instance><data id='t'><k>l</k><q/></data></instance><instance id='l'><root><item>"
            "<name>a</name></item></root></instance><instance id='f' src='jr://file-csv/f.csv'/>",
            "<select1 ref='/data/q'><itemset nodeset=\"" + nodeset +
                "\"><value ref='name'/>"
                "<label ref='name'/></itemset></select1>")));
        REQUIRE(fill.session.answer("q", "b").ok());
        const auto view = fill.session.view("q");
        return view->problem.has_value();
    };
    CHECK(problem("instance('l')/root/item"));
    CHECK(problem("instance('l')/root/item[false()]"));
    CHECK(problem("instance(/data/k)/root/item[false()]"));
    CHECK(problem("/data/none"));
    CHECK_FALSE(problem("instance('f')/root/item"));
}

TEST_CASE("a choice's name is found from any row, and nowhere without a select") {
    const FormDefinitionPtr form = must_load(xform_around(
        "<instance><data id='t'><r jr:template=''><p/><n/><s/></r><h>a</h><none/><self/><all/>"
        "</data></instance><bind nodeset='/data/h' relevant='false()'/>"
        "<bind nodeset='/data/r/n' calculate=\"jr:choice-name(../p, '../p')\"/>"
        "<bind nodeset='/data/none' calculate=\"jr:choice-name('a', '/data/r/p')\"/>"
        "<bind nodeset='/data/self' calculate=\"jr:choice-name('a', '.')\"/>"
        "<bind nodeset='/data/all' calculate=\"concat(jr:choice-name('a', '//p'), "
        "jr:choice-name('a', '/data/h'), jr:choice-name('a', 'instance(1)/p'))\"/>",
        "<group ref='/data/r'><repeat nodeset='/data/r'><select1 ref='/data/r/p'><item>"
        "<label>Ay</label><value>a</value></item><item><label>Be</label><value>b</value></item>"
        "</select1></repeat></group><select1 ref='/data/h'><item><label>Aitch</label>"
        "<value>a</value></item></select1>"));
    Fill fill(form);
    Session& s = fill.session;
    while (s.view("r[1]").ok()) REQUIRE(s.remove_repeat("r[1]").ok());
    CHECK(s.value("none").empty());
    REQUIRE(s.add_repeat("r").ok());
    REQUIRE(s.add_repeat("r").ok());
    REQUIRE(s.answer("r[1]/p", "a").ok());
    REQUIRE(s.answer("r[2]/p", "b").ok());
    CHECK(s.value("r[1]/n") == "Ay");
    CHECK(s.value("r[2]/n") == "Be");
    CHECK(s.value("self").empty());
}

TEST_CASE("rows that are counted, fixed or closed can be neither added nor removed") {
    Fill fill(must_load(xform_around(
        "<instance><data id='t'><c><x/></c><f><x/></f><o><x/></o><k/></data></instance>"
        "<bind nodeset='/data/o' readonly=\"/data/k = 'closed'\"/>",
        "<group ref='/data/c'><repeat nodeset='/data/c' jr:count='2'><input ref='/data/c/x'/>"
        "</repeat></group><repeat nodeset='/data/f' jr:noAddRemove='true()'>"
        "<input ref='/data/f/x'/></repeat><repeat nodeset='/data/o'><label>Open</label>"
        "<input ref='/data/o/x'/></repeat><input ref='/data/k'/>")));
    Session& s = fill.session;
    const auto can = [&](const std::string& ref) {
        for (const ViewNode& node : s.page(kAll)) {
            if (node.ref == ref) return node.can_add || node.can_remove;
        }
        return false;
    };
    for (const char* ref : {"c", "c[1]", "f", "f[1]"}) CHECK_FALSE(can(ref));
    CHECK(can("o"));
    CHECK(can("o[1]"));
    CHECK(s.label("o[1]") == "Open");
    REQUIRE(s.answer("k", "closed").ok());
    CHECK_FALSE(can("o[1]"));
    CHECK(s.add_repeat("c").error().code == Errc::kNotAllowed);
    CHECK(s.add_repeat("f").error().code == Errc::kNotAllowed);
    CHECK(s.remove_repeat("c[1]").error().code == Errc::kNotAllowed);
    CHECK(s.remove_repeat("f[1]").error().code == Errc::kNotAllowed);
}

TEST_CASE("of rows that hide themselves only the others are on the page") {
    Fill fill(must_load(xform_around(
        "<instance><data id='t'><r><x/></r><g><s><y/></s></g></data></instance>"
        "<bind nodeset='/data/r' relevant=\"./x != 'hide'\"/>",
        "<group ref='/data/r'><repeat nodeset='/data/r'><input ref='/data/r/x'/></repeat></group>"
        "<group ref='/data/g'><label>Around</label><repeat nodeset='/data/g/s'>"
        "<input ref='/data/g/s/y'/></repeat></group>")));
    Session& s = fill.session;
    REQUIRE(s.add_repeat("r").ok());
    const auto shown = [&] {
        std::string out;
        for (const ViewNode& node : s.page()) out += node.ref + " ";
        return out;
    };
    REQUIRE(s.answer("r[1]/x", "hide").ok());
    CHECK(shown() == "r r[2] r[2]/x g g/s g/s[1] g/s[1]/y ");
    REQUIRE(s.answer("r[2]/x", "hide").ok());
    CHECK(shown() == "g g/s g/s[1] g/s[1]/y ");
}

TEST_CASE("a group may stand on a leaf, and a question on a row that is not there") {
    Fill fill(must_load(
        xform_around("<instance><data id='t'><leaf/><r jr:template=''><x/></r></data></instance>",
                     "<group ref='/data/leaf'><label>Leaf</label></group><input ref='/data/r/x'/>"
                     "<group ref='/data/r'><repeat nodeset='/data/r'><input "
                     "ref='/data/r/x'/></repeat></group>")));
    Session& s = fill.session;
    CHECK(s.view("leaf")->kind == ViewKind::kGroup);
    while (s.view("r[1]").ok()) REQUIRE(s.remove_repeat("r[1]").ok());
    for (const ViewNode& node : s.page(kAll)) CHECK_FALSE(node.ref.ends_with("x"));
}

TEST_CASE("what nobody is asked is neither missing nor of a wrong type") {
    Fill fill(must_load(xform_around(
        "<instance><data id='t'><a/><n>x</n></data></instance>"
        "<bind nodeset='/data/a' required='true()'/><bind nodeset='/data/n' type='int'/>",
        "")));
    CHECK(fill.session.validate().empty());
}

TEST_CASE("a range shows the choices that its ticks are labelled with") {
    Fill fill(
        must_load(sheet("survey", {"type | name | label | parameters",
                                   "range | r | R | start=0 end=2 step=1 tick_labelset=t"}) +
                  sheet("choices", {"list_name | name | label", "t | 0 | Low", "t | 2 | High"})));
    CHECK(labels(fill.session.choices("r")) == "0=Low 2=High");
    REQUIRE(fill.session.answer("r", "1").ok());
    CHECK_FALSE(fill.session.view("r")->problem.has_value());
}

TEST_CASE("a label with the time of day, chance or the record in it is told anew each time") {
    for (const std::string output :
         {"now()", "today()", "random()", "uuid()", "instance('t')/a", "instance(/data/a)/b"}) {
        CAPTURE(output);
        Fill fill(must_load(xform_around(
            "<instance><data id='t'><a/><b/></data></instance><instance id='l'><root/></instance>",
            "<input ref='/data/a'/><input ref='/data/b'><label>B <output value=\"" + output +
                "\"/></label><hint ref=\"jr:itext('gone')\"/></input>")));
        Session& s = fill.session;
        REQUIRE(s.take_changes().all);
        std::vector<ViewNode> page = s.page(kAll);
        fill.clock.advance(86'400'000);
        REQUIRE(s.answer("a", "x").ok());
        const PageChanges changes = s.take_changes();
        REQUIRE_FALSE(changes.all);
        const auto label_of = [](const std::vector<ViewNode>& nodes) {
            const auto found = std::find_if(nodes.begin(), nodes.end(),
                                            [](const ViewNode& n) { return n.ref == "b"; });
            return found->label;
        };
        const std::string before = label_of(page);
        apply_changes(page, changes);
        // A day has passed, and chance gave another number.
        CHECK((label_of(page) != before) == (output.find("()") != std::string::npos));
    }
}
