// FormDefinition: a form, compiled once, never changed, shared by every session on it.
//
// Ownership: always behind shared_ptr<const FormDefinition>; sessions hold a reference. Threads:
// immutable, so any thread may read it (lazy choice indexes belong to sessions).
// Made by load_form() (forms/load.h). Paths of questions and groups are "family/name": from the
// root's children down, without the root element and without positions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "forms/diagnostic.h"

namespace awda::forms {

/// A translation of the form: "Arabic (ar)" has tag "ar". A form without translations has none.
struct FormLanguage {
    std::string name;
    std::string tag;
    bool right_to_left = false;
};

/// What the answer looks like to a person; the UI picks its widget by this and the appearance.
enum class QuestionType : std::uint8_t {
    kText,
    kInteger,
    kDecimal,
    kDate,
    kTime,
    kDateTime,
    kGeopoint,
    kGeotrace,
    kGeoshape,
    kSelectOne,
    kSelectMultiple,
    kRank,
    kRange,
    kAcknowledge,
    kNote,
    kImage,
    kAudio,
    kVideo,
    kFile,
    kBarcode,
    kHidden,  ///< calculated, hidden and metadata: in the record, never on a page
};
[[nodiscard]] std::string_view question_type_name(QuestionType type);

/// Marks that the form's author sets with bind::awda:purpose, bind::awda:sensitivity and
/// bind::awda:approval; empty where not set.
struct AwdaMarks {
    std::string purpose;
    std::string sensitivity;
    std::string approval;
    bool operator==(const AwdaMarks&) const = default;
};

/// One leaf of the record, for lists, exports and rules; not the live state.
struct QuestionInfo {
    std::string path;    ///< "family/name"
    std::string name;    ///< "name"
    std::string repeat;  ///< path of the nearest repeat it is in, or ""
    QuestionType type = QuestionType::kText;
    std::string appearance;
    std::string list_name;  ///< of a select's choices, or ""
    AwdaMarks marks;
    bool metadata = false;  ///< start, end, today, deviceid, instanceID …
    bool calculated = false;
};

struct FormSettings {
    std::string form_id;
    std::string version;
    std::string title;
    std::string default_language;  ///< a name from languages(), or ""
};

struct FormModel;  // forms/model.h: the form as its author wrote it
struct Compiled;   // forms/compiled.h: what sessions run on

class FormDefinition {
public:
    FormDefinition(std::shared_ptr<const FormModel> model,
                   std::unique_ptr<const Compiled> compiled);
    ~FormDefinition();
    FormDefinition(const FormDefinition&) = delete;
    FormDefinition& operator=(const FormDefinition&) = delete;

    [[nodiscard]] const FormSettings& settings() const;
    [[nodiscard]] const std::vector<FormLanguage>& languages() const;
    /// Every leaf in document order.
    [[nodiscard]] const std::vector<QuestionInfo>& questions() const;
    [[nodiscard]] const QuestionInfo* find_question(std::string_view path) const;
    /// Paths of the repeats in document order.
    [[nodiscard]] const std::vector<std::string>& repeats() const;
    /// A question's, group's or repeat's label, outputs not filled in; `language` is a name or tag.
    [[nodiscard]] std::string label(std::string_view path, std::string_view language) const;
    /// The label of one choice of a question's list; the value itself if there is none.
    [[nodiscard]] std::string choice_label(std::string_view path, std::string_view value,
                                           std::string_view language) const;
    /// Which translation serves a name or tag: itself; else, for Kurdish, Arabic; else the default.
    /// Nothing if the form has no translations.
    [[nodiscard]] std::optional<std::size_t> find_language(std::string_view name_or_tag) const;

    [[nodiscard]] const FormModel& model() const { return *model_; }
    [[nodiscard]] const Compiled& compiled() const { return *compiled_; }

private:
    std::shared_ptr<const FormModel> model_;
    std::unique_ptr<const Compiled> compiled_;
};

using FormDefinitionPtr = std::shared_ptr<const FormDefinition>;

/// "Arabic (ar)" → "ar"; "Sorani" → "ckb"; "Français" → "" when nothing says.
[[nodiscard]] std::string language_tag(std::string_view name);
[[nodiscard]] bool is_right_to_left_tag(std::string_view tag);

}  // namespace awda::forms
