// field_path: "family[2]/visits[1]/date" taken apart: which table it belongs to, which row, which
// column.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "platform/result.h"

namespace awda::central {

inline constexpr std::size_t kRepeatDepthMax = 16;

struct FieldPath {
    std::string repeat;               ///< "family/visits"; empty for the main table
    std::vector<std::uint32_t> rows;  ///< 2, 1
    std::string column;  ///< from the innermost repeat on: "date"; empty for a row's announcement
};

/// kMalformed.
[[nodiscard]] Result<FieldPath> parse_field_path(std::string_view path);

}  // namespace awda::central
