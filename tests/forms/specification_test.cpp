// What the XForms specification of ODK says of binds, controls, events and texts, point by point.
#include <doctest/doctest.h>

#include "forms/appearance.h"
#include "tests/forms/written_forms.h"

namespace awda::forms::test {
namespace {

FormDefinitionPtr form_of(const std::string& instance, const std::string& model,
                          const std::string& body = {}) {
    const auto loaded = load(xform_of(instance, model, body));
    REQUIRE_MESSAGE(loaded.definition != nullptr, errors_of(loaded));
    return loaded.definition;
}

ViewNode view_of(const Session& session, std::string_view ref) {
    auto view = session.view(ref);
    REQUIRE_MESSAGE(view.ok(), ref);
    return *std::move(view);
}

std::uint32_t rows_of(const Session& session, std::string_view ref) {
    for (const ViewNode& view : session.page()) {
        if (view.kind == ViewKind::kRepeat && view.ref == ref) return view.rows;
    }
    FAIL("no repeat");
    return 0;
}

TEST_CASE("XForm: each data type takes what it is, and shows what it is not") {
    const struct {
        const char* type;
        const char* good;
        const char* bad;  ///< null where any text will do
    } kTypes[] = {
        {"string", "any", nullptr},
        {"xsd:string", "any", nullptr},
        {"unheard-of", "any", nullptr},
        {"int", "-7", "7.5"},
        {"xsd:int", "7", "seven"},
        {"integer", "12", "x"},
        {"decimal", "7.25", "7,2,5"},
        {"boolean", "true", "maybe"},
        {"date", "2026-02-28", "2026-02-30"},
        {"time", "23:59:59.000+03:00", "25:00"},
        {"dateTime", "2026-02-28T10:00:00.000+03:00", "yesterday"},
        {"geopoint", "33.3 44.4 0 0", "north"},
        {"geotrace", "33.3 44.4 0 0;33.4 44.5 0 0", "33.3;x"},
        {"geoshape", "33 44 0 0;33 45 0 0;34 45 0 0;33 44 0 0", "33 44 0;33 444"},
        {"barcode", "0123", nullptr},
        {"intent", "app", nullptr},
        {"select", "a b", nullptr},
        {"select1", "a", nullptr},
    };
    for (const auto& kind : kTypes) {
        CAPTURE(std::string(kind.type));
        Fill fill(form_of("<q/>",
                          std::string(R"x(<bind nodeset="/data/q" type=")x") + kind.type + "\"/>",
                          R"x(<input ref="/data/q"/>)x"));
        REQUIRE(fill.session.answer("q", kind.good).ok());
        CHECK_FALSE(view_of(fill.session, "q").problem.has_value());
        if (kind.bad == nullptr) continue;
        REQUIRE(fill.session.answer("q", kind.bad).ok());
        REQUIRE(view_of(fill.session, "q").problem.has_value());
        CHECK(view_of(fill.session, "q").problem->kind == ProblemKind::kWrongType);
        CHECK(fill.session.finalise().error().code == Errc::kAnswersInvalid);
    }
}

TEST_CASE("XForm: a bind names its node absolutely, from the root, or an attribute") {
    Fill fill(form_of(R"x(<a code="7"/><g><b/></g>)x",
                      R"x(<bind nodeset="a" type="int" required="true()"/>
        <bind ref="/data/g/b" calculate="/data/a/@code + 1"/>
        <bind nodeset="/data/a/@code" calculate="../../g/missing"/>)x",
                      R"x(<input ref="a"/><group ref="g"><input ref="b"/></group>)x"));
    CHECK(view_of(fill.session, "a").required);
    CHECK(view_of(fill.session, "a").type == QuestionType::kInteger);
    CHECK(fill.session.exists("g/b"));
}

TEST_CASE("XForm: relevance and read-only are inherited") {
    Fill fill(form_of("<on>1</on><g><a/><h><b/></h></g><c/>",
                      R"x(<bind nodeset="/data/g" relevant="/data/on = 1" readonly="/data/on = 1"/>
        <bind nodeset="/data/c" calculate="1 + 1"/>)x",
                      R"x(<input ref="/data/on"/><group ref="/data/g"><input ref="/data/g/a"/>
        <group ref="/data/g/h"><input ref="/data/g/h/b"/></group></group>
        <input ref="/data/c"/>)x"));
    CHECK(view_of(fill.session, "g/h/b").readonly);
    CHECK(fill.session.answer("g/h/b", "x").error().code == Errc::kNotAllowed);
    REQUIRE(fill.session.answer("on", "2").ok());
    CHECK_FALSE(fill.session.relevant("g/h/b"));
}

TEST_CASE("XForm: a constraint is asked only of answers, its message is text or itext") {
    Fill fill(form_of("<a/><b/>",
                      R"x(<itext><translation lang="en"><text id="m"><value>More than
 <output value="/data/a"/></value></text></translation></itext>
        <bind nodeset="/data/a" type="int" constraint=". &gt; 5" jr:constraintMsg="Too small"/>
        <bind nodeset="/data/b" type="int" constraint=". &gt; /data/a"
          jr:constraintMsg="jr:itext('m')" required="true()" jr:requiredMsg="jr:itext('m')"/>)x",
                      R"x(<input ref="/data/a"/><input ref="/data/b"/>)x"));
    CHECK_FALSE(view_of(fill.session, "a").problem.has_value());
    REQUIRE(fill.session.answer("a", "3").ok());
    REQUIRE(view_of(fill.session, "a").problem.has_value());
    CHECK(view_of(fill.session, "a").problem->message == "Too small");
    REQUIRE(fill.session.answer("a", "6").ok());
    const auto missing = fill.session.validate();
    REQUIRE(missing.size() == 1);
    CHECK(missing[0].kind == ProblemKind::kRequired);
    CHECK(missing[0].message.ends_with("6"));
    REQUIRE(fill.session.answer("b", "2").ok());
    CHECK(view_of(fill.session, "b").problem->message.ends_with("6"));
}

