// One test a row of forms/profile.h: what each of the three profiles does.
#include <doctest/doctest.h>

#include <array>

#include "forms/profile.h"
#include "tests/forms/forms_fixture.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

constexpr const char* kHead =
    R"x(<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
    xmlns:jr="http://openrosa.org/javarosa"><h:head><model>)x";

/// A fill-in of a form under one profile.
struct Run {
    fakes::FakeClock clock;
    fakes::SeededRandom random{7};
    Session session;

    Run(const std::string& model, const std::string& body, Profile profile)
        : session(form(model, body), options(profile)) {}
    static FormDefinitionPtr form(const std::string& model, const std::string& body) {
        const LoadResult loaded =
            load(kHead + model + "</model></h:head><h:body>" + body + "</h:body></h:html>");
        INFO(errors_of(loaded));
        REQUIRE(loaded.definition != nullptr);
        return loaded.definition;
    }
    SessionOptions options(Profile profile) {
        SessionOptions out;
        out.clock = &clock;
        out.random = &random;
        out.profile = profile;
        return out;
    }
};

/// What an expression leaves in a text question: awda, collect, web-forms.
using Three = std::array<std::string, 3>;
Three stored(const std::string& expression) {
    Three out;
    for (std::size_t i = 0; i < kProfiles.size(); ++i) {
        Run run(
            R"x(<instance><data id="t"><blank/><n>3</n><r><v>1</v></r><r><v/></r><d>2020-01-02</d>
                <shape>0 0;0 0.01;0.01 0.01;0 0</shape><out/></data></instance>
                <bind nodeset="/data/d" type="date"/><bind nodeset="/data/out" calculate=")x" +
                expression + "\"/>",
            R"x(<group ref="/data/r"><repeat nodeset="/data/r"><input ref="/data/r/v"/></repeat>
                </group>)x",
            kProfiles[i]);
        out[i] = run.session.value("out");
    }
    return out;
}

const std::string kTwoLists = R"x(<instance><data id="t"><town/><camp>c9</camp><camps/><after/>
    </data></instance><instance id="camps"><root>
    <item><name>c1</name><town>a</town></item><item><name>c2</name><town>b</town></item>
    <item><name>c3</name><town>a</town></item></root></instance>
    <bind nodeset="/data/after" calculate="concat('at ', /data/camp)"/>)x";
const std::string kTwoListsBody = R"x(<input ref="/data/town"/><select1 ref="/data/camp">
    <itemset nodeset="instance('camps')/root/item[town = /data/town]"><value ref="name"/>
    <label ref="name"/></itemset></select1><select ref="/data/camps">
    <item><label>3</label><value>c3</value></item><item><label>1</label><value>c1</value></item>
    </select>)x";

}  // namespace

TEST_CASE("a profile is named as the command line names it") {
    CHECK(semantics_of(Profile::kAwda).name == "awda");
    CHECK(semantics_of(Profile::kCollect).name == "collect");
    CHECK(semantics_of(Profile::kWebForms).name == "web-forms");
}

TEST_CASE("profiles: truths, numbers and dates in calculations") {
    CHECK(stored("1 = 1") == Three{"true", "1", "true"});
    CHECK(stored("1 = 2") == Three{"false", "0", "false"});
    CHECK(stored("number('abc')") == Three{"", "NaN", ""});
    CHECK(stored("'2020-01-02' &lt; '2020-01-10'") == Three{"true", "0", "true"});
    CHECK(stored("'2020-01-02' + 1") == Three{"18264", "NaN", "18263.875"});
    CHECK(stored("number('2020-01-02')") == Three{"18263", "NaN", "18262.875"});
    CHECK(stored("/data/d + 1") == Three{"18264", "18264", "18263.875"});
    CHECK(stored("date(18263)") ==
          Three{"2020-01-02", "2020-01-02", "2020-01-02T03:00:00.000+03:00"});
    CHECK(stored("date('x')") == Three{"", "", "Invalid Date"});
    CHECK(stored("round(-2.5)") == Three{"-2", "-2", "-3"});
    CHECK(stored("1000000000000000000000 * 1") ==
          Three{"1000000000000000000000", "1.0E21", "1e+21"});
    CHECK(stored("0.0000001 * 1") == Three{"0.0000001", "1.0E-7", "1e-7"});
    CHECK(stored("12345678.5 * 1") == Three{"12345678.5", "1.23456785E7", "12345678.5"});
    CHECK(stored("0.25 * 2") == Three{"0.5", "0.5", "0.5"});
}

TEST_CASE("profiles: blanks in sums and extremes") {
    CHECK(stored("sum(/data/r/v)") == Three{"1", "1", ""});
    CHECK(stored("max('', 3)") == Three{"3", "3", ""});
    CHECK(stored("min(/data/blank, 3)") == Three{"3", "3", ""});
}

TEST_CASE("profiles: areas and distances") {
    const Three area = stored("area(/data/shape)");
    CHECK(area[0] == area[1]);
    CHECK(area[0].starts_with("619"));
    CHECK(area[0].size() > 12);  // full precision
    CHECK(area[2].find('.') + 3 == area[2].size());
    const Three length = stored("distance('0 0', '0 1')");
    CHECK(length[0] == length[1]);
    CHECK(length[0].starts_with("111318."));
    CHECK(length[2].size() == std::string("111318.85").size());
}

TEST_CASE("profiles: a regular expression meets the whole text or a part") {
    CHECK(stored("regex('0770x', '[0-9]{4}')") == Three{"false", "0", "true"});
}

