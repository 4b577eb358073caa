// The rules of XLSForm: what is refused, with its place, and what is only remarked on.
#include <doctest/doctest.h>

#include "tests/forms/written_forms.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

/// The place and the arguments of the one diagnostic a form is refused for.
struct Refused {
    Provenance where;
    std::vector<std::string> args;
    std::string hint;
};
Refused refused(std::string_view form, DiagnosticCode code) {
    const LoadResult result = load(form);
    CHECK(result.definition == nullptr);
    INFO(errors_of(result));
    const Diagnostic* d = find(result, code);
    REQUIRE(d != nullptr);
    CHECK(d->severity == Severity::kError);
    return {d->where, d->args, d->hint};
}

/// The place of a remark on a form that loads.
Provenance remarked(std::string_view form, DiagnosticCode code) {
    const LoadResult result = load(form);
    INFO(errors_of(result));
    CHECK(result.definition != nullptr);
    const Diagnostic* d = find(result, code);
    REQUIRE(d != nullptr);
    CHECK(d->severity == Severity::kWarning);
    return d->where;
}

bool loads(std::string_view form) {
    const LoadResult result = load(form);
    INFO(errors_of(result));
    CHECK(result.definition != nullptr);
    return result.definition != nullptr;
}

using Code = DiagnosticCode;

}  // namespace

TEST_CASE("a question without label or hint is refused, also if it has guidance") {
    const Refused bare = refused(R"(
| survey |      |      |
|        | type | name |
|        | text | camp |
)",
                                 Code::kLabelMissing);
    CHECK(bare.where == Provenance{"survey", 2, "label"});
    CHECK(bare.args == std::vector<std::string>{"camp"});
    refused(R"(
| survey |      |      |               |
|        | type | name | guidance_hint |
|        | text | camp | Ask gently    |
)",
            Code::kLabelMissing);
    loads(R"(
| survey |       |      |            |              |
|        | type  | name | hint       | media::image |
|        | text  | camp | Which camp |              |
|        | text  | flag |            | flag.png     |
)");
}

TEST_CASE("a big image needs an image beside it") {
    CHECK(refused(R"(
| survey |      |      |                  |
|        | type | name | media::big-image |
|        | text | tent | tent.png         |
)",
                  Code::kBigImageAlone)
              .args == std::vector<std::string>{"tent"});
}

TEST_CASE("a background place needs a trigger and takes no calculation") {
    CHECK(refused(R"(
| survey |                     |       |       |
|        | type                | name  | label |
|        | text                | a     | A     |
|        | background-geopoint | where |       |
)",
                  Code::kTriggerMissing)
              .where == Provenance{"survey", 3, "trigger"});
    CHECK(refused(R"(
| survey |                     |       |       |         |             |
|        | type                | name  | label | trigger | calculation |
|        | text                | a     | A     |         |             |
|        | background-geopoint | where |       | ${a}    | 1           |
)",
                  Code::kCalculationUnwanted)
              .where == Provenance{"survey", 3, "calculation"});
}

TEST_CASE("a trigger refers to questions that somebody can answer") {
    const Refused hidden = refused(R"(
| survey |           |       |       |             |         |
|        | type      | name  | label | calculation | trigger |
|        | calculate | total |       | 1 + 1       |         |
|        | dateTime  | at    |       | now()       | ${total} |
)",
                                   Code::kUnseenTrigger);
    CHECK(hidden.args == std::vector<std::string>{"total", "at"});
    CHECK(hidden.where == Provenance{"survey", 3, "trigger"});
    CHECK(refused(R"(
| survey |          |      |       |             |          |
|        | type     | name | label | calculation | trigger  |
|        | text     | a    | A     |             |          |
|        | dateTime | at   |       | now()       | ${a} + 1 |
)",
                  Code::kTriggerForm)
              .args == std::vector<std::string>{"${a} + 1"});
    CHECK(refused(R"(
| survey |             |      |       |             |         |
|        | type        | name | label | calculation | trigger |
|        | begin_group | g    | G     |             |         |
|        | text        | a    | A     |             |         |
|        | end_group   |      |       |             |         |
|        | dateTime    | at   |       | now()       | ${g}    |
)",
                  Code::kUnknownReference)
              .args == std::vector<std::string>{"g"});
    loads(R"(
| survey |          |      |       |             |               |
|        | type     | name | label | calculation | trigger       |
|        | text     | a    | A     |             |               |
|        | text     | b    | B     |             |               |
|        | dateTime | at   |       | now()       | ${a}, , ${b}, |
)");
}

