// Which parts of a form are protected: what is marked, what lies below, and what would tell of it.
// Each case is a small form and the list of topmost protected paths.
#include "forms/protection.h"

#include <doctest/doctest.h>

#include "forms/lint.h"
#include "tests/forms/forms_fixture.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

FormDefinitionPtr form(const std::string& columns, const std::vector<std::string>& rows,
                       const std::string& more = {}) {
    std::string text =
        "| survey |\n| | type | name | label | bind::awda:sensitivity | " + columns + " |\n";
    for (const std::string& row : rows) text += "| | " + row + " |\n";
    text +=
        "| choices |\n| | list_name | name | label | of |\n| | yn | yes | Yes | a |\n"
        "| | yn | no | No | b |\n" +
        more;
    const LoadResult loaded = load(text);
    INFO(errors_of(loaded));
    REQUIRE(loaded.definition != nullptr);
    return loaded.definition;
}

std::string tops(const FormDefinitionPtr& definition) {
    std::string out;
    const ProtectedPaths paths = protected_paths(*definition);
    for (const std::string& path : paths.tops()) {
        out += (out.empty() ? "" : " ") + path;
    }
    return out;
}

}  // namespace

TEST_CASE("a form without the mark has nothing protected") {
    const auto plain =
        form("relevant", {"text | a | A | personal | ", "text | b | B | | ${a} = 1"});
    CHECK(protected_paths(*plain).empty());
    CHECK_FALSE(protected_paths(*plain).covers("a"));
}

TEST_CASE("the mark is understood in any case and with blanks around it") {
    CHECK(tops(form("hint", {"text | a | A | Protected | ", "text | b | B | sensitive | "})) ==
          "a");
}

TEST_CASE("what lies below a protected group or repeat is protected") {
    const auto nested =
        form("hint", {"begin_group | g | G | protected | ", "text | a | A | | ",
                      "begin_repeat | r | R | | ", "text | b | B | | ", "end_repeat | | | | ",
                      "end_group | | | | ", "text | c | C | | "});
    const ProtectedPaths paths = protected_paths(*nested);
    CHECK(tops(nested) == "g");
    for (const char* ref : {"g", "g/a", "g/r", "g/r[2]", "g/r[2]/b", "g[1]/r[10]/b"}) {
        CAPTURE(ref);
        CHECK(paths.covers(ref));
    }
    for (const char* ref : {"c", "gg", "g2/a", "", "a"}) {
        CAPTURE(ref);
        CHECK_FALSE(paths.covers(ref));
    }
}

TEST_CASE("whatever is computed from a protected answer is protected, however far away") {
    CHECK(tops(form("calculation",
                    {"text | a | A | protected | ", "calculate | b | | | concat(${a}, 'x')",
                     "calculate | c | | | string-length(${b})", "calculate | d | | | 1 + 1",
                     "calculate | e | | | ${c} + ${d}"})) == "a b c e");
}

TEST_CASE("every kind of rule that reads a protected answer protects the question that has it") {
    const std::string asked = "select_one yn | p | P | protected | ";
    CHECK(tops(form("relevant", {asked, "text | q | Q | | ${p} = 'yes'", "text | r | R | | "})) ==
          "p q");
    CHECK(tops(form("required", {asked, "text | q | Q | | ${p} = 'yes'"})) == "p q");
    CHECK(tops(form("readonly", {asked, "text | q | Q | | ${p} = 'yes'"})) == "p q");
    CHECK(tops(form("constraint", {asked, "text | q | Q | | . != ${p}"})) == "p q");
    CHECK(tops(form("choice_filter", {asked, "select_one yn | q | Q | | of = ${p}"})) == "p q");
    CHECK(tops(form("repeat_count",
                    {"integer | p | P | protected | ", "begin_repeat | q | Q | | ${p}",
                     "text | r | R | | ", "end_repeat | | | | "})) == "p q");
    CHECK(tops(form("trigger | calculation", {asked + " | ", "text | q | Q | | ${p} | now()",
                                              "text | r | R | | | "})) == "p q");
}

TEST_CASE("a group whose relevance tells a protected answer is protected with all that is in it") {
    const auto told = form(
        "relevant", {"select_one yn | p | P | protected | ", "begin_group | g | G | | ${p} = 'yes'",
                     "text | a | A | | ", "end_group | | | | ", "text | c | C | | "});
    CHECK(tops(told) == "g p");
    CHECK(protected_paths(*told).covers("g/a"));
}

TEST_CASE("counting the rows of a repeat tells only of a repeat that is itself protected") {
    const auto counted = [](const std::string& repeat, const std::string& question) {
        return tops(form("calculation", {"begin_repeat | r | R | " + repeat + " | ",
                                         "text | a | A | " + question + " | ",
                                         "end_repeat | | | | ", "calculate | n | | | count(${r})",
                                         "calculate | m | | | count(/data/r[a = 'yes'])"}));
    };
    CHECK(counted("", "protected") == "m r/a");
    CHECK(counted("protected", "") == "m n r");
}

TEST_CASE("a label that quotes a protected answer protects nothing: labels are no answers") {
    CHECK(tops(form("hint", {"text | a | A | protected | ", "text | b | Why ${a}? | | "})) == "a");
}

TEST_CASE("a record's name made of a protected answer is protected, and lint says so") {
    const std::string settings =
        "| settings |\n| | form_id | instance_name |\n| | f | concat(${a}, ${b}) |\n";
    const auto named = form("hint", {"text | a | A | protected | ", "text | b | B | | "}, settings);
    CHECK(protected_paths(*named).covers("meta/instanceName"));
    const auto other = form("hint", {"text | a | A | | ", "text | b | B | | "}, settings);
    CHECK_FALSE(protected_paths(*other).covers("meta/instanceName"));
    const auto told = [](const FormDefinition& definition) {
        std::size_t count = 0;
        for (const LintFinding& finding : lint(definition)) {
            if (finding.code == LintCode::kProtectedName) ++count;
        }
        return count;
    };
    CHECK(told(*named) == 1);
    CHECK(told(*other) == 0);
}

TEST_CASE("an answer that was sealed stays protected in a form that forgot the mark") {
    ProtectedPaths paths;
    paths.add("family[3]/told");
    CHECK(paths.covers("family[1]/told"));
    CHECK_FALSE(paths.covers("family[1]"));
}

TEST_CASE("a problem that is excused does not stand in the way of finalising, another does") {
    Fill fill(form("required", {"text | a | A | protected | yes", "text | b | B | | yes"}));
    CHECK(fill.session.answer("b", "x").ok());
    CHECK(fill.session.finalise().error().code == Errc::kAnswersInvalid);
    const auto waived = [](const Problem& problem) {
        return problem.kind == ProblemKind::kRequired && problem.ref == "a";
    };
    CHECK(fill.session.answer("b", "").ok());
    CHECK(fill.session.finalise(waived).error().code == Errc::kAnswersInvalid);
    CHECK(fill.session.answer("b", "x").ok());
    CHECK(fill.session.finalise(waived).ok());
}
