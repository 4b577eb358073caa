// The survey sheet, row by row: what opens, what is named, what is missing, what is passed over.
#include <doctest/doctest.h>

#include "tests/forms/workbook_files.h"
#include "tests/forms/written_forms.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

using Code = DiagnosticCode;

/// A survey whose header is `columns`, with rows of cells; `more` are further sheets.
std::string survey(const std::string& columns, const std::vector<std::string>& rows,
                   const std::string& more = {}) {
    std::string out = "| survey |\n| | " + columns + " |\n";
    for (const std::string& row : rows) out += "| | " + row + " |\n";
    return out + more;
}

const std::string kList = "| choices |\n| | list_name | name | label |\n| | l | x | X |\n";

/// "row column: arguments | hint" of what a form is refused for.
std::string refused(const std::string& form, Code code) {
    const LoadResult result = load(form);
    CHECK(result.definition == nullptr);
    const Diagnostic* d = find(result, code);
    if (d == nullptr) return "not refused; " + errors_of(result);
    std::string out = d->where.sheet + " " + std::to_string(d->where.row) + " " + d->where.column;
    for (const std::string& arg : d->args) out += " [" + arg + "]";
    return d->hint.empty() ? out : out + " | " + d->hint;
}

}  // namespace

TEST_CASE("a workbook needs a survey with types and questions") {
    const std::string two =
        "| choices |\n| | list_name | name |\n| | l | x |\n| servey |\n| | type |";
    CHECK(refused(two + "\n| | text |\n", Code::kSheetMissing) == "survey 0  [survey] | servey");
    CHECK(refused("| survey |\n| choices |\n| | list_name | name |\n| | l | x |\n",
                  Code::kSheetMissing) == "survey 0  [survey]");
    CHECK(refused(survey("name | label", {"a | A"}), Code::kColumnMissing) ==
          "survey 1 type [survey] [type]");
    CHECK(refused(survey("type | name | label", {}), Code::kNoQuestions) == "survey 0 ");
    CHECK(refused(survey("type | name | label", {"set_form_id | f | "}), Code::kNoQuestions) ==
          "survey 0 ");
}

TEST_CASE("the only sheet is the survey, whatever its name") {
    const std::string rows = sheet_xml(rows_xml({{"type", "name", "label"}, {"text", "a", "A"}}));
    CHECK(load(zip_of(xlsx_parts({{"questions", rows}}))).definition != nullptr);
    CHECK(load(zip_of(xlsx_parts({{"questions", rows}, {"more", rows}}))).definition == nullptr);
}

TEST_CASE("a header that is nearly one counts for nothing, and is told of with the right one") {
    const LoadResult near =
        load(survey("type | name | label | relevent", {"text | a | A | 1 = 2"}));
    REQUIRE(find(near, Code::kUnknownColumn) != nullptr);
    CHECK(find(near, Code::kUnknownColumn)->hint == "relevant");
    CHECK(near.definition != nullptr);
    const LoadResult far = load(survey("type | name | label | zebra", {"text | a | A | 1"}));
    REQUIRE(find(far, Code::kUnknownColumn) != nullptr);
    CHECK(find(far, Code::kUnknownColumn)->severity == Severity::kWarning);
    CHECK(far.definition != nullptr);
}

TEST_CASE("a row without a type has no name and no label") {
    for (const char* row : {" | a | ", " | | A"})
        CHECK(refused(survey("type | name | label", {"text | q | Q", row}), Code::kTypeMissing) ==
              "survey 3 type");
}

TEST_CASE("a row that is disabled is not there, one that is not disabled is") {
    const std::string out =
        xform(survey("type | name | label | disabled",
                     {"text | a | A | yes", "text | b | B | no", "text | c | C | perhaps"}));
    CHECK_FALSE(has(out, "/data/a"));
    CHECK(has(out, "/data/b"));
    CHECK(has(out, "/data/c"));
}

