// Paths over a record and its lists: every axis, and rows picked by place or by key.
#include <doctest/doctest.h>

#include "tests/forms/forms_fixture.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

constexpr std::string_view kForm =
    R"x(<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
      xmlns:jr="http://openrosa.org/javarosa"><h:head><model>
      <instance><data id="t" version="7"><nth>2</nth><wanted>c7</wanted><day>2026-01-02</day>
      <g><one>1</one><two>2</two></g>
      <item><code/><amount/><hid/><when/></item><last>z</last><out/></data></instance>
      <instance id="l"><root><item><name>a</name><kind>k</kind></item><item><name>b</name>
      <kind>k</kind></item><item><name>c1</name><kind>n</kind></item>
      <item><name>2026-01-01</name><kind>n</kind></item><item><name>5</name><kind/></item>
      </root></instance>
      <instance id="tree"><root><!--note--><?app do it?>
      <branch at="1">text<leaf>x</leaf>more</branch>
      <branch><leaf>y</leaf></branch></root></instance>
      <bind nodeset="/data/item/amount" type="int"/>
      <bind nodeset="/data/item/hid" relevant="../amount &gt; 10"/>
      <bind nodeset="/data/item/when" type="date"/>
      <bind nodeset="/data/out" calculate="@"/></model></h:head><h:body>
      <group ref="/data/item"><repeat nodeset="/data/item"><input ref="/data/item/code"/>
      <input ref="/data/item/amount"/><input ref="/data/item/hid"/><input ref="/data/item/when"/>
      </repeat></group></h:body></h:html>)x";

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        out += c == '<' ? "&lt;" : c == '"' ? "&quot;" : std::string(1, c);
    }
    return out;
}

/// What an expression gives on a record of twelve rows: codes c1 … c12, amounts 1 … 12.
std::string value_of(std::string_view expression) {
    std::string form(kForm);
    form.replace(form.find("@\"/></model>"), 1, escaped(expression));
    const LoadResult loaded = load(form);
    INFO(errors_of(loaded));
    REQUIRE(loaded.definition != nullptr);
    Fill fill(loaded.definition);
    std::vector<Answer> answers{
        {"nth", "2"}, {"wanted", "c7"}, {"day", "2026-01-02"}, {"g/one", "1"}, {"g/two", "2"}};
    for (int i = 1; i <= 12; ++i) {
        const std::string row = "item[" + std::to_string(i) + "]";
        answers.push_back({row, ""});
        answers.push_back({row + "/code", "c" + std::to_string(i)});
        answers.push_back({row + "/amount", std::to_string(i)});
        answers.push_back({row + "/hid", "h" + std::to_string(i)});
        answers.push_back({row + "/when", i == 5 ? "2026-01-02" : "2026-02-02"});
    }
    answers.push_back({"last", "z"});
    CHECK(fill.session.restore(answers).empty());
    return fill.session.value("out");
}

void check(const std::vector<std::pair<const char*, const char*>>& rows) {
    for (const auto& [expression, wanted] : rows) {
        CAPTURE(expression);
        CHECK(value_of(expression) == wanted);
    }
}

}  // namespace

TEST_CASE("a row is picked by its place, however the place is written") {
    check({{"string(/data/item[3]/code)", "c3"},
           {"string(/data/item[position() = 3]/code)", "c3"},
           {"string(/data/item[3 = position()]/code)", "c3"},
           {"string(/data/item[position() = /data/nth]/code)", "c2"},
           {"count(/data/item[position() = 2.5])", "0"},
           {"count(/data/item[0])", "0"},
           {"count(/data/item[13])", "0"},
           {"count(/data/item[position() = true()])", "12"},
           {"count(/data/item[position() = /data/item/amount])", "12"},
           {"count(/data/item[position() = amount])", "12"},
           {"count(/data/item[position() > 9])", "3"},
           {"count(/data/item[position() = 1 or position() = 2])", "2"},
           {"string(/data/item[last()]/code)", "c12"}});
}

