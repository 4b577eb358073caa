// Appearances and parameters at their edges.
#include <doctest/doctest.h>

#include "forms/appearance.h"
#include "forms/model.h"

using namespace awda::forms;

TEST_CASE("arguments of another app are parted at commas outside of brackets and quotes") {
    const auto arguments = [](std::string_view text) {
        std::string out;
        const Appearance looks = parse_appearance(text);
        REQUIRE(looks.external.has_value());
        for (const auto& [name, value] : looks.external->arguments) {
            out += "[" + name + "|" + value + "]";
        }
        return out;
    };
    CHECK(arguments("ex:a(f(1, 2), \"x, y\", z)") == "[|f(1, 2)][|\"x, y\"][|z]");
    CHECK(arguments("ex:a(n='1', concat(a, b)='2')") == "[n|'1'][|concat(a, b)='2']");
    CHECK(arguments("ex:a(, b,, )") == "[|b]");
    CHECK(arguments("ex:a(b") == "[|b]");
    CHECK(arguments("ex:a(f(b") == "[|f(b]");
    CHECK(arguments("ex:a(b))") == "[|b)]");
    CHECK(arguments("ex:a(=b)") == "[|=b]");
    CHECK(arguments("ex:a(/data/x=b)") == "[|/data/x=b]");
    CHECK(arguments("ex:a") == "");
}

TEST_CASE("words are parted by blanks of any kind, outside of brackets") {
    const Appearance looks = parse_appearance("w2\tminimal\nquick\rex:a('x y', \"(z\") )odd");
    CHECK(looks.grid_width == 2);
    CHECK(looks.has(AppearanceWord::kMinimal));
    CHECK(looks.has(AppearanceWord::kQuick));
    REQUIRE(looks.external.has_value());
    REQUIRE(looks.external->arguments.size() == 2);
    CHECK(looks.external->arguments[1].second == "\"(z\"");
    REQUIRE(looks.unknown_words.size() == 1);
    CHECK(looks.unknown_words[0].word == ")odd");
}

TEST_CASE("a number in a word is whole and within its bounds") {
    for (const char* good :
         {"columns-1", "columns-100", "compact-2", "quickcompact-3", "w1", "w12"}) {
        CAPTURE(good);
        CHECK(parse_appearance(good).unknown_words.empty());
    }
    for (const char* bad :
         {"columns-", "columns-0", "columns-101", "columns-x", "columns-1x", "columns-9999999999",
          "compact-0", "quickcompact-", "w0", "w13", "wx"}) {
        CAPTURE(bad);
        CHECK(parse_appearance(bad).unknown_words.size() == 1);
    }
    CHECK(parse_appearance("compact-4").column_count == 4);
    CHECK(parse_appearance("quickcompact-4").has(AppearanceWord::kQuick));
    CHECK(parse_appearance(std::string(500, 'm')).unknown_words[0].nearest.empty());
}

TEST_CASE("a word stands where its kind of question allows it") {
    using Type = QuestionType;
    const std::pair<Type, const char*> places[] = {
        {Type::kText, "multiline"},         {Type::kDecimal, "thousands-sep"},
        {Type::kDate, "no-calendar"},       {Type::kTime, "no-calendar"},
        {Type::kDateTime, "year"},          {Type::kGeopoint, "placement-map"},
        {Type::kGeotrace, "placement-map"}, {Type::kSelectOne, "minimal"},
        {Type::kSelectMultiple, "minimal"}, {Type::kRange, "vertical"},
        {Type::kImage, "signature"}};
    for (const auto& [type, word] : places) {
        CAPTURE(word);
        CHECK(parse_appearance(word).unknown_words.empty());
        CHECK(misplaced_words(parse_appearance(word), Type::kHidden, false).size() == 1);
        if (type == Type::kTime) continue;
        CHECK(misplaced_words(parse_appearance(word), type, false).empty());
    }
    for (const Type type : {Type::kAudio, Type::kVideo, Type::kFile, Type::kBarcode, Type::kRank,
                            Type::kNote, Type::kAcknowledge, Type::kGeoshape, Type::kInteger}) {
        CHECK(misplaced_words(parse_appearance("signature"), type, false).size() == 1);
    }
}

TEST_CASE("parameters are typed, and what is not of the type is left out") {
    ModelControl control;
    control.others = {{"start", "1"},
                      {"end", "x"},
                      {"step", "0.5"},
                      {"odk:tick-interval", "2"},
                      {"placeholder", "7"},
                      {"tick-labels", "a"},
                      {"rows", " 4 "},
                      {"accuracyThreshold", "2.5"},
                      {"unacceptableAccuracyThreshold", "Infinity"},
                      {"allow-mock-accuracy", "true"},
                      {"incremental", "true"},
                      {"max-pixels", "-1"},
                      {"accept", "image/*, ,.pdf"}};
    ModelBind bind;
    bind.others = {{"orx:max-pixels", "640"}, {"saveIncomplete", "true()"}};
    const ControlHints hints = control_hints(control, &bind);
    CHECK(hints.start == 1.0);
    CHECK_FALSE(hints.end.has_value());
    CHECK(hints.step == 0.5);
    CHECK(hints.tick_interval == 2.0);
    CHECK(hints.placeholder == 7.0);
    CHECK(hints.tick_labels == "a");
    CHECK(hints.rows == 4U);
    CHECK(hints.accuracy_threshold == 2.5);
    CHECK_FALSE(hints.unacceptable_accuracy.has_value());
    CHECK(hints.allow_mock_accuracy);
    CHECK(hints.incremental);
    CHECK(hints.save_incomplete);
    CHECK_FALSE(hints.max_pixels.has_value());
    CHECK(hints.accept == std::vector<std::string>{"image/*", ".pdf"});
    control.others = {{"incremental", "false"}, {"rows", ""}};
    control.mediatype = "audio/*";
    const ControlHints plain = control_hints(control, nullptr);
    CHECK_FALSE(plain.incremental);
    CHECK_FALSE(plain.rows.has_value());
    CHECK(plain.accept == std::vector<std::string>{"audio/*"});
}

TEST_CASE("a form's style keeps a bounded number of other words") {
    std::string many = "theme-";
    for (int i = 0; i < 5000; ++i) many += " other";
    const FormStyle style = parse_style(many);
    CHECK(style.theme == "");
    CHECK(style.other_words.size() == kAppearanceWordsMax);
}
