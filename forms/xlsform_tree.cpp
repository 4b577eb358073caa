#include "forms/xlsform_tree.h"

namespace awda::forms {

Provenance place(const Row& row, std::string_view field) {
    const auto heading = row.headings.find(field);
    return {"survey", row.number,
            std::string(heading == row.headings.end() ? field : heading->second)};
}

std::unique_ptr<Element> generated(Element& parent, const std::string& name, std::uint32_t row) {
    auto out = std::make_unique<Element>();
    out->parent = &parent;
    out->name = name;
    out->path = parent.path + "/" + name;
    out->generated = true;
    out->row.number = row;
    return out;
}

const Element* enclosing_repeat(const Element* element) {
    for (const Element* e = element->parent; e != nullptr; e = e->parent) {
        if (e->kind == Element::Kind::kRepeat) return e;
    }
    return nullptr;
}

bool is_inside(const Element* element, const Element* above) {
    for (const Element* e = element->parent; e != nullptr; e = e->parent) {
        if (e == above) return true;
    }
    return false;
}

std::string fence_word(const Element& element) {
    if (element.kind == Element::Kind::kRepeat) return "repeat";
    return element.list.empty() ? "group" : "loop";
}

bool is_file_list(const Element& element) {
    return element.type != nullptr &&
           (element.type->spelling == "csv-external" || element.type->spelling == "xml-external");
}

bool is_unseen(const Element& element) {
    if (element.type != nullptr && element.type->spelling == "calculate") return true;
    const bool computed =
        !element.row.at("calculation").empty() || !element.row.at("trigger").empty();
    return computed && !element.row.texts.contains("label") && !element.row.texts.contains("hint");
}

bool needs_count_node(const std::string& count) {
    if (count.empty()) return false;
    const bool plain = count.starts_with("${") && count.find('}') == count.size() - 1;
    return !plain;
}

}  // namespace awda::forms
