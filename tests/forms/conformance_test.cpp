// Recorded cases of other engines. The floors only ever go up.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <utility>

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
            CHECK(loaded.definition == nullptr);
            ++refused;
            continue;
        }
        REQUIRE(loaded.definition != nullptr);
        const bool same = canonical_xml(write_xform(*loaded.definition)) == canonical_xml(*want);
        CHECK(same);
        if (same) ++equal;
    }
    CHECK(equal >= 65);
    CHECK(refused >= 24);
}

TEST_CASE("real workbooks that pyxform refuses are refused for its reasons") {
    const std::string folder = shared_folder() + "/conformance/forms/";
    if (!std::filesystem::is_directory(folder)) AWDA_SKIP(kAbsent);
    using Code = DiagnosticCode;
    const std::pair<const char*, Code> reasons[] = {
        {"cht__covid-19_person-edit.xlsx", Code::kUnknownType},
        {"cht__default_PLACE_TYPE-edit.xlsx", Code::kReservedName},
        {"cht__default_death_report.xlsx", Code::kReservedName},
        {"cht__default_person-create.xlsx", Code::kUnknownType},
        {"hotosm__buildings.xls", Code::kUnknownList},
        {"hotosm__digitisation_fields.xls", Code::kUnknownList},
        {"hotosm__hotspring.xls", Code::kUnknownList},
        {"hotosm__mandatory_fields.xls", Code::kUnknownReference},
        {"hotosm__places.xls", Code::kInstanceClash},
        {"hotosm__waterways.xls", Code::kUnknownColumn},
        {"kobodocs__adding_skip_to_a_matrix_question_kobo_matrix.xls", Code::kUnknownType},
        {"kobotoolbox__childrens_survey.xls", Code::kLabelMissing},
        {"kobotoolbox__transportation.bad_id.xls", Code::kNameMissing},
        {"kobotoolbox__transportation_export.xls", Code::kColumnMissing},
        {"kobotoolbox__transportation_export.xlsx", Code::kColumnMissing},
        {"kobotoolbox__xlsx_output.xls", Code::kUnknownType}};
    for (const auto& [name, code] : reasons) {
        CAPTURE(name);
        const auto bytes = read_file(folder + name);
        REQUIRE(bytes.has_value());
        const LoadResult loaded = load_form(as_bytes(*bytes), {});
        INFO(errors_of(loaded));
        const auto& problems = loaded.diagnostics;
        const auto error = std::find_if(problems.begin(), problems.end(), [](const Diagnostic& d) {
            return d.severity == Severity::kError;
        });
        REQUIRE(error != problems.end());
        CHECK(error->code == code);
    }
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
