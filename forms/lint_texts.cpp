// Texts and marks: what is not translated, not explained, not there, or has no stated purpose.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "forms/ascii.h"
#include "forms/compiled.h"
#include "forms/lint_form.h"
#include "forms/protection.h"
#include "forms/value.h"

namespace awda::forms {

namespace {

using TextsById = std::unordered_map<std::string_view, const ModelTranslationText*>;

/// pyxform puts "-" where a translation is missing.
bool says_something(const RichText& text) {
    if (text.empty()) return false;
    return text.size() > 1 || text.front().output ||
           (!trim(text.front().text).empty() && text.front().text != "-");
}

bool translated(const TextsById& texts, std::string_view id, bool guidance) {
    const auto found = texts.find(id);
    if (found == texts.end()) return false;
    const auto& forms = found->second->forms;
    return std::any_of(forms.begin(), forms.end(), [&](const auto& form) {
        return (form.first == "guidance") == guidance && says_something(form.second);
    });
}

class TranslationCheck {
public:
    explicit TranslationCheck(LintForm& form) : form_(form) {
        for (const ModelTranslation& translation : form.model().translations) {
            TextsById texts;
            for (const ModelTranslationText& text : translation.texts) texts[text.id] = &text;
            languages_.push_back(std::move(texts));
        }
    }

    void run() {
        if (languages_.size() < 2) return;
        std::set<std::string> lists;
        for (const ModelControl* control : form_.controls()) {
            see(*control, "label", lint_text_id(control->label));
            see(*control, "hint", lint_text_id(control->hint));
            see(*control, "guidance_hint", lint_text_id(control->guidance));
            see(*control, "guidance_hint", lint_text_id(control->hint), true);
            const LintId node = form_.find(control->ref);
            const ModelBind* bind = node == kNoLint ? nullptr : form_.node(node).bind;
            if (bind != nullptr && form_.node(node).control == control) {
                see(*control, "constraint_message", lint_text_id({true, bind->constraint_msg, {}}));
                see(*control, "required_message", lint_text_id({true, bind->required_msg, {}}));
            }
            if (!LintForm::is_select(control)) continue;
            const LintList list = form_.list_of(*control);
            if (list.table != nullptr && list.itext && lists.insert(list.name).second) {
                see_list(list);
            }
        }
    }

private:
    void see(const ModelControl& control, const char* column, std::string_view id,
             bool guidance = false) {
        if (id.empty()) return;
        std::vector<std::size_t> missing;
        for (std::size_t i = 0; i < languages_.size(); ++i) {
            if (!translated(languages_[i], id, guidance)) missing.push_back(i);
        }
        // What no language has is not a missing translation.
        if (missing.size() == languages_.size()) return;
        const LintId node = form_.find(control.ref);
        const std::string title = node == kNoLint ? std::string(id) : form_.title(node);
        for (const std::size_t i : missing) {
            form_.report(LintCode::kMissingTranslation,
                         LintForm::cell(control.where, std::string(column) + "::" + language(i)),
                         node, {title, column, language(i)});
        }
    }

    void see_list(const LintList& list) {
        for (std::size_t i = 0; i < languages_.size(); ++i) {
            std::size_t count = 0;
            std::string first;
            for (std::uint32_t row = 0; row < list.table->rows(); ++row) {
                const std::string_view id = list.table->at(row, list.label_column);
                if (id.empty() || translated(languages_[i], id, false)) continue;
                if (count++ == 0) first = list.table->at(row, list.value_column);
            }
            if (count == 0) continue;
            form_.report(LintCode::kChoicesUntranslated,
                         form_.choices_cell("label::" + language(i)), kNoLint,
                         {list.name, std::to_string(count), language(i), first});
        }
    }

    [[nodiscard]] const std::string& language(std::size_t i) const {
        return form_.model().translations[i].language;
    }

