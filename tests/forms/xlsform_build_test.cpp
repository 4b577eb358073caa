// From rows to an XForm: references, texts, selects, loops and lists, case by case.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/forms/written_forms.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

using Code = DiagnosticCode;

std::string survey(const std::vector<std::string>& rows) {
    return sheet("survey", rows);
}

LoadResult loaded(const std::string& form, MediaResolver media = {}) {
    LoadResult result = load(form, std::move(media));
    INFO(errors_of(result));
    REQUIRE(result.definition != nullptr);
    return result;
}

bool refused(const std::string& form, Code code, std::uint32_t row) {
    const LoadResult result = load(form);
    INFO(errors_of(result));
    CHECK(result.definition == nullptr);
    const Diagnostic* d = find(result, code);
    REQUIRE(d != nullptr);
    return d->where.row == row;
}

const std::string kList = sheet("choices", {"list_name | name | label", "l | x | X", "l | y | Y"});

}  // namespace

TEST_CASE("a reference inside a repeat is seen from its row, from outside it is all rows") {
    const std::string out =
        xform(survey({"type | name | label | calculation", "text | a | A | ",
                      "begin_repeat | r | R | ", "text | b | B | ", "begin_group | g | G | ",
                      "calculate | c | | concat(${a}, ${b}, ${d})", "text | d | D | ",
                      "end_group | | | ", "end_repeat | | | ", "calculate | all | | count(${b})",
                      "calculate | one | | indexed-repeat(${b}, ${r}, position(..))"}));
    CHECK(has(out, "calculate=\"concat( /data/a ,  ../../b ,  ../d )\""));
    CHECK(has(out, "calculate=\"count( /data/r/b )\""));
    CHECK(has(out, "calculate=\"indexed-repeat( /data/r/b ,  /data/r , position(..))\""));
}

TEST_CASE("quotes, brackets and calls around a reference don't change what it is") {
    const std::string out = xform(survey(
        {"type | name | label | calculation", "begin_repeat | r | R | ", "integer | i | I | ",
         "text | b | B | ", "calculate | c | | indexed-repeat(${b}, ${r}, ${i} + max(1, ${i}))",
         "calculate | q | | concat('a, b)', \"[x\", ${b})", "end_repeat | | | "}));
    CHECK(has(out, "indexed-repeat( /data/r/b ,  /data/r ,  ../i  + max(1,  ../i ))"));
    CHECK(has(out, "concat('a, b)', &quot;[x&quot;,  ../b )"));
}

TEST_CASE("labels hold outputs, and lookups in lists are outputs as well") {
    const std::string out = xform(
        survey({"type | name | label", "select_one l | s | S",
                "note | n | ${s}: instance('l')/root/item[name = ${s}]/label!",
                "note | m | (instance('l')/root/item[name = '(']/label) and instance( alone",
                "note | o | instance('l')", "note | p | instance('l')/root/item[name = 'x'"}) +
        kList);
    CHECK(has(out,
              "<output value=\" /data/s \"/>: <output value=\"instance('l')/root/item[name = "
              " /data/s ]/label\"/>!"));
    CHECK(has(out,
              "(<output value=\"instance('l')/root/item[name = '(']/label\"/>) and instance( "
              "alone"));
    CHECK(has(out, "<label>instance('l')</label>"));
    CHECK(has(out, "<label>instance('l')/root/item[name = 'x'</label>"));
}

TEST_CASE("the record's own id and what was saved last can be referred to") {
    const std::string out =
        xform(survey({"type | name | label | calculation | default",
                      "text | a | A | | ${last-saved#a}", "calculate | c | | ${instanceID} | "}));
    CHECK(has(out, "value=\" instance('__last-saved')/data/a \""));
    CHECK(has(out, "<instance id=\"__last-saved\" src=\"jr://instance/last-saved\"/>"));
}

