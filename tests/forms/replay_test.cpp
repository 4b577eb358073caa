// Replaying recorded cases: what counts as the same, what is told of a difference, and files that
// are no recorded cases.
#include <doctest/doctest.h>

#include "forms/model.h"
#include "forms/replay.h"
#include "tests/forms/forms_fixture.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

constexpr const char* kFormXml =
    "<h:html xmlns='http://www.w3.org/2002/xforms' xmlns:h='http://www.w3.org/1999/xhtml' "
    "xmlns:jr='http://openrosa.org/javarosa'><h:head><h:title>t</h:title><model><instance>"
    "<data id='t'><name/><age/><hid/><shut/><time/><r><x/></r><pick/><any/></data></instance>"
    "<instance id='l'><root><item><name>a</name></item><item><name>b</name></item>"
    "<item><name>c</name></item><item><name>d</name></item></root></instance>"
    "<bind nodeset='/data/age' type='int' required='true()'/>"
    "<bind nodeset='/data/hid' relevant=\"/data/name='show'\"/>"
    "<bind nodeset='/data/shut' readonly='true()'/>"
    "<bind nodeset='/data/time' calculate=\"format-date-time(now(), '%Y %H:%M')\"/>"
    "</model></h:head><h:body><input ref='/data/name'><label>Name</label></input>"
    "<input ref='/data/age'/><input ref='/data/hid'/><input ref='/data/shut'/>"
    "<group ref='/data/r'><repeat nodeset='/data/r'><input ref='/data/r/x'/></repeat></group>"
    "<select1 ref='/data/pick'><itemset nodeset=\"instance('l')/root/item\">"
    "<value ref='name'/><label ref='name'/></itemset></select1>"
    "<select1 ref='/data/any'><itemset nodeset=\"randomize(instance('l')/root/item)\">"
    "<value ref='name'/><label ref='name'/></itemset></select1></h:body></h:html>";

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        c == '\n' ? out += "\\n" : out += c;
    }
    return out + "\"";
}

using Replayer = void (*)(std::string_view, const ReplayOptions&, const ReplaySink&);

std::vector<ReplayOutcome> outcomes(Replayer replay, std::string_view jsonl,
                                    const ReplayOptions& options = {}) {
    std::vector<ReplayOutcome> out;
    replay(jsonl, options, [&](const ReplayOutcome& outcome) { out.push_back(outcome); });
    return out;
}

/// "step ref: expected / got" of each difference of the one case.
std::string differences(Replayer replay, std::string_view line) {
    const auto all = outcomes(replay, line);
    REQUIRE(all.size() == 1);
    std::string out;
    for (const ReplayFailure& each : all[0].failures) {
        if (!out.empty()) out += "; ";
        out += std::to_string(each.step) + " " + each.ref + ": " + each.expected + " / " + each.got;
    }
    CHECK(all[0].passed() == out.empty());
    return out;
}

std::string filling(std::string_view steps, std::string_view expect, std::string_view more = "") {
    return R"({"id":"case","form_xml":)" + quoted(kFormXml) + R"(,"steps":)" + std::string(steps) +
           R"(,"expect":)" + std::string(expect) + std::string(more) + "}";
}

/// Answers `name` and compares it with what was recorded.
std::string answered(std::string_view given, std::string_view recorded,
                     std::string_view more = "") {
    return differences(replay_forms,
                       filling(R"([["answer","name",)" + std::string(given) + "]]",
                               R"([{},{"name":{"value":)" + std::string(recorded) + "}}]", more));
}

std::string state(std::string_view cells, std::string_view more = "") {
    return differences(replay_forms, filling("[]", "[" + std::string(cells) + "]", more));
}

std::string expression(std::string_view members) {
    return differences(replay_xpath, "{" + std::string(members) + "}");
}

}  // namespace

