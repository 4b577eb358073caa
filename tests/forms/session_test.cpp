#include <doctest/doctest.h>

#include "tests/forms/forms_fixture.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

constexpr std::string_view kIntake = R"(
| survey |
| | type | name | label::English (en) | label::Arabic (ar) | label::Sorani (ckb) | required |
| | begin_group | person | Person | الشخص | کەس | |
| | text | name | Name | الاسم | ناو | yes |
| | integer | age | Age | العمر | | yes |
| | select_one yes_no | married | Married? | متزوج؟ | | |
| | end_group | | | | | |
| | begin_repeat | family | Family | العائلة | | |
| | text | fname | Name of member | اسم الفرد | | yes |
| | integer | fage | Age of ${fname} | عمر ${fname} | | |
| | calculate | pos | | | | |
| | end_repeat | | | | | |
| | calculate | members | | | | |
| | calculate | ages | | | | |
| | select_one gov | gov | Governorate | المحافظة | | yes |
| | select_one dist | dist | District | القضاء | | |
| | select_multiple need | needs | Needs | الاحتياجات | | |
| choices |
| | list_name | name | label::English (en) | label::Arabic (ar) | label::Sorani (ckb) | gov |
| | yes_no | yes | Yes | نعم | بەڵێ | |
| | yes_no | no | No | لا | | |
| | gov | bgd | Baghdad | بغداد | | |
| | gov | erb | Erbil | أربيل | هەولێر | |
| | dist | karkh | Karkh | الكرخ | | bgd |
| | dist | soran | Soran | سوران | | erb |
| | need | food | Food | غذاء | | |
| | need | work | Work | عمل | | |
| settings |
| | form_id | version | default_language | instance_name |
| | intake | 3 | Arabic (ar) | ${name} |
)";

/// Columns that would make the table above too wide: what each question has besides.
struct Extra {
    std::string_view name;
    std::string_view heading;
    std::string_view text;
};
constexpr Extra kExtras[] = {{"age", "constraint", ". >= 0 and . < 130"},
                             {"age", "constraint_message::Arabic (ar)", "العمر بين 0 و129"},
                             {"married", "relevant", "${age} > 15"},
                             {"pos", "calculation", "position(..)"},
                             {"members", "calculation", "count(${family})"},
                             {"ages", "calculation", "sum(${fage})"},
                             {"dist", "choice_filter", "gov = ${gov}"}};

/// Extras with the same heading share a column.
std::string extra_cells(const std::string& line) {
    const bool heading = line.starts_with("| | type");
    std::string out;
    for (std::size_t i = 0; i < std::size(kExtras);) {
        const std::string_view column = kExtras[i].heading;
        std::string_view text = heading ? column : std::string_view();
        for (; i < std::size(kExtras) && kExtras[i].heading == column; ++i) {
            const std::string name = " | " + std::string(kExtras[i].name) + " | ";
            if (!heading && line.find(name) != std::string::npos) text = kExtras[i].text;
        }
        out += " " + std::string(text) + " |";
    }
    return out;
}

std::string wide_table() {
    std::string out;
    bool survey = true;
    std::string_view rest = kIntake;
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        std::string line(rest.substr(0, end));
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
        survey = survey && !line.starts_with("| choices");
        if (survey && line.starts_with("| |")) line += extra_cells(line);
        out += line + "\n";
    }
    return out;
}

FormDefinitionPtr intake() {
    const LoadResult loaded = load(wide_table());
    INFO(errors_of(loaded));
    REQUIRE(loaded.definition != nullptr);
    return loaded.definition;
}

const ViewNode* find(const std::vector<ViewNode>& page, std::string_view ref) {
    for (const ViewNode& node : page) {
        if (node.ref == ref) return &node;
    }
    return nullptr;
}

}  // namespace

TEST_CASE("a form's settings, languages and questions are told") {
    const auto form = intake();
    CHECK(form->settings().form_id == "intake");
    CHECK(form->settings().version == "3");
    REQUIRE(form->languages().size() == 3);
    const auto arabic = form->find_language("ar");
    REQUIRE(arabic.has_value());
    CHECK(form->languages()[*arabic].right_to_left);
    CHECK(form->find_question("person/age")->type == QuestionType::kInteger);
    CHECK(form->find_question("dist")->list_name == "dist");
    CHECK(form->find_question("family/fname")->repeat == "family");
    CHECK(form->label("person/name", "ar") == "الاسم");
    CHECK(form->choice_label("gov", "erb", "ckb") == "هەولێر");
}