TEST_CASE("XForm: preloads fill times, the date, the device and the person") {
    const auto form = form_of("<s/><e/><d/><dev/><mail/><user/><tel/><id/>",
                              R"x(<bind nodeset="/data/s" type="dateTime" jr:preload="timestamp"
          jr:preloadParams="start"/>
        <bind nodeset="/data/e" type="dateTime" jr:preload="timestamp" jr:preloadParams="end"/>
        <bind nodeset="/data/d" type="date" jr:preload="date" jr:preloadParams="today"/>
        <bind nodeset="/data/dev" jr:preload="property" jr:preloadParams="deviceid"/>
        <bind nodeset="/data/mail" jr:preload="property" jr:preloadParams="email"/>
        <bind nodeset="/data/user" jr:preload="property" jr:preloadParams="username"/>
        <bind nodeset="/data/tel" jr:preload="property" jr:preloadParams="phonenumber"/>
        <bind nodeset="/data/id" jr:preload="uid"/>)x");
    fakes::FakeClock clock;
    fakes::SeededRandom random{7};
    SessionOptions options;
    options.clock = &clock;
    options.random = &random;
    options.device_id = "device-1";
    options.email = "a@b.iq";
    options.username = "officer";
    options.phone_number = "0770";
    Session session(form, options);
    CHECK(session.value("s").starts_with("2026-01-01T03:00:00"));
    CHECK(session.value("d") == "2026-01-01");
    CHECK(session.value("dev") == "device-1");
    CHECK(session.value("mail") == "a@b.iq");
    CHECK(session.value("user") == "officer");
    CHECK(session.value("tel") == "0770");
    CHECK(session.value("id").starts_with("uuid:"));
    CHECK(session.value("e").empty());
    REQUIRE(session.finalise().ok());
    CHECK(session.value("e").starts_with("2026-01-01T03:00:00"));
}

