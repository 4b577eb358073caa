// Hostile inputs: nothing crashes, nothing hangs, what it costs is bounded, and what is refused is
// refused with a code. The fuzz targets run the same doors for longer.
#include <doctest/doctest.h>

#include "forms/expression.h"
#include "forms/lint.h"
#include "forms/secondary.h"
#include "tests/forms/bounded.h"
#include "tests/forms/workbook_files.h"
#include "tests/forms/written_forms.h"

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

/// "loaded", or the name of the first error.
std::string outcome_of(const LoadResult& loaded) {
    for (const Diagnostic& d : loaded.diagnostics) {
        if (d.severity == Severity::kError) return std::string(diagnostic_name(d.code));
    }
    return loaded.definition == nullptr ? "refused without a reason" : "loaded";
}

/// Loads a form and, if it can be, fills it. What the form could not compute is told as well.
std::string life_of(std::string_view form, MediaResolver media = {}) {
    const LoadResult loaded = load(form, std::move(media));
    if (loaded.definition == nullptr) return outcome_of(loaded);
    (void)lint(*loaded.definition);
    (void)write_xform(*loaded.definition);
    Fill fill(loaded.definition);
    (void)fill.session.page(Session::Include::kAll);
    for (const Problem& problem : fill.session.validate()) {
        if (problem.kind == ProblemKind::kNotComputed) return "not_computed";
    }
    return "loaded";
}

constexpr const char* kOneText = "| survey |\n| | type | name | label |\n| | text | a | A |\n";

/// The name of what a door refused with, or "".
template <typename Outcome>
std::string name_of(const Outcome& outcome) {
    return outcome.ok() ? std::string() : std::string(errc_name(outcome.error().code));
}

void bounded_form(const std::string& what, double seconds, double megabytes,
                  const std::string& expected, const std::string& form) {
    check_bounded(what, seconds, megabytes, expected, [&] { return life_of(form); });
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string out;
    out.reserve(text.size() * times);
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
}

/// An XForm behind a prolog.
std::string xform(const std::string& instance, const std::string& model,
                  const std::string& body = "", const std::string& prolog = "") {
    return prolog + xform_of(instance, model, body);
}

std::string calculation(const std::string& expression, const std::string& instance = "<a>5</a>") {
    return xform(instance + "<out/>",
                 "<bind nodeset=\"/data/out\" calculate=\"" + expression + "\"/>");
}