TEST_CASE("rows are picked by a key of the type the comparison has") {
    check({{"string(/data/item[code = /data/wanted]/amount)", "7"},
           {"string(/data/item[/data/wanted = code]/amount)", "7"},
           {"string(/data/item[code = 'c7' and amount > 1]/amount)", "7"},
           {"count(/data/item[code = 'c7' and amount > 7])", "0"},
           {"count(/data/item[amount > 1 and code = 'c7'])", "1"},
           {"sum(/data/item[code = 'none']/amount)", "0"},
           {"count(/data/item[code = ''])", "0"},
           {"count(/data/item[hid = ''])", "10"},
           {"count(/data/item[hid = 'h12'])", "1"},
           {"count(/data/item[hid = 'h2'])", "0"},
           {"count(/data/item[amount = 7])", "1"},
           {"count(/data/item[amount = '7'])", "1"},
           {"count(/data/item[amount = '07'])", "0"},
           {"count(/data/item[code = true()])", "12"},
           {"count(/data/item[code = /data/item/code])", "12"},
           {"count(/data/item[when = '2026-01-02'])", "1"},
           {"count(/data/item[when = /data/day])", "1"},
           {"count(/data/item[code = 'c7'][amount = 8])", "0"},
           {"string(/data/item[code = 'c7'][1]/amount)", "7"},
           {"count(/data/item[code != 'c7'])", "11"},
           {"count(/data/item[code = amount])", "0"},
           {"count(/data/item[./code = 'c1'])", "1"},
           {"count(/data/item[../wanted = 'c7'])", "12"},
           {"count(/data/item[code = 'c1' = true()])", "1"},
           {"count(/data/item[code[1] = 'c7'])", "1"}});
}

TEST_CASE("items of a list are picked by its columns") {
    check({{"count(instance('l')/root/item[name = 'a'])", "1"},
           {"count(instance('l')/root/item['a' = name])", "1"},
           {"count(instance('l')/root/item[name = 'a' and kind = 'k'])", "1"},
           {"count(instance('l')/root/item[kind != 'n' and kind = 'k'])", "2"},
           {"count(instance('l')/root/item[selected('a b', name)])", "2"},
           {"count(instance('l')/root/item[selected(name, 'a')])", "1"},
           {"count(instance('l')/root/item[name = /data/item/code])", "1"},
           {"count(instance('l')/root/item[name = /data/item/when])", "0"},
           {"count(instance('l')/root/item[name = 5])", "1"},
           {"count(instance('l')/root/item[name = '2026-01-01'])", "1"},
           {"count(instance('l')/root/item[name = '2026-01-01' and kind = 'n'])", "1"},
           {"count(instance('l')/root/item[none = 'a'])", "0"},
           {"count(instance('l')/root/item[@name = 'a'])", "0"},
           {"count(instance('l')/root/item[name[1] = 'a'])", "1"},
           {"count(instance('l')/root/item[name/x = 'a'])", "0"},
           {"count(instance('l')/root/item[name = kind])", "0"},
           {"count(instance('l')/root/item[position() = 2 and name = 'b'])", "1"},
           {"count(instance('l')/root/item[name != 'a'])", "4"},
           {"string(instance('l')/root/item[kind = 'k'][2]/name)", "b"},
           {"string(instance('l')/root/item[2]/name)", "b"},
           {"count(instance('l')/root/other[name = 'a'])", "0"},
           {"count(instance('l')/root/*[name = 'a'])", "1"},
           {"count(instance('l')//item[name = 'a'])", "1"}});
}

