// Functions and comparisons at their edges, in each profile.
#include <doctest/doctest.h>

#include "tests/forms/forms_fixture.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

constexpr std::string_view kForm =
    R"x(<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
      xmlns:jr="http://openrosa.org/javarosa"><h:head><model>
      <itext><translation lang="en"><text id="t"><value>Text</value></text></translation></itext>
      <instance><data id="f"><a>5</a><d>2026-03-01</d><text>2026-03-01</text><empty/><hid>9</hid>
      <no>false</no><dt>2026-03-01T12:00:00.000Z</dt><r><n>1</n></r><r><n>2</n></r><out/></data>
      </instance><instance id="tree"><root><branch id="b" xml:space="default" xml:lang="en-GB">
      <leaf>x</leaf></branch><branch xml:lang="ar"><leaf>y</leaf><bud/><leaf>z</leaf></branch>
      </root></instance>
      <bind nodeset="/data/d" type="date"/><bind nodeset="/data/dt" type="dateTime"/>
      <bind nodeset="/data/hid" relevant="false()"/>
      <bind nodeset="/data/out" calculate="@"/></model></h:head><h:body>
      <group ref="/data/r"><repeat nodeset="/data/r"><input ref="/data/r/n"/></repeat></group>
      </h:body></h:html>)x";

std::string value_of(std::string_view expression, Profile profile = Profile::kAwda) {
    std::string form(kForm);
    std::string escaped;
    for (const char c : expression) escaped += c == '<' ? "&lt;" : std::string(1, c);
    form.replace(form.find("@\"/></model>"), 1, escaped);
    const LoadResult loaded = load(form);
    INFO(errors_of(loaded));
    REQUIRE(loaded.definition != nullptr);
    fakes::FakeClock clock;
    fakes::SeededRandom random{7};
    SessionOptions options;
    options.clock = &clock;
    options.random = &random;
    options.profile = profile;
    return Session(loaded.definition, options).value("out");
}

void check(const std::vector<std::pair<const char*, const char*>>& rows,
           Profile profile = Profile::kAwda) {
    for (const auto& [expression, wanted] : rows) {
        CAPTURE(std::string(expression));
        CHECK(value_of(expression, profile) == wanted);
    }
}

}  // namespace

TEST_CASE("parts of a text are bounded by the text, and none of no number") {
    check({{"substring('abcde', 2, 3)", "bcd"},
           {"substring('abcde', 0, 3)", "ab"},
           {"substring('abcde', -1)", "abcde"},
           {"substring('abcde', 9)", ""},
           {"substring('abcde', number('x'))", ""},
           {"substring('abcde', 1, number('x'))", ""},
           {"substring('abcde', 3, 0)", ""},
           {"substr('abcde', 1, 3)", "bc"},
           {"substr('abcde', -2)", "de"},
           {"substr('abcde', -9, 2)", "ab"},
           {"substr('abcde', 3, 1)", ""},
           {"substr('abcde', number('x'))", ""},
           {"substr('abcde', 1, number('x'))", ""},
           {"substring-before('abc', 'x')", ""},
           {"substring-after('abc', 'b')", "c"}});
}

TEST_CASE("made texts have the length and form asked for, or there are none") {
    check({{"string-length(uuid())", "36"},
           {"string-length(uuid(5))", "5"},
           {"string-length(uuid(100))", "100"},
           {"uuid(0)", ""},
           {"uuid(10001)", ""},
           {"uuid('x')", ""},
           {"digest('abc', 'MD5', 'hex')", "900150983cd24fb0d6963f7d28e17f72"},
           {"digest('abc', 'MD5')", "kAFQmDzST7DWlj99KOF/cg=="},
           {"digest('abc', 'MD5', 'base64')", "kAFQmDzST7DWlj99KOF/cg=="},
           {"digest('abc', 'MD5', 'octal')", ""},
           {"digest('abc', 'MD9')", ""},
           {"base64-decode('YWJj')", "abc"},
           {"base64-decode('/w==')", ""},
           {"base64-decode('!')", ""},
           {"extract-signed('!', '!')", ""},
           {"extract-signed('YWJj', 'YWJj')", ""},
           {"extract-signed('YWJj', '!')", ""},
           {"extract-signed('YWJj', 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=')", ""}});
}

TEST_CASE("truths, checklists and names of what is there and what is not") {
    check({{"boolean-from-string('1')", "true"},
           {"boolean-from-string('yes')", "false"},
           {"checklist(1, 2, true(), false(), 'x')", "true"},
           {"checklist(-1, 1, 'a', 'b')", "false"},
           {"checklist(3, -1, 'a', 'b')", "false"},
           {"weighted-checklist(3, 5, 'a', 2, 'b', 1)", "true"},
           {"weighted-checklist(3, 5, 'a', 2, '', 9)", "false"},
           {"weighted-checklist(-1, -1, /data/r/n, /data/r/n)", "true"},
           {"weighted-checklist(1, 1, /data/r/n, 1)", "true"},  // truths without a weight add none
           {"checklist(-1, 0, /data/no)", "true"},              // what is stored of a truth
           {"concat(false(), '')", "false"},
           {"1 + false()", "1"},
           {"count(/data/r/n[number() > 1])", "1"},
           {"/data/r[position(/data/r[2]) = 2]/n", "1"},
           {"join(' ', randomize(instance('tree')/root/branch/leaf, number('x'))) = "
            "join(' ', randomize(instance('tree')/root/branch/leaf, 0))",
            "true"},
           {"regex('abc', concat('(', ''))", ""},
           {"name(/data/none)", ""},
           {"local-name('x')", ""},
           {"count-non-empty('x')", ""},
           {"randomize('x')", ""},
           {"selected-at('a b', 1)", "b"},
           {"selected-at('a b', 2)", ""},
           {"selected-at('a b', -1)", ""},
           {"selected-at('a b', 'x')", ""},
           {"jr:itext('t')", "Text"},
           {"jr:itext('none')", ""},
           {"once('first')", "first"}});
}

