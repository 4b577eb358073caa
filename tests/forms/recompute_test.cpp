// How much one answer computes: each aspect of a node at most once, rows not once for each row; and
// that what was remembered on the way is never out of date.
#include <doctest/doctest.h>

#include <random>

#include "tests/forms/written_forms.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

std::string calculate(const std::string& node, const std::string& expression) {
    return "<bind nodeset=\"/data/" + node + "\" calculate=\"" + expression + "\"/>";
}

/// What one answer costs.
Session::Work cost(Session& session, const std::string& ref, const std::string& value) {
    const Session::Work before = session.work();
    REQUIRE(session.answer(ref, value).ok());
    const Session::Work after = session.work();
    return {after.computations - before.computations, after.aggregates - before.aggregates, 0};
}

/// Rows that look at all rows in every way that is made quick, and at single questions.
std::string rows_form() {
    return xform_of(
        "<unit>1</unit><r "
        "jr:template=\"\"><n/><kind/><show>yes</show><pos/><share/><same/><before/>"
        "<low/></r><total/><homes/><kinds/>",
        "<bind nodeset=\"/data/r/n\" type=\"int\" relevant=\"../show != 'no'\"/>" +
            calculate("r/pos", "position(..)") +
            calculate("r/share", "../n div sum(/data/r[position() &gt;= 1]/n)") +
            calculate("r/same", "count(/data/r[kind = current()/../kind]) * ../../unit") +
            calculate("r/before", "/data/r[position() = position(current()/..) - 1]/n") +
            calculate("r/low", "min(../../r/n)") + calculate("total", "sum(/data/r/n)") +
            calculate("homes", "count(/data/r[kind = 'home'])") +
            calculate("kinds", "join(' ', /data/r/kind)"),
        "<input ref=\"/data/unit\"/><repeat nodeset=\"/data/r\"><input ref=\"/data/r/n\"/>"
        "<input ref=\"/data/r/kind\"/><input ref=\"/data/r/show\"/></repeat>");
}

}  // namespace

TEST_CASE("a diamond of calculations computes each corner once an answer") {
    Fill fill(must_load(xform_of("<a>1</a><l/><r/><end/>",
                                 calculate("end", "/data/l + /data/r") +
                                     calculate("l", "/data/a * 2") + calculate("r", "/data/a * 3"),
                                 "<input ref=\"/data/a\"/>")));
    CHECK(cost(fill.session, "a", "2").computations == 3);
    CHECK(fill.session.value("end") == "10");
    CHECK(cost(fill.session, "a", "2").computations == 0);
}

TEST_CASE("a chain written backwards computes each link once an answer") {
    constexpr int kLinks = 50;
    std::string instance;
    std::string binds;
    for (int i = kLinks; i >= 1; --i) {
        instance += "<c" + std::to_string(i) + "/>";
        binds += calculate("c" + std::to_string(i), "/data/c" + std::to_string(i - 1) + " + 1");
    }
    Fill fill(must_load(xform_of(instance + "<c0>0</c0>", binds, "<input ref=\"/data/c0\"/>")));
    CHECK(cost(fill.session, "c0", "7").computations == kLinks);
    CHECK(fill.session.value("c50") == "57");
}

TEST_CASE("an answer in one of many rows passes over the rows once for each aggregate") {
    Fill fill(must_load(rows_form()));
    constexpr std::uint64_t kRows = 300;
    for (std::uint64_t i = 1; i <= kRows; ++i) {
        const std::string row = fill.session.add_repeat("r").value();
        REQUIRE(fill.session.answer(row + "/n", std::to_string(i)).ok());
        REQUIRE(fill.session.answer(row + "/kind", i % 2 == 0 ? "home" : "camp").ok());
    }
    // share, low and before in each row, and the total.
    const Session::Work number = cost(fill.session, "r[7]/n", "1000");
    CHECK(number.computations == 3 * kRows + 1);
    CHECK(number.aggregates == 3);
    // same in each row, homes and kinds.
    const Session::Work kind = cost(fill.session, "r[7]/kind", "home");
    CHECK(kind.computations == kRows + 2);
    CHECK(kind.aggregates == 3);
    CHECK(fill.session.value("homes") == "151");
    CHECK(fill.session.value("r[8]/same") == "151");
    CHECK(fill.session.value("r[8]/before") == "1000");
    CHECK(fill.session.value("r[1]/before").empty());
    CHECK(fill.session.value("r[9]/low") == "1");
    CHECK(fill.session.value("r[300]/pos") == "300");
}

