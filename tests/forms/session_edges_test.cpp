// Sessions at their edges: refs, what answers become, counts, rows, actions, last saved records.
#include <doctest/doctest.h>

#include "tests/forms/fill_forms.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

const std::string& rows_form() {
    static const std::string form = xform_around(
        "<instance><data id='t' version='3'><n/><g><x>1</x></g><r><a/><s><b/></s></r><k/></data>"
        "</instance><bind nodeset='/data/g' readonly='true()'/>",
        "<input ref='/data/n'/><input ref='/data/g/x'/><group ref='/data/r'>"
        "<repeat nodeset='/data/r'><input ref='/data/r/a'/><group ref='/data/r/s'>"
        "<repeat nodeset='/data/r/s'><input ref='/data/r/s/b'/></repeat></group></repeat></group>"
        "<group ref='/data/k'><repeat nodeset='/data/k' jr:count='/data/n'/></group>");
    return form;
}

struct Profiled {
    fakes::FakeClock clock;
    fakes::SeededRandom random{7};
    Session session;
    Profiled(FormDefinitionPtr form, Profile profile, ZoneOffset zone = {})
        : session(std::move(form), options(profile, std::move(zone))) {}
    SessionOptions options(Profile profile, ZoneOffset zone) {
        SessionOptions out;
        out.clock = &clock;
        out.random = &random;
        out.profile = profile;
        out.zone = std::move(zone);
        return out;
    }
};

std::string code_of(const Status& status) {
    return status.ok() ? "ok" : std::string(errc_name(status.error().code));
}

}  // namespace

TEST_CASE("a ref may be absolute, indexed, prefixed or an attribute's") {
    Fill fill(must_load(rows_form()));
    const Session& s = fill.session;
    for (const char* ref : {"/data/n", "n", "x:n", "n[1]", "@version", "/data/@version", "r[1]/a",
                            "r/a", "r[1]/s[1]/b", "/data"}) {
        CAPTURE(ref);
        CHECK(s.exists(ref));
    }
    for (const char* ref : {"/other/n", "none", "n[0]", "n[2]", "n[x]", "n[", "n[]", "n[1.5",
                            "r[99999999999]/a", "r[-1]", "@none", "version", "n/none", "@n"}) {
        CAPTURE(ref);
        CHECK_FALSE(s.exists(ref));
    }
    CHECK(s.value("@version") == "3");
    CHECK(s.value("none") == "");
    CHECK_FALSE(s.relevant("none"));
}

TEST_CASE("only a question that is shown and open takes an answer") {
    Fill fill(must_load(rows_form()));
    Session& s = fill.session;
    CHECK(code_of(s.answer("none", "x")) == "not_found");
    CHECK(code_of(s.answer("g", "x")) == "not_found");
    CHECK(code_of(s.answer("r[1]", "x")) == "not_found");
    CHECK(code_of(s.answer("/data", "x")) == "not_found");
    CHECK(code_of(s.answer("g/x", "x")) == "not_allowed");
    CHECK(code_of(s.answer("n", "\xff")) == "malformed");
    CHECK(code_of(s.answer("n", std::string(2U << 20U, 'x'))) == "too_large");
    CHECK(s.value("n") == "");
}

TEST_CASE("rows are added to and removed from what is a repeat and not counted") {
    Fill fill(must_load(rows_form()));
    Session& s = fill.session;
    const auto added = [&](const char* ref) {
        const auto row = s.add_repeat(ref);
        return row.ok() ? *row : std::string(errc_name(row.error().code));
    };
    CHECK(added("r") == "r[2]");
    CHECK(added("/data/r") == "r[3]");
    CHECK(added("r[2]/s") == "r[2]/s[2]");
    CHECK(added("r[2]/s[1]") == "r[2]/s[3]");
    CHECK(added("r[9]/s") == "not_found");
    CHECK(added("n") == "not_found");
    CHECK(added("none") == "not_found");
    CHECK(added("k") == "not_allowed");
    CHECK(code_of(s.remove_repeat("n")) == "not_found");
    CHECK(code_of(s.remove_repeat("r[9]")) == "not_found");
    CHECK(code_of(s.remove_repeat("r[2]/s[2]")) == "ok");
    REQUIRE(s.answer("n", "2").ok());
    CHECK(s.exists("k[2]"));
    CHECK(code_of(s.remove_repeat("k[2]")) == "not_allowed");
}

