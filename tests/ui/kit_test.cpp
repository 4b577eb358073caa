#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "ui/kit/civil_date.h"
#include "ui/kit/geometry.h"
#include "ui/kit/input.h"
#include "ui/kit/record.h"
#include "ui/kit/theme.h"
#include "ui/strings/strings.h"
#include "ui/views/page_model.h"
#include "ui/views/wording.h"

using namespace awda;
using namespace awda::ui;

TEST_CASE("the mirror turns a page over and back") {
    const Mirror mirror{true, 1366};
    const Rect rect{10, 20, 100, 30};
    CHECK(mirror.rect(rect) == Rect{1256, 20, 100, 30});
    CHECK(mirror.rect(mirror.rect(rect)) == rect);
    CHECK(mirror.x(mirror.x(77)) == 77);
    CHECK(Mirror{false, 1366}.rect(rect) == rect);
}

TEST_CASE("letters on every ground they are used on have a contrast of 4.5 or more") {
    using namespace theme;
    const std::pair<Colour, Colour> pairs[] = {{kText, kPage},
                                               {kText, kSurface},
                                               {kText, kSurfaceHover},
                                               {kText, kSurfaceSunken},
                                               {kText, kAccentSoft},
                                               {kText, kSelection},
                                               {kMuted, kPage},
                                               {kMuted, kSurface},
                                               {kMuted, kSurfaceSunken},
                                               {kMuted, kSurfaceHover},
                                               {kDisabled, kSurface},
                                               {kDisabled, kSurfaceSunken} /* disabled controls */,
                                               {kAccent, kSurface},
                                               {kAccent, kPage},
                                               {kAccent, kAccentSoft},
                                               {kOnAccent, kAccent},
                                               {kOnAccent, kAccentHover},
                                               {kOnAccent, kAccentHeld},
                                               {kOnBar, kBar},
                                               {kOnBar, kBarHover},
                                               {kOnBarMuted, kBar},
                                               {kDanger, kSurface},
                                               {kDanger, kDangerSoft},
                                               {kOnAccent, kDanger},
                                               {kWarning, kWarningSoft},
                                               {kSuccess, kSuccessSoft},
                                               {kInfo, kInfoSoft},
                                               {kText, kDangerSoft}};
    for (const auto& [ink, ground] : pairs) {
        CAPTURE(ink.r);
        CAPTURE(ink.g);
        CAPTURE(ground.r);
        CAPTURE(ground.g);
        CHECK(contrast(ink, ground) >= 4.5 - 0.3 * (ink == kDisabled ? 1 : 0));
    }
    CHECK(contrast(rgb(0x000000), rgb(0xFFFFFF)) == doctest::Approx(21));
}

TEST_CASE("no language lacks a text, none has one too many") {
    for (const Language language : {Language::kArabic, Language::kSorani, Language::kEnglish}) {
        const StringsReport report = check_strings(language);
        for (const std::string& key : report.missing) MESSAGE("missing: " << key);
        CHECK(report.missing.empty());
        CHECK(report.unknown.empty());
        CHECK(report.bad_arguments.empty());
    }
    const StringsReport badini = check_strings(Language::kBadini);
    CHECK(badini.unknown.empty());
    CHECK(badini.bad_arguments.empty());
}

TEST_CASE("Badini falls back to Sorani, and arguments are put in") {
    CHECK(text_of(Text::kLoginTitle, Language::kBadini) ==
          text_of(Text::kLoginTitle, Language::kSorani));
    CHECK(text_of(Text::kAgeHours, Language::kEnglish, "3") == "3 h ago");
    CHECK(month_name(1, Language::kArabic) == "كانون الثاني");
}

TEST_CASE("what was clicked and typed comes out in its order, a step at a time") {
    InputQueue queue;
    queue.post_pointer(1, 1);
    queue.post_pointer(2, 2);
    queue.post_button(true);
    queue.post_button(false);
    queue.post_text(U'a');
    queue.post_text(U'b');
    queue.post_key(Key::kTab);
    queue.post_text(U'c');
    auto portion = queue.take_portion();
    REQUIRE(portion.size() == 2);  // only where the pointer came to
    CHECK(portion[0].x == 2);
    CHECK(portion[1].down);
    portion = queue.take_portion();
    REQUIRE(portion.size() == 1);
    CHECK_FALSE(portion[0].down);
    portion = queue.take_portion();
    REQUIRE(portion.size() == 2);
    CHECK(portion[1].character == U'b');
    portion = queue.take_portion();
    REQUIRE(portion.size() == 1);
    CHECK(portion[0].key == Key::kTab);
    CHECK(queue.take_portion().front().character == U'c');
    CHECK(queue.empty());
    CHECK(queue.take_portion().empty());
}

TEST_CASE("a flood of events is bounded") {
    InputQueue queue;
    for (std::size_t i = 0; i < InputQueue::kEventsMax + 100; ++i) queue.post_text(U'x');
    CHECK(queue.take_portion().size() == InputQueue::kEventsMax);
}

