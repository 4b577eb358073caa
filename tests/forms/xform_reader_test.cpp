// Reading XForm XML: prefixes by what they are bound to, lines in messages, every cycle named.
#include <doctest/doctest.h>

#include "tests/forms/written_forms.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

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
        CHECK(find(loaded, DiagnosticCode::kUnknownFunction) == nullptr);
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
    const Diagnostic* unknown = find(loaded, DiagnosticCode::kUnknownNode);
    REQUIRE(unknown != nullptr);
    CHECK(unknown->where.row == 8);
    const auto broken = load(
        "<h:html xmlns=\"http://www.w3.org/2002/xforms\" "
        "xmlns:h=\"http://www.w3.org/1999/xhtml\">\n"
        "<h:head><model><instance><data id=\"t\"><a/><b/></data></instance>\n"
        "<bind nodeset=\"/data/b\"\n  relevant=\"1 +\"/>\n"
        "</model></h:head>\n<h:body><input ref=\"/data/a\"/></h:body></h:html>");
    const Diagnostic* expression = find(broken, DiagnosticCode::kBadExpression);
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

namespace {

/// A form whose record is `<data id="t">…</data>`, with a namespace for every usual prefix.
std::string plain_form(const std::string& record, const std::string& model,
                       const std::string& body) {
    return "<h:html xmlns=\"http://www.w3.org/2002/xforms\" "
           "xmlns:h=\"http://www.w3.org/1999/xhtml\" xmlns:ev=\"http://www.w3.org/2001/xml-events\""
           " xmlns:jr=\"http://openrosa.org/javarosa\" xmlns:orx=\"http://openrosa.org/xforms\">"
           "<h:head><h:title>T</h:title><model><instance><data id=\"t\">" +
           record + "</data></instance>" + model + "</model></h:head><h:body>" + body +
           "</h:body></h:html>";
}

bool written(const FormDefinitionPtr& form, std::string_view part) {
    return write_xform(*form).find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a record has an id, also where the form forgot it") {
    const std::string body = "<input ref=\"/data/a\"/>";
    CHECK(written(must_load(plain_form("<a/>", "", body)),
                  "<orx:meta><orx:instanceID/></orx:meta></data>"));
    CHECK(written(must_load(plain_form("<a/><meta><audit/></meta>", "", body)),
                  "<meta><audit/><instanceID/></meta>"));
    CHECK(written(must_load(plain_form("<a/><orx:meta/>", "", body)),
                  "<orx:meta><orx:instanceID/></orx:meta>"));
    const std::string has = "<a/><meta><instanceID/></meta>";
    CHECK(written(must_load(plain_form(has, "", body)), has));
}

TEST_CASE("a reference is absolute, or seen from the control around it") {
    const FormDefinitionPtr form = must_load(plain_form(
        "<g><a/><b/><c/></g><d/><e/>",
        "<bind nodeset=\"d\" id=\"the-d\"/><bind ref=\" ./e \" type=\"int\"/>",
        "<group ref=\"/data/g\"><label>G</label><input ref=\"a\"/><input ref=\"./b\"/>"
        "<input ref=\"../e\"/></group><input bind=\"the-d\"/><group><input ref=\"g/c\"/></group>"
        "<input bind=\"nothing\"/>"));
    for (const char* ref : {"/data/g/a", "/data/g/b", "/data/e", "/data/d", "/data/g/c"}) {
        CAPTURE(std::string(ref));
        CHECK(written(form, "<input ref=\"" + std::string(ref) + "\">"));
    }
    CHECK(written(form, "<bind nodeset=\"/data/e\" type=\"int\"/>"));
}

TEST_CASE("a reference that climbs beyond the record's root stays where it can") {
    const LoadResult loaded =
        load(plain_form("<a/>", "<bind nodeset=\"../../../../a\"/><bind nodeset=\".\"/>",
                        "<input ref=\"/data/a\"/>"));
    CHECK(loaded.definition != nullptr);
}

TEST_CASE("all kinds of controls are read, what is none is passed over") {
    const FormDefinitionPtr form = must_load(plain_form(
        "<a/><b/><c/><d/>", "",
        "<secret ref=\"/data/a\"/><textarea ref=\"/data/b\"/><range ref=\"/data/c\" start=\"1\" "
        "end=\"5\" step=\"1\"/><!-- remark --><video ref=\"/data/d\"/>text"));
    CHECK(written(form, "<input ref=\"/data/a\"><"));
    CHECK(written(form, "<input ref=\"/data/b\"><"));
    CHECK(written(form, "<range ref=\"/data/c\" start=\"1\" end=\"5\" step=\"1\">"));
    CHECK_FALSE(written(form, "video"));
}

TEST_CASE("actions are told by their event, with or without a prefix") {
    const FormDefinitionPtr form = must_load(plain_form(
        "<a/><b/><c/>",
        "<bind nodeset=\"/data/c\" id=\"c\"/><setvalue event=\"odk-instance-first-load\" "
        "ref=\"a\" value=\"1 + 1\"/><setvalue ev:event=\"odk-instance-first-load\" bind=\"c\">"
        "te<!-- remark -->xt</setvalue><setvalue own=\"x\" event=\"odk-instance-load\" "
        "ref=\"/data/b\" value=\"'b'\"/><dispatch/>",
        "<input ref=\"/data/a\"/>"));
    Fill fill(form);
    CHECK(fill.session.value("a") == "2");
    CHECK(fill.session.value("b") == "b");
    CHECK(fill.session.value("c") == "text");
    CHECK(written(form, " own=\"x\""));
}

TEST_CASE("texts are read with their outputs, whatever else stands among them") {
    const FormDefinitionPtr form = must_load(plain_form(
        "<a/>",
        "<itext><!-- --><translation lang=\"e\" default=\"false()\"><!-- --><text id=\"x\"><!-- -->"
        "<value>One <![CDATA[<two>]]> <output ref=\"/data/a\"/><b>bold</b> three<!-- -->, four"
        "</value></text></translation><translation lang=\"f\" default=\"\"/></itext>",
        "<input ref=\"/data/a\"><label ref=\"jr:itext('x')\"/><hint>in <output "
        "value=\"/data/a\"/></hint></input>"));
    CHECK(form->languages().at(0).name == "e");
    Fill fill(form);
    REQUIRE(fill.session.answer("a", "!").ok());
    fill.session.set_language("e");
    CHECK(fill.session.view("a").value().label == "One <two> ! three, four");
    CHECK(fill.session.view("a").value().hint == "in !");
}

TEST_CASE("the default language is the one that is marked, or else the first") {
    const auto first = [](const std::string& one, const std::string& two) {
        const FormDefinitionPtr form =
            must_load(plain_form("<a/>",
                                 "<itext><translation lang=\"e\"" + one +
                                     "><text id=\"x\"><value>E</value></text>"
                                     "</translation><translation lang=\"f\"" +
                                     two +
                                     "><text id=\"x\"><value>F</value>"
                                     "</text></translation></itext>",
                                 "<input ref=\"/data/a\"><label ref=\"jr:itext('x')\"/></input>"));
        return Fill(form).session.view("a").value().label;
    };
    CHECK(first("", "") == "E");
    CHECK(first("", " default=\"\"") == "F");
    CHECK(first("", " default=\"true()\"") == "F");
    CHECK(first(" default=\"false\"", " default=\"false()\"") == "E");
}

TEST_CASE("a select's items and itemsets are read with their labels, or without") {
    const FormDefinitionPtr form = must_load(plain_form(
        "<a/><b/><c/>",
        "<instance id=\"l\"><root><item><name>x</name><label>X</label></item></root></instance>",
        "<select1 ref=\"/data/a\"><item><value> x </value></item><item><label>Y</label><value>y"
        "</value></item></select1><select1 ref=\"/data/b\"><itemset nodeset=\"instance(&quot;l"
        "&quot;)/root/item\"><value ref=\"name\"/><label ref=\"label\"/></itemset></select1>"
        "<select1 ref=\"/data/c\"><itemset nodeset=\"/data/b\"><value ref=\".\"/></itemset>"
        "</select1>"));
    const auto choices = Fill(form).session.choices("a");
    REQUIRE(choices->size() == 2);
    CHECK((*choices)[0].value == "x");
    CHECK(Fill(form).session.choices("b")->front().label == "X");
}

TEST_CASE("what makes a file no XForm is told by the part that is missing") {
    const auto missing = [](const std::string& form) {
        const LoadResult loaded = load(form);
        const Diagnostic* told = find(loaded, DiagnosticCode::kXmlPartMissing);
        return told == nullptr ? std::string("nothing") : told->args.at(0);
    };
    CHECK(missing("<html/>") == "model");
    CHECK(missing("<html><head/></html>") == "model");
    CHECK(missing("<html><head><model/></head></html>") == "instance");
    CHECK(missing("<html><head><model><instance/></model></head></html>") == "instance");
    CHECK(missing("<html><head><model><instance> text </instance></model></head></html>") ==
          "instance");
}

TEST_CASE("depth is limited in the record and in the body, not in lists of the head") {
    const auto nested = [](const std::string& open, const std::string& close, std::size_t depth) {
        std::string out;
        for (std::size_t i = 0; i < depth; ++i) out += open;
        for (std::size_t i = 0; i < depth; ++i) out += close;
        return out;
    };
    const std::string input = "<input ref=\"/data/a\"/>";
    const std::size_t deep = kNestingMax * 2 + 2;
    const auto too_deep = [](const std::string& form) {
        return find(load(form), DiagnosticCode::kXmlTooDeep) != nullptr;
    };
    CHECK(too_deep(plain_form("<a/>" + nested("<g>", "</g>", deep), "", input)));
    CHECK(too_deep(plain_form("<a/>", "", input + nested("<group>", "</group>", deep))));
    CHECK_FALSE(too_deep(plain_form("<a/>" + nested("<g>", "</g>", 10), "", input)));
    const LoadResult tree = load(plain_form(
        "<a/>", "<instance id=\"l\">" + nested("<g x=\"1\">", "</g>", deep) + "</instance>",
        input));
    CHECK(find(tree, DiagnosticCode::kMediaBroken) != nullptr);
}

TEST_CASE("a node with two binds is told of, and so is a text that no translation has") {
    const LoadResult twice =
        load(plain_form("<a/>",
                        "<itext><translation lang=\"e\"><text id=\"x\"><value>X</value></text>"
                        "</translation></itext><bind nodeset=\"/data/a\"/>"
                        "<bind nodeset=\"/data/a\"/>",
                        "<input ref=\"/data/a\"><label ref=\"jr:itext('gone')\"/></input>"));
    REQUIRE(twice.definition != nullptr);
    CHECK(find(twice, DiagnosticCode::kDuplicateBind) != nullptr);
    CHECK(find(twice, DiagnosticCode::kUnknownText) != nullptr);
}