TEST_CASE("a count makes rows of what it is: truth, number, blank") {
    Fill fill(must_load(rows_form()));
    Session& s = fill.session;
    const auto rows = [&](const char* count) {
        REQUIRE(s.answer("n", count).ok());
        std::size_t out = 0;
        while (s.exists("k[" + std::to_string(out + 1) + "]")) ++out;
        return out;
    };
    CHECK(rows("3") == 3);
    CHECK(rows("") == 3);
    CHECK(rows("many") == 3);
    CHECK(rows("2.9") == 2);
    CHECK(rows("-5") == 0);
    CHECK(rows("true") == 1);
    CHECK(rows("false") == 0);
}

TEST_CASE("an answer is kept in the form of its type, or as it was typed") {
    const FormDefinitionPtr form = must_load(xform_around(
        "<instance><data id='t'><int/><dec/><day/><time/><point/></data></instance>"
        "<bind nodeset='/data/int' type='int'/><bind nodeset='/data/dec' type='decimal'/>"
        "<bind nodeset='/data/day' type='date'/><bind nodeset='/data/time' type='time'/>"
        "<bind nodeset='/data/point' type='geopoint'/>",
        "<input ref='/data/int'/><input ref='/data/dec'/><input ref='/data/day'/>"
        "<input ref='/data/time'/><input ref='/data/point'/>"));
    Fill fill(form);
    const auto kept = [](Session& s, const char* ref, const char* given) {
        REQUIRE(s.answer(ref, given).ok());
        return s.value(ref);
    };
    Session& s = fill.session;
    CHECK(kept(s, "int", " 007 ") == "7");
    CHECK(kept(s, "int", "7.5") == "7.5");
    CHECK(kept(s, "int", "10000000000000001") == "10000000000000001");
    CHECK(kept(s, "int", "x") == "x");
    CHECK(kept(s, "dec", "1.50") == "1.5");
    CHECK(kept(s, "dec", "x") == "x");
    CHECK(kept(s, "day", "2026-01-02T10:00") == "2026-01-02");
    CHECK(kept(s, "day", "2026-99-02") == "2026-99-02");
    CHECK(kept(s, "day", "soon") == "soon");
    CHECK(kept(s, "time", "10:00") == "10:00");
    CHECK(kept(s, "point", "1 2") == "1 2");
    CHECK(kept(s, "point", "1 2 3") == "1 2 3.0");
    CHECK(kept(s, "point", "1 2 3 4.50") == "1 2 3.0 4.5");
    CHECK(kept(s, "point", "1 2 3 x") == "1 2 3 x");
    CHECK(kept(s, "point", "1 2 3 4 5") == "1 2 3 4 5");

    Profiled collect(form, Profile::kCollect);
    CHECK(kept(collect.session, "day", "2026-01-02T10:00") == "");
    CHECK(kept(collect.session, "day", "2026-01-02") == "2026-01-02");
    CHECK(kept(collect.session, "time", "10:00") == "10:00:00.000+03:00");
    CHECK(kept(collect.session, "time", "10:00Z") == "10:00Z");
    CHECK(kept(collect.session, "time", "late") == "late");
    Profiled greenwich(form, Profile::kCollect, fixed_zone(0));
    CHECK(kept(greenwich.session, "time", "10:00") == "10:00:00.000Z");
}

TEST_CASE("a profile may refuse an answer or put selections in the list's order") {
    const FormDefinitionPtr form = must_load(
        xform_around("<instance><data id='t'><n/><many/><text/></data></instance>"
                     "<bind nodeset='/data/n' constraint='. &lt; 5'/>",
                     "<input ref='/data/n'/><select ref='/data/many'><item><label>A</label>"
                     "<value>a</value></item><item><label>B</label><value>b</value></item></select>"
                     "<input ref='/data/text'/>"));
    Profiled collect(form, Profile::kCollect);
    CHECK(code_of(collect.session.answer("n", "4")) == "ok");
    CHECK(code_of(collect.session.answer("n", "7")) == "answers_invalid");
    CHECK(collect.session.value("n") == "4");
    CHECK(code_of(collect.session.answer("n", "")) == "ok");
    Profiled web(form, Profile::kWebForms);
    CHECK(code_of(web.session.answer("many", "b a")) == "ok");
    CHECK(web.session.value("many") == "a b");
    CHECK(code_of(web.session.answer("many", "x b")) == "ok");
    CHECK(web.session.value("many") == "b x");
    CHECK(code_of(web.session.answer("text", "b a")) == "ok");
    CHECK(web.session.value("text") == "b a");
}

