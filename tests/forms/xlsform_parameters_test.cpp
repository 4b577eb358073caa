// The parameters column: each rule once.
#include <doctest/doctest.h>

#include "forms/xlsform_parameters.h"
#include "tests/forms/written_forms.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

using Code = DiagnosticCode;

struct Applied {
    std::optional<Code> problem;
    std::vector<std::string> args;
    ParameterOutcome out;
};

const std::vector<std::string> kTicks{"0", "5", "10"};
const std::vector<std::string> kEnds{"0", "10"};

Applied apply(std::string_view kind, std::string_view text, std::string_view appearance = {}) {
    Applied result;
    Attributes given;
    auto problem = read_parameters(text, given);
    ParameterScope scope;
    scope.kind = kind;
    scope.appearance = appearance;
    scope.choices = [](std::string_view list) -> const std::vector<std::string>* {
        return list == "ticks" ? &kTicks : list == "ends" ? &kEnds : nullptr;
    };
    if (!problem) problem = apply_parameters(given, scope, result.out);
    if (problem) {
        result.problem = problem->code;
        result.args = problem->args;
    }
    return result;
}

void refused(std::string_view kind, std::string_view text, Code code,
             std::string_view appearance = {}) {
    INFO(std::string(kind), ": ", std::string(text));
    const Applied result = apply(kind, text, appearance);
    REQUIRE(result.problem.has_value());
    CHECK(diagnostic_name(*result.problem) == diagnostic_name(code));
}

void accepted(std::string_view kind, std::string_view text, std::string_view appearance = {}) {
    INFO(std::string(kind), ": ", std::string(text));
    CHECK_FALSE(apply(kind, text, appearance).problem.has_value());
}

std::string control(const Applied& applied, std::string_view name) {
    return std::string(attribute(applied.out.control, name));
}
std::string bind(const Applied& applied, std::string_view name) {
    return std::string(attribute(applied.out.bind, name));
}

}  // namespace

TEST_CASE("parameters are names, equals signs and values, however they are parted") {
    Attributes out;
    CHECK_FALSE(read_parameters("Start = 1;END=5,step= 2\nseed=${A}", out).has_value());
    CHECK(out == Attributes{{"start", "1"}, {"end", "5"}, {"step", "2"}, {"seed", "${A}"}});
    CHECK_FALSE(read_parameters("start=9", out).has_value());
    CHECK(attribute(out, "start") == "9");  // the last one counts
    for (const char* wrong : {"start", "start=", "=1", "start=1=2", "start 1", "a==b"}) {
        INFO(wrong);
        Attributes none;
        REQUIRE(read_parameters(wrong, none).has_value());
        CHECK(read_parameters(wrong, none)->code == Code::kParameterForm);
    }
}

TEST_CASE("a parameter that the type does not take is named, with those it takes") {
    const Applied result = apply("select", "step=1 zebra=2 seed=1");
    CHECK(result.problem == Code::kUnknownParameter);
    CHECK(result.args == std::vector<std::string>{"step, zebra", "randomize, seed", "select"});
    accepted("date", "anything=goes");
}

TEST_CASE("a range has numbers that fit each other") {
    const Applied plain = apply("range", "");
    CHECK(control(plain, "start") == "1");
    CHECK(control(plain, "end") == "10");
    CHECK(control(plain, "step") == "1");
    CHECK(plain.out.bind_type.empty());
    CHECK(apply("range", "step=0.5").out.bind_type == "decimal");
    CHECK(apply("range", "step=2.0").out.bind_type.empty());
    const Applied wrong = apply("range", "start=one");
    CHECK(wrong.problem == Code::kParameterNumber);
    CHECK(wrong.args == std::vector<std::string>{"start", "one", "range"});
    refused("range", "end=1e", Code::kParameterNumber);
    refused("range", "step=0", Code::kRangeZero);
    refused("range", "tick_interval=0", Code::kRangeZero);
    refused("range", "step=11", Code::kRangeTooLarge);
    refused("range", "tick_interval=11", Code::kRangeTooLarge);
    refused("range", "step=2 tick_interval=3", Code::kRangeMultiple);
    refused("range", "start=0 step=2 placeholder=3", Code::kRangeMultiple);
    refused("range", "start=0 end=10 step=2 placeholder=12", Code::kRangeOutside);
    const Applied full = apply("range", "start=10 end=0 step=2 tick_interval=4 placeholder=6");
    CHECK_FALSE(full.problem.has_value());
    CHECK(control(full, "odk:tick-interval") == "4");
    CHECK(control(full, "odk:placeholder") == "6");
    accepted("range", "start=0 end=1 step=0.1 tick_interval=0.3");
}

