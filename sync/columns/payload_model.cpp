#include "sync/columns/payload_model.h"

#include <algorithm>
#include <cmath>

#include "platform/codec.h"

namespace awda::sync::columns {

namespace {

constexpr std::string_view kRecordTag = "AWDAREC1";
constexpr std::size_t kHistoryMax = std::size_t{1} << 20U;
constexpr std::size_t kMatchMin = 4;
constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kTagBytes = 8;
constexpr std::size_t kEvenMin = 96;  // bytes; shorter pieces are modelled whatever they are

enum : std::uint32_t { kSize = 200, kEven, kHasRecord };

/// Ciphertext and keys: no model finds anything in them, so they go past it.
bool looks_random(ByteView bytes) {
    if (bytes.size() < kEvenMin) return false;
    std::array<std::uint32_t, 256> counts{};
    for (const std::uint8_t byte : bytes) ++counts.at(byte);
    // The chance that two bytes are equal is 1/256 for random ones, and several times that in text.
    std::uint64_t pairs = 0;
    for (const std::uint32_t count : counts) pairs += std::uint64_t{count} * (count - 1U) / 2;
    const std::uint64_t all = std::uint64_t{bytes.size()} * (bytes.size() - 1) / 2;
    return pairs * 256 < all * 2;
}

/// Where in a payload a record stands whole, behind its length; nothing if there is none that the
/// record model gives back byte for byte.
struct Found {
    std::size_t at = 0;
    std::size_t size = 0;
    Record record;
};
std::optional<Found> find_record(ByteView payload) {
    const std::size_t tag = as_text(payload).find(kRecordTag);
    if (tag == std::string_view::npos || tag < 4) return std::nullopt;
    ByteReader length(payload.subspan(tag - 4));
    const std::size_t size = length.u32();
    if (size > payload.size() - tag) return std::nullopt;
    const ByteView bytes = payload.subspan(tag, size);
    auto record = decode_record(bytes);
    if (!record.ok() || !RecordModel::suits(*record) || !equal(encode_record(*record), bytes)) {
        return std::nullopt;
    }
    return Found{tag, size, *std::move(record)};
}

}  // namespace

Bytes PayloadModel::payload(Symbols& symbols, std::uint32_t type, ByteView payload) {
    const auto found = symbols.reading() ? std::nullopt : find_record(payload);
    Contexts contexts;
    contexts.add(mix_hash(type, kHasRecord));
    if (!symbols.flag(Kind::kFlag, kHasRecord, contexts, found.has_value())) {
        return piece(symbols, mix_hash(type, 1), payload);
    }
    const ByteView before = found ? payload.first(found->at - 4) : ByteView();
    const ByteView behind = found ? payload.subspan(found->at + found->size) : ByteView();
    ByteWriter out;
    out.raw(piece(symbols, mix_hash(type, 2), before));
    const Record record = records_.record(symbols, found ? found->record : Record());
    out.blob(encode_record(record));
    out.raw(piece(symbols, mix_hash(type, 3), behind));
    return out.take();
}

Bytes PayloadModel::piece(Symbols& symbols, std::uint32_t what, ByteView bytes) {
    Bytes& last = last_[what];
    const auto size = static_cast<std::size_t>(symbols.number(
        mix_hash(what, kSize), static_cast<std::uint32_t>(last.size()), bytes.size()));
    Bytes out;
    if (!symbols.spend(size + 1)) return out;
    out.reserve(size);
    Contexts contexts;
    contexts.add(mix_hash(what, kEven));
    if (size >= kEvenMin && symbols.flag(Kind::kFlag, kEven, contexts, looks_random(bytes))) {
        for (std::size_t i = 0; i < size; ++i) {
            out.push_back(
                static_cast<std::uint8_t>(symbols.even_bits(i < bytes.size() ? bytes[i] : 0, 8)));
        }
        return out;
    }
    modelled(symbols, what, bytes, size, out);
    mention_ids(out);
    last_[what] = out;
    return out;
}

void PayloadModel::modelled(Symbols& symbols, std::uint32_t what, ByteView bytes, std::size_t size,
                            Bytes& out) {
    const Bytes& last = last_[what];
    std::uint32_t order = 0;
    match_ = 0;
    for (std::size_t i = 0; i < size && !symbols.failed(); ++i) {
        const auto place = static_cast<std::uint32_t>(std::min<std::size_t>(i, 600));
        const std::uint32_t then = i < last.size() ? last[i] : 256;
        const std::uint32_t expected = expected_byte();
        Contexts contexts;
        contexts.add(mix_hash(what, place));
        contexts.add(mix_hash(what, mix_hash(place, then + 1)));
        contexts.add(mix_hash(expected, std::min(match_length_, 15U)));
        contexts.add(mix_hash(what, mix_hash(expected, std::min(match_length_, 3U) + 9)));
        contexts.add(mix_hash(order & 0xffffU, what));
        contexts.add(mix_hash(what, mix_hash(place, order & 0xffU)));
        const std::uint8_t byte = symbols.byte(what, contexts, i < bytes.size() ? bytes[i] : 0);
        out.push_back(byte);
        order = order << 8U | byte;
        follow(byte);
    }
}

std::uint32_t PayloadModel::expected_byte() const {
    return match_ == 0 ? 256U : history_[match_];
}

void PayloadModel::follow(std::uint8_t byte) {
    if (match_ != 0 && history_[match_] == byte) {
        ++match_;
        ++match_length_;
    } else {
        match_ = 0;
        match_length_ = 0;
    }
    history_.push_back(byte);
    if (history_.size() >= kHistoryMax) {
        history_.clear();
        seen_at_.clear();
        match_ = 0;
        return;
    }
    if (history_.size() < kMatchMin) return;
    std::uint32_t hash = 0;
    for (std::size_t i = history_.size() - kMatchMin; i < history_.size(); ++i) {
        hash = mix_hash(hash, history_[i]);
    }
    auto& place = seen_at_[hash];
    if (match_ == 0 && place != 0) {
        match_ = place;
        match_length_ = 1;
    }
    place = static_cast<std::uint32_t>(history_.size());
    if (match_ >= history_.size()) match_ = 0;
}

/// Our payloads begin with a tag, and many go on with the id of a record.
void PayloadModel::mention_ids(ByteView bytes) {
    if (bytes.size() < kTagBytes + kIdBytes) return;
    Id16 id{};
    std::copy_n(bytes.begin() + kTagBytes, kIdBytes, id.begin());
    records_.mention(id);
}

}  // namespace awda::sync::columns
