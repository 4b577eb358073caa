// How lint reads what is out of the ordinary: odd paths, odd lists, texts that nothing shows.
#include <doctest/doctest.h>

#include "forms/lint.h"
#include "tests/forms/written_forms.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

/// What the findings of one code say, one a line: "survey 3 relevant age: [argument]…".
std::string told(const std::string& form, LintCode code, MediaResolver media = {},
                 const LintOptions& options = {}) {
    const LoadResult loaded = load(form, std::move(media));
    INFO(errors_of(loaded));
    REQUIRE(loaded.definition != nullptr);
    std::string out;
    for (const LintFinding& finding : lint(*loaded.definition, options)) {
        if (finding.code != code) continue;
        out += finding.where.sheet + " " + std::to_string(finding.where.row) + " " +
               finding.where.column + " " + finding.path + ":";
        for (const std::string& arg : finding.args) out += " [" + arg + "]";
        out += "\n";
    }
    return out;
}

const std::string kLists =
    sheet("choices", {"list_name | name | label | up", "gov | b | Baghdad | ",
                      "gov | n | Nineveh | ", "dist | k | Karkh | b", "dist | z | Zakho | d"});

std::string filtered(const std::string& filter) {
    return sheet("survey", {"type | name | label | choice_filter", "select_one gov | g | G | ",
                            "select_one_from_file gone.csv | f | F | ",
                            "select_one dist | d | D | " + filter}) +
           kLists;
}

}  // namespace

TEST_CASE("what nothing shows may hold any expression, and is passed over") {
    const std::string form = xform_of(
        "<a/>",
        "<itext><translation lang=\"e\"><text id=\"x\"><value>X</value></text><text id=\"unused\">"
        "<value><output value=\"selected(/data/a)\"/><output value=\"not()\"/><output "
        "value=\"instance()/root/item[selected(1)]\"/><output value=\"1 +\"/></value></text>"
        "</translation></itext>",
        "<input ref=\"/data/a\"><label ref=\"jr:itext('x')\"/></input>");
    CHECK(told(form, LintCode::kNotInList).empty());
}

TEST_CASE("paths that leave the record, or are not told from the text, lead nowhere") {
    for (const char* path :
         {"/nothing/a", "/data/gone", "/data/../data/../../a", "/data/*", "../../../a",
          "instance(/data/a)/root/item/x", "instance('gone')/root/item[x = 1]", "(/data/a)[1]",
          "/data/a/preceding-sibling::a", "/data/text()", "/*/a/.."}) {
        CAPTURE(std::string(path));
        const LoadResult loaded = load(
            xform_of("<a/><c/>",
                     "<bind nodeset=\"/data/c\" calculate=\"string(" + std::string(path) + ")\"/>",
                     "<input ref=\"/data/a\"/>"));
        if (loaded.definition == nullptr) continue;  // refused, which is as well
        for (const LintFinding& finding : lint(*loaded.definition)) {
            CHECK(finding.code != LintCode::kRowsTimesRows);
            CHECK(finding.code != LintCode::kOwnRelevance);
        }
    }
}

TEST_CASE("a row is picked by its number, however that is written") {
    const auto form = [](const std::string& predicate) {
        return sheet(
            "survey",
            {"type | name | label | calculation", "begin_repeat | r | R | ", "integer | n | N | ",
             "calculate | c | | /data/r[" + predicate + "]/n + 1", "end_repeat | | | "});
    };
    for (const char* one : {"1", "position() = 2", "2 = position()"})
        CHECK(told(form(one), LintCode::kRowsTimesRows).empty());
    for (const char* all :
         {"n = 2", "position() != 2", "position() = 1 = 1", "1 + 1", "1][n = 2"}) {
        CAPTURE(std::string(all));
        CHECK_FALSE(told(form(all), LintCode::kRowsTimesRows).empty());
    }
}

