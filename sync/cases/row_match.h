// row_match: which rows of a repeat, as it was, are which of those in a newer revision.
//
// A record numbers its rows, and numbers change when a row is taken away; so rows are known again
// by what they say. Rules, with reasons: CASES.md, "Rows". Threads: pure functions.
#pragma once

#include <optional>
#include <vector>

#include "sync/cases/document_tree.h"
#include "sync/cases/identity.h"

namespace awda::sync::merge {

/// Beyond so many pairs, or answers looked at in one revision, not each row is compared with each:
/// equal rows part the others, and what is still too much is matched by its places.
inline constexpr std::size_t kRowPairsMax = 1U << 18U;
inline constexpr std::size_t kRowWorkMax = std::size_t{1} << 24U;

/// Rows of one repeat; `pattern` is its path without row numbers ("family/visits").
struct RowsOf {
    const DocumentTree* tree = nullptr;
    const std::vector<std::uint32_t>* rows = nullptr;
};
/// For each row of `now` the place in `before.rows` of the one that it was; nothing: it is new. No
/// row is named twice. `work`, of one revision, grows by what it took, in answers looked at.
[[nodiscard]] std::vector<std::optional<std::size_t>> match_rows(const RowsOf& before,
                                                                 const RowsOf& now,
                                                                 std::string_view pattern,
                                                                 const IdentityRule& identity,
                                                                 std::size_t& work);

}  // namespace awda::sync::merge
