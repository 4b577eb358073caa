#include "forms/instance.h"

#include <algorithm>
#include <array>
#include <utility>

namespace awda::forms {

InstanceTree::InstanceTree(const Compiled& compiled) : compiled_(compiled) {
    nodes_.emplace_back();  // the document
    nodes_.reserve(compiled_.nodes.size() + 1);
    slots_.reserve(compiled_.nodes.size());
    single_.assign(compiled_.nodes.size(), kNoNode);
    if (!compiled_.nodes.empty()) build(0, 0, 0);
}

NodeId InstanceTree::make(TemplateId kind, NodeId parent) {
    if (kind < spare_.size() && !spare_[kind].empty()) return make_again(kind, parent);
    Node node;
    node.kind = kind;
    node.parent = parent;
    node.slots = static_cast<std::uint32_t>(slots_.size());
    const NodeTemplate& shape = compiled_.nodes[kind];
    for (const TemplateId child : shape.children) {
        if (compiled_.nodes[child].is_repeat) {
            slots_.push_back(static_cast<std::uint32_t>(rows_.size()));
            rows_.emplace_back();
        } else {
            slots_.push_back(kNoNode);
        }
    }
    nodes_.push_back(std::move(node));
    const auto made = static_cast<NodeId>(nodes_.size() - 1);
    if (shape.repeat == kNone) single_[kind] = made;
    return made;
}

/// A node made of a forgotten one, whose slots are those of the same template.
NodeId InstanceTree::make_again(TemplateId kind, NodeId parent) {
    const NodeId made = spare_[kind].back();
    spare_[kind].pop_back();
    --free_;
    Node node;
    node.kind = kind;
    node.parent = parent;
    node.slots = nodes_[made].slots;
    for (const TemplateId child : compiled_.nodes[kind].children) {
        if (compiled_.nodes[child].is_repeat) {
            rows_[slots_[node.slots + compiled_.nodes[child].slot]].clear();
        } else {
            slots_[node.slots + compiled_.nodes[child].slot] = kNoNode;
        }
    }
    nodes_[made] = std::move(node);
    return made;
}

/// Makes the subtree of a seed. Children that the seed lacks are made empty.
NodeId InstanceTree::build(std::uint32_t seed, TemplateId kind, NodeId parent) {
    const NodeId top = make(kind, parent);
    std::vector<std::pair<NodeId, std::uint32_t>> todo{{top, seed}};
    while (!todo.empty()) {
        const auto [node, from] = todo.back();
        todo.pop_back();
        if (from != kNone) {
            nodes_[node].value = compiled_.seeds[from].value;
            for (const std::uint32_t child_seed : compiled_.seeds[from].children) {
                const TemplateId child = compiled_.seeds[child_seed].node;
                const NodeId made = make(child, node);
                if (compiled_.nodes[child].is_repeat) {
                    auto& rows = rows_[slot(node, child)];
                    nodes_[made].position = static_cast<std::uint32_t>(rows.size());
                    rows.push_back(made);
                } else {
                    slot(node, child) = made;
                }
                todo.emplace_back(made, child_seed);
            }
        }
        // A fresh copy of the list: make() may move nodes_.
        for (const TemplateId child : compiled_.nodes[nodes_[node].kind].children) {
            if (compiled_.nodes[child].is_repeat || slot(node, child) != kNoNode) continue;
            const NodeId made = make(child, node);
            slot(node, child) = made;
            todo.emplace_back(made, kNone);
        }
    }
    return top;
}

std::span<const NodeId> InstanceTree::children(NodeId n, TemplateId child) const {
    const std::uint32_t& entry = slots_[nodes_[n].slots + compiled_.nodes[child].slot];
    if (compiled_.nodes[child].is_repeat) return rows_[entry];
    return {&entry, entry == kNoNode ? 0U : 1U};
}

NodeId InstanceTree::row(NodeId parent, TemplateId repeat, std::size_t position) const {
    const auto rows = children(parent, repeat);
    return position < rows.size() ? rows[position] : kNoNode;
}

void InstanceTree::renumber(NodeId parent, TemplateId repeat, std::size_t from) {
    const auto& rows = rows_[slot(parent, repeat)];
    for (std::size_t i = from; i < rows.size(); ++i) {
        nodes_[rows[i]].position = static_cast<std::uint32_t>(i);
    }
}

NodeId InstanceTree::insert_row(NodeId parent, TemplateId repeat, std::size_t position,
                                std::uint32_t seed) {
    const std::uint32_t set = slot(parent, repeat);
    if (full(parent, repeat)) return kNoNode;
    const NodeId made = build(seed, repeat, parent);
    auto& rows = rows_[set];
    position = std::min(position, rows.size());
    rows.insert(rows.begin() + static_cast<std::ptrdiff_t>(position), made);
    renumber(parent, repeat, position);
    return made;
}

void InstanceTree::set_alive(NodeId top, bool alive) {
    std::vector<NodeId> todo{top};
    while (!todo.empty()) {
        const NodeId n = todo.back();
        todo.pop_back();
        nodes_[n].alive = alive;
        for (const TemplateId child : shape(n).children) {
            for (const NodeId c : children(n, child)) todo.push_back(c);
        }
    }
}

void InstanceTree::remove_row(NodeId row) {
    const NodeId parent = nodes_[row].parent;
    const TemplateId repeat = nodes_[row].kind;
    const std::size_t position = nodes_[row].position;
    auto& rows = rows_[slot(parent, repeat)];
    if (position >= rows.size() || rows[position] != row) return;  // it is out already
    rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(position));
    set_alive(row, false);
    renumber(parent, repeat, position);
}

