#include <doctest/doctest.h>

#include "tests/forms/written_forms.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {}  // namespace

TEST_CASE("every mistake in a workbook is named with its place and what would be right") {
    const auto result = load(R"(
| survey  |                  |        |       |                 |             |
|         | type             | name   | label | relevant        | calculation |
|         | txt              | a      | A     |                 |             |
|         | select_one yesno | b      | B     |                 |             |
|         | text             | 1c     | C     |                 |             |
|         | text             | d      | D     | ${aa} = 1       |             |
|         | integer          | age    | Age   | ${d} =          |             |
|         | calculate        | e      |       |                 | selectd(${d}, 'x') |
|         | text             |        | F     |                 |             |
|         | text             | d      | again |                 |             |
|         | begin_group      | g      | G     |                 |             |
| choices |                  |        |       |
|         | list_name        | name   | label |
|         | yes_no           | yes    | Yes   |
|         | yes_no           | yes    | Again |
)");
    CHECK(result.definition == nullptr);
    const Diagnostic* type = find(result, DiagnosticCode::kUnknownType);
    REQUIRE(type != nullptr);
    CHECK(type->where == Provenance{"survey", 2, "type"});
    CHECK(type->hint == "text");
    const Diagnostic* list = find(result, DiagnosticCode::kUnknownList);
    REQUIRE(list != nullptr);
    CHECK(list->where.row == 3);
    CHECK(list->hint == "yes_no");
    CHECK(find(result, DiagnosticCode::kBadName)->where.row == 4);
    CHECK(find(result, DiagnosticCode::kNameMissing)->where.row == 8);
    CHECK(find(result, DiagnosticCode::kNotClosed)->where.row == 10);
    const Diagnostic* choice = find(result, DiagnosticCode::kDuplicateChoice);
    REQUIRE(choice != nullptr);
    CHECK(choice->where == Provenance{"choices", 3, "name"});
    CHECK(render(*choice, Language::kEnglish).starts_with("sheet choices, row 3, column name: "));
    CHECK(render(*choice, Language::kArabic).find("الصف 3") != std::string::npos);
    CHECK(render(*choice, Language::kSorani).find("ڕیزی 3") != std::string::npos);
}

TEST_CASE("mistakes in expressions are named too") {
    const auto result = load(R"(
| survey |           |      |       |           |                 |
|        | type      | name | label | relevant  | calculation     |
|        | text      | d    | D     |           |                 |
|        | integer   | age  | Age   | ${d} =    |                 |
|        | calculate | e    |       |           | selectd(${d}, 'x') |
|        | calculate | f    |       |           | substr(${d})    |
|        | calculate | g    |       |           | regex(${d}, '(') |
)");
    CHECK(result.definition == nullptr);
    CHECK(find(result, DiagnosticCode::kBadExpression)->where ==
          Provenance{"survey", 3, "relevant"});
    CHECK(find(result, DiagnosticCode::kUnknownFunction)->hint == "selected");
    CHECK(find(result, DiagnosticCode::kArgumentCount)->where.row == 5);
    CHECK(find(result, DiagnosticCode::kBadRegex)->where.row == 6);
    const auto reference = load(
        "| survey |\n| | type | name | label | relevant |\n"
        "| | text | child | C | |\n| | text | b | B | ${chld} = 1 |\n");
    CHECK(find(reference, DiagnosticCode::kUnknownReference)->hint == "child");
}

TEST_CASE("questions that depend on each other in a circle are named") {
    const auto result = load(R"(
| survey |           |      |       |             |
|        | type      | name | label | calculation |
|        | calculate | a    |       | ${b} + 1    |
|        | calculate | b    |       | ${c} + 1    |
|        | calculate | c    |       | ${a} + 1    |
)");
    const Diagnostic* cycle = find(result, DiagnosticCode::kCycle);
    REQUIRE(cycle != nullptr);
    for (const char* part : {"a (2)", "b (3)", "c (4)"}) {
        CHECK(cycle->args[0].find(part) != std::string::npos);
    }
}

TEST_CASE("Awda's marks travel through the XForm and back") {
    const auto first = load(R"(
| survey |      |      |       |                    |                        |
|        | type | name | label | bind::awda:purpose | bind::awda:sensitivity |
|        | text | a    | A     | registration       | protection             |
)");
    INFO(errors_of(first));
    REQUIRE(first.definition != nullptr);
    const auto second = load(write_xform(*first.definition));
    REQUIRE(second.definition != nullptr);
    CHECK(second.definition->find_question("a")->marks ==
          AwdaMarks{"registration", "protection", ""});
}

