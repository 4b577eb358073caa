// Lists in files: CSV, GeoJSON, XML, itemsets.csv, search() and pulldata().
#include "forms/secondary.h"

#include <doctest/doctest.h>

#include <chrono>

#include "tests/forms/forms_fixture.h"

namespace awda::forms::test {
namespace {

struct Read {
    StringPool names;
    ModelInstance instance;
    Status outcome;

    Read(std::string_view name, std::string_view content)
        : outcome(read_instance_file(name, content, names, instance)) {}
    [[nodiscard]] std::string cell(std::uint32_t row, std::string_view column) const {
        const std::uint32_t at = instance.table->find_column(names.find(column));
        return at == TableInstance::kNoColumn ? "(no column)"
                                              : std::string(instance.table->at(row, at));
    }
    [[nodiscard]] Errc code() const {
        return outcome.ok() ? Errc::kInternal : outcome.error().code;
    }
};

TEST_CASE("CSV is read as people write it") {
    const Read plain("A.CSV",
                     "\xef\xbb\xbfname,label\r\na,\"A, \"\"one\"\"\"\r\n\r\nb,\"two\nlines\"");
    REQUIRE(plain.outcome.ok());
    CHECK(plain.instance.table->rows() == 2);
    CHECK(plain.cell(0, "label") == "A, \"one\"");
    CHECK(plain.cell(1, "label") == "two\nlines");

    const Read lfcr("a.csv", "name,label\n\ra,A\n\rb,B\n\r");
    CHECK(lfcr.instance.table->rows() == 2);
    CHECK(lfcr.cell(1, "label") == "B");
    const Read old("a.csv", "name\ra\rb");
    CHECK(old.instance.table->rows() == 2);

    const Read semicolons("a.csv", "name;\"a,b,c\";x\n1;2,5;3\n");
    CHECK(semicolons.instance.table->columns() == 3);
    CHECK(semicolons.cell(0, "a_b_c") == "2,5");

    const Read ragged("a.csv", "name,label,extra\na\nb,B,x,too,many\n");
    CHECK(ragged.cell(0, "extra").empty());
    CHECK(ragged.instance.table->has(0, 2));
    CHECK(ragged.cell(1, "extra") == "x");

    const Read headings("a.csv", "name,,my label,1st,name\na,b,c,d,e\n");
    REQUIRE(headings.outcome.ok());
    CHECK(headings.instance.table->columns() == 3);
    CHECK(headings.cell(0, "name") == "a");
    CHECK(headings.cell(0, "my_label") == "c");
    CHECK(headings.cell(0, "_1st") == "d");
    REQUIRE(headings.instance.notes.size() == 1);
    CHECK(headings.instance.notes[0].first == DiagnosticCode::kColumnTwice);
    CHECK(headings.instance.notes[0].second == "name");

    CHECK(Read("a.csv", "").instance.table->rows() == 0);
    CHECK(Read("a.csv", "name\n").instance.table->rows() == 0);
    CHECK(Read("a.csv", "name\n\"open").code() == Errc::kMalformed);
    CHECK(Read("a.csv", "name\n\xe4\n").code() == Errc::kMalformed);
    CHECK(Read("a.csv", std::string(2000, ',')).code() == Errc::kMalformed);
}

TEST_CASE("GeoJSON features become rows with ODK's geometry") {
    const Read geo("Places.GeoJSON", R"({"type": "FeatureCollection", "crs": {"a": [[1]]},
      "features": [
       {"type": "Feature", "id": "fs87b", "geometry":
        {"type": "Point", "coordinates": [102.5, 0.5]},
        "properties": {"name": "My cool point", "n": 1.50, "ok": true, "none": null,
                       "list": [1, {"a": 2}], "geometry": "mine", "a b": "c"}},
       {"type": "Feature", "id": 67, "properties": {"id": "own"},
        "geometry": {"type": "LineString", "coordinates": [[1, 2], [3, 4, 99]]}},
       {"type": "Feature", "properties": null,
        "geometry": {"type": "Polygon", 
          "coordinates": [[[0, 0], [0, 1], [1, 1], [0, 0]], [[5, 5]]]}},
       {"type": "Feature", "geometry": null},
       {"type": "Feature", "geometry": {"type": "MultiPoint", "coordinates": [[1, 2]]}},
       {"type": "Feature", "geometry": {"type": "MultiPoint"}},
       {"type": "Feature", "geometry": {"type": "Point", "coordinates": ["x", 1]}},
       {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": []}},
       {"type": "Feature", "geometry": {"type": "LineString", "coordinates": 5}},
       {"type": "Feature", "geometry": 7}
      ]})");
    REQUIRE(geo.outcome.ok());
    REQUIRE(geo.instance.table->rows() == 10);
    CHECK(geo.cell(0, "geometry") == "0.5 102.5 0 0");
    CHECK(geo.cell(0, "id") == "fs87b");
    CHECK(geo.cell(0, "name") == "My cool point");
    CHECK(geo.cell(0, "n") == "1.5");
    CHECK(geo.cell(0, "ok") == "true");
    CHECK(geo.cell(0, "none").empty());
    CHECK(geo.cell(0, "list") == "[1,{\"a\":2}]");
    CHECK(geo.cell(0, "a_b") == "c");
    CHECK(geo.cell(1, "geometry") == "2 1 0 0; 4 3 0 0");
    CHECK(geo.cell(1, "id") == "67");
    CHECK(geo.cell(2, "geometry") == "0 0 0 0; 1 0 0 0; 1 1 0 0; 0 0 0 0");
    for (std::uint32_t row = 3; row < 10; ++row) CHECK(geo.cell(row, "geometry").empty());
    REQUIRE(geo.instance.notes.size() == 1);
    CHECK(geo.instance.notes[0].second == "MultiPoint");
}

TEST_CASE("what is no collection of features is refused, however deep it is") {
    for (const char* bad : {"", "[]", "{", "{}", R"({"type": "FeatureCollection"})",
                            R"({"type": "Feature", "features": []})", R"({"features": []})",
                            R"({"type": "FeatureCollection", "features": {}})",
                            R"({"type": "FeatureCollection", "features": [1]})",
                            R"({"type": "FeatureCollection", "features": [{"type": "Point"}]})",
                            R"({"type": 7, "features": [{"type": 5}]})"}) {
        CHECK_MESSAGE(Read("a.geojson", bad).code() == Errc::kMalformed, bad);
    }
    CHECK(Read("a.geojson", R"({"type": "FeatureCollection", "features": []})").outcome.ok());
    const std::string open(1'000'000, '[');
    CHECK(Read("a.json", open).code() == Errc::kMalformed);
    CHECK(Read("a.json", R"({"type": "FeatureCollection", "features": [{"type": "Feature",
        "properties": {"deep": )" +
                             std::string(500, '[') + std::string(500, ']') + "}}]}")
              .code() == Errc::kMalformed);
    std::string many = R"({"type": "FeatureCollection", "features": [)";
    for (int i = 0; i < 1100; ++i) {
        many += (i == 0 ? "" : ",") + std::string(R"({"type":"Feature","properties":{"p)") +
                std::to_string(i) + R"(":1}})";
    }
    CHECK(Read("a.json", many + "]}").code() == Errc::kTooLarge);
}