TEST_CASE("a recorded value is the same whatever type it was recorded in") {
    const std::pair<const char*, const char*> same[] = {
        {R"("x")", R"("x")"},
        {"5", "5"},
        {"5", R"("5.0")"},
        {"2.5", "2.5"},
        {"true", R"("1")"},
        {"false", "false"},
        {R"("true")", "true"},
        {R"("false")", "false"},
        {R"(["a",3])", R"("a 3")"},
        {"null", R"("")"},
        {R"("uuid:123e4567-e89b-12d3-a456-426614174000")",
         R"("uuid:00000000-0000-0000-0000-00000000000F")"},
        {R"("of 123E4567-e89b-12d3-a456-426614174000.")",
         R"("of abcdef00-0000-0000-0000-000000000000.")"}};
    for (const auto& [given, recorded] : same) {
        CAPTURE(given);
        CAPTURE(recorded);
        CHECK(answered(given, recorded) == "");
    }
    CHECK(answered(R"("100.4")", "100", R"(,"tolerance":0.01)") == "");
}

TEST_CASE("a recorded value that differs is told") {
    CHECK(answered(R"("x")", R"("y")") == "1 name: y / x");
    CHECK(answered("4", "3") == "1 name: 3 / 4");
    CHECK(answered(R"("four")", "4") == "1 name: 4 / four");
    CHECK(answered("4", R"("four")") == "1 name: four / 4");
    CHECK(answered(R"("false")", "true") == "1 name: 1 / false");
    CHECK(answered(R"("true")", "false") == "1 name: 0 / true");
    CHECK(answered(R"("123e4567xe89b-12d3-a456-426614174000")",
                   R"("123e4567-e89b-12d3-a456-426614174000")")
              .starts_with("1 name: "));
    CHECK(answered(R"("123e4567-e89b-12d3-a456-42661417400g")",
                   R"("123e4567-e89b-12d3-a456-426614174000")")
              .starts_with("1 name: "));
    // Values in values have no text.
    CHECK(answered(R"("x")", R"([["x"]])") == "1 name:  / x");
}

TEST_CASE("a step that no replay knows is told") {
    CHECK(differences(replay_forms, filling(R"([["flip","name"]])", "[{},{}]")) ==
          "1 name: a known step / malformed");
}

TEST_CASE("a recorded state of a node is compared in both directions") {
    CHECK(state("{}") == "");
    CHECK(state(R"({"nobody":{}})") == "0 nobody: a node / nothing");
    CHECK(state(R"({"nobody":{"relevant":false},"hid":{"relevant":false}})") == "");
    CHECK(state(R"({"hid":{}})") == "0 hid: relevant / not relevant");
    CHECK(state(R"({"name":{"relevant":false}})") == "0 name: not relevant / relevant");
    CHECK(state(R"({"shut":{"readonly":true},"age":{"required":true}})") == "");
    CHECK(state(R"({"shut":{}})") == "0 shut: writable / readonly");
    CHECK(state(R"({"name":{"readonly":true}})") == "0 name: readonly / writable");
    CHECK(state(R"({"age":{}})") == "0 age: optional / required");
    CHECK(state(R"({"name":{"required":true}})") == "0 name: required / optional");
}

TEST_CASE("labels and choices are compared in the last state alone") {
    CHECK(state(R"({"name":{"label":"Name"},"pick":{"choices":["a","b","c","d"]}})") == "");
    CHECK(state(R"({"name":{"label":"No"}})") == "0 name: label No / label Name");
    CHECK(state(R"({"name":{"label":null},"pick":{"choices":null}})") == "");
    CHECK(state(R"({"name":{"choices":["a"]}})") == "0 name: choices a / choices ");
    CHECK(state(R"({"pick":{"choices":["b","a","c","d"]}})") ==
          "0 pick: choices b a c d / choices a b c d");
    CHECK(state(R"({"pick":{"choices":["a","b"]}})") == "0 pick: choices a b / choices a b c d");
    // By chance in any order, of the same values.
    CHECK(state(R"({"any":{"choices":["d","c","b","a"]}})") == "");
    CHECK(state(R"({"any":{"choices":["d","c","b","x"]}})").starts_with("0 any: choices d c b x"));
    const std::string before =
        filling(R"([["lang","en",null]])", R"([{"name":{"label":"No"}},{}])");
    CHECK(differences(replay_forms, before) == "");
}

