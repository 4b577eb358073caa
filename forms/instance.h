// InstanceTree: the live record of one session: nodes, rows, values, relevance.
//
// Ownership: owns its nodes; borrows the compiled form. Threads: none of its own.
// Node 0 is the document, node 1 the root element. A container has one slot for each child
// template: a node, or for a repeat a set of rows. Nodes of removed rows stay as long as they could
// come back; then they are forgotten, and after recycle() new rows are made of them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "forms/compiled.h"
#include "forms/document.h"

namespace awda::forms {

class InstanceTree final : public Document {
public:
    static constexpr std::size_t kRowsMax = 100'000;  ///< rows of one repeat under one parent
    static constexpr std::size_t kNodesMax = 8'000'000;

    explicit InstanceTree(const Compiled& compiled);

    struct Node {
        TemplateId kind = kNone;
        NodeId parent = kNoNode;
        std::uint32_t slots = 0;     ///< first of its slots
        std::uint32_t position = 0;  ///< of a row, from 0
        std::uint8_t pending = 0;    ///< one bit an aspect: queued for recomputation
        bool own_relevant = true;
        bool relevant = true;  ///< with its ancestors
        bool own_readonly = false;
        bool required = false;
        bool alive = true;
        bool forgotten = false;  ///< waits to be made something else of
        std::string value;
    };

    [[nodiscard]] const Node& at(NodeId n) const { return nodes_[n]; }
    [[nodiscard]] Node& at(NodeId n) { return nodes_[n]; }
    [[nodiscard]] const NodeTemplate& shape(NodeId n) const {
        return compiled_.nodes[nodes_[n].kind];
    }
    [[nodiscard]] const NodeTemplate& shape_of(TemplateId kind) const {
        return compiled_.nodes[kind];
    }
    /// The children of `n` that are of this child template: one node, or all rows.
    [[nodiscard]] std::span<const NodeId> children(NodeId n, TemplateId child) const;
    [[nodiscard]] NodeId row(NodeId parent, TemplateId repeat, std::size_t position) const;
    /// Whether a repeat can take no more rows.
    [[nodiscard]] bool full(NodeId parent, TemplateId repeat) const {
        return children(parent, repeat).size() >= kRowsMax || nodes_.size() - free_ >= kNodesMax;
    }
    /// Makes a row before `position` from the prototype or a seed; kNoNode at the limits.
    NodeId insert_row(NodeId parent, TemplateId repeat, std::size_t position, std::uint32_t seed);
    /// Takes a row out; it keeps its contents, so that it can come back.
    void remove_row(NodeId row);
    /// Puts a removed row back before `position`.
    void attach_row(NodeId row, std::size_t position);
    /// Frees the text of a removed row, which then can't come back.
    void forget_row(NodeId row);
    /// Lets new rows be made of what was forgotten since the last call. From here on those ids mean
    /// something else: call it when nobody holds them any more, and drop what is kept by them.
    std::vector<NodeId> recycle();
    /// Number of the set of rows of `repeat` in `parent`, for marks on it.
    [[nodiscard]] std::uint32_t row_set(NodeId parent, TemplateId repeat) const {
        return slots_[nodes_[parent].slots + compiled_.nodes[repeat].slot];
    }
    [[nodiscard]] std::size_t row_sets() const { return rows_.size(); }
    /// The one instance of a template that is in no repeat.
    [[nodiscard]] NodeId single(TemplateId kind) const { return single_[kind]; }
    /// The ancestor-or-self of template `kind`; kNoNode if there is none.
    [[nodiscard]] NodeId ancestor(NodeId n, TemplateId kind) const;
    /// Every live instance of `kind` at or below `top`, in document order.
    void collect(NodeId top, TemplateId kind, std::vector<NodeId>& out) const;
    /// "family[2]/name", without the root element.
    [[nodiscard]] std::string ref(NodeId n) const;
    [[nodiscard]] std::size_t size() const { return nodes_.size(); }

    [[nodiscard]] NodeKind kind(NodeId n) const override;
    [[nodiscard]] NodeId parent(NodeId n) const override { return nodes_[n].parent; }
    [[nodiscard]] NodeId first_child(NodeId n) const override;
    [[nodiscard]] NodeId next_sibling(NodeId n) const override;
    [[nodiscard]] NodeId first_attribute(NodeId n) const override;
    [[nodiscard]] NodeId next_attribute(NodeId n) const override;
    [[nodiscard]] NameId name(NodeId n) const override;
    [[nodiscard]] NameId space(NodeId) const override { return kNoName; }
    void append_text(NodeId n, std::string& out) const override;
    [[nodiscard]] bool visible(NodeId n) const override { return nodes_[n].relevant; }
    [[nodiscard]] bool before(NodeId a, NodeId b) const override;

private:
    NodeId build(std::uint32_t seed, TemplateId kind, NodeId parent);
    NodeId make(TemplateId kind, NodeId parent);
    NodeId make_again(TemplateId kind, NodeId parent);
    void renumber(NodeId parent, TemplateId repeat, std::size_t from);
    [[nodiscard]] NodeId first_in_slots(NodeId n, std::uint32_t from, std::uint32_t to) const;
    void set_alive(NodeId top, bool alive);
    [[nodiscard]] std::uint32_t& slot(NodeId n, TemplateId child) {
        return slots_[nodes_[n].slots + compiled_.nodes[child].slot];
    }

    const Compiled& compiled_;
    std::vector<Node> nodes_;
    std::vector<NodeId> single_;        ///< by template; kNoNode for what is in a repeat
    std::vector<std::uint32_t> slots_;  ///< a node, or an index into rows_
    std::vector<std::vector<NodeId>> rows_;
    std::vector<NodeId> forgotten_;
    std::vector<std::vector<NodeId>> spare_;  ///< by template: nodes to make new ones of
    std::size_t free_ = 0;                    ///< in forgotten_ and spare_
};

}  // namespace awda::forms