TEST_CASE("XML is a table where it can be, else a tree") {
    const Read table("a.xml",
                     "<root><item><name>a</name></item><item><name>b</name></item></root>");
    REQUIRE(table.instance.table != nullptr);
    CHECK(table.instance.table->rows() == 2);
    const Read tree("a.xml", "<root><item x='1'><name>a</name></item></root>");
    CHECK(tree.instance.table == nullptr);
    CHECK(tree.instance.tree != nullptr);
    CHECK(Read("a.xml", "<root").code() == Errc::kMalformed);
    CHECK(Read("a.xml", std::string(257U << 20U, ' ')).code() == Errc::kTooLarge);
}

TEST_CASE("a quarter of a million rows load in time and memory") {
    std::string csv = "name,label,district,governorate\n";
    for (int i = 0; i < 250'000; ++i) {
        csv += "v" + std::to_string(i) + ",Village " + std::to_string(i) + ",d" +
               std::to_string(i / 100) + ",g" + std::to_string(i / 20'000) + "\n";
    }
    const auto begin = std::chrono::steady_clock::now();
    const Read read("villages.csv", csv);
    const double ms =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
    REQUIRE(read.outcome.ok());
    CHECK(read.instance.table->rows() == 250'000);
    MESSAGE("250,000 rows of CSV: " << ms << " ms");
    CHECK(ms < 5'000);
}

std::string external_form(const std::string& controls, const std::string& model = "") {
    return R"x(<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
 xmlns:jr="http://openrosa.org/javarosa"><h:head><h:title>T</h:title><model>
 <itext><translation lang="English" default="true()"><text id="x"><value>label</value>
   <value form="image">jr://images/picture</value></text></translation>
   <translation lang="Arabic (ar)"><text id="x"><value>label</value></text></translation></itext>
 <instance><data id="t"><state/><city/><p/></data></instance>)x" +
           model + "</model></h:head><h:body><input ref=\"/data/state\"/>" + controls +
           "</h:body></h:html>";
}

MediaResolver files(const std::string& wanted, const std::string& content) {
    return [=](std::string_view name) {
        return name == wanted ? std::optional<std::string>(content) : std::nullopt;
    };
}

std::string values(const Session& session, const std::string& ref) {
    std::string out;
    const ChoicesPtr choices = session.choices(ref);
    if (choices == nullptr) return "(none)";
    for (const Choice& choice : *choices) out += choice.value + "=" + choice.label + ";";
    return out;
}

constexpr std::string_view kItemsets =
    "list_name,name,label,label::Arabic (ar),state\n"
    "states,tx,Texas,,\n"
    "cities,dal,Dallas,دالاس,tx\n"
    "cities,hou,Houston,,tx\n"
    "cities,ftw,Fort,,wa\n";

TEST_CASE("select_one_external offers its list from itemsets.csv, filtered, in the language") {
    const std::string xml = external_form(
        R"x(<input query="instance('cities')/root/item[state= /data/state ]" ref="/data/city"/>)x");
    const auto form = load(xml, files("itemsets.csv", std::string(kItemsets)));
    REQUIRE_MESSAGE(form.definition, errors_of(form));
    CHECK(form.diagnostics.empty());
    CHECK(form.definition->find_question("city")->type == QuestionType::kSelectOne);
    Fill fill(form.definition);
    CHECK(values(fill.session, "city").empty());
    REQUIRE(fill.session.answer("state", "tx").ok());
    CHECK(values(fill.session, "city") == "dal=Dallas;hou=Houston;");
    fill.session.set_language("ar");
    CHECK(values(fill.session, "city") == "dal=دالاس;hou=Houston;");
    REQUIRE(fill.session.answer("city", "hou").ok());
    CHECK(fill.session.validate().empty());
    REQUIRE(fill.session.answer("state", "wa").ok());
    CHECK(fill.session.value("city").empty());
    // The form as written names no such list.
    const std::string written = write_xform(*form.definition);
    CHECK(written.find("query=") != std::string::npos);
    CHECK(written.find("itemset") == std::string::npos);
    CHECK(written.find("id=\"cities\"") == std::string::npos);
}

TEST_CASE("a list whose file is missing is warned of and takes any answer") {
    const std::string xml =
        external_form(R"x(<input query="instance('cities')/root/item" ref="/data/city"/>)x");
    const auto form = load(xml);
    REQUIRE_MESSAGE(form.definition, errors_of(form));
    REQUIRE(form.diagnostics.size() == 1);
    CHECK(form.diagnostics[0].code == DiagnosticCode::kMediaMissing);
    Fill fill(form.definition);
    CHECK(values(fill.session, "city").empty());
    REQUIRE(fill.session.answer("city", "somewhere").ok());
    CHECK(fill.session.validate().empty());

    const auto broken = load(xml, files("itemsets.csv", "a\n\"open"));
    REQUIRE(broken.definition);
    CHECK(broken.diagnostics[0].code == DiagnosticCode::kMediaBroken);

    const auto csv = load(external_form(R"x(<select1 ref="/data/city"><itemset
        nodeset="instance('c')/root/item"><value ref="name"/><label ref="label"/></itemset>
        </select1>)x",
                                        "<instance id='c' src='jr://file-csv/c.csv'/>"));
    REQUIRE_MESSAGE(csv.definition, errors_of(csv));
    Fill second(csv.definition);
    CHECK(second.session.choices("city")->empty());
    REQUIRE(second.session.answer("city", "any").ok());
    CHECK(second.session.validate().empty());

    const auto twice = load(external_form("", "<instance id='c' src='jr://file-csv/c.csv'/>"),
                            files("c.csv", "a,b,a\n1,2,3\n"));
    REQUIRE(twice.definition);
    REQUIRE(twice.diagnostics.size() == 1);
    CHECK(render(twice.diagnostics[0], Language::kEnglish).find("'c.csv' has the column 'a'") !=
          std::string::npos);
}

std::string search_form(const std::string& appearance) {
    return external_form("<select1 ref=\"/data/city\" appearance=\"minimal " + appearance +
                         R"x("><item><label ref="jr:itext('x')"/><value>Code</value></item>
        <item><label>Other</label><value>-9</value></item></select1>)x");
}

constexpr std::string_view kFruits =
    "code,label,state,picture,sortby\n"
    "a,Apple,tx,a.png,3\n"
    "b,Banana,wa,,1\n"
    "a,Apple again,tx,,4\n"
    "c,Citrus Apple,tx,,2\n"
    ",nothing,tx,,5\n"
    "d,Date,tx,,\n";

TEST_CASE("search() takes its choices from a file, by the columns that the choices name") {
    const auto choices = [&](const std::string& appearance, const std::string& state = "") {
        const auto form = load(search_form(appearance), files("fruits.csv", std::string(kFruits)));
        REQUIRE_MESSAGE(form.definition, errors_of(form));
        CHECK_MESSAGE(form.diagnostics.empty(), appearance);
        Fill fill(form.definition);
        if (!state.empty()) REQUIRE(fill.session.answer("state", state).ok());
        return values(fill.session, "city");
    };
    CHECK(choices("search('fruits')") == "b=Banana;c=Citrus Apple;a=Apple;d=Date;-9=Other;");
    CHECK(choices("search('fruits.csv')") == choices("search('fruits')"));
    CHECK(choices("search('fruits', 'contains', 'label', 'APP')") ==
          "c=Citrus Apple;a=Apple;-9=Other;");
    CHECK(choices("search('fruits', 'startswith', 'label', 'app')") == "a=Apple;-9=Other;");
    CHECK(choices("search('fruits', 'endsWith', 'Label', 'apple')") ==
          "c=Citrus Apple;a=Apple;-9=Other;");
    CHECK(choices("search('fruits', 'matches', 'label, code', 'B')") == "b=Banana;-9=Other;");
    CHECK(choices("search('fruits', 'matches', 'state', /data/state)", "wa") ==
          "b=Banana;-9=Other;");
    CHECK(choices("search('fruits', 'contains', 'label', 'an', 'state', ../state)", "wa") ==
          "b=Banana;-9=Other;");
    CHECK(choices("search('fruits', 'contains', '', '', 'state', ./../state)", "wa") ==
          "b=Banana;-9=Other;");
    CHECK(choices("search('fruits', 'contains', 'label', concat('a', ','))") == "-9=Other;");
}

TEST_CASE("a searched answer is checked and follows what the search reads") {
    const auto form = load(search_form("search('fruits', 'matches', 'state', /data/state)"),
                           files("fruits.csv", std::string(kFruits)));
    REQUIRE_MESSAGE(form.definition, errors_of(form));
    Fill fill(form.definition);
    REQUIRE(fill.session.answer("state", "tx").ok());
    const ChoicesPtr choices = fill.session.choices("city");
    REQUIRE(choices->size() == 4);
    CHECK((*choices)[1].media.image == "jr://images/a.png");
    REQUIRE(fill.session.answer("city", "a").ok());
    CHECK(fill.session.validate().empty());
    REQUIRE(fill.session.answer("city", "Code").ok());
    CHECK(fill.session.validate().size() == 1);
    REQUIRE(fill.session.answer("city", "c").ok());
    REQUIRE(fill.session.answer("state", "wa").ok());
    CHECK(fill.session.value("city").empty());
    REQUIRE(fill.session.answer("city", "-9").ok());
    REQUIRE(fill.session.answer("state", "tx").ok());
    CHECK(fill.session.value("city") == "-9");
    const std::string written = write_xform(*form.definition);
    CHECK(written.find("<value>Code</value>") != std::string::npos);
    CHECK(written.find("fruits\"") == std::string::npos);
}

TEST_CASE("a search that can't work is warned of, and the choices stay as written") {
    for (const char* appearance :
         {"search(/data/state)", "search('fruits', 'contains')", "search('fruits'",
          "search('fruits', 'contains', 'colour', 'x')",
          "search('fruits', 'contains', 'label', 'x', 'colour', 'y')", "search('nofile')"}) {
        const auto form = load(search_form(appearance), files("fruits.csv", std::string(kFruits)));
        REQUIRE_MESSAGE(form.definition, errors_of(form));
        CHECK_MESSAGE(form.diagnostics.size() == 1, appearance);
        Fill fill(form.definition);
        CHECK(values(fill.session, "city") == "Code=label;-9=Other;");
    }
}

TEST_CASE("labels of several columns name the further ones") {
    const auto form =
        load(external_form(R"x(<select1 ref="/data/city" appearance="search('f')"><item>
          <label>label, state</label><value>code</value></item></select1>)x"),
             files("f.csv", std::string(kFruits)));
    REQUIRE_MESSAGE(form.definition, errors_of(form));
    Fill fill(form.definition);
    CHECK((*fill.session.choices("city"))[0].label == "Banana (state: wa)");
}

TEST_CASE("pulldata() looks into a file that no instance names") {
    const auto form = load(external_form("",
                                         R"x(<bind nodeset="/data/p"
          calculate="pulldata('fruits.csv', 'label', 'code', /data/state)"/>)x"),
                           files("fruits.csv", std::string(kFruits)));
    REQUIRE_MESSAGE(form.definition, errors_of(form));
    CHECK(form.diagnostics.empty());
    Fill fill(form.definition);
    REQUIRE(fill.session.answer("state", "c").ok());
    CHECK(fill.session.value("p") == "Citrus Apple");
    REQUIRE(fill.session.answer("state", "z").ok());
    CHECK(fill.session.value("p").empty());
}

}  // namespace
}  // namespace awda::forms::test
