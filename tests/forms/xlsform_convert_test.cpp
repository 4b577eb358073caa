// What XLSForm's features become in the XForm.
#include <doctest/doctest.h>

#include "tests/forms/written_forms.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

std::size_t count(const std::string& text, std::string_view part) {
    std::size_t out = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++out;
    return out;
}

}  // namespace

TEST_CASE("the spellings of older forms mean what they meant") {
    const std::string out = xform(R"(
| survey |                             |      |       |                |
|        | type                        | name | label | hint           |
|        | add text prompt             | t    | T     |                |
|        | q int                       | i    | I     |                |
|        | phone number                | p    | P     |                |
|        | percentage                  | pc   | PC    |                |
|        | number of days in last year | d    | D     | Count holidays |
|        | get start time              | st   |       |                |
|        | gps                         | g    | G     |                |
|        | add note prompt             | n    | N     |                |
|        | begin looped group          | r    | R     |                |
|        | q string                    | s    | S     |                |
|        | end looped group            |      |       |                |
)");
    CHECK(has(out, R"x(nodeset="/data/t" type="string")x"));
    CHECK(has(out, R"x(nodeset="/data/i" type="int")x"));
    CHECK(has(out, R"x(nodeset="/data/p" type="string" constraint="regex(., '^\d*$')")x"));
    CHECK(has(out, "<hint>Enter numbers only.</hint>"));
    CHECK(has(out, R"x(type="int" constraint="0 &lt;= . and . &lt;= 100")x"));
    CHECK(has(out, "<hint>Count holidays</hint>"));
    CHECK_FALSE(has(out, "0-365"));
    CHECK(has(out, R"x(jr:preload="timestamp" jr:preloadParams="start")x"));
    CHECK(has(out, R"x(nodeset="/data/g" type="geopoint")x"));
    CHECK(has(out, R"x(nodeset="/data/n" type="string" readonly="true()")x"));
    CHECK(has(out, R"x(<repeat nodeset="/data/r">)x"));
}

TEST_CASE("a form's settings may stand as rows of the survey") {
    const LoadResult result = load(R"(
| survey |                |           |       |
|        | type           | name      | label |
|        | set_form_title | The camp  |       |
|        | set_form_id    | camp-2026 |       |
|        | text           | a         | A     |
)");
    INFO(errors_of(result));
    REQUIRE(result.definition != nullptr);
    CHECK(result.definition->settings().form_id == "camp-2026");
    CHECK(has(write_xform(*result.definition), "<h:title>The camp</h:title>"));
}

TEST_CASE("a loop asks its questions once for each choice") {
    const std::string out = xform(R"(
| survey  |                          |       |                        |              |
|         | type                     | name  | label                  | relevant     |
|         | select_multiple kinds or_other | have | Have              |              |
|         | begin loop over kinds    | each  | Each                   |              |
|         | integer                  | many  | How many %(label)s?    |              |
|         | text                     | which | Which %(name)s is it?  | ${many} > 0  |
|         | end loop                 |       |                        |              |
| choices |                          |       |       |
|         | list_name                | name  | label |
|         | kinds                    | tent  | Tents |
|         | kinds                    | none  | None  |
|         | kinds                    | house | Houses |
)");
    CHECK(has(out,
              "<each><tent><many/><which/></tent><house><many/><which/></house>"
              "<other><many/><which/></other></each>"));
    CHECK(has(out, "<label>How many Tents?</label>"));
    CHECK(has(out, "<label>Which house is it?</label>"));
    for (const std::string at : {"/data/each/tent/", "/data/each/house/"}) {
        CHECK(has(out, "nodeset=\"" + at + "which\" type=\"string\" relevant=\" " + at +
                           "many  &gt; 0\""));
    }
    CHECK(load(out).definition != nullptr);
}

TEST_CASE("a group shown as a table has a note and a row of labels") {
    const std::string out = xform(R"(
| survey  |              |      |         |      |                    |
|         | type         | name | label   | hint | appearance         |
|         | begin_group  | g    | Opinion | Tick | table-list minimal |
|         | select_one l | a    | A       |      |                    |
|         | select_one l | b    | B       |      |                    |
|         | end_group    |      |         |      |                    |
|         | select_one l | c    | C       |      |                    |
| choices |              |      |         |
|         | list_name    | name | label   |
|         | l            | x    | X       |
)");
    CHECK(has(out, R"x(<group ref="/data/g" appearance="field-list minimal"><input)x"));
    CHECK(has(out,
              "<input ref=\"/data/g/generated_table_list_label_2\">"
              "<label>Opinion</label><hint>Tick</hint>"));
    CHECK(has(
        out,
        R"x(<select1 ref="/data/g/reserved_name_for_field_list_labels_3" appearance="label">)x"));
    CHECK(has(out, R"x(<select1 ref="/data/g/a" appearance="list-nolabel">)x"));
    CHECK(has(out, R"x(<select1 ref="/data/g/b" appearance="list-nolabel">)x"));
    CHECK(has(out, R"x(<select1 ref="/data/c">)x"));
    CHECK(count(out, "reserved_name") == 3);  // node, bind, control
}

