#include "sync/cases/causality.h"

#include <algorithm>
#include <set>

namespace awda::sync {

namespace {

constexpr std::size_t kWordBits = 64;

/// The places of a change's parents, each once. False if one is missing.
bool find_parents(const Link& link, const std::map<Id16, std::size_t>& places,
                  std::set<std::size_t>& parents) {
    for (const Id16& parent : link.parents) {
        const auto found = places.find(parent);
        if (found == places.end()) return false;
        parents.insert(found->second);
    }
    return true;
}

}  // namespace

Causality::Causality(std::span<const Link> links) {
    for (std::size_t i = 0; i < links.size(); ++i) places_.emplace(links[i].id, i);
    sort(links);
    find_ancestors(links);
}

// Kahn's algorithm (1962). What is on a cycle, or behind something missing, never becomes ready.
void Causality::sort(std::span<const Link> links) {
    std::vector<std::size_t> missing(links.size(), 0);
    std::vector<std::vector<std::size_t>> children(links.size());
    std::set<std::pair<Id16, std::size_t>> ready;
    for (std::size_t i = 0; i < links.size(); ++i) {
        std::set<std::size_t> parents;
        if (!find_parents(links[i], places_, parents)) {
            missing[i] = links.size() + 1;  // never counted down to nothing
            continue;
        }
        missing[i] = parents.size();
        for (const std::size_t parent : parents) children[parent].push_back(i);
        if (parents.empty()) ready.emplace(links[i].id, i);
    }
    rank_.assign(links.size(), links.size());
    while (!ready.empty()) {
        const std::size_t next = ready.begin()->second;
        ready.erase(ready.begin());
        rank_[next] = order_.size();
        order_.push_back(next);
        for (const std::size_t child : children[next]) {
            if (--missing[child] == 0) ready.emplace(links[child].id, child);
        }
    }
    for (std::size_t i = 0; i < links.size(); ++i) {
        if (rank_[i] == links.size()) {
            waiting_.push_back(links[i].id);
            continue;
        }
        const bool built_upon = std::ranges::any_of(
            children[i], [&](std::size_t child) { return rank_[child] < links.size(); });
        if (!built_upon) heads_.push_back(links[i].id);
    }
    std::ranges::sort(heads_);
    std::ranges::sort(waiting_);
}

void Causality::find_ancestors(std::span<const Link> links) {
    bool line = true;
    for (std::size_t rank = 0; rank < order_.size() && line; ++rank) {
        const std::vector<Id16>& parents = links[order_[rank]].parents;
        const bool follows = std::ranges::any_of(parents, [&](const Id16& parent) {
            return rank > 0 && rank_[places_.at(parent)] == rank - 1;
        });
        line = rank == 0 || follows;
    }
    if (line) return;
    ancestors_.resize(order_.size());
    for (std::size_t rank = 0; rank < order_.size(); ++rank) {
        std::vector<std::uint64_t>& mine = ancestors_[rank];
        mine.assign(rank / kWordBits + 1, 0);
        for (const Id16& parent : links[order_[rank]].parents) {
            const std::size_t above = rank_[places_.at(parent)];
            const std::vector<std::uint64_t>& theirs = ancestors_[above];
            for (std::size_t word = 0; word < theirs.size(); ++word) mine[word] |= theirs[word];
            mine[above / kWordBits] |= std::uint64_t{1} << (above % kWordBits);
        }
    }
}

bool Causality::knew(std::size_t later, std::size_t earlier) const {
    const std::size_t above = rank_[earlier];
    const std::size_t below = rank_[later];
    if (above >= below || below >= order_.size()) return false;
    if (ancestors_.empty()) return true;
    return (ancestors_[below][above / kWordBits] >> (above % kWordBits) & 1U) != 0;
}

}  // namespace awda::sync