TEST_CASE("every axis walks over a record as over any document") {
    check({{"count(/data/@*)", "2"},
           {"string(/data/@version)", "7"},
           {"count(/data/attribute::node())", "2"},
           {"name(/*)", "data"},
           {"count(/data/self::node())", "1"},
           {"count(/data/self::other)", "0"},
           {"count(/..)", "0"},
           {"count(/data/..)", "1"},
           {"count(/data/g/descendant-or-self::*)", "3"},
           {"count(/data/g/descendant::*)", "2"},
           {"count(/data/g/one/ancestor::*)", "2"},
           {"count(/data/g/one/ancestor-or-self::*)", "3"},
           {"count(/data/g/one/ancestor::node())", "3"},
           {"name(/data/g/one/following-sibling::*)", "two"},
           {"name(/data/g/two/preceding-sibling::*)", "one"},
           {"count(/data/@version/following-sibling::node())", "0"},
           {"count(/data/@version/preceding-sibling::node())", "0"},
           {"count(/data/preceding-sibling::node())", "0"},
           {"count(/preceding-sibling::node())", "0"},
           {"name(/data/g/following::*[1])", "item"},
           {"name(/data/@version/following::*[1])", "nth"},
           {"name(/data/g/preceding::*[1])", "day"},
           {"count(/data/@version/preceding::node())", "0"},
           {"name(/data/g/two/preceding::*[1])", "one"},
           {"count(/data/item[2]/preceding-sibling::item)", "1"},
           {"count(/data/item[2]/following-sibling::item)", "10"},
           {"count(/data/namespace::node())", "0"},
           {"count(/data/@version/namespace::node())", "0"},
           {"count(/data/g/text())", "0"},
           {"count(/data/comment())", "0"},
           {"count(/data/none:one)", "0"},
           {"count(/data/none:*)", "0"}});
}

TEST_CASE("nodes of every kind in a list's document are told apart") {
    // Comments and instructions of a form are not kept.
    check({{"count(instance('tree')/root/comment())", "0"},
           {"count(instance('tree')/root/processing-instruction())", "0"},
           {"count(instance('tree')/root/processing-instruction('other'))", "0"},
           {"count(instance('tree')/root/branch[1]/text())", "2"},
           {"count(instance('tree')/root/branch[1]/node())", "3"},
           {"count(instance('tree')/root/branch/@at)", "1"},
           {"name(instance('tree')/root/branch[2]/preceding::*[1])", "leaf"},
           {"string(instance('tree')/root/branch[@at = 1]/leaf)", "x"},
           {"string(instance('tree')/root/branch/leaf/text()/following::leaf)", "y"}});
}

TEST_CASE("nodes of two paths come once and in the record's order") {
    check({{"count(/data/item | /data/item[2])", "12"},
           {"name((/data/last | /data/nth)[1])", "nth"},
           {"name((/data/g/two | /data/g)[1])", "g"},
           {"name((/data/g | /data/g/two)[2])", "two"},
           {"name((/data/nth | /data/@version)[1])", "version"},
           {"count(/ | /data)", "2"},
           {"count(/data/g | instance('l')/root)", "2"},
           {"starts-with(string(/), '2c7')", "true"},
           {"string(/data/g)", "12"}});
}

TEST_CASE("a node of an indexed repeat is found below the row, or there is none") {
    check({{"indexed-repeat(/data/item/code, /data/item, 4)", "c4"},
           {"indexed-repeat(/data/item/code, /data/item, 0)", ""},
           {"indexed-repeat(/data/item/code, /data/item, 13)", ""},
           {"indexed-repeat(/data/item/code, /data/item, 'x')", ""},
           {"indexed-repeat(/data/item/hid, /data/item, 4)", ""},
           {"indexed-repeat(/data/item/hid, /data/item, 12)", "h12"},
           {"indexed-repeat(../item/code, /data/item, 2)", "c2"},
           {"indexed-repeat('code', /data/item, 1)", ""},
           {"indexed-repeat(/data/item/code, 'item', 1)", ""},
           {"indexed-repeat(/data/item/code, /data/item, 1, /data/g)", ""}});
}

TEST_CASE("a cell is pulled from a table that has the columns and the key") {
    check({{"pulldata('l', 'kind', 'name', 'a')", "k"},
           {"pulldata('l', 'kind', 'name', 'none')", ""},
           {"pulldata('l', 'none', 'name', 'a')", ""},
           {"pulldata('l', 'kind', 'none', 'a')", ""},
           {"pulldata('none', 'kind', 'name', 'a')", ""},
           {"pulldata('tree', 'leaf', 'at', '1')", ""}});
}