TEST_CASE("what is recorded in the background is told by actions") {
    const std::string out = xform(R"(
| survey |                     |       |       |         |                |             |
|        | type                | name  | label | trigger | parameters     | calculation |
|        | integer             | a     | A     |         |                |             |
|        | background-audio    | sound |       |         | quality=low    |             |
|        | start-geopoint      | first |       |         |                |             |
|        | background-geopoint | place |       | ${a}    |                |             |
|        | calculate           | twice |       | ${a}    |                | ${a} * 2    |
)");
    CHECK(has(
        out,
        R"x(<odk:recordaudio ref="/data/sound" event="odk-instance-load" odk:quality="low"/>)x"));
    CHECK(has(out, R"x(<odk:setgeopoint ref="/data/first" event="odk-instance-first-load"/>)x"));
    const auto value = out.find(R"x(<setvalue ref="/data/twice" event="xforms-value-changed")x");
    const auto place = out.find(R"x(<odk:setgeopoint ref="/data/place")x");
    CHECK(value < place);
    CHECK(place != std::string::npos);
}

TEST_CASE("a list of OpenStreetMap tags travels through the XForm and back") {
    const std::string out = xform(R"(
| survey |              |      |       |
|        | type         | name | label |
|        | osm building | b    | B     |
|        | osm          | road | R     |
| osm    |              |      |       |
|        | list name    | name | label |
|        | building     | addr:city | City |
|        | building     | roof | Roof  |
|        | roof         | flat | Flat  |
)");
    constexpr std::string_view kTags =
        R"x(<tag key="addr:city"><label>City</label></tag><tag key="roof"><label>Roof</label>)x"
        R"x(<item><label>Flat</label><value>flat</value></item></tag>)x";
    CHECK(has(out, kTags));
    CHECK(count(out, "<tag ") == 2);
    CHECK(has(xform(out), kTags));
}

TEST_CASE("choices out of a repeat are its rows, seen from where the question is") {
    const std::string out = xform(R"(
| survey |                    |        |       |               |
|        | type               | name   | label | choice_filter |
|        | begin_repeat       | house  | H     |               |
|        | begin_repeat       | person | P     |               |
|        | text               | who    | W     |               |
|        | begin_group        | more   | M     |               |
|        | integer            | age    | A     |               |
|        | end_group          |        |       |               |
|        | select_one ${who}  | friend | F     |               |
|        | end_repeat         |        |       |               |
|        | integer            | limit  | L     |               |
|        | select_one ${who}  | head   | H     | ${age} > ${limit} |
|        | end_repeat         |        |       |               |
|        | begin_repeat       | guest  | G     |               |
|        | text               | called | C     |               |
|        | end_repeat         |        |       |               |
|        | select_one ${called} | best | B     | starts-with(${called}, 'a') |
)");
    CHECK(has(out, R"x(<itemset nodeset="../../person[./who != '']">)x"));
    CHECK(has(out, R"x(<itemset nodeset="../person[ ./more/age  &gt;  current()/../limit ]">)x"));
    CHECK(has(out, R"x(<itemset nodeset="/data/guest[starts-with( ./called , 'a')]">)x"));
}

TEST_CASE("current() is written in the filter of another instance only") {
    const std::string out = xform(R"(
| survey |              |      |       |                                                |
|        | type         | name | label | calculation                                    |
|        | csv-external | c    |       |                                                |
|        | begin_repeat | r    | R     |                                                |
|        | text         | k    | K     |                                                |
|        | calculate    | a    |       | instance('c')/root/item[name = ${k}]/label     |
|        | calculate    | b    |       | ${r}[number(${k})]/k                           |
|        | calculate    | d    |       | concat(instance('c')/root/item[x][y = ${k}]/l, ${k}) |
|        | end_repeat   |      |       |                                                |
)");
    CHECK(has(out, "item[name =  current()/../k ]/label"));
    CHECK(has(out, " /data/r [number( ../k )]/k"));
    CHECK(has(out, "item[x][y =  current()/../k ]/l,  ../k )"));
}

TEST_CASE("a text that a language lacks is a dash, and media follow the columns") {
    const std::string out = xform(R"(
| survey |      |      |       |          |              |                 |                  |
|        | type | name | label | label::B | media::video | media::audio::B | guidance_hint::B |
|        | text | a    | plain | english  | v.mp4        | a.mp3           | guide            |
)");
    CHECK(has(out, R"x(<value>plain</value><value form="video">jr://video/v.mp4</value></text>)x"));
    CHECK(
        has(out, R"x(<value>english</value><value form="audio">jr://audio/a.mp3</value></text>)x"));
    CHECK(has(out, R"x(<value form="guidance">-</value>)x"));
}

TEST_CASE("a label without a language yields to that of the default language") {
    const std::string out = xform(R"(
| survey   |                  |      |       |               |
|          | type             | name | label | label::B (en) |
|          | text             | a    | plain | english       |
| settings |                  |      |       |               |
|          | default_language |      |       |               |
|          | B (en)           |      |       |               |
)");
    CHECK(has(out, "english"));
    CHECK_FALSE(has(out, "plain"));
}

