// Recomputing only what an answer touches gives what computing everything gives.
#include <doctest/doctest.h>

#include "tests/forms/fill_forms.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

constexpr auto kAll = Session::Include::kAll;

/// Seen from the root: paths of every make over rows, groups, lists and single questions.
const std::vector<std::string>& outer() {
    static const std::vector<std::string> all = {
        "sum(/data/r/a)",
        "sum(/data/r[b = /data/p]/a)",
        "sum(/data/r[b = current()/../p]/a)",
        "sum(/data/r[b = ../p]/a)",
        "sum(/data/r[../p = 'x']/a)",
        "sum(/data/r[b = 'x' and a > 1]/a)",
        "count(/data/r[a > /data/q])",
        "count(/data/r[a = /data/q])",
        "count(/data/r[position() = /data/q])",
        "count(/data/r[position() < 3]/s)",
        "count(/data/r/s[c = 'x'])",
        "count(/data/r[s/c = 'x'])",
        "count(/data/r[count(s) > 1])",
        "count(/data/r[a = /data/r/a])",
        "count(/data/r[b = instance('l')/root/item/name])",
        "count(/data/r[selected(/data/p, b)])",
        "count(instance('l')/root/item[name = /data/p])",
        "count(instance('l')/root/item[name = /data/r/b])",
        "count(instance('l')/root/item[kind = 'k' and selected(/data/p, name)])",
        "join(',', /data/r/b)",
        "join(/data/p, /data/r/b)",
        "join(',', /data/p, /data/r/b)",
        "min(/data/r/a)",
        "max(/data/r/a, /data/q)",
        "count-non-empty(/data/r/b)",
        "string(/data/r[1]/a)",
        "string(/data/r[last()]/a)",
        "string((/data/r)[2]/a)",
        "string((/data/r/b | /data/p)[1])",
        "string(/data/g/../p)",
        "string(/data/g/./x)",
        "string(/data/*/x)",
        "count(//a)",
        "count(//s[c != ''])",
        "count(/data/r/following-sibling::r)",
        "count(/data/r/preceding::a[. > 1])",
        "count(/data/g/ancestor::data/r)",
        "sum(/data/r/a/../a)",
        "count(/data/r/s/../../r)",
        "sum(/data/r/descendant::a)",
        "string(/data/g/@k)",
        "indexed-repeat(/data/r/a, /data/r, /data/q)",
        "indexed-repeat(/data/r/s/c, /data/r, /data/q, /data/r/s, 1)",
        "if(/data/p = 'x', sum(/data/r/a), count(/data/r))",
        "count(/data/r[random() >= 0 and a > 1])",
        "concat(/data/g/x, ../q, string(../p))",
        "count(/data/r[a > 1][b = 'x'])",
        "boolean(/data/r[b = /data/p])"};
    return all;
}

/// Seen from a row.
const std::vector<std::string>& inner() {
    static const std::vector<std::string> all = {
        "position(..)",
        "count(../preceding-sibling::r)",
        "sum(/data/r/a)",
        "sum(../../r/a)",
        "../a + /data/q",
        "concat(../b, /data/p)",
        "count(../s)",
        "count(../s[c = current()/../b])",
        "count(/data/r[b = current()/../b])",
        "sum(/data/r[position() < position(current()/..)]/a)",
        "string(/data/r[position() = position(current()/..) - 1]/a)",
        "count(instance('l')/root/item[name = current()/../b])",
        "string(../../p)",
        "indexed-repeat(/data/r/a, /data/r, position(..))"};
    return all;
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
    }
    return out;
}

