// Actions that the desk performs, metadata, submission attributes.
#include <doctest/doctest.h>

#include "forms/submission.h"
#include "tests/forms/written_forms.h"

namespace awda::forms::test {
namespace {

TEST_CASE("a position is asked for at first load and its answer goes to a read-only node") {
    const auto form =
        load(xform_of("<here/><double/>",
                      R"x(<bind nodeset="/data/here" type="geopoint" readonly="true()"/>
        <bind nodeset="/data/double" calculate="concat(/data/here, '!')"/>
        <odk:setgeopoint event="odk-instance-first-load" ref="/data/here"/>)x",
                      R"x(<input ref="/data/here"/>)x"));
    REQUIRE_MESSAGE(form.definition, errors_of(form));
    Fill fill(form.definition);
    const auto requests = fill.session.take_action_requests();
    REQUIRE(requests.size() == 1);
    CHECK(requests[0].kind == ActionRequest::Kind::kGeopoint);
    CHECK(requests[0].ref == "here");
    CHECK(fill.session.take_action_requests().empty());
    CHECK(fill.session.answer("here", "1 2").error().code == Errc::kNotAllowed);
    CHECK(fill.session.complete_action(requests[0].id, "nowhere").error().code == Errc::kMalformed);
    REQUIRE(fill.session.complete_action(requests[0].id, "33.3 44.4 0 5").ok());
    CHECK(fill.session.value("here") == "33.3 44.4 0.0 5.0");
    CHECK(fill.session.value("double") == "33.3 44.4 0.0 5.0!");
    CHECK(fill.session.complete_action(requests[0].id, "").error().code == Errc::kNotFound);

