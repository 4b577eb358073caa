// Choices out of files: search() and the labels of select_one_external.
#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "forms/external_data.h"
#include "forms/session_state.h"
#include "forms/value.h"

namespace awda::forms {
namespace {

constexpr std::string_view kSortColumn = "sortby";

std::string_view cell_of(const NodeRef& item, std::uint32_t column) {
    const auto& table = static_cast<const TableInstance&>(*item.document);
    return column == TableInstance::kNoColumn ? std::string_view()
                                              : table.at(table.row_of(item.node), column);
}

/// "Duhok (district: Zakho)": the first column, and further ones with their names.
std::string joined_label(const NodeRef& item, const std::vector<std::string>& names,
                         const std::vector<std::uint32_t>& columns) {
    std::string out;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const std::string_view text = cell_of(item, columns[i]);
        if (i == 0) {
            out = text;
            continue;
        }
        out.append(" (").append(names[i]).append(": ").append(text).append(")");
    }
    return out;
}

}  // namespace

/// The rows a search() finds, in the file's order or that of its column "sortby".
std::vector<NodeRef> Session::State::search_rows(NodeId node) {
    std::vector<NodeRef> out;
    const CompiledId filter = tree.shape(node).aspects[static_cast<std::size_t>(Aspect::kFilter)];
    if (filter == kNone) return out;
    Evaluator evaluator(*this, c.exprs[filter]);
    const Value found = evaluator.evaluate({&tree, node});
    if (!found.is_nodes()) return out;
    for (const NodeRef& item : found.nodes()) {
        if (dynamic_cast<const TableInstance*>(item.document) != nullptr) out.push_back(item);
    }
    if (out.empty()) return out;
    const auto& table = static_cast<const TableInstance&>(*out.front().document);
    const std::uint32_t sort = find_heading(table, kSortColumn);
    if (sort == TableInstance::kNoColumn) return out;
    // What is no number comes last.
    std::vector<std::pair<double, NodeRef>> keyed;
    keyed.reserve(out.size());
    for (const NodeRef& item : out) {
        const double key = parse_number(cell_of(item, sort));
        keyed.emplace_back(std::isnan(key) ? HUGE_VAL : key, item);
    }
    std::stable_sort(keyed.begin(), keyed.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::transform(keyed.begin(), keyed.end(), out.begin(), [](const auto& k) { return k.second; });
    return out;
}

std::vector<Choice> Session::State::search_choices(NodeId node) {
    std::vector<Choice> out;
    const std::vector<NodeRef> rows = search_rows(node);
    std::unordered_set<std::string> seen;
    for (const ModelItem& written : tree.shape(node).control->items) {
        const std::string label = text_of(written.label, node, "");
        std::string image = text_of(written.label, node, "image");
        if (is_static_choice(written.value)) {
            Choice& choice = out.emplace_back();
            choice.value = written.value;
            choice.label = label.empty() ? written.value : label;
            choice.media.image = std::move(image);
            continue;
        }
        if (rows.empty()) continue;
        constexpr std::string_view kImages = "jr://images/";
        if (image.starts_with(kImages)) image.erase(0, kImages.size());
        const auto& table = static_cast<const TableInstance&>(*rows.front().document);
        const std::uint32_t value_column = find_heading(table, written.value);
        const std::uint32_t image_column =
            image.empty() ? TableInstance::kNoColumn : find_heading(table, image);
        const std::vector<std::string> names = split_columns(label);
        std::vector<std::uint32_t> columns;
        for (const std::string& name : names) columns.push_back(find_heading(table, name));
        for (const NodeRef& row : rows) {
            Choice choice;
            choice.value = cell_of(row, value_column);
            if (choice.value.empty() || !seen.insert(choice.value).second) continue;
            choice.label = joined_label(row, names, columns);
            if (choice.label.empty()) choice.label = choice.value;
            const std::string_view picture = cell_of(row, image_column);
            if (!picture.empty()) choice.media.image = std::string(kImages).append(picture);
            out.push_back(std::move(choice));
        }
    }
    return out;
}

bool Session::State::search_offers(NodeId node, std::string_view value) {
    const std::vector<NodeRef> rows = search_rows(node);
    for (const ModelItem& written : tree.shape(node).control->items) {
        if (is_static_choice(written.value)) {
            if (written.value == value) return true;
            continue;
        }
        if (rows.empty()) continue;
        const std::uint32_t column =
            find_heading(static_cast<const TableInstance&>(*rows.front().document), written.value);
        for (const NodeRef& row : rows) {
            if (cell_of(row, column) == value) return true;
        }
    }
    return false;
}

/// "label::Arabic (ar)" in an Arabic session, else "label": files of choices have their languages
/// in columns.
std::string Session::State::external_label(const NodeRef& item, std::string_view name) {
    const auto* table = dynamic_cast<const TableInstance*>(item.document);
    if (table == nullptr || !language) return choice_field(item, name);
    for (const char* colons : {"::", ":"}) {
        const std::uint32_t column =
            find_heading(*table, std::string(name) + colons + c.languages[*language].name);
        if (column == TableInstance::kNoColumn) continue;
        const std::string_view text = cell_of(item, column);
        if (!text.empty()) return std::string(text);
    }
    return choice_field(item, name);
}

}  // namespace awda::forms