TEST_CASE("XForm: what a control says of its answer reaches the desk") {
    Fill fill(form_of("<p/><s/><t/><a/>",
                      R"x(<bind nodeset="/data/p" type="binary" orx:max-pixels="640"/>
        <bind nodeset="/data/s" type="binary" odk:quality="voice-only"/>
        <bind nodeset="/data/t" saveIncomplete="true()"/>)x",
                      R"x(<upload ref="/data/p" mediatype="image/*"/>
        <upload ref="/data/s" mediatype="audio/*"/><input ref="/data/t" rows="5"/>
        <input ref="/data/a" accuracyThreshold="5.5" unacceptableAccuracyThreshold="50"/>)x"));
    CHECK(view_of(fill.session, "p").hints->max_pixels == 640);
    CHECK(view_of(fill.session, "p").type == QuestionType::kImage);
    CHECK(view_of(fill.session, "s").hints->quality == "voice-only");
    CHECK(view_of(fill.session, "s").type == QuestionType::kAudio);
    CHECK(view_of(fill.session, "t").hints->save_incomplete);
    CHECK_FALSE(view_of(fill.session, "p").hints->save_incomplete);
    CHECK(view_of(fill.session, "t").hints->rows == 5);
    CHECK(view_of(fill.session, "a").hints->accuracy_threshold == 5.5);
    CHECK(view_of(fill.session, "a").hints->unacceptable_accuracy == 50);
}

TEST_CASE("XForm: older forms bind by id, set values when ready, and mark without parentheses") {
    Fill fill(form_of("<a/><b/>",
                      R"x(<bind id="a" nodeset="/data/a" type="int"/>
        <setvalue event="xforms-ready" bind="a" value="4"/>
        <setvalue event="odk-instance-first-load" ref="/data/b">word</setvalue>)x",
                      R"x(<input bind="a"/><input ref="/data/b"/>)x"));
    CHECK(fill.session.value("a") == "4");
    CHECK(fill.session.value("b") == "word");
    CHECK(view_of(fill.session, "a").type == QuestionType::kInteger);
}

TEST_CASE("XForm: a changed value sets others, whoever changed it, and only when it changed") {
    Fill fill(form_of("<a/><sum/><n>0</n><m>0</m>",
                      R"x(<bind nodeset="/data/sum" calculate="/data/a * 2"/>
        <bind nodeset="/data/n" type="int"/>)x",
                      R"x(<input ref="/data/a">
          <setvalue event="xforms-value-changed" ref="/data/n" value="/data/n + 1"/></input>
        <input ref="/data/sum"><setvalue event="xforms-value-changed"
          ref="/data/m" value="/data/m + 1"/></input>)x"));
    REQUIRE(fill.session.answer("a", "1").ok());
    REQUIRE(fill.session.answer("a", "1").ok());
    REQUIRE(fill.session.answer("a", "2").ok());
    CHECK(fill.session.value("n") == "2");
    CHECK(fill.session.value("sum") == "4");
    CHECK(fill.session.value("m") == "2");
}

TEST_CASE("XForm: a count is a number or a path, its decimals are cut, and it may shrink") {
    Fill fill(form_of(R"x(<n>2.9</n><r jr:template=""><a/></r><three jr:template=""><b/></three>)x",
                      R"x(<bind nodeset="/data/n" type="decimal"/>)x",
                      R"x(<input ref="/data/n"/><group ref="/data/r"><repeat nodeset="/data/r"
           jr:count="/data/n" jr:noAddRemove="true()"><input ref="/data/r/a"/></repeat></group>
        <group ref="/data/three"><repeat nodeset="/data/three" jr:count="3"><input
           ref="/data/three/b"/></repeat></group>)x"));
    CHECK(rows_of(fill.session, "r") == 2);
    CHECK(rows_of(fill.session, "three") == 3);
    REQUIRE(fill.session.answer("r[2]/a", "x").ok());
    REQUIRE(fill.session.answer("n", "4").ok());
    CHECK(rows_of(fill.session, "r") == 4);
    CHECK(fill.session.value("r[2]/a") == "x");
    REQUIRE(fill.session.answer("n", "-1").ok());
    CHECK(rows_of(fill.session, "r") == 0);
    CHECK(fill.session.add_repeat("r").error().code == Errc::kNotAllowed);
}

TEST_CASE("XForm: rows of a hidden group are neither counted nor sent, and come back") {
    Fill fill(form_of(R"x(<on>1</on><g><r jr:template=""><a/></r></g><c/>)x",
                      R"x(<bind nodeset="/data/g" relevant="/data/on = 1"/>
        <bind nodeset="/data/c" calculate="count(/data/g/r)"/>)x",
                      R"x(<input ref="/data/on"/><group ref="/data/g"><group ref="/data/g/r">
        <repeat nodeset="/data/g/r"><input ref="/data/g/r/a"/></repeat></group></group>)x"));
    REQUIRE(fill.session.add_repeat("g/r").ok());
    REQUIRE(fill.session.answer("g/r[1]/a", "kept").ok());
    CHECK(fill.session.value("c") == "1");
    REQUIRE(fill.session.answer("on", "0").ok());
    CHECK(fill.session.value("c") == "0");
    CHECK(fill.session.instance_xml().find("kept") == std::string::npos);
    REQUIRE(fill.session.answer("on", "1").ok());
    CHECK(fill.session.value("g/r[1]/a") == "kept");
}

TEST_CASE("XForm: texts come from itext with short, guidance and media, or stand in the form") {
    const auto form = form_of("<a/><b/>",
                              R"x(<itext><translation lang="English (en)"><text id="a">
          <value>Name</value><value form="short">N</value>
          <value form="image">jr://images/n.png</value>
          <value form="big-image">jr://images/big.png</value>
          <value form="audio">jr://audio/n.mp3</value>
          <value form="video">jr://video/n.mp4</value></text>
          <text id="h"><value>Hint</value><value form="guidance">Long</value></text></translation>
        <translation lang="Arabic (ar)" default="true()"><text id="a"><value>الاسم
 <output value="/data/b"/></value></text></translation></itext>)x",
                              R"x(<input ref="/data/a"><label ref="jr:itext('a')"/>
          <hint ref="jr:itext('h')"/></input>
        <input ref="/data/b"><label>Plain <output value="1 + 1"/> &amp; <output ref="/data/a"
          /></label></input>)x");
    Fill fill(form);
    CHECK(form->languages().size() == 2);
    CHECK(fill.session.language() == "Arabic (ar)");
    REQUIRE(fill.session.answer("b", "علي").ok());
    CHECK(view_of(fill.session, "a").label.ends_with("علي"));
    fill.session.set_language("en");
    const ViewNode a = view_of(fill.session, "a");
    CHECK(a.label == "Name");
    CHECK(a.short_label == "N");
    CHECK(a.hint == "Hint");
    CHECK(a.guidance == "Long");
    CHECK(a.media == Media{"jr://images/n.png", "jr://images/big.png", "jr://audio/n.mp3",
                           "jr://video/n.mp4"});
    REQUIRE(fill.session.answer("a", "x").ok());
    CHECK(view_of(fill.session, "b").label == "Plain 2 & x");
}

TEST_CASE("XForm: choices are items, items of an instance, copies, and labelled by reference") {
    Fill fill(form_of("<s/><m/><c/><r/>",
                      R"x(<itext><translation lang="en"><text id="x"><value>Ex</value></text>
          <text id="y"><value>Why</value></text></translation></itext>
        <instance id="l"><root><item><name>a</name><itextId>x</itextId></item>
          <item><name>b</name><itextId>y</itextId></item></root></instance>)x",
                      R"x(<select1 ref="/data/s"><item><label>One</label><value>1</value></item>
          <item><label ref="jr:itext('x')"/><value>2</value></item></select1>
        <select ref="/data/m"><itemset nodeset="instance('l')/root/item[name != 'z']">
          <value ref="name"/><label ref="jr:itext(itextId)"/></itemset></select>
        <select1 ref="/data/c"><itemset nodeset="instance('l')/root/item">
          <value ref="./name"/><label ref="name"/></itemset></select1>
        <odk:rank ref="/data/r"><itemset nodeset="instance('l')/root/item">
          <value ref="name"/><label ref="jr:itext(itextId)"/></itemset></odk:rank>)x"));
    CHECK(fill.session.choices("s")->at(1).label == "Ex");
    CHECK(fill.session.choices("m")->at(1).label == "Why");
    CHECK(fill.session.choices("c")->at(0).label == "a");
    CHECK(view_of(fill.session, "m").type == QuestionType::kSelectMultiple);
    CHECK(view_of(fill.session, "r").type == QuestionType::kRank);
    REQUIRE(fill.session.answer("m", "b a").ok());
    CHECK(fill.session.value("m") == "b a");
    REQUIRE(fill.session.answer("r", "b a").ok());
    CHECK_FALSE(view_of(fill.session, "r").problem.has_value());
    REQUIRE(fill.session.answer("m", "b q").ok());
    CHECK(view_of(fill.session, "m").problem->kind == ProblemKind::kNotAChoice);
}

TEST_CASE("XForm: nodes of other namespaces keep theirs in the record") {
    Fill fill(form_of("<n:extra n:kind=\"k\">v</n:extra><a/>",
                      R"x(<bind nodeset="/data/a" calculate="concat(/data/n:extra, '!')"/>)x"));
    CHECK(fill.session.value("a") == "v!");
    const std::string xml = fill.session.instance_xml();
    CHECK(xml.find("<n:extra n:kind=\"k\">v</n:extra>") != std::string::npos);
    CHECK(xml.find("xmlns:n=\"urn:n\"") != std::string::npos);
}

}  // namespace
}  // namespace awda::forms::test
