// The audit log, against rows written by hand after ODK's documentation.
#include "forms/audit.h"

#include <doctest/doctest.h>

#include "tests/forms/written_forms.h"

namespace awda::forms::test {
namespace {

std::string form_with(const std::string& attributes, bool bound = true) {
    return R"x(<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
 xmlns:jr="http://openrosa.org/javarosa" xmlns:odk="http://www.opendatakit.org/xforms"
 xmlns:orx="http://openrosa.org/xforms"><h:head><h:title>T</h:title><model><instance>
 <data id="t"><name/><age/><m jr:template=""><n/></m><orx:meta><orx:instanceID/><orx:audit/>
 </orx:meta></data></instance>)x" +
           (bound
                ? "<bind nodeset=\"/data/orx:meta/orx:audit\" type=\"binary\" " + attributes + "/>"
                : "") +
           R"x(</model></h:head><h:body><input ref="/data/name"/><input ref="/data/age"/>
 <group ref="/data/m"><repeat nodeset="/data/m"><input ref="/data/m/n"/></repeat></group>
 </h:body></h:html>)x";
}

constexpr std::string_view kPlaces =
    "odk:location-priority='balanced' odk:location-min-interval='60' "
    "odk:location-max-age='120' ";

struct Log {
    Fill fill;
    AuditConfig config;
    AuditRecorder recorder;

    explicit Log(const FormDefinitionPtr& form)
        : fill(form), config(audit_config(*form).value()), recorder(config, fill.clock) {}
    Session& session() { return fill.session; }
};

FormDefinitionPtr form_of(const std::string& attributes) {
    const auto form = load(form_with(attributes));
    REQUIRE_MESSAGE(form.definition, errors_of(form));
    return form.definition;
}

