// Defaults of an XLSForm: what is computed when a record begins, and what is written into it.
#include <doctest/doctest.h>

#include "forms/model.h"
#include "tests/forms/written_forms.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

/// Whether the default of a question of that type becomes an action; else it's in the instance.
bool computed(std::string_view type, std::string_view value) {
    const std::string form =
        "| survey | | | | |\n| | type | name | label | default |\n| | integer | n | N | |\n| | " +
        std::string(type) + " | a | A | " + std::string(value) + " |\n";
    const LoadResult result = load(form);
    INFO(errors_of(result));
    REQUIRE(result.definition != nullptr);
    const FormModel& model = result.definition->model();
    const bool written = model.root.children.at(1).value == value;
    const bool acted = !model.actions.empty() && model.actions[0].ref == "/data/a";
    CHECK(written != acted);
    return acted;
}

}  // namespace

TEST_CASE("a default that calls, refers, filters or reckons is computed") {
    for (const char* value : {"today()", "today() - 7", "${n}", "1 + 2", "2 * ${n}", "5 div 2",
                              "7 mod 2", "1 + 2 > 3", "if(1 = 1, 'a', 'b') = 'a' and true()",
                              "../n[1]", "../n - ../n", "concat('a', \"b\") = 'ab'"}) {
        CAPTURE(value);
        CHECK(computed("text", value));
    }
    CHECK(computed("date", "today() - 7"));
    CHECK(computed("dateTime", "now()"));
}

TEST_CASE("a default that only looks a little like an expression is a text") {
    for (const char* value : {"abc", "a-b", "555-1234", "2026-11-25", "-1", "1.5",
                              "'quoted + more'", "it's 5 * 3!", "a:b", "foo(bar)", "/data/n",
                              "x = y", "(none)", "'a", "jr://images/a-b.png", "-", "5 divers"}) {
        CAPTURE(value);
        CHECK(!computed("text", value));
    }
}

TEST_CASE("a minus in a date's or place's default is no arithmetic") {
    CHECK(!computed("date", "2026-11-25"));
    CHECK(!computed("dateTime", "2026-11-25T10:00:00.000+03:00"));
    CHECK(!computed("geopoint", "33.3 -44.4 0 0"));
    CHECK(!computed("date", "a - b"));
    CHECK(computed("text", "a - b"));
}

TEST_CASE("an image that is a default has its folder") {
    const LoadResult result = load(R"(
| survey |       |      |       |                   |
|        | type  | name | label | default           |
|        | image | a    | A     | a.png             |
|        | image | b    | B     | jr://images/b.png |
)");
    REQUIRE(result.definition != nullptr);
    const auto& nodes = result.definition->model().root.children;
    CHECK(nodes[0].value == "jr://images/a.png");
    CHECK(nodes[1].value == "jr://images/b.png");
}

TEST_CASE("a default with an operator is computed, one of numbers and texts is written") {
    const auto acts = [](const std::string& type, const std::string& text) {
        const std::string out =
            xform(sheet("survey", {"type | name | label | default", type + " | a | A | " + text}) +
                  sheet("choices", {"list_name | name | label", "l | x | X"}));
        return has(out, "<setvalue");
    };
    CHECK(acts("text", "'a' * 2"));
    CHECK(acts("integer", "3 * 4"));
    CHECK(acts("integer", "3 + 4"));
    CHECK(acts("text", "(a) \\| (b)"));
    CHECK(acts("integer", "7 mod 2"));
    CHECK(acts("text", "a[1]"));
    CHECK_FALSE(acts("text", "'3 * 4'"));
    CHECK_FALSE(acts("text", "\"it\""));
    CHECK_FALSE(acts("text", "2026-01-01"));
    CHECK_FALSE(acts("geopoint", "33.3 44.4 0 0"));
    CHECK_FALSE(acts("geopoint", "33.3 - 44.4"));
    CHECK_FALSE(acts("dateTime", "(2026) - 1"));
    CHECK(acts("text", "(2026) - 1"));
    CHECK_FALSE(acts("select_one l", "x"));
}