TEST_CASE("in a loop a reference means the copy beside it, and outside none") {
    const auto form = [](const std::string& last) {
        return survey({"type | name | label | calculation", "begin loop over l | g | G | ",
                       "text | q | Q %(name)s | ", "calculate | c | | ${q}", "end loop | | | ",
                       last}) +
               kList;
    };
    CHECK(has(xform(form("text | t | T | ")), "calculate=\" /data/g/x/q \""));
    CHECK(refused(form("calculate | out | | ${q}"), Code::kAmbiguousReference, 6));
}

TEST_CASE("a loop's copies speak the choice's language, and show its pictures") {
    const std::string out = xform(
        survey({"type | name | label::A (ar) | label::B (en)", "begin loop over l | g | Ga | Gb",
                "text | q | a %(label)s | b %(label)s", "begin_group | h | h %(label)s | H",
                "integer | n | n | N", "end_group | | | ", "end loop | | | "}) +
        sheet("choices", {"list_name | name | label::A (ar) | label::B (en) | image",
                          "l | x | xa | xb | x.png", "l | y | | yb | ", "l | none | - | - | "}));
    CHECK(has(out, "<value>a xa</value>"));
    CHECK(has(out, "<value>b xb</value>"));
    CHECK(has(out, "<value>a yb</value>"));  // the label it has
    CHECK(has(out, "<value form=\"image\">jr://images/x.png</value>"));
    CHECK(has(out, "/data/g/y/h/n"));
    CHECK_FALSE(has(out, "/data/g/none"));
}

TEST_CASE("a loop's choices have names that questions can have") {
    CHECK(refused(survey({"type | name | label", "begin loop over l | g | G", "text | q | Q",
                          "end loop | | "}) +
                      sheet("choices", {"list_name | name | label", "l | a b | X"}),
                  Code::kBadName, 2));
}

TEST_CASE("pictures, sounds and films are looked for in their folders, unless addressed") {
    const std::string out =
        xform(survey({"type | name | label::A (ar) | image | audio | video | big-image",
                      "text | a | A | a.png | a.mp3 | a.mp4 | big.png",
                      "text | b | B | jr://images/own.png | | | "}));
    for (const char* address : {"jr://images/a.png", "jr://audio/a.mp3", "jr://video/a.mp4",
                                "jr://images/big.png", "jr://images/own.png"}) {
        CAPTURE(std::string(address));
        CHECK(has(out, ">" + std::string(address) + "</value>"));
    }
}

TEST_CASE("messages with references are texts, plain ones stay in the bind") {
    const std::string out = xform(survey(
        {"type | name | label | constraint | constraint_message | required | required_message",
         "text | a | A | . != 'x' | not ${a} | yes | Please"}));
    CHECK(has(out, "jr:constraintMsg=\"jr:itext('/data/a:jr:constraintMsg')\""));
    CHECK(has(out, "jr:requiredMsg=\"Please\""));
    CHECK(has(out, "<value>not <output value=\" /data/a \"/></value>"));
    const std::string app =
        xform(survey({"type | name | label | noAppErrorString", "text | a | A | Install it"}));
    CHECK(has(app, "jr:noAppErrorString=\"Install it\""));
}

TEST_CASE("languages have codes, and the default one is among them") {
    const auto codes = [](const std::string& language) {
        const LoadResult result =
            loaded(survey({"type | name | label::" + language, "text | a | A"}));
        return find(result, Code::kLanguageCode) == nullptr;
    };
    for (const char* good : {"Arabic (ar)", "Sorani (ckb)", "English (en-GB)"}) CHECK(codes(good));
    for (const char* bad : {"Arabic", "Arabic (ar", "Arabic (a)", "Arabic (arab)", "Arabic (AR)"})
        CHECK_FALSE(codes(bad));
    const LoadResult other = loaded(survey({"type | name | label::Arabic (ar)", "text | a | A"}) +
                                    sheet("settings", {"default_language", "Arabik (ar)"}));
    REQUIRE(find(other, Code::kUnknownLanguage) != nullptr);
    CHECK(find(other, Code::kUnknownLanguage)->hint == "Arabic (ar)");
    CHECK(other.definition->languages().front().name == "Arabic (ar)");
}