/// Deflated: 'x' and then itself over and over, 158 bytes of them a byte.
std::string bomb_of(std::size_t bytes) {
    std::string out;
    unsigned held = 0;
    unsigned count = 0;
    const auto put = [&](unsigned bits, unsigned width) {
        for (unsigned i = 0; i < width; ++i) {
            held |= (bits >> i & 1U) << count;
            if (++count < 8) continue;
            out += static_cast<char>(held);
            held = count = 0;
        }
    };
    put(0b011, 3);        // the last block, with the codes of the standard
    put(0b0001'0101, 8);  // 'x', its first bit first
    for (std::size_t done = 1; done < bytes; done += 258) {
        put(0b1010'0011, 8);  // repeat 258 bytes
        put(0, 5);            // from one byte back
    }
    put(0, 7);
    put(0, 7);
    return out;
}

/// Makes the entry of a zip one that is deflated, and says how long it would be.
void deflated(std::string& zip, const std::string& name, std::size_t says) {
    std::string size;
    put_u32(size, says);
    for (const auto& [mark, method, name_at] :
         {std::tuple("PK\x03\x04", 8U, 30U), std::tuple("PK\x01\x02", 10U, 46U)}) {
        for (auto at = zip.find(mark); at != std::string::npos; at = zip.find(mark, at + 4)) {
            if (zip.compare(at + name_at, name.size(), name) != 0) continue;
            zip[at + method] = 8;
            zip.replace(at + method + 14, 4, size);
        }
    }
}

constexpr const char* kSheet = "xl/worksheets/sheet1.xml";
constexpr const char* kLaughs =
    "<!DOCTYPE lolz [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>"
    "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;'>"
    "<!ENTITY e '&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;'><!ENTITY f '&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;'>"
    "<!ENTITY g '&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;'><!ENTITY h '&g;&g;&g;&g;&g;&g;&g;&g;&g;&g;'>"
    "<!ENTITY i '&h;&h;&h;&h;&h;&h;&h;&h;&h;&h;'>]>";

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

TEST_CASE("entities are neither expanded nor fetched") {
    const std::string text = xform("<a>&i;</a>", "", "", kLaughs);
    bounded_form("billion laughs in an XForm", 1, 20, "loaded", text);
    const std::string sheet =
        kLaughs + sheet_xml("<row><c t='inlineStr'><is><t>&i;</t></is></c></row>");
    bounded_form("billion laughs in a sheet", 1, 20, "workbook_broken",
                 zip_of(xlsx_parts({{"survey", sheet}})));
    const std::string secret = "<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>";
    const LoadResult loaded = load(xform("<a>&x;</a>", "", "<input ref='/data/a'/>", secret));
    if (loaded.definition != nullptr) {
        CHECK(Fill(loaded.definition).session.value("a").find("root:") == std::string::npos);
    }
    const auto form = load(kOneText).definition;
    REQUIRE(form != nullptr);
    for (const std::string& prolog : {std::string(kLaughs), secret}) {
        check_bounded("entities in an instance", 1, 20, "&i;&x;", [&] {
            Fill fill(form);
            const auto problems =
                fill.session.load_instance_xml(prolog + "<data><a>&i;&x;</a></data>");
            return problems.ok() ? fill.session.value("a") : name_of(problems);
        });
    }
}

TEST_CASE("archives that inflate without measure are refused") {
    constexpr std::size_t kGigabyte = std::size_t{1} << 30U;
    const std::string bomb = bomb_of(kGigabyte);
    for (const std::size_t says :
         {kGigabyte, std::size_t{10}, std::size_t{0}, std::size_t{0xffffffff}}) {
        std::string zip = zip_of(xlsx_parts({{"survey", bomb}}));
        deflated(zip, kSheet, says);
        CAPTURE(says);
        check_bounded("a gigabyte in a sheet", 2, 300, "refused", [&] {
            const std::string outcome = life_of(zip);
            return outcome.starts_with("workbook_") ? "refused" : outcome;
        });
    }
    const std::string inner = zip_of(xlsx_parts({{"survey", bomb}}));
    bounded_form("an archive in an archive", 1, 50, "workbook_broken", zip_of({{"a.zip", inner}}));
    // One part for all sheets that a form has.
    std::string sheets;
    std::string links;
    for (const char* name :
         {"survey", "choices", "settings", "external_choices", "entities", "osm"}) {
        sheets += std::string("<sheet name='") + name + "' r:id='" + name + "'/>";
        links += std::string("<Relationship Id='") + name +
                 "' Type='x/worksheet' Target='worksheets/sheet1.xml'/>";
    }
    Parts parts = xlsx_parts({{"survey", bomb_of(100U << 20U)}});
    for (auto& [name, content] : parts) {
        if (name == "xl/workbook.xml")
            content = "<workbook xmlns:r='r'><sheets>" + sheets + "</sheets></workbook>";
        if (name.ends_with(".rels")) content = "<Relationships>" + links + "</Relationships>";
    }
    std::string zip = zip_of(parts);
    deflated(zip, kSheet, 100U << 20U);
    check_bounded("one large part many times", 4, 300, "refused", [&] {
        const std::string outcome = life_of(zip);
        return outcome.starts_with("workbook_") ? "refused" : outcome;
    });
}

TEST_CASE("cells and files of a hundred megabytes are refused") {
    const std::string huge(100U << 20U, 'x');
    bounded_form("Markdown", 1, 10, "workbook_too_large",
                 "| survey |\n| | type | name | label |\n| | text | a | " + huge + " |\n");
    bounded_form("CSV", 1, 10, "workbook_too_large",
                 "survey,type,name,label\n,text,a,\"" + huge + "\"\n");
    bounded_form("XForm", 1, 10, "workbook_too_large", xform("<a>" + huge + "</a>", ""));
    std::string zip = zip_of(
        xlsx_parts({{"survey", "<worksheet><sheetData><row><c t='inlineStr'><is><t>" + huge}}));
    bounded_form("a cell of a sheet", 2, 300, "workbook_too_large", zip);
    const std::string most(60U << 20U, 'x');
    bounded_form("a Markdown cell below the limit of files", 2, 300, "workbook_too_large",
                 "| survey |\n| | type | name | label |\n| | text | a | " + most + " |\n");
    bounded_form("an XForm's text below the limit of files", 2, 400, "loaded",
                 xform("<a>" + most + "</a>", "", "<input ref='/data/a'/>"));
}

TEST_CASE("nesting is bounded wherever something can be in something") {
    constexpr std::size_t kDeep = 100'000;
    bounded_form("elements of an instance", 1, 100, "xml_too_deep",
                 xform(repeated("<a>", kDeep) + repeated("</a>", kDeep), ""));
    bounded_form("groups of a body", 1, 100, "xml_too_deep",
                 xform("<a/>", "", repeated("<group>", kDeep) + repeated("</group>", kDeep)));
    constexpr std::size_t kGroups = 20'000;
    std::string groups = "| survey |\n| | type | name | label |\n";
    for (std::size_t i = 0; i < kGroups; ++i)
        groups += "| | begin_group | g" + std::to_string(i) + " | G |\n";
    bounded_form("groups of Markdown that never end", 2, 200, "xml_too_deep", groups);
    bounded_form("groups of Markdown", 2, 200, "xml_too_deep",
                 groups + repeated("| | end_group | | |\n", kGroups));
    for (const auto& [what, open, close] :
         {std::tuple("parentheses", "(", ")"), std::tuple("predicates", "/data/a[", "]"),
          std::tuple("calls", "not(", ")"), std::tuple("conditions", "if(1,", ",2)"),
          std::tuple("steps", "../", ""), std::tuple("sums", "1+(", ")"),
          std::tuple("counts", "count(a|", ")")}) {
        bounded_form(what, 1, 100, "bad_expression",
                     calculation(repeated(open, 20'000) + "1" + repeated(close, 20'000)));
    }
}

TEST_CASE("a chain of signs is no nesting") {
    bounded_form("minuses", 1, 100, "loaded", calculation(repeated("- ", 20'000) + "1"));
}

TEST_CASE("forms whose computations lead back to themselves are named, however long the way") {
    constexpr int kLength = 20'000;
    std::string instance;
    std::string binds;
    for (int i = 0; i < kLength; ++i) {
        const std::string name = "c" + std::to_string(i);
        instance += "<" + name + "/>";
        binds += "<bind nodeset=\"/data/" + name + "\" calculate=\"/data/c" +
                 std::to_string((i + 1) % kLength) + " + 1\"/>";
    }
    bounded_form("a circle of 20,000", 1, 100, "cycle", xform(instance, binds));
    const LoadResult loaded = load(xform(instance, binds));
    CHECK(render(loaded.diagnostics.at(0), Language::kEnglish).size() < 10'000);
    // All of all: 1,000 questions that each read 1,000.
    instance.clear();
    binds.clear();
    for (int i = 0; i < 1'000; ++i) {
        const std::string name = "c" + std::to_string(i);
        instance += "<" + name + "/>";
        binds += "<bind nodeset=\"/data/" + name + "\" calculate=\"count(/data/*)\"/>";
    }
    bounded_form("a thousand that read all", 2, 300, "cycle", xform(instance, binds));
}

TEST_CASE("text that is not UTF-8 is refused at every door") {
    for (const std::string bad :
         {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe2\x82"}) {
        CAPTURE(bad.size());
        CHECK(life_of("| survey |\n| | type | name | label |\n| | text | a | " + bad + " |\n") ==
              "text_encoding");
        CHECK(life_of("survey,type,name,label\n,text,a," + bad + "\n") == "text_encoding");
        CHECK(life_of(xform("<a>" + bad + "</a>", "", "<input ref='/data/a'/>")) == "xml_broken");
        CHECK(life_of(zip_of(xlsx_parts({{"survey", sheet_xml(rows_xml({{"type", bad}}))}}))) ==
              "workbook_broken");
        const auto form = load(kOneText).definition;
        REQUIRE(form != nullptr);
        Fill fill(form);
        CHECK(name_of(fill.session.answer("a", bad)) == "malformed");
        CHECK(name_of(fill.session.answer(bad, "1")) == "not_found");
        CHECK(name_of(fill.session.load_answers("{\"a\": \"" + bad + "\"}")) == "malformed");
        CHECK(name_of(fill.session.load_instance_xml("<data><a>" + bad + "</a></data>")) ==
              "malformed");
        for (const char* name : {"a.csv", "a.geojson", "a.xml"}) {
            CAPTURE(name);
            StringPool names;
            ModelInstance list;
            CHECK_FALSE(read_instance_file(name, "name,label\na," + bad + "\n", names, list).ok());
        }
    }
}

TEST_CASE("patterns that would take for ever elsewhere are quick or refused") {
    const std::string text(20'000, 'a');
    const auto form = [&](const std::string& pattern) {
        return calculation("regex(/data/a, '" + pattern + "')", "<a>" + text + "!</a>");
    };
    for (const char* pattern : {"(a*)*b", "(a|a)*b", "(a|aa)+b", "(.*)(.*)(.*)(.*)b", "(a+)+$",
                                "(x+x+)+y", "a{0,1000}a{0,1000}b"}) {
        bounded_form(pattern, 2, 60, "loaded", form(pattern));
    }
    for (const std::string& pattern :
         {std::string("(a{1000}){1000}"), std::string("((a{99}){99}){99}"),
          repeated("(", 5'000) + "a" + repeated(")", 5'000), std::string("a{1000000000}"),
          repeated("(a{9}", 50) + repeated("){9}", 50)}) {
        bounded_form("a pattern of too many states", 2, 60, "bad_regex", form(pattern));
    }
}

TEST_CASE("repeats end at their limits, whatever counts them") {
    const auto rows = [](const std::string& count, const std::string& inner) {
        return xform(
            "<n>" + count + "</n><r><a/><q><b/></q></r>", "",
            "<group><repeat nodeset='/data/r' jr:count='/data/n'><input ref='/data/r/a'/>" + inner +
                "</repeat></group>");
    };
    const std::string nested =
        "<repeat nodeset='/data/r/q' jr:count='/data/n'><input ref='/data/r/q/b'/></repeat>";
    bounded_form("a thousand million rows", 4, 500, "loaded", rows("1000000000", ""));
    bounded_form("as many in each of as many", 16, 2'000, "not_computed",
                 rows("1000000000", nested));
    for (const char* count : {"-1", "1e300", "NaN", "-Infinity", "x"}) {
        bounded_form(count, 4, 500, "loaded", rows(count, ""));
    }
    const LoadResult loaded = load(rows("1000000000", ""));
    REQUIRE(loaded.definition != nullptr);
    std::size_t shown = 0;
    for (const ViewNode& node : Fill(loaded.definition).session.page(Session::Include::kAll))
        shown += node.kind == ViewKind::kRow ? 1 : 0;
    CHECK(shown == 100'000);
}

TEST_CASE("a million columns are refused") {
    constexpr std::size_t kMillion = 1'000'000;
    const std::string head = "| | type | name | label ";
    bounded_form("Markdown", 1, 200, "same_header",
                 "| survey |\n" + head + repeated("| x ", kMillion) + "|\n| | text | a | A |\n");
    bounded_form("CSV", 1, 200, "same_header",
                 "survey\n,type,name,label" + repeated(",x", kMillion) + "\n,text,a,A\n");
    const std::string wide = repeated("<c><v>1</v></c>", kMillion);
    std::string rows = rows_xml({{"type", "name", "label"}, {"text", "a", "A"}});
    rows.insert(rows.find("</row>"), wide);
    bounded_form("a sheet", 2, 200, "same_header",
                 zip_of(xlsx_parts({{"survey", sheet_xml(rows)}})));
    for (const std::string& name : {std::string("a.csv"), std::string("a.geojson")}) {
        std::string text = "name";
        for (std::size_t i = 0; i < kMillion; ++i) text += ",x" + std::to_string(i);
        text += "\n1\n";
        if (name == "a.geojson") {
            text = R"({"type":"FeatureCollection","features":[{"type":"Feature","properties":{)";
            for (std::size_t i = 0; i < kMillion; ++i) text += "\"x" + std::to_string(i) + "\":1,";
            text += R"("id":"a"},"geometry":{"type":"Point","coordinates":[1,2]}}]})";
        }
        check_bounded(name, 3, 500, name == "a.csv" ? "malformed" : "too_large", [&] {
            StringPool names;
            ModelInstance list;
            const Status read = read_instance_file(name, text, names, list);
            return read.ok() ? std::string("loaded") : std::string(errc_name(read.error().code));
        });
    }
}

TEST_CASE("expressions that would take hours are given up and told of") {
    const std::string rows = repeated("<r><n>1</n></r>", 2'000);
    const std::string body = "<repeat nodeset='/data/r'><input ref='/data/r/n'/></repeat>";
    const auto form = [&](const std::string& expression) {
        return xform(rows + "<out/>",
                     "<bind nodeset=\"/data/out\" calculate=\"" + expression + "\"/>", body);
    };
    for (const char* expression :
         {"count(/data/r[count(/data/r[count(/data/r[n = position()]) > 1]) > 1])",
          "sum(//n[sum(//n[sum(//n[. = current()]) > .]) > .])", "count(//*[//*[//*[//* = 'x']]])",
          "count(/data/r[n = /data/r[n != /data/r/n]/n])"}) {
        bounded_form(expression, 4, 200, "not_computed", form(expression));
    }
    // Each row of each: four million, in every answer.
    bounded_form("rows against rows", 6, 300, "loaded",
                 xform(rows,
                       "<bind nodeset='/data/r/n' constraint='count(/data/r[n = "
                       "current()/../n]) = 1'/>",
                       body));
}

TEST_CASE("what could not be computed stands in the way of finalising until it can be") {
    const std::string body = "<repeat nodeset='/data/r'><input ref='/data/r/n'/></repeat>";
    const LoadResult loaded = load(xform(
        "<r><n>1</n></r><out/>",
        "<bind nodeset='/data/out' calculate='count(/data/r[count(/data/r/n) > 0])'/>", body));
    REQUIRE(loaded.definition != nullptr);
    fakes::FakeClock clock;
    fakes::SeededRandom random{7};
    SessionOptions options;
    options.clock = &clock;
    options.random = &random;
    options.work_max = 500;
    Session session(loaded.definition, options);
    for (int i = 0; i < 9; ++i) REQUIRE(session.add_repeat("r").ok());
    CHECK(session.value("out") == "10");
    CHECK(session.validate().empty());
    int added = 0;
    for (; session.validate().empty() && added < 200; ++added)
        REQUIRE(session.add_repeat("r").ok());
    const auto problems = session.validate();
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].ref == "out");
    CHECK(problems[0].kind == ProblemKind::kNotComputed);
    CHECK_FALSE(problems[0].message.empty());
    CHECK(session.value("out").empty());
    CHECK(name_of(session.finalise()) == "answers_invalid");
    REQUIRE(session.undo().ok());
    CHECK(session.value("out") == std::to_string(9 + added));
    CHECK(session.validate().empty());
    REQUIRE(session.redo().ok());
    CHECK(session.validate().size() == 1);
    REQUIRE(session.remove_repeat("r[1]").ok());
    CHECK(session.value("out") == std::to_string(9 + added));
    CHECK(session.finalise().ok());
}

TEST_CASE("an absolute path may go up again") {
    const auto value = [](const std::string& expression) {
        const LoadResult loaded = load(calculation(expression, "<a>5</a><g><b>6</b></g>"));
        REQUIRE(loaded.definition != nullptr);
        return Fill(loaded.definition).session.value("out");
    };
    CHECK(value("/data/g/b/../../a") == "5");
    CHECK(value("/data/g/b/..") == "6");
    CHECK(value("/data/g/./b/.") == "6");
    CHECK(value("/data/g/../../data/a") == "5");
    CHECK(value("count(/data/g/b/../b[. = 6])") == "1");
}

TEST_CASE("a form that repeats its own record shows no rows of it") {
    for (const char* ref : {"/data", "/data/", "/"}) {
        CAPTURE(std::string(ref));
        const LoadResult loaded = load(
            xform("<a>5</a>", "",
                  std::string("<repeat nodeset='") + ref + "'><input ref='/data/a'/></repeat>"));
        if (loaded.definition == nullptr) continue;
        Fill fill(loaded.definition);
        for (const ViewNode& node : fill.session.page(Session::Include::kAll))
            CHECK(node.kind == ViewKind::kQuestion);
        CHECK(fill.session.validate().empty());
    }
}

TEST_CASE("texts that double themselves end at a limit") {
    std::string instance = "<c0>" + std::string(1000, 'x') + "</c0>";
    std::string binds;
    for (int i = 1; i <= 60; ++i) {
        const std::string below = "/data/c" + std::to_string(i - 1);
        const std::string name = "c" + std::to_string(i);
        instance += "<" + name + "/>";
        binds +=
            "<bind nodeset='/data/" + name + "' calculate='concat(" + below + ", " + below + ")'/>";
    }
    bounded_form("sixty doublings", 2, 100, "not_computed", xform(instance, binds));
    const std::string megabyte(1U << 20U, 'x');
    const std::string a = "<a>" + megabyte + "</a>";
    const auto all = [](const std::string& function) {
        return function + "(" + repeated("/data/a, ", 5'000) + "/data/a)";
    };
    bounded_form("five thousand megabytes", 2, 200, "not_computed", calculation(all("concat"), a));
    bounded_form("a digest of many megabytes", 2, 200, "not_computed",
                 calculation("digest(" + all("concat") + ", 'SHA-512')", a));
    bounded_form("digests of a megabyte", 3, 60, "loaded",
                 calculation("string-length(digest(/data/a, 'SHA-512')) + "
                             "string-length(digest(/data/a, 'MD5', 'hex'))",
                             a));
    bounded_form("translations of a megabyte", 3, 200, "loaded",
                 calculation("string-length(translate(/data/a, /data/a, 'y'))", a));
    bounded_form("words of a megabyte", 3, 200, "loaded",
                 calculation("count-selected(/data/a) + selected(/data/a, /data/a)", a));
}

TEST_CASE("lists of a hundred megabytes load or are refused in time") {
    std::string csv = "name,label\n";
    std::string json = R"({"type":"FeatureCollection","features":[)";
    for (int i = 0; csv.size() < (100U << 20U); ++i) {
        csv +=
            "n" + std::to_string(i) + ",\"A place of the name number " + std::to_string(i) + "\"\n";
    }
    for (int i = 0; json.size() < (100U << 20U); ++i) {
        json += std::string(i == 0 ? "" : ",") + R"({"type":"Feature","id":")" + std::to_string(i) +
                R"(","properties":{},"geometry":{"type":"Point","coordinates":[44.5,36.1]}})";
    }
    json += "]}";
    const auto read = [](const std::string& name, const std::string& text) {
        StringPool names;
        ModelInstance list;
        const Status status = read_instance_file(name, text, names, list);
        return status.ok() ? std::string("loaded") : std::string(errc_name(status.error().code));
    };
    check_bounded("CSV", 8, 900, "too_large", [&] { return read("a.csv", csv); });
    check_bounded("GeoJSON", 8, 900, "loaded", [&] { return read("a.geojson", json); });
    const std::string deep = repeated("[", 50U << 20U);
    check_bounded("brackets", 1, 10, "malformed", [&] { return read("a.geojson", deep); });
    const std::string quoted = "name\n\"" + std::string(100U << 20U, 'x');
    check_bounded("a quote that never ends", 2, 300, "malformed",
                  [&] { return read("a.csv", quoted); });
}

TEST_CASE("records of another form, or of no measure, are refused") {
    const auto form = load(kMarkdown).definition;
    REQUIRE(form != nullptr);
    const auto told = [&](const std::string& xml) {
        Fill fill(form);
        const auto problems = fill.session.load_instance_xml(xml);
        return problems.ok() ? std::string("loaded")
                             : std::string(errc_name(problems.error().code));
    };
    CHECK(told("<data id='another'/>") == "unknown_form");
    CHECK(told("<data><c>\x12</c></data>") == "malformed");
    const std::string rows = "<data>" + repeated("<r><n>1</n></r>", 300'000) + "</data>";
    check_bounded("300,000 rows", 20, 1'500, "loaded", [&] { return told(rows); });
    const std::string strange = "<data>" + repeated("<z/>", 1'000'000) + "</data>";
    check_bounded("a million elements of no question", 5, 800, "loaded",
                  [&] { return told(strange); });
    const std::string deep = "<data>" + repeated("<r>", 1'000'000);
    check_bounded("a million in each other", 2, 300, "malformed", [&] { return told(deep); });
    const std::string large = "<data><c>" + std::string(65U << 20U, 'x') + "</c></data>";
    check_bounded("65 megabytes", 1, 10, "too_large", [&] { return told(large); });
    const std::string attributes = "<data " + repeated("x='' ", 1'000'000) + "/>";
    check_bounded("a million attributes of one name", 5, 500, "loaded",
                  [&] { return told(attributes); });
}

TEST_CASE("lists whose filters can use no index, and actions that call each other, end") {
    std::string items;
    for (int i = 0; i < 20'000; ++i)
        items += "<item><name>n" + std::to_string(i) + "</name></item>";
    const std::string list = "<instance id='l'><root>" + items + "</root></instance>";
    const auto select = [&](const std::string& filter) {
        return xform("<a/>", list,
                     "<select1 ref='/data/a'><itemset nodeset=\"instance('l')/root/item[" + filter +
                         "]\"><value ref='name'/><label ref='name'/></itemset></select1>");
    };
    bounded_form("a filter with a pattern", 3, 100, "loaded",
                 select("regex(name, '(n|nn)*9{1,99}')"));
    bounded_form("a filter of the list by itself", 4, 200, "loaded",
                 select("count(instance('l')/root/item[name != current()/../a]) > 3"));
    bounded_form("a list shuffled for each of its rows", 4, 200, "loaded",
                 select("count(randomize(instance('l')/root/item)) > 3"));
    std::string instance;
    std::string body;
    for (int i = 0; i < 300; ++i) {
        const std::string n = std::to_string(i);
        instance += "<c" + n + ">0</c" + n + ">";
        body += "<input ref='/data/c" + n + "'>";
        for (const int to : {(i + 1) % 300, (i + 7) % 300}) {
            body += "<setvalue event='xforms-value-changed' ref='/data/c" + std::to_string(to) +
                    "' value='/data/c" + n + " + 1'/>";
        }
        body += "</input>";
    }
    check_bounded("values that set each other", 5, 200, "answered", [&] {
        const LoadResult loaded = load(xform(instance, "", body));
        if (loaded.definition == nullptr) return outcome_of(loaded);
        Fill fill(loaded.definition);
        return std::string(fill.session.answer("c0", "1").ok() ? "answered" : "refused");
    });
}
