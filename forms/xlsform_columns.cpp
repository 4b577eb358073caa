#include "forms/xlsform_columns.h"

#include <algorithm>
#include <array>

#include "forms/value.h"

namespace awda::forms {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

/// Spellings on the left, what they mean on the right.
constexpr auto kSurvey = std::to_array<Pair>({{"type", "type"},
                                              {"command", "type"},
                                              {"name", "name"},
                                              {"tag", "name"},
                                              {"value", "name"},
                                              {"label", "label"},
                                              {"caption", "label"},
                                              {"hint", "hint"},
                                              {"guidance_hint", "guidance_hint"},
                                              {"relevant", "relevant"},
                                              {"relevance", "relevant"},
                                              {"skip_logic", "relevant"},
                                              {"constraint", "constraint"},
                                              {"constraint_message", "constraint_message"},
                                              {"constraining_message", "constraint_message"},
                                              {"required", "required"},
                                              {"required_message", "required_message"},
                                              {"read_only", "readonly"},
                                              {"readonly", "readonly"},
                                              {"calculation", "calculation"},
                                              {"calculate", "calculation"},
                                              {"default", "default"},
                                              {"appearance", "appearance"},
                                              {"parameters", "parameters"},
                                              {"choice_filter", "choice_filter"},
                                              {"trigger", "trigger"},
                                              {"save_to", "save_to"},
                                              {"repeat_count", "repeat_count"},
                                              {"count", "repeat_count"},
                                              {"jr:count", "repeat_count"},
                                              {"disabled", "disabled"},
                                              {"image", "media::image"},
                                              {"audio", "media::audio"},
                                              {"video", "media::video"},
                                              {"big-image", "media::big-image"},
                                              {"autoplay", "body::autoplay"},
                                              {"accuracythreshold", "body::accuracyThreshold"},
                                              {"rows", "body::rows"},
                                              {"noapperrorstring", "noAppErrorString"},
                                              {"no_app_error_string", "noAppErrorString"},
                                              {"requiredmsg", "required_message"},
                                              {"compact_tag", "instance::odk:tag"},
                                              {"list_name", "list_name"},
                                              {"sms_field", "sms_field"},
                                              {"sms_option", "sms_option"},
                                              {"query", "query"},
                                              {"intent", "body::intent"},
                                              {"bind:relevant", "relevant"},
                                              {"note", "remark"},
                                              {"comment", "remark"},
                                              {"notes", "remark"},
                                              {"comments", "remark"}});

constexpr auto kBindFields = std::to_array<Pair>({{"relevant", "relevant"},
                                                  {"constraint", "constraint"},
                                                  {"jr:constraintmsg", "constraint_message"},
                                                  {"required", "required"},
                                                  {"jr:requiredmsg", "required_message"},
                                                  {"readonly", "readonly"},
                                                  {"calculate", "calculation"},
                                                  {"type", "bind_type"},
                                                  {"entities:saveto", "save_to"},
                                                  {"jr:noapperrorstring", "noAppErrorString"}});

constexpr auto kChoices = std::to_array<Pair>({{"list_name", "list_name"},
                                               {"list", "list_name"},
                                               {"name", "name"},
                                               {"value", "name"},
                                               {"label", "label"},
                                               {"caption", "label"},
                                               {"image", "media::image"},
                                               {"audio", "media::audio"},
                                               {"video", "media::video"},
                                               {"big-image", "media::big-image"}});

constexpr auto kEntities = std::to_array<Pair>({{"dataset", "dataset"},
                                                {"list_name", "dataset"},
                                                {"entity_id", "entity_id"},
                                                {"create_if", "create_if"},
                                                {"update_if", "update_if"},
                                                {"label", "label"}});

constexpr auto kSettings =
    std::to_array<Pair>({{"form_title", "title"},
                         {"title", "title"},
                         {"set_form_title", "title"},
                         {"form_id", "form_id"},
                         {"id_string", "form_id"},
                         {"set_form_id", "form_id"},
                         {"version", "version"},
                         {"form_version", "version"},
                         {"default_language", "default_language"},
                         {"instance_name", "instance_name"},
                         {"submission_url", "submission_url"},
                         {"public_key", "public_key"},
                         {"style", "style"},
                         {"namespaces", "namespaces"},
                         {"name", "name"},
                         {"auto_send", "auto_send"},
                         {"auto_delete", "auto_delete"},
                         {"allow_choice_duplicates", "allow_choice_duplicates"},
                         {"omit_instanceid", "omit_instanceID"},
                         {"clean_text_values", "clean_text_values"},
                         {"instance_id", "instance_id"},
                         {"prefix", "prefix"},
                         {"instance_xmlns", "instance_xmlns"},
                         {"delimiter", "delimiter"}});

constexpr auto kTypes = std::to_array<TypeRow>(
    {{"text", "string", "input", "", "", "", "", ""},
     {"string", "string", "input", "", "", "", "", ""},
     {"integer", "int", "input", "", "", "", "", ""},
     {"int", "int", "input", "", "", "", "", ""},
     {"decimal", "decimal", "input", "", "", "", "", ""},
     {"note", "string", "input", "", "", "", "", ""},
     {"date", "date", "input", "", "", "", "", ""},
     {"time", "time", "input", "", "", "", "", ""},
     {"dateTime", "dateTime", "input", "", "", "", "", ""},
     {"geopoint", "geopoint", "input", "", "", "", "", ""},
     {"geotrace", "geotrace", "input", "", "", "", "", ""},
     {"geoshape", "geoshape", "input", "", "", "", "", ""},
     {"image", "binary", "upload", "image/*", "", "", "", ""},
     {"audio", "binary", "upload", "audio/*", "", "", "", ""},
     {"video", "binary", "upload", "video/*", "", "", "", ""},
     {"file", "binary", "upload", "application/*", "", "", "", ""},
     {"osm", "binary", "upload", "osm/*", "", "", "", ""},
     {"barcode", "barcode", "input", "", "", "", "", ""},
     {"acknowledge", "string", "trigger", "", "", "", "", ""},
     {"trigger", "", "trigger", "", "", "", "", ""},
     {"range", "int", "range", "", "", "", "", ""},
     {"percentage", "int", "input", "", "", "", "0 <= . and . <= 100", ""},
     {"phone number", "string", "input", "", "", "", R"(regex(., '^\d*$'))", "Enter numbers only."},
     {"number of days in last month", "int", "input", "", "", "", "0 <= . and . <= 31",
      "Enter a number 0-31."},
     {"number of days in last six months", "int", "input", "", "", "", "0 <= . and . <= 183",
      "Enter a number 0-183."},
     {"number of days in last year", "int", "input", "", "", "", "0 <= . and . <= 365",
      "Enter a number 0-365."},
     {"calculate", "string", "", "", "", "", "", ""},
     {"hidden", "string", "", "", "", "", "", ""},
     {"xml-external", "", "", "", "", "", "", ""},
     {"csv-external", "", "", "", "", "", "", ""},
     {"start", "dateTime", "", "", "timestamp", "start", "", ""},
     {"end", "dateTime", "", "", "timestamp", "end", "", ""},
     {"today", "date", "", "", "date", "today", "", ""},
     {"deviceid", "string", "", "", "property", "deviceid", "", ""},
     {"username", "string", "", "", "property", "username", "", ""},
     {"email", "string", "", "", "property", "email", "", ""},
     {"phonenumber", "string", "", "", "property", "phonenumber", "", ""},
     {"simserial", "string", "", "", "property", "simserial", "", ""},
     {"subscriberid", "string", "", "", "property", "subscriberid", "", ""},
     {"uri:deviceid", "string", "", "", "property", "uri:deviceid", "", ""},
     {"uri:subscriberid", "string", "", "", "property", "uri:subscriberid", "", ""},
     {"uri:simserial", "string", "", "", "property", "uri:simserial", "", ""},
     {"uri:phonenumber", "string", "", "", "property", "uri:phonenumber", "", ""},
     {"uri:username", "string", "", "", "property", "uri:username", "", ""},
     {"uri:email", "string", "", "", "property", "uri:email", "", ""},
     {"start-geopoint", "geopoint", "", "", "", "", "", ""},
     {"background-geopoint", "geopoint", "", "", "", "", "", ""},
     {"background-audio", "binary", "", "", "", "", "", ""},
     {"audit", "binary", "", "", "", "", "", ""}});

/// Spellings of older forms on the left.
constexpr auto kTypeAliases = std::to_array<Pair>({{"q string", "text"},
                                                   {"add text prompt", "text"},
                                                   {"q int", "integer"},
                                                   {"add integer prompt", "integer"},
                                                   {"q decimal", "decimal"},
                                                   {"add decimal prompt", "decimal"},
                                                   {"q note", "note"},
                                                   {"add note prompt", "note"},
                                                   {"q date", "date"},
                                                   {"add date prompt", "date"},
                                                   {"datetime", "dateTime"},
                                                   {"date time", "dateTime"},
                                                   {"date_time", "dateTime"},
                                                   {"q date time", "dateTime"},
                                                   {"q dateTime", "dateTime"},
                                                   {"add date time prompt", "dateTime"},
                                                   {"add dateTime prompt", "dateTime"},
                                                   {"gps", "geopoint"},
                                                   {"location", "geopoint"},
                                                   {"q geopoint", "geopoint"},
                                                   {"q location", "geopoint"},
                                                   {"add location prompt", "geopoint"},
                                                   {"q geotrace", "geotrace"},
                                                   {"q geoshape", "geoshape"},
                                                   {"photo", "image"},
                                                   {"q picture", "image"},
                                                   {"q image", "image"},
                                                   {"add image prompt", "image"},
                                                   {"add photo prompt", "image"},
                                                   {"q audio", "audio"},
                                                   {"add audio prompt", "audio"},
                                                   {"q video", "video"},
                                                   {"add video prompt", "video"},
                                                   {"add file prompt", "file"},
                                                   {"q barcode", "barcode"},
                                                   {"add barcode prompt", "barcode"},
                                                   {"q acknowledge", "acknowledge"},
                                                   {"add acknowledge prompt", "acknowledge"},
                                                   {"q calculate", "calculate"},
                                                   {"add calculate prompt", "calculate"},
                                                   {"start time", "start"},
                                                   {"get start time", "start"},
                                                   {"end time", "end"},
                                                   {"get end time", "end"},
                                                   {"get today", "today"},
                                                   {"imei", "deviceid"},
                                                   {"device id", "deviceid"},
                                                   {"get device id", "deviceid"},
                                                   {"get phone number", "phonenumber"},
                                                   {"sim id", "simserial"},
                                                   {"get sim id", "simserial"},
                                                   {"subscriber id", "subscriberid"},
                                                   {"get subscriber id", "subscriberid"}});

std::string folded(std::string_view text) {
    std::string out = lower_ascii(trim(text));
    std::replace(out.begin(), out.end(), ' ', '_');
    return out;
}

template <std::size_t N>
std::string_view look_up(const std::array<Pair, N>& table, std::string_view key) {
    for (const auto& [spelling, meaning] : table) {
        if (spelling == key) return meaning;
    }
    return {};
}

std::vector<std::string> split_heading(std::string_view text, bool single_colon) {
    std::vector<std::string> out;
    const std::string_view mark = single_colon ? ":" : "::";
    while (true) {
        const auto at = text.find(mark);
        // "jr:constraintMsg" is one name, also where a single colon separates.
        const std::string_view part = trim(text.substr(0, at));
        if (single_colon && !out.empty() && out.back() == "jr")
            out.back().append(":").append(part);
        else
            out.emplace_back(part);
        if (at == std::string_view::npos) return out;
        text = text.substr(at + mark.size());
    }
}

}  // namespace

