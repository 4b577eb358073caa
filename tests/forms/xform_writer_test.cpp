// Writing an XForm: what was read stands there again, in full.
#include <doctest/doctest.h>

#include "forms/form_cache.h"
#include "tests/fakes/temp_folder.h"
#include "tests/forms/written_forms.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

constexpr std::string_view kHtml =
    "<h:html xmlns=\"http://www.w3.org/2002/xforms\" xmlns:h=\"http://www.w3.org/1999/xhtml\" "
    "xmlns:jr=\"http://openrosa.org/javarosa\" xmlns:odk=\"http://www.opendatakit.org/xforms\" "
    "xmlns:orx=\"http://openrosa.org/xforms\"";

/// A form whose record is `<data id="t">…</data>`.
std::string form_with(const std::string& record, const std::string& model, const std::string& body,
                      const std::string& spaces = {}) {
    return std::string(kHtml) + spaces + "><h:head><h:title>T</h:title><model><instance>" +
           "<data id=\"t\">" + record + "</data></instance>" + model + "</model></h:head><h:body>" +
           body + "</h:body></h:html>";
}

/// What is written of a form that was read; writing that again changes nothing.
std::string written(const std::string& form) {
    const LoadResult read = load(form);
    INFO(errors_of(read));
    REQUIRE(read.definition != nullptr);
    const std::string out = write_xform(*read.definition);
    const LoadResult again = load(out);
    INFO(errors_of(again));
    REQUIRE(again.definition != nullptr);
    CHECK(write_xform(*again.definition) == out);
    return out;
}

}  // namespace

TEST_CASE("controls are written with all that they have") {
    const std::string out = written(form_with(
        "<a/><b/><c/><r jr:template=\"\"><x/></r><t/><u/><k/>", "<bind nodeset=\"/data/k\"/>",
        "<input ref=\"/data/a\" appearance=\"url\" rows=\"3\"><label>A <output value=\"/data/b\"/>"
        " &amp; more</label><hint/></input>"
        "<select ref=\"/data/b\"><label/><item><label>X</label><value>x</value></item></select>"
        "<odk:rank ref=\"/data/c\"><label>C</label><item><label>Y</label><value>y</value></item>"
        "</odk:rank><group appearance=\"w1\"><label>G</label><repeat nodeset=\"/data/r\" "
        "jr:count=\"/data/k\" jr:noAddRemove=\"true()\"><input ref=\"/data/r/x\"/></repeat></group>"
        "<trigger ref=\"/data/t\"><label>OK</label></trigger>"
        "<upload ref=\"/data/u\" mediatype=\"image/*\"><label>U</label></upload>"));
    CHECK(has(out,
              "<input ref=\"/data/a\" appearance=\"url\" rows=\"3\"><label>A "
              "<output value=\"/data/b\"/> &amp; more</label><hint/></input>"));
    CHECK(
        has(out, "<select ref=\"/data/b\"><label/><item><label>X</label><value>x</value></item>"));
    CHECK(has(out, "<odk:rank ref=\"/data/c\">"));
    CHECK(has(out,
              "<group appearance=\"w1\"><label>G</label><repeat nodeset=\"/data/r\" "
              "jr:count=\"/data/k\" jr:noAddRemove=\"true()\">"));
    CHECK(has(out, "<trigger ref=\"/data/t\">"));
    CHECK(has(out, "<upload ref=\"/data/u\" mediatype=\"image/*\">"));
}

