// Reading XForm XML: prefixes by what they are bound to, lines in messages, every cycle named.
#include <doctest/doctest.h>

#include "tests/forms/forms_fixture.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

const Diagnostic* first(const LoadResult& result, DiagnosticCode code) {
    for (const Diagnostic& each : result.diagnostics) {
        if (each.code == code) return &each;
    }
    return nullptr;
}

/// A form with rows, a message, an action, metadata and a choice's name, under given prefixes.
std::string form_with(const std::string& jr, const std::string& orx, const std::string& odk,
                      const std::string& ev) {
    return "<h:html xmlns=\"http://www.w3.org/2002/xforms\" "
           "xmlns:h=\"http://www.w3.org/1999/xhtml\" xmlns:" +
           jr + "=\"http://openrosa.org/javarosa\" xmlns:" + orx +
           "=\"http://openrosa.org/xforms\" xmlns:" + odk +
           "=\"http://www.opendatakit.org/xforms\" xmlns:" + ev +
           "=\"http://www.w3.org/2001/xml-events\"><h:head><model " + odk +
           ":xforms-version=\"1.0.0\"><instance><data id=\"t\"><k>2</k><n/><c/><told/><set/>"
           "<r " +
           jr + ":template=\"\"><a/></r><" + orx + ":meta><" + orx + ":instanceID/></" + orx +
           ":meta></data></instance><instance id=\"" + jr + "\"><root><item><name>" + jr +
           ":x</name></item></root></instance><bind nodeset=\"/data/n\" constraint=\". &gt; 1\" " +
           jr + ":constraintMsg=\"too small\"/><bind nodeset=\"/data/told\" calculate=\"concat(" +
           jr + ":choice-name(/data/c, '/data/c'), ' " + jr + ":')\"/><bind nodeset=\"/data/" +
           orx + ":meta/" + orx + ":instanceID\" " + jr + ":preload=\"uid\"/><setvalue " + ev +
           ":event=\"odk-instance-first-load\" ref=\"/data/set\" value=\"1 + 1\"/></model></h:head>"
           "<h:body><input ref=\"/data/n\"/><select1 ref=\"/data/c\"><item><label>One</label>"
           "<value>a</value></item></select1><repeat nodeset=\"/data/r\" " +
           jr + ":count=\"/data/k\"><input ref=\"/data/r/a\"/></repeat></h:body></h:html>";
}

}  // namespace

TEST_CASE("prefixes mean what they are bound to, not how they are called") {
    for (const auto& [jr, orx, odk, ev] :
         {std::array<std::string, 4>{"jr", "orx", "odk", "ev"},
          std::array<std::string, 4>{"rosa", "o", "kit", "events"}}) {
        INFO(jr);
        const auto loaded = load(form_with(jr, orx, odk, ev));
        INFO(errors_of(loaded));
        REQUIRE(loaded.definition != nullptr);
        CHECK(first(loaded, DiagnosticCode::kUnknownFunction) == nullptr);
        Fill fill(loaded.definition);
        CHECK(fill.session.exists("r[2]"));
        CHECK_FALSE(fill.session.exists("r[3]"));
        CHECK(fill.session.value("set") == "2");
        CHECK(fill.session.value("meta/instanceID").starts_with("uuid:"));
        REQUIRE(fill.session.answer("c", "a").ok());
        CHECK(fill.session.value("told") == "One " + jr + ":");  // text stays as it is
        REQUIRE(fill.session.answer("n", "1").ok());
        CHECK(fill.session.view("n").value().problem->message == "too small");
        const auto again = load(write_xform(*loaded.definition));
        INFO(errors_of(again));
        REQUIRE(again.definition != nullptr);
        CHECK(Fill(again.definition).session.exists("r[2]"));
    }
}