TEST_CASE("texts are cleaned unless the form says no") {
    constexpr std::string_view kForm = R"(
| survey   |                   |      |         |                  |
|          | type              | name | label   | calculation      |
|          | text              | a    | A   b   | concat(‘x  y’, “z”) |
| settings |                   |      |
|          | clean_text_values |      |
|          | %1                |      |
)";
    const auto with = [&](std::string_view setting) {
        std::string form(kForm);
        return form.replace(form.find("%1"), 2, setting);
    };
    CHECK(has(xform(with("yes")), R"x(calculate="concat('x y', &quot;z&quot;)")x"));
    CHECK(has(xform(with("yes")), "<label>A b</label>"));
    CHECK(load(with("no")).definition == nullptr);  // typographic quotes are no expression
}

TEST_CASE("attributes of nodes, binds and controls may refer to questions") {
    const std::string out = xform(R"(
| survey |              |      |       |              |             |           |
|        | type         | name | label | instance::hx | bind::odk:x | body::y   |
|        | text         | a    | A     |              |             |           |
|        | begin_repeat | r    | R     | row          |             |           |
|        | text         | b    | B     | ${a}         | ${a}        | ${a}      |
|        | end_repeat   |      |       |              |             |           |
)");
    CHECK(has(out, R"x(<r jr:template=""><b hx=" /data/a "/>)x"));
    CHECK(has(out, R"x(<r hx="row"><b hx=" /data/a "/>)x"));
    CHECK(has(out, R"x(odk:x=" /data/a ")x"));
    CHECK(has(out, R"x(y=" /data/a ")x"));
}

TEST_CASE("hidden questions keep their texts in the translations") {
    const std::string out = xform(R"(
| survey |       |       |               |
|        | type  | name  | label::A (ar) |
|        | start | begun | البداية       |
|        | text  | a     | اسم           |
)");
    CHECK(has(out, R"x(<text id="/data/begun:label">)x"));
}

TEST_CASE("a select that searches holds its choices itself") {
    const std::string out = xform(R"(
| survey  |              |      |       |             |                              |
|         | type         | name | label | appearance  | calculation                  |
|         | select_one l | a    | A     | search('f') |                              |
|         | select_one m | b    | B     | search('f') |                              |
|         | select_one o | d    | D     |             |                              |
|         | calculate    | c    |       |             | pulldata('l','x','y', ${a})  |
| choices |              |      |       |             |                              |
|         | list_name    | name | label | media::image|                              |
|         | l            | key  | name  |             |                              |
|         | l            | 7    |       |             |                              |
|         | m            | key  | name  | picture     |                              |
|         | o            | x    | X     |             |                              |
)");
    CHECK(has(out, "<item><label>name</label><value>key</value></item>"));
    CHECK(has(out, "<item><value>7</value></item>"));
    CHECK(has(out, "<item><label ref=\"jr:itext('m-0')\"/><value>key</value></item>"));
    CHECK(has(out, "<instance id=\"l\" src=\"jr://file-csv/l.csv\"/>"));
    CHECK(!has(out, "<instance id=\"m\">"));
    CHECK(has(out, "<instance id=\"o\">"));
    CHECK(load(out).definition != nullptr);
}

TEST_CASE("the record's own id can be referred to, if it has one") {
    const std::string form = R"(
| survey   |           |      |       |               |
|          | type      | name | label | calculation   |
|          | text      | a    | A     |               |
|          | calculate | c    |       | ${instanceID} |
)";
    CHECK(has(xform(form),
              R"x(nodeset="/data/c" type="string" calculate=" /data/meta/instanceID ")x"));
    const LoadResult without = load(form + R"(
| settings |                 |
|          | omit_instanceID |
|          | yes             |
)");
    CHECK(without.definition == nullptr);
    CHECK(without.diagnostics.front().code == DiagnosticCode::kUnknownReference);
}

TEST_CASE("names with a prefix are whole also where single colons separate") {
    const std::string out = xform(R"(
| survey |      |      |          |                       |                 |
|        | type | name | label:en | bind:jr:constraintMsg | bind:constraint |
|        | text | a    | A        | not x                 | . != 'x'        |
)");
    CHECK(has(out, R"x(constraint=". != 'x'" jr:constraintMsg="not x")x"));
}

TEST_CASE("settings give the record its namespace, and the form those it needs") {
    const std::string out = xform(R"(
| survey   |                 |                                              |       |
|          | type            | name                                         | label |
|          | text            | a                                            | A     |
| settings |                 |                                              |       |
|          | instance_xmlns  | namespaces                                   |       |
|          | http://ex.org/r | ex='http://ex.org' jr="http://x" =y bad=a=b c |       |
)");
    CHECK(has(out, R"x(<data id="data" xmlns="http://ex.org/r">)x"));
    CHECK(has(out, R"x(xmlns:ex="http://ex.org")x"));
    CHECK(count(out, "xmlns:jr=") == 1);
    CHECK(!has(out, "xmlns:bad"));
}
