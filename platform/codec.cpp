#include "platform/codec.h"

#include <algorithm>

namespace awda {

namespace {
template <typename T>
void put(Bytes& out, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
}
}  // namespace

void ByteWriter::u8(std::uint8_t value) {
    bytes_.push_back(value);
}
void ByteWriter::u16(std::uint16_t value) {
    put(bytes_, value);
}
void ByteWriter::u32(std::uint32_t value) {
    put(bytes_, value);
}
void ByteWriter::u64(std::uint64_t value) {
    put(bytes_, value);
}
void ByteWriter::varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) u8(static_cast<std::uint8_t>(value | 0x80U));
    u8(static_cast<std::uint8_t>(value));
}
void ByteWriter::raw(ByteView bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

void ByteWriter::blob(ByteView bytes) {
    AWDA_ASSERT(bytes.size() <= 0xffffffffU);
    u32(static_cast<std::uint32_t>(bytes.size()));
    raw(bytes);
}

template <typename T>
T ByteReader::number() {
    const ByteView view = raw(sizeof(T));
    T value = 0;
    for (std::size_t i = 0; i < view.size(); ++i) {
        value = static_cast<T>(value | static_cast<T>(static_cast<T>(view[i]) << (8 * i)));
    }
    return value;
}

std::uint8_t ByteReader::u8() {
    return number<std::uint8_t>();
}
std::uint16_t ByteReader::u16() {
    return number<std::uint16_t>();
}
std::uint32_t ByteReader::u32() {
    return number<std::uint32_t>();
}
std::uint64_t ByteReader::u64() {
    return number<std::uint64_t>();
}

std::uint64_t ByteReader::varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const std::uint64_t byte = u8();
        const std::uint64_t bits = byte & 0x7fU;
        if (bits << shift >> shift != bits) break;
        value |= bits << shift;
        if ((byte & 0x80U) != 0) continue;
        if (byte == 0 && shift > 0) break;
        return value;
    }
    fail();
    return 0;
}
ByteView ByteReader::raw(std::size_t size) {
    if (failed_ || size > remaining()) {
        failed_ = true;
        return {};
    }
    const ByteView view = input_.subspan(at_, size);
    at_ += size;
    return view;
}

ByteView ByteReader::blob() {
    return raw(u32());
}

std::string ByteReader::text(std::size_t limit) {
    const ByteView view = blob();
    if (view.size() > limit) {
        failed_ = true;
        return {};
    }
    return std::string(as_text(view));
}

void ByteReader::domain(std::string_view tag) {
    AWDA_ASSERT(tag.size() == 8);
    const ByteView view = raw(tag.size());
    if (!equal(view, as_bytes(tag))) failed_ = true;
}

Status ByteReader::done(Rest rest) const {
    if (failed_) return Error(Errc::kMalformed, "a structure ends early or has a wrong tag");
    if (rest == Rest::kNone && remaining() != 0) {
        return Error(Errc::kMalformed, "bytes left over after a structure");
    }
    return {};
}

}  // namespace awda