TEST_CASE("relevance follows answers, and hidden answers come back") {
    Fill fill(intake());
    Session& s = fill.session;
    CHECK_FALSE(s.relevant("person/married"));
    CHECK(s.answer("person/married", "yes").error().code == Errc::kNotAllowed);
    REQUIRE(s.answer("person/age", "30").ok());
    REQUIRE(s.answer("person/married", "yes").ok());
    REQUIRE(s.answer("person/age", "10").ok());
    CHECK(s.value("person/married").empty());
    REQUIRE(s.answer("/data/person/age", "20").ok());
    CHECK(s.value("person/married") == "yes");
}

TEST_CASE("Arabic digits typed into a number count as digits") {
    Fill fill(intake());
    REQUIRE(fill.session.answer("person/age", "٣٤").ok());
    CHECK(fill.session.value("person/age") == "34");
}

TEST_CASE("rows are counted, summed and numbered as they come and go") {
    Fill fill(intake());
    Session& s = fill.session;
    REQUIRE(s.value("members") == "1");
    CHECK(*s.add_repeat("family") == "family[2]");
    CHECK(*s.add_repeat("/data/family") == "family[3]");
    REQUIRE(s.answer("family[1]/fage", "5").ok());
    REQUIRE(s.answer("family[3]/fage", "7").ok());
    CHECK(s.value("members") == "3");
    CHECK(s.value("ages") == "12");
    CHECK(s.value("family[3]/pos") == "3");
    REQUIRE(s.remove_repeat("family[1]").ok());
    CHECK(s.value("members") == "2");
    CHECK(s.value("ages") == "7");
    CHECK(s.value("family[2]/pos") == "2");
    CHECK_FALSE(s.exists("family[3]"));
    CHECK(s.add_repeat("nothing").error().code == Errc::kNotFound);
}

TEST_CASE("a label shows its own row's answer") {
    Fill fill(intake());
    Session& s = fill.session;
    REQUIRE(s.add_repeat("family").ok());
    REQUIRE(s.answer("family[1]/fname", "سارة").ok());
    REQUIRE(s.answer("family[2]/fname", "علي").ok());
    CHECK(s.label("family[2]/fage") == "عمر علي");
    s.set_language("en");
    CHECK(s.label("family[1]/fage") == "Age of سارة");
}

TEST_CASE("choices are filtered, and a selection no longer offered is cleared at once") {
    Fill fill(intake());
    Session& s = fill.session;
    CHECK(s.choices("dist")->empty());
    REQUIRE(s.answer("gov", "bgd").ok());
    REQUIRE(s.choices("dist")->size() == 1);
    CHECK(s.choices("dist")->front().label == "الكرخ");
    REQUIRE(s.answer("dist", "karkh").ok());
    REQUIRE(s.answer("gov", "erb").ok());
    CHECK(s.value("dist").empty());
    CHECK(s.choices("dist")->front().value == "soran");
}

TEST_CASE("Kurdish falls back to Arabic where a text is missing") {
    Fill fill(intake());
    Session& s = fill.session;
    s.set_language("ckb");
    CHECK(s.label("person/name") == "ناو");
    CHECK(s.label("person/age") == "العمر");
    const auto choices = s.choices("gov");
    CHECK((*choices)[0].label == "بغداد");
    CHECK((*choices)[1].label == "هەولێر");
}

TEST_CASE("validation finds what is missing and what is not allowed, in the language") {
    Fill fill(intake());
    Session& s = fill.session;
    REQUIRE(s.answer("person/age", "200").ok());
    CHECK(find(s.page(), "person/age")->problem->message == "العمر بين 0 و129");
    CHECK_FALSE(find(s.page(), "person/name")->problem.has_value());
    const auto problems = s.validate();
    REQUIRE(problems.size() == 4);
    CHECK(problems[0].ref == "person/name");
    CHECK(problems[0].kind == ProblemKind::kRequired);
    CHECK(problems[1].kind == ProblemKind::kConstraint);
    CHECK(problems[2].ref == "family[1]/fname");
    CHECK(problems[3].ref == "gov");
    CHECK(find(s.page(), "person/name")->problem.has_value());
    CHECK(s.finalise().error().code == Errc::kAnswersInvalid);
    REQUIRE(s.answer("person/age", "abc").ok());
    CHECK(s.view("person/age")->problem->kind == ProblemKind::kWrongType);
}

