#include "sync/columns/symbols.h"

#include <algorithm>
#include <bit>

namespace awda::sync::columns {

namespace {
constexpr unsigned kTreeBits = 4;  // of one cache line of the mixer's
constexpr std::size_t kind_of(Kind kind) {
    return static_cast<std::size_t>(kind);
}
}  // namespace

std::uint32_t text_hash(std::string_view text) {
    std::uint32_t h = 0x811c9dc5U + static_cast<std::uint32_t>(text.size());
    for (const char c : text) h = (h ^ static_cast<std::uint8_t>(c)) * 0x01000193U;
    return h ^ h >> 15U;
}

bool Symbols::spend(std::uint64_t bytes) {
    if (bytes > left_) failed_ = true;
    left_ -= std::min(left_, bytes);
    return !failed_;
}

bool Symbols::flag(Kind kind, std::uint32_t column, const Contexts& contexts, bool value) {
    mixer_.begin(contexts, kind_of(kind), column);
    return mixer_.bit(coder_, value, 1);
}

std::uint32_t Symbols::bits_below(Kind kind, std::uint32_t column, const Contexts& contexts,
                                  unsigned count, std::uint32_t value) {
    mixer_.begin(contexts, kind_of(kind), column);
    mixer_.descend(count);
    std::uint32_t out = 1;
    unsigned node = 1;
    for (unsigned left = count; left-- > 0;) {
        const bool bit = mixer_.bit(coder_, (value >> left & 1U) != 0, node);
        out = out << 1U | (bit ? 1U : 0U);
        node = node << 1U | (bit ? 1U : 0U);
        if (node >= 1U << kTreeBits && left > 0) {
            mixer_.descend(out);
            node = 1;
        }
    }
    return out;
}

std::uint32_t Symbols::index(Kind kind, Kind bits, std::uint32_t column, const Contexts& contexts,
                             std::uint32_t value) {
    // Up to 14 the length itself; 15 says that the length follows.
    const unsigned length = static_cast<unsigned>(std::bit_width(value));
    mixer_.begin(contexts, kind_of(kind), column);
    unsigned node = 1;
    const unsigned told = std::min(length, 15U);
    for (unsigned left = kTreeBits; left-- > 0;) {
        node = node << 1U | (mixer_.bit(coder_, (told >> left & 1U) != 0, node) ? 1U : 0U);
    }
    unsigned count = node - (1U << kTreeBits);
    if (count == 15) count = static_cast<unsigned>(coder_.even_bits(length - 15, 5)) + 15;
    if (count <= 1) return count;
    if (count > 32) {
        failed_ = true;
        return 0;
    }
    return bits_below(bits, column, contexts, count - 1, value);
}

std::uint8_t Symbols::byte(std::uint32_t column, const Contexts& contexts, std::uint8_t value) {
    std::uint32_t out = 1;
    mixer_.begin(contexts, kind_of(Kind::kByteHigh), column);
    for (unsigned left = 8; left-- > 0;) {
        if (left == 3) {
            mixer_.begin(contexts, kind_of(Kind::kByteLow), column);
            mixer_.descend(out);
        }
        const unsigned node = left > 3 ? out : (out & ((1U << (3 - left)) - 1)) | 1U << (3 - left);
        out = out << 1U | (mixer_.bit(coder_, (value >> left & 1U) != 0, node) ? 1U : 0U);
    }
    return static_cast<std::uint8_t>(out);
}

std::uint64_t Symbols::number(std::uint32_t what, std::uint32_t context, std::uint64_t value) {
    constexpr unsigned kModelled = 3;
    Contexts contexts;
    contexts.add(what);
    contexts.add(mix_hash(what, context));
    auto length = static_cast<unsigned>(std::bit_width(value));
    length = index(Kind::kNumber, Kind::kNumber, what, contexts, length);
    if (length > 64) {
        failed_ = true;
        return 0;
    }
    if (length <= 1) return length;
    const unsigned below = length - 1;
    const unsigned top = std::min(below, kModelled);
    Contexts finer;
    finer.add(mix_hash(what, length));
    finer.add(mix_hash(mix_hash(what, context), length));
    const auto head = static_cast<std::uint32_t>(value >> (below - top) & ((1U << top) - 1));
    const std::uint64_t lead = bits_below(Kind::kNumberBits, what, finer, top, head);
    const unsigned rest = below - top;
    if (rest == 0) return lead;
    return lead << rest | coder_.even_bits(value & ((std::uint64_t{1} << rest) - 1), rest);
}

std::int64_t Symbols::distance(std::uint32_t what, std::uint32_t context, std::int64_t from,
                               std::int64_t value) {
    const std::uint64_t bits = static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(from);
    const std::uint64_t sign = (bits >> 63U) != 0 ? ~std::uint64_t{0} : 0;
    const std::uint64_t folded = number(what, context, bits << 1U ^ sign);
    const std::uint64_t back = folded >> 1U ^ ((folded & 1U) != 0 ? ~std::uint64_t{0} : 0);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(from) + back);
}

}  // namespace awda::sync::columns
