#include <doctest/doctest.h>

#include "forms/xlsform_entities.h"
#include "tests/forms/written_forms.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

using Sheets = std::initializer_list<std::string>;

/// Tables without their frame: "survey", "type | name", … with an empty string between sheets.
std::string table(Sheets lines) {
    std::string out;
    bool head = true;
    for (const std::string& line : lines) {
        if (!line.empty()) out += (head ? "| " : "| | ") + line + " |\n";
        head = line.empty();
    }
    return out;
}

std::string xform_of(Sheets lines) {
    const auto result = load(table(lines));
    REQUIRE_MESSAGE(result.definition, errors_of(result));
    return write_xform(*result.definition);
}

/// The only error of a form that must have one.
Diagnostic error_of(Sheets lines) {
    const auto result = load(table(lines));
    CHECK(result.definition == nullptr);
    std::vector<Diagnostic> errors;
    for (const Diagnostic& d : result.diagnostics) {
        if (d.severity == Severity::kError) errors.push_back(d);
    }
    REQUIRE_MESSAGE(errors.size() == 1, errors_of(result));
    return errors[0];
}

Diagnostic error_in_entities(const std::string& header, const std::string& row) {
    return error_of({"survey", "type | name | label", "text | tree | T", "text | kind | K", "",
                     "entities", header, row});
}

Diagnostic error_in_save_to(std::string_view save_to) {
    return error_of({"survey", "type | name | label | save_to", "text | kind | K | kind",
                     "text | tree | T | " + std::string(save_to), "", "entities",
                     "list_name | label", "trees | ${tree}"});
}

}  // namespace

TEST_CASE("a row of the entities sheet makes an entity in the form's meta") {
    const std::string made =
        xform_of({"survey", "type | name | label | save_to", "text | kind | K | species", "",
                  "entities", "List Name | Label", "trees | concat(“Tree: ”, ${kind})"});
    CHECK(has(made, "xmlns:entities=\"http://www.opendatakit.org/xforms/entities\""));
    CHECK(has(made, "entities:entities-version=\"2024.1.0\""));
    CHECK(has(made, R"x(<meta><entity dataset="trees" create="1" id=""><label/></entity>)x"
                    R"x(<instanceID/></meta>)x"));
    CHECK(has(made, R"x(<bind nodeset="/data/kind" type="string" entities:saveto="species"/>)x"
                    R"x(<bind nodeset="/data/meta/entity/@id" type="string" readonly="true()"/>)x"
                    R"x(<setvalue ref="/data/meta/entity/@id" event="odk-instance-first-load" )x"
                    R"x(value="uuid()"/>)x"
                    R"x(<bind nodeset="/data/meta/entity/label" type="string" readonly="true()" )x"
                    R"x(calculate="concat(&quot;Tree: &quot;,  /data/kind )"/>)x"));
}

TEST_CASE("a form without entities says nothing of them") {
    const std::string made = xform_of(
        {"survey", "type | name | label", "text | kind | K", "", "entities", "list_name | label"});
    CHECK_FALSE(has(made, "entit"));
}

TEST_CASE("the sheet's name may be misspelt, which is a warning") {
    const auto result = load(table({"survey", "type | name | label", "text | kind | K", "",
                                    "entitys", "list_name | label", "trees | ${kind}"}));
    REQUIRE(result.definition);
    REQUIRE(result.diagnostics.size() == 1);
    CHECK(result.diagnostics[0].severity == Severity::kWarning);
    CHECK(result.diagnostics[0].code == DiagnosticCode::kSheetSpelling);
    CHECK(result.diagnostics[0].args == std::vector<std::string>{"entities", "entitys"});
    // An underscore puts a sheet aside.
    CHECK(load(table({"survey", "type | name | label", "text | kind | K", "", "_entities",
                      "list_name | label", "trees | ${kind}"}))
              .diagnostics.empty());
}

