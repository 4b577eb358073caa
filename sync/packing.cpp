#include "sync/packing.h"

#include <algorithm>
#include <bit>

#include "sync/compress.h"
#include "sync/log/event_codec.h"

namespace awda::sync {

namespace {

constexpr std::uint8_t kPadBegin = 0x80;
/// What columns count is not what plain columns take: texts are counted at each step on their way.
constexpr std::uint64_t kBudgetFactor = 4;
constexpr std::uint64_t kBudgetMin = std::uint64_t{1} << 20U;

UnpackBounds with_budget(UnpackBounds bounds) {
    bounds.plain_max = bounds.plain_max * kBudgetFactor + kBudgetMin;
    return bounds;
}

bool same(const Event& a, const Event& b) {
    return a.hlc == b.hlc && a.officer == b.officer && a.office == b.office && a.type == b.type &&
           a.salt == b.salt && a.payload == b.payload;
}

/// Empty where they do not come back as they went in.
Bytes columns_of(const std::vector<Event>& events, const std::vector<SaltSeed>& seeds,
                 const UnpackBounds& bounds, const Known& known) {
    auto packed = pack_events(events, seeds, known);
    if (!packed.ok()) return {};
    const auto back = unpack_events(*packed, with_budget(bounds), known);
    if (!back.ok() || !std::ranges::equal(*back, events, same)) return {};
    return *std::move(packed);
}

}  // namespace

Result<Packed> pack(const std::vector<Event>& events, const std::vector<SaltSeed>& seeds,
                    const UnpackBounds& bounds, const Known& known) {
    Packed out;
    Bytes plain = AWDA_TRY(encode_events(events));
    out.plain_size = plain.size();
    if (plain.size() > bounds.plain_max) return Error(Errc::kTooLarge, "a batch's events");
    UnpackBounds told = bounds;
    told.plain_max = out.plain_size;
    out.codec = BatchCodec::kColumns;
    if (plain.size() <= kColumnsPlainMax) out.bytes = columns_of(events, seeds, told, known);
    // Columns beat zstd wherever there is something to find; elsewhere it is worth a look.
    if (out.bytes.empty() || out.bytes.size() * 2 > plain.size()) {
        Bytes other = AWDA_TRY(compress(plain));
        if (out.bytes.empty() || other.size() < out.bytes.size()) {
            out.codec = BatchCodec::kZstd;
            out.bytes = std::move(other);
        }
    }
    wipe(plain);
    return out;
}

Result<std::vector<Event>> unpack(BatchCodec codec, ByteView bytes, const UnpackBounds& bounds,
                                  const Known& known) {
    if (codec == BatchCodec::kColumns) {
        if (bounds.plain_max > kColumnsPlainMax) return Error(Errc::kTooLarge, "packed columns");
        return unpack_events(bytes, with_budget(bounds), known);
    }
    Bytes plain = AWDA_TRY(inflate(bytes, bounds.plain_max));
    auto events =
        decode_events(plain, bounds.device, bounds.first_seq, bounds.prev, bounds.count_max);
    wipe(plain);
    return events;
}

std::uint64_t padded_size(std::uint64_t size) {
    if (size < 2) return size;
    const auto exponent = static_cast<unsigned>(std::bit_width(size)) - 1;
    const auto kept = static_cast<unsigned>(std::bit_width(exponent));
    const std::uint64_t mask = (std::uint64_t{1} << (exponent - std::min(exponent, kept))) - 1;
    return (size + mask) & ~mask;
}

void pad(Bytes& bytes) {
    bytes.push_back(kPadBegin);
    bytes.resize(padded_size(bytes.size()), 0);
}

Result<ByteView> unpadded(ByteView bytes) {
    while (!bytes.empty() && bytes.back() == 0) bytes = bytes.first(bytes.size() - 1);
    if (bytes.empty() || bytes.back() != kPadBegin) {
        return Error(Errc::kMalformed, "a batch's padding");
    }
    return bytes.first(bytes.size() - 1);
}

}  // namespace awda::sync
