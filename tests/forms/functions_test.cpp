// Every function of expressions: what it gives, at its edges too.
#include <doctest/doctest.h>

#include <set>

#include "forms/date_names.h"
#include "forms/digest.h"
#include "forms/expression.h"
#include "platform/crypto.h"
#include "tests/forms/forms_fixture.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

using Rows = std::vector<std::pair<const char*, const char*>>;

constexpr std::string_view kForm =
    R"x(<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
      xmlns:jr="http://openrosa.org/javarosa"><h:head><model>
      <instance><data id="t" version="7"><a>5</a><b>x y z</b><d>2026-03-01</d>
      <dt>2026-03-01T10:30:00.000+03:00</dt><empty/><hidden>9</hidden><m>  two   words </m>
      <pick>y</pick><many>x z</many>
      <r><n>1</n><s><q>a</q></s><s><q>b</q></s></r><r><n>2</n><s><q>c</q></s></r><r><n/></r>
      <out/></data></instance>
      <instance id="towns"><root><item><name>x</name><label>Ex</label></item><item><name>y</name>
      <label>Why</label></item></root></instance>
      <bind nodeset="/data/d" type="date"/><bind nodeset="/data/dt" type="dateTime"/>
      <bind nodeset="/data/hidden" relevant="false()"/>
      <bind nodeset="/data/out" calculate="@"/></model></h:head><h:body>
      <select1 ref="/data/pick"><item><label>The X</label><value>x</value></item><item>
      <label>The Y</label><value>y</value></item></select1>
      <select ref="/data/many"><itemset nodeset="instance('towns')/root/item"><value ref="name"/>
      <label ref="label"/></itemset></select>
      <group ref="/data/r"><repeat nodeset="/data/r"><input ref="/data/r/n"/>
      <group ref="/data/r/s"><repeat nodeset="/data/r/s"><input ref="/data/r/s/q"/></repeat></group>
      </repeat></group></h:body></h:html>)x";

FormDefinitionPtr definition_of(std::string_view expression) {
    std::string form(kForm);
    std::string escaped;
    for (const char c : expression) {
        escaped += c == '<'   ? std::string("&lt;")
                   : c == '&' ? std::string("&amp;")
                   : c == '"' ? std::string("&quot;")
                              : std::string(1, c);
    }
    form.replace(form.find("@\"/></model>"), 1, escaped);
    const LoadResult loaded = load(form);
    INFO(errors_of(loaded));
    REQUIRE(loaded.definition != nullptr);
    return loaded.definition;
}

std::string value_of(std::string_view expression) {
    return Fill(definition_of(expression)).session.value("out");
}

void check(const Rows& rows) {
    for (const auto& [expression, want] : rows) {
        INFO(expression);
        CHECK(value_of(expression) == want);
    }
}

}  // namespace

