// ChargedRandom: a seeded generator that adds up how much every draw surprises, -log2 of the
// probability that the sampler really used.
//
// The sum is the least that any code can spend on the draws, on average, so it is what sealed bytes
// are measured against. Weights are integers, and every number is drawn without bias, so the charge
// is exact. It is the entropy of what was made of the draws only if the draws can be read back from
// that: a caller must not let two draws end in the same answer. Threads: one.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "platform/ids.h"
#include "tests/fakes/seeded_random.h"

namespace awda::bench {

enum class Charge : std::uint8_t {
    kIds,
    kText,
    kNumbers,
    kSelects,
    kDates,
    kNames,
    kTimestamps,
    kGps,
    kPlaces,
    kInts,
    kCount,
};

/// Outcomes 0, 1, 2, … with integer weights. Pure value.
class Distribution {
public:
    explicit Distribution(std::span<const std::uint32_t> weights);
    /// Outcome i has a weight in proportion to 1 / (i + 1)^exponent.
    [[nodiscard]] static Distribution zipf(std::size_t outcomes, double exponent);
    /// 49 steps of an eighth of the standard deviation; the middle one is outcome 24.
    [[nodiscard]] static Distribution bell();

    [[nodiscard]] std::size_t size() const { return ends_.size(); }
    [[nodiscard]] std::uint64_t total() const { return ends_.back(); }
    [[nodiscard]] std::uint64_t weight(std::size_t outcome) const;
    /// The outcome that `point` of 0 … total()-1 falls into.
    [[nodiscard]] std::size_t at(std::uint64_t point) const;

private:
    std::vector<std::uint64_t> ends_;  ///< of each outcome's part of 0 … total()
};

class ChargedRandom {
public:
    explicit ChargedRandom(std::uint64_t seed) : random_(seed) {}

    /// One of 0 … n-1, all alike.
    std::uint64_t uniform(Charge kind, std::uint64_t n);
    std::size_t pick(Charge kind, const Distribution& distribution);
    bool chance(Charge kind, std::uint32_t percent);
    /// Around 0, in steps of 1; the standard deviation is eight times `eighth`. Even within each
    /// eighth of the deviation, and never more than three deviations away.
    std::int64_t gaussian(Charge kind, std::uint64_t eighth);
    /// Charges the 74 bits that are random in it: the milliseconds are charged where they were
    /// drawn.
    Id16 uuid_v7(UnixMs now);

    [[nodiscard]] double bits(Charge kind) const { return bits_[static_cast<std::size_t>(kind)]; }
    [[nodiscard]] double bits() const;

private:
    std::uint64_t below(std::uint64_t n);
    void charge(Charge kind, double bits) { bits_[static_cast<std::size_t>(kind)] += bits; }

    fakes::SeededRandom random_;
    Distribution bell_ = Distribution::bell();
    std::array<double, static_cast<std::size_t>(Charge::kCount)> bits_{};
};

}  // namespace awda::bench