TEST_CASE("marks bring their namespace, unless the form brings its own") {
    const std::string rows =
        survey({"type | name | label | bind::awda:purpose", "text | a | A | w"});
    const std::string once = xform(rows);
    CHECK(has(once, "xmlns:awda=\"urn:awda:xforms:1\""));
    const std::string own =
        xform(rows + sheet("settings", {"namespaces", "awda=\"urn:awda:xforms:1\""}));
    CHECK(own.find("xmlns:awda=") == own.rfind("xmlns:awda="));
}

TEST_CASE("a choice has a list and a name, is there once, and needs a label") {
    const auto form = [](const std::vector<std::string>& rows, const std::string& settings = "") {
        return survey({"type | name | label", "select_one l | a | A"}) + sheet("choices", rows) +
               settings;
    };
    CHECK(refused(form({"name | label", "x | X"}), Code::kColumnMissing, 1));
    CHECK(refused(form({"list_name | label", "l | X"}), Code::kColumnMissing, 1));
    CHECK(refused(form({"list_name | name | label", "l | | X"}), Code::kChoiceWithoutName, 2));
    const std::vector<std::string> twice{"list_name | name | label", "l | x | X", "l | x | Y"};
    CHECK(refused(form(twice), Code::kDuplicateChoice, 3));
    loaded(form(twice, sheet("settings", {"allow_choice_duplicates", "yes"})));
    // A row without a list is a remark, a cell without a header nothing.
    const LoadResult remark =
        loaded(form({"list_name | name | label | | more", "l | x | X | z | m", " | y | Y | | "}));
    CHECK(Fill(remark.definition).session.choices("a")->size() == 1);
}

TEST_CASE("another choice is offered in the list's languages, once") {
    const auto choices = [](const std::vector<std::string>& rows) {
        const LoadResult result =
            loaded(survey({"type | name | label", "select_one l or_other | a | A"}) +
                   sheet("choices", rows));
        const ChoicesPtr offered = Fill(result.definition).session.choices("a");
        std::string out;
        for (const Choice& c : *offered) out += c.value + "=" + c.label + ";";
        return out;
    };
    CHECK(choices({"list_name | name | label", "l | x | X"}) == "x=X;other=Other;");
    CHECK(choices({"list_name | name | label", "l | x | X", "l | other | Else"}) ==
          "x=X;other=Else;");
    CHECK(choices({"list_name | name | label::A (ar)", "l | x | X"}) == "x=X;other=Other;");
}

TEST_CASE("labels of choices may hold outputs, and pictures") {
    const std::string out =
        xform(survey({"type | name | label", "text | t | T", "select_one l | a | A"}) +
              sheet("choices", {"list_name | name | label | media::image", "l | x | Is ${t} | ",
                                "l | y | | y.png"}));
    CHECK(has(out, "<text id=\"l-0\"><value>Is <output value=\" /data/t \"/></value></text>"));
    CHECK(has(out, "<text id=\"l-1\"><value form=\"image\">jr://images/y.png</value>"));
    CHECK(has(out, "<item><itextId>l-0</itextId><name>x</name></item>"));
}

TEST_CASE("choices come out of a repeat's rows only") {
    const auto form = [](const std::string& last) {
        return survey({"type | name | label", "text | t | T", "begin_repeat | r | R",
                       "text | who | W", "end_repeat | | ", last});
    };
    CHECK(has(xform(form("select_one ${who} | a | A")), "nodeset=\"/data/r[./who != '']\""));
    CHECK(refused(form("select_one ${t} | a | A"), Code::kUnknownList, 6));
    CHECK(refused(form("select_one ${nobody} | a | A"), Code::kUnknownReference, 6));
}