TEST_CASE("a form written as XForm and read again writes the same XForm") {
    const auto first = load(R"(
| survey |
| | type | name | label::English (en) | label::Arabic (ar) | relevant | repeat_count | default |
| | begin_repeat | r | Row | صف | | 2 | |
| | select_one l | s | Pick ${n} | اختر ${n} | | | |
| | text | n | Name | | ${s} = 'a' | | x & "y" |
| | end_repeat | | | | | | |
| | range | q | Q | س | | | |
| | image | i | I | ص | | | |
| | select_multiple l or_other | m | M | م | | | now() |
| choices |
| | list_name | name | label::English (en) | label::Arabic (ar) |
| | l | a | A <b> | أ |
)");
    INFO(errors_of(first));
    REQUIRE(first.definition != nullptr);
    const std::string once = write_xform(*first.definition);
    const auto second = load(once);
    INFO(errors_of(second));
    REQUIRE(second.definition != nullptr);
    CHECK(write_xform(*second.definition) == once);
    CHECK(second.definition->questions().size() == first.definition->questions().size());
}

TEST_CASE("choices come from a file beside the form") {
    const auto media = [](std::string_view name) -> std::optional<std::string> {
        if (name != "places.csv") return std::nullopt;
        return "\xef\xbb\xbfname,label,gov\r\nk,\"Karkh, west\",b\r\ns,Soran,e\r\n";
    };
    const auto loaded = load(R"(
| survey |                                 |      |       |               |
|        | type                            | name | label | choice_filter |
|        | text                            | g    | G     |               |
|        | select_one_from_file places.csv | p    | P     | gov = ${g}    |
)",
                             media);
    INFO(errors_of(loaded));
    REQUIRE(loaded.definition != nullptr);
    Fill fill(loaded.definition);
    REQUIRE(fill.session.answer("g", "b").ok());
    REQUIRE(fill.session.choices("p")->size() == 1);
    CHECK(fill.session.choices("p")->front().label == "Karkh, west");
}

TEST_CASE("files that are no forms are refused with a reason") {
    CHECK(find(load("hello"), DiagnosticCode::kUnknownFile) != nullptr);
    CHECK(find(load(""), DiagnosticCode::kUnknownFile) != nullptr);
    CHECK(find(load("PK\x03\x04 not really"), DiagnosticCode::kWorkbookBroken) != nullptr);
    CHECK(find(load("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), DiagnosticCode::kWorkbookBroken) !=
          nullptr);
    CHECK(find(load("<a><b></a>"), DiagnosticCode::kXmlBroken) != nullptr);
    CHECK(find(load("<a/>"), DiagnosticCode::kXmlPartMissing) != nullptr);
    std::string deep = "<h:html>";
    for (int i = 0; i < 50'000; ++i) deep += "<a>";
    for (int i = 0; i < 50'000; ++i) deep += "</a>";
    CHECK(find(load(deep + "</h:html>"), DiagnosticCode::kXmlTooDeep) != nullptr);
    const std::string laughs = "<!DOCTYPE a [<!ENTITY b \"ha\"><!ENTITY c \"&b;&b;\">]><a>&c;</a>";
    CHECK(load(laughs).definition == nullptr);
}

TEST_CASE("the shipped returnee intake loads and can be filled") {
    const auto bytes = read_file(std::string(AWDA_SOURCE_FOLDER) +
                                 "/forms/library/returnee-intake/returnee-intake.xlsx");
    REQUIRE(bytes.has_value());
    LoadOptions options;
    options.file_name = "returnee-intake.xlsx";
    const LoadResult loaded = load_form(as_bytes(*bytes), options);
    INFO(errors_of(loaded));
    REQUIRE(loaded.definition != nullptr);
    CHECK(loaded.definition->settings().form_id == "returnee-intake");
    CHECK(loaded.definition->questions().size() >= 60);
    CHECK(loaded.definition->languages().size() == 3);
    Fill fill(loaded.definition);
    CHECK(fill.session.page().size() > 40);
    CHECK_FALSE(fill.session.validate().empty());
    const auto again = load(write_xform(*loaded.definition));
    INFO(errors_of(again));
    REQUIRE(again.definition != nullptr);
    CHECK(again.definition->questions().size() == loaded.definition->questions().size());
}