TEST_CASE("which columns are filled in decides between creating and updating") {
    const auto form = [](const std::string& header, const std::string& row) {
        return xform_of({"survey", "type | name | label", "text | tree | T",
                         "csv-external | trees |", "", "entities", header, row});
    };
    const std::string created = form("dataset | label | create_if", "trees | 'x' | ${tree} = ''");
    CHECK(has(created, R"x(<entity dataset="trees" create="1" id="">)x"));
    CHECK(has(created, R"x(<bind nodeset="/data/meta/entity/@create" type="string" )x"
                       R"x(readonly="true()" calculate=" /data/tree  = ''"/>)x"));
    CHECK(has(created, "uuid()"));

    const std::string updated = form("dataset | entity_id", "trees | ${tree}");
    CHECK(has(updated, R"x(<entity dataset="trees" update="1" baseVersion="" trunkVersion="" )x"
                       R"x(branchId="" id=""/>)x"));
    CHECK_FALSE(has(updated, "/@update\""));
    CHECK_FALSE(has(updated, "uuid()"));
    for (const auto& [name, column] :
         {std::pair("baseVersion", "__version"), std::pair("trunkVersion", "__trunkVersion"),
          std::pair("branchId", "__branchId")}) {
        CHECK(has(updated, std::string("nodeset=\"/data/meta/entity/@") + name +
                               R"x(" type="string" readonly="true()" )x" +
                               "calculate=\"instance('trees')/root/item[name= /data/tree ]/" +
                               column + "\""));
    }
    CHECK(has(updated, R"x(<bind nodeset="/data/meta/entity/@id" type="string" )x"
                       R"x(readonly="true()" calculate=" /data/tree "/>)x"));

    const std::string either = form("dataset | entity_id | create_if | update_if | label",
                                    "trees | ${tree} | ${tree} = '' | ${tree} != '' | 'x'");
    CHECK(
        has(either, R"x(create="1" update="1" baseVersion="" trunkVersion="" branchId="" id="")x"));
    CHECK(has(either,
              R"x(/@update" type="string" readonly="true()" calculate=" /data/tree  != ''")x"));
    CHECK_FALSE(has(either, "uuid()"));
}

TEST_CASE("every row of a repeat makes an entity with an id of its own") {
    const auto result =
        load(table({"survey", "type | name | label | save_to", "begin_repeat | plot | P |",
                    "begin_group | g | G |", "text | kind | K | trees#species", "end_group | | |",
                    "end_repeat | | |", "", "entities", "list_name | label", "trees | ${kind}"}));
    REQUIRE_MESSAGE(result.definition, errors_of(result));
    const std::string made = write_xform(*result.definition);
    CHECK(has(made, "entities:entities-version=\"2025.1.0\""));
    CHECK(has(made, R"x(<plot jr:template=""><g><kind/><meta><entity dataset="trees")x"));
    CHECK(has(made, R"x(<plot><g><kind/><meta><entity dataset="trees")x"));
    CHECK(has(made, R"x(<setvalue ref="/data/plot/g/meta/entity/@id" event="odk-new-repeat" )x"
                    R"x(value="uuid()"/></repeat>)x"));
    CHECK(has(made, R"x(calculate=" ../../../kind ")x"));

    Fill fill(result.definition);
    const std::string first = fill.session.value("plot[1]/g/meta/entity/@id");
    CHECK(first.size() == 36);
    REQUIRE(fill.session.add_repeat("plot").ok());
    REQUIRE(fill.session.answer("plot[2]/g/kind", "oak").ok());
    CHECK(fill.session.value("plot[1]/g/meta/entity/@id") == first);
    const std::string second = fill.session.value("plot[2]/g/meta/entity/@id");
    CHECK(second.size() == 36);
    CHECK(second != first);
    CHECK(fill.session.value("plot[2]/g/meta/entity/label") == "oak");
}

TEST_CASE("an update in a repeat looks its own row's entity up") {
    const std::string made =
        xform_of({"survey", "type | name | label", "csv-external | trees |",
                  "begin_repeat | plot | P", "text | tree | T", "end_repeat | |", "", "entities",
                  "list_name | entity_id", "trees | ${tree}"});
    CHECK(has(made, "item[name= current()/../../../tree ]/__version"));
    CHECK_FALSE(has(made, "uuid()"));
}

TEST_CASE("several entities stand each in a container of their own") {
    const std::string made = xform_of(
        {"survey", "type | name | label | save_to", "text | owner | O | people#name_ar",
         "begin_group | farm | F |", "text | kind | K | trees#kind", "begin_repeat | v | V |",
         "date | day | D |", "end_repeat | | |", "end_group | | |", "", "entities",
         "list_name | label", "people | ${owner}", "trees | ${kind}", "visits | ${day}"});
    CHECK(has(made, "entities:entities-version=\"2025.1.0\""));
    CHECK(has(made,
              R"x(<v><day/><meta><entity dataset="visits" create="1" id=""><label/></entity>)x"
              R"x(</meta></v><meta><entity dataset="trees" create="1" id=""><label/>)x"
              R"x(</entity></meta></farm><meta><entity dataset="people")x"));
    CHECK(has(made, "entities:saveto=\"name_ar\""));
    CHECK(has(made, "entities:saveto=\"kind\""));
}