TEST_CASE("a name that is referred to is unique in the whole form") {
    CHECK(refused(R"(
| survey |             |      |         |
|        | type        | name | label   |
|        | text        | a    | A       |
|        | begin_group | g    | G       |
|        | text        | a    | A again |
|        | note        | n    | ${a}    |
|        | end_group   |      |         |
)",
                  Code::kAmbiguousReference)
              .where == Provenance{"survey", 5, "label"});
    loads(R"(
| survey |             |      |         |
|        | type        | name | label   |
|        | text        | a    | A       |
|        | begin_group | g    | G       |
|        | text        | a    | A again |
|        | end_group   |      |         |
)");
}

TEST_CASE("a repeat has a name of its own, which the root does not have either") {
    CHECK(refused(R"(
| survey |              |      |       |
|        | type         | name | label |
|        | begin_repeat | data | D     |
|        | text         | a    | A     |
|        | end_repeat   |      |       |
)",
                  Code::kRootRepeat)
              .where == Provenance{"survey", 2, "name"});
    CHECK(refused(R"(
| survey |              |      |       |
|        | type         | name | label |
|        | begin_group  | g    | G     |
|        | begin_repeat | r    | R     |
|        | text         | a    | A     |
|        | end_repeat   |      |       |
|        | end_group    |      |       |
|        | begin_repeat | r    | R     |
|        | text         | b    | B     |
|        | end_repeat   |      |       |
)",
                  Code::kRepeatTwice)
              .where == Provenance{"survey", 7, "name"});
}

TEST_CASE("the number of rows must not clash with a question's name") {
    CHECK(refused(R"(
| survey |              |             |       |              |
|        | type         | name        | label | repeat_count |
|        | integer      | child_count | N     |              |
|        | begin_repeat | child       | Child | 3            |
|        | text         | a           | A     |              |
|        | end_repeat   |             |       |              |
)",
                  Code::kDuplicateName)
              .args == std::vector<std::string>{"child_count", "2"});
}

TEST_CASE("names that differ in capitals only are remarked on") {
    CHECK(remarked(R"(
| survey |      |      |       |
|        | type | name | label |
|        | text | camp | C     |
|        | text | Camp | C     |
)",
                   Code::kNameCase)
              .row == 3);
}

TEST_CASE("groups end as they begin") {
    CHECK(refused(R"(
| survey |             |      |       |
|        | type        | name | label |
|        | begin group | g    | G     |
|        | text        | a    | A     |
|        | end repeat  |      |       |
)",
                  Code::kNotOpened)
              .args == std::vector<std::string>{"end_repeat", "begin_repeat", "unknown"});
    CHECK(refused(R"(
| survey  |                      |      |       |
|         | type                 | name | label |
|         | begin loop over list | g    | G     |
|         | text                 | a    | A     |
| choices |                      |      |       |
|         | list_name            | name | label |
|         | list                 | x    | X     |
)",
                  Code::kNotClosed)
              .args == std::vector<std::string>{"begin_loop", "g", "end_loop"});
}