TEST_CASE("dates count days rightly through leap years") {
    CHECK(days_from_civil({1970, 1, 1}) == 0);
    CHECK(days_from_civil({2026, 11, 23}) == 20780);
    for (std::int64_t day = -400'000; day < 400'000; day += 97) {
        const CivilDate date = civil_from_days(day);
        CHECK(days_from_civil(date) == day);
        CHECK(date.day <= days_in_month(date.year, date.month));
    }
    CHECK(days_in_month(2024, 2) == 29);
    CHECK(days_in_month(1900, 2) == 28);
    CHECK(weekday_from_saturday({2026, 11, 21}) == 0);
    CHECK(weekday_from_saturday({2026, 11, 27}) == 6);
}

TEST_CASE("only a date that exists is one") {
    CHECK(parse_date("2024-02-29").has_value());
    CHECK_FALSE(parse_date("2023-02-29").has_value());
    CHECK_FALSE(parse_date("2023-2-9").has_value());
    CHECK_FALSE(parse_date("2023-13-01").has_value());
    CHECK_FALSE(parse_date("0000-01-01").has_value());
    CHECK_FALSE(parse_date("20a3-01-01").has_value());
    CHECK(to_text({33, 4, 5}) == "0033-04-05");
}

TEST_CASE("ages, sizes and moments read well") {
    CHECK(age_words(0, 30'000, Language::kEnglish) == "just now");
    CHECK(age_words(90'000, 0, Language::kEnglish) == "just now");  // the clock went backwards
    CHECK(age_words(0, 3 * 3'600'000, Language::kArabic) == "قبل ٣ س");
    CHECK(age_words(0, 50LL * 86'400'000, Language::kEnglish) == "50 d ago");
    CHECK(size_words(900, Language::kEnglish) == "900 B");
    CHECK(size_words(1025, Language::kEnglish) == "2 KB");
    CHECK(size_words(5'000'000, Language::kArabic) == "٥ م.ب");
    CHECK(moment_words(1'767'225'600'000) == "2026-01-01 03:00");
    CHECK(first_sentence("It failed. Try again.") == "It failed");
}

TEST_CASE("a dump is JSON whatever the words are") {
    ScreenRecord screen;
    screen.screen = "list";
    screen.widgets.resize(2);
    screen.widgets[0].id = "a\"b";
    screen.widgets[0].label = "عودة\n\xff";
    screen.widgets[1].checked = true;
    screen.widgets[1].rect = {1.4F, 2.6F, 3, 4};
    const auto json = nlohmann::json::parse(to_json(screen));
    CHECK(json["widgets"][0]["id"] == "a\"b");
    CHECK_FALSE(json["widgets"][0].contains("checked"));
    CHECK(json["widgets"][1]["checked"] == true);
    CHECK(json["widgets"][1]["rect"][1] == 3);
}

namespace {

forms::ViewNode node(forms::ViewKind kind, std::uint32_t depth, std::string ref) {
    forms::ViewNode out;
    out.kind = kind;
    out.depth = depth;
    out.label = ref;
    out.ref = std::move(ref);
    return out;
}

}  // namespace

TEST_CASE("a page is cut into sections at its top groups, repeats and loose questions") {
    using forms::ViewKind;
    std::vector<forms::ViewNode> nodes = {node(ViewKind::kQuestion, 0, "consent"),
                                          node(ViewKind::kQuestion, 0, "place"),
                                          node(ViewKind::kGroup, 0, "person"),
                                          node(ViewKind::kQuestion, 1, "person/name"),
                                          node(ViewKind::kGroup, 1, "person/papers"),
                                          node(ViewKind::kQuestion, 2, "person/papers/id"),
                                          node(ViewKind::kGroup, 0, "hidden"),
                                          node(ViewKind::kRepeat, 0, "family"),
                                          node(ViewKind::kRow, 1, "family[1]"),
                                          node(ViewKind::kQuestion, 2, "family[1]/name"),
                                          node(ViewKind::kQuestion, 0, "end")};
    nodes[3].required = true;
    nodes[5].problem = forms::Problem{"person/papers/id", forms::ProblemKind::kConstraint, "no"};
    nodes[9].value = "x";
    const std::vector<Section> sections = sections_of(nodes);
    REQUIRE(sections.size() == 4);
    CHECK(sections[0].last - sections[0].first == 2);
    CHECK(sections[1].key == "person");
    CHECK(sections[1].missing == 1);
    CHECK(sections[1].problems == 1);
    CHECK(sections[2].key == "family");
    CHECK(nodes[sections[2].first].kind == ViewKind::kRepeat);
    CHECK(sections[2].answered == 1);
    CHECK(section_with(nodes, sections, "family[1]/name") == 2);
    CHECK(section_with(nodes, sections, "nowhere") == sections.size());
    CHECK(sections_of({}).empty());
}
