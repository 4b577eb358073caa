#include "forms/xlsform_loops.h"

#include <memory>
#include <string>

#include "forms/xlsform_sheets.h"

namespace awda::forms {

namespace {

constexpr std::size_t kCopiesMax = 100'000;  // of questions, made by loops

/// "%(name)s" and "%(label)s" in a loop's questions are those of the choice.
std::string about(std::string text, const ChoiceRow& choice, const std::string& language) {
    std::string label = choice.labels.empty() ? "" : choice.labels.front().second;
    for (const auto& [known, own] : choice.labels) {
        if (known == language) label = own;
    }
    for (const auto& [mark, value] :
         {std::pair<std::string, const std::string&>("%(name)s", choice.name),
          {"%(label)s", label}}) {
        for (auto at = text.find(mark); at != std::string::npos;
             at = text.find(mark, at + value.size()))
            text.replace(at, mark.size(), value);
    }
    return text;
}

class LoopExpander {
public:
    explicit LoopExpander(XlsForm& form) : form_(form) {}
    void expand_loops(Element& element);

private:
    void expand_loop(Element& loop);
    void add_copy(const Element& from, Element& parent, const ChoiceRow& choice);

    XlsForm& form_;
    std::size_t copies_ = 0;
};

void LoopExpander::expand_loops(Element& element) {
    for (const auto& child : element.children) {
        expand_loops(*child);
        if (child->kind == Element::Kind::kGroup && !child->list.empty()) expand_loop(*child);
    }
}

/// A loop's questions stand there once for each choice of its list, in a group of its name.
void LoopExpander::expand_loop(Element& loop) {
    const auto questions = std::move(loop.children);
    loop.children.clear();
    for (const ChoiceRow& choice : form_.choices.lists[loop.list].rows) {
        if (choice.name == "none") continue;
        if (!is_xml_name(choice.name)) {
            form_.report(DiagnosticCode::kBadName, {"choices", choice.number, "name"},
                         {choice.name}, xml_name_from(choice.name));
            continue;
        }
        auto group = std::make_unique<Element>();
        group->parent = &loop;
        group->kind = Element::Kind::kGroup;
        group->name = choice.name;
        group->path = loop.path + "/" + choice.name;
        group->looped = true;
        group->container = loop.container;
        group->row.number = loop.row.number;
        if (!choice.labels.empty()) group->row.texts["label"] = choice.labels;
        for (const auto& [kind, files] : choice.media) {
            group->row.media.push_back(kind);
            group->row.texts["media::" + kind] = files;
        }
        for (const auto& child : questions) add_copy(*child, *group, choice);
        loop.children.push_back(std::move(group));
    }
}

void LoopExpander::add_copy(const Element& from, Element& parent, const ChoiceRow& choice) {
    if (++copies_ > kCopiesMax) {
        if (copies_ == kCopiesMax + 1) {
            form_.report(DiagnosticCode::kTooManyNodes, place(from.row, "type"),
                         {std::to_string(kCopiesMax)});
        }
        return;
    }
    auto copy = std::make_unique<Element>();
    copy->parent = &parent;
    copy->row = from.row;
    copy->kind = from.kind;
    copy->name = about(from.name, choice, "");
    copy->path = parent.path + "/" + copy->name;
    copy->select = from.select;
    copy->type = from.type;
    copy->generated = from.generated;
    copy->looped = true;
    copy->list = from.list;
    copy->container = from.container;
    for (auto& [field, text] : copy->row.fields) text = about(text, choice, "");
    for (auto& [field, texts] : copy->row.texts) {
        for (auto& [language, text] : texts) text = about(text, choice, language);
    }
    for (const auto& child : from.children) add_copy(*child, *copy, choice);
    parent.children.push_back(std::move(copy));
}

}  // namespace

void expand_loops(XlsForm& form) {
    LoopExpander(form).expand_loops(form.root);
}

}  // namespace awda::forms
