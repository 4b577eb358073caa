#include "sync/columns/mixer.h"

#include <algorithm>

namespace awda::sync::columns {

namespace {

// A slot: probability of a 1 in 18 bits, how often it was seen in 7, a check of the context in 7.
constexpr std::uint32_t kPBits = 18;
constexpr std::uint32_t kPMask = (1U << kPBits) - 1;
constexpr std::uint32_t kCountShift = kPBits;
constexpr std::uint32_t kCountMax = 127;
constexpr std::uint32_t kCheckShift = 25;
constexpr std::uint32_t kHalf = 1U << (kPBits - 1);
constexpr std::uint32_t kFresh = kHalf;

struct Tables {
    std::array<std::uint16_t, 4096> squash{};         // 1 / (1 + e^-x) in 16 bits, of 256 x + 2048
    std::array<std::int16_t, 4096> stretch{};         // its inverse, of p in 12 bits
    std::array<std::uint32_t, kCountMax + 1> rate{};  // 65536 / (seen + 1.6)

    /// From integers alone: no two mathematics libraries need agree.
    constexpr Tables() {
        constexpr std::uint64_t kOne = std::uint64_t{1} << 32U;
        constexpr std::uint64_t kStep = 4'278'222'805;  // e^(-1/256)
        std::uint64_t power = kOne;                     // e^(-i/256)
        for (std::size_t i = 0; i < 2048; ++i) {
            const std::uint64_t p = std::min<std::uint64_t>((kOne << 16U) / (kOne + power), 65520);
            squash[2048 + i] = static_cast<std::uint16_t>(p);
            squash[2048 - i] = static_cast<std::uint16_t>(65536 - p);
            power = power * kStep >> 32U;
        }
        squash[0] = squash[1];
        std::size_t x = 0;
        for (std::size_t i = 0; i < stretch.size(); ++i) {
            while (x < 4095 && squash[x] < i * 16 + 8) ++x;
            stretch[i] = static_cast<std::int16_t>(static_cast<int>(x) - 2048);
        }
        for (std::uint32_t n = 0; n <= kCountMax; ++n) rate[n] = 65536U * 10U / (n * 10U + 16U);
    }
};

constexpr Tables kTables;

std::uint32_t squash(std::int32_t x) {
    x = std::clamp(x, -2047, 2047);
    return kTables.squash[static_cast<std::size_t>(x + 2048)];
}

std::int32_t stretch16(std::uint32_t p16) {
    return kTables.stretch[p16 >> 4U];
}

/// Seen once, twice, … : what a context is worth changes fast at first.
std::size_t count_bucket(std::uint32_t count) {
    if (count < 4) return count;
    if (count < 6) return 4;
    if (count < 10) return 5;
    return count < 20 ? 6 : 7;
}
constexpr std::uint32_t kBelievedCount = 40;  // from here on a probability speaks for itself

constexpr std::int32_t kWeightOne = 16384;
constexpr std::int32_t kWeightMax = 4 * kWeightOne;  // of each of the two: sums fit in 32 bits
/// An error so small teaches nothing that would be worth the time; in 1/65536.
constexpr std::int32_t kErrorMin = 48;

}  // namespace

Mixer::Mixer()
    : slots_(kLines * kLineSlots, kFresh),
      beliefs_(kKinds * kContextsMax * kCountBuckets * kBeliefSteps),
      kind_weights_(kKinds * kLineSlots * kContextsMax, kWeightOne * 3 / 10),
      column_weights_(kColumnSets * kKinds * kContextsMax, 0) {
    for (std::size_t i = 0; i < beliefs_.size(); ++i) {
        const auto step = static_cast<std::int32_t>(i % kBeliefSteps);
        beliefs_[i] = static_cast<std::uint16_t>(squash(step * 128 - 1984));
    }
}

void Mixer::begin(const Contexts& contexts, std::size_t kind, std::uint32_t column) {
    count_ = contexts.count;
    kind_ = kind;
    std::fill(stretched_.begin() + static_cast<std::ptrdiff_t>(count_), stretched_.end(), 0);
    for (std::size_t i = 0; i < count_; ++i) {
        base_[i] = mix_hash(contexts.hash[i], static_cast<std::uint32_t>(kind * 8 + i + 1));
    }
    find_lines();
    weights_of_column_ = &column_weights_[((column % kColumnSets) * kKinds + kind_) * kContextsMax];
}

void Mixer::descend(std::uint32_t prefix) {
    for (std::size_t i = 0; i < count_; ++i) base_[i] = mix_hash(base_[i], prefix + 1);
    find_lines();
}

/// All asked for at once: they come from memory together.
void Mixer::find_lines() {
    for (std::size_t i = 0; i < count_; ++i) {
        lines_[i] = &slots_[(base_[i] & (kLines - 1)) * kLineSlots];
        __builtin_prefetch(lines_[i], 1);
    }
}

void Mixer::read_input(std::size_t which, unsigned node) {
    std::uint32_t* slot = lines_[which] + node;
    const std::uint32_t check = base_[which] >> kCheckShift;
    if (*slot >> kCheckShift != check) *slot = kFresh | check << kCheckShift;
    slots_used_[which] = slot;
    const std::uint32_t p16 = (*slot & kPMask) >> (kPBits - 16);
    const std::uint32_t count = *slot >> kCountShift & kCountMax;
    std::int32_t stretched = stretch16(p16);
    std::uint16_t* belief = nullptr;
    if (count < kBelievedCount) {
        const auto step = static_cast<std::size_t>(stretched + 2048) >> 7U;
        belief = &beliefs_[((kind_ * kContextsMax + which) * kCountBuckets + count_bucket(count)) *
                               kBeliefSteps +
                           step];
        stretched = stretch16(*belief);
    }
    beliefs_used_[which] = belief;
    stretched_[which] = stretched;
}

bool Mixer::bit(BitCoder& coder, bool value, unsigned node) {
    for (std::size_t i = 0; i < count_; ++i) read_input(i, node);
    weights_of_kind_ = &kind_weights_[(kind_ * kLineSlots + node) * kContextsMax];
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < kContextsMax; ++i) {
        sum += stretched_[i] * (weights_of_kind_[i] + weights_of_column_[i]);
    }
    const std::uint32_t p = squash(sum / kWeightOne);
    value = coder.bit(value, p);
    learn(value, (value ? 65536 : 0) - static_cast<std::int32_t>(p));
    return value;
}

