#include "forms/instance_reader.h"

#include "forms/compact_text.h"
#include "tests/forms/fill_forms.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

constexpr auto kAll = Session::Include::kAll;

std::string value_of(const std::vector<Answer>& answers, std::string_view path) {
    for (const Answer& answer : answers) {
        if (answer.path == path) return answer.value;
    }
    return "(none)";
}

bool has(const std::vector<Answer>& answers, std::string_view path) {
    return value_of(answers, path) != "(none)";
}

}  // namespace

TEST_CASE("an instance written is read back to the same record") {
    const std::uint64_t seed = 404;
    MESSAGE("seed " << seed);
    RandomHand hand(seed);
    for (const FormDefinitionPtr& form : fill_forms()) {
        for (int round = 0; round < 20; ++round) {
            Fill fill(form);
            for (int i = 0; i < 40; ++i) hand.act(fill.session);
            const auto content = read_instance(*form, fill.session.instance_xml());
            REQUIRE(content.ok());
            CHECK(content->unknown.empty());
            CHECK(content->answers == fill.session.answers());
            CHECK(content->form_id == form->settings().form_id);
            CHECK(content->version == form->settings().version);
        }
    }
}

TEST_CASE("many rows in rows come back whole when a record is opened for editing") {
    const FormDefinitionPtr form = must_load(kHousehold);
    Fill first(form);
    REQUIRE(first.session.answer("head", "سارة").ok());
    for (int i = 1; i <= 120; ++i) {
        if (i > 1) REQUIRE(first.session.add_repeat("member").ok());
        const std::string row = "member[" + std::to_string(i) + "]";
        REQUIRE(first.session.answer(row + "/name", "n" + std::to_string(i)).ok());
        REQUIRE(first.session.answer(row + "/years", "40").ok());
        const auto visit = first.session.add_repeat(row + "/visit");
        REQUIRE(visit.ok());
        REQUIRE(first.session.answer(*visit + "/day", "2026-02-28").ok());
    }
    const std::string xml = first.session.instance_xml();
    Fill second(form, true);
    const auto problems = second.session.load_instance_xml(xml);
    REQUIRE(problems.ok());
    CHECK(problems->empty());
    CHECK(second.session.answers() == first.session.answers());
    CHECK(second.session.value("member[120]/visit[1]/day") == "2026-02-28");
}

TEST_CASE("an edit has a new identifier and names the old one") {
    const FormDefinitionPtr form = must_load(kTriggers);
    Fill first(form);
    REQUIRE(first.session.answer("has", "no").ok());
    const std::string old = first.session.instance_id();
    Fill second(form, true);
    REQUIRE(second.session.load_instance_xml(first.session.instance_xml()).ok());
    CHECK(second.session.instance_id() == old);
    REQUIRE(second.session.begin_edit().ok());
    CHECK(second.session.instance_id() != old);
    CHECK(second.session.instance_id().starts_with("uuid:"));
    CHECK(second.session.deprecated_id() == old);
    const std::string xml = second.session.instance_xml();
    CHECK(xml.find("deprecatedID>" + old + "</") != std::string::npos);
    CHECK(xml.find("instanceID>" + second.session.instance_id() + "</") != std::string::npos);
    CHECK(second.session.finalise()->deprecated_id == old);
    REQUIRE(second.session.begin_edit("uuid:1").ok());
    CHECK(second.session.instance_id() == "uuid:1");
    CHECK(second.session.begin_edit("a b").error().code == Errc::kMalformed);
    // An edit of the edit: the identifier it deprecates travels in the XML.
    Fill third(form, true);
    const auto problems = third.session.load_instance_xml(xml);
    REQUIRE(problems.ok());
    CHECK(problems->empty());
    CHECK(third.session.deprecated_id() == old);
}