TEST_CASE("a list that only variables place moves up to the next free container") {
    const std::string made = xform_of({"survey", "type | name | label", "begin_group | a | A",
                                       "text | q | Q", "end_group | |", "", "entities",
                                       "list_name | label", "one | ${q}", "two | ${q}"});
    CHECK(has(made, R"x(<a><q/><meta><entity dataset="one")x"));
    CHECK(has(made, R"x(</a><meta><entity dataset="two")x"));
}

TEST_CASE("an entity stands above all of its properties, whatever groups they are in") {
    const std::string made = xform_of(
        {"survey", "type | name | label | save_to", "begin_repeat | r | R |",
         "begin_group | a | A |", "begin_group | b | B |", "text | q | Q | p1", "end_group | | |",
         "end_group | | |", "begin_group | c | C |", "begin_group | d | D |", "text | s | S | p2",
         "end_group | | |", "end_group | | |", "end_repeat | | |", "", "entities",
         "list_name | label", "one | 'x'"});
    CHECK(has(made, R"x(</c><meta><entity dataset="one")x"));
}

TEST_CASE("a form's entity may sum up a repeat that its label refers to") {
    const std::string made =
        xform_of({"survey", "type | name | label | save_to", "text | owner | O | owner",
                  "begin_repeat | plot | P |", "integer | area | A |", "end_repeat | | |", "",
                  "entities", "list_name | label", "farms | concat(${owner}, sum(${area}))"});
    CHECK(has(made, "entities:entities-version=\"2024.1.0\""));
    CHECK(has(made, R"x(<meta><entity dataset="farms" create="1" id=""><label/></entity>)x"
                    R"x(<instanceID/></meta>)x"));
}

TEST_CASE("a mistake in a declaration is named with its row and column") {
    struct Case {
        std::string header, row;
        DiagnosticCode code;
        std::string_view column, hint;
        std::vector<std::string> args;
    };
    using enum DiagnosticCode;
    const Case cases[] = {
        {"list_name | label", " | 'x'", kEntityListMissing, "list_name", "", {""}},
        {"list_name | label", "__trees | 'x'", kEntityListName, "list_name", "", {"__trees"}},
        {"list_name | label", "tr.ees | 'x'", kEntityListName, "list_name", "", {"tr.ees"}},
        {"list_name | label", "1trees | 'x'", kEntityListName, "list_name", "", {"1trees"}},
        {"list_name | label", "a:b | 'x'", kEntityListName, "list_name", "", {"a:b"}},
        {"list_name | label | update_if",
         "trees | 'x' | true()",
         kEntityIdMissing,
         "entity_id",
         "",
         {"trees"}},
        {"list_name | entity_id | create_if",
         "trees | ${tree} | true()",
         kEntityUpdateMissing,
         "update_if",
         "",
         {"trees"}},
        {"list_name | create_if", "trees | true()", kEntityLabelMissing, "label", "", {"trees"}},
        {"list_name | labl", "trees | 'x'", kEntityColumn, "labl", "label", {"labl"}},
    };
    for (const Case& c : cases) {
        CAPTURE(c.row);
        const auto result = load(table(
            {"survey", "type | name | label", "text | tree | T", "", "entities", c.header, c.row}));
        CHECK(result.definition == nullptr);
        REQUIRE_FALSE(result.diagnostics.empty());
        const Diagnostic& d = result.diagnostics[0];
        CHECK(diagnostic_name(d.code) == diagnostic_name(c.code));
        CHECK(d.where ==
              Provenance{"entities", c.code == kEntityColumn ? 1U : 2U, std::string(c.column)});
        CHECK(d.hint == c.hint);
        CHECK(d.args == c.args);
    }
}

TEST_CASE("an unknown column is told once, however many rows use it") {
    const Diagnostic d =
        error_of({"survey", "type | name | label", "text | a | A", "begin_group | g | G",
                  "text | b | B", "end_group | |", "", "entities", "list_name | label | what",
                  "one | ${a} | !", "two | ${b} | !"});
    CHECK(d.code == DiagnosticCode::kEntityColumn);
    CHECK(has(render(d, Language::kEnglish), "'what'"));
}

