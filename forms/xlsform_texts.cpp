#include "forms/xlsform_texts.h"

#include <algorithm>

#include "forms/xlsform_sheets.h"

namespace awda::forms {

namespace {

std::string media_address(std::string_view kind, const std::string& file) {
    if (file.starts_with("jr://")) return file;
    const std::string folder = kind == "audio" ? "audio" : kind == "video" ? "video" : "images";
    return "jr://" + folder + "/" + file;
}

bool needs_itext(const Element& element, const std::string& field) {
    const auto found = element.row.texts.find(field);
    if (found == element.row.texts.end()) return false;
    return std::any_of(found->second.begin(), found->second.end(),
                       [](const auto& text) { return !text.first.empty(); });
}

/// "English (en)".
bool has_language_code(std::string_view language) {
    const auto open = language.rfind('(');
    if (open == std::string_view::npos || !language.ends_with(')')) return false;
    std::string_view code = language.substr(open + 1, language.size() - open - 2);
    code = code.substr(0, code.find('-'));
    return (code.size() == 2 || code.size() == 3) &&
           std::all_of(code.begin(), code.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

}  // namespace

ModelTranslation& TextBuilder::translation(const std::string& language) {
    const std::string name = language.empty() ? form_.model->default_language : language;
    for (ModelTranslation& t : form_.model->translations) {
        if (t.language == name) return t;
    }
    form_.model->translations.push_back({name, false, {}});
    text_index_.emplace_back();
    return form_.model->translations.back();
}

void TextBuilder::add_itext(const std::string& language, const std::string& id,
                            const std::string& form, RichText text) {
    ModelTranslation& t = translation(language);
    auto& index = text_index_[static_cast<std::size_t>(&t - form_.model->translations.data())];
    const auto [found, fresh] = index.emplace(id, t.texts.size());
    if (fresh) t.texts.push_back({id, {}});
    auto& forms = t.texts[found->second].forms;
    for (auto& [name, value] : forms) {
        if (name == form) return;
    }
    forms.emplace_back(form, std::move(text));
}

/// Puts a text into the control: inline, or into itext where it has languages or media.
ModelText TextBuilder::make_text(const Element& element, const std::string& field, bool force,
                                 const std::vector<std::string>& media) {
    ModelText out;
    const auto found = element.row.texts.find(field);
    const bool has_text = found != element.row.texts.end();
    const Provenance where = place(element.row, field);
    if (!has_text && !force) return out;
    out.present = true;
    if (!force && !needs_itext(element, field)) {
        out.literal = references_.rich(found->second.front().second, element, where);
        return out;
    }
    const std::string id = element.path + ":" + field;
    out.ref = "jr:itext('" + id + "')";
    if (has_text) {
        for (const auto& [language, text] : found->second) {
            add_itext(language, id, "", references_.rich(text, element, where));
        }
    }
    for (const std::string& kind : media) {
        const auto files = element.row.texts.find("media::" + kind);
        if (files == element.row.texts.end()) continue;
        for (const auto& [language, file] : files->second)
            late_media_.push_back({language, id, kind, media_address(kind, file)});
    }
    return out;
}

void TextBuilder::add_texts(const Element& element, ModelControl& control) {
    const std::vector<std::string>& media = element.row.media;
    control.label = make_text(element, "label", !media.empty(), media);
    if (element.row.texts.contains("media::big-image") &&
        !element.row.texts.contains("media::image")) {
        form_.report(DiagnosticCode::kBigImageAlone, place(element.row, "media::big-image"),
                     {element.name});
    }
    const auto guidance = element.row.texts.find("guidance_hint");
    const bool has_guidance = guidance != element.row.texts.end();
    const bool has_hint = element.row.texts.contains("hint");
    control.label.present = control.label.present || has_hint;
    control.hint = make_text(element, "hint", has_guidance);
    if (has_guidance) {
        for (const auto& [language, text] : guidance->second) {
            add_itext(language, element.path + ":hint", "guidance",
                      references_.rich(text, element, place(element.row, "guidance_hint")));
        }
    }
    if (element.kind == Element::Kind::kQuestion) return;
    // Groups and repeats show no hint in XForms, and a repeat always has a label.
    control.hint = {};
    control.label.present = element.row.texts.contains("label") || !media.empty() ||
                            element.kind == Element::Kind::kRepeat;
}

std::string TextBuilder::make_message(const Element& element, const std::string& field,
                                      const char* suffix) {
    const auto found = element.row.texts.find(field);
    if (found == element.row.texts.end()) return {};
    const std::string& first = found->second.front().second;
    const bool outputs = first.find("${") != std::string::npos;
    if (!needs_itext(element, field) && !outputs) return first;
    const std::string id = element.path + ":" + suffix;
    for (const auto& [language, text] : found->second) {
        add_itext(language, id, "", references_.rich(text, element, place(element.row, field)));
    }
    return "jr:itext('" + id + "')";
}

void TextBuilder::add_choice_texts() {
    for (const std::string& name : form_.choices.order) {
        if (!form_.choices.needs_itext(name)) continue;
        std::size_t index = 0;
        for (const ChoiceRow& row : form_.choices.lists[name].rows)
            add_choice_texts(row, name + "-" + std::to_string(index++));
    }
}

void TextBuilder::add_choice_texts(const ChoiceRow& row, const std::string& id) {
    Element context;
    context.parent = &form_.root;
    context.path = form_.root.path + "/" + id;
    const Provenance where{"choices", row.number, "label"};
    for (const auto& [language, text] : row.labels)
        add_itext(language, id, "", references_.rich(text, context, where));
    for (const auto& [kind, files] : row.media) {
        for (const auto& [language, file] : files) {
            add_itext(language, id, kind, {{media_address(kind, file), false}});
        }
    }
}

void TextBuilder::add_form_label() {
    for (const auto& [language, text] : form_.settings.form_label)
        add_itext(language, form_.root.path + ":label", "", {{text, false}});
}

void TextBuilder::add_late_media() {
    for (const Media& media : late_media_)
        add_itext(media.language, media.id, media.kind, {{media.file, false}});
}

void TextBuilder::finish() {
    for (ModelTranslation& t : form_.model->translations) {
        t.is_default = t.language == form_.model->default_language;
    }
    const bool known =
        std::any_of(form_.model->translations.begin(), form_.model->translations.end(),
                    [](const ModelTranslation& t) { return t.is_default; });
    if (!known && !form_.model->translations.empty()) {
        if (form_.model->default_language != "default") {
            std::vector<std::string> names;
            for (const ModelTranslation& t : form_.model->translations) names.push_back(t.language);
            form_.report(DiagnosticCode::kUnknownLanguage, {"settings", 2, "default_language"},
                         {form_.model->default_language},
                         nearest_spelling(form_.model->default_language, names),
                         Severity::kWarning);
        }
        form_.model->default_language = form_.model->translations.front().language;
    }
    for (const ModelTranslation& t : form_.model->translations) {
        if (t.language == "default" || has_language_code(t.language)) continue;
        form_.report(DiagnosticCode::kLanguageCode, {}, {t.language}, {}, Severity::kWarning);
    }
    // Awda's own marks travel with their namespace.
    const bool marked = std::any_of(
        form_.model->binds.begin(), form_.model->binds.end(), [](const ModelBind& bind) {
            return std::any_of(bind.others.begin(), bind.others.end(),
                               [](const auto& a) { return a.first.starts_with("awda:"); });
        });
    if (marked && attribute(form_.model->namespaces, "awda").empty()) {
        form_.model->namespaces.emplace_back("awda", kAwdaNamespace);
    }
}

}  // namespace awda::forms