TEST_CASE("ticks and placeholders go with plain ranges only") {
    for (const char* appearance :
         {"", "vertical", "no-ticks", "vertical no-ticks", "no-ticks vertical"}) {
        accepted("range", "tick_interval=2", appearance);
    }
    refused("range", "tick_interval=2", Code::kRangeAppearance, "picker");
    refused("range", "placeholder=2", Code::kRangeAppearance, "rating");
    accepted("range", "step=2", "picker");
}

TEST_CASE("the labels of ticks are a list of numbers on the range") {
    CHECK(apply("range", "start=0 tick_labelset=ticks").out.labels_list == "ticks");
    refused("range", "tick_labelset=nowhere", Code::kTickList);
    refused("range", "start=1 tick_labelset=ticks", Code::kTickOutside);
    refused("range", "start=0 step=2 tick_labelset=ticks", Code::kTickMultiple);
    refused("range", "start=0 tick_interval=2 tick_labelset=ticks", Code::kTickMultiple);
    refused("range", "start=0 tick_labelset=ticks", Code::kTickCount, "no-ticks");
    refused("range", "start=0 end=20 tick_labelset=ends", Code::kTickEnds, "vertical no-ticks");
    accepted("range", "start=0 tick_labelset=ends", "no-ticks");
}

TEST_CASE("places have accuracies, and lines may grow as one goes") {
    const Applied point =
        apply("geopoint", "capture-accuracy=5 warning-accuracy=20.5 allow-mock-accuracy=true");
    CHECK(control(point, "accuracyThreshold") == "5");
    CHECK(control(point, "unacceptableAccuracyThreshold") == "20.5");
    CHECK(bind(point, "odk:allow-mock-accuracy") == "true");
    refused("geopoint", "capture-accuracy=near", Code::kParameterNumber);
    refused("geopoint", "warning-accuracy=far", Code::kParameterNumber);
    refused("geopoint", "allow-mock-accuracy=maybe", Code::kParameterChoice);
    refused("geopoint", "incremental=true", Code::kUnknownParameter);
    CHECK(control(apply("geotrace", "incremental=true"), "incremental") == "true");
    refused("geoshape", "incremental=false", Code::kIncremental);
    refused("geotrace", "capture-accuracy=5", Code::kUnknownParameter);
    CHECK(apply("geoshape", "reference-geometry=${Parcel}").out.reference == "${Parcel}");
}

TEST_CASE("pictures have a size and an app, sounds a quality") {
    const Applied image = apply("image", "max-pixels=640 app=org.example.cam_2");
    CHECK(bind(image, "orx:max-pixels") == "640");
    CHECK(control(image, "intent") == "org.example.cam_2");
    refused("image", "max-pixels=6.5", Code::kParameterInteger);
    for (const char* app :
         {"app=cam", "app=org..cam", "app=org.2cam", "app=org.cam.", "app=org.c-am", "app=_a.b"}) {
        refused("image", app, Code::kPackageName);
    }
    // The app is for a camera; a drawing has none.
    CHECK(control(apply("image", "app=cam", "draw"), "intent").empty());
    CHECK(control(apply("image", "app=a.b", "annotate"), "intent") == "a.b");
    CHECK(bind(apply("audio", "quality=external"), "odk:quality") == "external");
    refused("audio", "quality=superb", Code::kParameterChoice);
    refused("background-audio", "quality=external", Code::kParameterChoice);
    const Applied background = apply("background-audio", "quality=voice-only");
    CHECK(attribute(background.out.action, "odk:quality") == "voice-only");
    CHECK(background.out.bind.empty());
}

TEST_CASE("an audit's location has all three of its parameters") {
    const Applied audit = apply("audit",
                                "location-priority=balanced location-min-interval=60 "
                                "location-max-age=120 track-changes=true identify-user=false "
                                "track-changes-reasons=on-form-edit");
    CHECK_FALSE(audit.problem.has_value());
    CHECK(bind(audit, "odk:location-max-age") == "120");
    refused("audit", "location-priority=balanced", Code::kParametersTogether);
    const auto place = [](const char* priority, const char* interval, const char* age) {
        return std::string("location-priority=") + priority + " location-min-interval=" + interval +
               " location-max-age=" + age;
    };
    refused("audit", place("some", "1", "2"), Code::kParameterChoice);
    refused("audit", place("balanced", "x", "2"), Code::kParameterInteger);
    refused("audit", place("balanced", "1", "x"), Code::kParameterInteger);
    refused("audit", place("balanced", "-1", "2"), Code::kParameterLeast);
    refused("audit", place("balanced", "1", "-2"), Code::kParameterLeast);
    refused("audit", place("balanced", "3", "2"), Code::kParameterLeast);
    refused("audit", "track-changes=yes", Code::kParameterChoice);
    refused("audit", "identify-user=1", Code::kParameterChoice);
    refused("audit", "track-changes-reasons=always", Code::kParameterChoice);
}