TEST_CASE("what was remembered never outlives a change: random sessions agree with fresh ones") {
    const FormDefinitionPtr form = must_load(rows_form());
    const unsigned seed = std::random_device{}();
    INFO("seed ", seed);
    std::mt19937 random(seed);
    const auto below = [&](std::size_t n) { return random() % n; };
    const std::vector<std::string> kinds{"home", "camp", "", "2020-01-01", "2020-01-01T00:00"};
    Fill fill(form);
    std::size_t rows = 0;
    for (int turn = 0; turn < 400; ++turn) {
        const std::size_t what = below(10);
        const std::string row = "r[" + std::to_string(rows == 0 ? 1 : below(rows) + 1) + "]";
        if (what < 3 || rows == 0) {
            REQUIRE(fill.session.add_repeat("r").ok());
        } else if (what == 3) {
            REQUIRE(fill.session.remove_repeat(row).ok());
        } else if (what == 4 && fill.session.can_undo()) {
            REQUIRE(fill.session.undo().ok());
        } else if (what == 5 && fill.session.can_redo()) {
            REQUIRE(fill.session.redo().ok());
        } else if (what == 6) {
            REQUIRE(fill.session.answer(row + "/show", below(2) == 0 ? "no" : "yes").ok());
        } else if (what == 7) {
            REQUIRE(fill.session.answer("unit", std::to_string(below(5))).ok());
        } else if (what == 8) {
            REQUIRE(fill.session.answer(row + "/kind", kinds[below(kinds.size())]).ok());
        } else {
            (void)fill.session.answer(row + "/n", std::to_string(below(100)));
        }
        for (rows = 0; fill.session.exists("r[" + std::to_string(rows + 1) + "]");) ++rows;
        if (turn % 10 != 0) continue;
        const auto answers = fill.session.answers(Session::Include::kAll);
        Fill fresh(form);
        CHECK(fresh.session.restore(answers).empty());
        const auto again = fresh.session.answers(Session::Include::kAll);
        REQUIRE(again.size() == answers.size());
        for (std::size_t i = 0; i < answers.size(); ++i) {
            INFO(answers[i].path);
            if (answers[i].path != "meta/instanceID") CHECK(again[i].value == answers[i].value);
        }
    }
}

TEST_CASE("a long session of adding and removing rows stays small") {
    const FormDefinitionPtr form = must_load(xform_of(
        "<r jr:template=\"\"><n>5</n><inner jr:template=\"\"><m/></inner></r><total/>",
        calculate("total", "sum(/data/r/n)"),
        "<repeat nodeset=\"/data/r\"><input ref=\"/data/r/n\"/><repeat nodeset=\"/data/r/inner\">"
        "<input ref=\"/data/r/inner/m\"/></repeat></repeat>"));
    Fill fill(form);
    std::size_t largest = 0;
    for (int i = 0; i < 200'000; ++i) {
        REQUIRE(fill.session.add_repeat("r").ok());
        if (i % 1000 == 0) REQUIRE(fill.session.add_repeat("r[1]/inner").ok());
        REQUIRE(fill.session.remove_repeat("r[1]").ok());
        if (i == 2000) largest = fill.session.work().nodes;
    }
    // What can still be undone keeps its rows, and no more than that.
    CHECK(fill.session.work().nodes <= largest + 10);
    CHECK(fill.session.value("total") == "0");
    for (int i = 0; i < 300; ++i) REQUIRE(fill.session.undo().ok());
    REQUIRE(fill.session.add_repeat("r").ok());
    CHECK(fill.session.value("r[1]/n") == "5");
    CHECK_FALSE(fill.session.exists("r[1]/inner[1]"));
    CHECK(fill.session.value("total") == "5");
}

TEST_CASE("many counted repeats inside rows are queued in linear time") {
    Fill fill(must_load(xform_of(
        "<k>1</k><r jr:template=\"\"><inner jr:template=\"\"><m/></inner></r>", "",
        "<input ref=\"/data/k\"/><repeat nodeset=\"/data/r\"><repeat nodeset=\"/data/r/inner\" "
        "jr:count=\"/data/k\"><input ref=\"/data/r/inner/m\"/></repeat></repeat>")));
    for (int i = 0; i < 500; ++i) REQUIRE(fill.session.add_repeat("r").ok());
    CHECK(cost(fill.session, "k", "3").computations == 500);
    CHECK(fill.session.exists("r[500]/inner[3]"));
    CHECK(cost(fill.session, "k", "1").computations == 500);
    CHECK_FALSE(fill.session.exists("r[500]/inner[2]"));
}
