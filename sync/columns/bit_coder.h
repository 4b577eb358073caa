// BitCoder: one arithmetic coder for both directions.
//
// A model written against bit() runs unchanged when it writes and when it reads, so that the two
// can never disagree: writing, bit() codes the bit it is given and returns it; reading, it ignores
// its argument and returns what was written. Carry-less range coder of 32 bits (after the "fpaq"
// and "lpaq" coders of M. Mahoney). Integers only: every computer gets the same bytes.
// Ownership: a reading coder borrows its input. Threads: none of its own.
#pragma once

#include <cstdint>

#include "platform/bytes.h"

namespace awda::sync::columns {

/// Probabilities are of a 1, in 1/65536.
inline constexpr std::uint32_t kProbabilityBits = 16;

class BitCoder {
public:
    /// Writes.
    BitCoder() = default;
    /// Reads. Behind the end of `input` there are zeros; overrun() tells.
    explicit BitCoder(ByteView input);

    [[nodiscard]] bool reading() const { return reading_; }
    /// `p1` in 1 to 65535.
    bool bit(bool value, std::uint32_t p1);
    /// `count` bits of even chance, at most 64, the highest first.
    std::uint64_t even_bits(std::uint64_t value, unsigned count);
    /// Writing: what was written, to its end. Once.
    [[nodiscard]] Bytes finish();
    /// Reading: more was asked for than a finished coder wrote.
    [[nodiscard]] bool overrun() const { return at_ > input_.size() + 4; }

private:
    void narrow(bool value, std::uint32_t middle);
    std::uint8_t next_byte();

    bool reading_ = false;
    std::uint32_t low_ = 0;
    std::uint32_t high_ = 0xffffffffU;
    std::uint32_t code_ = 0;
    ByteView input_;
    std::size_t at_ = 0;
    Bytes output_;
};

}  // namespace awda::sync::columns
