// DocumentState: what a document says to somebody who knows certain revisions of it.
//
// Of each question what the latest of them say, shown and disputed; of rows which are there. It
// depends on nothing but that set. Rules, with reasons: CASES.md. Ownership: borrows texts from the
// history. Threads: pure.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "sync/cases/document_history.h"

namespace awda::sync::merge {

/// Revisions together with all that they build upon.
struct Knowledge {
    std::optional<Place> of;    ///< what this one's author knew; nothing: all there is
    std::vector<Place> newest;  ///< of those, by id
};

struct StateDispute {
    DisputeKind kind = DisputeKind::kValue;
    Token token = kNoToken;
    Token other = kNoToken;
    std::vector<Side> sides;
};

struct DocumentState {
    DocumentTree tree;                      ///< what is shown, with tokens
    std::vector<std::uint32_t> row_at;      ///< of a row's token: its place in the tree, or none
    std::vector<const std::string*> shown;  ///< of a question's token
    std::vector<StateDispute> disputes;     ///< in no order
    std::shared_ptr<const Order> order;     ///< of all that these revisions spoke of
};
inline constexpr std::uint32_t kNotInTree = 0xFFFF'FFFF;

/// `work` grows by the answers looked at.
[[nodiscard]] DocumentState document_state(const DocumentHistory& history,
                                           const Knowledge& knowledge, std::size_t& work);

}  // namespace awda::sync::merge