TEST_CASE("two names of one column are refused") {
    const Diagnostic d = error_in_entities("list_name | dataset | label", " | trees | ${tree}");
    CHECK(d.code == DiagnosticCode::kSameColumn);
    CHECK(d.where == Provenance{"entities", 1, "dataset"});
    CHECK(d.args == std::vector<std::string>{"list_name", "dataset"});
}

TEST_CASE("a list is declared once") {
    const Diagnostic d = error_of({"survey", "type | name | label", "text | a | A", "", "entities",
                                   "list_name | label", "trees | ${a}", "trees | 'x'"});
    CHECK(d.code == DiagnosticCode::kEntityListTwice);
    CHECK(d.where == Provenance{"entities", 3, "list_name"});
    CHECK(d.args == std::vector<std::string>{"trees", "2"});
}

TEST_CASE("a wrong reference on the entities sheet is told once, with its cell") {
    const Diagnostic d = error_in_entities("list_name | entity_id", "trees | ${tre}");
    CHECK(d.code == DiagnosticCode::kUnknownReference);
    CHECK(d.where == Provenance{"entities", 2, "entity_id"});
    CHECK(d.hint == "tree");
}

TEST_CASE("save_to needs an entities sheet") {
    const Diagnostic d =
        error_of({"survey", "type | name | label | save_to", "text | kind | K | species"});
    CHECK(d.code == DiagnosticCode::kSaveToWithoutEntities);
    CHECK(d.where == Provenance{"survey", 2, "save_to"});
}

TEST_CASE("a property has a name that entities do not use themselves, and is saved once") {
    for (const std::string_view name :
         {"name", "LABEL", "__species", "1species", "a b", "trees#", "trees#__x"}) {
        CAPTURE(name);
        const Diagnostic d = error_in_save_to(name);
        CHECK(diagnostic_name(d.code) == "save_to_name");
        CHECK(d.where == Provenance{"survey", 3, "save_to"});
    }
    const Diagnostic twice = error_in_save_to("trees#kind");
    CHECK(twice.code == DiagnosticCode::kSaveToTwice);
    CHECK(twice.args == std::vector<std::string>{"kind", "2"});
    CHECK(has(xform_of({"survey", "type | name | label | bind::entities:saveto",
                        "text | kind | K | sp.ec-ies", "", "entities", "list_name | label",
                        "trees | 'x'"}),
              "entities:saveto=\"sp.ec-ies\""));
}

TEST_CASE("groups and repeats can't be properties, neither at their beginning nor at their end") {
    for (const bool at_end : {false, true}) {
        for (const std::string kind : {"group", "repeat"}) {
            const Diagnostic d =
                error_of({"survey", "type | name | label | save_to",
                          "begin_" + kind + " | g | G | " + (at_end ? "" : "p"), "text | a | A |",
                          "end_" + kind + " | | | " + (at_end ? "p" : ""), "", "entities",
                          "list_name | label", "trees | 'x'"});
            CHECK(d.code == DiagnosticCode::kSaveToContainer);
            CHECK(d.where.row == (at_end ? 4 : 2));
        }
    }
}

TEST_CASE("with several entities, save_to names the list it belongs to") {
    const auto error = [](std::string_view save_to) {
        return error_of({"survey", "type | name | label | save_to",
                         "text | a | A | " + std::string(save_to), "begin_group | g | G |",
                         "text | b | B | trees#b", "end_group | | |", "", "entities",
                         "list_name | label", "people | ${a}", "trees | ${b}"});
    };
    CHECK(error("kind").code == DiagnosticCode::kSaveToListMissing);
    CHECK(error("people#a#b").code == DiagnosticCode::kSaveToMarks);
    const Diagnostic unknown = error("poeple#a");
    CHECK(unknown.code == DiagnosticCode::kSaveToList);
    CHECK(unknown.args == std::vector<std::string>{"poeple"});
    CHECK(unknown.hint == "people");
}

