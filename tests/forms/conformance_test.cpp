// Recorded cases of other engines. The floors only ever go up.
#include <doctest/doctest.h>

#include <filesystem>

#include "forms/model.h"
#include "forms/replay.h"
#include "tests/fakes/skip.h"
#include "tests/forms/forms_fixture.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

struct Tally {
    std::size_t passed = 0;
    std::size_t failed = 0;
    void add(const ReplayOutcome& outcome) {
        if (!outcome.counted) return;
        outcome.passed() ? ++passed : ++failed;
    }
};

constexpr const char* kAbsent = "the conformance data (../shared/conformance) is not here";

}  // namespace

TEST_CASE("recorded fill-ins of both ODK engines replay") {
    const auto cases = read_zst(shared_folder() + "/conformance/replay.jsonl.zst");
    if (!cases) AWDA_SKIP(kAbsent);
    Tally tally;
    replay_forms(*cases, {}, [&](const ReplayOutcome& outcome) { tally.add(outcome); });
    MESSAGE("replay: ", tally.passed, " passed, ", tally.failed, " failed");
    CHECK(tally.passed >= 392);
    CHECK(tally.passed + tally.failed == 395);
}

TEST_CASE("recorded expressions of ODK Web Forms evaluate the same") {
    const auto cases = read_zst(shared_folder() + "/conformance/xpath.jsonl.zst");
    if (!cases) AWDA_SKIP(kAbsent);
    Tally tally;
    ReplayOptions options;
    options.profile = Profile::kWebForms;
    replay_xpath(*cases, options, [&](const ReplayOutcome& outcome) { tally.add(outcome); });
    MESSAGE("xpath: ", tally.passed, " passed, ", tally.failed, " failed");
    CHECK(tally.passed >= 1196);
}

TEST_CASE("recorded XLSForms convert to the same XForms") {
    const auto cases = read_zst(shared_folder() + "/conformance/xlsform.jsonl.zst");
    if (!cases) AWDA_SKIP(kAbsent);
    Tally tally;
    replay_xlsform(*cases, {}, [&](const ReplayOutcome& outcome) { tally.add(outcome); });
    MESSAGE("xlsform: ", tally.passed, " passed, ", tally.failed, " failed");
    CHECK(tally.passed >= 686);
}

TEST_CASE("real workbooks convert to the XForms that pyxform makes of them, or are refused") {
    const std::string folder = shared_folder() + "/conformance/forms";
    if (!std::filesystem::is_directory(folder)) AWDA_SKIP(kAbsent);
    std::size_t equal = 0;
    std::size_t refused = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string path = entry.path().string();
        if (path.ends_with(".zst")) continue;
        INFO(entry.path().filename().string());
        const auto bytes = read_file(path);
        const auto want = read_zst(folder + "/" + entry.path().stem().string() + ".xml.zst");
        LoadOptions options;
        // The root's name came from the command line there.
        if (want) options.root_name = load(*want).definition->model().root.name;
        const LoadResult loaded = load_form(as_bytes(*bytes), options);
        INFO(errors_of(loaded));
        if (!want) {
            if (loaded.definition == nullptr) ++refused;
            continue;
        }
        REQUIRE(loaded.definition != nullptr);
        const bool same = canonical_xml(write_xform(*loaded.definition)) == canonical_xml(*want);
        CHECK(same);
        if (same) ++equal;
    }
    CHECK(equal >= 65);
    CHECK(refused >= 23);
}

TEST_CASE("real XForms load, and what is written of them loads again") {
    const std::string folder = shared_folder() + "/conformance/forms";
    if (!std::filesystem::is_directory(folder)) AWDA_SKIP(kAbsent);
    std::size_t loaded_count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (!entry.path().string().ends_with(".xml.zst")) continue;
        INFO(entry.path().filename().string());
        const auto xml = read_zst(entry.path().string());
        REQUIRE(xml.has_value());
        const LoadResult loaded = load(*xml);
        INFO(errors_of(loaded));
        REQUIRE(loaded.definition != nullptr);
        const LoadResult again = load(write_xform(*loaded.definition));
        INFO(errors_of(again));
        REQUIRE(again.definition != nullptr);
        CHECK(again.definition->questions().size() == loaded.definition->questions().size());
        ++loaded_count;
    }
    CHECK(loaded_count >= 62);
}
