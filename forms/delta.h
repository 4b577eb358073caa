// Delta: what of a page changed since it was last looked at, so that a screen can follow without
// laying itself out again.
//
// Ownership: values. Threads: pure functions.
// Deltas speak of the whole page, Session::page(Include::kAll); what is not relevant is in it,
// marked. A node that a delta names may look as before: a label is named when an answer in it
// changed, even to the same words.
#pragma once

#include <cstdint>
#include <vector>

#include "forms/session.h"

namespace awda::forms {

/// Which fields of a ViewNode to take over.
enum ViewField : std::uint32_t {
    kFieldValue = 1,
    kFieldRelevant = 2,
    kFieldReadonly = 4,
    kFieldRequired = 8,
    kFieldChoices = 16,
    kFieldTexts = 32,  ///< label, hint, guidance, media
    kFieldProblem = 64,
    kFieldRows = 128,  ///< rows, can_add, can_remove
};

struct ViewChange {
    enum class Kind : std::uint8_t {
        kUpdated,     ///< the node `id`: `fields` of `nodes[0]` are new
        kRowAdded,    ///< `nodes` are a new row of the repeat `id`, at `position` among its rows
        kRowRemoved,  ///< the row `id` is gone, with all that is in it
        kRowMoved,    ///< the row `id` has the ref `ref` now, and so have refs inside it
    };
    Kind kind{};
    std::uint64_t id = 0;
    std::uint32_t fields = 0;
    std::uint32_t position = 0;
    std::string ref;
    std::vector<ViewNode> nodes;
};

struct PageChanges {
    bool all = false;  ///< too much changed, or there was no page yet: ask for page() again
    std::vector<ViewChange> changes;  ///< to be applied in this order
};

/// Brings a page of kAll up to date. Not for `all`.
void apply_changes(std::vector<ViewNode>& page, const PageChanges& changes);
/// What of a page of kAll is shown: the same as page(Include::kRelevant).
[[nodiscard]] std::vector<ViewNode> relevant_part(const std::vector<ViewNode>& page);

}  // namespace awda::forms
