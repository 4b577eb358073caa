// What a form tells of itself without a session: its texts, choices and languages.
#include <doctest/doctest.h>

#include "tests/forms/written_forms.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

/// A form in these languages, the first its default unless another is named.
FormDefinitionPtr in_languages(const std::vector<std::string>& names,
                               const std::string& otherwise = {}) {
    std::string head = "| | type | name |";
    std::string row = "| | text | q |";
    for (const std::string& name : names) {
        head += " label::" + name + " |";
        row += " in " + name + " |";
    }
    return must_load("| survey |\n" + head + "\n" + row +
                     "\n| settings |\n| | default_language |\n| | " +
                     (otherwise.empty() ? names.front() : otherwise) + " |\n");
}

std::string served(const FormDefinitionPtr& form, std::string_view wanted) {
    const auto found = form->find_language(wanted);
    return found ? form->languages()[*found].name : "none";
}

constexpr std::string_view kChoices = R"(
| survey |
| | type | name | label::English (en) | label::Arabic (ar) | choice_filter |
| | begin_group | g | Group | مجموعة | |
| | select_one gov | gov | Where ${n} | أين | |
| | end_group | | | | |
| | select_one dist | dist | District | قضاء | gov = ${gov} |
| | integer | n | Number | عدد | |
| | hidden | c | | | |
| choices |
| | list_name | name | label::English (en) | label::Arabic (ar) | gov |
| | gov | bgd | Baghdad | بغداد | |
| | dist | karkh | Karkh | الكرخ | bgd |
| | dist | nameless | | | bgd |
)";

}  // namespace

TEST_CASE("a label is told in the language asked for, by name or tag") {
    const FormDefinitionPtr form = must_load(kChoices);
    CHECK(form->label("n", "en") == "Number");
    CHECK(form->label("n", "Arabic (ar)") == "عدد");
    CHECK(form->label("g", "ar") == "مجموعة");
    CHECK(form->label("g/gov", "en") == "Where …");
    CHECK(form->label("c", "en") == "");
    CHECK(form->label("nobody", "en") == "");
}

TEST_CASE("a form without translations has its labels and choices as they are") {
    const FormDefinitionPtr form = must_load(R"(
| survey |
| | type | name | label |
| | select_one yn | has | Has ${other}? |
| | text | other | Other |
| choices |
| | list_name | name | label |
| | yn | yes | Yes |
)");
    CHECK(form->label("has", "en") == "Has …?");
    CHECK(form->choice_label("has", "yes", "ar") == "Yes");
    CHECK(form->choice_label("has", "maybe", "ar") == "maybe");
    CHECK_FALSE(form->find_language("en").has_value());
}

TEST_CASE("a choice's label is told, or its value where there is none") {
    const FormDefinitionPtr form = must_load(kChoices);
    CHECK(form->choice_label("g/gov", "bgd", "en") == "Baghdad");
    CHECK(form->choice_label("g/gov", "bgd", "ar") == "بغداد");
    CHECK(form->choice_label("dist", "karkh", "ar") == "الكرخ");
    CHECK(form->choice_label("dist", "nowhere", "ar") == "nowhere");
    CHECK(form->choice_label("n", "5", "en") == "5");
    CHECK(form->choice_label("c", "5", "en") == "5");
    CHECK(form->choice_label("g", "5", "en") == "5");
    CHECK(form->choice_label("nobody", "5", "en") == "5");
}

