// Cells out of every kind of workbook. Workbooks are written here byte by byte, so that each test
// shows what is in the file.
#include "forms/workbook.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <filesystem>

#include "forms/cell_text.h"
#include "forms/cfb.h"
#include "forms/sax.h"
#include "tests/fakes/skip.h"
#include "tests/forms/forms_fixture.h"
#include "tests/forms/workbook_files.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

/// A workbook's cells as "survey 1: type|name", one line a row.
std::string shown(const std::optional<Workbook>& book) {
    if (!book) return "nothing";
    std::string out;
    for (const Sheet& sheet : book->sheets) {
        for (const SheetRow& row : sheet.rows) {
            out += sheet.name + " " + std::to_string(row.number) + ": ";
            for (std::size_t i = 0; i < row.cells.size(); ++i)
                out += (i == 0 ? "" : "|") + std::string(row.cells[i]);
            out += "\n";
        }
    }
    return out;
}

struct Read {
    std::optional<Workbook> book;
    Diagnostics diagnostics;
    [[nodiscard]] bool failed(DiagnosticCode code, const Provenance& where = {}) const {
        return !book && diagnostics.size() == 1 && diagnostics[0].code == code &&
               diagnostics[0].where == where;
    }
};

Read xlsx(const Parts& parts) {
    Read out;
    out.book = read_xlsx(as_bytes(zip_of(parts)), {}, out.diagnostics);
    return out;
}

/// A workbook with one survey sheet of these rows.
Read survey(const std::string& rows, const std::string& strings = "<sst/>",
            const std::string& styles = "<styleSheet/>") {
    return xlsx(xlsx_parts({{"survey", sheet_xml(rows)}}, strings, styles));
}

Read xls(const std::string& bytes) {
    Read out;
    out.book = read_xls(as_bytes(bytes), {}, out.diagnostics);
    return out;
}

std::string label_sst(std::size_t row, std::size_t column, std::size_t index) {
    std::string body = words({row, column, 0});
    put_u32(body, index);
    return record(0xfd, body);
}

std::string inline_cell(const std::string& text) {
    return "<c t='inlineStr'><is><t>" + text + "</t></is></c>";
}

const std::string kStyles =
    "<styleSheet><numFmts><numFmt numFmtId='164' formatCode='yyyy\\-mm\\-dd;@'/>"
    "<numFmt numFmtId='165' formatCode='[h]:mm'/></numFmts><cellStyleXfs><xf numFmtId='14'/>"
    "</cellStyleXfs><cellXfs><xf numFmtId='0'/><xf numFmtId='164'/><xf numFmtId='22'/>"
    "<xf numFmtId='165'/></cellXfs></styleSheet>";

}  // namespace

// Text --------------------------------------------------------------------------------------------

TEST_CASE("a number format is a date's by its letters outside of quotes and brackets") {
    for (const char* code : {"yyyy\\-mm\\-dd", "d/m", "h:mm AM/PM", "[$-401]dd/mm/yyyy;@",
                             "mm:ss.0", "\"on\" d", "[Red]d", "S"}) {
        CHECK_MESSAGE(number_format(code) == NumberFormat::kDate, code);
    }
    for (const char* code :
         {"General", "0.00", "#,##0 \"days\"", "[Red]0", "0\\d", "0_d", "@", "", "0;d"}) {
        CHECK_MESSAGE(number_format(code) == NumberFormat::kNumber, code);
    }
    for (const char* code : {"[h]:mm:ss", "[mm]:ss", "[SS]"}) {
        CHECK_MESSAGE(number_format(code) == NumberFormat::kDuration, code);
    }
    CHECK(number_format("\"open d") == NumberFormat::kDate);
    CHECK(number_format("[hm]0") == NumberFormat::kNumber);
    CHECK(built_in_format(14) == NumberFormat::kDate);
    CHECK(built_in_format(36) == NumberFormat::kDate);
    CHECK(built_in_format(46) == NumberFormat::kDuration);
    CHECK(built_in_format(58) == NumberFormat::kDate);
    CHECK(built_in_format(49) == NumberFormat::kNumber);
}