Heading parse_survey_heading(std::string_view text, bool single_colon) {
    Heading out;
    out.written = trim(text);
    // "jr:count" and "bind:relevant" are whole names, not a field and a language.
    std::vector<std::string> parts =
        split_heading(text, single_colon && folded(text) != "jr:count");
    const std::string head = folded(parts[0]);
    const auto rest = [&](std::size_t from) {
        return from < parts.size() ? parts[from] : std::string();
    };
    out.known = true;
    if (head == "bind" && parts.size() > 1) {
        const std::string_view known = look_up(kBindFields, lower_ascii(parts[1]));
        out.field = known.empty() ? "bind::" + parts[1] : std::string(known);
        out.language = rest(2);
    } else if ((head == "body" || head == "control") && parts.size() > 1) {
        const std::string part = lower_ascii(parts[1]);
        out.field = part == "appearance" ? "appearance"
                    : part == "jr:count" ? "repeat_count"
                                         : "body::" + parts[1];
    } else if (head == "media" && parts.size() > 1) {
        out.field = "media::" + lower_ascii(parts[1]);
        out.language = rest(2);
    } else if (head == "instance" && parts.size() > 1) {
        out.field = "instance::" + parts[1];
    } else {
        const std::string_view known = look_up(kSurvey, head);
        out.known = !known.empty();
        out.field = known.empty() ? head : std::string(known);
        out.language = rest(1);
        out.overlong = out.known && parts.size() > 2;
    }
    return out;
}