void InstanceTree::attach_row(NodeId row, std::size_t position) {
    const NodeId parent = nodes_[row].parent;
    const TemplateId repeat = nodes_[row].kind;
    auto& rows = rows_[slot(parent, repeat)];
    if (nodes_[row].alive || nodes_[row].forgotten) return;
    position = std::min(position, rows.size());
    rows.insert(rows.begin() + static_cast<std::ptrdiff_t>(position), row);
    set_alive(row, true);
    renumber(parent, repeat, position);
}

void InstanceTree::forget_row(NodeId row) {
    std::vector<NodeId> todo{row};
    while (!todo.empty()) {
        const NodeId n = todo.back();
        todo.pop_back();
        if (nodes_[n].forgotten) continue;
        nodes_[n].forgotten = true;
        forgotten_.push_back(n);
        ++free_;
        std::string().swap(nodes_[n].value);
        for (const TemplateId child : shape(n).children) {
            for (const NodeId c : children(n, child)) todo.push_back(c);
        }
    }
}

std::vector<NodeId> InstanceTree::recycle() {
    if (!forgotten_.empty()) spare_.resize(compiled_.nodes.size());
    for (const NodeId node : forgotten_) spare_[nodes_[node].kind].push_back(node);
    return std::exchange(forgotten_, {});
}

NodeId InstanceTree::ancestor(NodeId n, TemplateId kind) const {
    const std::uint32_t depth = compiled_.nodes[kind].depth;
    while (n != 0 && n != kNoNode && shape(n).depth > depth) n = nodes_[n].parent;
    return n != 0 && n != kNoNode && nodes_[n].kind == kind ? n : kNoNode;
}

void InstanceTree::collect(NodeId top, TemplateId kind, std::vector<NodeId>& out) const {
    if (top == 1 && compiled_.nodes[kind].repeat == kNone) return out.push_back(single_[kind]);
    // The templates from `top` down to `kind`.
    std::array<TemplateId, kTemplateDepthMax + 1> way;  // NOLINT: filled as far as it is read
    std::size_t length = 0;
    for (TemplateId t = kind; t != nodes_[top].kind; t = compiled_.nodes[t].parent) {
        if (t == kNone) return;
        way[length++] = t;
    }
    for (; length > 0 && !compiled_.nodes[way[length - 1]].is_repeat; --length) {
        top = children(top, way[length - 1]).front();
    }
    if (length == 0) return out.push_back(top);
    struct Frame {
        NodeId node;
        std::size_t level;
    };
    std::vector<Frame> todo{{top, length}};
    while (!todo.empty()) {
        const Frame frame = todo.back();
        todo.pop_back();
        if (frame.level == 0) {
            out.push_back(frame.node);
            continue;
        }
        const auto below = children(frame.node, way[frame.level - 1]);
        for (auto it = below.rbegin(); it != below.rend(); ++it) {
            todo.push_back({*it, frame.level - 1});
        }
    }
}

