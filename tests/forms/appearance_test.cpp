#include "forms/appearance.h"

#include "tests/forms/fill_forms.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;
using Word = AppearanceWord;

TEST_CASE("every appearance of ODK's clients is known by its own word") {
    // The matrix of ODK Web Forms, each with one word of its kind.
    constexpr std::string_view kMatrix[] = {
        "numbers",      "multiline",     "url",        "ex:org.app", "thousands-sep",
        "bearing",      "vertical",      "no-ticks",   "picker",     "rating",
        "new",          "new-front",     "draw",       "annotate",   "signature",
        "no-calendar",  "month-year",    "year",       "ethiopian",  "coptic",
        "islamic",      "bikram-sambat", "myanmar",    "persian",    "placement-map",
        "maps",         "hide-input",    "minimal",    "search",     "autocomplete",
        "quick",        "columns-pack",  "columns",    "columns-3",  "no-buttons",
        "image-map",    "likert",        "map",        "field-list", "label",
        "list-nolabel", "list",          "table-list", "counter",    "hidden-answer",
        "printer",      "masked"};
    for (const std::string_view word : kMatrix) {
        CAPTURE(word);
        const Appearance looks = parse_appearance(word);
        CHECK(looks.unknown_words.empty());
        const bool told = looks.words.any() || looks.external || looks.column_count == 3;
        CHECK(told);
    }
}

TEST_CASE("words become types: calendars, columns, tables, widths") {
    CHECK(parse_appearance("Coptic month-year").calendar == Calendar::kCoptic);
    CHECK(parse_appearance("coptic month-year").date_parts == DateParts::kMonthYear);
    CHECK(parse_appearance("year").date_parts == DateParts::kYear);
    const Appearance columns = parse_appearance("columns-12 no-buttons w4");
    CHECK(columns.columns == ChoiceColumns::kNumber);
    CHECK(columns.column_count == 12);
    CHECK(columns.has(Word::kNoButtons));
    CHECK(columns.grid_width == 4);
    CHECK(parse_appearance("columns").columns == ChoiceColumns::kFlow);
    CHECK(parse_appearance("columns-pack columns").columns == ChoiceColumns::kPack);
    CHECK(parse_appearance("label").table == TablePart::kHeader);
    CHECK(parse_appearance("list-nolabel").table == TablePart::kRow);
    CHECK(parse_appearance("list").table == TablePart::kRowWithLabels);
    CHECK(parse_appearance("autocomplete").searchable());
    CHECK(parse_appearance("search minimal").searchable());
    CHECK_FALSE(parse_appearance("minimal").searchable());
    CHECK(appearance_word_text(Word::kBikramSambat) == "bikram-sambat");
}

TEST_CASE("older spellings mean what replaced them") {
    CHECK(parse_appearance("textarea").has(Word::kMultiline));
    CHECK(parse_appearance("spinner").has(Word::kMinimal));
    const Appearance quick = parse_appearance("quickcompact-2");
    CHECK(quick.has(Word::kQuick));
    CHECK(quick.column_count == 2);
    CHECK(parse_appearance("quickcompact").columns == ChoiceColumns::kPack);
    CHECK(parse_appearance("horizontal").columns == ChoiceColumns::kFlow);
    CHECK(parse_appearance("selfie").has(Word::kNewFront));
}

TEST_CASE("other apps, printers and searches keep their arguments") {
    const Appearance app = parse_appearance(
        "w1 ex:org.opendatakit.counter(form='a, (b)', id=/data/id, /data/x, 'plain') quick");
    REQUIRE(app.external.has_value());
    CHECK(app.external->name == "org.opendatakit.counter");
    REQUIRE(app.external->arguments.size() == 4);
    CHECK(app.external->arguments[0] == std::pair<std::string, std::string>("form", "'a, (b)'"));
    CHECK(app.external->arguments[1] == std::pair<std::string, std::string>("id", "/data/id"));
    CHECK(app.external->arguments[2] == std::pair<std::string, std::string>("", "/data/x"));
    CHECK(app.external->arguments[3].second == "'plain'");
    CHECK(app.grid_width == 1);
    CHECK(app.has(Word::kQuick));
    const Appearance search = parse_appearance("minimal search('fruits', 'matches', 'a', 'b c')");
    REQUIRE(search.search.has_value());
    CHECK(search.search->arguments.size() == 4);
    const Appearance printer = parse_appearance("printer:org.print(text=/data/t)");
    CHECK(printer.has(Word::kPrinter));
    CHECK(printer.external->name == "org.print");
    CHECK(parse_appearance("ex:open(a='").external->arguments.size() == 1);
}