TEST_CASE("first-load events stay quiet on an edit, load events do not") {
    const std::string form_xml = R"(<h:html xmlns="http://www.w3.org/2002/xforms"
 xmlns:h="http://www.w3.org/1999/xhtml" xmlns:ev="http://www.w3.org/2001/xml-events"
 xmlns:odk="http://www.opendatakit.org/xforms"><h:head><h:title>t</h:title><model>
<instance><data id="t" version="7"><a/><first/><loads>0</loads></data></instance>
<bind nodeset="/data/a" type="string"/><bind nodeset="/data/first" type="string"/>
<bind nodeset="/data/loads" type="int"/>
<setvalue event="odk-instance-first-load" ref="/data/first" value="'fresh'"/>
<setvalue event="odk-instance-load" ref="/data/loads" value="/data/loads + 1"/></model></h:head>
<h:body><input ref="/data/a"><label>A</label></input></h:body></h:html>)";
    const FormDefinitionPtr form = must_load(form_xml);
    Fill first(form);
    CHECK(first.session.value("first") == "fresh");
    CHECK(first.session.value("loads") == "1");
    // This form has no meta: the record says who it is all the same.
    CHECK(first.session.instance_xml().find("instanceID>" + first.session.instance_id() + "</") !=
          std::string::npos);
    Fill second(form, true);
    const auto problems = second.session.load_instance_xml(
        R"(<data id="t" version="6"><a>x</a><first>kept</first><loads>4</loads></data>)");
    REQUIRE(problems.ok());
    CHECK(second.session.value("first") == "kept");
    CHECK(second.session.value("loads") == "5");
    CHECK(second.session.instance_xml().find("version=\"7\"") != std::string::npos);
}

TEST_CASE("prefixes, namespaces, layout and prototypes do not matter") {
    const FormDefinitionPtr form = must_load(kHousehold);
    const auto content = read_instance(*form, R"(<?xml version="1.0"?>
<!-- sent by another client -->
<h:household xmlns:h="urn:x" xmlns:jr="http://openrosa.org/javarosa" id="household" h:version="9">
  <h:head><![CDATA[A & B]]></h:head>
  <age> 30 </age>
  <member jr:template=""><name>prototype</name></member>
  <member><name>one</name><place>1</place></member>
  <since/>
  <member>
    <name>two</name>
    <visit><day>2026-01-01</day></visit>
  </member>
  <meta xmlns="http://openrosa.org/xforms"><instanceID>uuid:7</instanceID></meta>
</h:household>)");
    REQUIRE(content.ok());
    CHECK(content->version == "9");
    CHECK(value_of(content->answers, "head") == "A & B");
    CHECK(value_of(content->answers, "age") == " 30 ");
    CHECK(value_of(content->answers, "member[1]/name") == "one");
    CHECK(value_of(content->answers, "member[2]/visit[1]/day") == "2026-01-01");
    CHECK(value_of(content->answers, "meta/instanceID") == "uuid:7");
    CHECK_FALSE(has(content->answers, "member[3]"));
    CHECK(content->unknown.empty());
}

TEST_CASE("what the form has no place for is reported with its value") {
    const FormDefinitionPtr form = must_load(kTriggers);
    constexpr std::string_view kXml =
        R"(<data id="data" extra="e"><has kind="k">yes</has><has>no</has><gone>v</gone>)"
        R"(<old><deep>w</deep><empty/></old>)"
        R"(<all>loose text<item><what>a</what></item></all></data>)";
    const auto content = read_instance(*form, kXml);
    REQUIRE(content.ok());
    CHECK(value_of(content->answers, "has") == "yes");
    CHECK(value_of(content->unknown, "@extra") == "e");
    CHECK(value_of(content->unknown, "has/@kind") == "k");
    CHECK(value_of(content->unknown, "has[2]") == "no");
    CHECK(value_of(content->unknown, "gone") == "v");
    CHECK(value_of(content->unknown, "old/deep") == "w");
    CHECK(has(content->unknown, "old/empty"));
    CHECK(value_of(content->unknown, "all") == "loose text");
    Fill fill(form, true);
    const auto problems = fill.session.load_instance_xml(kXml);
    REQUIRE(problems.ok());
    CHECK(problems->size() == content->unknown.size());
    CHECK(fill.session.value("all/item[1]/what") == "a");
}

TEST_CASE("another form's instance and what is no instance are refused") {
    const FormDefinitionPtr form = must_load(kTriggers);
    Fill fill(form);
    const auto code = [&](std::string_view xml) {
        return fill.session.load_instance_xml(xml).error().code;
    };
    CHECK(code(R"(<data id="other"/>)") == Errc::kUnknownForm);
    CHECK(code("<other/>") == Errc::kUnknownForm);
    CHECK(code("<data id=\"data\">") == Errc::kMalformed);
    CHECK(code("") == Errc::kMalformed);
    CHECK(code("not xml") == Errc::kMalformed);
    CHECK(fill.session.load_instance_xml("<data/>").ok());
}