std::string InstanceTree::ref(NodeId n) const {
    std::vector<NodeId> chain;
    for (; n > 1 && n != kNoNode; n = nodes_[n].parent) chain.push_back(n);
    std::string out;
    for (auto it = chain.rbegin(); it != chain.rend(); ++it) {
        const NodeTemplate& t = shape(*it);
        if (!out.empty()) out += '/';
        if (t.is_attribute) out += '@';
        out += compiled_.names->text(t.name);
        if (t.is_repeat) out += "[" + std::to_string(nodes_[*it].position + 1) + "]";
    }
    return out;
}

NodeKind InstanceTree::kind(NodeId n) const {
    if (n == 0) return NodeKind::kRoot;
    return shape(n).is_attribute ? NodeKind::kAttribute : NodeKind::kElement;
}

NodeId InstanceTree::first_in_slots(NodeId n, std::uint32_t from, std::uint32_t to) const {
    const NodeTemplate& t = shape(n);
    for (std::uint32_t i = from; i < to; ++i) {
        const auto below = children(n, t.children[i]);
        if (!below.empty()) return below.front();
    }
    return kNoNode;
}

NodeId InstanceTree::first_child(NodeId n) const {
    if (n == 0) return nodes_.size() > 1 ? 1 : kNoNode;
    return first_in_slots(n, 0, shape(n).element_children);
}

NodeId InstanceTree::next_sibling(NodeId n) const {
    if (n <= 1) return kNoNode;
    const NodeTemplate& t = shape(n);
    if (t.is_attribute) return kNoNode;
    if (t.is_repeat) {
        const NodeId next = row(nodes_[n].parent, nodes_[n].kind, nodes_[n].position + 1);
        if (next != kNoNode) return next;
    }
    return first_in_slots(nodes_[n].parent, t.slot + 1, shape(nodes_[n].parent).element_children);
}

NodeId InstanceTree::first_attribute(NodeId n) const {
    if (n == 0) return kNoNode;
    const NodeTemplate& t = shape(n);
    return first_in_slots(n, t.element_children, static_cast<std::uint32_t>(t.children.size()));
}

NodeId InstanceTree::next_attribute(NodeId n) const {
    if (n <= 1 || !shape(n).is_attribute) return kNoNode;
    const NodeId owner = nodes_[n].parent;
    return first_in_slots(owner, shape(n).slot + 1,
                          static_cast<std::uint32_t>(shape(owner).children.size()));
}

NameId InstanceTree::name(NodeId n) const {
    return n == 0 ? kNoName : shape(n).name;
}

void InstanceTree::append_text(NodeId n, std::string& out) const {
    std::vector<NodeId> todo{n};
    while (!todo.empty()) {
        const NodeId at_node = todo.back();
        todo.pop_back();
        if (at_node == 0) {
            todo.push_back(1);
            continue;
        }
        if (!nodes_[at_node].relevant) continue;
        out += nodes_[at_node].value;
        const NodeTemplate& t = shape(at_node);
        for (std::uint32_t i = t.element_children; i-- > 0;) {
            const auto below = children(at_node, t.children[i]);
            todo.insert(todo.end(), below.rbegin(), below.rend());
        }
    }
}

bool InstanceTree::before(NodeId a, NodeId b) const {
    if (a == b || a == 0 || b == 0) return a == 0 && b != 0;
    const NodeId first = a;
    std::uint32_t depth_a = shape(a).depth;
    std::uint32_t depth_b = shape(b).depth;
    for (; depth_a > depth_b; --depth_a) a = nodes_[a].parent;
    for (; depth_b > depth_a; --depth_b) b = nodes_[b].parent;
    if (a == b) return a == first;  // the ancestor comes first
    while (nodes_[a].parent != nodes_[b].parent) {
        a = nodes_[a].parent;
        b = nodes_[b].parent;
    }
    if (nodes_[a].kind == nodes_[b].kind) return nodes_[a].position < nodes_[b].position;
    const auto rank = [this](NodeId n) {
        // Attributes come before the elements inside.
        return std::pair(!shape(n).is_attribute, shape(n).slot);
    };
    return rank(a) < rank(b);
}

}  // namespace awda::forms