TEST_CASE("functions: text") {
    check({{"string(1.50)", "1.5"},
           {"concat()", ""},
           {"concat(/data/r/n, '-', true())", "12-true"},
           {"join(',', /data/r/n)", "1,2,"},
           {"join(', ', 'a', 'b', /data/a)", "a, b, 5"},
           {"join('-')", ""},
           {"substr('abcdef', 2)", "cdef"},
           {"substr('abcdef', -2)", "ef"},
           {"substr('abcdef', 1, -1)", "bcde"},
           {"substr('abcdef', 4, 2)", ""},
           {"substr('abcdef', -99, 99)", "abcdef"},
           {"substr('abc', 'x')", ""},
           {"substring('12345', 2, 3)", "234"},
           {"substring('12345', 1.5, 2.6)", "234"},
           {"substring('12345', 0 div 0, 3)", ""},
           {"substring('12345', -42, 1 div 0)", "12345"},
           {"substring('12345', 2)", "2345"},
           {"substring-before('2026-03', '-')", "2026"},
           {"substring-after('2026-03', '-')", "03"},
           {"substring-before('abc', 'z')", ""},
           {"translate('bar', 'abc', 'AB')", "BAr"},
           {"translate('أب', 'أ', 'ا')", "اب"},
           {"string-length(/data/b)", "5"},
           {"string-length('')", "0"},
           {"normalize-space(/data/m)", "two words"},
           {"contains('abc', 'bc') and not(contains('abc', 'd'))", "true"},
           {"starts-with('abc', 'ab') and ends-with('abc', 'bc')", "true"},
           {"string-length(uuid())", "36"},
           {"string-length(uuid(50))", "50"},
           {"uuid(0)", ""},
           {"base64-decode('SGVsbG8=')", "Hello"},
           {"base64-decode('*')", ""},
           {"digest('abc', 'SHA-1')", "qZk+NkcGgWq6PiVxeFDCbJzQ2J0="},
           {"digest('abc', 'SHA-256', 'hex')",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
           {"digest('abc', 'CRC')", ""},
           {"digest('abc', 'MD5', 'octal')", ""},
           {"version()", "7"},
           {"property('deviceid')", ""},
           {"property('shoe-size')", ""}});
}

TEST_CASE("functions: truth and choice") {
    check({{"if(/data/a > 4, 'big', 'small')", "big"},
           {"if(/data/empty, 'node', 'none')", "node"},
           {"coalesce('', '', 'third')", "third"},
           {"coalesce(/data/hidden, 'shown')", "shown"},
           {"boolean('')", "false"},
           {"boolean(0 div 0)", "false"},
           {"boolean-from-string('TRUE')", "true"},
           {"boolean-from-string('1')", "true"},
           {"boolean-from-string('yes')", "false"},
           {"regex(/data/a, '[0-9]')", "true"},
           {"checklist(1, 2, true(), false(), true())", "true"},
           {"checklist(-1, 1, true(), true())", "false"},
           {"checklist(2, -1, /data/r/n)", "true"},
           {"weighted-checklist(5, 7, true(), 2, true(), 4, false(), 100)", "true"},
           {"weighted-checklist(5, -1, true(), 2)", "false"},
           {"depend('x', /data/a)", "x"},
           {"once('new')", "new"},
           {"true() and not(false())", "true"}});
}

TEST_CASE("functions: numbers") {
    check({{"number('  -1.50 ')", "-1.5"},
           {"number('.5') + number('5.')", "5.5"},
           {"number('1e3')", ""},
           {"number('+1')", ""},
           {"number('')", ""},
           {"number(true())", "1"},
           {"int(-2.7)", "-2"},
           {"int('x')", ""},
           {"round(2.5)", "3"},
           {"round(-2.5)", "-2"},
           {"round(1.005, 2)", "1.01"},
           {"round(1234.567, -2)", "1200"},
           {"round(55.55, 1.9)", "55.6"},
           {"round('x', 1)", ""},
           {"round(1, 'x')", ""},
           {"floor(-1.5)", "-2"},
           {"ceiling(1.2)", "2"},
           {"ceil(1.2)", "2"},
           {"abs(-3)", "3"},
           {"pow(2, 10)", "1024"},
           {"sqrt(16) + exp(0) + exp10(2) + log10(100) + log(1)", "107"},
           {"round(sin(pi() div 2) + cos(0) + tan(0), 6)", "2"},
           {"round(asin(1) + acos(1) + atan(0) + atan2(0, 1), 4)", "1.5708"},
           {"sum(/data/r/n)", "3"},
           {"sum(/data/nothing)", "0"},
           {"sum('x')", ""},
           {"max(/data/r/n)", "2"},
           {"min(/data/r/n, -4, '')", "-4"},
           {"max(/data/empty)", ""},
           {"max(1, 'x')", ""},
           {"random() < 1", "true"},
           {"1 div 0", "Infinity"},
           {"-1 div 0", "-Infinity"},
           {"-5 mod 2", "-1"},
           {"0.1 + 0.2", "0.30000000000000004"},
           {"1 div 3", "0.3333333333333333"},
           {"123456789012345680000 * 10", "1234567890123456800000"},
           {"- - 5", "5"},
           {"-0 * 1", "0"}});
}

TEST_CASE("functions: dates and times, local and not") {
    check({{"date('2026-03-01')", "2026-03-01"},
           {"date(0)", "1970-01-01"},
           {"date('2026-02-30')", ""},
           {"date('')", ""},
           {"date(1 div 0)", ""},
           {"date-time('2026-03-01T10:00:00Z')", "2026-03-01T13:00:00.000+03:00"},
           {"date-time(0.5)", "1970-01-01T12:00:00.000+03:00"},
           {"today() = date('2026-01-01')", "true"},
           {"now()", "2026-01-01T03:00:00.000+03:00"},
           {"number(/data/d)", "20513"},
           {"/data/d - today()", "59"},
           {"/data/d > '2026-02-28'", "true"},
           {"'2026-03-01T10:00:00+03:00' = '2026-03-01T07:00:00Z'", "true"},
           {"decimal-date-time('1970-01-02T00:00:00.000Z')", "1"},
           {"decimal-date-time(3.25)", "3.25"},
           {"decimal-date-time('x')", ""},
           {"decimal-time('06:00:00')", "0.25"},
           {"decimal-time('2026-03-01T18:00:00.000+03:00')", "0.75"},
           {"decimal-time('2026-03-01')", "0"},
           {"decimal-time(4.5)", "0.5"},
           {"decimal-time('late')", ""},
           {"format-date(/data/d, '%Y|%y|%m|%n|%b|%d|%e|%a')", "2026|26|03|3|Mar|01|1|Sun"},
           {"format-date-time(/data/dt, '%H:%M:%S.%3 %h %% %q %')", "10:30:00.000 10 % %q %"},
           {"format-date('', '%Y')", ""},
           {"format-date('never', '%Y')", ""},
           {"format-date(20513, '%d.%m.%Y')", "01.03.2026"}});
}

TEST_CASE("functions: months and weekdays speak the form's language") {
    CHECK(month_name(1, "ar") == "كانون الثاني");
    CHECK(month_name(12, "ckb") == "کانوونی یەکەم");
    CHECK(month_name(2, "kmr") == "Sibat");
    CHECK(month_name(2, "ku-TR") == "Sibat");
    CHECK(month_name(8, "fr-CA") == "août");
    CHECK(month_name(3, "xx") == "Mar");
    CHECK(weekday_name(0, "ar") == "الأحد");
    CHECK(weekday_name(5, "kmr") == "În");
    CHECK(weekday_name(6, "de") == "Sa");
    CHECK(weekday_name(5, "") == "Fri");
}

TEST_CASE("functions: lists of choices") {
    check({{"selected(/data/b, ' y ')", "true"},
           {"selected(/data/b, 'x y')", "false"},
           {"is-selected(/data/b, 'z')", "true"},
           {"selected('', '')", "false"},
           {"selected-at(/data/b, 2)", "z"},
           {"selected-at(/data/b, 3)", ""},
           {"selected-at(/data/b, -1)", ""},
           {"count-selected('  a  b ')", "2"},
           {"jr:choice-name(/data/pick, '/data/pick')", "The Y"},
           {"jr:choice-name('x', ' /data/pick ')", "The X"},
           {"jr:choice-name(selected-at(/data/many, 0), '/data/many')", "Ex"},
           {"jr:choice-name('nobody', '/data/pick')", ""},
           {"jr:choice-name('x', '/data/a')", ""},
           {"jr:choice-name('x', '/data/absent')", ""},
           {"jr:choice-name('x', '1 +')", ""},
           {"jr:choice-name('x', '../pick')", "The X"},
           {"pulldata('towns', 'label', 'name', 'y')", "Why"},
           {"pulldata('towns', 'label', 'name', 'q')", ""},
           {"pulldata('towns', 'shoe', 'name', 'y')", ""},
           {"pulldata('nowhere', 'label', 'name', 'y')", ""}});
}

TEST_CASE("functions: node-sets, positions and rows") {
    check({{"count(/data/r)", "3"},
           {"count('x')", ""},
           {"count-non-empty(/data/r/n)", "2"},
           {"count-non-empty(3)", ""},
           {"position(/data/r[n = 2])", "2"},
           {"position(/data/r[n = 7])", ""},
           {"position('x')", ""},
           {"/data/r[position() = last() - 1]/n", "2"},
           {"indexed-repeat(/data/r/n, /data/r, 2)", "2"},
           {"indexed-repeat(/data/r/s/q, /data/r, 1, /data/r/s, 2)", "b"},
           {"indexed-repeat(/data/r/s/q, /data/r/s, 2, /data/r, 1)", "b"},
           {"indexed-repeat(/data/r/n, /data/r, 9)", ""},
           {"indexed-repeat(/data/r/n, /data/r, 0)", ""},
           {"indexed-repeat('x', /data/r, 1)", ""},
           {"indexed-repeat(/data/r/n, 'x', 1)", ""},
           {"instance('towns')/root/item[name = 'y']/label", "Why"},
           {"count(instance('nowhere')/root/item)", "0"},
           {"name(/data/r)", "r"},
           {"local-name(/data/nothing)", ""},
           {"namespace-uri(/data/a)", ""},
           {"name('x')", ""},
           {"count(randomize(/data/r/n, 42))", "3"},
           {"randomize('x')", ""},
           {"current()/../a", "5"},
           {"count(/data/r/n | /data/a)", "4"},
           {"'a' | 'b'", ""},
           {"count(/data/r/@id)", "0"},
           {"count(/data/r/following-sibling::*)", "4"},
           {"count(/data/out/preceding-sibling::r)", "3"},
           {"count(//q)", "3"},
           {"count(/data/r/s/ancestor::*)", "3"},
           {"count(/data/a/following::q) + count(/data/out/preceding::q)", "6"},
           {"/data/a/self::b", ""},
           {"count(/data/namespace::*)", "0"},
           {"/data/a/parent::data/b", "x y z"},
           {"lang('en')", "false"},
           {"count(id('x'))", "0"}});
}

TEST_CASE("functions: seeds make one order, whatever they are written as") {
    const std::string by_number = value_of("join('', randomize(/data/r/n, 42))");
    CHECK(value_of("join('', randomize(/data/r/n, '42'))") == by_number);
    std::set<std::string> orders;
    for (int seed = 0; seed < 30; ++seed) {
        orders.insert(value_of("join(',', randomize(/data/r/n, " + std::to_string(seed) + "))"));
    }
    CHECK(orders.size() >= 4);
    // A text that is no number is a seed too; nothing is the seed zero.
    CHECK(value_of("join(',', randomize(/data/r/n, 'Layla'))") ==
          value_of("join(',', randomize(/data/r/n, 'Layla'))"));
    CHECK(value_of("join(',', randomize(/data/r/n, ''))") ==
          value_of("join(',', randomize(/data/r/n, 0))"));
    CHECK(value_of("join(',', randomize(/data/r/n, 1 div 0))") ==
          value_of("join(',', randomize(/data/r/n, 0))"));
}

TEST_CASE("functions: places") {
    check({{"round(distance('0 0 0 0; 0 1 0 0'), 0)", "111319"},
           {"round(distance('0 0', '0 1', '0 2'), 0)", "222638"},
           {"distance('0 0')", "0"},
           {"distance('nowhere')", ""},
           {"round(area('0 0;0 0.01;0.01 0.01;0.01 0;0 0') div 1000, 0)", "1239"},
           {"enclosed-area('0 0;0 1')", "0"},
           {"area('x')", ""},
           {"geofence('0.5 0.5', '0 0;0 1;1 1;1 0;0 0')", "true"},
           {"geofence('2 0.5', '0 0;0 1;1 1;1 0;0 0')", "false"},
           {"geofence('0.5 0.5', '0 0;0 1;1 1')", "false"},
           {"geofence('', '0 0;0 1;1 1;0 0')", "false"},
           {"intersects('')", "false"},
           {"intersects('0 0')", "false"},
           {"intersects('0 0;1 1')", "false"},
           {"intersects('0 0;1 1;0 1;1 0')", "true"},
           {"intersects('0 0;0 1;1 1;1 0;0 0')", "false"},
           {"intersects('0 0;1 1;1 0;0 1;0 0')", "true"},
           {"intersects('0 0;0 2;0 1')", "true"},
           {"intersects('0 0;0 2;1 2;0 1')", "true"},
           {"intersects('0 0;0 0;0 1;1 1')", "false"},
           {"intersects('north')", ""}});
}

TEST_CASE("functions: a signed message shows itself only to its key") {
    const SignKey key =
        sign_key_from_seed(as_bytes(std::string_view("01234567890123456789012345678901")));
    const std::string message = "AWDATEST: genuine data";
    const Signature signature = sign(key, message.substr(0, 8), as_bytes(message.substr(8)));
    Bytes all(signature.begin(), signature.end());
    all.insert(all.end(), message.begin(), message.end());
    const std::string good = base64_encode(key.pub);
    const auto extract = [&](const Bytes& contents, const std::string& pub) {
        return value_of("extract-signed('" + base64_encode(contents) + "', '" + pub + "')");
    };
    CHECK(extract(all, good) == message);
    Bytes altered = all;
    altered.back() ^= 1U;
    CHECK(extract(altered, good).empty());
    CHECK(extract(Bytes(10), good).empty());
    CHECK(extract(all, base64_encode(Bytes(32))).empty());
    CHECK(extract(all, "short").empty());
    CHECK(value_of("extract-signed('?', '?')").empty());
}

TEST_CASE("functions: each says how many arguments it takes") {
    StringPool names;
    for (const std::string& name : function_names()) {
        INFO(name);
        const Fn fn = find_function(name);
        REQUIRE(fn != Fn::kUnknown);
        CHECK(function_name(fn) == name);
    }
    CHECK(find_function("no-such") == Fn::kUnknown);
    CHECK(find_function("enclosed-area") == Fn::kArea);
    CHECK(find_function("is-selected") == Fn::kSelected);
    for (const char* text : {"selected('a')", "pi(1)", "if(1, 2)", "substr('a')", "regex('a')",
                             "intersects('a', 'b')", "extract-signed('a')", "true(1)",
                             "randomize()", "indexed-repeat(1, 2)", "pulldata('a', 'b', 'c')"}) {
        INFO(text);
        Expression out;
        ParseProblem problem;
        REQUIRE(Expression::parse(text, names, out, problem));
        CHECK(out.node(out.root()).bad_arguments);
    }
}