TEST_CASE("an answer file fills groups, rows and cascades, in any order") {
    Fill fill(intake());
    Session& s = fill.session;
    const auto problems = s.load_answers(R"({
        "dist": "soran", "gov": "erb", "name": "أحمد", "person": {"age": 41, "married": "no"},
        "family": [{"fname": "سارة", "fage": 9}, {"fname": "علي"}], "needs": ["food", "work"],
        "unknown": 1, "family2": [], "members": {"x": 1}})");
    REQUIRE(problems.ok());
    CHECK(problems->size() == 3);
    CHECK((*problems)[0].kind == ProblemKind::kUnknownPath);
    CHECK(s.value("dist") == "soran");
    CHECK(s.value("person/name") == "أحمد");
    CHECK(s.value("person/married") == "no");
    CHECK(s.value("family[1]/fage") == "9");
    CHECK(s.value("family[2]/fname") == "علي");
    CHECK(s.value("needs") == "food work");
    const auto record = s.finalise();
    REQUIRE(record.ok());
    CHECK(record->form_id == "intake");
    CHECK(record->instance_name == "أحمد");
    CHECK(record->instance_id.starts_with("uuid:"));
    CHECK(s.load_answers("[1]").error().code == Errc::kMalformed);
    CHECK(s.load_answers("{\"a\":").error().code == Errc::kMalformed);
}

TEST_CASE("a record restored is the record saved, empty rows included") {
    Fill first(intake());
    REQUIRE(first.session
                .load_answers(R"({"name": "س", "age": 20, "married": "yes", "gov": "bgd",
        "dist": "karkh", "family": [{"fname": "أ"}, {}, {"fname": "ج", "fage": 3}]})")
                .ok());
    const auto saved = first.session.answers(Session::Include::kAll);
    Fill second(intake(), true);
    CHECK(second.session.restore(saved).empty());
    CHECK(second.session.answers(Session::Include::kAll) == saved);
    CHECK(second.session.value("members") == "3");
    CHECK(second.session.instance_id() == first.session.instance_id());
    CHECK(second.session.instance_xml() == first.session.instance_xml());
    const std::vector<Answer> odd{{"nowhere", "1"}, {"family[99999999999]/fname", "x"}};
    CHECK(second.session.restore(odd).size() == 2);
}

TEST_CASE("the page lists groups, repeats, rows and questions in the author's order") {
    Fill fill(intake());
    std::vector<std::string> refs;
    for (const ViewNode& node : fill.session.page()) refs.push_back(node.ref);
    const std::vector<std::string> want{
        "person",          "person/name",    "person/age", "family", "family[1]",
        "family[1]/fname", "family[1]/fage", "gov",        "dist",   "needs"};
    CHECK(refs == want);
    const auto page = fill.session.page();
    CHECK(find(page, "family")->kind == ViewKind::kRepeat);
    CHECK(find(page, "family")->can_add);
    CHECK(find(page, "family[1]")->kind == ViewKind::kRow);
    CHECK(find(page, "family[1]/fname")->depth == 2);
    CHECK(find(page, "gov")->choices->size() == 2);
}

TEST_CASE("a repeat count makes and removes rows and refuses others") {
    const auto loaded = load(R"(
| survey |              |      |       |              |
|        | type         | name | label | repeat_count |
|        | integer      | n    | N     |              |
|        | begin_repeat | r    | R     | ${n} + 1     |
|        | text         | t    | T     |              |
|        | end_repeat   |      |       |              |
)");
    REQUIRE(loaded.definition != nullptr);
    Fill fill(loaded.definition);
    Session& s = fill.session;
    REQUIRE(s.answer("n", "2").ok());
    CHECK(s.exists("r[3]"));
    CHECK_FALSE(s.exists("r[4]"));
    CHECK(s.add_repeat("r").error().code == Errc::kNotAllowed);
    REQUIRE(s.answer("n", "0").ok());
    CHECK(s.exists("r[1]"));
    CHECK_FALSE(s.exists("r[2]"));
}

TEST_CASE("defaults, today and triggers set values once") {
    const auto loaded = load(R"(
| survey |           |        |       |              |             |         |
|        | type      | name   | label | default      | calculation | trigger |
|        | date      | day    | Day   | today()      |             |         |
|        | text      | city   | City  | Erbil        |             |         |
|        | integer   | a      | A     |              |             |         |
|        | integer   | b      | B     |              | ${a} * 2    | ${a}    |
|        | start     | start  |       |              |             |         |
)");
    INFO(errors_of(loaded));
    REQUIRE(loaded.definition != nullptr);
    Fill fill(loaded.definition);
    Session& s = fill.session;
    CHECK(s.value("day") == "2026-01-01");
    CHECK(s.value("city") == "Erbil");
    CHECK(s.value("start") == "2026-01-01T03:00:00.000+03:00");
    REQUIRE(s.answer("a", "4").ok());
    CHECK(s.value("b") == "8");
    REQUIRE(s.answer("b", "5").ok());
    CHECK(s.value("b") == "5");
}
