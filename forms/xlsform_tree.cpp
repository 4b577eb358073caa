#include "forms/xlsform_tree.h"

#include <algorithm>

#include "forms/expression.h"

namespace awda::forms {

Provenance place(const Row& row, const std::string& field) {
    const auto heading = row.headings.find(field);
    return {"survey", row.number, heading == row.headings.end() ? field : heading->second};
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

bool is_dynamic(const Element& element, const std::string& text, StringPool& names) {
    if (text.find("${") != std::string::npos) return true;
    const std::string_view type = element.type == nullptr ? "string" : element.type->bind_type;
    Expression expr;
    ParseProblem problem;
    if (!Expression::parse_known(text, names, expr, problem)) return false;
    const ExprNode& root = expr.node(expr.root());
    if (root.op == Op::kCall) return root.fn != Fn::kUnknown;
    if (root.op != Op::kChain) return false;
    const bool dated =
        type == "date" || type == "dateTime" || type == "time" || type.starts_with("geo");
    const bool only_minus =
        std::all_of(root.ops.begin(), root.ops.end(), [](Op op) { return op == Op::kSub; });
    return !(only_minus && (dated || type == "string"));
}

bool needs_count_node(const std::string& count) {
    if (count.empty()) return false;
    const bool plain = count.starts_with("${") && count.find('}') == count.size() - 1;
    return !plain;
}

}  // namespace awda::forms
