// Value column: texts of one kind in few bytes, and back, exactly. Bytes: RECORD_FORMAT.md.
//
// Ownership: values. Threads: pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "forms/varint.h"

namespace awda::forms {

/// The values a select's list offers, in the list's order.
struct ChoiceList {
    std::vector<std::string> values;
    std::unordered_map<std::string_view, std::uint32_t> index;  ///< into values
};

/// How a column's values are written. The smallest is taken; each gives back exactly what it took.
enum class ValueCode : std::uint8_t {
    kText = 0,
    kInteger = 1,      ///< folded varints
    kSteps = 2,        ///< integers, each less the one before
    kDate = 3,         ///< days since 1970, each less the one before
    kMoment = 4,       ///< milliseconds and the zone's minutes, each less the one before
    kDecimal = 5,      ///< digits, and how many of them are behind the point
    kChoice = 6,       ///< index into the form's list
    kChoices = 7,      ///< count, indexes
    kUuid = 8,         ///< "uuid:" and 16 bytes
    kPlace = 9,        ///< a geopoint's decimals
    kSame = 10,        ///< one text for all
    kDictionary = 11,  ///< the distinct texts, then indexes
};
inline constexpr std::size_t kValueCodes = 12;

/// The code and exceptions, then the values. `list` may be null.
void write_values(std::span<const std::string_view> values, const ChoiceList* list,
                  VarintWriter& out);
/// Exactly `count` values; fails the reader if they aren't there.
[[nodiscard]] std::vector<std::string> read_values(VarintReader& in, std::size_t count,
                                                   const ChoiceList* list);

}  // namespace awda::forms
