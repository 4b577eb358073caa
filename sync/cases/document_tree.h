// DocumentTree: the flat fields of a record as rows within rows, so that rows can be compared.
//
// Whatever cannot be read as a path stays whole, as a question of that name. Ownership: borrows the
// texts of the fields that it was made of. Threads: pure values and functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sync/record.h"

namespace awda::sync::merge {

/// A question or a row for good, whatever number the row has (document_history.h).
using Token = std::uint32_t;
inline constexpr Token kRoot = 0;
inline constexpr Token kNoToken = 0xFFFF'FFFF;

/// Rows within rows; a deeper path is not taken apart.
inline constexpr std::size_t kDepthMax = 16;

struct RowStep {
    std::string_view block;  ///< the repeat, from the row above on: "visits"
    std::uint32_t number = 0;
    std::string_view whole;  ///< "family[2]/visits[1]"
};
struct PathParts {
    std::vector<RowStep> rows;
    std::string_view rest;  ///< from the innermost row on; empty: the row's announcement
};
/// Numbers as a record writes them: no sign, no zero in front, 32 bits. What is not written so has
/// no rows, and is `rest` as it stands.
[[nodiscard]] PathParts split_path(std::string_view path);

struct TreeField {
    std::string_view name;               ///< from its row on: "names/given"
    const std::string* value = nullptr;  ///< nothing: disputed, and none shown
    Token token = kNoToken;
};
struct TreeBlock {
    std::string_view name;
    std::vector<std::uint32_t> rows;  ///< places in DocumentTree::rows, in order
};
struct TreeItem {
    bool block = false;
    std::uint32_t at = 0;  ///< in TreeRow::blocks or ::fields
};
struct TreeRow {
    std::string_view whole;  ///< its path in the fields it was made of
    std::uint32_t number = 0;
    const std::string* announced = nullptr;  ///< the value of its announcement
    Token token = kNoToken;
    std::vector<TreeItem> items;  ///< in order
    std::vector<TreeField> fields;
    std::vector<TreeBlock> blocks;
};

/// The first row is the document itself.
struct DocumentTree {
    std::vector<TreeRow> rows;
};

/// Of a path that is there twice the last value counts, as for whoever reads a record; rows stand
/// by their numbers, and are there whether or not they were announced.
[[nodiscard]] DocumentTree make_tree(std::span<const Field> fields);

/// The same questions, values and rows, in the same order.
[[nodiscard]] bool same_row(const DocumentTree& a, std::uint32_t row_a, const DocumentTree& b,
                            std::uint32_t row_b);

}  // namespace awda::sync::merge