TEST_CASE("a serial number is a date, a time of day or a duration") {
    const auto date = [](double serial, DateSystem dates = {}) {
        return serial_text(serial, NumberFormat::kDate, dates).value_or("none");
    };
    CHECK(date(45000) == "2023-03-15 00:00:00");
    CHECK(date(45000.75) == "2023-03-15 18:00:00");
    CHECK(date(0.5) == "12:00:00");
    CHECK(date(1) == "1900-01-01 00:00:00");
    CHECK(date(59) == "1900-02-28 00:00:00");
    CHECK(date(61) == "1900-03-01 00:00:00");
    CHECK(date(44000.0000117) == "2020-06-18 00:00:01.011000");
    CHECK(date(44000.0000117, {false, 1000}) == "2020-06-18 00:00:01");
    CHECK(date(44999.999999999) == "2023-03-15 00:00:00");
    CHECK(date(0.999999999) == "1900-01-01 00:00:00");
    CHECK(date(43538, {true, 1}) == "2023-03-15 00:00:00");
    CHECK(date(3e9) == "none");
    CHECK(date(-800'000) == "none");
    CHECK(date(std::nan("")) == "none");
    const auto duration = [](double serial) {
        return serial_text(serial, NumberFormat::kDuration, {}).value_or("none");
    };
    CHECK(duration(0.25) == "6:00:00");
    CHECK(duration(1.5) == "1 day, 12:00:00");
    CHECK(duration(2) == "2 days, 0:00:00");
    CHECK(duration(-0.5) == "-1 day, 12:00:00");
}

TEST_CASE("white space of any kind around a cell is no text") {
    const auto tidied = [](std::string text) {
        tidy_cell(text);
        return text;
    };
    CHECK(tidied(" \t\r\n\x1f a b \v") == "a b");
    CHECK(tidied("\u00a0\u1680\u2003\u2029\u202f\u205f\u3000x\u00a0y\u0085\u2000") == "x y");
    CHECK(tidied("\u00a9\u1681\u2060\u3001") == "\u00a9\u1681\u2060\u3001");
    CHECK(tidied("سؤال") == "سؤال");
    CHECK(tidied(" ").empty());
    CHECK(tidied("").empty());
    CHECK(tidied("\xe2").size() == 1);
}

// .xlsx -------------------------------------------------------------------------------------------

TEST_CASE("an .xlsx cell reads by its type and style") {
    const Read read = survey(
        "<row r='1'><c r='A1' t='s'><v>0</v></c><c r='B1' t='s'><v> 1 </v></c><c t='str'><f>A1</f>"
        "<v> c </v></c><c r='D1' t='inlineStr'><is><t>d</t></is></c><c t='b'><v>1</v></c></row>"
        "<row r='2'><c t='b'><v>0</v></c><c><v>12</v></c><c><v>1.50E1</v></c><c><v>-0.10</v></c>"
        "<c t='n'><v>12345678901234567890</v></c></row>"
        "<row r='3'><c s='1'><v>45000</v></c><c s='2'><v>0.5</v></c><c s='3'><v>1.5</v></c>"
        "<c s='99'><v>3</v></c><c s='1'><v>9e9</v></c></row>"
        "<row r='4'><c t='e'><v>#N/A</v></c><c t='d'><v>2026-01-02T03:04:05</v></c>"
        "<c><v>007</v></c><c><v>1 2</v></c><c><f>A1</f></c></row>"
        "<row r='5'><c t='s'/><c t='b'/><c t='s'><v>2</v></c><c><v> "
        "</v></c><c><v>inf</v></c></row>",
        "<sst><si><t>type</t></si><si><r><t>na</t></r><r><rPr/><t xml:space='preserve'>me </t></r>"
        "<rPh><t>x</t></rPh></si><si/></sst>",
        kStyles);
    CHECK(shown(read.book) ==
          "survey 1: type|name|c|d|TRUE\n"
          "survey 2: FALSE|12|15|-0.1|12345678901234567890\n"
          "survey 3: 2023-03-15 00:00:00|12:00:00|1 day, 12:00:00|3|9000000000\n"
          "survey 4: #N/A|2026-01-02 03:04:05|7|1 2\n"
          "survey 5: ||||inf\n");
    CHECK(read.diagnostics.empty());
}

TEST_CASE("escapes in an office file's strings are characters") {
    const Read read =
        survey("<row>" + inline_cell("_x0041__x005F_") + inline_cell("a_x000D_&#10;b_x000D_c") +
               inline_cell("_x0001__xD800__xZZZZ__x41_ _x004") +
               inline_cell("1_x0009_2_x000A_3_xE000_ _x0041a 0_x00412") + "</row>");
    CHECK(shown(read.book) ==
          "survey 1: A_|a\nb\nc|_x0001__xD800__xZZZZ__x41_ _x004|1\t2\n3\uE000 _x0041a 0_x00412\n");
}

TEST_CASE("rows and cells may be without references, out of order, or twice") {
    const Read read = survey(
        "<row r='3'><c r='B3'><v>32</v></c><c r='A3'><v>31</v></c><c><v>32b</v></c></row>"
        "<row r='1'><c r='C1'><v>13</v></c><c r='A1'><v>11</v></c></row>"
        "<row><c r='B2'><v>22</v></c></row><row r='3'><c r='C3'><v>33</v></c></row>"
        "<row r='1'><c r='B1'><v>12</v></c><c r='A1'><v>11b</v></c></row>");
    CHECK(shown(read.book) == "survey 1: 11b|12|13\nsurvey 2: |22\nsurvey 3: 31|32b|33\n");
}

TEST_CASE("parts are found by their relations, whatever their paths and prefixes") {
    const Parts parts = {
        {"_rels/.rels",
         "<Relationships><Relationship Id='a' Type='http://purl.oclc.org/ooxml/officeDocument/"
         "relationships/officeDocument' Target='/Deep/Book/B.xml'/></Relationships>"},
        {"Deep/Book/B.xml",
         "<x:workbook xmlns:x='y' xmlns:q='z'><x:workbookPr date1904='true'/><x:sheets><x:sheet "
         "name='survey' state='hidden' q:id='one'/></x:sheets></x:workbook>"},
        {"Deep/Book/_rels/B.xml.rels",
         "<p:Relationships xmlns:p='y'><p:Relationship Id='one' Type='worksheet' "
         "Target='../SHEETS/./s.xml'/><p:Relationship Id='two' Type='z/styles' Target='st.xml'/>"
         "</p:Relationships>"},
        {"Deep/Book/st.xml", kStyles},
        {"Deep/sheets/S.xml",
         "<x:worksheet xmlns:x='y'><x:sheetData><x:row><x:c x:t='str'><x:v>type</x:v></x:c>"
         "<x:c s='1'><x:v>43538</x:v></x:c></x:row></x:sheetData></x:worksheet>"}};
    CHECK(shown(xlsx(parts).book) == "survey 1: type|2023-03-15 00:00:00\n");
}

TEST_CASE("a workbook's parts may stand in the top folder, and lead above it to no avail") {
    const Parts parts = {
        {"_rels/.rels",
         "<Relationships><Relationship Id='a' Type='x/officeDocument' "
         "Target='book.xml'/></Relationships>"},
        {"book.xml",
         "<workbook xmlns:r='r'><sheets><sheet name='survey' r:id='one'/></sheets>"
         "<sheets><sheet name='more' r:id='two'/></sheets></workbook>"},
        {"_rels/book.xml.rels",
         "<Relationships><Relationship Id='one' Type='x/worksheet' "
         "Target='../../s.xml'/></Relationships>"},
        {"s.xml", sheet_xml("<row><c t='inlineStr'><is><t>type</t><rPh><rPh/><t>no</t></rPh></is>"
                            "</c><c t='d'><v>2026-01-02</v></c><c t='d'><v>2026-01-02 03:04</v></c>"
                            "</row>")}};
    CHECK(shown(xlsx(parts).book) == "survey 1: type|2026-01-02|2026-01-02 03:04\n");
    Parts nameless = parts;
    nameless[0].second = "<Relationships/>";
    CHECK(xlsx(nameless).failed(DiagnosticCode::kWorkbookBroken));
    Parts torn = parts;
    torn[0].second = "<Relationships><Rel";
    CHECK(xlsx(torn).failed(DiagnosticCode::kWorkbookBroken));
}

TEST_CASE("sheets that are no part of a form are named, but not read") {
    const std::string sheet = sheet_xml("<row>" + inline_cell("x") + "</row>");
    const Read several = xlsx(xlsx_parts(
        {{"Notes", "<broken"}, {" Survey ", sheet}, {"osm", sheet}, {"SURVEY", "<broken"}}));
    CHECK(shown(several.book) == " Survey  1: x\nosm 1: x\n");
    CHECK(several.book->sheets.size() == 4);
    CHECK(shown(xlsx(xlsx_parts({{"Sheet1", sheet}})).book) == "Sheet1 1: x\n");
    CHECK_FALSE(xlsx(xlsx_parts({{"Survey", "<broken"}, {"survey", sheet}})).book.has_value());
}

TEST_CASE("data ends after sixty empty rows, with a warning if there is more") {
    const auto cell = [](int row) {
        return "<row r='" + std::to_string(row) + "'><c r='A" + std::to_string(row) +
               "'><v>1</v></c><c><v> </v></c></row>";
    };
    const Read near = survey(cell(1) + cell(62) + cell(123));
    CHECK(near.book->sheets[0].rows.size() == 3);
    CHECK(near.diagnostics.empty());
    const Read far = survey(cell(1) + cell(63) + cell(64) + "<row r='900'/>");
    CHECK(far.book->sheets[0].rows.size() == 1);
    REQUIRE(far.diagnostics.size() == 1);
    CHECK(far.diagnostics[0].code == DiagnosticCode::kRowsIgnored);
    CHECK(far.diagnostics[0].severity == Severity::kWarning);
    CHECK(far.diagnostics[0].where == Provenance{"survey", 63, ""});
    CHECK(survey(cell(1) + "<row r='9999'><c><v/></c></row>").diagnostics.empty());
    // What has no header does not keep a sheet alive.
    std::string notes;
    for (int row = 2; row < 90; ++row)
        notes += "<row r='" + std::to_string(row) + "'><c r='D1'><v>note</v></c></row>";
    const Read remarks = survey("<row r='1'><c r='C1'><v>h</v></c></row>" + notes +
                                "<row r='90'><c r='C90'><v>1</v></c></row>");
    CHECK(remarks.book->sheets[0].rows.size() == 1);
    CHECK(remarks.diagnostics.size() == 1);
    const Read unordered = survey("<row r='2'><c><v>2</v></c></row>" + cell(1) + cell(70));
    CHECK(unordered.book->sheets[0].rows.size() == 2);
    CHECK(unordered.diagnostics.size() == 1);
}

TEST_CASE("headers end after twenty empty columns, with a warning if there is more") {
    const Read near = survey("<row r='1'><c r='A1'><v>1</v></c><c r='V1'><v>2</v></c></row>");
    CHECK(near.book->sheets[0].rows[0].cells.size() == 22);
    CHECK(near.diagnostics.empty());
    const Read far = survey(
        "<row r='1'><c r='A1'><v>1</v></c><c r='W1'><v>2</v></c></row>"
        "<row r='2'><c r='A2'><v>1</v></c><c r='W2'><v>2</v></c></row>");
    REQUIRE(far.diagnostics.size() == 1);
    CHECK(far.diagnostics[0].code == DiagnosticCode::kColumnsIgnored);
    CHECK(far.diagnostics[0].args == std::vector<std::string>{"23"});
    CHECK(far.book->sheets[0].rows[1].cells.size() == 1);
    // A cell far to the right of the headers costs nothing.
    const Read wide = survey(
        "<row r='1'><c><v>1</v></c></row><row r='2'><c><v>1</v></c>"
        "<c r='XFD2'><v>2</v></c><c r='AAAAAAAAA2'><v>3</v></c></row>");
    CHECK(shown(wide.book) == "survey 1: 1\nsurvey 2: 1\n");
}

TEST_CASE("a damaged .xlsx is refused with its part, sheet and row") {
    const Provenance at_row_2{"survey", 2, ""};
    const std::string first = "<row r='1'>" + inline_cell("type") + "</row>";
    CHECK(survey(first + "<row r='2'><c t='s'><v>0</v></c></row>")
              .failed(DiagnosticCode::kWorkbookBroken, at_row_2));
    CHECK(survey(first + "<row r='2'><c t='s'><v>x</v></c></row>")
              .failed(DiagnosticCode::kWorkbookBroken, at_row_2));
    CHECK(survey(first + "<row r='2'></c>").failed(DiagnosticCode::kWorkbookBroken, at_row_2));
    CHECK(survey(first + "<row r='2'>" + inline_cell("\xff") + "</row>")
              .failed(DiagnosticCode::kWorkbookBroken, at_row_2));
    Parts parts = xlsx_parts({{"survey", sheet_xml(first)}});
    for (const char* name : {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"}) {
        Parts without = parts;
        std::erase_if(without, [&](const auto& part) { return part.first == name; });
        CHECK(xlsx(without).failed(DiagnosticCode::kWorkbookBroken));
    }
    Parts lost = parts;
    lost[0].first = "elsewhere.xml";
    CHECK(xlsx(lost).failed(DiagnosticCode::kWorkbookBroken, {"survey", 0, ""}));
    Parts unlinked = parts;
    unlinked[2].second = "<Relationships/>";
    CHECK(xlsx(unlinked).failed(DiagnosticCode::kWorkbookBroken, {"survey", 0, ""}));
    Parts twice = parts;
    twice.emplace_back("XL/workbook.xml", "<workbook/>");
    CHECK(xlsx(twice).failed(DiagnosticCode::kWorkbookBroken));
    CHECK(survey(first, "<sst><si>").failed(DiagnosticCode::kWorkbookBroken));
    CHECK(survey(first, "<sst/>", "<oops").failed(DiagnosticCode::kWorkbookBroken));
    CHECK(xlsx({}).failed(DiagnosticCode::kWorkbookBroken));
    std::string changed = zip_of(parts);
    changed[changed.find("type")] = 'T';  // its checksum tells
    Read read;
    read.book = read_xlsx(as_bytes(changed), {}, read.diagnostics);
    CHECK(read.failed(DiagnosticCode::kWorkbookBroken, {"survey", 1, ""}));
    // Nothing needs strings or styles to be there.
    Parts bare(parts.begin(), parts.end() - 2);
    CHECK(shown(xlsx(bare).book) == "survey 1: type\n");
}

TEST_CASE("an encrypted .xlsx is told apart from a damaged one") {
    std::string zip = zip_of(xlsx_parts({{"survey", sheet_xml("")}}));
    for (const auto& [mark, offset] :
         {std::pair<std::string, std::size_t>{"PK\x03\x04", 6}, {"PK\x01\x02", 8}}) {
        for (auto at = zip.find(mark); at != std::string::npos; at = zip.find(mark, at + 4))
            zip[at + offset] = '\x01';
    }
    Read read;
    read.book = read_xlsx(as_bytes(zip), {}, read.diagnostics);
    CHECK(read.failed(DiagnosticCode::kWorkbookEncrypted));
    CHECK(xls(cfb_of("EncryptedPackage", "x")).failed(DiagnosticCode::kWorkbookEncrypted));
}

TEST_CASE("an .xlsx that would cost too much is refused") {
    CHECK(survey("",
                 "<!DOCTYPE a [<!ENTITY b 'ha'><!ENTITY c '&b;&b;'>]><sst><si><t>&c;</t></si>"
                 "</sst>")
              .failed(DiagnosticCode::kWorkbookBroken));
    std::string deep;
    for (int i = 0; i < 100; ++i) deep += "<a>";
    CHECK(survey(deep).failed(DiagnosticCode::kWorkbookBroken, {"survey", 0, ""}));
    const std::string long_text(kCellBytesMax + 1, 'x');
    const Provenance row_1{"survey", 1, ""};
    CHECK(survey("<row>" + inline_cell(long_text) + "</row>")
              .failed(DiagnosticCode::kWorkbookTooLarge, row_1));
    CHECK(survey("<row><c><v>" + long_text + "</v></c></row>")
              .failed(DiagnosticCode::kWorkbookTooLarge, row_1));
    CHECK(survey("", "<sst><si><t>" + long_text + "</t></si></sst>")
              .failed(DiagnosticCode::kWorkbookTooLarge));
    // A tag that never ends is not kept.
    CHECK(survey("<row " + std::string(3 * SaxParser::kTagBytesMax, ' ') + ">")
              .failed(DiagnosticCode::kWorkbookBroken, {"survey", 0, ""}));
    // One long string in many cells.
    std::string rows;
    for (int i = 0; i < 100; ++i) rows += "<row><c t='s'><v>0</v></c></row>";
    const std::string almost(kCellBytesMax, 'x');
    CHECK(survey(rows, "<sst><si><t>" + almost + "</t></si></sst>")
              .failed(DiagnosticCode::kWorkbookTooLarge, {"survey", 66, ""}));
    // Rows that are wide, but almost empty.
    std::string wide = "<row r='1'>";
    for (int i = 0; i < 16'384; ++i) wide += "<c><v>1</v></c>";
    wide += "</row>";
    for (int i = 0; i < 300; ++i) wide += "<row><c r='XFD1'><v>1</v></c></row>";
    CHECK(survey(wide).failed(DiagnosticCode::kWorkbookTooLarge, {"survey", 246, ""}));
    Parts sheets;
    for (std::size_t i = 0; i <= kSheetsMax; ++i) sheets.emplace_back("s", "");
    Parts parts = xlsx_parts(sheets);
    parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(sheets.size()));
    CHECK(xlsx(parts).failed(DiagnosticCode::kWorkbookTooLarge));
    Parts entries(kZipEntriesMax + 1);
    for (std::size_t i = 0; i < entries.size(); ++i) entries[i].first = std::to_string(i);
    CHECK(xlsx(entries).failed(DiagnosticCode::kWorkbookTooLarge));
}

TEST_CASE("a workbook with a cascade of 50,000 choices converts at once") {
    std::vector<std::vector<std::string>> choices = {
        {"list_name", "name", "label", "province", "district"}};
    const auto text = [](const char* head, int number) { return head + std::to_string(number); };
    for (int i = 0; i < 50; ++i) choices.push_back({"province", text("p", i), text("P ", i)});
    for (int i = 0; i < 1000; ++i)
        choices.push_back({"district", text("d", i), text("D ", i), text("p", i / 20)});
    for (int i = 0; i < 50'000; ++i) {
        choices.push_back({"village", text("v", i), text("Village number ", i), text("p", i / 1000),
                           text("d", i / 50)});
    }
    const Parts sheets = {
        {"survey", sheet_xml(rows_xml({{"type", "name", "label", "choice_filter"},
                                       {"select_one province", "p", "Province"},
                                       {"select_one district", "d", "District", "province=${p}"},
                                       {"select_one village", "v", "Village", "district=${d}"}}))},
        {"choices", sheet_xml(rows_xml(choices))}};
    const std::string bytes = zip_of(xlsx_parts(sheets));
    const auto start = std::chrono::steady_clock::now();
    const auto loaded = load(bytes);
    REQUIRE(loaded.definition != nullptr);
    const std::string xform = write_xform(*loaded.definition);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    MESSAGE("50,000 choices converted: ", took.count(), " ms");
    CHECK(xform.find("Village number 49999") != std::string::npos);
    CHECK(took.count() < 5000);  // far above what is usual, for sanitizers and busy machines
}

TEST_CASE("every recorded workbook's cells can be read") {
    const std::filesystem::path folder = shared_folder() + "/conformance/forms";
    if (!std::filesystem::exists(folder)) AWDA_SKIP("the recorded workbooks are not here");
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string extension = entry.path().extension().string();
        if (extension != ".xls" && extension != ".xlsx") continue;
        const auto bytes = read_file(entry.path().string());
        REQUIRE(bytes.has_value());
        Read read;
        // One of them is an .xls under an .xlsx's name.
        read.book = sniff(as_bytes(*bytes)) == FormFileKind::kXls
                        ? read_xls(as_bytes(*bytes), {}, read.diagnostics)
                        : read_xlsx(as_bytes(*bytes), {}, read.diagnostics);
        INFO(entry.path().string());
        REQUIRE(read.book.has_value());
        std::size_t rows = 0;
        for (const Sheet& sheet : read.book->sheets) rows += sheet.rows.size();
        CHECK(rows >= 2);
    }
}

TEST_CASE("a small file that inflates beyond all measure is refused") {
    const auto bytes = read_file(std::string(AWDA_SOURCE_FOLDER) + "/tests/data/bad/bomb.xlsx");
    REQUIRE(bytes.has_value());
    Read read;
    read.book = read_xlsx(as_bytes(*bytes), {}, read.diagnostics);
    CHECK_FALSE(read.book.has_value());
    CHECK(read.diagnostics.at(0).code == DiagnosticCode::kWorkbookTooLarge);
    CHECK(read.diagnostics.at(0).where.sheet == "survey");
}

// .xls --------------------------------------------------------------------------------------------

TEST_CASE("an .xls cell reads by its record and style") {
    std::string strings;
    put_u32(strings, 3);
    put_u32(strings, 3);
    strings += narrow("type") + words({2}) + '\x0d' + words({1}) + std::string("\2\0\0\0", 4) +
               words({0x646, 0x645}) + "rich" + "ph" + words({4}) + '\0' + "na";
    const std::string globals =
        record(0x22, words({0})) + record(0x41e, words({164}) + narrow("yyyy-mm-dd")) +
        record(0xe0, words({0, 0})) + record(0xe0, words({0, 164})) + record(0xe0, words({0, 46})) +
        // "name" runs on in a record of its own, there with two bytes a character.
        record(0xfc, strings) + record(0x3c, '\1' + words({'m', 'e'}));
    std::string date = words({1, 0, 1});
    put_u32(date, 45000U << 2U | 2U);
    std::string rks = words({1, 1});
    for (const std::uint32_t rk : {7U << 2U | 2U, 350U << 2U | 3U, 0x3ff80000U}) {
        put_u16(rks, 0);
        put_u32(rks, rk);
    }
    rks += words({3});
    const std::string inner = record(0x809, words({0x600, 0x20})) + label(0, 0, "chart") + kXlsEof;
    const std::string cells =
        label_sst(0, 0, 0) + label_sst(0, 1, 1) + label_sst(0, 2, 2) + label(0, 3, "x") + inner +
        record(0x27e, date) + record(0xbd, rks) +
        record(0x203, words({2, 0, 0}) + double_bytes(-1.25)) +
        record(0x203, words({2, 1, 2}) + double_bytes(0.5)) + record(0x205, words({2, 2, 0, 1})) +
        record(0x205, words({2, 3, 0, 0x12a})) + record(0x06, words({3, 0, 0}) + double_bytes(6)) +
        record(0x06, words({3, 1, 0, 0, 0, 0, 0xffff})) + record(0x207, narrow(" text ")) +
        record(0x06, words({3, 2, 0, 1, 1, 0, 0xffff})) +
        record(0x06, words({3, 3, 0, 2, 0, 0, 0xffff})) +
        record(0x06, words({4, 0, 0, 3, 0, 0, 0xffff})) + record(0x207, narrow("stray")) +
        record(0xd6, words({4, 1, 0}) + narrow("rich")) + record(0x201, words({5, 0, 0}));
    const std::string expected =
        "survey 1: type|نم|name|x\n"
        "survey 2: 2023-03-15 00:00:00|7|3.5|1.5\n"
        "survey 3: -1.25|12:00:00|TRUE|#N/A\n"
        "survey 4: 6|text|TRUE|#NULL!\n"
        "survey 5: |rich\n";
    const std::string stream = xls_stream(globals, {{"survey", cells}, {"notes", "x"}});
    CHECK(shown(xls(cfb_of("Workbook", stream)).book) == expected);
    CHECK(shown(xls(stream).book) == expected);
}

TEST_CASE("an .xls string may hold characters beyond the first plane, or halves of them") {
    const std::string text = words({5}) + '\1' + words({0xd83d, 0xde00, 'a', 0xde00, 0xd83d});
    const Read read = xls(xls_stream("", {{"survey", record(0x204, words({0, 0, 0}) + text)}}));
    CHECK(shown(read.book) == "survey 1: \U0001f600a\ufffd\ufffd\n");
}

TEST_CASE("an .xls counts its dates from 1904 if it says so") {
    const std::string globals = record(0x22, words({1})) + record(0xe0, words({0, 14}));
    const std::string cell = record(0x203, words({0, 0, 0}) + double_bytes(43538));
    CHECK(shown(xls(xls_stream(globals, {{"survey", cell}})).book) ==
          "survey 1: 2023-03-15 00:00:00\n");
}

TEST_CASE("an .xls of Excel 95 is read in its code page") {
    const std::string cell = record(0x204, words({0, 0, 0, 4}) + "a\xc7\xe1\xdd");
    const auto in_page = [&](std::size_t page) {
        return xls(xls_stream(
            record(0x42, words({page})) + record(0x41e, words({164}) + std::string("\1d")),
            {{"survey", cell}}, 0x0500));
    };
    CHECK(shown(in_page(1256).book) == "survey 1: aالف\n");
    CHECK(shown(in_page(1252).book) == "survey 1: aÇáÝ\n");
    CHECK(in_page(1251).failed(DiagnosticCode::kOldWorkbook, {"survey", 1, ""}));
}

TEST_CASE("an .xls that is locked, too old or damaged is refused with a reason") {
    const std::string good = xls_stream("", {{"survey", label(0, 0, "type")}});
    CHECK(xls(xls_stream(record(0x2f, words({0})), {})).failed(DiagnosticCode::kWorkbookEncrypted));
    CHECK(xls(xls_stream("", {}, 0x0400)).failed(DiagnosticCode::kOldWorkbook));
    CHECK(
        xls(std::string("\x09\x02\x06\0\0\0\x10\0\0\0", 10)).failed(DiagnosticCode::kOldWorkbook));
    CHECK(xls(good.substr(0, 3)).failed(DiagnosticCode::kWorkbookBroken));
    CHECK(xls(good.substr(0, 30)).failed(DiagnosticCode::kWorkbookBroken));
    CHECK(xls(good.substr(0, good.size() - 4))
              .failed(DiagnosticCode::kWorkbookBroken, {"survey", 1, ""}));
    CHECK(xls(xls_stream("", {{"survey", label_sst(4, 0, 9)}}))
              .failed(DiagnosticCode::kWorkbookBroken, {"survey", 5, ""}));
    CHECK(xls(xls_stream("", {{"survey", record(0x204, words({6, 0, 0, 900}))}}))
              .failed(DiagnosticCode::kWorkbookBroken, {"survey", 7, ""}));
    CHECK(xls(xls_stream(record(0xfc, words({1, 0, 9, 0}) + narrow("a")), {}))
              .failed(DiagnosticCode::kWorkbookBroken));
    CHECK(xls(xls_stream(record(0x85, words({1})), {})).failed(DiagnosticCode::kWorkbookBroken));
    std::string astray = words({0x7fff, 0, 0});
    CHECK(xls(xls_stream(record(0x85, astray + std::string("\6\0survey", 8)), {}))
              .failed(DiagnosticCode::kWorkbookBroken, {"survey", 0, ""}));
    // Records too short for what they say are passed over.
    CHECK(
        shown(xls(xls_stream("", {{"survey", record(0xbd, "") + record(0xfd, words({1})) +
                                                 record(0x203, words({1})) + label(0, 0, "type")}}))
                  .book) == "survey 1: type\n");
}

TEST_CASE("an .xls ends where a spreadsheet's data ends, and holds only so much") {
    const std::string head = label(0, 0, "h");
    const auto rows = [&](const std::string& records) {
        return xls(xls_stream("", {{"survey", head + records}}));
    };
    const Read far = rows(label(62, 0, "late") + label(63, 0, "later"));
    CHECK(shown(far.book) == "survey 1: h\n");
    CHECK(far.diagnostics.at(0).where == Provenance{"survey", 63, ""});
    // The same for each kind of cell: what comes late is not looked at.
    const std::string number = record(0x203, words({64, 0, 0}) + double_bytes(1));
    const std::string numbers = record(0xbd, words({64, 0, 0, 0, 0, 0}));
    for (const std::string& later : {label_sst(64, 0, 0), number, numbers})
        CHECK(rows(label(62, 0, "late") + later).diagnostics.size() == 1);
    std::string errors;
    for (const std::size_t code : {0U, 7U, 15U, 23U, 29U, 36U, 42U, 99U})
        errors += record(0x205, words({0, code + 1, 0, 0x100 + code}));
    CHECK(shown(rows(errors + record(0x205, words({1, 0, 0, 0}))).book)
              .ends_with("survey 2: FALSE\n"));
    const std::string cell = record(0xbd, words({1, 0, 0, 2, 0, 0, 6, 0, 1}));
    CHECK(shown(rows(cell + label(1, 9, "far")).book) == "survey 1: h\nsurvey 2: 0\n");
    Parts sheets;
    for (std::size_t i = 0; i <= kSheetsMax; ++i) sheets.emplace_back("s", "");
    CHECK(xls(xls_stream("", sheets)).failed(DiagnosticCode::kWorkbookTooLarge));
    // A chart's own sheet is none.
    std::string chart = words({0, 0, 0x0200});
    CHECK(xls(xls_stream(record(0x85, chart + std::string("\1\0c", 3)), {})).book->sheets.empty());
    std::string strings;
    put_u32(strings, 1);
    put_u32(strings, 1);
    strings += words({60'000}) + '\0' + std::string(8000, 'x');
    std::string sst = record(0xfc, strings);
    for (int i = 0; i < 7; ++i) sst += record(0x3c, '\0' + std::string(8000, 'x'));
    std::string many;
    for (std::size_t row = 0; row < 1200; ++row) many += label_sst(row, 0, 0);
    CHECK_FALSE(xls(xls_stream(sst, {{"survey", many}})).book.has_value());
    CHECK(
        xls(xls_stream(sst + record(0x3c, std::string(9, '\0')), {{"survey", label_sst(0, 0, 0)}}))
            .book.has_value());
}

TEST_CASE("an OLE2 file that lies about its sectors is refused") {
    const std::string good = cfb_of("Workbook", xls_stream("", {{"survey", label(0, 0, "type")}}));
    REQUIRE(shown(xls(good).book) == "survey 1: type\n");
    const auto with = [&](std::size_t at, std::size_t number) {
        std::string bytes = good;
        std::string field;
        put_u32(field, number);
        return bytes.replace(at, 4, field);
    };
    const auto with_both = [&](std::size_t at, std::size_t number, std::size_t other_at,
                               std::size_t other) {
        return with(at, number).replace(other_at, 4, with(other_at, other), other_at, 4);
    };
    constexpr std::size_t kTable = 512;
    constexpr std::size_t kDirectory = 1024;
    const auto broken = [](const std::string& bytes) {
        return xls(bytes).failed(DiagnosticCode::kWorkbookBroken);
    };
    // Sectors 3 and 4 follow each other for ever, and the stream would be that long.
    CHECK(broken(with_both(kTable + 4 * 4, 3, kDirectory + 128 + 120, 1U << 30U)));
    CHECK(broken(with(kTable + 4 * 4, 900)));           // a sector beyond the file
    CHECK(broken(with(kTable + 4, 1)));                 // the directory never ends
    CHECK(broken(with(76, 900)));                       // the table is beyond the file
    CHECK(broken(with(76, 0xffffffff)));                // no table
    CHECK(broken(with(68, 900)));                       // more tables, beyond the file
    CHECK(broken(with_both(68, 2, 3 * 512 + 508, 2)));  // more tables, for ever
    CHECK(broken(with(30, 0x00060005)));                // sectors of 32 bytes
    CHECK(broken(with(30, 0x00060011)));                // sectors of 128 KiB
    CHECK(broken(with(30, 0x00030009)));                // small sectors of 8 bytes
    CHECK(broken(with(30, 0x000a0009)));                // small sectors larger than sectors
    CHECK(broken(with(68, (good.size() - 512) / 512) + std::string(300, '\0')));     // half a table
    CHECK(broken(with(kDirectory + 128 + 116, 200) + std::string(200 * 512, 'x')));  // no entry
    CHECK(broken(with_both(60, 2, kTable + 4 * 2, 900)));  // small sectors' table, astray
    CHECK(broken(with(48, 900)));                          // no directory
    CHECK(broken(with(kDirectory + 76, 900)));             // a child that is not there
    CHECK(broken(with(kDirectory + 128 + 68, 1)));         // a child that is its own sibling
    CHECK(broken(with(kDirectory + 64, 0x00010016)));      // no root
    CHECK(broken(with(60, 900)));                          // small sectors beyond the file
    CHECK(broken(with(kDirectory + 128 + 120, 40)));       // a small stream without small sectors
    CHECK(broken(good.substr(0, 511)));
    CHECK(broken(good.substr(0, 1030)));
    CHECK(broken(cfb_of("Other", "x")));
    CHECK_FALSE(CompoundFile::open(as_bytes("PK" + good.substr(2))).has_value());
    // A table that lists one sector twice adds nothing to what is known.
    CHECK(shown(xls(with(80, 0)).book) == "survey 1: type\n");
    // What is no stream is passed over, and then there is no workbook.
    CHECK(broken(with(kDirectory + 128 + 64, 0x00010000 | 18)));
}

TEST_CASE("a stream of an OLE2 file ends where its entry says, not with its last sector") {
    const std::string stream = xls_stream("", {{"survey", label(0, 0, "type")}});
    std::string bytes = cfb_of("Workbook", stream + std::string(8192, 'z'));
    std::string size;
    put_u32(size, 4100);  // of more than sixteen sectors eight and a bit
    bytes.replace(1024 + 128 + 120, 4, size);
    const auto file = CompoundFile::open(as_bytes(bytes));
    REQUIRE(file.has_value());
    CHECK(file->read("workbook")->size() == 4100);
    CHECK_FALSE(file->read("other").has_value());
}

TEST_CASE("small streams of an OLE2 file are read from the root's own") {
    // The workbook's sectors serve as the root's stream, in which small stream 0 is its beginning.
    const std::string stream = xls_stream("", {{"survey", label(0, 0, "type")}});
    std::string bytes = cfb_of("Workbook", stream);
    const auto put = [&](std::size_t at, std::size_t number) {
        std::string field;
        put_u32(field, number);
        bytes.replace(at, 4, field);
    };
    const std::size_t small_table = (bytes.size() - 512) / 512;
    put(60, small_table);
    put(512 + 4 * small_table, 0xfffffffe);
    put(1024 + 116, 2);
    put(1024 + 120, 4096);
    put(1024 + 128 + 116, 0);
    put(1024 + 128 + 120, stream.size());
    std::string table;
    for (std::size_t i = 0; i < 128; ++i) put_u32(table, i < 10 ? i + 1 : 0xfffffffe);
    CHECK(shown(xls(bytes + table).book) == "survey 1: type\n");
    table.replace(0, 2, words({900}));  // a small sector that is not there
    CHECK(xls(bytes + table).failed(DiagnosticCode::kWorkbookBroken));
}

// Text tables -------------------------------------------------------------------------------------

TEST_CASE("a form as CSV is told by its separators and read by pyxform's layout") {
    const std::string form =
        "\xef\xbb\xbfsurvey\r\n,type,name,label\r\n,select_one l,a,\"A, \"\"b\"\"\r\nc\"\r\n\r\n"
        ",,,\n,text, b ,B\rchoices,list_name,name,label\n,l,x,X\n,l,y,\"open\n";
    Diagnostics diagnostics;
    CHECK(sniff(as_bytes(form)) == FormFileKind::kCsv);
    CHECK(shown(read_csv(form.substr(3), {}, diagnostics)) ==
          "survey 1: type|name|label\nsurvey 2: select_one l|a|A, \"b\"\nc\nsurvey 3: text|b|B\n"
          "choices 1: list_name|name|label\nchoices 2: l|x|X\nchoices 3: l|y|open\n");
    const auto loaded = load(form);
    INFO(errors_of(loaded));
    CHECK(loaded.definition != nullptr);
    for (const char* separator : {";", "\t"}) {
        std::string other = "survey\n,type,name,label\n,text,a,\"A,b\"\n";
        other.erase(other.find("A,b") + 1, 1);
        for (auto at = other.find(','); at != std::string::npos; at = other.find(','))
            other.replace(at, 1, separator);
        CHECK(load(other).definition != nullptr);
    }
}

TEST_CASE("a text that is not in UTF-8 is refused with that reason") {
    const auto code = [](const std::string& text) { return load(text).diagnostics.at(0).code; };
    CHECK(code("survey\n,type,name,label\n,text,a,\xc7\n") == DiagnosticCode::kTextEncoding);
    CHECK(code(std::string("\xff\xfes\0,\0", 6)) == DiagnosticCode::kTextEncoding);
    CHECK(code(std::string("\xfe\xff\0s\0,", 6)) == DiagnosticCode::kTextEncoding);
    CHECK(code("| survey |\n| | \xff |") == DiagnosticCode::kTextEncoding);
    CHECK(code(std::string("a,b,c,d,e\0", 10)) == DiagnosticCode::kUnknownFile);
    CHECK(code("one,two\nthree,four\n") == DiagnosticCode::kUnknownFile);
}

TEST_CASE("Markdown may have rulers, remarks and bars in cells") {
    const std::string form =
        "# a form\n\n| survey | |\n| | type | name | label |\n|---|---|---|---|\nnot a row\n"
        "# | | text | no | No |\n|\n|  |  |  |\n"
        "  | | text | a | A \\| B | remark\n| choices | list_name | name |\n| | l | x\n";
    CHECK(sniff(as_bytes(form)) == FormFileKind::kMarkdown);
    Diagnostics diagnostics;
    CHECK(shown(read_markdown(form, {}, diagnostics)) ==
          "survey 1: type|name|label\nsurvey 2: text|a|A | B\nchoices 1: list_name|name\n"
          "choices 2: l\n");
    CHECK(sniff(as_bytes("# only a remark")) == FormFileKind::kUnknown);
    const std::string bars(100'000, '|');
    CHECK(read_markdown("| survey | a |\n| " + bars, {}, diagnostics).has_value());
    CHECK_FALSE(
        read_markdown("| survey | " + std::string(kCellBytesMax + 1, 'x') + " |", {}, diagnostics)
            .has_value());
    CHECK(diagnostics.back().where == Provenance{"survey", 1, ""});
}

TEST_CASE("a file's kind is told by its content") {
    const Parts survey = {
        {"survey", sheet_xml("<row>" + inline_cell("type") + inline_cell("name") +
                             inline_cell("label") + "</row><row>" + inline_cell("text") +
                             inline_cell("a") + inline_cell("A") + "</row>")}};
    CHECK(load(zip_of(xlsx_parts(survey))).definition != nullptr);
    const std::string cells = label(0, 0, "type") + label(0, 1, "name") + label(0, 2, "label") +
                              label(1, 0, "text") + label(1, 1, "a") + label(1, 2, "A");
    const std::string stream = xls_stream("", {{"survey", cells}});
    CHECK(load(stream).definition != nullptr);
    CHECK(load(cfb_of("Workbook", stream)).definition != nullptr);
    CHECK(load(cfb_of("Book", stream)).definition != nullptr);
    CHECK(sniff(as_bytes(zip_of({}))) == FormFileKind::kXlsx);
    CHECK(sniff(as_bytes(std::string("\x09\x04\x06\0", 4))) == FormFileKind::kUnknown);
}

TEST_CASE("a workbook holds so many cells and so much text") {
    Workbook book;
    CHECK(book.spend(kCellsMax, kWorkbookTextBytesMax));
    CHECK_FALSE(book.spend(1, 0));
    Workbook other;
    CHECK_FALSE(other.spend(1, kWorkbookTextBytesMax + 1));
}

TEST_CASE("lines of a CSV end in any way, inside of quotes in one") {
    Diagnostics diagnostics;
    CHECK(shown(read_csv("survey\r,a,\"b\r\nc\rd\ne\"\"f\"\r,1,2\r", {}, diagnostics)) ==
          "survey 1: a|b\nc\nd\ne\"f\nsurvey 2: 1|2\n");
    CHECK(shown(read_csv("survey\n,a,\"", {}, diagnostics)) == "survey 1: a\n");
    CHECK(shown(read_csv("survey\n,a,\"\"", {}, diagnostics)) == "survey 1: a\n");
    CHECK(shown(read_csv("survey,a,", {}, diagnostics)) == "survey 1: a\n");
    CHECK(shown(read_csv("", {}, diagnostics)).empty());
    CHECK(diagnostics.empty());
}

TEST_CASE("a CSV's record may have more fields than a sheet has columns") {
    Diagnostics diagnostics;
    const std::string wide(2 * SheetBuilder::kColumnsMax, ',');
    CHECK(shown(read_csv("survey\n,type\n,text" + wide + "x\n", {}, diagnostics))
              .starts_with("survey 1: type\nsurvey 2: text\n"));
    CHECK_FALSE(
        read_csv("survey\n,a," + std::string(kCellBytesMax + 1, 'x'), {}, diagnostics).has_value());
}

TEST_CASE("a text table has so many sheets, each read once") {
    Diagnostics diagnostics;
    std::string form = "survey\n,type\n";
    for (std::size_t i = 0; i < 2 * kSheetsMax; ++i) form += "s" + std::to_string(i) + "\n,x\n";
    const auto book = read_csv(form + "survey\n,again\n", {}, diagnostics);
    REQUIRE(book.has_value());
    CHECK(book->sheets.size() == kSheetsMax);
    CHECK(shown(read_csv("survey\n,a\nSURVEY\n,b\n", {}, diagnostics)) == "survey 1: a\n");
}

TEST_CASE("number formats that look like counted time or like dates and are not") {
    CHECK(number_format("[]0") == NumberFormat::kNumber);
    CHECK(number_format("[hhh]0") == NumberFormat::kNumber);
    CHECK(number_format("[hs]0") == NumberFormat::kNumber);
    CHECK(number_format("[open d") == NumberFormat::kDate);
    CHECK(built_in_format(13) == NumberFormat::kNumber);
    CHECK(built_in_format(22) == NumberFormat::kDate);
    CHECK(built_in_format(23) == NumberFormat::kNumber);
    CHECK(built_in_format(27) == NumberFormat::kDate);
    CHECK(built_in_format(45) == NumberFormat::kDate);
    CHECK(built_in_format(47) == NumberFormat::kDate);
    CHECK(built_in_format(50) == NumberFormat::kDate);
    CHECK(built_in_format(59) == NumberFormat::kNumber);
    CHECK_FALSE(serial_text(2'959'000, NumberFormat::kDate, {}).has_value());  // after 9999
}

TEST_CASE("only no-break spaces become spaces inside of a cell") {
    const auto tidied = [](std::string text) {
        tidy_cell(text);
        return text;
    };
    CHECK(tidied("a\u00a0b") == "a b");
    CHECK(tidied("a\u00a9b") == "a\u00a9b");
    CHECK(tidied("a\xc2") == "a\xc2");
    std::string out;
    append_utf8(0x110000, out);
    append_utf8(0xd800, out);
    append_utf8(0xe000, out);
    CHECK(out == "\ufffd\ufffd\ue000");
}

TEST_CASE("an .xls may say more than anybody reads: styles, formats, charts, empty cells") {
    std::string globals;
    for (int i = 0; i < 65'600; ++i) globals += record(0xe0, words({0, 0}));
    globals += record(0x41e, words({164}) + narrow("d")) + record(0x999, "other");
    const std::string cells = label(0, 0, "h") + record(0x201, words({1, 0, 0})) +
                              record(0x207, narrow("stray")) +
                              record(0x06, words({1, 0, 9, 3, 0, 0, 0xffff})) +
                              record(0xbd, words({1, 0, 0})) + label(1, 0, "v");
    CHECK(shown(xls(xls_stream(globals, {{"survey", cells}})).book) ==
          "survey 1: h\nsurvey 2: v\n");
    // Records of a chart that never ends, and one end too many.
    CHECK(xls(xls_stream("", {{"survey", record(0x809, words({0x600, 0x20}))}}))
              .failed(DiagnosticCode::kWorkbookBroken, {"survey", 0, ""}));
}

TEST_CASE("an OLE2 file's names are compared in any case, by what is ASCII in them") {
    const std::string stream = xls_stream("", {{"survey", label(0, 0, "type")}});
    CHECK(shown(xls(cfb_of("WORKBOOK", stream)).book) == "survey 1: type\n");
    CHECK(xls(cfb_of("Workb\xf6ok", stream)).failed(DiagnosticCode::kWorkbookBroken));
    CHECK(little_u16(as_bytes("ab"), 1) == 0);
    CHECK(little_u16(as_bytes("ab"), 9) == 0);
    CHECK(little_u32(as_bytes("abcd"), 1) == 0);
    CHECK(little_u32(as_bytes("abcd"), 9) == 0);
}