TEST_CASE("choices are shuffled, with a seed or without, and files have columns of their own") {
    const auto form = [](const std::string& type, const std::string& parameters) {
        return survey({"type | name | label | parameters", "integer | n | N | ",
                       type + " | a | A | " + parameters}) +
               kList;
    };
    CHECK(has(xform(form("select_one l", "randomize=true")),
              "nodeset=\"randomize(instance('l')/root/item)\""));
    CHECK(has(xform(form("select_one l", "randomize=true seed=${n}")),
              "nodeset=\"randomize(instance('l')/root/item,  /data/n )\""));
    CHECK(
        has(xform(form("select_one l", "randomize=false")), "nodeset=\"instance('l')/root/item\""));
    CHECK(has(xform(form("select_one_from_file p.csv", "value=code label=title")),
              "<value ref=\"code\"/><label ref=\"title\"/>"));
    CHECK(has(xform(form("select_multiple_from_file p.geojson", "")),
              "<value ref=\"id\"/><label ref=\"title\"/>"));
    CHECK(has(xform(form("rank l", "")), "<odk:rank ref=\"/data/a\">"));
}

TEST_CASE("a map is drawn over a list, a file, an entity list or a repeat that is there") {
    const auto form = [](const std::string& geometry, const std::string& filter = "") {
        return survey({"type | name | label | parameters | choice_filter",
                       "csv-external | f | | | ", "begin_repeat | r | R | | ",
                       "geopoint | geometry | G | | ", "end_repeat | | | | ",
                       "geopoint | a | A | reference-geometry=" + geometry + " | " + filter}) +
               sheet("choices", {"list_name | name | label | geometry", "l | x | X | 1 2 0 0"}) +
               sheet("entities", {"list_name | label", "trees | T"});
    };
    CHECK(has(xform(form("l")), "<itemset nodeset=\"instance('l')/root/item\">"));
    CHECK(has(xform(form("f", "x = 1")), "nodeset=\"instance('f')/root/item[x = 1]\""));
    CHECK(has(xform(form("${r}")), "nodeset=\"/data/r[./geometry != '']\""));
    CHECK(
        has(xform(form("${r}", "${geometry} != 'x'")), "nodeset=\"/data/r[ ./geometry  != 'x']\""));
    for (const char* nowhere : {"zebra", "${a}", "${zebra}", "${r", "${r}s"}) {
        CAPTURE(std::string(nowhere));
        CHECK(refused(form(nowhere), Code::kReferenceGeometry, 6));
    }
}

TEST_CASE("a range's labels come from a list, and are numbers") {
    const auto form = [](const std::string& name) {
        return survey({"type | name | label | parameters",
                       "range | a | A | start=0 tick_labelset=t"}) +
               sheet("choices",
                     {"list_name | name | label", "t | 0 | none", "t | " + name + " | x"});
    };
    CHECK(has(xform(form("10")), "<itemset nodeset=\"instance('t')/root/item\">"));
    CHECK(refused(form("many"), Code::kTickNumber, 2));
}

TEST_CASE("how many rows a repeat has is a question's answer or a node of its own") {
    const auto form = [](const std::string& count) {
        return xform(survey({"type | name | label | repeat_count", "integer | n | N | ",
                             "begin_repeat | r | R | " + count, "text | a | A | ",
                             "begin_repeat | s | S | ${n} + 1", "text | b | B | ",
                             "end_repeat | | | ", "end_repeat | | | "}));
    };
    const std::string plain = form("${n}");
    CHECK(has(plain, "<repeat nodeset=\"/data/r\" jr:count=\" /data/n \">"));
    CHECK(has(plain, "jr:count=\" ../s_count \""));
    CHECK(has(plain, "<bind nodeset=\"/data/r/s_count\" type=\"string\" readonly=\"true()\""));
    CHECK(has(form("3"), "jr:count=\" /data/r_count \""));
}

TEST_CASE("OpenStreetMap tags have a list and a name, and the first of their labels") {
    const std::string out =
        xform(survey({"type | name | label", "osm b | a | A", "osm gone | c | C"}) +
              sheet("osm", {"list name | name | label | label::A (ar)", "b | levels | Levels | x",
                            "b | | nameless | ", " | listless | L | "}));
    CHECK(has(out, "<tag key=\"levels\"><label>Levels</label></tag></upload>"));
    CHECK_FALSE(has(out, "nameless"));
    CHECK_FALSE(has(out, "listless"));
}

