// What lint says: each of its sentences on a small form that deserves it, and on one that does not.
#include "forms/lint.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/forms/written_forms.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

std::vector<LintFinding> linted(const std::string& form, const LintOptions& options = {},
                                MediaResolver media = {}) {
    const LoadResult loaded = load(form, std::move(media));
    INFO(errors_of(loaded));
    REQUIRE(loaded.definition != nullptr);
    return lint(*loaded.definition, options);
}

/// What the findings of one code say, one a line: "survey 3 relevant age: arguments | hint".
std::string told(const std::vector<LintFinding>& findings, LintCode code) {
    std::string out;
    for (const LintFinding& finding : findings) {
        if (finding.code != code) continue;
        out += finding.where.sheet + " " + std::to_string(finding.where.row) + " " +
               finding.where.column + " " + finding.path + ":";
        for (const std::string& arg : finding.args) out += " [" + arg + "]";
        if (!finding.hint.empty()) out += " | " + finding.hint;
        out += "\n";
    }
    return out;
}

std::string told(const std::string& form, LintCode code) {
    return told(linted(form), code);
}

/// A survey whose header is `columns`, with rows of cells.
std::string survey(const std::string& columns, const std::vector<std::string>& rows,
                   const std::string& more = {}) {
    std::string out = "| survey |\n| | " + columns + " |\n";
    for (const std::string& row : rows) out += "| | " + row + " |\n";
    return out + more;
}

/// A choices sheet likewise.
std::string choices(const std::string& columns, const std::vector<std::string>& rows) {
    std::string out = "| choices |\n| | " + columns + " |\n";
    for (const std::string& row : rows) out += "| | " + row + " |\n";
    return out;
}

const std::string kYesNo = choices("list_name | name | label", {"yn | yes | Yes", "yn | no | No"});

std::string many(const std::string& list, std::size_t count) {
    std::vector<std::string> rows;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string n = std::to_string(i);
        rows.push_back(list + " | c" + n + " | Choice " + n + " | up" + std::to_string(i % 7));
    }
    return choices("list_name | name | label | up", rows);
}

/// A file of `count` rows, as an author's itemset.
MediaResolver file_of(std::size_t count) {
    return [count](std::string_view) {
        std::string csv = "name,label,up\n";
        for (std::size_t i = 0; i < count; ++i) {
            csv += "c" + std::to_string(i) + ",C,u" + std::to_string(i % 9) + "\n";
        }
        return std::optional<std::string>(csv);
    };
}

/// A form's model with binds and body, as an XForm.
std::string xform(const std::string& instance, const std::string& binds, const std::string& body,
                  const std::string& model = {}) {
    return xform_of(instance, model + binds, body);
}

}  // namespace

TEST_CASE("lint has nothing to say about a form that is well made") {
    const std::string form = survey(
        "type | name | label | relevant | constraint | constraint_message | "
        "bind::awda:purpose",
        {"integer | age | Age | | . < 120 | Under 120 | statistics",
         "begin_group | g | G | ${age} > 5 | | | ",
         "select_one yn | school | School | ${age} < 18 | | | referral", "end_group | | | | | | ",
         "note | n | Bye ${age} | | | | "},
        kYesNo);
    for (const LintFinding& finding : linted(form)) {
        FAIL_CHECK(lint_message(finding, Language::kEnglish));
    }
}

TEST_CASE("a repeat's row that reads all rows of a repeat is told of") {
    const std::string columns = "type | name | label | calculation";
    const auto form = [&](const std::string& calculation) {
        return survey(columns, {"begin_repeat | r | R | ", "integer | n | N | ",
                                "calculate | share | | " + calculation, "end_repeat | | | ",
                                "calculate | total | | sum(${n})"});
    };
    CHECK(told(form("count(${r})"), LintCode::kRowsTimesRows) ==
          "survey 4 calculation r/share: [r] [r]\n");
    CHECK(told(form("sum(/data/r/n[. > 5])"), LintCode::kRowsTimesRows) == "");
    CHECK(told(form("${n} div ${total}"), LintCode::kRowsTimesRows) == "");
    CHECK(told(form("position(..)"), LintCode::kRowsTimesRows) == "");
    CHECK(told(form("indexed-repeat(${n}, ${r}, 1)"), LintCode::kRowsTimesRows) == "");
}