TEST_CASE("a form's head is written with its version, submission, spaces and class") {
    const std::string out = written(
        std::string(kHtml) +
        " xmlns:own=\"http://own.example\" xmlns:entities=\"http://www.opendatakit.org/xforms/"
        "entities\"><h:head><h:title>A &lt; B</h:title><model odk:xforms-version=\"1.0.0\" "
        "entities:entities-version=\"2024.1.0\"><submission action=\"https://x.example\" "
        "method=\"post\"/><instance><data id=\"t\" own:mark=\"m\"><a own:x=\"1\">v</a></data>"
        "</instance></model></h:head><h:body class=\"pages\"><input ref=\"/data/a\"/></h:body>"
        "</h:html>");
    CHECK(has(out, "<h:title>A &lt; B</h:title>"));
    CHECK(has(out, "<model odk:xforms-version=\"1.0.0\" entities:entities-version=\"2024.1.0\">"));
    CHECK(has(out, "<submission action=\"https://x.example\" method=\"post\"/>"));
    CHECK(has(out, "xmlns:own=\"http://own.example\""));
    CHECK(has(out, "xmlns:entities="));
    CHECK(has(out, "<h:body class=\"pages\">"));
    CHECK(has(out, "<a own:x=\"1\">v</a>"));
    const std::string bare = written(form_with("<a/>", "", "<input ref=\"/data/a\"/>"));
    CHECK(has(bare, "<model><instance>"));
    CHECK(has(bare, "<h:body><input"));
    CHECK_FALSE(has(bare, "xmlns:entities"));
}

TEST_CASE("what saves to an entity declares the entities' space, as does what is named so") {
    const std::string spaces =
        " xmlns:entities=\"http://www.opendatakit.org/xforms/entities\""
        " xmlns:awda=\"urn:awda:xforms:1\"";
    const std::string out = written(
        form_with("<a/><meta><entity dataset=\"d\" create=\"1\" id=\"\"><label/></entity></meta>",
                  "<bind nodeset=\"/data/a\" entities:saveto=\"p\" awda:purpose=\"w\"/>"
                  "<bind nodeset=\"/data/meta/entity/label\" calculate=\"/data/a\"/>"
                  "<bind nodeset=\"/data/meta/entity/@id\"/>",
                  "<input ref=\"/data/a\"/>", spaces));
    CHECK(has(out, "xmlns:entities="));
    CHECK(has(out, "entities:saveto=\"p\""));
    CHECK(has(out, "awda:purpose=\"w\""));
}

TEST_CASE("lists are written as they were given: as tables, as trees or as files") {
    const std::string out = written(
        form_with("<a/>",
                  "<instance id=\"t\"><root><item><name>x</name><label/></item><item><name>y</name>"
                  "</item></root></instance>"
                  "<instance id=\"tree\"><root><a x=\"1\"><b>&lt;2</b></a></root></instance>"
                  "<instance id=\"f\" src=\"jr://file-csv/f.csv\"/><instance id=\"none\"/>",
                  "<input ref=\"/data/a\"/>"));
    CHECK(has(out,
              "<instance id=\"t\"><root><item><name>x</name><label/></item><item><name>y"
              "</name></item></root></instance>"));
    CHECK(has(out, "<instance id=\"tree\"><root><a x=\"1\"><b>&lt;2</b></a></root></instance>"));
    CHECK(has(out, "<instance id=\"f\" src=\"jr://file-csv/f.csv\"/>"));
    CHECK(has(out, "<instance id=\"none\"></instance>"));
}

TEST_CASE("an itemset is written with what it takes values and labels from") {
    const std::string out = written(form_with(
        "<a/><b/><c/>",
        "<instance id=\"t\"><root><item><name>x</name><label>X</label></item></root></instance>",
        "<select1 ref=\"/data/a\"><itemset nodeset=\"instance('t')/root/item\"><value "
        "ref=\"name\"/>"
        "<label ref=\"label\"/></itemset></select1><select1 ref=\"/data/b\"><itemset "
        "nodeset=\"instance('t')/root/item\"><value ref=\"name\"/></itemset></select1>"));
    CHECK(has(out,
              "<itemset nodeset=\"instance('t')/root/item\"><value ref=\"name\"/>"
              "<label ref=\"label\"/></itemset>"));
    CHECK(has(out, "<value ref=\"name\"/></itemset>"));
}

