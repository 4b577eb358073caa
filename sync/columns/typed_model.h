// TypedModel: answers that are numbers, dates, times and coordinates, coded as what they are.
//
// A date is told by how many years before the record it lies, a time by its distance from the
// record's own times, coordinates by their distance from the middle of where that place was before.
// Ownership: owns what it learned; copyable. Threads: none of its own.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "sync/columns/symbols.h"
#include "sync/columns/typed_text.h"

namespace awda::sync::columns {

/// Part of the format.
enum class Shape : std::uint8_t { kWords, kDigits, kDay, kStamp, kDecimals, kCount };
[[nodiscard]] Shape shape_of(std::string_view text);

/// Where a typed answer stands.
struct Surroundings {
    std::uint32_t column = 0;  ///< hash of its name
    std::uint32_t before = 0;  ///< hash of the answer before it
    std::uint32_t place = 0;   ///< hash of the last answer that looks like a code of a place
};

class TypedModel {
public:
    void begin_record(UnixMs started, UnixMs finalised);
    /// `shape` is any but kWords.
    std::string text(Symbols& symbols, Shape shape, const Surroundings& at, std::string_view text);
    /// The record's own day, where its officers are.
    [[nodiscard]] const Day& today() const { return today_; }

private:
    /// Where the numbers of a place lie.
    struct Middle {
        std::int64_t sum = 0;
        std::int64_t count = 0;
    };

    std::string digits(Symbols& symbols, const Surroundings& at, std::string_view text);
    std::string day(Symbols& symbols, const Surroundings& at, std::string_view text);
    std::string stamp(Symbols& symbols, const Surroundings& at, std::string_view text);
    std::string decimals(Symbols& symbols, const Surroundings& at, std::string_view text);
    std::int64_t scaled(Symbols& symbols, const Surroundings& at, std::uint32_t which,
                        std::int64_t value);

    Day today_;
    std::array<UnixMs, 3> times_{};  ///< started, finalised, the last one told
    std::unordered_map<std::uint32_t, Middle> middles_;
};

}  // namespace awda::sync::columns