TEST_CASE("only a column that is held against a question of the form keeps choices out") {
    const std::string one = "choices 0 up : [dist] [1] [z] [up] [d]\n";
    CHECK(told(filtered("up = ${g}"), LintCode::kNeverOffered) == one);
    for (const char* filter :
         {"* = ${g}", "@up = ${g}", "up/x = ${g}", "up = instance('gov')/root/item/name",
          "up = ${f}", "up = /data/gone", "1 = ${g}", "up = ${g} = 1"}) {
        CAPTURE(std::string(filter));
        const LoadResult loaded = load(filtered(filter));
        if (loaded.definition == nullptr) continue;
        CHECK(told(filtered(filter), LintCode::kNeverOffered).empty());
    }
}

TEST_CASE("lists without rows, labels or values say nothing") {
    const std::string select =
        "<select1 ref=\"/data/a\"><itemset nodeset=\"instance('l')/root/item[up = "
        "/data/b]\"><value "
        "ref=\"name\"/></itemset></select1><input ref=\"/data/b\"/>";
    const std::string from_file = "<instance id=\"l\" src=\"jr://file-csv/l.csv\"/>";
    const auto rows = [](const std::string& csv) {
        return [csv](std::string_view) { return std::optional<std::string>(csv); };
    };
    for (const std::string csv : {"name,up\n", "name,up\nx,y\n", "other,up\nx,y\n"}) {
        CAPTURE(csv);
        const std::string form = xform_of("<a/><b/>", from_file, select);
        CHECK(told(form, LintCode::kNeverOffered, rows(csv)).empty());
        CHECK(told(form, LintCode::kDuplicateLabel, rows(csv)).empty());
    }
    CHECK(told(xform_of("<a/><b/>", from_file, select), LintCode::kNeverOffered).empty());
    const std::string tree =
        "<instance id=\"l\"><root><item x=\"1\"><name>a</name></item></root>"
        "</instance>";
    CHECK(told(xform_of("<a/><b/>", tree, select), LintCode::kNeverOffered).empty());
}

TEST_CASE("a list's labels are compared as they are shown, and one choice with itself never") {
    const auto form = [](const std::string& first, const std::string& second) {
        return xform_of(
            "<a/>",
            "<itext><translation lang=\"e\"><text id=\"x\"><value form=\"long\">" + first +
                "</value><value form=\"short\">S</value></text><text id=\"y\"><value>" + second +
                "</value></text></translation></itext><instance id=\"l\"><root><item><itextId>x"
                "</itextId><name>1</name></item><item><itextId>y</itextId><name>2</name></item>"
                "<item><itextId>gone</itextId><name>3</name></item></root></instance>",
            "<odk:rank xmlns:odk=\"http://www.opendatakit.org/xforms\" ref=\"/data/a\"><itemset "
            "nodeset=\"instance('l')/root/item\"><value ref=\"name\"/><label "
            "ref=\"jr:itext(itextId)\"/></itemset></odk:rank>");
    };
    CHECK(told(form("Same", "Same"), LintCode::kDuplicateLabel) == " 0  : [l] [1] [2] [Same]\n");
    CHECK(told(form("One", "Two"), LintCode::kDuplicateLabel).empty());
    CHECK(told(form("-", "-"), LintCode::kDuplicateLabel).empty());
    CHECK(told(form("<output value=\"1\"/>", "<output value=\"1\"/>"), LintCode::kDuplicateLabel)
              .empty());
    const std::string twice =
        sheet("survey", {"type | name | label", "select_one l | a | A"}) +
        sheet("choices", {"list_name | name | label", "l | x | Same", "l | x | Same"}) +
        sheet("settings", {"allow_choice_duplicates", "yes"});
    CHECK(told(twice, LintCode::kDuplicateLabel).empty());
}

