// Names of XLSForm: headers and question types with all their spellings, held as data.
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace awda::forms {

/// What a header means: the field ("label", "bind::relevant"), and the language if it has one.
struct Heading {
    std::string field;
    std::string language;
    std::string written;
    std::size_t column = 0;
    bool known = false;
    bool overlong = false;  ///< more parts than a field and its language
};

/// "Label:: English (en)" → {"label", "English (en)"}. `single_colon`: the sheet uses "label:en".
[[nodiscard]] Heading parse_survey_heading(std::string_view text, bool single_colon);
[[nodiscard]] Heading parse_choices_heading(std::string_view text, bool single_colon);
[[nodiscard]] Heading parse_entities_heading(std::string_view text);
[[nodiscard]] const std::vector<std::string>& entities_fields();
[[nodiscard]] std::string settings_field(std::string_view text);
[[nodiscard]] const std::vector<std::string>& survey_fields();

struct TypeRow {
    std::string_view spelling;
    std::string_view bind_type;
    std::string_view control;  ///< element of the body; empty for none
    std::string_view mediatype;
    std::string_view preload;
    std::string_view preload_params;
    std::string_view constraint;  ///< where the author gives none
    std::string_view hint;        ///< likewise
};
[[nodiscard]] const TypeRow* find_type(std::string_view spelling);
[[nodiscard]] std::vector<std::string> type_names();

/// "select_one places or_other" → kind "select1", list "places".
struct SelectType {
    std::string element;  ///< "select1", "select", "odk:rank", "external"
    std::string list;
    bool or_other = false;
    bool from_file = false;
};
[[nodiscard]] std::optional<SelectType> parse_select(std::string_view type);

enum class Fence : std::uint8_t {
    kNone,
    kBeginGroup,
    kEndGroup,
    kBeginRepeat,
    kEndRepeat,
    kBeginLoop,
    kEndLoop
};
/// "begin group", "begin_repeat", "begin loop over places", "end group" … `list`: "places".
[[nodiscard]] Fence parse_fence(std::string_view type, std::string& list);

}  // namespace awda::forms