std::string form() {
    std::string outs;
    std::string ins;
    std::string binds;
    for (std::size_t i = 0; i < outer().size(); ++i) {
        const std::string name = "o" + std::to_string(i);
        outs += "<" + name + "/>";
        binds += "<bind nodeset=\"/data/" + name + "\" calculate=\"" + escaped(outer()[i]) + "\"/>";
    }
    for (std::size_t i = 0; i < inner().size(); ++i) {
        const std::string name = "i" + std::to_string(i);
        ins += "<" + name + "/>";
        binds +=
            "<bind nodeset=\"/data/r/" + name + "\" calculate=\"" + escaped(inner()[i]) + "\"/>";
    }
    return "<h:html xmlns=\"http://www.w3.org/2002/xforms\" "
           "xmlns:h=\"http://www.w3.org/1999/xhtml\"><h:head><model><instance><data id=\"t\">"
           "<p/><q/><g k=\"1\"><x/></g><r><a/><b/><s><c/></s>" +
           ins + "</r>" + outs +
           "</data></instance><instance id=\"l\"><root><item><name>x</name><kind>k</kind></item>"
           "<item><name>y</name><kind>k</kind></item><item><name>z</name><kind/></item></root>"
           "</instance><bind nodeset=\"/data/q\" type=\"int\"/><bind nodeset=\"/data/r/a\" "
           "type=\"int\"/><bind nodeset=\"/data/r/b\" relevant=\"/data/p != 'y'\"/>" +
           binds +
           "</model></h:head><h:body><input ref=\"/data/p\"/><input ref=\"/data/q\"/>"
           "<input ref=\"/data/g/x\"/><group ref=\"/data/r\"><repeat nodeset=\"/data/r\">"
           "<input ref=\"/data/r/a\"/><input ref=\"/data/r/b\"/><group ref=\"/data/r/s\">"
           "<repeat nodeset=\"/data/r/s\"><input ref=\"/data/r/s/c\"/></repeat></group></repeat>"
           "</group></h:body></h:html>";
}

/// One answer, row more or row less, at random.
void act(Session& session, RandomHand& hand) {
    static constexpr std::array<const char*, 5> kTexts{"x", "y", "z", "", "x z"};
    static constexpr std::array<const char*, 5> kNumbers{"1", "2", "3", "", "12"};
    std::size_t rows = 0;
    while (session.exists("r[" + std::to_string(rows + 1) + "]")) ++rows;
    const std::string row = "r[" + std::to_string(1 + hand.pick(rows == 0 ? 1 : rows)) + "]";
    switch (hand.pick(9)) {
        case 0: (void)session.answer("p", kTexts[hand.pick(5)]); break;
        case 1: (void)session.answer("q", kNumbers[hand.pick(5)]); break;
        case 2: (void)session.answer("g/x", kTexts[hand.pick(5)]); break;
        case 3: (void)session.answer(row + "/b", kTexts[hand.pick(5)]); break;
        case 4:
            if (rows < 14) (void)session.add_repeat("r");
            break;
        case 5:
            if (hand.pick(3) == 0) (void)session.remove_repeat(row);
            break;
        case 6: (void)session.add_repeat(row + "/s"); break;
        case 7: (void)session.answer(row + "/s[1]/c", kTexts[hand.pick(5)]); break;
        default: (void)session.answer(row + "/a", kNumbers[hand.pick(5)]); break;
    }
}

}  // namespace

TEST_CASE("whatever is answered, each calculation is as if all had been computed anew") {
    const std::uint64_t seed = 515;
    MESSAGE("seed " << seed);
    RandomHand hand(seed);
    const FormDefinitionPtr definition = must_load(form());
    Fill fill(definition);
    Session& s = fill.session;
    for (int step = 0; step < 250; ++step) {
        act(s, hand);
        if (step % 3 != 0) continue;
        Fill anew(definition, true);
        REQUIRE(anew.session.restore(s.answers(kAll)).empty());
        for (std::size_t i = 0; i < outer().size(); ++i) {
            INFO(outer()[i] << " after step " << step);
            const std::string ref = "o" + std::to_string(i);
            CHECK(s.value(ref) == anew.session.value(ref));
        }
        for (std::size_t row = 1; s.exists("r[" + std::to_string(row) + "]"); ++row) {
            for (std::size_t i = 0; i < inner().size(); ++i) {
                INFO(inner()[i] << " in row " << row << " after step " << step);
                const std::string ref = "r[" + std::to_string(row) + "]/i" + std::to_string(i);
                CHECK(s.value(ref) == anew.session.value(ref));
            }
        }
    }
}