TEST_CASE("a position is a row's, or among siblings of the same name") {
    check({{"position(/data/r[2])", "2"},
           {"position(/data/a)", "1"},
           {"position(/data)", "1"},
           {"position(/)", "1"},
           {"position(/data/none)", ""},
           {"position('x')", ""},
           {"position(instance('tree')/root/branch[2])", "2"},
           {"position(instance('tree')/root/branch[2]/leaf[2])", "2"},
           {"position(instance('tree')/root)", "1"}});
}

TEST_CASE("a language is that of the nearest element that names one") {
    check({{"count(instance('tree')/root/branch[lang('en')])", "1"},
           {"count(instance('tree')/root/branch[lang('EN-gb')])", "1"},
           {"count(instance('tree')/root/branch[lang('e')])", "0"},
           {"count(instance('tree')/root/branch/leaf[lang('ar')])", "2"},
           {"count(instance('tree')/root[lang('ar')])", "0"},
           {"lang('en')", "false"}});
}

TEST_CASE("comparisons are by truth, number, moment or text, and of any node") {
    check({{"true() = 'x'", "true"},
           {"/data/r/n = true()", "true"},
           {"/data/none = true()", "false"},
           {"/data/none = ''", "true"},
           {"'' = /data/none", "true"},
           {"/data/none != /data/empty", "false"},
           {"/data/hid = ''", "true"},
           {"count(/data/hid)", "0"},
           {"/data/r/n = /data/r/n", "true"},
           {"/data/r/n != /data/r/n", "true"},
           {"/data/r/n > 1", "true"},
           {"/data/r/n > 2", "false"},
           {"2 <= /data/r/n", "true"},
           {"/data/r/n >= /data/a", "false"},
           {"/data/a < 'x'", "false"},
           {"'2026-03-01' = '2026-03-01T00:00:00.000+03:00'", "true"},
           {"'2026-03-01' = '2026-99-99'", "false"},
           {"/data/d > '2026-02-28'", "true"},
           {"/data/d + 1 = /data/d", "false"},
           {"number('2026-99-01')", ""},
           {"number(/data/none)", ""},
           {"not(/data/none)", "true"},
           {"boolean(0)", "false"},
           {"boolean(number('x'))", "false"}});
}

TEST_CASE("in Collect's profile only what is typed as a date counts as one") {
    check({{"number(/data/d) > 20000", "1"},
           {"number(/data/text) > 20000", "0"},
           {"number(/data/dt) > 20000", "1"},
           {"number(instance('tree')/root/branch/leaf) > 0", "0"},
           {"'2026-03-01' > 5", "0"},
           {"date('2026-03-01') > 20000", "1"},
           {"number('x')", "NaN"},
           {"1 div 3 > 0.3", "1"},
           {"12345678.5", "1.23456785E7"},
           {"false()", "0"}},
          Profile::kCollect);
}

TEST_CASE("in Web Forms' profile days are those of UTC and numbers JavaScript's") {
    check({{"0.0000001", "1e-7"},
           {"date('soon')", "Invalid Date"},
           {"date(99999999)", "Invalid Date"},
           {"number(date('1970-01-01')) < 0", "true"},
           {"regex('xabcx', 'abc')", "true"},
           {"round(-2.5)", "-3"},
           {"round(2.5)", "3"},
           {"count(/data/hid)", "1"},
           {"sum(/data/empty)", ""}},
          Profile::kWebForms);
}

TEST_CASE("indexed-repeat() leads to a row by the names of the target's path, in any writing") {
    check({{"indexed-repeat(/data/r/n, /data/r, 2)", "2"},
           {"indexed-repeat(n, /data/r, 2)", "2"},
           {"indexed-repeat(../n, /data/r, 2)", "2"},
           {"indexed-repeat(./../n, /data/r, 2)", "2"},
           {"indexed-repeat(/data/r/n, /data/r, 3)", ""},
           {"indexed-repeat(/data/r/n, /data/r, 0)", ""},
           {"indexed-repeat(/data/r/n, /data/r, number('x'))", ""},
           {"indexed-repeat(/data/r/n, 'r', 1)", ""},
           {"indexed-repeat(/data/r/n, /, 1)", ""},
           {"indexed-repeat('n', /data/r, 1)", ""},
           {"indexed-repeat(descendant::r/n, /data/r, 2)", ""}});
}