TEST_CASE("a column is there once, by one of its names") {
    CHECK(refused(R"(
| survey |      |      |       |       |
|        | type | name | value | label |
|        | text | a    | b     | A     |
)",
                  Code::kSameColumn)
              .args == std::vector<std::string>{"name", "value"});
    CHECK(refused(R"(
| survey |      |      |       |       |
|        | type | name | label | label |
|        | text | a    | A     | B     |
)",
                  Code::kSameHeader)
              .where == Provenance{"survey", 1, "label"});
    CHECK(refused(R"(
| survey |      |      |                    |
|        | type | name | label::English::Ar  |
|        | text | a    | A                  |
)",
                  Code::kUnknownColumn)
              .where.row == 1);
}

TEST_CASE("lists of choices must be there, and their sheets spelt right") {
    const Refused sheet = refused(R"(
| survey  |                   |      |       |
|         | type              | name | label |
|         | select_one yes_no | a    | A     |
| chioces |                   |      |       |
|         | list_name         | name | label |
|         | yes_no            | yes  | Yes   |
| choice  |                   |      |       |
|         | list_name         | name | label |
|         | yes_no            | yes  | Yes   |
)",
                                  Code::kListSheetMissing);
    CHECK(sheet.hint == "chioces, choice");
    CHECK(sheet.args[0] == "choices");
    CHECK(refused(R"(
| survey            |                           |      |       |               |
|                   | type                      | name | label | choice_filter |
|                   | select_one_external towns | a    | A     | x = 1         |
| _external_choices |                           |      |       |
|                   | list_name                 | name | label |
|                   | towns                     | yes  | Yes   |
)",
                  Code::kListSheetMissing)
              .hint.empty());
    const Refused list = refused(R"(
| survey           |                           |      |       |               |
|                  | type                      | name | label | choice_filter |
|                  | select_one_external town  | a    | A     | x = 1         |
| external_choices |                           |      |       |
|                  | list_name                 | name | label |
|                  | towns                     | yes  | Yes   |
)",
                                 Code::kUnknownList);
    CHECK(list.where == Provenance{"survey", 2, "type"});
    CHECK(list.hint == "towns");
    CHECK(remarked(R"(
| survey  |      |         |       |
|         | type | name    | label |
|         | text | a       | A     |
| setings |      |         |
|         | form_id |      |
|         | camps   |      |
)",
                   Code::kSheetSpelling)
              .sheet == "setings");
}

TEST_CASE("a choice of a select_multiple has no space in its name") {
    constexpr std::string_view kForm = R"(
| survey  |                |      |       |
|         | type           | name | label |
|         | %1 needs       | a    | A     |
| choices |                |      |       |
|         | list_name      | name | label |
|         | needs          | a b  | AB    |
)";
    const auto with = [&](std::string_view type) {
        std::string form(kForm);
        return form.replace(form.find("%1"), 2, type);
    };
    CHECK(refused(with("select_multiple"), Code::kChoiceNameSpace).where ==
          Provenance{"choices", 2, "name"});
    loads(with("select_one"));
}

TEST_CASE("or_other goes with a list of the form, without a filter") {
    CHECK(refused(R"(
| survey  |                           |      |       |               |
|         | type                      | name | label | choice_filter |
|         | text                      | g    | G     |               |
|         | select_one needs or_other | a    | A     | gov = ${g}    |
| choices |                           |      |       |
|         | list_name                 | name | label | gov |
|         | needs                     | a    | A     | x   |
)",
                  Code::kOtherFilter)
              .where == Provenance{"survey", 3, "choice_filter"});
    refused(R"(
| survey  |                                         |      |       |
|         | type                                    | name | label |
|         | select_one_from_file needs.csv or_other | a    | A     |
)",
            Code::kOtherWithoutList);
    CHECK(remarked(R"(
| survey  |                           |      |             |             |
|         | type                      | name | label::A (ar) | label::B (en) |
|         | select_one needs or_other | a    | A           | A           |
| choices |                           |      |       |
|         | list_name                 | name | label |
|         | needs                     | a    | A     |
)",
                   Code::kOtherTranslated)
              .row == 2);
}