TEST_CASE("steps are done, and one that is refused is told") {
    const auto walk = [](std::string_view steps) {
        return differences(replay_forms, filling(steps, "[{}]"));
    };
    CHECK(walk(R"([["add_repeat","r"],["answer","r[2]/x","1"],["remove_repeat","r[2]"]])") == "");
    CHECK(walk(R"([["answer","nobody","1"]])") == "1 nobody: an answer taken / not_found");
    CHECK(walk(R"([["lang","ar"],["add_repeat","name"]])") == "2 name: a row / not_found");
    CHECK(walk(R"([["remove_repeat","r[9]"]])") == "1 r[9]: a row gone / not_found");
}

TEST_CASE("a case has its own moment and zone") {
    const auto time = [](std::string_view recorded, std::string_view more) {
        return state(R"({"time":{"value":")" + std::string(recorded) + "\"}}", more);
    };
    constexpr const char* kNoon = R"(,"now":"2026-01-02T12:00:00Z")";
    CHECK(time("2026 12:00", kNoon) == "");
    CHECK(time("2026 05:00", std::string(kNoon) + R"(,"tz":"America/Phoenix")") == "");
    CHECK(time("2026 15:00", std::string(kNoon) + R"(,"tz":"Asia/Baghdad")") == "");
    CHECK(time("1970 00:00", R"(,"now":"noon")") == "");
}

TEST_CASE("a case's files are its own") {
    constexpr const char* kForm =
        "<h:html xmlns='http://www.w3.org/2002/xforms' xmlns:h='http://www.w3.org/1999/xhtml'>"
        "<h:head><model><instance><data id='t'><n/></data></instance>"
        "<instance id='towns' src='jr://file-csv/towns.csv'/><bind nodeset='/data/n' "
        "calculate=\"count(instance('towns')/root/item)\"/></model></h:head><h:body/>"
        "</h:html>";
    const auto count = [&](std::string_view media) {
        return differences(replay_forms, R"({"id":"m","form_xml":)" + quoted(kForm) +
                                             R"(,"media":)" + std::string(media) +
                                             R"(,"steps":[],"expect":[{"n":{"value":2}}]})");
    };
    CHECK(count(R"({"towns.csv":"name\na\nb\n"})") == "");
    CHECK(count(R"({"other.csv":"name\na\nb\n"})") != "");
    CHECK(count("[]") != "");
    CHECK(count(R"({"towns.csv":7})") == "0 : a recorded case / a line of another shape");
}

TEST_CASE("a form that does not load is the case's difference") {
    const std::string all =
        differences(replay_forms, R"({"id":"x","form_xml":"<none/>","steps":[],"expect":[{}]})");
    CHECK(all.starts_with("0 (load): a form / "));
    CHECK(all.size() > std::string("0 (load): a form / ").size());
}

TEST_CASE("a line that is no case fails alone, by its number") {
    const std::string good = filling("[]", "[{}]");
    const char* broken[] = {"no JSON",
                            "{",
                            "[1]",
                            "7",
                            R"({"id":5})",
                            R"({"id":"a","form_xml":3})",
                            R"({"id":"a","form_xml":[]})"};
    for (const char* line : broken) {
        CAPTURE(line);
        const auto all = outcomes(replay_forms, good + "\n\n  \n" + line + "\n" + good);
        REQUIRE(all.size() == 3);
        CHECK(all[0].passed());
        CHECK(all[1].id == "4");
        REQUIRE(all[1].failures.size() == 1);
        CHECK(all[1].failures[0].got == "a line of another shape");
        CHECK(all[2].passed());
    }
    for (const char* steps : {"7", R"([7])", R"([["answer"]])", R"([["answer","name"]])",
                              R"([[1,"name"]])", R"([["answer",2,"x"]])", "null"}) {
        CAPTURE(steps);
        const auto all = outcomes(replay_forms, filling(steps, "[{}]"));
        REQUIRE(all.size() == 1);
        CHECK(all[0].passed() == (std::string_view(steps) == "null"));
    }
    for (const char* expect :
         {"7", "[]", "{}", "[7]", R"([{"name":7}])", R"([{"name":{"relevant":"yes"}}])",
          R"([{"name":{"readonly":"yes"}}])"}) {
        CAPTURE(expect);
        const auto all = outcomes(replay_forms, filling("[]", expect));
        REQUIRE(all.size() == 1);
        CHECK_FALSE(all[0].passed());
    }
    CHECK(outcomes(replay_forms, "").empty());
    CHECK(outcomes(replay_forms, "\n\n").empty());
}