Heading parse_choices_heading(std::string_view text, bool single_colon) {
    Heading out;
    out.written = trim(text);
    const std::vector<std::string> parts = split_heading(text, single_colon);
    const std::string head = folded(parts[0]);
    if (head == "media" && parts.size() > 1) {
        out.field = "media::" + lower_ascii(parts[1]);
        if (parts.size() > 2) out.language = parts[2];
        out.known = true;
        return out;
    }
    const std::string_view known = look_up(kChoices, head);
    out.known = !known.empty();
    out.field = known.empty() ? std::string(trim(text)) : std::string(known);
    if (out.known && parts.size() > 1) out.language = parts[1];
    return out;
}

Heading parse_entities_heading(std::string_view text) {
    Heading out;
    out.written = trim(text);
    const std::string_view known = look_up(kEntities, folded(text));
    out.known = !known.empty();
    out.field = known.empty() ? out.written : std::string(known);
    return out;
}

const std::vector<std::string>& entities_fields() {
    static const std::vector<std::string> kFields = [] {
        std::vector<std::string> out;
        for (const auto& [spelling, meaning] : kEntities) out.emplace_back(spelling);
        return out;
    }();
    return kFields;
}

std::string settings_field(std::string_view text) {
    const std::string_view known = look_up(kSettings, folded(text));
    return known.empty() ? std::string(trim(text)) : std::string(known);
}