TEST_CASE("deep, wide and hostile instances are bounded") {
    const FormDefinitionPtr form = must_load(kTriggers);
    std::string deep = "<data id=\"data\">";
    for (int i = 0; i < 5000; ++i) deep += "<x>";
    for (int i = 0; i < 5000; ++i) deep += "</x>";
    CHECK_FALSE(read_instance(*form, deep + "</data>").ok());
    std::string wide = "<data id=\"data\">";
    for (int i = 0; i < 150'000; ++i) wide += "<all/>";
    const auto content = read_instance(*form, wide + "</data>");
    REQUIRE(content.ok());
    CHECK(content->unknown.size() == 149'999);
    CHECK(read_instance(*form, std::string(kInstanceXmlMax + 1, ' ')).error().code ==
          Errc::kTooLarge);
}

TEST_CASE("a record as one line for SMS has tags, escapes and what is relevant") {
    const std::string form_xml = R"(<h:html xmlns="http://www.w3.org/2002/xforms"
 xmlns:h="http://www.w3.org/1999/xhtml" xmlns:odk="http://www.opendatakit.org/xforms"><h:head>
<h:title>t</h:title><model><instance><household id="hh" odk:prefix="hh" odk:delimiter="|">
<person><firstname odk:tag="fn"/><lastname odk:tag="ln"/><age>10</age><town odk:tag="tn"/></person>
</household></instance><bind nodeset="/household/person/firstname" type="string"/>
<bind nodeset="/household/person/lastname" type="string"/>
<bind nodeset="/household/person/town" type="string"
 relevant="/household/person/lastname != 'Bar'"/></model></h:head><h:body>
<input ref="/household/person/firstname"><label>F</label></input>
<input ref="/household/person/lastname"><label>L</label></input>
<input ref="/household/person/town"><label>T</label></input></h:body></h:html>)";
    Fill fill(must_load(form_xml));
    REQUIRE(fill.session.answer("person/lastname", "Bar").ok());
    CHECK(compact_text(fill.session) == "hh|fn||ln|Bar");
    REQUIRE(fill.session.answer("person/firstname", "Mary|Kate").ok());
    REQUIRE(fill.session.answer("person/lastname", "Doe").ok());
    REQUIRE(fill.session.answer("person/town", "Erbil").ok());
    CHECK(compact_text(fill.session) == "hh|fn|Mary\\|Kate|ln|Doe|tn|Erbil");
    Fill plain(must_load(kTriggers));
    CHECK(compact_text(plain.session).empty());
}

TEST_CASE("what a record's root says of its form is no answer of it") {
    const FormDefinitionPtr form =
        must_load(xform_of("<a/><r><n/></r>", "",
                           "<input ref='/data/a'/>"
                           "<group ref='/data/r'><repeat nodeset='/data/r'><input "
                           "ref='/data/r/n'/></repeat></group>"));
    const auto content = read_instance(
        *form,
        "<!-- a note --><data id='t' version='1' uiVersion='2' prefix='p' delimiter=','"
        " a='no element'><a>x\ty\r\nz</a><r jr:template=''"
        " xmlns:jr='http://openrosa.org/javarosa'><n>0</n></r><r template='own'>\n</r></data>");
    REQUIRE(content.ok());
    CHECK(value_of(content->answers, "a") == "x\ty\nz");
    CHECK(has(content->answers, "r[1]"));
    CHECK_FALSE(has(content->answers, "r[2]"));
    REQUIRE(content->unknown.size() == 2);
    CHECK(has(content->unknown, "@a"));
    CHECK(has(content->unknown, "r[1]/@template"));
    CHECK(read_instance(*form, "<!-- only a note -->").error().code == Errc::kMalformed);
    CHECK(read_instance(*form, "").error().code == Errc::kMalformed);
}

TEST_CASE("an SMS begins with the form's prefix and is parted by its delimiter") {
    const auto sms = [](const std::string& attributes) {
        Fill fill(must_load(xform_around("<instance><data id='t' " + attributes +
                                             "><a tag='A'/><g tag='G'><b/></g></data>"
                                             "</instance>",
                                         "<input ref='/data/a'/><input ref='/data/g/b'/>")));
        REQUIRE(fill.session.answer("a", "x").ok());
        return compact_text(fill.session);
    };
    CHECK(sms("prefix='P' delimiter='+'") == "P+A+x");
    CHECK(sms("prefix=''") == "A x");
    CHECK(sms("delimiter=''") == "Ax");
}
