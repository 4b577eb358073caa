// What of a page changed: from the nodes that were touched to the parts of the page that show them.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "forms/delta.h"
#include "forms/session_state.h"

namespace awda::forms {
namespace {

constexpr std::size_t kChangesMax = 200'000;  ///< then the page is made again

}  // namespace

/// Gathers one delta. Lives for one call.
class DeltaMaker {
public:
    DeltaMaker(Session::State& state, const ViewGraph& graph) : s_(state), graph_(graph) {}

    PageChanges run(const std::vector<ChangeLog::Touched>& touched) {
        merge(touched);
        if (!rows_.empty() && !graph_.regular()) return {true, {}};
        for (const NodeId node : order_) visit(node, touched_.at(node));
        for (const ViewGraph::Reader& reader : graph_.unsteady()) read_at(reader, 1);
        if (todo_.size() > kChangesMax) return {true, {}};
        remove_rows();
        add_rows();
        move_rows();
        update();
        return std::move(out_);
    }

private:
    struct Target {
        NodeId node = kNoNode;
        std::uint32_t item = 0;
        ViewGraph::Kind kind{};
    };

    void merge(const std::vector<ChangeLog::Touched>& touched) {
        constexpr unsigned kRow = kTouchRowAdded | kTouchRowRemoved | kTouchMoved;
        for (const ChangeLog::Touched& t : touched) {
            const auto [at, fresh] = touched_.try_emplace(t.node, std::uint8_t{0});
            at->second = static_cast<std::uint8_t>(at->second | t.what);
            if (fresh) order_.push_back(t.node);
        }
        for (const NodeId node : order_) {
            const unsigned what = touched_.at(node);
            if ((what & kRow) == 0) continue;
            rows_.push_back(node);
            const bool comes = (what & (kTouchRowAdded | kTouchRowRemoved)) != 0;
            if (comes && s_.tree.at(node).alive) added_.insert(node);
        }
    }

    /// Whether the node is in a row that is new, and so comes with it.
    [[nodiscard]] bool in_new_row(NodeId node) const {
        if (added_.empty()) return false;
        for (NodeId n = node; n > 1; n = s_.tree.at(n).parent) {
            if (added_.contains(n)) return true;
        }
        return false;
    }

    void want(NodeId node, std::uint32_t item, ViewGraph::Kind kind, std::uint32_t fields) {
        const PageItem* page_item = graph_.item(item).item;
        const std::uint64_t id = Session::State::view_id(node, *page_item);
        const auto [at, fresh] = fields_.try_emplace(id, std::uint32_t{0});
        at->second |= fields;
        if (fresh) todo_.push_back({node, item, kind});
    }

    void want_node(NodeId node, std::uint32_t fields) {
        const bool row = s_.tree.shape(node).is_repeat;
        for (const std::uint32_t item : graph_.items_of(s_.tree.at(node).kind)) {
            want(node, item, row ? ViewGraph::Kind::kRow : ViewGraph::Kind::kNode, fields);
        }
    }
    void want_inside(NodeId node, std::uint32_t fields) {
        for (const ViewGraph::Reader& reader : graph_.inside(s_.tree.at(node).kind)) {
            want(node, reader.item, reader.kind, fields);
        }
    }
    void want_head(NodeId row, std::uint32_t fields) {
        const NodeId parent = s_.tree.at(row).parent;
        for (const std::uint32_t item : graph_.items_of(s_.tree.at(row).kind)) {
            want(parent, item, ViewGraph::Kind::kHead, fields);
        }
    }
    void want_below(NodeId top, std::uint32_t fields) {
        std::vector<NodeId> todo{top};
        while (!todo.empty()) {
            const NodeId node = todo.back();
            todo.pop_back();
            want_node(node, fields);
            want_inside(node, fields);
            for (const TemplateId child : s_.tree.shape(node).children) {
                const auto below = s_.tree.children(node, child);
                todo.insert(todo.end(), below.begin(), below.end());
            }
        }
    }

    /// The parts of the page that a reader stands for, at or below `top`.
    void read_at(const ViewGraph::Reader& reader, NodeId top) {
        std::vector<NodeId> nodes;
        s_.tree.collect(top, reader.at, nodes);
        for (const NodeId node : nodes) want(node, reader.item, reader.kind, reader.fields);
    }
    void read_from(NodeId node, TemplateId source) {
        for (const ViewGraph::Reader& reader : graph_.readers_of(source)) {
            const NodeId top = s_.tree.ancestor(node, reader.common);
            if (top != kNoNode && s_.tree.at(top).alive) read_at(reader, top);
        }
    }
    /// A row that came or went: all that reads anything in it.
    void read_from_row(NodeId row) {
        std::vector<TemplateId> todo{s_.tree.at(row).kind};
        while (!todo.empty()) {
            const TemplateId source = todo.back();
            todo.pop_back();
            read_from(row, source);
            const auto& below = s_.c.nodes[source].children;
            todo.insert(todo.end(), below.begin(), below.end());
        }
    }