TEST_CASE("the audit's attributes say what is logged") {
    AuditConfig config = *audit_config(*form_of(std::string(kPlaces) +
                                                "odk:track-changes='true' odk:identify-user='true' "
                                                "odk:track-changes-reasons='on-form-edit'"));
    CHECK(config.locations);
    CHECK(config.location_priority == AuditConfig::Priority::kBalanced);
    CHECK(config.location_min_interval_ms == 60'000);
    CHECK(config.location_max_age_ms == 120'000);
    CHECK(config.track_changes);
    CHECK(config.identify_user);
    CHECK(config.reasons_on_edit);

    config =
        *audit_config(*form_of("odk:location-priority='low-power' "
                               "odk:location-min-interval='0' odk:location-max-age='1'"));
    CHECK(config.location_priority == AuditConfig::Priority::kLowPower);
    CHECK(config.location_min_interval_ms == 1000);
    config =
        *audit_config(*form_of("odk:location-priority='no-power' "
                               "odk:location-min-interval='1' odk:location-max-age='x'"));
    CHECK(config.location_priority == AuditConfig::Priority::kNoPower);
    CHECK_FALSE(config.locations);
    CHECK(audit_config(*form_of("odk:location-priority='high-accuracy'"))->location_priority ==
          AuditConfig::Priority::kHighAccuracy);

    const auto unbound = load(form_with("", false));
    REQUIRE(unbound.definition);
    CHECK_FALSE(audit_config(*unbound.definition)->track_changes);
    const auto none = load("| survey |\n| | type | name | label |\n| | text | a | A |\n");
    CHECK_FALSE(audit_config(*none.definition).has_value());
}

TEST_CASE("a plain log has four columns and the clock of its start") {
    Log log(form_of(""));
    log.recorder.log(log.session(), AuditEvent::kFormStart);
    log.fill.clock.advance(10);
    log.recorder.enter(log.session(), AuditEvent::kQuestion, "name");
    log.recorder.enter(log.session(), AuditEvent::kQuestion, "name");
    log.fill.clock.set_wall(0);  // a person sets the clock back: elapsed time goes on
    log.fill.clock.advance(1000);
    REQUIRE(log.session().answer("name", "Zin").ok());
    log.recorder.leave(log.session());
    log.recorder.log(log.session(), AuditEvent::kJump);
    log.fill.clock.advance(5);
    log.recorder.leave(log.session());
    log.recorder.log(log.session(), AuditEvent::kLocationTrackingEnabled);
    log.recorder.log(log.session(), AuditEvent::kDeleteRepeat, "m[2]");
    log.recorder.enter(log.session(), AuditEvent::kGroupQuestions, "m[1]");
    log.recorder.enter(log.session(), AuditEvent::kQuestion, "m[1]/n", true);
    log.fill.clock.advance(5);
    log.recorder.log(log.session(), AuditEvent::kFormExit);
    CHECK(log.recorder.csv() ==
          "event,node,start,end\n"
          "form start,,1767225600000,\n"
          "question,/data/name,1767225600010,1767225601010\n"
          "jump,,1767225601010,1767225601015\n"
          "delete repeat,/data/m[2],1767225601015,\n"
          "group questions,/data/m[1],1767225601015,1767225601020\n"
          "form exit,,1767225601020,\n");
}

TEST_CASE("places, changes, user and reason have their columns in the documented order") {
    Log log(form_of(std::string(kPlaces) + "odk:track-changes='true' odk:identify-user='true' "
                                           "odk:track-changes-reasons='on-form-edit'"));
    log.recorder.set_user("Hawre, 2");
    log.recorder.log(log.session(), AuditEvent::kFormStart);
    log.recorder.log(log.session(), AuditEvent::kLocationProvidersEnabled);
    log.recorder.log(log.session(), AuditEvent::kLocationProvidersEnabled);
    log.recorder.enter(log.session(), AuditEvent::kQuestion, "name");
    log.recorder.add_position(33.5, 44.25, 20);
    log.recorder.add_position(33.25, 44.5, 4.5);
    log.recorder.add_position(0, 0, 9);
    log.fill.clock.advance(1);
    REQUIRE(log.session().answer("name", "a \"b\",\nc").ok());
    log.recorder.leave(log.session());
    log.recorder.enter(log.session(), AuditEvent::kQuestion, "name");
    log.recorder.leave(log.session());
    log.fill.clock.advance(120'001);
    log.recorder.log_reason(log.session(), "said \"no\"");
    log.recorder.log(log.session(), AuditEvent::kFormSave);
    CHECK(log.recorder.csv() ==
          "event,node,start,end,latitude,longitude,accuracy,old-value,new-value,user,"
          "change-reason\n"
          "form start,,1767225600000,,,,,,,\"Hawre, 2\",\n"
          "location providers enabled,,1767225600000,,,,,,,\"Hawre, 2\",\n"
          "question,/data/name,1767225600000,1767225600001,33.25,44.5,4.5,,"
          "\"a \"\"b\"\",\nc\",\"Hawre, 2\",\n"
          "question,/data/name,1767225600001,1767225600001,33.25,44.5,4.5,,,\"Hawre, 2\",\n"
          "change reason,,1767225720002,,,,,,,\"Hawre, 2\",said \"no\"\n"
          "form save,,1767225720002,,,,,,,\"Hawre, 2\",\n");
}

TEST_CASE("of a page's questions only changed ones are logged, and only with change tracking") {
    Log log(form_of("odk:track-changes='true'"));
    REQUIRE(log.session().answer("age", "4").ok());
    log.recorder.enter(log.session(), AuditEvent::kGroupQuestions);
    log.recorder.enter(log.session(), AuditEvent::kQuestion, "name", true);
    log.recorder.enter(log.session(), AuditEvent::kQuestion, "age", true);
    CHECK(log.recorder.csv() ==
          "event,node,start,end,old-value,new-value\ngroup questions,,1767225600000,,,\n");
    REQUIRE(log.session().answer("age", "\"5").ok());
    log.recorder.leave(log.session());
    CHECK(log.recorder.csv() ==
          "event,node,start,end,old-value,new-value\n"
          "group questions,,1767225600000,1767225600000,,\n"
          "question,/data/age,1767225600000,1767225600000,4,\"\"\"5\"\n");
}

TEST_CASE("a resumed log goes on after the rows that were there") {
    const auto form = form_of("odk:track-changes='true'");
    Log first(form);
    first.recorder.log(first.session(), AuditEvent::kFormStart);
    first.recorder.log(first.session(), AuditEvent::kFormExit);
    const std::string saved = first.recorder.csv();
    fakes::FakeClock clock(2'000);
    const auto config = *audit_config(*form);
    auto again = AuditRecorder::resume(config, clock, saved.substr(0, saved.size() - 1));
    REQUIRE(again.ok());
    again->log(first.session(), AuditEvent::kFormResume);
    CHECK(again->csv() == saved + "form resume,,2000,,,\n");

    // A newer form also asks for the user and no more for changes.
    const auto newer = form_of("odk:identify-user='true'");
    auto moved = AuditRecorder::resume(*audit_config(*newer), clock,
                                       "event,node,start,end,old-value,new-value\n"
                                       "question,/data/name,1,2,a,\"b,c\"\n");
    REQUIRE(moved.ok());
    moved->set_user("Z");
    moved->log(first.session(), AuditEvent::kFormResume);
    CHECK(moved->csv() ==
          "event,node,start,end,user\nquestion,/data/name,1,2,\nform resume,,2000,,Z\n");

    CHECK(AuditRecorder::resume(config, clock, "a,b\n1,2\n").error().code == Errc::kMalformed);
    CHECK(AuditRecorder::resume(config, clock, "").error().code == Errc::kMalformed);
    CHECK(AuditRecorder::resume(config, clock, std::string(65U << 20U, 'x')).error().code ==
          Errc::kTooLarge);
}

TEST_CASE("every event has the documented name") {
    CHECK(audit_event_name(AuditEvent::kFormStart) == "form start");
    CHECK(audit_event_name(AuditEvent::kAddRepeat) == "add repeat");
    CHECK(audit_event_name(AuditEvent::kChangeReason) == "change reason");
    CHECK(audit_event_name(AuditEvent::kLocationPermissionsNotGranted) ==
          "location permissions not granted");
    CHECK(audit_event_name(AuditEvent::kBackgroundAudioDisabled) == "background audio disabled");
}

TEST_CASE("how exactly places are wanted is said with a hyphen or an underscore") {
    using Priority = AuditConfig::Priority;
    const auto priority = [](const std::string& word) {
        return audit_config(*form_of("odk:location-priority='" + word + "'"))->location_priority;
    };
    CHECK(priority("low_power") == Priority::kLowPower);
    CHECK(priority("no-power") == Priority::kNoPower);
    CHECK(priority("No_Power") == Priority::kNoPower);
    CHECK(priority("high-accuracy") == Priority::kHighAccuracy);
    CHECK(priority("any other") == Priority::kHighAccuracy);
}

TEST_CASE("places are not logged without all that must be said of them, in numbers") {
    for (const char* age : {"-1", "soon", "1e10"}) {
        CAPTURE(std::string(age));
        CHECK_FALSE(audit_config(*form_of("odk:location-priority='balanced' "
                                          "odk:location-min-interval='60' odk:location-max-age='" +
                                          std::string(age) + "'"))
                        ->locations);
    }
    Log log(form_of("odk:track-changes='true'"));
    log.recorder.add_position(36.2, 44, 5);
    log.recorder.log(log.session(), AuditEvent::kLocationPermissionsGranted);
    log.recorder.log(log.session(), AuditEvent::kFormStart);
    CHECK(log.recorder.csv() ==
          "event,node,start,end,old-value,new-value\nform start,,1767225600000,,,\n");
}

TEST_CASE("an audit needs a place in the record's meta block") {
    for (const char* record : {"<a/>", "<a/><orx:meta><orx:instanceID/></orx:meta>"}) {
        const auto form = load(xform_of(record, "", "<input ref='/data/a'/>"));
        REQUIRE(form.definition);
        CHECK_FALSE(audit_config(*form.definition).has_value());
    }
}

TEST_CASE("events that last end when the next begins; of a switch told twice one is logged") {
    Log log(form_of(std::string(kPlaces)));
    const auto told = [&](AuditEvent event, std::string_view ref = {}) {
        log.recorder.log(log.session(), event, ref);
        log.fill.clock.advance(1000);
    };
    told(AuditEvent::kJump);
    told(AuditEvent::kAddRepeat, "m");
    told(AuditEvent::kLocationProvidersDisabled);
    told(AuditEvent::kLocationProvidersDisabled);
    told(AuditEvent::kLocationProvidersEnabled);
    told(AuditEvent::kEndScreen);
    told(AuditEvent::kBackgroundAudioDisabled);
    told(AuditEvent::kFormExit);
    std::string names;
    const std::string csv = log.recorder.csv();
    for (std::size_t at = csv.find('\n') + 1; at < csv.size(); at = csv.find('\n', at) + 1)
        names += csv.substr(at, csv.find(',', at) - at) + "; ";
    CHECK(names ==
          "jump; add repeat; location providers disabled; location providers enabled; "
          "end screen; background audio disabled; form exit; ");
}

TEST_CASE("a log that was cut off in its last line goes on in a new one") {
    const auto form = form_of("");
    fakes::FakeClock clock;
    const AuditConfig config = *audit_config(*form);
    const auto resumed = [&](std::string_view csv) {
        auto out = AuditRecorder::resume(config, clock, csv);
        REQUIRE(out.ok());
        return out->csv();
    };
    CHECK(resumed("event,node,start,end\n") == "event,node,start,end\n");
    CHECK(resumed("event,node,start,end\nform start,,1,\n") ==
          "event,node,start,end\nform start,,1,\n");
    CHECK(resumed("event,node,start,end\nform start,,1,") ==
          "event,node,start,end\nform start,,1,\n");
}

}  // namespace
}  // namespace awda::forms::test