TEST_CASE("pulldata() names its file in quotes, wherever it stands") {
    const LoadResult result = loaded(
        survey({"type | name | label | relevant | calculation", "text | k | K | | ",
                "begin_group | g | G | pulldata('one', 'a', 'b', ${k}) = 1 | ",
                "calculate | c | | | concat('pulldata(', pulldata(\"two\", 'a', 'b', ${k}))",
                "end_group | | | | ", "calculate | d | | | pulldata(${k}, 'a', 'b', ${k})"}));
    const std::string out = write_xform(*result.definition);
    CHECK(has(out, "<instance id=\"one\" src=\"jr://file-csv/one.csv\"/>"));
    CHECK(has(out, "<instance id=\"two\" src=\"jr://file-csv/two.csv\"/>"));
}

TEST_CASE("a file beside the form that can't be read is refused") {
    const LoadResult result =
        load(survey({"type | name | label", "select_one_from_file p.csv | a | A"}),
             [](std::string_view) { return std::optional<std::string>("a\n\"open"); });
    CHECK(result.definition == nullptr);
    CHECK(find(result, Code::kMediaBroken) != nullptr);
}

TEST_CASE("a record may have an id of its own kind, and a name") {
    const std::string out = xform(
        survey({"type | name | label", "text | a | A"}) +
        sheet("settings", {"instance_id | instance_name", "other | concat(${a}, \u201cx\u201d)"}));
    CHECK(has(out, "jr:preload=\"other\""));
    CHECK(has(out,
              "<bind nodeset=\"/data/meta/instanceName\" type=\"string\" "
              "calculate=\"concat( /data/a , &quot;x&quot;)\""));
}

TEST_CASE("a loop over choices without labels has copies without them") {
    const std::string out = xform(survey({"type | name | label", "begin loop over l | g | G",
                                          "text | q | Of [%(label)s]", "end loop | | "}) +
                                  sheet("choices", {"list_name | name", "l | x", "l | y"}));
    CHECK(has(out, "<label>Of []</label>"));
    CHECK(has(out, "/data/g/x/q"));
    CHECK(has(out, "/data/g/y/q"));
}

TEST_CASE("loops make so many copies of questions and no more, and it is told once") {
    std::vector<std::string> rows{"type | name | label", "begin loop over l | g | G"};
    for (int i = 0; i < 101; ++i) rows.push_back("text | q" + std::to_string(i) + " | Q");
    rows.emplace_back("end loop | | ");
    std::vector<std::string> choices{"list_name | name | label"};
    for (int i = 0; i < 1000; ++i) choices.push_back("l | c" + std::to_string(i) + " | C");
    const LoadResult result = load(survey(rows) + sheet("choices", choices));
    CHECK(result.definition == nullptr);
    CHECK(std::count_if(result.diagnostics.begin(), result.diagnostics.end(),
                        [](const auto& d) { return d.code == Code::kTooManyNodes; }) == 1);
}

TEST_CASE("what nobody answers triggers nothing, unless it is shown") {
    const auto form = [](const std::string& label, const std::string& trigger) {
        return survey({"type | name | label | hint | calculation | trigger", "text | a | A | | | ",
                       "text | seen | " + label + " | | ${a} | " + trigger,
                       "text | b | B | | 'x' | ${seen}"});
    };
    CHECK(refused(form("", ""), Code::kUnseenTrigger, 4));
    CHECK(refused(form("", "${a}"), Code::kUnseenTrigger, 4));
    CHECK(loaded(form("Seen", "")).definition != nullptr);
    CHECK(loaded(form(" | As a hint", "")).definition != nullptr);
}

TEST_CASE("a choice has a picture in each language") {
    const std::string out = xform(
        survey({"type | name | label::A (ar) | label::B (en)", "select_one l | s | Sa | Sb"}) +
        sheet("choices", {"list_name | name | label::A (ar) | label::B (en) | image::A (ar) | "
                          "image::B (en) | audio",
                          "l | x | xa | xb | a.png | b.png | x.mp3"}));
    for (const char* part : {">jr://images/a.png<", ">jr://images/b.png<", ">jr://audio/x.mp3<"})
        CHECK(has(out, part));
}