TEST_CASE("choices are shuffled with a seed that is a number or a question") {
    accepted("select", "randomize=true");
    accepted("select", "randomize=true seed=4.5");
    accepted("select", "randomize=true seed=${seed}");
    refused("select", "randomize=yes", Code::kParameterChoice);
    refused("select", "seed=4", Code::kSeedAlone);
    refused("select", "randomize=true seed=dice", Code::kBadSeed);
    accepted("select file", "value=ID label=Name");
    refused("select", "value=ID", Code::kUnknownParameter);
}

TEST_CASE("a text has a number of rows") {
    CHECK(control(apply("text", "rows=4"), "rows") == "4");
    refused("text", "rows=many", Code::kParameterInteger);
    refused("text", "columns=4", Code::kUnknownParameter);
}

TEST_CASE("a range whose numbers are not all whole holds decimals") {
    const auto type = [](const std::string& parameters) {
        const std::string out = xform(
            sheet("survey", {"type | name | label | parameters", "range | r | R | " + parameters}));
        return has(out, "type=\"decimal\"") ? "decimal" : has(out, "type=\"int\"") ? "int" : "?";
    };
    CHECK(std::string(type("start=0 end=10 step=1")) == "int");
    CHECK(std::string(type("start=0.5 end=10 step=0.5")) == "decimal");
    CHECK(std::string(type("start=0 end=10.5 step=1")) == "decimal");
    CHECK(std::string(type("start=0 end=10 step=0.5")) == "decimal");
    CHECK(std::string(type("start=0 end=10 step=0.5 tick_interval=1.5")) == "decimal");
    CHECK(std::string(type("start=0 end=10 step=1 placeholder=5")) == "int");
}

TEST_CASE("a range knows its parameters, and its labels stand at its ends where it has no ticks") {
    const auto told = [](const std::string& parameters, const std::string& appearance,
                         const std::vector<std::string>& names) {
        std::vector<std::string> choices{"list_name | name | label"};
        for (const std::string& name : names) choices.push_back("t | " + name + " | L" + name);
        const LoadResult result =
            load(sheet("survey", {"type | name | label | parameters | appearance",
                                  "range | r | R | " + parameters + " | " + appearance}) +
                 sheet("choices", choices) + sheet("settings", {"allow_choice_duplicates", "yes"}));
        for (const Diagnostic& d : result.diagnostics)
            if (d.severity == Severity::kError) return d.code;
        return DiagnosticCode::kUnknownFile;  // no error
    };
    constexpr auto kNone = DiagnosticCode::kUnknownFile;
    const std::string range = "start=0 end=10 step=5 tick_labelset=t";
    CHECK(told(range, "no-ticks", {"0", "10"}) == kNone);
    CHECK(told(range, "no-ticks", {"0", "10", "10.0"}) == kNone);
    CHECK(told(range, "no-ticks", {"0", "5"}) == DiagnosticCode::kTickEnds);
    CHECK(told(range, "no-ticks", {"5", "10"}) == DiagnosticCode::kTickEnds);
    CHECK(told(range, "no-ticks", {"0", "5", "10"}) == DiagnosticCode::kTickCount);
    CHECK(told("start=0 end=10 step=5 speed=1", "", {"0"}) == DiagnosticCode::kUnknownParameter);
    CHECK(told("start=0 end=10 tick_labelset=gone", "", {"0"}) == DiagnosticCode::kTickList);
}

TEST_CASE("parameters are name, equals sign and value, three by three") {
    const auto refused = [](const std::string& parameters) {
        return find(load(sheet("survey", {"type | name | label | parameters",
                                          "range | r | R | " + parameters})),
                    DiagnosticCode::kParameterForm) != nullptr;
    };
    for (const char* text : {"= start 1", "start 1 =", "start = =", "start end step", "start="}) {
        CAPTURE(std::string(text));
        CHECK(refused(text));
    }
    CHECK_FALSE(refused("start = 1; end\t=5,step=1"));
}

TEST_CASE("a line grows by itself where it is said with any yes") {
    const auto code = [](const std::string& word) {
        return find(load(sheet("survey", {"type | name | label | parameters",
                                          "geotrace | g | G | incremental=" + word})),
                    DiagnosticCode::kIncremental) == nullptr;
    };
    CHECK(code("true"));
    CHECK(code("yes"));
    CHECK(code("true()"));
    CHECK_FALSE(code("no"));
}

TEST_CASE("a seed is a number or a reference, closed") {
    const auto refused = [](const std::string& seed) {
        return find(load(sheet("survey", {"type | name | label | parameters", "integer | n | N | ",
                                          "select_one l | s | S | randomize=true seed=" + seed}) +
                         sheet("choices", {"list_name | name | label", "l | x | X"})),
                    DiagnosticCode::kBadSeed) != nullptr;
    };
    CHECK_FALSE(refused("7"));
    CHECK_FALSE(refused("${n}"));
    CHECK(refused("${n"));
    CHECK(refused("n"));
}