TEST_CASE("profiles: an absolute path inside a repeat") {
    for (const Profile profile : kProfiles) {
        Run run(R"x(<instance><data id="t"><r><n>1</n><twice/></r><r><n>2</n><twice/></r></data>
                </instance><bind nodeset="/data/r/twice" calculate="/data/r/n * 2"/>)x",
                R"x(<group ref="/data/r"><repeat nodeset="/data/r"><input ref="/data/r/n"/></repeat>
                </group>)x",
                profile);
        const bool every = profile == Profile::kWebForms;
        CHECK(run.session.value("r[2]/twice") == (every ? "2" : "4"));
        REQUIRE(run.session.answer("r[1]/n", "5").ok());
        CHECK(run.session.value("r[2]/twice") == (every ? "10" : "4"));
    }
}

TEST_CASE("profiles: what is hidden counts in node-sets of ODK Web Forms only") {
    for (const Profile profile : kProfiles) {
        Run run(R"x(<instance><data id="t"><r><n>1</n></r><r><n>2</n></r><count/></data></instance>
                <bind nodeset="/data/r/n" relevant="position(..) = 1"/>
                <bind nodeset="/data/count" calculate="count(/data/r/n)"/>)x",
                R"x(<group ref="/data/r"><repeat nodeset="/data/r"><input ref="/data/r/n"/></repeat>
                </group>)x",
                profile);
        CHECK(run.session.value("count") == (profile == Profile::kWebForms ? "2" : "1"));
    }
}

TEST_CASE("profiles: several choices are kept as answered or as listed") {
    for (const Profile profile : kProfiles) {
        Run run(kTwoLists, kTwoListsBody, profile);
        REQUIRE(run.session.answer("camps", "c1 c3").ok());
        CHECK(run.session.value("camps") == (profile == Profile::kWebForms ? "c3 c1" : "c1 c3"));
    }
}

TEST_CASE("profiles: a default that is no choice") {
    for (const Profile profile : kProfiles) {
        const bool kept = profile == Profile::kCollect;
        Run run(kTwoLists, kTwoListsBody, profile);
        CHECK(run.session.value("camp") == (kept ? "c9" : ""));
        Run fixed(
            "<instance><data id=\"t\"><a>x</a></data></instance>",
            R"x(<select1 ref="/data/a"><item><label>Y</label><value>y</value></item></select1>)x",
            profile);
        CHECK(fixed.session.value("a") == (kept ? "x" : ""));
    }
}

TEST_CASE("profiles: a choice that is filtered away goes at once, or when choices are read") {
    for (const Profile profile : kProfiles) {
        Run run(kTwoLists, kTwoListsBody, profile);
        REQUIRE(run.session.answer("town", "a").ok());
        REQUIRE(run.session.answer("camp", "c1").ok());
        REQUIRE(run.session.answer("town", "b").ok());
        const bool late = profile == Profile::kCollect;
        CHECK(run.session.value("camp") == (late ? "c1" : ""));
        CHECK(run.session.choices("camp")->size() == 1);
        CHECK(run.session.value("camp").empty());
        CHECK(run.session.value("after") == (late ? "at c1" : "at "));
    }
}

TEST_CASE("profiles: an answer that breaks its constraint is flagged or refused") {
    for (const Profile profile : kProfiles) {
        Run run(R"x(<instance><data id="t"><age/></data></instance>
                <bind nodeset="/data/age" type="int" constraint=". &lt; 120"/>)x",
                R"x(<input ref="/data/age"/>)x", profile);
        const bool refused = profile == Profile::kCollect;
        const Status status = run.session.answer("age", "300");
        CHECK(status.ok() == !refused);
        if (refused) CHECK(status.error().code == Errc::kAnswersInvalid);
        CHECK(run.session.value("age") == (refused ? "" : "300"));
        CHECK(run.session.answer("age", "30").ok());
        CHECK(run.session.validate().empty());
        CHECK(run.session.answer("age", "").ok());
    }
}

TEST_CASE("profiles: counted rows come at once, or when somebody comes by") {
    for (const Profile profile : kProfiles) {
        Run run(R"x(<instance><data id="t"><how>2</how><r jr:template=""><n/></r></data></instance>
                <bind nodeset="/data/how" type="int"/>)x",
                R"x(<input ref="/data/how"/><group ref="/data/r"><repeat nodeset="/data/r"
                jr:count="/data/how"><input ref="/data/r/n"/></repeat></group>)x",
                profile);
        CHECK(run.session.exists("r[2]") == (profile != Profile::kCollect));
        CHECK(run.session.page().size() == 6);
        CHECK(run.session.exists("r[2]"));
    }
}

TEST_CASE("profiles: dates with a time, times without a zone") {
    for (const Profile profile : kProfiles) {
        Run run(R"x(<instance><data id="t"><d>2012-02-05T00:00:00.000Z</d><t>22:02:55.124</t>
                <z>10:00Z</z></data></instance><bind nodeset="/data/d" type="date"/>
                <bind nodeset="/data/t" type="time"/><bind nodeset="/data/z" type="time"/>)x",
                R"x(<input ref="/data/d"/>)x", profile);
        const bool collect = profile == Profile::kCollect;
        CHECK(run.session.value("d") == (collect ? "" : "2012-02-05"));
        CHECK(run.session.value("t") == (collect ? "22:02:55.124+03:00" : "22:02:55.124"));
        CHECK(run.session.value("z") == "10:00Z");
    }
}
