// Goal: every bar of the form engine beside what ODK Web Forms, JavaRosa and Enketo take for the
// same: load, answer, filter, rows, fan-out, chains, workbooks, memory. Method: one process, CPU
// time, medians; each figure also as a ratio to a floor that runs in turn with it, which is what CI
// judges: the milliseconds depend on the machine. Real forms come from ../shared; rows whose form
// is not there are skipped and say so.
#include <malloc.h>

#include <charconv>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "forms/form_cache.h"
#include "forms/load.h"
#include "forms/session.h"
#include "platform/files.h"
#include "tests/bench/bench.h"
#include "tests/bench/form_samples.h"
#include "tests/forms/forms_fixture.h"

using namespace awda;
using namespace awda::bench;
using namespace awda::forms;

namespace {

int missed = 0;

/// What a figure can't do without: the same file or column, and nothing of the engine.
struct Floor {
    std::string name;
    std::function<void()> job;
};

/// One row of the table: a bar in the unit, what peers take, and a bar for the ratio to the floor.
struct Row {
    std::string name;
    double bar = 0;  ///< 0 if only the ratio counts
    const char* peers = "-";
    double ratio_bar = 0;
    const char* unit = "ms";
};

void print(const Row& row, double value, const std::string& floor_name, double floor) {
    fmt::print("{:<54} {:>9.3f} {}", row.name, value, row.unit);
    if (row.bar > 0) {
        fmt::print("   bar {:>6.1f} {:<6}", row.bar, value <= row.bar ? "kept" : "OVER");
    } else {
        fmt::print("{:>20}", "");
    }
    fmt::print("   peers: {}\n", row.peers);
    missed += print_ratio("    / " + floor_name, value, floor, row.ratio_bar);
}

void print_skipped(const std::string& name) {
    fmt::print("{:<54} skipped: its form is not here\n", name);
}

double median_of(std::vector<double>& samples) {
    std::sort(samples.begin(), samples.end());
    return samples[samples.size() / 2];
}

/// Runs job and floor in turn: a machine that is slow for a while is slow for both.
void timed(const Row& row, int rounds, const std::function<void()>& job, const Floor& floor) {
    std::vector<double> values;
    std::vector<double> floors;
    job();
    floor.job();
    for (int i = 0; i < rounds; ++i) {
        const double start = cpu_ms();
        job();
        const double between = cpu_ms();
        floor.job();
        values.push_back(between - start);
        floors.push_back(cpu_ms() - between);
    }
    print(row, median_of(values), floor.name, median_of(floors));
}

Floor parse_floor(const std::string& xml, const char* name = "pugixml parse") {
    return {name, [&xml] {
                pugi::xml_document document;
                if (!document.load_buffer(xml.data(), xml.size())) std::abort();
            }};
}

/// Reading a number, adding one, writing it again: what a chain of calculations cannot do without.
Floor number_floor(int count) {
    return {fmt::format("{} numbers read and written", count),
            [texts = std::vector<std::string>(static_cast<std::size_t>(count), "1")]() mutable {
                std::string last = "1";
                for (std::string& text : texts) {
                    double number = 0;
                    std::from_chars(last.data(), last.data() + last.size(), number);
                    char buffer[32];
                    const auto end = std::to_chars(buffer, buffer + sizeof buffer, number + 1).ptr;
                    text.assign(buffer, end);
                    last = text;
                }
            }};
}

FormDefinitionPtr load_or_stop(ByteView bytes) {
    LoadResult loaded = load_form(bytes);
    if (loaded.definition == nullptr) {
        for (const Diagnostic& d : loaded.diagnostics)
            fmt::print("{}\n", render(d, Language::kEnglish));
        std::abort();
    }
    return loaded.definition;
}

std::function<void()> load_of(ByteView bytes) {
    return [bytes] { Session session(load_or_stop(bytes)); };
}

std::string shared_forms() {
    return forms::test::shared_folder() + "/conformance/forms/";
}

/// The fixture of JavaRosa: the form of one replay case.
std::string whova_fixture() {
    const auto lines =
        forms::test::read_zst(forms::test::shared_folder() + "/conformance/replay.jsonl.zst");
    if (!lines) return {};
    const auto at = lines->find("\"walk-web-forms__whova_form\"");
    if (at == std::string::npos) return {};
    const auto begin = lines->rfind('\n', at) == std::string::npos ? 0 : lines->rfind('\n', at) + 1;
    const auto end = lines->find('\n', at);
    const auto json = nlohmann::json::parse(lines->substr(begin, end - begin), nullptr, false);
    return json.is_object() ? json.value("form_xml", "") : std::string();
}

// Answers ----------------------------------------------------------------------------------------

/// A value the question takes: a choice, or the first of some that makes no problem.
std::string legal_value(Session& session, const std::string& ref, QuestionType type) {
    const ChoicesPtr choices = session.choices(ref);
    if (choices != nullptr) return choices->empty() ? "" : choices->front().value;
    std::vector<std::string> tries{"text"};
    if (type == QuestionType::kInteger || type == QuestionType::kDecimal ||
        type == QuestionType::kRange)
        tries = {"1", "30", "2000", "0"};
    if (type == QuestionType::kDate) tries = {"2015-03-01", "1980-01-01", "2026-01-01"};
    if (type == QuestionType::kTime) tries = {"10:00"};
    if (type == QuestionType::kDateTime) tries = {"2015-03-01T10:00"};
    if (type == QuestionType::kGeopoint) tries = {"33.3 44.4 0 0"};
    if (type == QuestionType::kAcknowledge) tries = {"OK"};
    for (const std::string& value : tries) {
        if (!session.answer(ref, value).ok()) break;
        if (!session.view(ref).value().problem) return value;
    }
    return tries.front();
}

struct Walk {
    std::vector<std::pair<std::string, std::string>> answers;
};

/// Every question in order with a legal value, as far as earlier answers let it show.
Walk plan_walk(const FormDefinitionPtr& form) {
    Walk out;
    Session session(form);
    for (const QuestionInfo& question : form->questions()) {
        if (question.type == QuestionType::kHidden || question.type == QuestionType::kNote)
            continue;
        if (!session.relevant(question.path)) continue;
        const std::string value = legal_value(session, question.path, question.type);
        if (!session.answer(question.path, value).ok()) continue;
        out.answers.emplace_back(question.path, value);
    }
    return out;
}

/// Each answer's median over some fill-ins, then the distribution over the answers; and the floor.
std::pair<Times, double> walk_times(const FormDefinitionPtr& form, const Walk& walk,
                                    const Floor& floor) {
    constexpr int kFillIns = 9;
    std::vector<std::vector<double>> samples(walk.answers.size());
    std::vector<double> floors;
    for (int i = 0; i < kFillIns; ++i) {
        Session session(form);
        for (std::size_t a = 0; a < walk.answers.size(); ++a) {
            const double before = cpu_ms();
            session.answer(walk.answers[a].first, walk.answers[a].second)
                .ignore("a repeated walk may meet a question that another value has hidden");
            samples[a].push_back(cpu_ms() - before);
        }
        const double before = cpu_ms();
        floor.job();
        floors.push_back(cpu_ms() - before);
    }
    std::vector<double> medians;
    medians.reserve(samples.size());
    for (auto& each : samples) medians.push_back(median_of(each));
    std::sort(medians.begin(), medians.end());
    const std::size_t n = medians.size();
    return {{medians[n / 2], medians[n * 95 / 100], medians.back()}, median_of(floors)};
}

void answer_rows(const std::string& name, const FormDefinitionPtr& form, const Floor& floor,
                 const char* peers_p95, const char* peers_max) {
    const Walk walk = plan_walk(form);
    const auto [times, parse] = walk_times(form, walk, floor);
    print({fmt::format("{}: answer p95 ({} answers, p50 {:.3f})", name, walk.answers.size(),
                       times.median),
           0.5, peers_p95, 0.02},
          times.p95, floor.name, parse);
    print({name + ": answer max", 5, peers_max, 0.5}, times.max, floor.name, parse);
    Session session(form);
    for (const auto& [ref, value] : walk.answers) session.answer(ref, value).ignore("as above");
    timed({name + ": session start", 0, "-", 1}, 11, [&] { Session fresh(form); }, floor);
    timed({name + ": lay out the page", 0, "-", 3}, 11, [&] { (void)session.page(); }, floor);
    timed(
        {name + ": validate", 0, "JavaRosa 10-117", 1.5}, 11, [&] { (void)session.validate(); },
        floor);
    timed(
        {name + ": serialise", 0, "JavaRosa 7-73", 0.2}, 11, [&] { (void)session.instance_xml(); },
        floor);
}

void whova() {
    const std::string fixture = whova_fixture();
    if (fixture.empty()) {
        print_skipped("WHO VA 2016, JavaRosa's fixture");
    } else {
        const Floor floor = parse_floor(fixture);
        timed({"WHO VA 2016, JavaRosa's fixture: load + initialise", 30,
               "JavaRosa 290, web-forms 764, Enketo 934", 15},
              11, load_of(as_bytes(fixture)), floor);
        answer_rows("WHO VA", load_or_stop(as_bytes(fixture)), floor, "1.3, 1.6, 3.6",
                    "70, 41, 67");
    }
    const auto pyxform =
        forms::test::read_zst(shared_forms() + "getodk-webforms__whova_form.xml.zst");
    if (!pyxform) return print_skipped("WHO VA 2016 by pyxform");
    timed({"WHO VA 2016 by pyxform: load + initialise", 20, "199-308, 546, 1323", 24}, 11,
          load_of(as_bytes(*pyxform)), parse_floor(*pyxform));
}

void ocha() {
    const auto xform =
        forms::test::read_zst(shared_forms() + "ppsapkota__ochaMSNA2018v9_master.xml.zst");
    if (!xform) return print_skipped("OCHA Syria MSNA 2018");
    timed({"OCHA MSNA 2018: load + initialise, XForm", 80, "895, 1848, 5159", 12}, 11,
          load_of(as_bytes(*xform)), parse_floor(*xform));
    const auto workbook =
        forms::test::read_file(shared_forms() + "ppsapkota__ochaMSNA2018v9_master.xlsx");
    if (!workbook) return print_skipped("OCHA MSNA 2018: .xlsx");
    const Floor floor = parse_floor(*xform, "pugixml parse of its XForm");
    timed({"OCHA MSNA 2018: load + initialise, .xlsx", 200, "pyxform 2100-2600", 45}, 7,
          load_of(as_bytes(*workbook)), floor);
    // Kept as last time: what a desk does at every start but the first.
    const Path folder = std::filesystem::temp_directory_path() / "awda-bench-form-cache";
    const FormCache cache(folder);
    LoadOptions options;
    options.cache = &cache;
    timed(
        {"OCHA MSNA 2018: load + initialise, .xlsx kept", 0, "-", 8}, 11,
        [&] { Session session(load_form(as_bytes(*workbook), options).definition); }, floor);
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
}

// Cascades ---------------------------------------------------------------------------------------

std::size_t heap_bytes() {
    const auto info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/// Comparing the parent of each of 50,000 rows as text: what an engine without an index does.
Floor scan_floor() {
    std::vector<std::string> column;
    each_place(2, [&](const std::string&, const std::string&, const std::string& parent) {
        column.push_back(parent);
    });
    return {"plain scan of the column", [column = std::move(column)] {
                std::size_t found = 0;
                for (const std::string& cell : column) found += cell == "r7_d7" ? 1U : 0U;
                if (found == 0) std::abort();
            }};
}

void cascade(bool itext) {
    const std::string name = itext ? "cascade 50,000, two-language itext" : "cascade 50,000";
    const std::string form = cascade_form(itext);
    malloc_trim(0);
    const std::size_t before = heap_bytes();
    const FormDefinitionPtr definition = load_or_stop(as_bytes(form));
    Session session(definition);
    const double memory = static_cast<double>(heap_bytes() - before) / 1e6;
    timed({name + ": load + initialise", itext ? 0.0 : 60.0,
           itext ? "JavaRosa 1015-1485" : "750, 3000, 4400", 9},
          11, load_of(as_bytes(form)), parse_floor(form));
    if (!session.answer("region", "r7").ok()) std::abort();
    int turn = 0;
    // Sets the district and reads the places offered, as a person does on a page.
    const auto filter = [&] {
        const std::string district = fmt::format("r7_d{}", ++turn % kDistricts);
        if (!session.answer("district", district).ok()) std::abort();
        if (session.choices("place")->size() != kPlaces) std::abort();
    };
    timed({name + ": filter", itext ? 0.0 : 1.0, itext ? "5.1" : "7.6, 478, 195", 2}, 41, filter,
          scan_floor());
    print({name + ": heap of definition + session", itext ? 0.0 : 10.0,
           itext ? "82 MB" : "64 MB, 82 MB", itext ? 4.0 : 2.0, "MB"},
          memory, "megabytes of the file", static_cast<double>(form.size()) / 1e6);
}

/// The most memory this process has had, in MB.
double peak_mb() {
    std::ifstream status("/proc/self/status");
    std::string word;
    double kilobytes = 0;
    while (status >> word) {
        if (word == "VmHWM:") status >> kilobytes;
    }
    return kilobytes / 1e3;
}

/// Reads a workbook, writes its XForm and prints the most memory that took: a process of its own.
int convert(const char* path) {
    const Bytes workbook = awda::read_file(path).value();
    (void)write_xform(*load_or_stop(workbook));
    fmt::print("{}\n", peak_mb());
    return 0;
}

double convert_peak_mb(ByteView workbook) {
    const Path path = std::filesystem::temp_directory_path() / "awda-bench-cascade.xlsx";
    if (!atomic_write(path, workbook).ok()) std::abort();
    const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
    std::FILE* out = ::popen(("'" + self + "' --convert '" + path.string() + "'").c_str(), "r");
    double peak = 0;
    if (out == nullptr || std::fscanf(out, "%lf", &peak) != 1 || ::pclose(out) != 0) std::abort();
    if (!remove_file(path).ok()) std::abort();
    return peak;
}

void cascade_workbook_row() {
    const Bytes workbook = cascade_workbook();
    const std::string xform = write_xform(*load_or_stop(workbook));
    timed(
        {"cascade 50,000: convert .xlsx to XForm", 500, "pyxform 10600-14000", 40}, 5,
        [&] { (void)write_xform(*load_or_stop(workbook)); },
        parse_floor(xform, "pugixml parse of its XForm"));
    print({"cascade 50,000: peak of a process that converts it", 60, "pyxform 385 MB", 12, "MB"},
          convert_peak_mb(workbook), "megabytes of its XForm",
          static_cast<double>(xform.size()) / 1e6);
}

// Rows and calculations --------------------------------------------------------------------------

void rows() {
    const FormDefinitionPtr form = load_or_stop(as_bytes(rows_form()));
    constexpr int kRows = 1000;
    Session session(form);
    for (int i = 1; i <= kRows; ++i) {
        const std::string ref = session.add_repeat("person").value();
        if (!session.answer(ref + "/age", std::to_string(i % 90)).ok()) std::abort();
        if (!session.answer(ref + "/name", "Name").ok()) std::abort();
    }
    const Floor floor = number_floor(kRows);
    const auto add = [&] { (void)session.add_repeat("person").value(); };
    timed({"1,000 rows: add one", 1, "JavaRosa 33, web-forms 197 at 200", 5}, 41, add, floor);
    int age = 20;
    const auto answer = [&] {
        age = age < 60 ? age + 1 : 20;
        session.answer("person[500]/age", std::to_string(age)).ignore("always allowed");
    };
    timed({"1,000 rows: set one age", 1, "JavaRosa 11", 5}, 41, answer, floor);
    const auto remove = [&] { session.remove_repeat("person[1]").ignore("there are enough"); };
    timed({"1,000 rows: remove the first", 0, "JavaRosa 24, web-forms 282 at 200", 30}, 21, remove,
          floor);
    while (session.exists(fmt::format("person[{}]", kRows + 1))) remove();
    const auto answers = session.answers(Session::Include::kAll);
    const auto reopen = [&] {
        Session reopened(form);
        (void)reopened.restore(answers);
    };
    timed({"1,000 rows: reopen a draft", 0, "-", 120}, 11, reopen, floor);
}

struct Calculations {
    const char* name;
    int size;
    bool chain;
    double bar;
    const char* peers;
    double load_ratio_bar;
};

void calculations(const Calculations& c) {
    const std::string text = calculations_form(c.size, c.chain);
    const FormDefinitionPtr form = load_or_stop(as_bytes(text));
    Session session(form);
    int turn = 1;
    const auto answer = [&] {
        session.answer("c0", std::to_string(++turn)).ignore("always allowed");
    };
    timed({c.name, c.bar, c.peers, 20}, 21, answer, number_floor(c.size));
    const std::string last = session.value(fmt::format("c{}", c.size));
    if (last != std::to_string(c.chain ? turn + c.size : turn + 1)) std::abort();
    // The floor only sees text; a form is never made of so many expressions with so little of it.
    timed({std::string(c.name) + ": load + initialise", 0, "-", c.load_ratio_bar}, 5,
          load_of(as_bytes(text)), parse_floor(text));
}

// What ships -------------------------------------------------------------------------------------

void shipped() {
    const auto path = shipped_file("forms/library/returnee-intake/returnee-intake.xlsx");
    if (!path.ok()) return print_skipped("the intake form");
    const Bytes workbook = awda::read_file(*path).value();
    const FormDefinitionPtr form = load_or_stop(workbook);
    const std::string xform = write_xform(*form);
    const Floor floor = parse_floor(xform);
    timed({"intake form: load + initialise, .xlsx", 0, "-", 40}, 11, load_of(workbook),
          parse_floor(xform, "pugixml parse of its XForm"));
    timed({"intake form: load + initialise, XForm", 0, "-", 15}, 11, load_of(as_bytes(xform)),
          floor);
    answer_rows("intake form", form, floor, "-", "-");
}

}  // namespace

int main(int count, char** arguments) {
    if (!crypto_start().ok()) return 1;
    if (count == 3 && std::string_view(arguments[1]) == "--convert") return convert(arguments[2]);
    // One thread measures; asking the system for memory again and again is not what is measured.
    mallopt(M_TRIM_THRESHOLD, 512 << 20);
    mallopt(M_MMAP_THRESHOLD, 512 << 20);
    const std::pair<std::string_view, std::function<void()>> kGroups[] = {
        {"whova", whova},
        {"ocha", ocha},
        {"cascade", [] { cascade(false); }},
        {"itext", [] { cascade(true); }},
        {"workbook", cascade_workbook_row},
        {"rows", rows},
        {"fanout",
         [] {
             calculations({"one answer, 2,000 dependents", 2000, false, 2, "86, 723, 4572", 60});
             calculations({"chain of 2,000", 2000, true, 2, "85, 564, overflow", 120});
         }},
        {"chain", [] { calculations({"chain of 100,000", 100'000, true, 100, "-", 120}); }},
        {"shipped", shipped}};
    // Without arguments all; else the groups named.
    for (const auto& [name, run] : kGroups) {
        const bool named = std::any_of(arguments + 1, arguments + count,
                                       [&](const char* each) { return name == each; });
        if (count == 1 || named) run();
    }
    fmt::print("{} of the ratios missed their bar\n", missed);
    return missed == 0 ? 0 : 1;
}