    void visit(NodeId node, unsigned what) {
        if ((what & (kTouchRowAdded | kTouchRowRemoved)) != 0) {
            if (s_.tree.at(s_.tree.at(node).parent).alive) {
                want_head(node, kFieldRows | kFieldRelevant);
            }
            read_from_row(node);
        }
        if (!s_.tree.at(node).alive) return;
        if ((what & (kTouchValue | kTouchRelevant | kTouchMoved)) != 0) {
            read_from(node, s_.tree.at(node).kind);
        }
        std::uint32_t fields = 0;
        if ((what & kTouchValue) != 0) fields |= kFieldValue | kFieldProblem;
        if ((what & kTouchRelevant) != 0) fields |= kFieldRelevant | kFieldValue | kFieldProblem;
        if ((what & kTouchRequired) != 0) fields |= kFieldRequired | kFieldProblem;
        if ((what & kTouchChoices) != 0) fields |= kFieldChoices | kFieldProblem;
        if (fields != 0) want_node(node, fields);
        if ((what & kTouchRelevant) != 0) {
            want_inside(node, kFieldRelevant | kFieldRows);
            if (s_.tree.shape(node).is_repeat) want_head(node, kFieldRelevant);
        }
        if ((what & kTouchReadonly) != 0) want_below(node, kFieldReadonly | kFieldRows);
    }

    void remove_rows() {
        for (const NodeId row : rows_) {
            if ((touched_.at(row) & kTouchRowRemoved) == 0) continue;
            for (const std::uint32_t item : graph_.items_of(s_.tree.at(row).kind)) {
                ViewChange change;
                change.kind = ViewChange::Kind::kRowRemoved;
                change.id = Session::State::view_id(row, *graph_.item(item).item);
                out_.changes.push_back(std::move(change));
            }
        }
    }

    void add_rows() {
        std::vector<NodeId> rows(added_.begin(), added_.end());
        std::sort(rows.begin(), rows.end(),
                  [&](NodeId a, NodeId b) { return s_.tree.before(a, b); });
        for (const NodeId row : rows) {
            const NodeId parent = s_.tree.at(row).parent;
            if (in_new_row(parent)) continue;
            for (const std::uint32_t number : graph_.items_of(s_.tree.at(row).kind)) {
                const ViewGraph::Item& item = graph_.item(number);
                ViewChange change;
                change.kind = ViewChange::Kind::kRowAdded;
                change.id = Session::State::view_id(parent, *item.item);
                change.position = s_.tree.at(row).position;
                s_.show_row(*item.item, row, item.depth + 1, Session::Include::kAll, change.nodes);
                out_.changes.push_back(std::move(change));
            }
        }
    }

    void move_rows() {
        for (const NodeId row : rows_) {
            if (!s_.tree.at(row).alive || in_new_row(row)) continue;
            for (const std::uint32_t item : graph_.items_of(s_.tree.at(row).kind)) {
                ViewChange change;
                change.kind = ViewChange::Kind::kRowMoved;
                change.id = Session::State::view_id(row, *graph_.item(item).item);
                change.ref = s_.tree.ref(row);
                out_.changes.push_back(std::move(change));
            }
        }
    }

    void update() {
        for (const Target& target : todo_) {
            const ViewGraph::Item& item = graph_.item(target.item);
            if (!s_.tree.at(target.node).alive || in_new_row(target.node)) continue;
            ViewChange change;
            change.id = Session::State::view_id(target.node, *item.item);
            change.fields = fields_.at(change.id);
            if (target.kind == ViewGraph::Kind::kHead) {
                change.nodes.push_back(
                    s_.view_of_head(*item.item, item.outer, target.node, item.depth));
            } else if (target.kind == ViewGraph::Kind::kBare) {
                change.nodes.push_back(s_.view_of_bare(*item.item, target.node, item.depth));
            } else {
                const std::uint32_t inner = target.kind == ViewGraph::Kind::kRow ? 1 : 0;
                change.nodes.push_back(
                    s_.view_of_item(*item.item, target.node, item.depth + inner));
            }
            out_.changes.push_back(std::move(change));
        }
    }

    Session::State& s_;
    const ViewGraph& graph_;
    std::unordered_map<NodeId, std::uint8_t> touched_;
    std::vector<NodeId> order_;  ///< of touched_
    std::vector<NodeId> rows_;   ///< came, went or moved
    std::unordered_set<NodeId> added_;
    std::unordered_map<std::uint64_t, std::uint32_t> fields_;
    std::vector<Target> todo_;  ///< of fields_, in order
    PageChanges out_;
};

PageChanges Session::take_changes() {
    State& s = *state_;
    s.allow_work();
    s.reach_repeats();
    const auto touched = s.log.take_touched();
    const bool texts = s.log.take_texts_touched();
    if (!touched) return {true, {}};
    if (s.view_graph == nullptr) s.view_graph = std::make_unique<const ViewGraph>(s.c);
    PageChanges out = DeltaMaker(s, *s.view_graph).run(*touched);
    if (!texts || out.all) return out;
    // Another language: every text, and nothing else, may be another.
    for (ViewNode& node : page(Include::kAll)) {
        ViewChange change;
        change.id = node.id;
        change.fields = kFieldTexts | kFieldChoices | kFieldProblem;
        change.nodes.push_back(std::move(node));
        out.changes.push_back(std::move(change));
    }
    return out;
}

}  // namespace awda::forms