TEST_CASE("bounds and choices that leave nothing are told of, those that touch are not") {
    const auto said = [](const std::string& relevant) {
        return !told(sheet("survey",
                           {"type | name | label | relevant", "integer | age | Age | ",
                            "select_multiple gov | m | M | ", "text | t | T | " + relevant}) +
                         kLists,
                     LintCode::kContradiction)
                    .empty();
    };
    for (const char* never :
         {"${age} = 7 and ${age} < 6", "${age} = 7 and ${age} <= 6", "${age} = 5 and ${age} > 6",
          "${age} = 5 and ${age} >= 6", "${age} = '' and selected(${age}, 'x')",
          "${age} > 6 and ${age} <= 6", "${age} >= 7 and ${age} < 7"}) {
        CAPTURE(std::string(never));
        CHECK(said(never));
    }
    for (const char* maybe :
         {"${age} = 5 and ${age} < 6", "${age} = 6 and ${age} <= 6", "${age} = 7 and ${age} > 6",
          "${age} = 6 and ${age} >= 6", "${m} = 'b' and not(selected(${m}, 'n'))",
          "not(selected(${m}, 'b')) and not(selected(${m}, 'n'))", "${age} < 6 and ${age} < 7",
          "not(selected(${m}, 'b')) and selected(${m}, 'n')", "${age} != 5 and ${age} != 6",
          "${age} != 5 and ${age} < 6", "${age} + 0 and ${age} = 5", "5 = 5 = ${age}"}) {
        CAPTURE(std::string(maybe));
        CHECK_FALSE(said(maybe));
    }
}

TEST_CASE("a condition of very many terms is read as far as an author would write one") {
    std::string many = "${age} = 1";
    for (int i = 0; i < 150; ++i) many += " and ${age} != " + std::to_string(i + 5);
    many += " and ${age} = 2";
    CHECK(told(sheet("survey", {"type | name | label | relevant", "integer | age | Age | ",
                                "text | t | T | " + many}),
               LintCode::kContradiction)
              .empty());
}

TEST_CASE("a group may depend on how many rows it holds, and on a row by its number") {
    const auto own = [](const std::string& relevant) {
        return told(
            sheet("survey", {"type | name | label | relevant", "begin_group | g | G | " + relevant,
                             "begin_repeat | r | R | ", "integer | n | N | ", "end_repeat | | | ",
                             "end_group | | | "}),
            LintCode::kOwnRelevance);
    };
    CHECK(own("sum(${n}) > 3").empty());
    CHECK(own("/data/g/r[1]/n > 3").empty());
}

TEST_CASE("a group without a node of its own has texts in every language, or is told of") {
    const auto form = [](const std::string& second) {
        return xform_of("<a/>",
                        "<itext><translation lang=\"e\"><text id=\"x\"><value>E</value></text>"
                        "<text id=\"y\"><value>Y</value><value form=\"guidance\">G</value></text>"
                        "</translation><translation lang=\"f\">" +
                            second + "</translation></itext>",
                        "<group><label ref=\"jr:itext('x')\"/><input ref=\"/data/a\"><hint "
                        "ref=\"jr:itext('y')\"/></input></group>");
    };
    CHECK(told(form("<text id=\"x\"><value/></text>"), LintCode::kMissingTranslation) ==
          "body 1  : [x] [label] [f]\nbody 1 /data/a a: [a] [hint] [f]\n"
          "body 1 /data/a a: [a] [guidance_hint] [f]\n");
    CHECK(
        told(form("<text id=\"x\"><value> <output value=\"1\"/></value></text><text id=\"y\">"
                  "<value><output value=\"1\"/></value><value form=\"guidance\"> </value></text>"),
             LintCode::kMissingTranslation) == "body 1 /data/a a: [a] [guidance_hint] [f]\n");
}

TEST_CASE("pictures of hints are looked for, whatever else a text holds is not") {
    LintOptions options;
    options.has_media = [](std::string_view) { return false; };
    const std::string form = xform_of(
        "<a/>",
        "<itext><translation lang=\"e\"><text id=\"x\"><value>jr:// <output value=\"1\"/></value>"
        "<value form=\"image\">jr://images/h.png</value></text></translation></itext>",
        "<input ref=\"/data/a\"><hint ref=\"jr:itext('x')\"/></input>");
    CHECK(told(form, LintCode::kMissingMedia, {}, options) == "body 1 /data/a a: [h.png]\n");
}
