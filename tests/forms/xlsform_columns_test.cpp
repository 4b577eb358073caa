// The names of XLSForm: what headers, types, selects and fences mean in all their spellings.
#include "forms/xlsform_columns.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace awda::forms;

namespace {

/// "field|language", with "?" behind what is not known and "!" behind what has too many parts.
std::string told(const Heading& heading) {
    return heading.field + "|" + heading.language + (heading.known ? "" : "?") +
           (heading.overlong ? "!" : "");
}
std::string survey(std::string_view text, bool single_colon = false) {
    return told(parse_survey_heading(text, single_colon));
}
std::string choices(std::string_view text, bool single_colon = false) {
    return told(parse_choices_heading(text, single_colon));
}

/// "element list", with what else a select says.
std::string select(std::string_view type) {
    const auto found = parse_select(type);
    if (!found) return "none";
    return found->element + " " + found->list + (found->or_other ? " +other" : "") +
           (found->from_file ? " file" : "");
}

/// The fence and the list of a loop.
std::pair<Fence, std::string> fence(std::string_view type) {
    std::string list;
    const Fence found = parse_fence(type, list);
    return {found, list};
}

template <typename List>
bool holds(const List& list, std::string_view name) {
    return std::find(list.begin(), list.end(), name) != list.end();
}

}  // namespace

TEST_CASE("a survey's header is a field and a language, in any spelling") {
    CHECK(survey(" Label:: English (en) ") == "label|English (en)");
    CHECK(survey("Skip Logic") == "relevant|");
    CHECK(survey("Constraining message::ar") == "constraint_message|ar");
    CHECK(survey("label::ar::more") == "label|ar!");
    CHECK(survey("image::ar") == "media::image|ar");
    CHECK(survey("colour") == "colour|?");
    CHECK(survey("colour::ar::more") == "colour|ar?");
    CHECK(parse_survey_heading(" Colour ", false).written == "Colour");
    CHECK(holds(survey_fields(), "skip_logic"));
}

TEST_CASE("a single colon separates where the sheet uses it, but not inside of jr: names") {
    CHECK(survey("label:ar", true) == "label|ar");
    CHECK(survey("label:ar") == "label:ar|?");
    CHECK(survey("jr:count", true) == "repeat_count|");
    CHECK(survey("bind:jr:constraintMsg:ar", true) == "constraint_message|ar");
    CHECK(survey("jr:label", true) == "jr:label|?");
    CHECK(choices("label:ar", true) == "label|ar");
}

TEST_CASE("bind, body, media and instance say where an attribute goes") {
    CHECK(survey("bind::Relevant") == "relevant|");
    CHECK(survey("bind::jr:requiredMsg::ar") == "required_message|ar");
    CHECK(survey("bind::odk:Length") == "bind::odk:Length|");
    CHECK(survey("body::appearance") == "appearance|");
    CHECK(survey("control::JR:count") == "repeat_count|");
    CHECK(survey("body::kb:Flash") == "body::kb:Flash|");
    CHECK(survey("media::Image") == "media::image|");
    CHECK(survey("media::image::ar") == "media::image|ar");
    CHECK(survey("instance::odk:tag") == "instance::odk:tag|");
    // On their own they mean nothing.
    for (const char* bare : {"bind", "body", "control", "media", "instance"})
        CHECK(survey(bare) == std::string(bare) + "|?");
}

TEST_CASE("a choices' header that is not XLSForm's is a column of the list, as it is written") {
    CHECK(choices("List Name") == "list_name|");
    CHECK(choices("caption::ar") == "label|ar");
    CHECK(choices("media::Audio") == "media::audio|");
    CHECK(choices("media::audio::ar") == "media::audio|ar");
    CHECK(choices("Media") == "Media|?");
    CHECK(choices(" District::ar ") == "District::ar|?");
}

TEST_CASE("headers of the sheets entities and settings have their spellings, too") {
    CHECK(told(parse_entities_heading("List name")) == "dataset|");
    CHECK(told(parse_entities_heading(" Colour ")) == "Colour|?");
    CHECK(holds(entities_fields(), "update_if"));
    CHECK(settings_field(" Form Title ") == "title");
    CHECK(settings_field("omit_instanceID") == "omit_instanceID");
    CHECK(settings_field(" My own ") == "My own");
}

TEST_CASE("a type is found by its name or an older one, in any case") {
    const auto spelling = [](std::string_view type) {
        const TypeRow* row = find_type(type);
        return row == nullptr ? std::string_view("none") : row->spelling;
    };
    CHECK(spelling("DATETIME") == "dateTime");
    CHECK(spelling("Text") == "text");
    CHECK(spelling("Add GPS prompt") == "none");
    CHECK(spelling("gps") == "geopoint");
    CHECK(spelling("Q Picture") == "image");
    CHECK(spelling("get sim id") == "simserial");
    CHECK(holds(type_names(), "select_one"));
    CHECK(holds(type_names(), "percentage"));
}

TEST_CASE("a select says its list, and whether there is another choice or a file") {
    CHECK(select("select_one yn") == "select1 yn");
    CHECK(select("Select1  yn ") == "select1 yn");
    CHECK(select("select all that apply from l") == "select l");
    CHECK(select("add select multiple prompt using l or other") == "select l +other");
    CHECK(select("select one from l or specify other") == "select1 l +other");
    CHECK(select("select_multiple l or_other") == "select l +other");
    CHECK(select("select_one or_other") == "select1 or_other");  // a list of that name
    CHECK(select("select_one_from_file places.csv") == "select1 places.csv file");
    CHECK(select("select multiple from file p.xml") == "select p.xml file");
    CHECK(select("select_one_external places") == "external places");
    CHECK(select("rank l") == "odk:rank l");
    CHECK(select("select_one") == "select1 ");
    CHECK(select("select_oneyn") == "none");
    CHECK(select("ranking l") == "none");
    CHECK(select("text") == "none");
}

TEST_CASE("groups, repeats and loops open and close in all their spellings") {
    using Found = std::pair<Fence, std::string>;
    for (const char* type : {"begin group", "Begin_Group", "begingroup"})
        CHECK(fence(type) == Found{Fence::kBeginGroup, ""});
    for (const char* type : {"begin repeat", "begin lgroup", "begin looped group"})
        CHECK(fence(type) == Found{Fence::kBeginRepeat, ""});
    for (const char* type : {"end repeat", "end_lgroup", "end looped group"})
        CHECK(fence(type) == Found{Fence::kEndRepeat, ""});
    CHECK(fence("end group") == Found{Fence::kEndGroup, ""});
    CHECK(fence("begin loop over places") == Found{Fence::kBeginLoop, "places"});
    CHECK(fence("begin loop places") == Found{Fence::kBeginLoop, "places"});
    CHECK(fence("begin loop") == Found{Fence::kBeginLoop, ""});
    CHECK(fence("end loop") == Found{Fence::kEndLoop, ""});
    for (const char* none : {"text", "begin", "end", "begin_", "begin groups", "end groups",
                             "end group g", "begin group of two", "ending"}) {
        CAPTURE(std::string(none));
        CHECK(fence(none) == Found{Fence::kNone, ""});
    }
}
