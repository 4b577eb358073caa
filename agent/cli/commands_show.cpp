// awda form show: a form's outline, as its author would tell it.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "agent/cli/form_files.h"
#include "forms/model.h"

namespace awda::cli {

namespace {

using forms::ControlKind;
using forms::ModelControl;

/// One line of the outline.
struct Entry {
    std::size_t depth = 0;
    std::string kind;  ///< "group", "repeat", or a question's type
    std::string path;
    std::string name;
    std::string label;
    std::string list;
    std::size_t choices = 0;
    std::vector<std::pair<std::string, std::string>> flags;  ///< column → expression, or ""
    forms::AwdaMarks marks;
};

class Outline {
public:
    Outline(const forms::FormDefinition& definition, std::string language)
        : definition_(definition), language_(std::move(language)) {
        for (const forms::ModelBind& bind : definition.model().binds) binds_[bind.nodeset] = &bind;
        for (const forms::ModelInstance& list : definition.model().instances) {
            if (list.table != nullptr) lists_[list.id] = list.table->rows();
        }
        root_ = "/" + definition.model().root.name + "/";
        add(definition.model().body, 0);
        add_hidden();
    }

    [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
    [[nodiscard]] const std::map<std::string, std::size_t>& lists() const { return lists_; }

private:
    // Nesting is bounded by the readers (forms::kNestingMax).
    void add(const std::vector<ModelControl>& controls, std::size_t depth) {
        for (const ModelControl& control : controls) {
            // <group ref="x"><repeat nodeset="x">: the group only carries the repeat's label.
            const bool carries = control.kind == ControlKind::kGroup &&
                                 control.children.size() == 1 &&
                                 control.children[0].kind == ControlKind::kRepeat &&
                                 control.children[0].ref == control.ref;
            const ModelControl& shown = carries ? control.children[0] : control;
            entries_.push_back(entry_of(shown, depth));
            if (!shown.count.empty()) entries_.back().flags.emplace_back("repeat_count", "");
            add(shown.children, depth + 1);
        }
    }

    Entry entry_of(const ModelControl& control, std::size_t depth) {
        Entry entry;
        entry.depth = depth;
        entry.path = control.ref.starts_with(root_) ? control.ref.substr(root_.size()) : "";
        entry.name = entry.path.substr(entry.path.rfind('/') + 1);
        if (!entry.path.empty()) entry.label = definition_.label(entry.path, language_);
        if (control.kind == ControlKind::kGroup) entry.kind = "group";
        if (control.kind == ControlKind::kRepeat) entry.kind = "repeat";
        if (const auto* question = definition_.find_question(entry.path)) {
            if (entry.kind.empty()) entry.kind = forms::question_type_name(question->type);
            entry.marks = question->marks;
            entry.list = question->list_name;
            const auto list = lists_.find(entry.list);
            entry.choices =
                control.items.empty() && list != lists_.end() ? list->second : control.items.size();
        }
        add_flags(control.ref, entry);
        if (!control.appearance.empty()) entry.flags.emplace_back("appearance", control.appearance);
        if (control.itemset.nodeset.text.find('[') != std::string::npos) {
            entry.flags.emplace_back("choice_filter", "");
        }
        return entry;
    }

    void add_flags(const std::string& ref, Entry& entry) const {
        const auto found = binds_.find(ref);
        if (found == binds_.end()) return;
        const forms::ModelBind& bind = *found->second;
        const std::pair<const char*, const forms::SourceExpr*> columns[] = {
            {"relevant", &bind.relevant},     {"required", &bind.required},
            {"readonly", &bind.readonly},     {"constraint", &bind.constraint},
            {"calculation", &bind.calculate},
        };
        for (const auto& [column, source] : columns) {
            if (source->empty()) continue;
            entry.flags.emplace_back(column, source->text == "true()" ? "" : source->text);
        }
    }

    /// What no page shows: calculations and metadata.
    void add_hidden() {
        for (const forms::QuestionInfo& question : definition_.questions()) {
            if (question.type != forms::QuestionType::kHidden) continue;
            Entry entry;
            entry.kind = question.calculated ? "calculate" : question.metadata ? "meta" : "hidden";
            entry.path = question.path;
            entry.name = question.path;
            entry.marks = question.marks;
            add_flags(root_ + question.path, entry);
            entries_.push_back(std::move(entry));
        }
    }

    const forms::FormDefinition& definition_;
    std::string language_;
    std::string root_;
    std::map<std::string, const forms::ModelBind*> binds_;
    std::map<std::string, std::size_t> lists_;
    std::vector<Entry> entries_;
};

std::string line_of(const Entry& entry) {
    std::string out(entry.depth * 2, ' ');
    out += entry.kind + " " + entry.name;
    if (!entry.label.empty()) out += "  “" + entry.label + "”";
    if (!entry.list.empty() || entry.choices > 0) {
        out += "  [" + entry.list + ": " + std::to_string(entry.choices) + "]";
    }
    for (const auto& [column, text] : entry.flags) {
        out += "  " + column + (text.empty() ? "" : ": " + text);
    }
    const std::pair<const char*, const std::string*> marks[] = {
        {"purpose", &entry.marks.purpose},
        {"sensitivity", &entry.marks.sensitivity},
        {"approval", &entry.marks.approval},
    };
    for (const auto& [name, value] : marks) {
        if (!value->empty()) out += "  " + std::string(name) + "=" + *value;
    }
    return harmless(out);
}

nlohmann::json json_of(const Entry& entry) {
    nlohmann::json flags = nlohmann::json::object();
    for (const auto& [column, text] : entry.flags) flags[column] = text.empty() ? "true()" : text;
    return {{"kind", entry.kind},   {"path", entry.path},
            {"depth", entry.depth}, {"label", entry.label},
            {"list", entry.list},   {"choices", entry.choices},
            {"columns", flags},     {"marks", marks_json(entry.marks)}};
}

nlohmann::json questions_json(const forms::FormDefinition& definition,
                              const std::string& language) {
    nlohmann::json list = nlohmann::json::array();
    for (const forms::QuestionInfo& question : definition.questions()) {
        list.push_back({{"question", question.path},
                        {"type", forms::question_type_name(question.type)},
                        {"label", definition.label(question.path, language)},
                        {"repeat", question.repeat},
                        {"choices", question.list_name},
                        {"calculated", question.calculated},
                        {"marks", marks_json(question.marks)}});
    }
    return list;
}

}  // namespace

Outcome form_show(Context& context) {
    const agent::FormFile file = AWDA_TRY(find_form(context, context.options.file));
    if (file.form.definition == nullptr) return report_bad_form(context, file.diagnostics);
    const forms::FormDefinition& definition = *file.form.definition;
    const std::string language = form_language(context);
    const Outline outline(definition, language);
    std::string languages;
    nlohmann::json language_list = nlohmann::json::array();
    for (const forms::FormLanguage& one : definition.languages()) {
        languages += (languages.empty() ? "" : ", ") + one.name;
        language_list.push_back(
            {{"name", one.name}, {"tag", one.tag}, {"right_to_left", one.right_to_left}});
    }
    context.out.facts({{Text::kColForm, definition.settings().form_id},
                       {Text::kColVersion, definition.settings().version},
                       {Text::kColTitle, definition.settings().title},
                       {Text::kColLanguages, languages}});
    context.out.line("");
    nlohmann::json entries = nlohmann::json::array();
    for (const Entry& entry : outline.entries()) {
        context.out.line(line_of(entry));
        entries.push_back(json_of(entry));
    }
    nlohmann::json lists = nlohmann::json::object();
    for (const auto& [name, rows] : outline.lists()) lists[name] = rows;
    context.out.document({{"form", definition.settings().form_id},
                          {"version", definition.settings().version},
                          {"title", definition.settings().title},
                          {"languages", std::move(language_list)},
                          {"outline", std::move(entries)},
                          {"lists", std::move(lists)},
                          {"questions", questions_json(definition, language)}});
    return 0;
}

}  // namespace awda::cli