TEST_CASE("values nested without end do no harm") {
    const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
    CHECK(answered(R"("x")", deep) == "1 name:  / x");
    const std::string xml = [] {
        std::string out;
        for (int i = 0; i < 200'000; ++i) out += "<a>";
        for (int i = 0; i < 200'000; ++i) out += "</a>";
        return out;
    }();
    CHECK(canonical_xml(xml).size() == 200'000 * std::string("<a>\n</>\n").size());
}

TEST_CASE("one case is asked for by its name or number") {
    ReplayOptions options;
    options.only = "second";
    const auto all = outcomes(replay_forms,
                              R"({"id":"first"})"
                              "\n"
                              R"({"id":"second"})"
                              "\n",
                              options);
    REQUIRE(all.size() == 1);
    CHECK(all[0].id == "second");
    options.only = "2";
    const std::string two = R"({"id":1,"doc":"<a/>","expr":"1"})"
                            "\n"
                            R"({"id":2,"doc":"<a/>","expr":"1"})";
    REQUIRE(outcomes(replay_xpath, two, options).size() == 1);
    CHECK(outcomes(replay_xpath, two, options)[0].id == "2");
    REQUIRE(outcomes(replay_xlsform, "{}\n{}\n", options).size() == 1);
    CHECK(outcomes(replay_xlsform, "{}\n{}\n", options)[0].id == "2");
}

TEST_CASE("recorded results of expressions are compared by the type asked for") {
    constexpr const char* kDoc = R"(,"doc":"<a x='1'>t<b/><!--c--><?p i?><b/></a>")";
    const auto run = [&](const std::string& members) { return expression(members + kDoc); };
    CHECK(run(R"x("expr":"1+1","requested":1,"number":2)x") == "");
    CHECK(run(R"x("expr":"0.1+0.2","requested":1,"number":0.3)x") == "");
    CHECK(run(R"x("expr":"1 div 0","requested":1,"number":"Infinity")x") == "");
    CHECK(run(R"x("expr":"-1 div 0","requested":1,"number":"-Infinity")x") == "");
    CHECK(run(R"x("expr":"number('x')","requested":1,"number":"NaN")x") == "");
    CHECK(run(R"x("expr":"1+1","file":"f","requested":1,"number":3)x") == "0 f: 3 / 2");
    CHECK(run(R"x("expr":"1+1","requested":1,"number":"NaN")x") == "0 :  / 2");
    CHECK(run(R"x("expr":"1+1","requested":1)x") ==
          "0 : a recorded case / a line of another shape");
    CHECK(run(R"x("expr":"'x'","requested":2,"string":"x")x") == "");
    CHECK(run(R"x("expr":"'x'","requested":2,"string":"y")x") == "0 : y / x");
    CHECK(run(R"x("expr":"'x'","requested":2)x") == "");
    CHECK(run(R"x("expr":"true()","requested":3,"boolean":true)x") == "");
    CHECK(run(R"x("expr":"true()","requested":3)x") == "0 : false / true");
    CHECK(run(R"x("expr":"false()","requested":3,"boolean":true)x") == "0 : true / false");
    CHECK(run(R"x("expr":"/a/b","requested":7,"nodes":[["/*[1]/*[1]"],["/*[1]/*[2]"]])x") == "");
    CHECK(run(R"x("expr":"/a/b","requested":9,"nodes":[["/*[1]/*[1]"],["/*[1]/*[2]"]])x") == "");
    CHECK(run(R"x("expr":"/a/b","requested":6,"nodes":[["/*[1]/*[2]"]])x") ==
          "0 : /*[1]/*[2]  / /*[1]/*[1] /*[1]/*[2] ");
    CHECK(run(R"x("expr":"1","requested":4,"nodes":[])x") == "0 : nodes / another value");
    CHECK(run(R"x("expr":"/a/c","requested":9,"nodes":[])x") == "");
}

TEST_CASE("a node of any kind has its place") {
    constexpr const char* kDoc =
        R"(,"doc":"<a xmlns='u:d' xmlns:p='u:p' x='1' p:y='2'>t<b/><!--c--><?p i?>u</a>")";
    const std::pair<const char*, const char*> places[] = {
        {"/", "/"},
        {"//@x", "/*[1]/@x"},
        {"//@p:y", "/*[1]/@p:y"},
        {"/*/text()[2]", "/*[1]/text()[2]"},
        {"//comment()", "/*[1]/comment()[1]"},
        {"//processing-instruction()", "/*[1]/processing-instruction()[1]"},
        {"//processing-instruction('p')", "/*[1]/processing-instruction()[1]"},
        {"/*/namespace::p", "/*[1]/@xmlns:p"},
        {"/*/namespace::*[name() = '']", "/*[1]/@xmlns"}};
    for (const auto& [expr, place] : places) {
        CAPTURE(expr);
        CHECK(expression(R"("requested":9,"expr":")" + std::string(expr) + R"(","nodes":[[")" +
                         place + "\"]]" + kDoc) == "");
        // The same place as the context of another expression.
        if (std::string_view(expr).find("namespace") != std::string_view::npos) continue;
        CHECK(expression(R"("requested":9,"expr":".","ctx":")" + std::string(place) +
                         R"(","nodes":[[")" + place + "\"]]" + kDoc) == "");
    }
}

TEST_CASE("where no value comes, that is the difference unless an error was recorded") {
    const std::pair<const char*, const char*> cases[] = {
        {R"("doc":"<a/>","expr":"1 +")", "an expression"},
        {R"("doc":"<a/>","expr":"1","ctx":"/*[7]")", "a context"},
        {R"x("doc":"<a/>","expr":"jr:itext('none')")x", "a value"}};
    for (const auto& [members, wanted] : cases) {
        CAPTURE(members);
        CHECK(expression(members).starts_with("0 : " + std::string(wanted) + " / "));
        CHECK(expression(members + std::string(R"(,"error":"x")")) == "");
    }
    CHECK(expression(R"("doc":"<a/>","expr":"1","error":"x")") == "0 : an error / 1");
    CHECK(expression(R"("doc":"<a>","expr":"1","error":"x")") == "0 : a document / broken XML");
    CHECK(expression(R"("doc":3,"expr":"1")") == "0 : a recorded case / a line of another shape");
    CHECK(expression(R"("id":"x")") == "0 : a recorded case / a line of another shape");
    const auto chance = outcomes(replay_xpath, R"x({"expr":"random()","nondeterministic":true})x");
    REQUIRE(chance.size() == 1);
    CHECK_FALSE(chance[0].counted);
}

TEST_CASE("a recorded document may be a form with instances and texts") {
    constexpr const char* kDoc =
        R"(,"doc":"<h:html xmlns:h='http://www.w3.org/1999/xhtml' )"
        R"(xmlns='http://www.w3.org/2002/xforms'><model><instance id='m'><data><q>5</q></data>)"
        R"(</instance><instance id='l'><root><i>x</i></root></instance><itext><text/>)"
        R"(<text id='e'>no</text><text id='t'> <value>Hi</value></text></itext></model></h:html>")";
    const auto text = [&](const char* expr, const char* want, const char* more = "") {
        return expression(R"("requested":2,"expr":")" + std::string(expr) + R"(","string":")" +
                          want + "\"" + more + kDoc);
    };
    CHECK(text("instance('l')/root/i", "x") == "");
    CHECK(text("count(instance('none')/root/i)", "0") == "");
    CHECK(text("jr:itext('t')", "Hi") == "");
    CHECK(text("jr:itext('e')", "").starts_with("0 : a value / "));
    CHECK(text("count(//xhtml:html)", "1") == "");
    CHECK(text("count(//h:html)", "1") == "");
    CHECK(text("count(//none:html)", "0") == "");
    // Inside an instance an absolute path begins there, for forms' functions.
    CHECK(text("/data/q", "5", R"(,"ctx":"/*[1]/*[1]/*[1]/*[1]/*[1]")") == "");
    CHECK(text("/data/q", "", R"(,"xforms_functions":false,"ctx":"/*[1]/*[1]/*[1]/*[1]")") == "");
}

TEST_CASE("a recorded XLSForm gives the XForm or the error that was recorded") {
    constexpr const char* kGood = "| survey |\n| | type | name | label |\n| | text | a | A |\n";
    constexpr const char* kBad = "| survey |\n| | type | name | label |\n| | txet | a | A |\n";
    const auto run = [](const char* md, const std::string& more) {
        return differences(replay_xlsform,
                           R"({"test":"t","name":"data","md":)" + quoted(md) + "," + more + "}");
    };
    LoadOptions options;
    options.root_name = "data";
    const LoadResult loaded = load_form(as_bytes(std::string_view(kGood)), options);
    REQUIRE(loaded.definition != nullptr);
    const std::string xform = write_xform(*loaded.definition);
    CHECK(run(kGood, R"("xform":)" + quoted(xform)) == "");
    std::string other = xform;
    other.replace(other.find("<label>A<"), 9, "<label>B<");
    CHECK(run(kGood, R"("xform":)" + quoted(other)).find("\"B\"") != std::string::npos);
    CHECK(run(kGood, R"("xform":"<b")").starts_with("0 : (broken) / <"));
    CHECK(run(kGood, R"("error":"any")") == "0 : any / no error");
    CHECK(run(kBad, R"("xform":"<a/>")").starts_with("0 : a form / "));
    CHECK(run(kBad, R"("error":"no row, no token")") == "");
    CHECK(run(kBad, R"("error":"[row : x] 'txet' isn't known")") == "");
    CHECK(run(kBad, R"("error":"[row : 2] 'txet'")") == "");
    CHECK(run(kBad, R"("error":"[row : 9] 'txet'")").starts_with("0 : [row : 9] 'txet' / "));
    CHECK(run(kBad, R"("error":"[row : 2] 'other'")").starts_with("0 : [row : 2] 'other' / "));
    CHECK(run(kBad, R"("error":"an open 'quote")") == "");
    CHECK(run(kBad, R"("error":7)") == "0 : a recorded case / a line of another shape");
}

TEST_CASE("two writings of the same XML are one") {
    CHECK(canonical_xml("<a y='2' x='1 '> <b/>t </a>") ==
          canonical_xml("<?xml version='1.0'?><!--n--><a xmlns:q='u' x='1'\n y='2'><!--n--><b></b>"
                        "<![CDATA[t]]><?p?></a>"));
    CHECK(canonical_xml("<a x='1&#10;2&#9;3'/>") == canonical_xml("<a x='1 2 3'/>"));
    CHECK(canonical_xml("<a><b/>t</a>") != canonical_xml("<a>t<b/></a>"));
    CHECK(canonical_xml("<a><b><c/></b></a>") != canonical_xml("<a><b/><c/></a>"));
    CHECK(canonical_xml("<a/>") == "<a>\n</>\n");
    CHECK(canonical_xml("") == "(broken)");
    CHECK(canonical_xml("<a>") == "(broken)");
}

TEST_CASE("names have their namespaces, in a test of any kind") {
    const std::string doc =
        ",\"doc\":\"<a xmlns:p='u:p'><p:b/><p:c/><b/><d xmlns:p='u:q'><p:b/></d><e xmlns='u:e'/>"
        "<?one x?><?two y?></a>\"";
    const auto number = [&](const std::string& expr, int wanted) {
        CAPTURE(expr);
        CHECK(expression(R"("requested":1,"expr":")" + expr + R"(","number":)" +
                         std::to_string(wanted) + doc) == "");
    };
    number("count(/a/p:*)", 2);
    number("count(//p:b)", 1);
    number("count(/a/b)", 1);
    number("count(/a/e)", 0);  // of another space than a name without prefix
    number("count(/a/@p:*)", 0);
    number("count(//processing-instruction('two'))", 1);
    number("count(//processing-instruction('none'))", 0);
    number("count(/a/d/namespace::*[name() = 'p'])", 1);  // the inner one hides the outer
}

TEST_CASE("a namespace has no siblings, and what is around it is what is around its element") {
    constexpr const char* kDoc = R"(,"doc":"<a><b/><c xmlns:p='u:p' x='1'><d/></c><e/></a>")";
    const auto number = [&](const std::string& expr, int wanted) {
        CAPTURE(expr);
        CHECK(expression(R"("requested":1,"expr":")" + expr + R"(","number":)" +
                         std::to_string(wanted) + kDoc) == "");
    };
    for (const std::string node : {"/a/c/namespace::p", "/a/c/@x"}) {
        number("count(" + node + "/preceding-sibling::node())", 0);
        number("count(" + node + "/following-sibling::node())", 0);
        number("count(" + node + "/preceding::node())", 1);
        number("count(" + node + "/following::node())", 2);
        number("count(" + node + "/ancestor::*)", 2);
    }
}

TEST_CASE("without a form's functions an expression is one of XPath 1.0") {
    const auto plain = [](const std::string& expr, const std::string& result) {
        return expression(R"("doc":"<a xml:id='i'><b>2026-01-01</b><b>x</b></a>",)"
                          R"("xforms_functions":false,"expr":")" +
                          expr + "\"," + result);
    };
    CHECK(plain("once('x')", R"("error":"x")") == "");
    CHECK(plain("nosuch('x')", R"("error":"x")") == "");
    CHECK(plain("true(1)", R"("error":"x")") == "");
    CHECK(plain("('x')/b", R"("error":"x")") == "");
    CHECK(plain("count(current())", R"("requested":1,"number":1)") == "");
    CHECK(plain("number('2026-01-01')", R"("requested":1,"number":"NaN")") == "");
    CHECK(plain("'2026-01-01' = '2026-01-01T00:00:00.000Z'", R"("requested":3,"boolean":false)") ==
          "");
    CHECK(plain("sum(//none)", R"("requested":1,"number":0)") == "");
    CHECK(plain("sum(//b)", R"("requested":1,"number":"NaN")") == "");
    CHECK(plain("count(id('i none'))", R"("requested":1,"number":1)") == "");
    CHECK(plain("name(/*)", R"("string":"a")") == "");
    CHECK(expression(R"x("doc":"<p:a xmlns:p='u:p'/>","expr":"name(/*)","string":"p:a")x") == "");
}

TEST_CASE("a recorded error's words in quotes are looked for, apostrophes inside words are none") {
    const std::string bad =
        "| survey |\n| | type | name | label |\n| | note | a | A |\n| | text | b2 | B |\n| | text "
        "| b2 | C |\n";
    const auto run = [&](const std::string& error) {
        return differences(replay_xlsform,
                           R"({"md":)" + quoted(bad) + R"(,"error":)" + quoted(error) + "}");
    };
    CHECK(run("The workers' names: 'b2'") == "");
    CHECK(run("'b2'") == "");
    CHECK(run("It isn't 'b2' that's right") == "");
    CHECK(run("[row : 4] 'b2'") == "");
    CHECK(run("'b2' and 'b9'").starts_with("0 : "));
    // What is the beginning of the other is another XForm.
    const std::string good = "| survey |\n| | type | name | label |\n| | note | a | A |\n";
    CHECK(differences(replay_xlsform,
                      R"({"md":)" + quoted(good) + R"(,"xform":"<a> <!-- c --></a>"})")
              .starts_with("0 : <a>"));
}