TEST_CASE("what is wrong in an XForm is told with its line") {
    const auto loaded = load(
        "<h:html xmlns=\"http://www.w3.org/2002/xforms\" "
        "xmlns:h=\"http://www.w3.org/1999/xhtml\">\n"
        "<h:head><model><instance><data id=\"t\"><a/><b/></data></instance>\n"
        "<bind nodeset=\"/data/a\"/>\n"
        "<bind nodeset=\"/data/b\"\n  relevant=\"1 +\"/>\n"
        "</model></h:head>\n<h:body><input ref=\"/data/a\"/>\n<input ref=\"/data/gone\"/></h:body>"
        "</h:html>");
    const Diagnostic* unknown = first(loaded, DiagnosticCode::kUnknownNode);
    REQUIRE(unknown != nullptr);
    CHECK(unknown->where.row == 8);
    const auto broken = load(
        "<h:html xmlns=\"http://www.w3.org/2002/xforms\" "
        "xmlns:h=\"http://www.w3.org/1999/xhtml\">\n"
        "<h:head><model><instance><data id=\"t\"><a/><b/></data></instance>\n"
        "<bind nodeset=\"/data/b\"\n  relevant=\"1 +\"/>\n"
        "</model></h:head>\n<h:body><input ref=\"/data/a\"/></h:body></h:html>");
    const Diagnostic* expression = first(broken, DiagnosticCode::kBadExpression);
    REQUIRE(expression != nullptr);
    CHECK(expression->where.row == 3);
    CHECK(expression->where.sheet == "bind");
}

TEST_CASE("every cycle of an XForm is named, a node that reads itself is none") {
    const std::string bind = "<bind nodeset=\"/data/";
    const auto loaded = load(
        "<h:html xmlns=\"http://www.w3.org/2002/xforms\" xmlns:h=\"http://www.w3.org/1999/xhtml\">"
        "<h:head><model><instance><data id=\"t\"><a/><b/><c/><d/><e/><f/></data></instance>" +
        bind + "a\" calculate=\"/data/b + 1\"/>" + bind + "b\" relevant=\"/data/a = 1\"/>" + bind +
        "c\" calculate=\"/data/d\"/>" + bind + "d\" calculate=\"/data/e\"/>" + bind +
        "e\" calculate=\"/data/c + /data/a\"/>" + bind + "f\" calculate=\"/data/f + 1\"/>" +
        "</model></h:head><h:body><input ref=\"/data/a\"/></h:body></h:html>");
    CHECK(loaded.definition == nullptr);
    std::vector<std::string> told;
    for (const Diagnostic& each : loaded.diagnostics) {
        if (each.code == DiagnosticCode::kCycle) told.push_back(each.args.at(0));
    }
    REQUIRE(told.size() == 2);
    for (const std::string& cycle : told) {
        INFO(cycle);
        const bool small = cycle.find("a (") != std::string::npos;
        for (const char* node : {"a (", "b ("})
            CHECK((cycle.find(node) != std::string::npos) == small);
        for (const char* node : {"c (", "d (", "e ("}) {
            CHECK((cycle.find(node) != std::string::npos) == !small);
        }
        CHECK(cycle.find("f (") == std::string::npos);
    }
}

TEST_CASE("every cycle of a workbook is named with its rows") {
    const auto loaded = load(
        "| survey |           |      |       |             |\n"
        "|        | type      | name | label | calculation |\n"
        "|        | calculate | a    |       | ${b} + 1    |\n"
        "|        | calculate | b    |       | ${a} + 1    |\n"
        "|        | calculate | x    |       | ${y} + 1    |\n"
        "|        | calculate | y    |       | ${x} + 1    |\n"
        "|        | text      | q    | Q     |             |\n");
    std::string told;
    for (const Diagnostic& each : loaded.diagnostics) {
        if (each.code == DiagnosticCode::kCycle) told += each.args.at(0) + "\n";
    }
    for (const char* node : {"a (2)", "b (3)", "x (4)", "y (5)"}) {
        INFO(told);
        CHECK(told.find(node) != std::string::npos);
    }
}