TEST_CASE("actions are written beside their bind, or behind all binds, or in their control") {
    const std::string out = written(form_with(
        "<a/><b/><c/>",
        "<setvalue ref=\"/data/a\" event=\"odk-instance-first-load\">plain &amp; text</setvalue>"
        "<setvalue ref=\"/data/c\" event=\"odk-instance-first-load\"/>"
        "<setvalue ref=\"/data/b\" event=\"odk-instance-load\" value=\"1 + 1\"/>"
        "<bind nodeset=\"/data/b\"/>",
        "<input ref=\"/data/a\"><setvalue ref=\"/data/c\" event=\"xforms-value-changed\" "
        "value=\"/data/a\"/></input>"));
    CHECK(has(out,
              "<bind nodeset=\"/data/b\"/><setvalue ref=\"/data/b\" event=\"odk-instance-load\" "
              "value=\"1 + 1\"/>"));
    CHECK(has(out,
              "<setvalue ref=\"/data/a\" event=\"odk-instance-first-load\">plain &amp; "
              "text</setvalue><setvalue ref=\"/data/c\" event=\"odk-instance-first-load\"/>"));
    CHECK(has(out,
              "<input ref=\"/data/a\"><setvalue ref=\"/data/c\" event=\"xforms-value-changed\" "
              "value=\"/data/a\"/></input>"));
}

TEST_CASE("every language has every text, in its plain form and its guidance") {
    const std::string out = written(form_with(
        "<a/>",
        "<itext><translation lang=\"e\"><text id=\"x\"><value>E</value><value form=\"guidance\">G"
        "</value><value form=\"image\">jr://images/a.png</value></text><text id=\"y\"><value>Y"
        "</value></text></translation><translation lang=\"a\" default=\"true()\"><text id=\"x\">"
        "<value>A <output value=\"/data/a\"/></value></text></translation></itext>",
        "<input ref=\"/data/a\"><label ref=\"jr:itext('x')\"/></input>"));
    CHECK(has(out, "<translation lang=\"e\"><text id=\"x\"><value>E</value>"));
    CHECK(has(out,
              "<translation lang=\"a\" default=\"true()\"><text id=\"x\"><value>A <output "
              "value=\"/data/a\"/></value><value form=\"guidance\">-</value></text>"
              "<text id=\"y\"><value>-</value></text></translation>"));
}

TEST_CASE("OpenStreetMap tags come back from the cache as they were read") {
    const std::string form =
        form_with("<a/>", "",
                  "<upload ref=\"/data/a\" mediatype=\"osm/*\"><label>A</label><tag key=\"roof\">"
                  "<label>Roof</label><item><label>Flat</label><value>flat</value></item></tag>"
                  "<tag key=\"levels\"/></upload>");
    CHECK(has(written(form),
              "<tag key=\"roof\"><label>Roof</label><item><label>Flat</label><value>"
              "flat</value></item></tag><tag key=\"levels\"></tag>"));
    fakes::TempFolder folder;
    const FormCache cache(folder.path());
    LoadOptions options;
    options.cache = &cache;
    const LoadResult cold = load_form(as_bytes(form), options);
    REQUIRE(cache.find(FormCache::key_of(as_bytes(form), options), {}).has_value());
    const LoadResult warm = load_form(as_bytes(form), options);
    REQUIRE(warm.definition != nullptr);
    CHECK(write_xform(*warm.definition) == write_xform(*cold.definition));
}

TEST_CASE("an itemset that copies its items is written so") {
    const std::string out = xform(xform_around(
        "<instance><data id='t'><q/></data></instance><instance id='l'><root><item><name>a</name>"
        "</item></root></instance>",
        "<select1 ref='/data/q'><itemset nodeset=\"instance('l')/root/item\"><label ref='name'/>"
        "<copy ref='.'/></itemset></select1>"));
    CHECK(has(out, "<copy ref=\".\"/>"));
    CHECK_FALSE(has(out, "<value ref="));
}
