// The shapes of lists in XML and GeoJSON: which are tables, which trees, which nothing.
#include <doctest/doctest.h>

#include "forms/secondary.h"
#include "tests/forms/forms_fixture.h"

namespace awda::forms::test {
namespace {

struct Read {
    StringPool names;
    ModelInstance instance;
    Status outcome;

    Read(std::string_view name, std::string_view content)
        : outcome(read_instance_file(name, content, names, instance)) {}
    /// "table a|b", "tree" or "nothing".
    [[nodiscard]] std::string shape() const {
        if (!outcome.ok()) return "refused";
        if (instance.tree != nullptr) return "tree";
        if (instance.table == nullptr) return "nothing";
        std::string out = "table ";
        for (std::size_t i = 0; i < instance.table->columns(); ++i)
            out.append(i == 0 ? "" : "|").append(instance.table->column_text(i));
        return out;
    }
    [[nodiscard]] std::string cells(std::uint32_t row) const {
        std::string out;
        for (std::uint32_t i = 0; i < instance.table->columns(); ++i)
            out.append(i == 0 ? "" : "|").append(instance.table->at(row, i));
        return out;
    }
};

std::string shape(const std::string& inside) {
    return Read("a.xml", "<root>" + inside + "</root>").shape();
}

std::string features(const std::string& list, const std::string& before = {}) {
    return "{\"type\": \"FeatureCollection\", " + before + "\"features\": [" + list + "]}";
}

std::string geometry(const std::string& json) {
    const Read read("a.geojson", features(R"({"type": "Feature", "geometry": )" + json + "}"));
    REQUIRE(read.outcome.ok());
    return read.cells(0);
}

}  // namespace

TEST_CASE("a list of equal items with plain cells is a table, whatever stands between them") {
    CHECK(shape("<item><name>a</name><label/></item> \n <!-- c --><item><label>B</label></item>") ==
          "table name|label");
    CHECK(Read("a.xml",
               "<p:root xmlns:p='u'><p:item xmlns:q='v'><p:name>a</p:name></p:item>"
               "</p:root>")
              .shape() == "table name");
    const Read pieces("a.xml",
                      "<root><item><name>a<![CDATA[<b>]]>c</name><label><!-- none --></label>"
                      "</item><item><label>L<!-- x -->M</label></item></root>");
    REQUIRE(pieces.shape() == "table name|label");
    CHECK(pieces.cells(0).starts_with("a<b>c|"));
    CHECK_FALSE(pieces.instance.table->has(1, 0));
}

TEST_CASE("a list of any other shape is a tree") {
    const std::string item = "<item><name>a</name></item>";
    CHECK(shape(item + "<other><name>a</name></other>") == "tree");
    CHECK(shape(item + "<item x='1'/>") == "tree");
    CHECK(shape("<item><name x='1'>a</name></item>") == "tree");
    CHECK(shape("<item>text<name>a</name></item>") == "tree");
    CHECK(shape("<item><name><b/></name></item>") == "tree");
    CHECK(shape("<item><name>a<b/></name></item>") == "tree");
    CHECK(shape("<item><name>a</name><name>b</name></item>") == "tree");
    CHECK(shape("") == "tree");
    CHECK(Read("a.xml", "<root x='1'>" + item + "</root>").shape() == "tree");
    std::string wide;
    for (std::size_t i = 0; i <= TableInstance::kColumnsMax; ++i)
        wide += "<c" + std::to_string(i) + "/>";
    CHECK(shape("<item>" + wide + "</item>") == "tree");
}

TEST_CASE("a tree beside the form is nested so deep and no deeper") {
    std::string deep;
    for (std::size_t i = 0; i < kNestingMax + 1; ++i) deep += "<a x='1'>";
    for (std::size_t i = 0; i < kNestingMax + 1; ++i) deep += "</a>";
    const Read read("a.xml", deep);
    REQUIRE_FALSE(read.outcome.ok());
    CHECK(read.outcome.error().code == Errc::kTooLarge);
    CHECK(Read("a.xml", "<!-- nothing -->").shape() != "table ");
}

TEST_CASE("a geometry that is not of its kind is blank") {
    CHECK(geometry(R"({"type": "Point", "coordinates": [44, 33.5]})") == "33.5 44 0 0");
    for (const char* odd :
         {R"({"type": "Point", "coordinates": {"a": 1}})", R"({"type": "Point"})",
          R"({"type": "Point", "coordinates": [1]})",
          R"({"type": "Point", "coordinates": [1, "x"]})",
          R"({"type": "Polygon", "coordinates": 5})", R"({"type": "Polygon", "coordinates": [7]})",
          R"({"type": 7})", R"({})", "[]"}) {
        CAPTURE(std::string(odd));
        CHECK(geometry(odd).empty());
    }
}

TEST_CASE("kinds of geometry that have no place are named once each, and only so many") {
    std::string list;
    for (int i = 0; i < 50; ++i) {
        list += std::string(i == 0 ? "" : ",") + R"({"type": "Feature", "geometry": {"type": "K)" +
                std::to_string(i / 2) + "\"}}";
    }
    const Read read("a.json", features(list));
    REQUIRE(read.outcome.ok());
    CHECK(read.instance.notes.size() == 20);
    CHECK(read.instance.notes.front().first == DiagnosticCode::kGeometryKind);
}

TEST_CASE("brackets in a file's texts are no nesting") {
    const std::string open(500, '[');
    const Read read(
        "a.json",
        features(R"({"type": "Feature", "id": null, "properties": {"p": "\")" + open + R"("}})",
                 R"("name": "]]}", )"));
    REQUIRE_MESSAGE(read.outcome.ok(), "brackets");
    CHECK(read.cells(0) == "|\"" + open);
    CHECK_FALSE(Read("a.json", "]]}" + features("")).outcome.ok());
}

TEST_CASE("a feature's own geometry and id count before properties of those names") {
    const Read read("a.json", features(R"({"type": "Feature", "id": "own", "geometry": null,
        "properties": {"geometry": "g", "id": "other", "n": 5, "deep": {"a": [1]}}})"));
    REQUIRE(read.outcome.ok());
    CHECK(read.shape() == "table geometry|deep|id|n");
    CHECK(read.cells(0) == "|{\"a\":[1]}|own|5");
    CHECK(Read("a.json", features("[1]")).shape() == "refused");
    CHECK(Read("a.json", features(R"("x")")).shape() == "refused");
}

TEST_CASE("a file's name is what stands behind the last slash of its address") {
    CHECK(media_name("jr://file-csv/places.csv") == "places.csv");
    CHECK(media_name("places.csv") == "places.csv");
    CHECK(media_name("jr://file/").empty());
}

}  // namespace awda::forms::test