TEST_CASE("unknown words are kept, with what they may have meant") {
    const Appearance looks = parse_appearance("minmal multi-line xyzzy columns-0 w13 field_lst");
    REQUIRE(looks.unknown_words.size() == 6);
    CHECK(looks.unknown_words[0] == UnknownWord{"minmal", "minimal"});
    CHECK(looks.unknown_words[1] == UnknownWord{"multi-line", "multiline"});
    CHECK(looks.unknown_words[2] == UnknownWord{"xyzzy", ""});
    CHECK(looks.unknown_words[3].word == "columns-0");
    CHECK(looks.unknown_words[4].word == "w13");
    CHECK(looks.unknown_words[5] == UnknownWord{"field_lst", "field-list"});
    // A word of another kind of question is known, but misplaced.
    const Appearance odd = parse_appearance("signature numbers");
    CHECK(misplaced_words(odd, QuestionType::kInteger, false) ==
          std::vector<Word>{Word::kNumbers, Word::kSignature});
    CHECK(misplaced_words(parse_appearance("field-list"), QuestionType::kText, true).empty());
    CHECK(misplaced_words(parse_appearance("label"), QuestionType::kSelectOne, false).empty());
    CHECK(misplaced_words(parse_appearance("draw"), QuestionType::kNote, false).size() == 1);
}

TEST_CASE("long and odd appearances are bounded") {
    std::string many;
    for (int i = 0; i < 20'000; ++i) many += "zz ";
    CHECK(parse_appearance(many).unknown_words.size() <= kAppearanceWordsMax);
    CHECK(parse_appearance(std::string(100'000, '(')).unknown_words.size() == 1);
    CHECK(parse_appearance("").unknown_words.empty());
    CHECK(parse_appearance(" \t ex:").external->name.empty());
}

TEST_CASE("a form's style names pages and theme") {
    const FormStyle style = parse_style("pages theme-grid no-text-transform");
    CHECK(style.pages);
    CHECK(style.grid);
    CHECK(style.theme == "grid");
    CHECK(style.other_words == std::vector<std::string>{"no-text-transform"});
    CHECK_FALSE(parse_style("theme-formhub").grid);
}

TEST_CASE("parameters, media and appearance reach the page as data") {
    const std::string form = R"x(<h:html xmlns="http://www.w3.org/2002/xforms"
 xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa"
 xmlns:orx="http://openrosa.org/xforms" xmlns:odk="http://www.opendatakit.org/xforms"><h:head>
<h:title>t</h:title><model><itext><translation lang="en" default="true()">
<text id="r:label"><value>Range</value><value form="short">R</value>
<value form="image">jr://images/a.png</value><value form="big-image">jr://images/b.png</value>
<value form="audio">jr://audio/a.mp3</value><value form="video">jr://video/a.mp4</value></text>
<text id="r:hint"><value>Hint</value><value form="guidance">More</value></text>
<text id="c"><value>C</value><value form="audio">jr://audio/c.mp3</value></text>
</translation></itext><instance><data id="t"><r/><p/><i/><s/><t/></data></instance>
<bind nodeset="/data/r" type="int"/><bind nodeset="/data/p" type="geopoint"/>
<bind nodeset="/data/i" type="binary" orx:max-pixels="640"/><bind nodeset="/data/s" type="string"/>
<bind nodeset="/data/t" type="string"/></model></h:head>
<h:body><range ref="/data/r" start="1" end="9" step="2" odk:tick-interval="4" odk:placeholder="3"
 appearance="picker"><label ref="jr:itext('r:label')"/><hint ref="jr:itext('r:hint')"/></range>
<input ref="/data/p" accuracyThreshold="5.5" unacceptableAccuracyThreshold="100"
 appearance="placement-map"><label>P</label></input>
<upload ref="/data/i" mediatype="image/*" autoplay="audio" appearance="annotate"><label>I</label>
</upload><select1 ref="/data/s" appearance="columns-2"><label>S</label>
<item><label ref="jr:itext('c')"/><value>c</value></item></select1>
<input ref="/data/t" rows="5" appearance="wide"><label>T</label></input></h:body></h:html>)x";
    Fill fill(must_load(form));
    const std::vector<ViewNode> page = fill.session.page();
    REQUIRE(page.size() == 5);
    for (const ViewNode& node : page) REQUIRE(node.hints != nullptr);
    CHECK(page[0].hints->start == 1.0);
    CHECK(page[0].hints->end == 9.0);
    CHECK(page[0].hints->step == 2.0);
    CHECK(page[0].hints->tick_interval == 4.0);
    CHECK(page[0].hints->placeholder == 3.0);
    CHECK(page[0].hints->appearance.has(Word::kPicker));
    CHECK(page[0].label == "Range");
    CHECK(page[0].short_label == "R");
    CHECK(page[0].media ==
          Media{"jr://images/a.png", "jr://images/b.png", "jr://audio/a.mp3", "jr://video/a.mp4"});
    CHECK(page[0].media.image == "jr://images/a.png");
    CHECK(page[0].guidance == "More");
    CHECK(page[1].hints->accuracy_threshold == 5.5);
    CHECK(page[1].hints->unacceptable_accuracy == 100.0);
    CHECK(page[2].hints->max_pixels == 640U);
    CHECK(page[2].hints->accept == std::vector<std::string>{"image/*"});
    CHECK(page[2].hints->autoplay == "audio");
    CHECK(page[3].hints->appearance.column_count == 2);
    CHECK(page[3].choices->front().media.audio == "jr://audio/c.mp3");
    CHECK(page[4].hints->rows == 5U);
    CHECK(page[4].hints->appearance.unknown_words.front().word == "wide");
}
