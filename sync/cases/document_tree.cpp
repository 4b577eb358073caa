#include "sync/cases/document_tree.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <unordered_map>

namespace awda::sync::merge {

namespace {

const std::string kNothing;

/// "family[2]" is 2; 0 for a segment without a number; nothing if it is neither.
std::optional<std::uint32_t> row_number(std::string_view segment) {
    const std::size_t open = segment.find('[');
    if (open == std::string_view::npos) {
        const bool plain = !segment.empty() && segment.find(']') == std::string_view::npos;
        return plain ? std::optional<std::uint32_t>(0) : std::nullopt;
    }
    const std::string_view digits = segment.substr(open + 1);
    if (open == 0 || digits.empty() || digits.front() == '0') return std::nullopt;
    std::uint32_t number = 0;
    const char* end = digits.data() + digits.size();
    const auto [stop, failed] = std::from_chars(digits.data(), end, number);
    if (failed != std::errc() || stop + 1 != end || *stop != ']') return std::nullopt;
    return number;
}

/// False: not a path.
bool take_apart(std::string_view path, PathParts& parts) {
    std::size_t row_ends = 0;  // where the name of the next repeat or question begins
    std::size_t at = 0;
    while (true) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        const std::string_view segment = path.substr(at, end - at);
        const auto number = row_number(segment);
        if (!number) return false;
        if (*number != 0) {
            if (parts.rows.size() == kDepthMax) return false;
            const std::size_t open = at + segment.find('[');
            parts.rows.push_back(
                {path.substr(row_ends, open - row_ends), *number, path.substr(0, end)});
            row_ends = std::min(end + 1, path.size());
        }
        if (end == path.size()) break;
        at = end + 1;
    }
    parts.rest = path.substr(row_ends);
    return true;
}

class Maker {
public:
    explicit Maker(std::span<const Field> fields) {
        tree_.rows.emplace_back();
        places_.reserve(fields.size());
        for (const Field& field : fields) add(field);
        for (TreeRow& row : tree_.rows) {
            for (TreeBlock& block : row.blocks) {
                std::ranges::sort(block.rows, {},
                                  [&](std::uint32_t at) { return tree_.rows[at].number; });
            }
        }
    }
    DocumentTree take() { return std::move(tree_); }

private:
    void add(const Field& field) {
        const PathParts parts = split_path(field.path);
        std::uint32_t row = 0;
        for (const RowStep& step : parts.rows) row = row_below(row, step);
        if (parts.rest.empty() && !parts.rows.empty()) {
            tree_.rows[row].announced = &field.value;
            return;
        }
        TreeRow& holder = tree_.rows[row];
        const auto [place, fresh] = places_.try_emplace(field.path, holder.fields.size());
        if (!fresh) {
            holder.fields[place->second].value = &field.value;
            return;
        }
        holder.items.push_back({false, static_cast<std::uint32_t>(holder.fields.size())});
        holder.fields.push_back({parts.rest, &field.value, kNoToken});
    }

    std::uint32_t row_below(std::uint32_t parent, const RowStep& step) {
        const auto next = static_cast<std::uint32_t>(tree_.rows.size());
        const auto [place, fresh] = rows_.try_emplace(step.whole, next);
        if (!fresh) return place->second;
        TreeRow row;
        row.whole = step.whole;
        row.number = step.number;
        row.announced = &kNothing;
        tree_.rows.push_back(std::move(row));
        TreeRow& holder = tree_.rows[parent];
        // "family[2]" without its number names the repeat.
        const std::string_view name = step.whole.substr(0, step.whole.rfind('['));
        const auto [block, first] = blocks_.try_emplace(name, holder.blocks.size());
        if (first) {
            holder.items.push_back({true, static_cast<std::uint32_t>(holder.blocks.size())});
            holder.blocks.push_back({step.block, {}});
        }
        holder.blocks[block->second].rows.push_back(next);
        return next;
    }

    DocumentTree tree_;
    std::unordered_map<std::string_view, std::size_t> places_;  ///< of fields, within their rows
    std::unordered_map<std::string_view, std::uint32_t> rows_;
    std::unordered_map<std::string_view, std::size_t> blocks_;
};

bool same_block(const DocumentTree& a, const TreeBlock& block_a, const DocumentTree& b,
                const TreeBlock& block_b) {
    if (block_a.name != block_b.name || block_a.rows.size() != block_b.rows.size()) return false;
    for (std::size_t i = 0; i < block_a.rows.size(); ++i) {
        if (!same_row(a, block_a.rows[i], b, block_b.rows[i])) return false;
    }
    return true;
}

/// The items that hold something: a disputed question may show none.
std::vector<TreeItem> held_items(const TreeRow& row) {
    std::vector<TreeItem> out;
    for (const TreeItem item : row.items) {
        if (item.block || row.fields[item.at].value != nullptr) out.push_back(item);
    }
    return out;
}

}  // namespace

PathParts split_path(std::string_view path) {
    PathParts parts;
    if (!take_apart(path, parts)) parts = {{}, path};
    return parts;
}

DocumentTree make_tree(std::span<const Field> fields) {
    return Maker(fields).take();
}

bool same_row(const DocumentTree& a, std::uint32_t row_a, const DocumentTree& b,
              std::uint32_t row_b) {
    const TreeRow& one = a.rows[row_a];
    const TreeRow& other = b.rows[row_b];
    if (*one.announced != *other.announced) return false;
    const std::vector<TreeItem> items = held_items(one);
    const std::vector<TreeItem> others = held_items(other);
    if (items.size() != others.size()) return false;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (items[i].block != others[i].block) return false;
        if (items[i].block) {
            if (!same_block(a, one.blocks[items[i].at], b, other.blocks[others[i].at]))
                return false;
            continue;
        }
        const TreeField& field = one.fields[items[i].at];
        const TreeField& against = other.fields[others[i].at];
        if (field.name != against.name || *field.value != *against.value) return false;
    }
    return true;
}

}  // namespace awda::sync::merge