void Mixer::learn_weights(std::int32_t error) {
    for (std::size_t i = 0; i < kContextsMax; ++i) {
        // Within 32 bits: 11 of the input, 16 of the error, 3 of the rate.
        const std::int32_t step = (stretched_[i] * error / 16 * 2) / 16384;
        weights_of_kind_[i] = std::clamp(weights_of_kind_[i] + step, -kWeightMax, kWeightMax);
        weights_of_column_[i] = std::clamp(weights_of_column_[i] + step, -kWeightMax, kWeightMax);
    }
}

void Mixer::learn(bool value, std::int32_t error) {
    if (error > kErrorMin || error < -kErrorMin) learn_weights(error);
    const std::int32_t target = value ? static_cast<std::int32_t>(kPMask) : 0;
    const std::int32_t belief_target = value ? 65535 : 0;
    for (std::size_t i = 0; i < count_; ++i) {
        if (std::uint16_t* belief = beliefs_used_[i]; belief != nullptr) {
            *belief =
                static_cast<std::uint16_t>(*belief + (belief_target - std::int32_t{*belief}) / 48);
        }
        const std::uint32_t slot = *slots_used_[i];
        const auto p = static_cast<std::int32_t>(slot & kPMask);
        const std::uint32_t count = slot >> kCountShift & kCountMax;
        const auto moved = static_cast<std::uint32_t>(
            p + static_cast<std::int32_t>(std::int64_t{target - p} * kTables.rate[count] >> 16U));
        *slots_used_[i] = (slot >> kCheckShift) << kCheckShift |
                          std::min(count + 1, kCountMax) << kCountShift | (moved & kPMask);
    }
}

}  // namespace awda::sync::columns