    LintForm& form_;
    std::vector<TextsById> languages_;
};

void check_media(LintForm& form, const LintOptions& options) {
    if (!options.has_media) return;
    std::map<std::string_view, const ModelControl*> owners;
    for (const ModelControl* control : form.controls()) {
        for (const ModelText* text : {&control->label, &control->hint}) {
            if (const auto id = lint_text_id(*text); !id.empty()) owners[id] = control;
        }
    }
    std::set<std::string> told;
    for (const ModelTranslation& translation : form.model().translations) {
        for (const ModelTranslationText& text : translation.texts) {
            for (const auto& [kind, rich] : text.forms) {
                if (rich.size() != 1 || !rich.front().text.starts_with("jr://")) continue;
                const std::string& address = rich.front().text;
                const std::string name = address.substr(address.rfind('/') + 1);
                if (options.has_media(name) || !told.insert(name).second) continue;
                const auto owner = owners.find(text.id);
                const std::string column = "media::" + kind;
                if (owner == owners.end()) {
                    form.report(LintCode::kMissingMedia, form.choices_cell(column), kNoLint,
                                {name});
                } else {
                    form.report(LintCode::kMissingMedia,
                                LintForm::cell(owner->second->where, column),
                                form.find(owner->second->ref), {name});
                }
            }
        }
    }
}

// The words of ODK's and Kobo's appearances, of all question types together. Sorted.
constexpr auto kAppearances = std::to_array<std::string_view>({
    "acknowledge",   "annotate",      "autocomplete",
    "bearing",       "bikram-sambat", "buddhist",
    "columns",       "columns-pack",  "compact",
    "coptic",        "counter",       "dateless",
    "distress",      "draw",          "ethiopian",
    "field-list",    "front",         "hidden-answer",
    "hide-input",    "horizontal",    "horizontal-compact",
    "image-map",     "intro",         "islamic",
    "label",         "likert",        "list",
    "list-nolabel",  "list_nolabel",  "map",
    "maps",          "masked",        "minimal",
    "month-year",    "multiline",     "myanmar",
    "new",           "new-front",     "new-rear",
    "no-buttons",    "no-calendar",   "no-ticks",
    "numbers",       "other",         "persian",
    "picker",        "placement-map", "printer",
    "quick",         "quickcompact",  "rating",
    "search",        "signature",     "streaming",
    "summary",       "table-list",    "textarea",
    "thousands-sep", "url",           "vertical",
    "year",
});

bool known_appearance(std::string_view word) {
    if (std::binary_search(kAppearances.begin(), kAppearances.end(), word)) return true;
    const auto digits_after = [&](std::string_view head) {
        return word.starts_with(head) && word.size() > head.size() &&
               std::all_of(word.begin() + static_cast<std::ptrdiff_t>(head.size()), word.end(),
                           is_digit);
    };
    return digits_after("w") || digits_after("h") || digits_after("columns-") ||
           digits_after("compact-") || word.starts_with("custom-");
}

void check_appearances(LintForm& form) {
    const std::vector<std::string> known(kAppearances.begin(), kAppearances.end());
    for (const ModelControl* control : form.controls()) {
        std::string_view rest = control->appearance;
        // "ex:app(…)", "printer:…" and "search('list', …)" carry arguments of any form.
        if (rest.find_first_of("(:$") != std::string_view::npos) continue;
        while (!(rest = trim(rest)).empty()) {
            const std::string word = lower_ascii(rest.substr(0, rest.find_first_of(" \t\n")));
            rest.remove_prefix(word.size());
            if (known_appearance(word)) continue;
            form.report(LintCode::kUnknownAppearance, LintForm::cell(control->where, "appearance"),
                        form.find(control->ref), {word}, nearest_spelling(word, known));
        }
    }
}

void check_constraints(LintForm& form) {
    for (const LintNode& node : form.nodes()) {
        const ModelBind* bind = node.bind;
        if (bind == nullptr || bind->constraint.empty() || !bind->constraint_msg.empty()) continue;
        if (node.control == nullptr) continue;
        const auto id = static_cast<LintId>(&node - form.nodes().data());
        form.report(LintCode::kSilentConstraint, bind->constraint.where, id, {form.title(id)});
    }
}

}  // namespace

void lint_texts(LintForm& form, const LintOptions& options) {
    TranslationCheck(form).run();
    check_constraints(form);
    check_appearances(form);
    check_media(form, options);
}

void lint_marks(LintForm& form) {
    const std::string root = form.absolute(0) + "/";
    if (protected_paths(form.definition()).covers("meta/instanceName")) {
        const LintId name = form.find(root + "meta/instanceName");
        const ModelBind* bind = name == kNoLint ? nullptr : form.node(name).bind;
        form.report(LintCode::kProtectedName, bind == nullptr ? Provenance{} : bind->where, name,
                    {});
    }
    std::vector<LintId> without;
    std::size_t asked = 0;
    for (const QuestionInfo& question : form.definition().questions()) {
        const LintId id = form.find(root + question.path);
        if (id == kNoLint) continue;
        const LintNode& node = form.node(id);
        const Provenance row = node.bind != nullptr      ? node.bind->where
                               : node.control != nullptr ? node.control->where
                                                         : Provenance{};
        if (!question.marks.sensitivity.empty() && question.marks.approval.empty()) {
            form.report(LintCode::kNoApproval, LintForm::cell(row, "bind::awda:approval"), id,
                        {form.title(id), question.marks.sensitivity});
        }
        if (node.control == nullptr || question.type == QuestionType::kNote) continue;
        ++asked;
        if (question.marks.purpose.empty()) without.push_back(id);
    }
    // A form that never heard of purposes is told once, not for each question.
    if (without.size() == asked && asked > 0) {
        form.report(LintCode::kNoPurposes, {}, kNoLint, {std::to_string(asked)});
        return;
    }
    for (const LintId id : without) {
        const LintNode& node = form.node(id);
        form.report(LintCode::kNoPurpose, LintForm::cell(node.control->where, "bind::awda:purpose"),
                    id, {form.title(id)});
    }
}

}  // namespace awda::forms
