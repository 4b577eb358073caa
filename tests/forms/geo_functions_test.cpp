// Functions of places: what is a point, what is inside, what meets itself.
#include <doctest/doctest.h>

#include "tests/forms/forms_fixture.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

std::string value_of(const std::string& expression) {
    const LoadResult loaded = load(
        "| survey |\n| | type | name | calculation |\n| | calculate | q | " + expression + " |\n");
    INFO(errors_of(loaded));
    REQUIRE(loaded.definition != nullptr);
    return Fill(loaded.definition).session.value("q");
}

std::string intersects(const std::string& line) {
    return value_of("intersects('" + line + "')");
}

}  // namespace

TEST_CASE("a point is two to four numbers; empty pieces of a line are none") {
    CHECK(value_of("round(distance('0 0;;0 1; '), 0)") == "111319");
    CHECK(value_of("round(distance('0 0 5 3;0 1'), 0)") == "111319");
    for (const char* line : {"0 0;0", "0 0;0 1 2 3 4", "0 0;x 1", "0 0;1 x"}) {
        CAPTURE(line);
        CHECK(value_of("distance('" + std::string(line) + "')") == "");
    }
}

TEST_CASE("a fence is a closed shape around one point") {
    const auto fenced = [](const std::string& point, const std::string& fence) {
        return value_of("geofence('" + point + "', '" + fence + "')");
    };
    constexpr const char* kSquare = "0 0;0 2;2 2;2 0;0 0";
    CHECK(fenced("1 1", kSquare) == "true");
    CHECK(fenced("-1 1", kSquare) == "false");
    CHECK(fenced("3 1", kSquare) == "false");
    CHECK(fenced("1 -1", kSquare) == "false");
    CHECK(fenced("1 1;1 1", kSquare) == "false");
    CHECK(fenced("north", kSquare) == "false");
    CHECK(fenced("1 1", "north") == "false");
    CHECK(fenced("1 1", "0 0;0 2;2 2;2 0;0 1") == "false");
    CHECK(fenced("1 1", "0 0;0 2;2 2;2 0;1 0") == "false");
    CHECK(fenced("1 1", "") == "false");
}

TEST_CASE("a line meets itself where it crosses, touches or turns back") {
    // Crossing in the middle.
    CHECK(intersects("0 0;2 2;2 0;0 2") == "true");
    // A later corner on an earlier side, and the other way round, in either direction.
    CHECK(intersects("0 0;0 4;2 4;2 2;0 2") == "true");
    CHECK(intersects("0 2;2 2;2 4;0 4;0 0") == "true");
    CHECK(intersects("0 2;2 2;2 4;0 4;0 2;0 0") == "true");
    CHECK(intersects("0 0;0 4;2 4;0 2;2 0") == "true");
    // On the line of a side, beyond its ends: to the north, south, east and west.
    CHECK(intersects("0 0;0 2;1 3;0 4;0 5") == "false");
    CHECK(intersects("0 4;0 5;1 3;0 2;0 0") == "false");
    CHECK(intersects("0 0;2 0;3 1;4 0;5 0") == "false");
    CHECK(intersects("5 0;4 0;3 1;2 0;0 0") == "false");
    CHECK(intersects("0 0;1 1;2 1;3 3;4 4") == "false");
    // Straight on is no turn back; back over the same way is.
    CHECK(intersects("0 0;0 1;0 2") == "false");
    CHECK(intersects("0 0;0 2;0 1") == "true");
    CHECK(intersects("0 1;0 2;0 0") == "true");
    CHECK(intersects("0 0;0 3;0 1;5 5") == "true");
    // There and back is a shape of no area, closed.
    CHECK(intersects("0 0;0 1;0 0") == "false");
    CHECK(intersects("0 0;0 0;0 0") == "false");
}

TEST_CASE("a line too long to compare with itself is given up, not waited for") {
    std::string line;
    for (int i = 0; i < 9000; ++i) line += std::to_string(i % 90) + " " + std::to_string(i) + ";";
    const LoadResult loaded = load(
        "| survey |\n| | type | name | label | calculation |\n| | text | line | L | |\n"
        "| | calculate | q | | intersects(${line}) |\n");
    REQUIRE(loaded.definition != nullptr);
    Fill fill(loaded.definition);
    REQUIRE(fill.session.answer("line", line).ok());
    const std::vector<Problem> problems = fill.session.validate();
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].kind == ProblemKind::kNotComputed);
}

TEST_CASE("a line that runs over an earlier piece of itself, on the same line, meets itself") {
    CHECK(intersects("0 0;0 1;5 5;0 3;0 -3") == "true");
    CHECK(intersects("0 0;0 1;5 5;0 3;0 2") == "false");
}

TEST_CASE("one line that cannot be read spoils the whole distance") {
    CHECK(value_of("distance('0 0', 'here', '0 1')") == "");
}
