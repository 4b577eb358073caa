// Mixer: predicts the next bit from several contexts at once, and learns from what it was.
//
// Context mixing after M. Mahoney's PAQ family: each context of a symbol has an adaptive
// probability for each node of the symbol's binary tree; how far a probability deserves belief,
// given how often its context was seen, is itself learned; the logistic sum of all, with weights
// learned for the kind of symbol and for the column, is the prediction. Integers only, so that an
// old laptop and the server compute the same. Source: Mahoney, "Adaptive Weighing of Context Models
// for Lossless Data Compression", 2005.
// Ownership: owns its tables, about 18 MB; copyable, which is how a primed one is used again and
// again. Threads: none of its own.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sync/columns/bit_coder.h"

namespace awda::sync::columns {

/// The contexts a symbol is seen in, as hashes; at most kContextsMax.
inline constexpr std::size_t kContextsMax = 8;
struct Contexts {
    std::array<std::uint32_t, kContextsMax> hash{};
    std::size_t count = 0;
    void add(std::uint32_t value) { hash[count++] = value; }
};

[[nodiscard]] constexpr std::uint32_t mix_hash(std::uint32_t a, std::uint32_t b) {
    std::uint32_t h = (a ^ b * 0x9e3779b1U) * 0x85ebca6bU;
    h ^= h >> 15U;
    return h * 0xc2b2ae35U ^ h >> 13U;
}

class Mixer {
public:
    Mixer();

    /// Which weights to use: `kind` of symbol (below kKinds), and `column`, any hash.
    static constexpr std::size_t kKinds = 16;
    void begin(const Contexts& contexts, std::size_t kind, std::uint32_t column);
    /// The next bit of the symbol at `node` (1 to 15) of its tree.
    bool bit(BitCoder& coder, bool value, unsigned node);
    /// Goes on below the sixteenth node of a tree: the contexts now also have `prefix`.
    void descend(std::uint32_t prefix);

private:
    static constexpr std::size_t kLines = std::size_t{1} << 18U;
    static constexpr std::size_t kLineSlots = 16;  ///< a tree of four bits in one cache line
    static constexpr std::size_t kColumnSets = 256;
    static constexpr std::size_t kCountBuckets = 8;
    static constexpr std::size_t kBeliefSteps = 32;

    void find_lines();
    void read_input(std::size_t which, unsigned node);
    void learn(bool value, std::int32_t error);
    void learn_weights(std::int32_t error);

    std::vector<std::uint32_t> slots_;
    std::vector<std::uint16_t> beliefs_;
    std::vector<std::int32_t> kind_weights_;
    std::vector<std::int32_t> column_weights_;

    // Of the symbol under way; inputs behind the last are zero.
    std::size_t count_ = 0;
    std::size_t kind_ = 0;
    std::array<std::uint32_t, kContextsMax> base_{};
    std::array<std::uint32_t*, kContextsMax> lines_{};
    std::array<std::uint32_t*, kContextsMax> slots_used_{};
    std::array<std::uint16_t*, kContextsMax> beliefs_used_{};
    std::array<std::int32_t, kContextsMax> stretched_{};
    std::int32_t* weights_of_kind_ = nullptr;
    std::int32_t* weights_of_column_ = nullptr;
};

}  // namespace awda::sync::columns