TEST_CASE("cells of choices and questions are left as they are where the form asks for it") {
    const auto form = [](const std::string& setting) {
        return xform(survey({"type | name | label", "select_one l | s | \u201cS\u201d"}) +
                     sheet("choices", {"list_name | name | label", "l | x | \u2018X\u2019"}) +
                     sheet("settings", {"clean_text_values", setting}));
    };
    CHECK(has(form("no"), "\u2018X\u2019"));
    CHECK(has(form("False()"), "\u201cS\u201d"));
    CHECK_FALSE(has(form("yes"), "\u2018X\u2019"));
}

TEST_CASE("a list with a blank in a name is told of once, whoever selects several of it") {
    const LoadResult result = load(
        survey({"type | name | label", "select_multiple l | a | A", "select_multiple l | b | B",
                "select_one l or_other | c | C", "select_one l or_other | d | D"}) +
        sheet("choices", {"list_name | name | label", "l | x y | X", "l | z | Z"}));
    CHECK(result.definition == nullptr);
    CHECK(std::count_if(result.diagnostics.begin(), result.diagnostics.end(),
                        [](const auto& d) { return d.code == Code::kChoiceNameSpace; }) == 1);
}

TEST_CASE("sheets may be there without any row, and rows without any list") {
    const std::string form = survey({"type | name | label", "text | a | A"});
    CHECK(loaded(form + "| external_choices |\n| osm |\n| settings |\n").definition != nullptr);
    CHECK(loaded(form + sheet("settings", {"form_id"})).definition->settings().form_id == "data");
    CHECK(loaded(form + sheet("settings", {"form_id | | title", " | x | T"}))
              .definition->settings()
              .title == "T");
    const std::string external =
        sheet("external_choices", {"name | list_name", "short", "x | ", "y | towns", "z | towns"});
    const std::string select =
        survey({"type | name | label | choice_filter", "select_one_external towns | t | T | a=1"});
    CHECK(loaded(select + external).definition != nullptr);
}

TEST_CASE("an OpenStreetMap tag's first label counts, and what it has besides does not") {
    const std::string out = xform(
        survey({"type | name | label", "osm tags | o | O"}) +
        sheet("osm", {"list_name | name | label | label::B (en) | note",
                      "tags | building | Building | House | x", "tags | | None | | ", "short"}));
    CHECK(has(out, "<tag key=\"building\"><label>Building</label>"));
    CHECK_FALSE(has(out, "House"));
}

TEST_CASE("choices come from GeoJSON files, and from files that a question names") {
    const std::string geo =
        xform(survey({"type | name | label", "select_one_from_file places.geojson | p | P"}));
    CHECK(has(geo, "src=\"jr://file/places.geojson\""));
    const LoadResult named = load(
        survey({"type | name | label", "text | f | F", "select_one_from_file ${f}.csv | p | P"}));
    CHECK(find(named, Code::kFileKind) == nullptr);
}

TEST_CASE("a select that is computed and has no text is computed only") {
    const std::string out =
        xform(survey({"type | name | label | calculation", "select_one l | s | | 'x'",
                      "select_one l | t | T | 'y'", "acknowledge | k | OK | "}) +
              kList);
    CHECK_FALSE(has(out, "<select1 ref=\"/data/s\""));
    CHECK(has(out, "calculate=\"'x'\""));
    CHECK(has(out, "<select1 ref=\"/data/t\""));
    CHECK(has(out, "<trigger ref=\"/data/k\""));
}

TEST_CASE("a note is read-only unless it says otherwise, and a type may be overridden") {
    const std::string out =
        xform(survey({"type | name | label | read_only | bind::type", "note | n | N | | ",
                      "note | m | M | No | ", "text | t | T | | int"}));
    CHECK(has(out, "nodeset=\"/data/n\" type=\"string\" readonly=\"true()\""));
    CHECK(has(out, "nodeset=\"/data/m\" type=\"string\" readonly=\"false()\""));
    CHECK(has(out, "nodeset=\"/data/t\" type=\"int\""));
}

