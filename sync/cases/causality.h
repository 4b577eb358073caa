// Causality: who knew of what, in a set of changes that name what they build upon.
//
// The one order in which replicas agree: changes after what they build upon, ties by id. No clock
// is asked, and the order of arrival makes no difference. Ownership: owns all of it; immutable once
// built. Threads: pure; may be read by several.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "platform/ids.h"

namespace awda::sync {

/// A change by name, and the names of those it builds upon.
struct Link {
    Id16 id{};
    std::vector<Id16> parents;
};

class Causality {
public:
    /// Each id once. A change whose parents are missing, or that builds upon itself, waits, and so
    /// does what builds upon it.
    explicit Causality(std::span<const Link> links);

    /// Places in `links` of those that do not wait, each after all it builds upon.
    [[nodiscard]] const std::vector<std::size_t>& order() const { return order_; }
    /// Of those in order(), the ones that no other builds upon; and those that wait. By id.
    [[nodiscard]] const std::vector<Id16>& heads() const { return heads_; }
    [[nodiscard]] const std::vector<Id16>& waiting() const { return waiting_; }
    /// Whether the author of `later` knew of `earlier`, both places in `links`, neither waiting. Of
    /// itself nobody does.
    [[nodiscard]] bool knew(std::size_t later, std::size_t earlier) const;
    /// Neither author knew of the other's change.
    [[nodiscard]] bool concurrent(std::size_t a, std::size_t b) const {
        return a != b && !knew(a, b) && !knew(b, a);
    }

private:
    void sort(std::span<const Link> links);
    void find_ancestors(std::span<const Link> links);

    std::map<Id16, std::size_t> places_;
    std::vector<std::size_t> order_;
    std::vector<std::size_t> rank_;  ///< of a place in order_; order_.size() while it waits
    std::vector<Id16> heads_;
    std::vector<Id16> waiting_;
    /// For each rank one bit a rank below it. Empty while the history is one line, where the rank
    /// alone tells.
    std::vector<std::vector<std::uint64_t>> ancestors_;
};

}  // namespace awda::sync
