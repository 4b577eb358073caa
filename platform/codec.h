// ByteWriter and ByteReader: the fixed binary layouts of every Awda file and message.
//
// Integers are little-endian; a "blob" or "text" is a u32 length and that many bytes. A reader
// never allocates more than its input holds, and after the first failed read every later one fails
// too, so a parser may read a whole structure and ask once whether all of it was there. Threads:
// none of their own. A reader only borrows its input.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "platform/bytes.h"

namespace awda {

class ByteWriter {
public:
    void u8(std::uint8_t value);
    void u16(std::uint16_t value);
    void u32(std::uint32_t value);
    void u64(std::uint64_t value);
    void i64(std::int64_t value) { u64(static_cast<std::uint64_t>(value)); }
    /// Seven bits a byte, the lowest first, the high bit of all but the last set (LEB128).
    void varint(std::uint64_t value);
    /// Bytes as they are, without a length: for fixed-size fields.
    void raw(ByteView bytes);
    void raw(std::string_view text) { raw(as_bytes(text)); }
    void blob(ByteView bytes);
    void text(std::string_view text) { blob(as_bytes(text)); }

    [[nodiscard]] const Bytes& bytes() const { return bytes_; }
    [[nodiscard]] Bytes take() { return std::move(bytes_); }
    [[nodiscard]] std::size_t size() const { return bytes_.size(); }

private:
    Bytes bytes_;
};

class ByteReader {
public:
    explicit ByteReader(ByteView input) : input_(input) {}

    std::uint8_t u8();
    std::uint16_t u16();
    std::uint32_t u32();
    std::uint64_t u64();
    std::int64_t i64() { return static_cast<std::int64_t>(u64()); }
    /// As varint() writes it; a longer way to write the same number fails.
    std::uint64_t varint();
    /// The next `size` bytes, borrowed from the input; empty after a failure.
    ByteView raw(std::size_t size);
    ByteView blob();
    /// A text no longer than `limit` bytes.
    std::string text(std::size_t limit = kTextMax);
    template <std::size_t N>
    std::array<std::uint8_t, N> fixed() {
        std::array<std::uint8_t, N> out{};
        const ByteView view = raw(N);
        if (view.size() == N) std::copy(view.begin(), view.end(), out.begin());
        return out;
    }
    /// Reads 8 bytes and fails unless they are `tag`.
    void domain(std::string_view tag);

    [[nodiscard]] std::size_t remaining() const { return input_.size() - at_; }
    [[nodiscard]] std::size_t position() const { return at_; }
    [[nodiscard]] bool failed() const { return failed_; }
    void fail() { failed_ = true; }
    /// Ok if every read succeeded; with `Rest::kNone` also only if nothing is left over.
    enum class Rest { kNone, kAllowed };
    [[nodiscard]] Status done(Rest rest = Rest::kNone) const;

    static constexpr std::size_t kTextMax = 16U << 20U;

private:
    template <typename T>
    T number();

    ByteView input_;
    std::size_t at_ = 0;
    bool failed_ = false;
};

}  // namespace awda