TEST_CASE("yes and no in a cell are expressions") {
    for (const char* yes : {"yes", "TRUE", "true()"})
        CHECK(has(
            xform(survey({"type | name | label | required", "text | a | A | " + std::string(yes)})),
            "required=\"true()\""));
    for (const char* no : {"no", "False", "false()"})
        CHECK(has(
            xform(survey({"type | name | label | required", "text | a | A | " + std::string(no)})),
            "required=\"false()\""));
}

TEST_CASE("groups and repeats have binds for what they say, also if it is only a mark") {
    const std::string out = xform(survey(
        {"type | name | label | relevant | read_only | constraint | bind::odk:length",
         "begin_group | r | R | | yes | | ", "text | a | A | | | | ", "end_group | | | | | | ",
         "begin_group | o | O | | | | 7", "text | b | B | | | | ", "end_group | | | | | | ",
         "begin_repeat | c | C | | | 1 = 1 | ", "text | d | D | | | | ", "end_repeat | | | | | | ",
         "begin_group | n | N | | | | ", "text | e | E | | | | ", "end_group | | | | | | "}));
    CHECK(has(out, "nodeset=\"/data/r\" readonly=\"true()\""));
    CHECK(has(out, "nodeset=\"/data/o\" odk:length=\"7\""));
    CHECK(has(out, "nodeset=\"/data/c\" constraint=\"1 = 1\""));
    CHECK_FALSE(has(out, "nodeset=\"/data/n\""));
}

TEST_CASE("a lookup in a label ends with its path") {
    const auto label = [](const std::string& text) {
        const std::string out = xform(
            survey({"type | name | label", "select_one l | s | S", "note | n | " + text}) + kList);
        const auto from = out.find("<input ref=\"/data/n\"");
        const auto start = out.find("<label>", from) + 7;
        return out.substr(start, out.find("</label>", start) - start);
    };
    const std::string lookup = "instance('l')/root/item[name = 'x' and (1 + 1) = 2]/label";
    const std::string output = "<output value=\"" + lookup + "\"/>";
    CHECK(label("A " + lookup) == "A " + output);
    CHECK(label("(" + lookup + ")") == "(" + output + ")");
    CHECK(label(lookup + ", B") == output + ", B");
    const std::string names = "instance('l')/root/item/label_2-a";
    CHECK(label(names) == "<output value=\"" + names + "\"/>");
    CHECK(label("instance(x) is no lookup") == "instance(x) is no lookup");
    CHECK(label("instance(x)") == "instance(x)");
    CHECK(label("(instance(x))") == "(instance(x))");
    CHECK(label("instance('l') / root [ never closed") == "instance('l') / root [ never closed");
}

TEST_CASE("pulldata() without a file in quotes names none") {
    const auto out = xform(survey({"type | name | label | calculation", "text | a | A | ",
                                   "calculate | c | | pulldata(${a}, 'x', 'y', 'z')",
                                   "calculate | d | | pulldata(\"towns\", 'x', 'y', 'z')"}));
    CHECK(has(out, "src=\"jr://file-csv/towns.csv\""));
    CHECK(out.find("file-csv") == out.rfind("file-csv"));
}

TEST_CASE("names that are there twice are told of by both rows, in counts and in capitals") {
    CHECK(refused(survey({"type | name | label | repeat_count", "begin_repeat | r | R | 1 + 1",
                          "text | a | A | ", "end_repeat | | | ", "text | r_count | C | "}),
                  Code::kDuplicateName, 2));
    CHECK(refused(survey({"type | name | label", "text | a | A", "text | a | B"}),
                  Code::kDuplicateName, 3));
}

TEST_CASE("a list that is only searched is not written, and may not be there") {
    const std::string out = xform(
        survey({"type | name | label | appearance", "select_one l | s | S | search('towns')"}) +
        sheet("choices", {"list_name | name | label", "l | key | town"}));
    CHECK_FALSE(has(out, "<instance id=\"l\""));
    CHECK(refused(
        survey({"type | name | label | appearance", "select_one gone | s | S | search('towns')"}) +
            kList,
        Code::kUnknownList, 2));
}
