// Loading: a file's kind by its content, what is refused before it is read, and how much is told.
#include "forms/load.h"

#include <doctest/doctest.h>

#include "forms/form_cache.h"
#include "tests/fakes/temp_folder.h"
#include "tests/forms/forms_fixture.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

FormFileKind kind(const std::string& text) {
    return sniff(as_bytes(text));
}

constexpr std::string_view kForm = "| survey |\n| | type | name | label |\n| | text | a | A |\n";

}  // namespace

TEST_CASE("a file's kind is told by how it begins") {
    const std::string mark = "\xef\xbb\xbf";
    CHECK(kind(" \n<h:html/>") == FormFileKind::kXForm);
    CHECK(kind(mark + "<h:html/>") == FormFileKind::kXForm);
    CHECK(kind(mark + std::string(kForm)) == FormFileKind::kMarkdown);
    CHECK(kind("# one remark\n\n# another\n| survey |") == FormFileKind::kMarkdown);
    CHECK(kind("# nothing but remarks\n#") == FormFileKind::kUnknown);
    CHECK(kind("a;b;c;d;e") == FormFileKind::kCsv);
    CHECK(kind("a\tb\tc\td\te") == FormFileKind::kCsv);
    CHECK(kind("a,b;c\td,e") == FormFileKind::kUnknown);  // too few of each
    CHECK(kind("") == FormFileKind::kUnknown);
    CHECK(kind("PK\x05\x06") == FormFileKind::kXlsx);
}

TEST_CASE("an .xls without a compound file begins with its first record") {
    using namespace std::string_literals;
    CHECK(kind("\x09\x08\x10\0more"s) == FormFileKind::kXls);
    CHECK(kind("\x09\0\4\0more"s) == FormFileKind::kXls);
    CHECK(kind("\x09\x08\x10\0"s) == FormFileKind::kUnknown);
    CHECK(kind("\x09\x10\x10\0more"s) == FormFileKind::kUnknown);
    CHECK(kind("\x09\x08\x10\1more"s) == FormFileKind::kUnknown);
    CHECK(kind("\x08\x08\x10\0more"s) == FormFileKind::kUnknown);
}

TEST_CASE("a file of too many bytes is refused unread") {
    LoadOptions options;
    options.file_name = "huge.xml";
    const LoadResult result = load_form(Bytes(kFormFileBytesMax + 1, '<'), options);
    CHECK(result.definition == nullptr);
    REQUIRE(result.diagnostics.size() == 1);
    CHECK(result.diagnostics[0].code == DiagnosticCode::kWorkbookTooLarge);
    CHECK(result.diagnostics[0].args == std::vector<std::string>{"huge.xml"});
}

TEST_CASE("an XForm that is not in UTF-8 is refused with that reason") {
    const LoadResult result = load("<h:html>\xff</h:html>");
    CHECK(result.definition == nullptr);
    REQUIRE(result.diagnostics.size() == 1);
    CHECK(result.diagnostics[0].code == DiagnosticCode::kXmlBroken);
    CHECK(result.diagnostics[0].args.at(0) == "UTF-8");
}

TEST_CASE("a text table that is too large is no form") {
    const std::string cell(kCellBytesMax + 1, 'x');
    CHECK(load("survey\n,type,name,label," + cell + "\n").definition == nullptr);
    CHECK(load("| survey |\n| | " + cell + " |\n").definition == nullptr);
}

TEST_CASE("a form that reads and does not compile is refused, and kept in no cache") {
    // Known only when expressions are looked at: a circle.
    const std::string form =
        "| survey |\n| | type | name | label | calculation |\n| | text | q | Q | |\n"
        "| | calculate | a | | ${b} + 1 |\n| | calculate | b | | ${a} + 1 |\n";
    fakes::TempFolder folder;
    const FormCache cache(folder.path());
    LoadOptions options;
    options.cache = &cache;
    for (int time = 0; time < 2; ++time) {  // read, then from the cache
        const LoadResult result = load_form(as_bytes(form), options);
        CHECK(result.definition == nullptr);
        CHECK(has_errors(result.diagnostics));
    }
}

TEST_CASE("a form that names files loads through the cache without anybody to give them") {
    fakes::TempFolder folder;
    const FormCache cache(folder.path());
    LoadOptions options;
    options.cache = &cache;
    const std::string form =
        "| survey |\n| | type | name | label |\n| | select_one_from_file p.csv | p | P |\n";
    for (int time = 0; time < 2; ++time) {
        const LoadResult result = load_form(as_bytes(form), options);
        CHECK(result.definition != nullptr);
        REQUIRE(result.diagnostics.size() == 1);
        CHECK(result.diagnostics[0].code == DiagnosticCode::kMediaMissing);
    }
}

TEST_CASE("so many diagnostics are told, and no more, by every reader") {
    std::string rows;
    std::string binds;
    std::string selects;
    for (std::size_t i = 0; i < kDiagnosticsMax + 100; ++i) {
        const std::string n = std::to_string(i);
        rows += "| | nothing | a" + n + " | A |\n";
        binds += "<bind nodeset=\"/data/gone" + n + "\"/>";
        selects += "<select1 ref=\"/data/a\" appearance=\"search('f" + n +
                   "')\"><item><label>L</label><value>v</value></item></select1>";
    }
    const auto told = [](const LoadResult& result) { return result.diagnostics.size(); };
    CHECK(told(load("| survey |\n| | type | name | label |\n" + rows)) == kDiagnosticsMax);
    const auto xform = [](const std::string& model, const std::string& body) {
        return "<h:html xmlns=\"http://www.w3.org/2002/xforms\" xmlns:h=\"http://www.w3.org/1999/"
               "xhtml\"><h:head><model><instance><data id=\"t\"><a/></data></instance>" +
               model + "</model></h:head><h:body>" + body + "</h:body></h:html>";
    };
    CHECK(told(load(xform(binds, "<input ref=\"/data/a\"/>"))) <= kDiagnosticsMax);
    CHECK(told(load(xform("", selects))) == kDiagnosticsMax);
    std::string instances;
    for (std::size_t i = 0; i < kDiagnosticsMax + 100; ++i)
        instances += "<instance id=\"i" + std::to_string(i) + "\" src=\"jr://file/x.csv\"/>";
    CHECK(told(load(xform(instances, "<input ref=\"/data/a\"/>"))) == kDiagnosticsMax);
}