TEST_CASE("a list that no index answers is told of, by how often it is read") {
    const auto form = [](const std::string& predicate, bool in_repeat) {
        return xform(in_repeat ? "<r jr:template=\"\"><v/><c/></r>" : "<v/><c/>",
                     std::string("<bind nodeset=\"/data/") + (in_repeat ? "r/" : "") +
                         "c\" calculate=\"instance('l')/root/item" + predicate + "/label\"/>",
                     in_repeat ? "<repeat nodeset=\"/data/r\"><input ref=\"/data/r/v\"/></repeat>"
                               : "<input ref=\"/data/v\"/>",
                     "<instance id=\"l\" src=\"jr://file-csv/l.csv\"/>");
    };
    const auto said = [&](const std::string& predicate, bool in_repeat, std::size_t rows) {
        return told(linted(form(predicate, in_repeat), {}, file_of(rows)), LintCode::kListScan);
    };
    for (const char* slow :
         {"[contains(label, current()/../v)]", "[position() = 3]", "[name = up]",
          "[name != current()/../v]", "[name &lt; 3 or up = 'u1']", "", "[1 = name = 2]",
          "[name[1] = 3]", "[../x = 3]", "[(current()/..)/v = last()]"}) {
        CAPTURE(slow);
        CHECK(said(slow, true, 600) == "bind 1 /data/r/c r/c: [l] [600]\n");
    }
    for (const char* fast : {"[name = current()/../v]", "[current()/../v = name]",
                             "[up = 'u1' and contains(label, 'x')]", "[name = (current()/..)/v]"}) {
        CAPTURE(fast);
        CHECK(said(fast, true, 600) == "");
    }
    for (const char* fast : {"[selected(current()/../v, name)]", "[selected('c1 c2', up)]",
                             "[selected((current()/..)/v, up) and contains(label, 'x')]"}) {
        CAPTURE(fast);
        CHECK(said(fast, true, 600) == "");
    }
    for (const char* slow : {"[selected(up, name)]", "[selected(name, current()/../v)]",
                             "[selected(current()/../v, gone)]", "[selected(position(), name)]"}) {
        CAPTURE(slow);
        CHECK(said(slow, true, 600) == "bind 1 /data/r/c r/c: [l] [600]\n");
    }
    CHECK(said("[contains(label, 'x')]", true, 400) == "");
    CHECK(said("[contains(label, 'x')]", false, 600) == "");
    CHECK(said("[contains(label, 'x')]", false, 21'000) == "bind 1 /data/c c: [l] [21000]\n");
}

TEST_CASE(
    "selected() is answered by an index only from a table whose cells have no blanks around") {
    const auto said = [](const std::string& item) {
        std::string list = "<instance id=\"l\"><root>";
        for (int i = 0; i < 600; ++i) list += item;
        return told(xform("<r jr:template=\"\"><v/><c/></r>",
                          "<bind nodeset=\"/data/r/c\" calculate=\"count(instance('l')/root/item["
                          "selected(current()/../v, name)])\"/>",
                          "<repeat nodeset=\"/data/r\"><input ref=\"/data/r/v\"/></repeat>",
                          list + "</root></instance>"),
                    LintCode::kListScan);
    };
    const std::string scans = "bind 1 /data/r/c r/c: [l] [";
    CHECK(said("<item><name>a</name></item>") == "");
    CHECK(said("<item><name> a</name></item>") == scans + "600]\n");
    CHECK(said("<item x=\"1\"><name>a</name><b>c</b></item>").starts_with(scans));
}

TEST_CASE("a select that shows a whole list is no search, one that searches by hand is") {
    const auto form = [](const std::string& filter) {
        return survey("type | name | label | choice_filter",
                      {"text | q | Q | ", "begin_repeat | r | R | ",
                       "select_one_from_file l.csv | s | S | " + filter, "end_repeat | | | "});
    };
    CHECK(told(linted(form(""), {}, file_of(600)), LintCode::kListScan) == "");
    CHECK(told(linted(form("contains(label, ${q})"), {}, file_of(600)), LintCode::kListScan) ==
          "survey 4 choice_filter r/s: [l] [600]\n");
}

TEST_CASE("rows that are computed from the row before are told of") {
    const auto form = [](const std::string& calculation) {
        return survey("type | name | label | calculation",
                      {"begin_repeat | r | R | ", "integer | n | N | ",
                       "calculate | running | | " + calculation, "end_repeat | | | "});
    };
    CHECK(told(form("${n} + indexed-repeat(${running}, ${r}, position(..) - 1)"),
               LintCode::kRowChain) == "survey 4 calculation r/running: [r]\n");
    CHECK(told(form("${n} + /data/r[position() = 1]/running"), LintCode::kRowChain) ==
          "survey 4 calculation r/running: [r]\n");
    CHECK(told(form("${n} + /data/r[1]/running"), LintCode::kRowChain) != "");
    CHECK(told(form("${n} + indexed-repeat(${n}, ${r}, position(..) - 1)"), LintCode::kRowChain) ==
          "");
}

TEST_CASE("'//' is told of, in the form but not in a list") {
    const auto form = [](const std::string& calculation) {
        return xform("<a/><c/>", "<bind nodeset=\"/data/c\" calculate=\"" + calculation + "\"/>",
                     "<input ref=\"/data/a\"/>",
                     "<instance id=\"l\"><root><item><name>x</name></item></root></instance>");
    };
    CHECK(told(form("count(//a)"), LintCode::kWholeTree) == "bind 1 /data/c c:\n");
    CHECK(told(form("/data/descendant::a"), LintCode::kWholeTree) == "bind 1 /data/c c:\n");
    CHECK(told(form("count(instance('l')//name)"), LintCode::kWholeTree) == "");
    CHECK(told(form("/data/a"), LintCode::kWholeTree) == "");
}

TEST_CASE("conditions that are never true are told of") {
    const auto form = [](const std::string& relevant) {
        return survey("type | name | label | relevant",
                      {"integer | age | Age | ", "text | t | T | " + relevant});
    };
    for (const char* never :
         {"false()", "0", "''", "1 = 2", "'a' != 'a'", "not(true())", "false() or 0",
          "${age} > 5 and false()", "not('x')", "not(1) and ${age} = 1"}) {
        CAPTURE(std::string(never));
        CHECK(told(form(never), LintCode::kNeverShown).starts_with("survey 3 relevant t: ["));
    }
    for (const char* maybe : {"true()", "1", "'x'", "1 = 1", "'a' != 'b'", "${age} = 2", "1 < 2",
                              "not(${age})", "false() or ${age} > 1", "1 = 1 = 1", "${age} + 1",
                              "true() and 1", "once(1)", "${age} != 3 or true()"}) {
        CAPTURE(std::string(maybe));
        CHECK(told(form(maybe), LintCode::kNeverShown) == "");
    }
}

namespace {

/// A question in a group, each with its condition.
auto conditions(const std::string& of_group, const std::string& own) {
    return survey(
        "type | name | label | relevant",
        {"integer | age | Age | ", "select_one yn | s | S | ", "select_multiple yn | m | M | ",
         "begin_group | g | G | " + of_group, "text | t | T | " + own, "end_group | | | "},
        kYesNo);
}

}  // namespace

TEST_CASE("conditions that exclude each other are told of, in one question and in its groups") {
    for (const auto& [group, own] : {
             std::pair("", "${age} = 1 and ${age} = 2"),
             std::pair("", "${s} = 'yes' and ${s} != 'yes'"),
             std::pair("", "${s} = 'yes' and not(${s} = 'yes')"),
             std::pair("", "not(${s} != 'yes') and ${s} = 'no'"),
             std::pair("", "${age} > 5 and ${age} < 5"),
             std::pair("", "${age} >= 6 and ${age} <= 5"),
             std::pair("", "5 > ${age} and ${age} > 7"),
             std::pair("", "5 <= ${age} and 4 >= ${age}"),
             std::pair("", "5 < ${age} and ${age} <= 5"),
             std::pair("", "${age} = 4 and ${age} >= 5"),
             std::pair("", "${age} > 5 and ${age} = 5"),
             std::pair("", "${age} <= 4 and ${age} = 5"),
             std::pair("", "${age} < 5 and ${age} = 5"),
             std::pair("", "${age} = '' and ${age} < 5"),
             std::pair("", "${age} = '' and ${age} <= 5"),
             std::pair("", "${age} = '' and ${age} > 5"),
             std::pair("", "${age} = '' and ${age} >= 5"),
             std::pair("", "selected(${m}, 'yes') and not(selected(${m}, 'yes'))"),
             std::pair("", "not(selected(${m}, 'yes')) and selected(${m}, 'yes')"),
             std::pair("", "selected(${m}, 'yes') and ${m} = ''"),
             std::pair("", "selected(${s}, 'yes') and selected(${s}, 'no')"),
             std::pair("${age} < 5", "${age} > 17"),
             std::pair("${s} = 'yes'", "not(selected(${s}, 'yes'))"),
         }) {
        CAPTURE(std::string(group));
        CAPTURE(std::string(own));
        CHECK(told(conditions(group, own), LintCode::kContradiction)
                  .starts_with("survey 6 relevant g/t"));
    }
    CHECK(told(conditions("${age} < 5", "${age} > 17"), LintCode::kContradiction) ==
          "survey 6 relevant g/t: [${age} > '17'] [${age} < '5']\n");
    CHECK(told(conditions("", "selected(${m}, 'yes') and not(selected(${m}, 'yes'))"),
               LintCode::kContradiction) ==
          "survey 6 relevant g/t: [selected(${m}, 'yes')] "
          "[not(selected(${m}, 'yes'))]\n");
    // What the group says about itself is told on the group alone.
    CHECK(told(conditions("${age} < 5 and ${age} > 6", "${s} = 'yes'"), LintCode::kContradiction) ==
          "survey 5 relevant g: [${age} < '5'] [${age} > '6']\n");
}

TEST_CASE("conditions that can both hold are not told of") {
    for (const auto& [group, own] : {
             std::pair("", "${age} = 1 or ${age} = 2"),
             std::pair("", "${age} = 1 and ${age} = '1.0'"),
             std::pair("", "${age} = 1 and ${age} != 2"),
             std::pair("", "${age} > 5 and ${age} > 7"),
             std::pair("", "${age} >= 5 and ${age} <= 5"),
             std::pair("", "${age} < 6 and ${age} > 5"),
             std::pair("", "${age} = 5 and ${age} <= 5"),
             std::pair("", "${age} = 6 and ${age} > 5"),
             std::pair("", "not(${age} < 5) and ${age} < 3"),
             std::pair("", "not(${age} < 5 and ${age} > 7)"),
             std::pair("", "selected(${m}, 'yes') and selected(${m}, 'no')"),
             std::pair("", "selected(${m}, 'yes') and not(selected(${m}, 'no'))"),
             std::pair("", "selected(${m}, 'yes') and ${m} = 'yes no'"),
             std::pair("", "${age} < 'abc' and ${age} > 'abd'"),
             std::pair("", "${age} + 1 = 2 and ${age} = 2"),
             std::pair("", "1 = 1 and ${age} = ${s}"),
             std::pair("${age} > 17", "${age} < 20"),
             std::pair("${s} = 'yes'", "${age} = 3"),
         }) {
        CAPTURE(std::string(group));
        CAPTURE(std::string(own));
        CHECK(told(conditions(group, own), LintCode::kContradiction) == "");
    }
}

TEST_CASE("what is shown only after it was answered is told of") {
    const auto form = [](const std::string& of_group, const std::string& own) {
        return survey("type | name | label | relevant",
                      {"text | a | A | ", "begin_group | g | G | " + of_group,
                       "text | t | T | " + own, "end_group | | | "});
    };
    CHECK(told(form("${t} = 'x' or ${t} = 'y'", ""), LintCode::kOwnRelevance) ==
          "survey 3 relevant g: [g/t]\n");
    CHECK(told(form("${a} = 'x'", "${a} = 'x'"), LintCode::kOwnRelevance) == "");
    const std::string rows =
        survey("type | name | label | relevant",
               {"begin_repeat | r | R | count(${r}) > 3", "text | t | T | ", "end_repeat | | | "});
    CHECK(told(rows, LintCode::kOwnRelevance) == "");
}

TEST_CASE("a comparison with what is no choice is told of, with the likely one") {
    const auto form = [](const std::string& relevant) {
        return survey("type | name | label | relevant",
                      {"select_one yn | s | S | ", "select_multiple yn | m | M | ",
                       "text | q | Q | ", "text | t | T | " + relevant},
                      kYesNo);
    };
    CHECK(told(form("${s} = 'yess'"), LintCode::kNotInList) ==
          "survey 5 relevant t: [s] [yess] [yn] | yes\n");
    CHECK(told(form("selected(${m}, 'perhaps')"), LintCode::kNotInList) ==
          "survey 5 relevant t: [m] [perhaps] [yn]\n");
    CHECK(told(form("if('Yes' != ${s}, 1, 0) = 1"), LintCode::kNotInList) ==
          "survey 5 relevant t: [s] [Yes] [yn] | yes\n");
    for (const char* fine : {"${s} = 'yes'", "${s} = ''", "${m} = 'yes no'", "${q} = 'yess'",
                             "${s} < 'maybe'", "selected('a b', 'a')", "${s} = ${q}"}) {
        CAPTURE(std::string(fine));
        CHECK(told(form(fine), LintCode::kNotInList) == "");
    }
    // A list that comes with the form's own items, and one that is not here.
    const std::string items =
        xform("<s/><t/>", "<bind nodeset=\"/data/t\" relevant=\"/data/s = 'b'\"/>",
              "<select1 ref=\"/data/s\"><item><label>A</label><value>a</value></item></select1>"
              "<input ref=\"/data/t\"/>");
    CHECK(told(items, LintCode::kNotInList) == "bind 1 /data/t t: [s] [b] [] | a\n");
    const std::string far =
        survey("type | name | label | relevant",
               {"select_one_from_file l.csv | s | S | ", "text | t | T | ${s} = 'zz'"});
    CHECK(told(linted(far), LintCode::kNotInList) == "");
}

TEST_CASE("a group without questions is told of") {
    const auto form = [](const std::string& inside) {
        return survey("type | name | label | calculation",
                      {"text | a | A", "begin_group | g | G", "begin_group | h | H", inside,
                       "end_group | |", "end_group | |"});
    };
    CHECK(told(form("calculate | c | | 1"), LintCode::kEmptyGroup) ==
          "survey 3 type g: [g]\nsurvey 4 type g/h: [g/h]\n");
    CHECK(told(form("note | n | N"), LintCode::kEmptyGroup) == "");
    CHECK(
        told(survey("type | name | label | calculation", {"text | a | A", "begin_repeat | r | R",
                                                          "calculate | c | | 1", "end_repeat | |"}),
             LintCode::kEmptyGroup) == "survey 3 type r: [r]\n");
    CHECK(told(xform("<a/>", "", "<input ref=\"/data/a\"/><group><label>G</label></group>"),
               LintCode::kEmptyGroup) == "body 1  : []\n");
}

TEST_CASE("choices that no filter offers are told of") {
    const std::string lists =
        choices("list_name | name | label | up",
                {"gov | b | Baghdad | ", "gov | n | Nineveh | ", "dist | k | Karkh | b",
                 "dist | m | Mosul | n", "dist | z | Zakho | d", "dist | x | Sumel | d"});
    const auto form = [&](const std::string& filter, const std::string& second = "") {
        return survey("type | name | label | choice_filter",
                      {"select_one gov | g | G | ", "select_multiple gov | gm | G | ",
                       "text | t | T | ", "select_one dist | d | D | " + filter,
                       second.empty() ? "note | o | O | " : "select_one dist | d2 | D | " + second},
                      lists);
    };
    const std::string two = "choices 0 up : [dist] [2] [z] [up] [d]\n";
    CHECK(told(form("up = ${g}"), LintCode::kNeverOffered) == two);
    CHECK(told(form("${g} = up"), LintCode::kNeverOffered) == two);
    CHECK(told(form("selected(${gm}, up)"), LintCode::kNeverOffered) == two);
    CHECK(told(form("up = ${g} and label != 'x'"), LintCode::kNeverOffered) == two);
    CHECK(told(form("up = ${g}", "up = ${gm}"), LintCode::kNeverOffered) == two);
    for (const char* fine :
         {"", "up = ${t}", "up != ${g}", "up = ${g} or 1 = 1", "contains(up, ${g})", "up = 'd'",
          "up = concat(${g}, '')", "substr(up, 0) = ${g}", "../up = ${g}", "selected(up)"}) {
        CAPTURE(std::string(fine));
        const auto loaded = load(form(fine));
        if (loaded.definition == nullptr) continue;
        CHECK(told(lint(*loaded.definition), LintCode::kNeverOffered) == "");
    }
    // Another question offers all of them.
    const std::string other =
        survey("type | name | label | choice_filter",
               {"select_one gov | g | G | ", "select_one dist | d | D | up = ${g}",
                "select_one dist | all | D | "},
               lists);
    CHECK(told(other, LintCode::kNeverOffered) == "");
}

TEST_CASE("a filter on a column that the list does not have is told of, with the likely one") {
    const auto form = [](const std::string& filter) {
        return survey("type | name | label | choice_filter",
                      {"text | g | G | ", "select_one l | s | S | " + filter},
                      choices("list_name | name | label | region", {"l | a | A | r"}));
    };
    CHECK(told(form("regoin = ${g}"), LintCode::kFilterColumn) ==
          "survey 3 choice_filter s: [l] [regoin] | region\n");
    CHECK(told(form("region = ${g}"), LintCode::kFilterColumn) == "");
}

TEST_CASE("texts that are missing in a language are told of, one by one, and of lists together") {
    const std::string columns =
        "type | name | label::Arabic (ar) | label::English (en) | hint::Arabic (ar) | "
        "hint::English (en) | guidance_hint::Arabic (ar) | guidance_hint::English (en) | "
        "constraint | constraint_message::Arabic (ar) | constraint_message::English (en) | "
        "required "
        "| required_message::Arabic (ar) | required_message::English (en)";
    const auto said = told(survey(columns,
                                  {"text | a | أ | | ت | | ش | | . != '' | ق | | yes | م |",
                                   "text | b | ب | B | | | | | | | | | |",
                                   "select_one l | s | خ | S | | | | | | | | | |",
                                   "select_one l | s2 | خ | S | | | | | | | | | |"},
                                  choices("list_name | name | label::Arabic (ar) | "
                                          "label::English (en)",
                                          {"l | x | س | X", "l | y | ص | ", "l | z | ع | "})),
                           LintCode::kMissingTranslation);
    CHECK(said ==
          "survey 2 label::English (en) a: [a] [label] [English (en)]\n"
          "survey 2 hint::English (en) a: [a] [hint] [English (en)]\n"
          "survey 2 guidance_hint::English (en) a: [a] [guidance_hint] [English (en)]\n"
          "survey 2 constraint_message::English (en) a: [a] [constraint_message] [English "
          "(en)]\n"
          "survey 2 required_message::English (en) a: [a] [required_message] [English "
          "(en)]\n");
    const std::string lists = survey(
        "type | name | label::Arabic (ar) | label::English (en)",
        {"select_one l | s | خ | S", "select_one l | s2 | خ | S", "note | n | مرحبا ${s} | ${s}"},
        choices("list_name | name | label::Arabic (ar) | "
                "label::English (en)",
                {"l | x | س | X", "l | y | ص | ", "l | z | ع | "}));
    CHECK(told(lists, LintCode::kChoicesUntranslated) ==
          "choices 0 label::English (en) : [l] [2] [English (en)] [y]\n");
    CHECK(told(lists, LintCode::kMissingTranslation) == "");
    const std::string one = survey("type | name | label::Arabic (ar) | hint::Arabic (ar)",
                                   {"text | a | أ | ت", "text | b | ب | "});
    CHECK(told(one, LintCode::kMissingTranslation) == "");
}

TEST_CASE("questions without a purpose are told of, and a form without any is told once") {
    const auto form = [](const std::string& a, const std::string& b) {
        return survey("type | name | label | bind::awda:purpose | calculation",
                      {"text | a | A | " + a, "text | b | B | " + b, "note | n | N | ",
                       "calculate | c | | | 1"});
    };
    CHECK(told(form("help", ""), LintCode::kNoPurpose) == "survey 3 bind::awda:purpose b: [b]\n");
    CHECK(told(form("help", ""), LintCode::kNoPurposes) == "");
    CHECK(told(form("", ""), LintCode::kNoPurpose) == "");
    CHECK(told(form("", ""), LintCode::kNoPurposes) == " 0  : [2]\n");
    CHECK(told(form("help", "help"), LintCode::kNoPurpose) == "");
    const std::string none = survey("type | name | label", {"note | n | N"});
    CHECK(told(none, LintCode::kNoPurposes) == "");
}

TEST_CASE("a sensitive question without an approval is told of") {
    const auto form = [](const std::string& marks) {
        return survey(
            "type | name | label | bind::awda:sensitivity | bind::awda:approval | calculation",
            {"text | a | A | " + marks, "calculate | c | | high | | 1"});
    };
    CHECK(told(form("high | "), LintCode::kNoApproval) ==
          "survey 2 bind::awda:approval a: [a] [high]\nsurvey 3 bind::awda:approval c: [c] "
          "[high]\n");
    CHECK(told(form("high | board"), LintCode::kNoApproval) ==
          "survey 3 bind::awda:approval c: [c] [high]\n");
    CHECK(told(form(" | "), LintCode::kNoApproval) ==
          "survey 3 bind::awda:approval c: [c] [high]\n");
}

TEST_CASE(
    "choices of one list with the same label are told of, unless something tells them apart") {
    const auto form = [](const std::string& columns, const std::vector<std::string>& rows) {
        return survey("type | name | label", {"select_one l | s | S", "select_one l | s2 | S"},
                      choices("list_name | name | " + columns, rows));
    };
    CHECK(told(form("label", {"l | a | Same", "l | b | Other", "l | c | Same", "l | d | Same"}),
               LintCode::kDuplicateLabel) == "choices 0 label : [l] [a] [c] [Same]\n");
    CHECK(told(form("label | up", {"l | a | Same | x", "l | b | Same | y"}),
               LintCode::kDuplicateLabel) == "");
    CHECK(told(form("label::Arabic (ar) | label::English (en)",
                    {"l | a | أ | Same", "l | b | ب | Same", "l | c | | ", "l | d | | "}),
               LintCode::kDuplicateLabel) ==
          "choices 0 label::English (en) : [l] [a] [b] [Same]\n");
    const std::string file = survey("type | name | label", {"select_one_from_file l.csv | s | S"});
    CHECK(told(linted(file, {}, file_of(3)), LintCode::kDuplicateLabel) == "");
}

TEST_CASE("an appearance that nothing knows is told of, with the likely one") {
    const auto form = [](const std::string& appearance) {
        return survey("type | name | label | appearance", {"select_one yn | s | S | " + appearance},
                      kYesNo);
    };
    CHECK(told(form("minimal horizontall"), LintCode::kUnknownAppearance) ==
          "survey 2 appearance s: [horizontall] | horizontal\n");
    for (const char* fine : {"", "Minimal", "w1 horizontal", "columns-3", "compact-12", "h2",
                             "custom-thing", "search('l')", "ex:org.app(a='b')", "map quick"}) {
        CAPTURE(std::string(fine));
        CHECK(told(form(fine), LintCode::kUnknownAppearance) == "");
    }
    for (const char* odd : {"w", "columns-", "columns-x", "wx", "compact-1a"}) {
        CAPTURE(std::string(odd));
        CHECK(told(form(odd), LintCode::kUnknownAppearance).starts_with("survey 2 appearance s:"));
    }
}

TEST_CASE("a question that must be answered and can't be is told of") {
    const auto form = [](const std::string& cells) {
        return survey("type | name | label | required | readonly | default | calculation",
                      {"text | o | O | | | | ", "text | a | A | " + cells});
    };
    CHECK(told(form("yes | yes | | "), LintCode::kNeverAnswerable) == "survey 3 required a: [a]\n");
    for (const char* fine : {"yes | | | ", " | yes | | ", "yes | yes | x | ", "yes | yes | | 1 + 1",
                             "yes | yes | now() | ", "yes | ${o} = 1 | | "}) {
        CAPTURE(std::string(fine));
        CHECK(told(form(fine), LintCode::kNeverAnswerable) == "");
    }
}

TEST_CASE("a calculation that nothing uses is told of") {
    const std::string form =
        survey("type | name | label | calculation | trigger | bind::awda:purpose",
               {"integer | a | A | | | ", "calculate | unused | | ${a} + 1 | | ",
                "calculate | used | | ${a} + 2 | | ", "calculate | itself | | ${itself} | | ",
                "calculate | by_path | | 3 | | ", "calculate | shown | | 4 | | ",
                "note | n | ${used} ${shown} | | | ", "calculate | last | | sum(//by_path) | | "});
    CHECK(told(form, LintCode::kUnusedCalculation) ==
          "survey 3 calculation unused: [unused]\nsurvey 5 calculation itself: [itself]\n"
          "survey 9 calculation last: [last]\n");
    const std::string entity = survey("type | name | label | calculation | save_to",
                                      {"text | a | A | | ", "calculate | kept | | ${a} | prop"},
                                      "| entities |\n| | dataset | label |\n| | trees | ${a} |\n");
    CHECK(told(entity, LintCode::kUnusedCalculation) == "");
}

TEST_CASE("a long list that is shown at once is told of") {
    const auto form = [](const std::string& appearance, const std::string& filter,
                         std::size_t count) {
        return survey(
            "type | name | label | appearance | choice_filter",
            {"text | t | T | | ", "select_one l | s | S | " + appearance + " | " + filter},
            many("l", count));
    };
    CHECK(told(form("", "", 51), LintCode::kLongList) == "survey 3 appearance s: [s] [51]\n");
    CHECK(told(form("", "", 50), LintCode::kLongList) == "");
    CHECK(told(form("minimal", "", 51), LintCode::kLongList) == "");
    CHECK(told(form("", "up = ${t}", 51), LintCode::kLongList) == "");
}

TEST_CASE("a calculation that is never the same twice is told of") {
    const auto form = [](const std::string& calculation) {
        return survey(
            "type | name | label | calculation",
            {"text | a | A | ", "calculate | c | | " + calculation, "note | n | ${c} | "});
    };
    CHECK(told(form("concat(${a}, now())"), LintCode::kVolatile) ==
          "survey 3 calculation c: [c] [now]\n");
    CHECK(told(form("uuid()"), LintCode::kVolatile) == "survey 3 calculation c: [c] [uuid]\n");
    CHECK(told(form("count(/data/a[. = random()])"), LintCode::kVolatile) ==
          "survey 3 calculation c: [c] [random]\n");
    CHECK(told(form("string(randomize(/data/a)[random() > 2])"), LintCode::kVolatile) ==
          "survey 3 calculation c: [c] [random]\n");
    CHECK(told(form("once(random())"), LintCode::kVolatile) == "");
    CHECK(told(form("today()"), LintCode::kVolatile) == "");
}

TEST_CASE("an absolute path inside its own repeat is told of") {
    const auto form = [](const std::string& calculation) {
        return survey("type | name | label | calculation",
                      {"begin_repeat | r | R | ", "integer | n | N | ",
                       "calculate | c | | " + calculation, "end_repeat | | | "});
    };
    CHECK(told(form("/data/r/n + 1"), LintCode::kAbsoluteInRepeat) ==
          "survey 4 calculation r/c: [/data/r/n]\n");
    CHECK(told(form("${n} + 1"), LintCode::kAbsoluteInRepeat) == "");
    CHECK(told(form("../../r/n"), LintCode::kAbsoluteInRepeat) == "");
}

TEST_CASE("an absolute path inside its own repeat that leads nowhere is no place to tell of") {
    // The whole form repeats, so that the path is through the repeat when it ends at nothing.
    CHECK(told(xform("<a/><s/>", "<bind nodeset=\"/data/s\" relevant=\"/data/nothing\"/>",
                     "<repeat nodeset=\"/data\"><input ref=\"/data/a\"/></repeat>"),
               LintCode::kAbsoluteInRepeat) == "");
}

TEST_CASE("a constraint without a message is told of") {
    const auto form = [](const std::string& message) {
        return survey("type | name | label | constraint | constraint_message",
                      {"integer | a | A | . > 1 | " + message});
    };
    CHECK(told(form(""), LintCode::kSilentConstraint) == "survey 2 constraint a: [a]\n");
    CHECK(told(form("More than one"), LintCode::kSilentConstraint) == "");
    CHECK(told(xform("<a/><b/>", "<bind nodeset=\"/data/b\" constraint=\". > 1\"/>",
                     "<input ref=\"/data/a\"/>"),
               LintCode::kSilentConstraint) == "");
}

TEST_CASE("media that do not lie beside the form are told of, where somebody can look") {
    const std::string form = survey(
        "type | name | label::English (en) | media::image::English (en) | "
        "media::audio::English (en)",
        {"text | a | A | here.png | gone.mp3", "text | b | B | gone.mp3 | ",
         "select_one l | s | S | | "},
        choices("list_name | name | label::English (en) | media::image::English (en)",
                {"l | x | X | lost.jpg", "l | y | Y | "}));
    LintOptions options;
    options.has_media = [](std::string_view name) { return name == "here.png"; };
    CHECK(told(linted(form, options), LintCode::kMissingMedia) ==
          "survey 2 media::audio a: [gone.mp3]\nchoices 0 media::image : [lost.jpg]\n");
    CHECK(told(form, LintCode::kMissingMedia) == "");
}

TEST_CASE("findings come in the order of the sheets, in three languages, and end somewhere") {
    std::vector<std::string> rows;
    for (std::size_t i = 0; i < kLintFindingsMax + 50; ++i) {
        rows.push_back("integer | q" + std::to_string(i) + " | Q | . > 1");
    }
    const auto findings = linted(survey("type | name | label | constraint", rows));
    CHECK(findings.size() == kLintFindingsMax);
    const std::string mixed =
        survey("type | name | label | constraint | choice_filter",
               {"select_one l | s | S | | ", "select_one l | s2 | S | . != 'a' | up = ${s}"},
               choices("list_name | name | label | up", {"l | a | Same | a", "l | b | Same | a"}));
    std::string order;
    for (const LintFinding& finding : linted(mixed)) {
        order += std::string(lint_name(finding.code)) + " ";
        for (const Language language :
             {Language::kEnglish, Language::kArabic, Language::kSorani, Language::kBadini}) {
            CHECK_FALSE(lint_message(finding, language).empty());
            CHECK(lint_message(finding, language).find('{') == std::string::npos);
            CHECK_FALSE(lint_advice(finding, language).empty());
        }
        CHECK(lint_message(finding, Language::kArabic) != lint_message(finding, Language::kSorani));
    }
    CHECK(order == "silent_constraint duplicate_label no_purposes ");
    CHECK(lint_level(LintCode::kSilentConstraint) == LintLevel::kAdvice);
    CHECK(lint_level(LintCode::kContradiction) == LintLevel::kWarning);
    // Numbers stand where one fits as well as many.
    const LintFinding never{LintCode::kNeverOffered, {}, "", {"l", "1", "a", "up", "b"}, ""};
    CHECK(lint_message(never, Language::kEnglish) ==
          "Choices of the list 'l' that are never offered: 1. The first is 'a': its 'up' is 'b'.");
    // An argument that is not there leaves its place empty, and braces of the author's stay.
    CHECK(lint_message({LintCode::kNoPurpose, {}, "", {}, ""}, Language::kEnglish) ==
          "'' is asked without a stated purpose.");
    CHECK(lint_message({LintCode::kNoPurpose, {}, "", {"{0}"}, ""}, Language::kEnglish) ==
          "'{0}' is asked without a stated purpose.");
}