TEST_CASE("every question has a name that XML allows and the form does not use itself") {
    const auto named = [](const std::string& row) {
        return survey("type | name | label", {"text | q | Q", row});
    };
    CHECK(refused(named("text | | A"), Code::kNameMissing) == "survey 3 name");
    CHECK(refused(named("text | a b | A"), Code::kBadName) == "survey 3 name [a b] | a_b");
    CHECK(refused(named("text | meta | A"), Code::kReservedName) == "survey 3 name [meta]");
    CHECK(has(xform(named("note | | A note")), "/data/generated_note_name_3"));
    // An unnamed group still opens: its end is not told of as well.
    const LoadResult group = load(
        survey("type | name | label", {"begin_group | | G", "text | a | A", "end_group | | "}));
    CHECK(find(group, Code::kNameMissing) != nullptr);
    CHECK(find(group, Code::kNotOpened) == nullptr);
}

TEST_CASE("what ends was open, by the same word") {
    const auto ended = [](const std::string& begin, const std::string& end) {
        return refused(survey("type | name | label", {begin, "text | a | A", end}),
                       Code::kNotOpened);
    };
    CHECK(ended("text | b | B", "end_group | g | ") ==
          "survey 4 type [end_group] [begin_group] [g]");
    CHECK(ended("begin_repeat | r | R", "end loop | | ") ==
          "survey 4 type [end_loop] [begin_loop] [unknown]");
}

TEST_CASE("a loop names a list that is there") {
    const auto looped = [](const std::string& type) {
        return survey("type | name | label", {type + " | g | G", "text | a | A", "end loop | |"},
                      kList);
    };
    CHECK(refused(looped("begin loop"), Code::kLoopWithoutList) == "survey 2 type [begin loop]");
    CHECK(refused(looped("begin loop over lx"), Code::kUnknownList) == "survey 2 type [lx] | l");
    CHECK(load(looped("begin loop over l")).definition != nullptr);
}

TEST_CASE("a select names a list, and a type that is nearly one is guessed at") {
    const auto typed = [](const std::string& type) {
        return survey("type | name | label", {type + " | a | A"}, kList);
    };
    CHECK(refused(typed("select_one"), Code::kListMissing) == "survey 2 type [select_one]");
    CHECK(refused(typed("selct_one l"), Code::kUnknownType) ==
          "survey 2 type [selct_one l] | select_one");
    CHECK(refused(typed("phone nunber"), Code::kUnknownType) ==
          "survey 2 type [phone nunber] | phone number");
    CHECK(refused(typed("zebra"), Code::kUnknownType) == "survey 2 type [zebra]");
}

TEST_CASE("a table without texts of its own has no note, and knows where it ends") {
    const std::string out =
        xform(survey("type | name | label | appearance",
                     {"begin_group | g | | table-list", "text | t | T | ",
                      "select_one l | a | A | ", "end_group | | | ", "select_one l | b | B | "},
                     kList));
    CHECK_FALSE(has(out, "generated_table_list_label"));
    CHECK(has(out, "reserved_name_for_field_list_labels_4"));
    CHECK(has(out, "<select1 ref=\"/data/b\"><label>B</label>"));
}

TEST_CASE("a group needs no label as a page of its own, with pictures, or in a loop") {
    const auto remarked = [](const std::string& type, const std::string& cells) {
        const LoadResult result = load(survey(
            "type | name | label | appearance | media::image",
            {type + " | g | " + cells, "text | a | A | | ",
             (type == "begin_repeat" ? "end_repeat" : "end_group") + std::string(" | | | |")}));
        CHECK(result.definition != nullptr);
        return find(result, Code::kGroupLabelMissing) != nullptr;
    };
    CHECK_FALSE(remarked("begin_group", " | field-list | "));
    CHECK_FALSE(remarked("begin_group", " | | x.png"));
    CHECK_FALSE(remarked("begin_group", "G | | "));
    CHECK(remarked("begin_group", " | w1 | "));
    CHECK(remarked("begin_repeat", " | field-list | "));
}