TEST_CASE("an entity's references all lie on one way through the repeats") {
    const auto error = [](std::string_view first, std::string_view second, std::string_view label) {
        return error_of({"survey", "type | name | label | save_to", "begin_repeat | r | R |",
                         "text | a | A | " + std::string(first), "end_repeat | | |",
                         "begin_repeat | s | S |", "begin_group | g | G |",
                         "text | b | B | " + std::string(second), "end_group | | |",
                         "end_repeat | | |", "", "entities", "list_name | label",
                         "trees | " + std::string(label)});
    };
    const Diagnostic variables = error("", "", "concat(${a}, ${b})");
    CHECK(variables.code == DiagnosticCode::kEntityScope);
    CHECK(variables.where == Provenance{"entities", 2, ""});
    CHECK(variables.args == std::vector<std::string>{"trees", "/survey/r", "b", "/survey/s/g"});
    const Diagnostic saved = error("", "p", "concat(${a}, 'x')");
    CHECK(saved.code == DiagnosticCode::kSaveToScope);
    CHECK(saved.where == Provenance{"survey", 7, "save_to"});
    CHECK(saved.args == std::vector<std::string>{"trees", "/survey/r", "/survey/s/g"});
}

TEST_CASE("properties of one entity are not partly in a repeat") {
    const Diagnostic d =
        error_of({"survey", "type | name | label | save_to", "text | a | A | p1",
                  "begin_repeat | r | R |", "text | b | B | p2", "end_repeat | | |", "", "entities",
                  "list_name | label", "trees | 'x'"});
    CHECK(d.code == DiagnosticCode::kSaveToScope);
    CHECK(d.where.row == 2);
    CHECK(d.args == std::vector<std::string>{"trees", "/survey/r", "/survey"});
}

TEST_CASE("entities that need the same container are refused") {
    const auto error = [](std::string_view a, std::string_view b, std::string_view one,
                          std::string_view two) {
        return error_of({"survey", "type | name | label | save_to", "begin_repeat | r | R |",
                         "text | a | A | " + std::string(a), "begin_group | g | G |",
                         "text | b | B | " + std::string(b), "end_group | | |", "end_repeat | | |",
                         "", "entities", "list_name | label", "one | " + std::string(one),
                         "two | " + std::string(two)});
    };
    const std::vector<std::string> two_of_row_2{"two", "/survey/r", "2"};
    // Both by variables, of which the repeat has no more containers.
    Diagnostic d = error("", "", "${a}", "${a}");
    CHECK(d.code == DiagnosticCode::kEntityNoRoom);
    CHECK(d.where == Provenance{"entities", 3, ""});
    CHECK(d.args == two_of_row_2);
    // What is saved can't move up past the other's entity.
    d = error("", "two#p", "${b}", "'x'");
    CHECK(d.args == two_of_row_2);
    // Nor may an entity stand between another and its properties, in either order.
    const auto between = [](std::string_view first, std::string_view second) {
        return error_of({"survey", "type | name | label | save_to", "begin_group | g | G |",
                         "text | a | A | outer#p", "begin_group | h | H |",
                         "text | b | B | outer#q", "text | c | C | inner#p", "end_group | | |",
                         "end_group | | |", "", "entities", "list_name | label",
                         std::string(first) + " | 'x'", std::string(second) + " | 'x'"});
    };
    CHECK(between("outer", "inner").args == std::vector<std::string>{"inner", "/survey", "2"});
    CHECK(between("inner", "outer").args == std::vector<std::string>{"outer", "/survey", "2"});
}

TEST_CASE("a form has no more entities than the limit") {
    std::string text = table({"survey", "type | name | label", "text | a | A"});
    text += "| entities |\n| | list_name | label |\n";
    for (std::size_t i = 0; i <= EntitiesSheet::kEntitiesMax; ++i)
        text += "| | e" + std::to_string(i) + " | 'x' |\n";
    const auto result = load(text);
    CHECK(result.definition == nullptr);
    REQUIRE_FALSE(result.diagnostics.empty());
    CHECK(result.diagnostics[0].code == DiagnosticCode::kTooManyEntities);
    CHECK(result.diagnostics[0].where.row == EntitiesSheet::kEntitiesMax + 2);
}

TEST_CASE("references to entities are counted, so that a hostile form stays small") {
    std::size_t told = 0;
    EntitiesSheet sheet([&](DiagnosticCode code, const Provenance&, const std::vector<std::string>&,
                            const std::string&) {
        CHECK(code == DiagnosticCode::kTooManyEntities);
        ++told;
    });
    const std::string_view header[] = {"list_name", "label"};
    const std::string_view row[] = {"trees", "${last-saved#a}"};
    sheet.read({"entities", {{1, header}, {2, row}}});
    for (std::size_t i = 0; i < EntitiesSheet::kReferencesMax + 2; ++i)
        (void)sheet.note({EntitiesSheet::kForm, "a", "", {"survey", 2, ""}, true});
    CHECK(told == 1);
}
