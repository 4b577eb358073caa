#include "forms/delta.h"

#include <algorithm>
#include <unordered_map>

namespace awda::forms {
namespace {

using Page = std::vector<ViewNode>;
using Index = std::unordered_multimap<std::uint64_t, std::size_t>;

Index index_of(const Page& page) {
    Index out;
    out.reserve(page.size());
    for (std::size_t i = 0; i < page.size(); ++i) out.emplace(page[i].id, i);
    return out;
}

std::size_t find(const Page& page, std::uint64_t id) {
    const auto found =
        std::find_if(page.begin(), page.end(), [&](const ViewNode& n) { return n.id == id; });
    return static_cast<std::size_t>(found - page.begin());
}

/// Behind everything that is inside the node at `at`.
std::size_t end_of(const Page& page, std::size_t at) {
    const std::uint32_t depth = page[at].depth;
    for (++at; at < page.size() && page[at].depth > depth;) ++at;
    return at;
}

void remove_row(Page& page, std::uint64_t id) {
    const std::size_t at = find(page, id);
    if (at == page.size()) return;  // came and went between two looks
    page.erase(page.begin() + static_cast<std::ptrdiff_t>(at),
               page.begin() + static_cast<std::ptrdiff_t>(end_of(page, at)));
}

void add_row(Page& page, const ViewChange& change) {
    const std::size_t head = find(page, change.id);
    if (head == page.size()) return;
    const std::size_t end = end_of(page, head);
    std::size_t at = head + 1;
    for (std::uint32_t row = 0; row < change.position && at < end; ++row) at = end_of(page, at);
    page.insert(page.begin() + static_cast<std::ptrdiff_t>(at), change.nodes.begin(),
                change.nodes.end());
}

void move_row(Page& page, const ViewChange& change) {
    const std::size_t at = find(page, change.id);
    if (at == page.size()) return;
    const std::string old = page[at].ref;
    const std::size_t end = end_of(page, at);
    const auto renamed = [&](std::string& ref) {
        if (ref.starts_with(old)) ref = change.ref + ref.substr(old.size());
    };
    for (std::size_t i = at; i < end; ++i) {
        renamed(page[i].ref);
        if (page[i].problem) renamed(page[i].problem->ref);
    }
}

void update(ViewNode& node, const ViewNode& from, std::uint32_t fields) {
    if ((fields & kFieldValue) != 0) node.value = from.value;
    if ((fields & kFieldRelevant) != 0) node.relevant = from.relevant;
    if ((fields & kFieldReadonly) != 0) node.readonly = from.readonly;
    if ((fields & kFieldRequired) != 0) node.required = from.required;
    if ((fields & kFieldChoices) != 0) node.choices = from.choices;
    if ((fields & kFieldProblem) != 0) node.problem = from.problem;
    if ((fields & kFieldTexts) != 0) {
        node.label = from.label;
        node.hint = from.hint;
        node.guidance = from.guidance;
        node.short_label = from.short_label;
        node.media = from.media;
        node.hint_media = from.hint_media;
    }
    if ((fields & kFieldRows) != 0) {
        node.rows = from.rows;
        node.can_add = from.can_add;
        node.can_remove = from.can_remove;
    }
}

}  // namespace

void apply_changes(std::vector<ViewNode>& page, const PageChanges& changes) {
    Index index;
    bool stale = true;
    for (const ViewChange& change : changes.changes) {
        switch (change.kind) {
            case ViewChange::Kind::kRowRemoved: remove_row(page, change.id); break;
            case ViewChange::Kind::kRowAdded: add_row(page, change); break;
            case ViewChange::Kind::kRowMoved: move_row(page, change); break;
            case ViewChange::Kind::kUpdated: {
                if (std::exchange(stale, false)) index = index_of(page);
                const auto [first, last] = index.equal_range(change.id);
                for (auto it = first; it != last; ++it) {
                    update(page[it->second], change.nodes.front(), change.fields);
                }
                continue;
            }
        }
        stale = true;
    }
}

std::vector<ViewNode> relevant_part(const std::vector<ViewNode>& page) {
    std::vector<ViewNode> out;
    for (const ViewNode& node : page) {
        if (node.relevant) out.push_back(node);
    }
    return out;
}

}  // namespace awda::forms
