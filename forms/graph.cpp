#include "forms/graph.h"

#include <algorithm>
#include <queue>

namespace awda::forms {

void DependencyGraph::add(TemplateId node, Aspect aspect, CompiledId expr,
                          std::vector<Read> reads) {
    if (index_.empty()) {
        index_.assign(compiled_.nodes.size(), {kNone, kNone, kNone, kNone, kNone, kNone});
    }
    index_[node][static_cast<std::size_t>(aspect)] = static_cast<std::uint32_t>(raw_.size());
    raw_.push_back({{aspect, node, expr}, std::move(reads)});
}

/// The vertices that decide what expressions see at `source`.
void DependencyGraph::producers(TemplateId source, std::vector<std::uint32_t>& out) const {
    const auto take = [&](TemplateId node, Aspect aspect) {
        const std::uint32_t at = index_[node][static_cast<std::size_t>(aspect)];
        if (at != kNone) out.push_back(at);
    };
    take(source, Aspect::kCalculate);
    take(source, Aspect::kFilter);
    for (TemplateId node = source; node != kNone; node = compiled_.nodes[node].parent) {
        take(node, Aspect::kRelevant);
        take(node, Aspect::kCount);
    }
}

/// Kahn's order; smaller template numbers first where there is a choice. Vertices on or behind
/// cycles come back in `left`.
std::vector<std::uint32_t> DependencyGraph::order(
    const std::vector<std::vector<std::uint32_t>>& edges, bool with_soft,
    std::vector<std::uint32_t>& left) const {
    const auto counts = [&](std::uint32_t from) {
        return with_soft || !soft(raw_[from].vertex.aspect);
    };
    std::vector<std::uint32_t> waiting(raw_.size(), 0);
    for (std::uint32_t from = 0; from < raw_.size(); ++from) {
        if (!counts(from)) continue;
        for (const std::uint32_t to : edges[from]) ++waiting[to];
    }
    std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> ready;
    for (std::uint32_t v = 0; v < raw_.size(); ++v) {
        if (waiting[v] == 0) ready.push(v);
    }
    std::vector<std::uint32_t> out;
    out.reserve(raw_.size());
    while (!ready.empty()) {
        const std::uint32_t v = ready.top();
        ready.pop();
        out.push_back(v);
        if (!counts(v)) continue;
        for (const std::uint32_t to : edges[v]) {
            if (--waiting[to] == 0) ready.push(to);
        }
    }
    for (std::uint32_t v = 0; v < raw_.size(); ++v) {
        if (waiting[v] != 0) left.push_back(v);
    }
    return out;
}

/// Walks backwards from a vertex that is left until one comes twice.
std::vector<std::uint32_t> DependencyGraph::one_cycle(
    const std::vector<std::vector<std::uint32_t>>& edges,
    const std::vector<std::uint32_t>& left) const {
    std::vector<bool> in(raw_.size(), false);
    for (const std::uint32_t v : left) in[v] = true;
    std::vector<std::uint32_t> before(raw_.size(), kNone);
    for (const std::uint32_t from : left) {
        if (soft(raw_[from].vertex.aspect)) continue;
        for (const std::uint32_t to : edges[from]) {
            if (in[to]) before[to] = from;
        }
    }
    std::vector<bool> seen(raw_.size(), false);
    std::uint32_t v = left.front();
    while (!seen[v] && before[v] != kNone) {
        seen[v] = true;
        v = before[v];
    }
    std::vector<std::uint32_t> out;
    std::uint32_t at = v;
    do {
        out.push_back(at);
        at = before[at];
    } while (at != v && at != kNone);
    std::reverse(out.begin(), out.end());
    return out;
}

/// One cycle after another, each taken out before the next is looked for.
std::vector<std::vector<TemplateId>> DependencyGraph::cycles(
    std::vector<std::vector<std::uint32_t>> edges, std::vector<std::uint32_t> left) const {
    std::vector<std::vector<TemplateId>> out;
    while (!left.empty() && out.size() < kCyclesMax) {
        std::vector<TemplateId>& nodes = out.emplace_back();
        for (const std::uint32_t v : one_cycle(edges, left)) {
            edges[v].clear();
            const TemplateId node = raw_[v].vertex.node;
            const bool named = std::find(nodes.begin(), nodes.end(), node) != nodes.end();
            if (!named && nodes.size() < kCycleLengthMax) nodes.push_back(node);
        }
        left.clear();
        (void)order(edges, false, left);
    }
    return out;
}

std::vector<std::vector<TemplateId>> DependencyGraph::finish() {
    compiled_.vertex_of.assign(compiled_.nodes.size(), {kNone, kNone, kNone, kNone, kNone, kNone});
    if (index_.empty()) return {};
    std::vector<std::vector<std::uint32_t>> edges(raw_.size());
    std::vector<std::uint32_t> sources;
    for (std::uint32_t v = 0; v < raw_.size(); ++v) {
        sources.clear();
        for (const Read& read : raw_[v].reads) producers(read.source, sources);
        std::sort(sources.begin(), sources.end());
        sources.erase(std::unique(sources.begin(), sources.end()), sources.end());
        for (const std::uint32_t from : sources) {
            // What reads itself (a running total, "once") is no cycle.
            if (raw_[from].vertex.node != raw_[v].vertex.node) edges[from].push_back(v);
        }
    }
    std::vector<std::uint32_t> left;
    std::vector<std::uint32_t> hard = order(edges, false, left);
    if (!left.empty()) return cycles(std::move(edges), std::move(left));
    left.clear();
    std::vector<std::uint32_t> sorted = order(edges, true, left);
    if (!left.empty()) {
        // Only filters and counts are in the way: the hard order serves, with a second pass.
        sorted = std::move(hard);
    }
    std::vector<std::uint32_t> rank(raw_.size());
    compiled_.vertices.reserve(raw_.size());
    for (std::uint32_t i = 0; i < sorted.size(); ++i) {
        const Vertex& vertex = raw_[sorted[i]].vertex;
        rank[sorted[i]] = i;
        compiled_.vertices.push_back(vertex);
        compiled_.vertex_of[vertex.node][static_cast<std::size_t>(vertex.aspect)] = i;
    }
    for (std::uint32_t v = 0; v < raw_.size(); ++v) {
        for (const Read& read : raw_[v].reads) {
            compiled_.nodes[read.source].dependents.push_back({rank[v], read.common});
        }
    }
    return {};
}

}  // namespace awda::forms