const std::vector<std::string>& survey_fields() {
    static const std::vector<std::string> kFields = [] {
        std::vector<std::string> out;
        for (const auto& [spelling, meaning] : kSurvey) out.emplace_back(spelling);
        return out;
    }();
    return kFields;
}

const TypeRow* find_type(std::string_view spelling) {
    const std::string lower = lower_ascii(spelling);
    std::string_view wanted = lower;
    for (const auto& [alias, meaning] : kTypeAliases) {
        if (lower_ascii(alias) == lower) wanted = meaning;
    }
    const std::string lower_wanted = lower_ascii(wanted);
    for (const TypeRow& row : kTypes) {
        if (lower_ascii(row.spelling) == lower_wanted) return &row;
    }
    return nullptr;
}

std::vector<std::string> type_names() {
    std::vector<std::string> out{"select_one", "select_multiple",      "begin_group",
                                 "end_group",  "begin_repeat",         "end_repeat",
                                 "rank",       "select_one_from_file", "set_form_title",
                                 "set_form_id"};
    for (const TypeRow& row : kTypes) out.emplace_back(row.spelling);
    return out;
}

std::optional<SelectType> parse_select(std::string_view type) {
    struct Row {
        std::string_view spelling;
        std::string_view element;
        bool file;
    };
    // Longer spellings before those they begin with.
    static constexpr auto kSelects =
        std::to_array<Row>({{"add select one prompt using", "select1", false},
                            {"add select multiple prompt using", "select", false},
                            {"select all that apply from", "select", false},
                            {"select_one_from_file", "select1", true},
                            {"select one from file", "select1", true},
                            {"select_multiple_from_file", "select", true},
                            {"select multiple from file", "select", true},
                            {"select_one_external", "external", false},
                            {"select one external", "external", false},
                            {"select one from", "select1", false},
                            {"select multiple from", "select", false},
                            {"select_one", "select1", false},
                            {"select one", "select1", false},
                            {"select1", "select1", false},
                            {"select_multiple", "select", false},
                            {"select multiple", "select", false},
                            {"select all that apply", "select", false},
                            {"rank", "odk:rank", false}});
    const std::string lower = lower_ascii(type);
    for (const Row& row : kSelects) {
        if (!lower.starts_with(row.spelling)) continue;
        std::string_view rest = type.substr(row.spelling.size());
        if (!rest.empty() && rest.front() != ' ') continue;
        SelectType out;
        out.element = row.element;
        out.from_file = row.file;
        rest = trim(rest);
        for (const std::string_view tail : {" or_other", " or specify other", " or other"}) {
            if (!rest.ends_with(tail)) continue;
            out.or_other = true;
            rest = trim(rest.substr(0, rest.size() - tail.size()));
        }
        out.list = rest;
        return out;
    }
    return std::nullopt;
}

Fence parse_fence(std::string_view type, std::string& list) {
    static constexpr std::string_view kWords[] = {"group", "repeat", "loop", "lgroup",
                                                  "looped group"};
    static constexpr Fence kBegins[] = {Fence::kBeginGroup, Fence::kBeginRepeat, Fence::kBeginLoop,
                                        Fence::kBeginRepeat, Fence::kBeginRepeat};
    static constexpr Fence kEnds[] = {Fence::kEndGroup, Fence::kEndRepeat, Fence::kEndLoop,
                                      Fence::kEndRepeat, Fence::kEndRepeat};
    const std::string lower = lower_ascii(type);
    const bool begins = lower.starts_with("begin");
    if (!begins && !lower.starts_with("end")) return Fence::kNone;
    std::size_t at = begins ? 5 : 3;
    if (at < lower.size() && (lower[at] == ' ' || lower[at] == '_')) ++at;
    for (std::size_t i = 0; i < std::size(kWords); ++i) {
        if (lower.compare(at, kWords[i].size(), kWords[i]) != 0) continue;
        std::string_view rest = type.substr(at + kWords[i].size());
        if (!rest.empty() && (!begins || rest.front() != ' ')) continue;
        rest = trim(rest);
        if (rest.starts_with("over ")) rest = trim(rest.substr(5));
        if (rest.find(' ') != std::string_view::npos) continue;
        list = rest;
        return begins ? kBegins[i] : kEnds[i];
    }
    return Fence::kNone;
}

}  // namespace awda::forms
