// Symbols: what the columns are coded in: flags, indices, numbers, bytes, by one mixer.
//
// Each function codes its argument when writing, and returns what was written when reading. Of what
// a hostile file makes a reader produce, at most `budget` bytes' worth is let through: then
// failed() is true, everything returns zero, and callers end. Ownership: borrows mixer and coder.
// Threads: none of its own.
#pragma once

#include <cstdint>
#include <string_view>

#include "sync/columns/bit_coder.h"
#include "sync/columns/mixer.h"

namespace awda::sync::columns {

/// Kinds of symbols; each has weights of its own. Part of the format.
enum class Kind : std::uint8_t {
    kFlag,
    kPath,
    kPathBits,
    kCopied,
    kValue,
    kValueBits,
    kWord,
    kWordBits,
    kByteHigh,
    kByteLow,
    kNumber,
    kNumberBits,
    kEvent,
    kEventBits,
};

[[nodiscard]] std::uint32_t text_hash(std::string_view text);

class Symbols {
public:
    Symbols(Mixer& mixer, BitCoder& coder, std::uint64_t budget)
        : mixer_(mixer), coder_(coder), left_(budget) {}

    [[nodiscard]] bool reading() const { return coder_.reading(); }
    [[nodiscard]] bool failed() const { return failed_ || coder_.overrun(); }
    void fail() { failed_ = true; }
    /// Takes `bytes` from the budget; false, and failed, when it is spent.
    bool spend(std::uint64_t bytes);

    bool flag(Kind kind, std::uint32_t column, const Contexts& contexts, bool value);
    /// Any number of 32 bits, cheapest when small: its length, then its bits. `bits` is the kind of
    /// the latter.
    std::uint32_t index(Kind kind, Kind bits, std::uint32_t column, const Contexts& contexts,
                        std::uint32_t value);
    /// A number of `count` bits, at most 16.
    std::uint32_t small(Kind kind, std::uint32_t column, const Contexts& contexts, unsigned count,
                        std::uint32_t value) {
        return bits_below(kind, column, contexts, count, value) - (1U << count);
    }
    std::uint8_t byte(std::uint32_t column, const Contexts& contexts, std::uint8_t value);
    /// A number of 64 bits of which the leading three bits behind the first are modelled and the
    /// rest is even: for times and sizes. `what` tells kinds of numbers apart.
    std::uint64_t number(std::uint32_t what, std::uint32_t context, std::uint64_t value);
    /// A number told by its distance from one that both sides know. Any two numbers will do.
    std::int64_t distance(std::uint32_t what, std::uint32_t context, std::int64_t from,
                          std::int64_t value);
    std::uint64_t even_bits(std::uint64_t value, unsigned count) {
        return coder_.even_bits(value, count);
    }

private:
    std::uint32_t bits_below(Kind kind, std::uint32_t column, const Contexts& contexts,
                             unsigned count, std::uint32_t value);

    Mixer& mixer_;
    BitCoder& coder_;
    std::uint64_t left_;
    bool failed_ = false;
};

}  // namespace awda::sync::columns
