#include <doctest/doctest.h>

#include "forms/digest.h"
#include "forms/expression.h"
#include "forms/regex.h"
#include "forms/value.h"
#include "tests/forms/forms_fixture.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

/// The value of one expression in a small form.
std::string value_of(std::string_view expression) {
    const std::string form = R"(<h:html xmlns="http://www.w3.org/2002/xforms"
      xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa"><h:head><model>
      <instance><data id="t"><a>5</a><b>x y z</b><d>2026-03-01</d><r><n>1</n></r><r><n>2</n></r>
      <out/></data></instance><bind nodeset="/data/out" calculate=")" +
                             std::string(expression) + R"("/></model></h:head><h:body>
      <repeat nodeset="/data/r"><input ref="/data/r/n"/></repeat></h:body></h:html>)";
    const LoadResult loaded = load(form);
    INFO(errors_of(loaded));
    REQUIRE(loaded.definition != nullptr);
    return Fill(loaded.definition).session.value("out");
}

}  // namespace

TEST_CASE("expressions give what XPath and ODK say") {
    const std::pair<const char*, const char*> kCases[] = {
        {"1 + 2 * 3", "7"},
        {"/data/a - 1", "4"},
        {"../a div 2", "2.5"},
        {"-7 mod 3", "-1"},
        {"round(-2.5)", "-2"},
        {"round(1.005, 2)", "1.01"},
        {"if(/data/a > 4, 'big', 'small')", "big"},
        {"selected(/data/b, 'y')", "true"},
        {"count-selected(/data/b)", "3"},
        {"selected-at(/data/b, 1)", "y"},
        {"sum(/data/r/n)", "3"},
        {"count(/data/r)", "2"},
        {"max(/data/r/n)", "2"},
        {"/data/r[n = 2]/n", "2"},
        {"/data/r[position() = 1]/n", "1"},
        {"/data/r[last()]/n", "2"},
        {"indexed-repeat(/data/r/n, /data/r, 2)", "2"},
        {"join('-', /data/r/n)", "1-2"},
        {"concat('a', 1, true())", "a1true"},
        {"coalesce('', 'z')", "z"},
        {"substr('مرحبا', 1, 3)", "رح"},
        {"string-length('أربيل')", "5"},
        {"translate('abc', 'ab', 'x')", "xc"},
        {"regex('0770', '[0-9]{4}')", "true"},
        {"regex('0770x', '[0-9]{4}')", "false"},
        {"'2020-01-02' + 1", "18264"},
        {"'2020-01-02' &lt; '2020-01-10'", "true"},
        {"date('2020-02-28') + 2", "18322"},
        {"date(18322)", "2020-03-01"},
        {"format-date(/data/d, '%d/%m/%Y')", "01/03/2026"},
        {"today()", "2026-01-01"},
        {"number('abc')", ""},
        {"1000000000000000000000", "1000000000000000000000"},
        {"boolean-from-string('1')", "true"},
        {"digest('abc', 'MD5', 'hex')", "900150983cd24fb0d6963f7d28e17f72"},
        {"not(/data/nothing)", "true"},
        {"/data/a | /data/b", "5"},
        {"(1 or 1 div 0) and true()", "true"}};
    for (const auto& [expression, want] : kCases) {
        INFO(expression);
        CHECK(value_of(expression) == want);
    }
}

TEST_CASE("an expression that isn't one says where and what was expected") {
    StringPool names;
    Expression out;
    ParseProblem problem;
    CHECK_FALSE(Expression::parse("1 + ", names, out, problem));
    CHECK(problem.at == 4);
    CHECK_FALSE(Expression::parse("count(/data/a", names, out, problem));
    CHECK(problem.expected == "')'");
    CHECK_FALSE(Expression::parse("a b", names, out, problem));
    CHECK(problem.found == "b");
}

TEST_CASE("brackets nested without end are refused, long chains are not") {
    StringPool names;
    Expression out;
    ParseProblem problem;
    CHECK_FALSE(Expression::parse(std::string(5000, '(') + "1", names, out, problem));
    CHECK_FALSE(Expression::parse(std::string(300'000, '1'), names, out, problem));
    std::string chain = "a = 1";
    for (int i = 0; i < 5000; ++i) chain += " or a = 1";
    CHECK(Expression::parse(chain, names, out, problem));
}

TEST_CASE("patterns match whole texts in linear time") {
    const auto matches = [](const char* pattern, const char* text) {
        const auto compiled = Pattern::compile(pattern);
        REQUIRE(compiled.has_value());
        return compiled->matches(text);
    };
    CHECK(matches("^07[0-9]{9}$", "07701234567"));
    CHECK_FALSE(matches("07[0-9]{9}", "077012345678"));
    CHECK(matches("[؀-ۿ ]+", "أحمد علي"));
    CHECK(matches("(a|b)*c?", "abba"));
    CHECK(matches("[^\\d]+", "abc"));
    CHECK(matches("\\u0041\\.", "A."));
    CHECK_FALSE(Pattern::compile("(a").has_value());
    CHECK_FALSE(Pattern::compile("a{5,2}").has_value());
    CHECK_FALSE(Pattern::compile("(?=a)").has_value());
    CHECK_FALSE(Pattern::compile("((((a{1000}){1000}){1000}){1000})").has_value());
    // (a+)+$ is the classic that backtracking never finishes.
    CHECK_FALSE(matches("(a+)+b", std::string(5000, 'a').c_str()));
}

TEST_CASE("digests are those of the standards") {
    const auto hex = [](const char* algorithm, std::string_view text) {
        return to_hex(*digest(text, algorithm));
    };
    CHECK(hex("MD5", "") == "d41d8cd98f00b204e9800998ecf8427e");
    CHECK(hex("SHA-1", "abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(hex("SHA-256", "abc") ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(hex("SHA-512", "abc").starts_with("ddaf35a193617abacc417349ae204131"));
    CHECK(hex("SHA-384", "abc").starts_with("cb00753f45a35e8bb5a03d699ac65007"));
    CHECK_FALSE(digest("", "CRC").has_value());
    CHECK(base64_encode(as_bytes("Hello")) == "SGVsbG8=");
    CHECK(base64_decode("SGVsbG8=") == "Hello");
}

TEST_CASE("impossible dates are no dates") {
    const auto zone = fixed_zone(3 * 3600);
    CHECK(parse_moment("2024-02-29", zone).has_value());
    for (const char* text :
         {"2023-02-29", "2023-13-01", "2023-00-10", "20230110", "2023-01-01T25:00"}) {
        INFO(text);
        CHECK_FALSE(parse_moment(text, zone).has_value());
    }
    CHECK(print_date(days_from_civil({2026, 11, 23})) == "2026-11-23");
    CHECK(civil_from_days(-1).year == 1969);
}
