// Mutated inputs: nothing crashes, nothing hangs. The fuzz targets run the same doors for longer.
#include <doctest/doctest.h>

#include "forms/expression.h"
#include "tests/forms/forms_fixture.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

constexpr std::uint64_t kSeed = 20261123;

/// Flips, cuts, repeats and swaps bytes.
std::string mutated(const std::string& source, fakes::SeededRandom& random) {
    std::string out = source;
    const std::size_t edits = 1 + random.next_u64() % 8;
    for (std::size_t i = 0; i < edits && !out.empty(); ++i) {
        const std::size_t at = random.next_u64() % out.size();
        switch (random.next_u64() % 4) {
            case 0: out[at] = static_cast<char>(random.next_u64() & 0xffU); break;
            case 1: out.erase(at, 1 + random.next_u64() % 20); break;
            case 2: out.insert(at, out.substr(at / 2, random.next_u64() % 40)); break;
            default: std::swap(out[at], out[random.next_u64() % out.size()]); break;
        }
    }
    return out;
}

constexpr const char* kMarkdown = R"(
| survey  |              |      |         |            |             |               |
|         | type         | name | label   | relevant   | calculation | choice_filter |
|         | begin_repeat | r    | R ${n}  |            |             |               |
|         | integer      | n    | N       | . > 1      |             |               |
|         | select_one l | s    | S       | ${n} = 2   |             | up = ${n}     |
|         | end_repeat   |      |         |            |             |               |
|         | calculate    | c    |         |            | sum(${n}) + count(${r}) | |
| choices |              |      |         |
|         | list_name    | name | label   | up |
|         | l            | a    | A       | 2  |
)";

void use(const std::string& form, fakes::SeededRandom& random) {
    const LoadResult loaded = load(form);
    if (loaded.definition == nullptr) {
        CHECK(has_errors(loaded.diagnostics));
        return;
    }
    Fill fill(loaded.definition);
    (void)fill.session.page(Session::Include::kAll);
    for (const Answer& answer : fill.session.answers(Session::Include::kAll)) {
        (void)fill.session.answer(answer.path, std::to_string(random.next_u64() % 5));
    }
    (void)fill.session.validate();
    CHECK_FALSE(write_xform(*loaded.definition).empty());
}

}  // namespace

TEST_CASE("mutated Markdown forms load or are refused") {
    fakes::SeededRandom random(kSeed);
    MESSAGE("seed ", kSeed);
    for (int i = 0; i < 800; ++i) use(mutated(kMarkdown, random), random);
}

TEST_CASE("mutated XForms load or are refused") {
    fakes::SeededRandom random(kSeed + 1);
    const auto loaded = load(kMarkdown);
    REQUIRE(loaded.definition != nullptr);
    const std::string xml = write_xform(*loaded.definition);
    for (int i = 0; i < 800; ++i) use(mutated(xml, random), random);
}

TEST_CASE("mutated workbooks load or are refused") {
    fakes::SeededRandom random(kSeed + 2);
    const auto bytes = read_file(std::string(AWDA_SOURCE_FOLDER) +
                                 "/forms/library/returnee-intake/returnee-intake.xlsx");
    REQUIRE(bytes.has_value());
    for (int i = 0; i < 60; ++i) {
        const LoadResult loaded = load(mutated(*bytes, random));
        CHECK((loaded.definition != nullptr || has_errors(loaded.diagnostics)));
    }
}

TEST_CASE("mutated expressions parse or say why not") {
    fakes::SeededRandom random(kSeed + 3);
    const std::string source =
        "if(selected(/data/a[position() = 1]/b, 'x') and count(../r[n > 2]) >= 1, concat('a', . + "
        "1), "
        "instance('l')/root/item[name = current()/../s]/label | //z)";
    for (int i = 0; i < 20'000; ++i) {
        StringPool names;
        Expression out;
        ParseProblem problem;
        if (!Expression::parse(mutated(source, random), names, out, problem)) {
            CHECK_FALSE(problem.expected.empty());
        }
    }
}

TEST_CASE("mutated answer files load or are refused") {
    fakes::SeededRandom random(kSeed + 4);
    const auto loaded = load(kMarkdown);
    REQUIRE(loaded.definition != nullptr);
    const std::string source =
        R"({"r": [{"n": 2, "s": "a"}, {"n": [1, 2]}], "c": null, "x": {"y": {}}})";
    for (int i = 0; i < 2'000; ++i) {
        Fill fill(loaded.definition);
        fill.session.load_answers(mutated(source, random))
            .ignore("any outcome but a crash is right");
        (void)fill.session.answers();
    }
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += "{\"r\":[";
    Fill fill(loaded.definition);
    CHECK_FALSE(fill.session.load_answers(deep).ok());
}