TEST_CASE("a table of selects shares one list and has no filter") {
    constexpr std::string_view kForm = R"(
| survey  |               |      |       |            |               |
|         | type          | name | label | appearance | choice_filter |
|         | begin_group   | g    | G     | table-list |               |
|         | select_one l1 | a    | A     |            | %1            |
|         | select_one %2 | b    | B     |            |               |
|         | end_group     |      |       |            |               |
| choices |               |      |       |
|         | list_name     | name | label |
|         | l1            | x    | X     |
|         | l2            | x    | X     |
)";
    const auto with = [&](std::string_view filter, std::string_view list) {
        std::string form(kForm);
        form.replace(form.find("%1"), 2, filter);
        return form.replace(form.find("%2"), 2, list);
    };
    CHECK(refused(with("", "l2"), Code::kTableListMixed).args ==
          std::vector<std::string>{"l1", "l2"});
    CHECK(refused(with("1 = 1", "l1"), Code::kTableListFilter).where.row == 3);
    loads(with("", "l1"));
}

TEST_CASE("search() is used by all questions of a list, and by none with a file") {
    const Refused shared = refused(R"(
| survey  |               |      |       |                 |
|         | type          | name | label | appearance      |
|         | select_one l1 | a    | A     | search('towns') |
|         | select_one l1 | b    | B     |                 |
| choices |               |      |       |
|         | list_name     | name | label |
|         | l1            | x    | X     |
)",
                                   Code::kSearchShared);
    CHECK(shared.args == std::vector<std::string>{"a", "l1", "b"});
    refused(R"(
| survey  |                                |      |       |                 |
|         | type                           | name | label | appearance      |
|         | select_one_from_file towns.csv | a    | A     | search('towns') |
)",
            Code::kSearchFile);
}

TEST_CASE("an instance has one source") {
    const Refused clash = refused(R"(
| survey |              |       |       |                                     |
|        | type         | name  | label | calculation                         |
|        | xml-external | towns |       |                                     |
|        | begin_group  | g     | G     |                                     |
|        | calculate    | c     |       | pulldata('towns', 'a', 'b', 'c')    |
|        | end_group    |       |       |                                     |
)",
                                  Code::kInstanceClash);
    CHECK(clash.args == std::vector<std::string>{"towns", "external", "jr://file/towns.xml",
                                                 "pulldata", "jr://file-csv/towns.csv",
                                                 "[type: group, name: g]"});
    CHECK(refused(R"(
| survey  |                                |      |       |
|         | type                           | name | label |
|         | select_one_from_file towns.csv | a    | A     |
|         | select_one towns               | b    | B     |
| choices |                                |      |       |
|         | list_name                      | name | label |
|         | towns                          | x    | X     |
)",
                  Code::kInstanceClash)
              .args[3] == "choice");
    CHECK(refused(R"(
| survey |              |              |       |                     |
|        | type         | name         | label | default             |
|        | xml-external | __last-saved |       |                     |
|        | text         | a            | A     | ${last-saved#a}     |
)",
                  Code::kInstanceClash)
              .args[4] == "jr://instance/last-saved");
    CHECK(refused(R"(
| survey |              |       |       |
|        | type         | name  | label |
|        | text         | a     | A     |
|        | begin_group  | g     | G     |
|        | csv-external | towns |       |
|        | end_group    |       |       |
|        | csv-external | towns |       |
)",
                  Code::kInstanceTwice)
              .where.row == 6);
    loads(R"(
| survey |                                |      |       |                                  |
|        | type                           | name | label | calculation                      |
|        | select_one_from_file towns.csv | a    | A     |                                  |
|        | calculate                      | c    |       | pulldata('towns', 'a', 'b', 'c') |
)");
}