TEST_CASE("choices written into the form or kept in a file are told alike") {
    const FormDefinitionPtr form = must_load(
        R"x(<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
        xmlns:jr="http://openrosa.org/javarosa"><h:head><model><itext>
        <translation lang="en"><text id="y"><value form="image">jr://images/y.png</value>
        <value form="long">Yes, all</value></text>
        <text id="m"><value form="guidance">x</value></text>
        </translation></itext><instance><data id="t"><a/><b/><c/><d/><e/><f/></data></instance>
        <instance id="towns" src="jr://file-csv/towns.csv"/>
        <instance id="tree"><root>
        <item><name>x</name><label>X</label></item><other/></root></instance>
        </model></h:head><h:body>
        <select1 ref="/data/a"><label ref="jr:itext('m')"/>
        <item><label ref="jr:itext('y')"/><value>y</value></item>
        <item><label ref="jr:itext('gone')"/><value>z</value></item></select1>
        <select1 ref="/data/b"><itemset nodeset="instance('towns')/root/item"><value ref="name"/>
        <label ref="title"/></itemset></select1>
        <select1 ref="/data/c"><itemset nodeset="instance('towns')/root/item"><value ref="name"/>
        <label ref="none"/></itemset></select1>
        <select1 ref="/data/d"><itemset nodeset="instance('towns')/root/item"><value ref="none"/>
        <label ref="title"/></itemset></select1>
        <select1 ref="/data/e"><itemset nodeset="instance('tree')/root/item"><value ref="name"/>
        <label ref="label"/></itemset></select1>
        <select1 ref="/data/f"><itemset nodeset="instance('gone')/root/item"><value ref="name"/>
        <label ref="label"/></itemset></select1>
        </h:body></h:html>)x",
        [](std::string_view) -> std::optional<std::string> {
            return "name,title\nbgd,Baghdad\nerb,Erbil\n";
        });
    CHECK(form->choice_label("a", "y", "en") == "Yes, all");
    CHECK(form->choice_label("a", "z", "en") == "");
    CHECK(form->label("a", "en") == "");
    CHECK(form->choice_label("b", "erb", "en") == "Erbil");
    CHECK(form->choice_label("b", "bsr", "en") == "bsr");
    CHECK(form->choice_label("c", "erb", "en") == "erb");
    CHECK(form->choice_label("d", "erb", "en") == "erb");
    CHECK(form->choice_label("e", "x", "en") == (form->choice_label("e", "x", "ar")));
    CHECK(form->choice_label("f", "x", "en") == "x");
}

TEST_CASE("a language is served by name, by tag, by the nearest and by the default") {
    const FormDefinitionPtr both = in_languages({"English (en)", "Arabic (ar)"});
    CHECK(served(both, "Arabic (ar)") == "Arabic (ar)");
    CHECK(served(both, "ar") == "Arabic (ar)");
    CHECK(served(both, "العربية") == "Arabic (ar)");
    for (const char* kurdish : {"ckb", "kmr", "ku", "Sorani", "کوردی", "Badini"}) {
        CAPTURE(kurdish);
        CHECK(served(both, kurdish) == "Arabic (ar)");
    }
    CHECK(served(both, "fr") == "English (en)");
    CHECK(served(both, "") == "English (en)");
    CHECK(served(in_languages({"Arabic (ar)", "Sorani (ckb)"}), "kmr") == "Sorani (ckb)");
    CHECK(served(in_languages({"Arabic (ar)", "Kurdish (ku)"}), "ckb") == "Kurdish (ku)");
    CHECK(served(in_languages({"English (en)", "French (fr)"}, "French (fr)"), "ckb") ==
          "French (fr)");
    CHECK(served(in_languages({"English (en)", "French (fr)"}, "French (fr)"), "de") ==
          "French (fr)");
}

TEST_CASE("a language's name tells its tag and its direction") {
    const std::pair<const char*, const char*> names[] = {{"Arabic (ar)", "ar"},
                                                         {"Deutsch ( DE )", "de"},
                                                         {"Sorani", "ckb"},
                                                         {" ENGLISH ", "en"},
                                                         {"Français", "fr"},
                                                         {"ar", "ar"},
                                                         {"ckb", "ckb"},
                                                         {"en-GB", "en-gb"},
                                                         {"ckb-IQ", "ckb-iq"},
                                                         {"Quechua", ""},
                                                         {"a", ""},
                                                         {"", ""},
                                                         {"a b", ""},
                                                         {"Odd )(", ""},
                                                         {"Open (", ""},
                                                         {"Close )", ""},
                                                         {"Two (x) (y)", "y"}};
    for (const auto& [name, tag] : names) {
        CAPTURE(name);
        CHECK(language_tag(name) == tag);
    }
    CHECK(is_right_to_left_tag("ar"));
    CHECK(is_right_to_left_tag("ckb-IQ"));
    CHECK_FALSE(is_right_to_left_tag("en"));
    CHECK_FALSE(is_right_to_left_tag(""));
}

TEST_CASE("every question type has its name") {
    CHECK(question_type_name(QuestionType::kText) == "text");
    CHECK(question_type_name(QuestionType::kHidden) == "hidden");
    CHECK(question_type_name(QuestionType::kSelectMultiple) == "select_multiple");
}