TEST_CASE("an action writes to where its ref leads, from where its event is") {
    Fill fill(must_load(xform_around(
        "<instance><data id='t'><go/><one/><r><x/><copy/></r><all/></data></instance>"
        "<setvalue event='odk-instance-first-load' ref='/data/one' value='1 + 1'/>"
        "<setvalue event='odk-new-repeat' ref='/data/r/copy'>new</setvalue>",
        "<input ref='/data/go'><setvalue event='xforms-value-changed' ref='/data/r[2]/copy'"
        " value='/data/go'/><setvalue event='xforms-value-changed' ref='/data/all'"
        " value=\"concat(/data/go, '!')\"/></input><group ref='/data/r'>"
        "<repeat nodeset='/data/r'><input ref='/data/r/x'><setvalue"
        " event='xforms-value-changed' ref='/data/r/copy' value='../x'/></input></repeat>"
        "</group>")));
    Session& s = fill.session;
    CHECK(s.value("one") == "2");
    REQUIRE(s.add_repeat("r").ok());
    REQUIRE(s.answer("go", "here").ok());
    CHECK(s.value("all") == "here!");
    CHECK(s.value("r[2]/copy") == "here");
    CHECK(s.value("r[1]/copy") != "here");
    REQUIRE(s.answer("r[1]/x", "own").ok());
    CHECK(s.value("r[1]/copy") == "own");
    CHECK(s.value("r[2]/copy") == "here");
}

TEST_CASE("an action's answer is checked, and late ones are told so") {
    Fill fill(must_load(xform_around(
        "<instance><data id='t'><r><where/></r></data></instance>"
        "<bind nodeset='/data/r/where' type='geopoint'/>",
        "<group ref='/data/r'><repeat nodeset='/data/r'><odk:setgeopoint event='odk-new-repeat'"
        " ref='/data/r/where'/><input ref='/data/r/where'/></repeat></group>")));
    Session& s = fill.session;
    REQUIRE(s.add_repeat("r").ok());
    const auto asked = s.take_action_requests();
    REQUIRE(asked.size() == 1);
    CHECK(s.take_action_requests().empty());
    CHECK(code_of(s.complete_action(asked[0].id + 1, "1 2")) == "not_found");
    CHECK(code_of(s.complete_action(asked[0].id, "north")) == "malformed");
    CHECK(code_of(s.complete_action(asked[0].id, "\xff")) == "malformed");
    CHECK(code_of(s.complete_action(asked[0].id, std::string(2U << 20U, ' '))) == "too_large");
    REQUIRE(s.remove_repeat("r[2]").ok());
    CHECK(code_of(s.complete_action(asked[0].id, "1 2")) == "not_found");
    CHECK(code_of(s.complete_action(asked[0].id, "1 2")) == "not_found");
    REQUIRE(s.add_repeat("r").ok());
    const auto again = s.take_action_requests();
    REQUIRE(again.size() == 1);
    CHECK(code_of(s.complete_action(again[0].id, "")) == "ok");
    CHECK(s.value("r[2]/where") == "");
    REQUIRE(s.add_repeat("r").ok());
    REQUIRE(s.remove_repeat("r[3]").ok());
    CHECK(s.take_action_requests().empty());
}

TEST_CASE("the last saved record is read if it can be, else everything in it is blank") {
    const FormDefinitionPtr form =
        must_load(xform_around("<instance><data id='t'><q/></data></instance>"
                               "<instance id='saved' src='jr://instance/last-saved'/>"
                               "<setvalue event='odk-instance-first-load' ref='/data/q'"
                               " value=\"instance('saved')/data/q\"/>",
                               "<input ref='/data/q'/>"));
    const auto first = [&](std::optional<std::string> xml) {
        fakes::FakeClock clock;
        fakes::SeededRandom random{7};
        SessionOptions options;
        options.clock = &clock;
        options.random = &random;
        options.last_saved = [xml] { return xml; };
        return Session(form, options).value("q");
    };
    CHECK(first("<data id='t'><q>before</q></data>") == "before");
    CHECK(first(std::nullopt) == "");
    CHECK(first("<data") == "");
    CHECK(first("<data><q>\xff</q></data>") == "");
    CHECK(Fill(form).session.value("q") == "");
}