TEST_CASE("an audit and a calculation are complete") {
    CHECK(refused(R"(
| survey |       |       |       |
|        | type  | name  | label |
|        | text  | a     | A     |
|        | audit | trail |       |
)",
                  Code::kAuditName)
              .where.row == 3);
    CHECK(refused(R"(
| survey |           |      |       |
|        | type      | name | label |
|        | calculate | sum  | S     |
)",
                  Code::kCalculationMissing)
              .where == Provenance{"survey", 2, "calculation"});
    loads(R"(
| survey |           |      |       |         |
|        | type      | name | label | default |
|        | text      | a    | A     |         |
|        | calculate | at   |       | now()   |
|        | audit     |      |       |         |
)");
}

TEST_CASE("settings that don't go together are refused or remarked on") {
    CHECK(refused(R"(
| survey   |                 |            |       |
|          | type            | name       | label |
|          | text            | a          | A     |
| settings |                 |            |
|          | omit_instanceID | public_key |
|          | yes             | MIIB       |
)",
                  Code::kInstanceIdOmitted)
              .where.sheet == "settings");
    constexpr std::string_view kTwice = R"(
| survey   |           |         |       |
|          | type      | name    | label |
|          | text      | a       | A     |
| settings |           |         |
|          | id_string | form_id |
|          | old       | new     |
)";
    remarked(kTwice, Code::kFormIdTwice);
    CHECK(load(kTwice).definition->settings().form_id == "new");
    LoadOptions options;
    options.root_name = "bad@name";
    const LoadResult named = load_form(as_bytes(R"(
| survey |      |      |       |
|        | type | name | label |
|        | text | a    | A     |
)"),
                                       options);
    CHECK(find(named, Code::kBadName)->where == Provenance{"", 0, "form_name"});
}

TEST_CASE("what works but could be better is remarked on") {
    constexpr std::string_view kForm = R"(
| survey  |                          |       |             |          |            |
|         | type                     | name  | label::A (ar) | hint::English | disabled |
|         | image                    | photo | P           |          | no         |
|         | simserial                | sim   |             |          |            |
|         | begin_group              | g     |             |          |            |
|         | text                     | a     | A           | H        |            |
|         | end_group                |       |             |          |            |
|         |                          |       |             | only a hint |         |
|         | select_one l             | s     | S           |          |            |
| choices |                          |       |       |         |
|         | list_name                | name  | label | my note |
|         | l                        | x     |       | n       |
)";
    CHECK(remarked(kForm, Code::kMaxPixels) == Provenance{"survey", 2, "parameters"});
    CHECK(remarked(kForm, Code::kDisabledColumn) == Provenance{"survey", 2, "disabled"});
    CHECK(remarked(kForm, Code::kOldDeviceType).row == 3);
    CHECK(remarked(kForm, Code::kGroupLabelMissing).row == 4);
    CHECK(remarked(kForm, Code::kRowSkipped).row == 7);
    CHECK(remarked(kForm, Code::kChoiceLabelMissing) == Provenance{"choices", 2, "label"});
    CHECK(remarked(kForm, Code::kChoiceColumn) == Provenance{"choices", 1, "my note"});
    const LoadResult result = load(kForm);
    CHECK(find(result, Code::kTranslationMissing)->args ==
          std::vector<std::string>{"A (ar)", "hint"});
    CHECK(find(result, Code::kLanguageCode)->args == std::vector<std::string>{"English"});
    CHECK(remarked(R"(
| survey           |                          |      |       |
|                  | type                     | name | label |
|                  | select_one_external town | a    | A     |
| external_choices |                          |      |       |
|                  | list_name                | name | label |
|                  | town                     | x    | X     |
)",
                   Code::kExternalUnfiltered)
              .row == 2);
}

