// Varints: small numbers in few bytes, for our own formats (JOURNAL_FORMAT.md, RECORD_FORMAT.md).
//
// Unsigned LEB128: seven bits a byte, least first, the top bit says that more follow; the shortest
// form only. Signed numbers are folded first (0, -1, 1, -2 …). Threads: values, none of their own.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include "platform/bytes.h"

namespace awda::forms {

[[nodiscard]] constexpr std::uint64_t fold_sign(std::int64_t value) {
    return (static_cast<std::uint64_t>(value) << 1U) ^
           (value < 0 ? ~std::uint64_t{0} : std::uint64_t{0});
}
[[nodiscard]] constexpr std::int64_t unfold_sign(std::uint64_t value) {
    return static_cast<std::int64_t>((value >> 1U) ^ (std::uint64_t{0} - (value & 1U)));
}

class VarintWriter {
public:
    void u8(std::uint8_t byte) { bytes_.push_back(byte); }
    void number(std::uint64_t value) {
        while (value >= 0x80) {
            bytes_.push_back(static_cast<std::uint8_t>(value | 0x80U));
            value >>= 7U;
        }
        bytes_.push_back(static_cast<std::uint8_t>(value));
    }
    void signed_number(std::int64_t value) { number(fold_sign(value)); }
    void raw(ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
    void raw(std::string_view text) { raw(as_bytes(text)); }
    void text(std::string_view text) {
        number(text.size());
        raw(text);
    }
    [[nodiscard]] std::size_t size() const { return bytes_.size(); }
    [[nodiscard]] const Bytes& bytes() const { return bytes_; }
    [[nodiscard]] Bytes take() { return std::move(bytes_); }

private:
    Bytes bytes_;
};

/// After the first failed read every later one fails too; nothing is allocated beyond the input.
class VarintReader {
public:
    explicit VarintReader(ByteView input) : input_(input) {}

    std::uint8_t u8() {
        const ByteView byte = raw(1);
        return byte.empty() ? std::uint8_t{0} : byte[0];
    }
    std::uint64_t number() {
        std::uint64_t out = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const std::uint64_t byte = u8();
            if (failed_) return 0;
            if (shift == 63 && byte > 1) break;  // more than 64 bits
            out |= (byte & 0x7fU) << shift;
            if (byte < 0x80) {
                if (byte == 0 && shift > 0) break;  // not the shortest form
                return out;
            }
        }
        failed_ = true;
        return 0;
    }
    std::int64_t signed_number() { return unfold_sign(number()); }
    /// A number that counts things of at least one byte, or one bit, each that are still to come.
    std::size_t count(std::size_t each_bits = 8) {
        const std::uint64_t value = number();
        if (value > remaining() * (8 / each_bits)) {
            failed_ = true;
            return 0;
        }
        return static_cast<std::size_t>(value);
    }
    ByteView raw(std::size_t size) {
        if (failed_ || size > remaining()) {
            failed_ = true;
            return {};
        }
        const ByteView out = input_.subspan(at_, size);
        at_ += size;
        return out;
    }
    std::string text() {
        const std::size_t size = count();
        return std::string(as_text(raw(size)));
    }
    [[nodiscard]] std::size_t remaining() const { return input_.size() - at_; }
    [[nodiscard]] std::size_t position() const { return at_; }
    [[nodiscard]] bool failed() const { return failed_; }
    void fail() { failed_ = true; }

private:
    ByteView input_;
    std::size_t at_ = 0;
    bool failed_ = false;
};

}  // namespace awda::forms