TEST_CASE("a group that is required by no is not required") {
    const auto required = [](const std::string& value) {
        return find(load(survey(
                        "type | name | label | required",
                        {"begin_group | g | G | " + value, "text | a | A | ", "end_group | | | "})),
                    Code::kRequiredGroup) != nullptr;
    };
    CHECK(required("yes"));
    CHECK_FALSE(required("no"));
    CHECK_FALSE(required(""));
}

TEST_CASE("what is recorded by itself is remarked on where clients no longer can") {
    const LoadResult result =
        load(survey("type | name | label | parameters",
                    {"subscriberid | s | | ", "image | i | I | max-pixels=9", "text | a | A | "}));
    REQUIRE(result.definition != nullptr);
    CHECK(find(result, Code::kOldDeviceType) != nullptr);
    CHECK(find(result, Code::kMaxPixels) == nullptr);
}

TEST_CASE("a form as its settings say: title, id, version, style, prefix and submission") {
    const std::string out = xform(survey(
        "type | name | label", {"text | a | A"},
        "| settings |\n| | form_title | form_id | version | style | prefix | delimiter | "
        "submission_url | auto_send | auto_delete | attribute::own | name | label::A (ar) | |\n"
        "| | Camp | camps | 7 | pages | J1! | + | https://x.example | true | false | mine | c "
        "| \u0627 | stray |\n"));
    CHECK(has(out, "<h:title>Camp</h:title>"));
    CHECK(has(out,
              "<c id=\"camps\" version=\"7\" odk:prefix=\"J1!\" odk:delimiter=\"+\" "
              "own=\"mine\""));
    CHECK(has(out,
              "<submission action=\"https://x.example\" method=\"post\" "
              "orx:auto-send=\"true\" orx:auto-delete=\"false\"/>"));
    CHECK(has(out, "<h:body class=\"pages\">"));
    CHECK(has(out, "<text id=\"/c:label\">"));
}

TEST_CASE("the first of two ids counts unless the second is form_id") {
    const auto id = [](const std::string& header) {
        const LoadResult result = load(survey("type | name | label", {"text | a | A"},
                                              "| settings |\n| | " + header + " |\n| | x | y |\n"));
        REQUIRE(result.definition != nullptr);
        REQUIRE(find(result, Code::kFormIdTwice) != nullptr);
        CHECK(find(result, Code::kFormIdTwice)->args.at(0) == "form_id");
        return result.definition->settings().form_id;
    };
    CHECK(id("id_string | form_id") == "y");
    CHECK(id("form_id | id_string") == "x");
}

TEST_CASE("settings may be rows of the survey, a submission's and the id among them") {
    const std::string out =
        xform(survey("type | name | label",
                     {"form_id | f1 | ", "submission_url | https://y.example | ", "text | a | A"}));
    CHECK(has(out, "<data id=\"f1\""));
    CHECK(has(out, "<submission action=\"https://y.example\" method=\"post\"/>"));
    const std::string key =
        xform(survey("type | name | label", {"auto_send | no | ", "text | a | A"}));
    CHECK(has(key, "<submission orx:auto-send=\"no\"/>"));
}

TEST_CASE("a root that can't be named so is refused with its cell") {
    CHECK(refused(survey("type | name | label", {"text | a | A"},
                         "| settings |\n| | name |\n| | a b |\n"),
                  Code::kBadName) == "settings 2 name [a b] | a_b");
}

TEST_CASE("cells are cleaned: blanks become one, typographic quotes plain") {
    const std::string columns = "type | name | label | relevant";
    const std::string out =
        xform(survey(columns, {"text | a | A  a | ", "text | b | B | ${a}  = \u201cx\u201d"}));
    CHECK(has(out, "<label>A a</label>"));
    CHECK(has(out, "relevant=\" /data/a  = &quot;x&quot;\""));
    const std::string as_is =
        xform(survey(columns, {"text | a | A  a | ", "text | b | \u2018B\u2019 | "},
                     "| settings |\n| | clean_text_values |\n| | no |\n"));
    CHECK(has(as_is, "<label>A  a</label>"));
    CHECK(has(as_is, "<label>\u2018B\u2019</label>"));
}