TEST_CASE("a reference holds a name and nothing else") {
    for (const char* text : {"${ a }", "${a", "${a b}", "${}", "${last-saved# a}", "${1}"}) {
        CAPTURE(text);
        const Refused r = refused(
            "| survey | | | |\n| | type | name | label |\n| | text | a | A |\n"
            "| | text | b | " +
                std::string(text) + " |\n",
            DiagnosticCode::kReferenceForm);
        CHECK(r.where == Provenance{"survey", 3, "label"});
    }
    const Refused r = refused(R"(
| survey |           |      |       |             |         |
|        | type      | name | label | calculation | trigger |
|        | text      | a    | A     |             |         |
|        | calculate | b    |       | 1           | ${ a }  |
)",
                              DiagnosticCode::kTriggerForm);
    CHECK(r.where == Provenance{"survey", 3, "trigger"});
}

TEST_CASE("a file that choices come from has one known ending") {
    for (const char* file : {"a.b.csv", "a.CSV", "a", "a.txt", ".csv"}) {
        CAPTURE(file);
        const Refused r = refused(
            "| survey | | | |\n| | type | name | label |\n"
            "| | select_one_from_file " +
                std::string(file) + " | q | Q |\n",
            DiagnosticCode::kFileKind);
        CHECK(r.where == Provenance{"survey", 2, "type"});
    }
}

TEST_CASE("the columns of a file are named as columns can be") {
    const auto form = [](const std::string& parameters) {
        return "| survey | | | | |\n| | type | name | label | parameters |\n"
               "| | select_one_from_file a.csv | q | Q | " +
               parameters + " |\n";
    };
    for (const char* wrong : {"value=1x", "label=a*", "value=-a"}) {
        CAPTURE(wrong);
        CHECK(refused(form(wrong), DiagnosticCode::kBadParameter).where ==
              Provenance{"survey", 2, "parameters"});
    }
    CHECK(load(form("value=_a.b-1 label=Zz")).definition != nullptr);
}

TEST_CASE("a setting that is on or off says so") {
    CHECK(remarked(R"(
| survey   |                 |      |       |
|          | type            | name | label |
|          | text            | a    | A     |
| settings |                 |      |       |
|          | omit_instanceID |      |       |
|          | perhaps         |      |       |
)",
                   DiagnosticCode::kNotYesNo) == Provenance{"settings", 2, "omit_instanceID"});
}

TEST_CASE("settings as rows are spelt as the settings sheet's columns") {
    const Refused r = refused(R"(
| survey |                |      |       |
|        | type           | name | label |
|        | set form title | Camp |       |
|        | text           | a    | A     |
)",
                              DiagnosticCode::kUnknownType);
    CHECK(r.where == Provenance{"survey", 2, "type"});
    CHECK(r.hint == "set_form_title");
}

TEST_CASE("a required group and a file inside a repeat are remarked on") {
    const char* form = R"(
| survey |              |      |       |          |
|        | type         | name | label | required |
|        | begin_repeat | r    | R     | yes      |
|        | text         | a    | A     |          |
|        | csv-external | f    |       |          |
|        | end_repeat   |      |       |          |
)";
    CHECK(remarked(form, DiagnosticCode::kRequiredGroup) == Provenance{"survey", 2, "required"});
    CHECK(remarked(form, DiagnosticCode::kFileInRepeat) == Provenance{"survey", 4, "type"});
}

TEST_CASE("a form nested too deep is told of once, not for each group that stays open") {
    std::string form = "| survey | | | |\n| | type | name | label |\n";
    for (int i = 0; i < 100; ++i) form += "| | begin_group | g" + std::to_string(i) + " | G |\n";
    const LoadResult result = load(form);
    CHECK(result.definition == nullptr);
    REQUIRE(result.diagnostics.size() == 1);
    CHECK(result.diagnostics[0].code == DiagnosticCode::kXmlTooDeep);
}

TEST_CASE("a sheet of choices without any needs no columns") {
    const LoadResult result = load(R"(
| survey  |           |      |       |
|         | type      | name | label |
|         | text      | a    | A     |
| choices |           |      |       |
|         | list_name |      |       |
)");
    INFO(errors_of(result));
    CHECK(result.definition != nullptr);
}