    Fill edit(form.definition, true);
    CHECK(edit.session.take_action_requests().empty());
}

TEST_CASE("a request knows its events, its row and its parameters") {
    const auto form = load(xform_of(R"x(<q/><sound/><p jr:template=""><at/></p>)x",
                                    R"x(<bind nodeset="/data/p/at" type="geopoint"/>
        <bind nodeset="/data/sound" type="binary"/>
        <odk:recordaudio event="odk-instance-load" ref="/data/sound" odk:quality="voice-only"/>)x",
                                    R"x(<input ref="/data/q">
          <odk:setgeopoint event="xforms-value-changed" ref="/data/sound"/></input>
        <group ref="/data/p"><repeat nodeset="/data/p">
          <odk:setgeopoint event="odk-instance-first-load odk-new-repeat" ref="/data/p/at"/>
          <input ref="/data/p/at"/></repeat></group>)x"));
    REQUIRE_MESSAGE(form.definition, errors_of(form));
    Fill fill(form.definition);
    auto requests = fill.session.take_action_requests();
    REQUIRE(requests.size() == 1);
    CHECK(requests[0].kind == ActionRequest::Kind::kRecordAudio);
    CHECK(requests[0].parameters ==
          std::vector<std::pair<std::string, std::string>>{{"odk:quality", "voice-only"}});
    REQUIRE(fill.session.complete_action(requests[0].id, "voice.m4a").ok());
    CHECK(fill.session.value("sound") == "voice.m4a");

    REQUIRE(fill.session.add_repeat("p").ok());
    REQUIRE(fill.session.add_repeat("p").ok());
    requests = fill.session.take_action_requests();
    REQUIRE(requests.size() == 2);
    CHECK(requests[1].ref == "p[2]/at");
    // The second row becomes the first; its answer still finds it.
    REQUIRE(fill.session.remove_repeat("p[1]").ok());
    CHECK(fill.session.complete_action(requests[0].id, "1 1").error().code == Errc::kNotFound);
    REQUIRE(fill.session.complete_action(requests[1].id, "2 2").ok());
    CHECK(fill.session.value("p[1]/at") == "2 2");

    REQUIRE(fill.session.answer("q", "a").ok());
    REQUIRE(fill.session.answer("q", "b").ok());
    requests = fill.session.take_action_requests();
    REQUIRE_MESSAGE(requests.size() == 1, "the second event replaces the first");
    CHECK(fill.session.complete_action(requests[0].id, std::string(2U << 20U, 'x')).error().code ==
          Errc::kTooLarge);
    CHECK(fill.session.complete_action(requests[0].id, "\xff").error().code == Errc::kMalformed);
    CHECK(fill.session.complete_action(requests[0].id, "").ok());
}

TEST_CASE("an action in a group of the repeat runs for the new row alone") {
    const auto form = load(xform_of(R"x(<p jr:template=""><g><n/></g></p>)x", "",
                                    R"x(<group ref="/data/p"><repeat nodeset="/data/p">
          <group ref="/data/p/g"><setvalue event="odk-new-repeat" ref="/data/p/g/n"
             value="position(../..)"/><input ref="/data/p/g/n"/></group></repeat></group>)x"));
    REQUIRE_MESSAGE(form.definition, errors_of(form));
    Fill fill(form.definition);
    REQUIRE(fill.session.add_repeat("p").ok());
    REQUIRE(fill.session.answer("p[1]/g/n", "7").ok());
    REQUIRE(fill.session.add_repeat("p").ok());
    CHECK(fill.session.value("p[1]/g/n") == "7");
    CHECK(fill.session.value("p[2]/g/n") == "2");
}

TEST_CASE("metadata is filled from the session's options, in either namespace of meta") {
    for (const std::string prefix : {"", "orx:"}) {
        const auto form = load(
            xform_of("<d/><e/><ph/><u/><t/><s/><sub/><" + prefix + "meta><" + prefix +
                         "instanceID/><" + prefix + "audit/></" + prefix + "meta>",
                     R"x(<bind nodeset="/data/d" jr:preload="property" jr:preloadParams="deviceid"/>
        <bind nodeset="/data/e" jr:preload="property" jr:preloadParams="email"/>
        <bind nodeset="/data/ph" jr:preload="property" jr:preloadParams="phoneNumber"/>
        <bind nodeset="/data/u" jr:preload="property" jr:preloadParams="username"/>
        <bind nodeset="/data/t" type="date" jr:preload="date" jr:preloadParams="today"/>
        <bind nodeset="/data/s" jr:preload="property" jr:preloadParams="simserial"/>
        <bind nodeset="/data/sub" jr:preload="property" jr:preloadParams="subscriberid"/>)x",
                     ""));
        REQUIRE_MESSAGE(form.definition, errors_of(form));
        fakes::FakeClock clock;
        fakes::SeededRandom random(1);
        SessionOptions options;
        options.clock = &clock;
        options.random = &random;
        options.device_id = "awda:1";
        options.email = "a@b.c";
        options.phone_number = "+964";
        options.username = "hawre";
        options.audit_file = "audit.csv";
        Session session(form.definition, options);
        CHECK(session.value("d") == "awda:1");
        CHECK(session.value("e") == "a@b.c");
        CHECK(session.value("ph") == "+964");
        CHECK(session.value("u") == "hawre");
        CHECK(session.value("t") == "2026-01-01");
        CHECK(session.value("s").empty());
        CHECK(session.value("sub").empty());
        CHECK(session.value("meta/instanceID").starts_with("uuid:"));
        CHECK(session.value("meta/audit").empty());
        REQUIRE(session.finalise().ok());
        CHECK(session.value("meta/audit") == "audit.csv");
    }
}

TEST_CASE("what a form says about sending is readable") {
    const auto form = load(xform_of("<a/>",
                                    R"x(<submission action="https://x.org/s" method="post"
        orx:auto-send="true" orx:auto-delete="false" base64RsaPublicKey="MII
        Bx"/>)x",
                                    ""));
    REQUIRE_MESSAGE(form.definition, errors_of(form));
    const SubmissionInfo info = submission_info(*form.definition);
    CHECK(info.action == "https://x.org/s");
    CHECK(info.method == "post");
    CHECK(info.auto_send == true);
    CHECK(info.auto_delete == false);
    CHECK(info.public_key == "MIIBx");

    const auto plain = load(xform_of("<a/>", R"x(<submission orx:auto-send="perhaps"/>)x", ""));
    REQUIRE(plain.definition);
    CHECK_FALSE(submission_info(*plain.definition).auto_send.has_value());
    CHECK(submission_info(*plain.definition).public_key.empty());
}

TEST_CASE("yes and no about sending are said in any of XLSForm's ways") {
    const auto auto_send = [](const std::string& word) {
        const auto form =
            load(xform_of("<a/>", "<submission orx:auto-send=\"" + word + "\"/>", ""));
        REQUIRE(form.definition);
        return submission_info(*form.definition).auto_send;
    };
    for (const char* word : {"true", "TRUE()", "1", " Yes "}) CHECK(auto_send(word) == true);
    for (const char* word : {"false", "False()", "0", "no"}) CHECK(auto_send(word) == false);
    CHECK_FALSE(auto_send("").has_value());
    // A pasted key loses white space of every kind, and nothing else.
    const auto form =
        load(xform_of("<a/>", "<submission base64RsaPublicKey=\"M&#9;I&#10;I&#13; B+/=\"/>", ""));
    REQUIRE(form.definition);
    CHECK(submission_info(*form.definition).public_key == "MIIB+/=");
}

}  // namespace
}  // namespace awda::forms::test
