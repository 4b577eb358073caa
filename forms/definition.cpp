#include "forms/definition.h"

#include <algorithm>
#include <array>

#include "forms/compiled.h"
#include "forms/value.h"

namespace awda::forms {

std::string_view question_type_name(QuestionType type) {
    static constexpr std::array<std::string_view, 21> kNames{"text",
                                                             "integer",
                                                             "decimal",
                                                             "date",
                                                             "time",
                                                             "dateTime",
                                                             "geopoint",
                                                             "geotrace",
                                                             "geoshape",
                                                             "select_one",
                                                             "select_multiple",
                                                             "rank",
                                                             "range",
                                                             "acknowledge",
                                                             "note",
                                                             "image",
                                                             "audio",
                                                             "video",
                                                             "file",
                                                             "barcode",
                                                             "hidden"};
    return kNames[static_cast<std::size_t>(type)];
}

FormDefinition::FormDefinition(std::shared_ptr<const FormModel> model,
                               std::unique_ptr<const Compiled> compiled)
    : model_(std::move(model)), compiled_(std::move(compiled)) {}
FormDefinition::~FormDefinition() = default;

const FormSettings& FormDefinition::settings() const {
    return compiled_->settings;
}
const std::vector<FormLanguage>& FormDefinition::languages() const {
    return compiled_->languages;
}
const std::vector<QuestionInfo>& FormDefinition::questions() const {
    return compiled_->questions;
}
const std::vector<std::string>& FormDefinition::repeats() const {
    return compiled_->repeats;
}

const QuestionInfo* FormDefinition::find_question(std::string_view path) const {
    for (const QuestionInfo& question : compiled_->questions) {
        if (question.path == path) return &question;
    }
    return nullptr;
}

std::optional<std::size_t> FormDefinition::find_language(std::string_view name_or_tag) const {
    const auto& all = compiled_->languages;
    if (all.empty()) return std::nullopt;
    const auto find = [&](std::string_view wanted) -> std::optional<std::size_t> {
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (all[i].name == wanted) return i;
        }
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (!wanted.empty() && all[i].tag == wanted) return i;
        }
        return std::nullopt;
    };
    if (const auto found = find(name_or_tag)) return found;
    const std::string tag = language_tag(name_or_tag);
    if (const auto found = find(tag)) return found;
    if (tag == "ckb" || tag == "kmr" || tag == "ku") {
        for (const std::string_view near : {"ckb", "ku", "ar"}) {
            if (const auto found = find(near)) return found;
        }
    }
    if (const auto found = find(compiled_->settings.default_language)) return found;
    return 0;
}

namespace {

std::string plain(const RichText& text) {
    std::string out;
    for (const TextPiece& piece : text) out += piece.output ? "…" : piece.text;
    return out;
}

/// The text of an itext reference without a session: outputs show as "…".
std::string static_text(const Compiled& compiled, const ModelText& text,
                        std::optional<std::size_t> language) {
    if (!text.ref.starts_with("jr:itext('") || !language) return plain(text.literal);
    const std::string id = text.ref.substr(10, text.ref.rfind('\'') - 10);
    const auto& index = compiled.texts[*language];
    const auto found = index.find(id);
    if (found == index.end()) return {};
    for (const auto& [form, rich] : found->second->forms) {
        if (form.empty() || form == "long") return plain(rich);
    }
    return {};
}

}  // namespace

std::string FormDefinition::label(std::string_view path, std::string_view language) const {
    const auto found = compiled_->by_path.find(std::string(path));
    if (found == compiled_->by_path.end()) return {};
    const ModelControl* control = labelled_control(compiled_->nodes[found->second]);
    if (control == nullptr) return {};
    return static_text(*compiled_, control->label, find_language(language));
}

std::string FormDefinition::choice_label(std::string_view path, std::string_view value,
                                         std::string_view language) const {
    const auto found = compiled_->by_path.find(std::string(path));
    const ModelControl* control =
        found == compiled_->by_path.end() ? nullptr : compiled_->nodes[found->second].control;
    if (control == nullptr) return std::string(value);
    for (const ModelItem& item : control->items) {
        if (item.value == value)
            return static_text(*compiled_, item.label, find_language(language));
    }
    const QuestionInfo* info = find_question(path);
    const auto instance = compiled_->instances.find(info == nullptr ? "" : info->list_name);
    if (instance == compiled_->instances.end()) return std::string(value);
    const auto* table = dynamic_cast<const TableInstance*>(instance->second);
    if (table == nullptr) return std::string(value);
    const auto column = [&](std::string_view name) {
        return table->find_column(compiled_->names->find(name));
    };
    const std::uint32_t key = column(control->itemset.value_ref);
    if (key == TableInstance::kNoColumn) return std::string(value);
    const auto rows = table->rows_with(key, value);
    if (rows.empty()) return std::string(value);
    std::string_view label_ref = control->itemset.label_ref;
    const bool itext = label_ref.starts_with("jr:itext(");
    if (itext) label_ref = trim(label_ref.substr(9, label_ref.size() - 10));
    const std::uint32_t label_column = column(label_ref);
    if (label_column == TableInstance::kNoColumn) return std::string(value);
    const std::string text(table->at(rows.front(), label_column));
    if (!itext) return text;
    return static_text(*compiled_, {true, "jr:itext('" + text + "')", {}}, find_language(language));
}

std::string language_tag(std::string_view name) {
    const auto open = name.rfind('(');
    const auto close = name.rfind(')');
    if (open != std::string_view::npos && close != std::string_view::npos && close > open) {
        return lower_ascii(trim(name.substr(open + 1, close - open - 1)));
    }
    static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
        {"arabic", "ar"},          {"العربية", "ar"}, {"sorani", "ckb"}, {"kurdish", "ckb"},
        {"kurdish sorani", "ckb"}, {"کوردی", "ckb"},  {"سۆرانی", "ckb"}, {"badini", "kmr"},
        {"kurmanji", "kmr"},       {"english", "en"}, {"french", "fr"},  {"français", "fr"},
        {"spanish", "es"},         {"persian", "fa"}, {"farsi", "fa"},   {"urdu", "ur"},
        {"turkish", "tr"}};
    const std::string lower = lower_ascii(trim(name));
    for (const auto& [text, tag] : kNames) {
        if (lower == text) return std::string(tag);
    }
    // A name that is itself a tag: "ar", "en-GB".
    const bool short_name =
        lower.size() >= 2 && (lower.size() <= 3 || lower[2] == '-' || lower[3] == '-');
    return short_name && lower.find(' ') == std::string::npos ? lower : std::string();
}

bool is_right_to_left_tag(std::string_view tag) {
    const std::string_view primary = tag.substr(0, tag.find('-'));
    static constexpr std::string_view kTags[] = {"ar", "ckb", "fa", "he", "ur",
                                                 "ps", "sd",  "ug", "yi", "dv"};
    return std::find(std::begin(kTags), std::end(kTags), primary) != std::end(kTags);
}

}  // namespace awda::forms