TEST_CASE("what is preloaded does not replace what the form wrote there") {
    Fill fill(must_load(
        xform_of("<kept>own</kept><day/><other/><start/><id/>",
                 "<bind nodeset='/data/kept' jr:preload='date' jr:preloadParams='today'/>"
                 "<bind nodeset='/data/day' jr:preload='date' jr:preloadParams='today'/>"
                 "<bind nodeset='/data/other' jr:preload='date' jr:preloadParams='tomorrow'/>"
                 "<bind nodeset='/data/start' jr:preload='timestamp' jr:preloadParams='start'/>"
                 "<bind nodeset='/data/id' jr:preload='uid'/>")));
    CHECK(fill.session.value("kept") == "own");
    CHECK(fill.session.value("day") == "2026-01-01");
    CHECK(fill.session.value("other").empty());
    CHECK(fill.session.value("start").starts_with("2026-01-01T03:00:00.000"));
    CHECK(fill.session.value("id") == fill.session.instance_id());
}

TEST_CASE("a record's id may be computed by its form, and is what it says") {
    Fill fill(must_load(xform_of("<a/><orx:meta><orx:instanceID/></orx:meta>",
                                 "<bind nodeset='/data/orx:meta/orx:instanceID' "
                                 "calculate=\"concat('own:', /data/a)\"/>",
                                 "<input ref='/data/a'/>")));
    REQUIRE(fill.session.answer("a", "7").ok());
    CHECK(fill.session.instance_id() == "own:7");
    Fill blank(
        must_load(xform_of("<orx:meta><orx:instanceID/></orx:meta>",
                           "<bind nodeset='/data/orx:meta/orx:instanceID' calculate=\"''\"/>")));
    CHECK(blank.session.instance_id().starts_with("uuid:"));
}

TEST_CASE("labels and dates in calculations follow the language, what is random does not") {
    Fill fill(must_load(xform_around(
        "<itext><translation lang='en'><text id='x'><value>Ex</value></text></translation>"
        "<translation lang='ar'><text id='x'><value>إكس</value></text></translation></itext>"
        "<instance><data id='t'><q>a</q><name/><text/><day/><luck/></data></instance>"
        "<bind nodeset='/data/name' calculate=\"jr:choice-name(/data/q, '/data/q')\"/>"
        "<bind nodeset='/data/text' calculate=\"jr:itext('x')\"/>"
        "<bind nodeset='/data/day' calculate=\"format-date('2026-01-02', '%b')\"/>"
        "<bind nodeset='/data/luck' calculate='random()'/>",
        "<select1 ref='/data/q'><item><label ref=\"jr:itext('x')\"/><value>a</value></item>"
        "</select1>")));
    Session& s = fill.session;
    s.set_language("en");
    const std::string luck = s.value("luck");
    CHECK(s.value("name") == "Ex");
    CHECK(s.value("text") == "Ex");
    const std::string day = s.value("day");
    s.set_language("ar");
    CHECK(s.value("name") == "إكس");
    CHECK(s.value("text") == "إكس");
    CHECK(s.value("day") != day);
    CHECK(s.value("luck") == luck);
}

TEST_CASE("an edited record names its old id where the form has a place for it, or beside") {
    for (const std::string place : {"<orx:deprecatedID/>", ""}) {
        CAPTURE(place);
        Fill fill(
            must_load(xform_of("<a/><orx:meta><orx:instanceID/>" + place + "</orx:meta>", "")));
        CHECK(fill.session.deprecated_id().empty());
        const std::string old = fill.session.instance_id();
        REQUIRE(fill.session.begin_edit().ok());
        CHECK(fill.session.deprecated_id() == old);
        const std::string xml = fill.session.instance_xml();
        const std::string wanted = "deprecatedID>" + old + "<";
        CHECK(xml.find(wanted) != std::string::npos);
        CHECK(xml.find(wanted) == xml.rfind(wanted));
    }
}

TEST_CASE("a record's root keeps the namespace that its form gave it") {
    Fill fill(
        must_load(xform_around("<instance><data xmlns='urn:own' id='t'><a>1</a></data></instance>",
                               "<input ref='/data/a'/>")));
    CHECK(fill.session.instance_xml().find("xmlns=\"urn:own\"") != std::string::npos);
}
