#include "tests/bench/charged_random.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <numeric>

namespace awda::bench {

namespace {

constexpr int kBellSteps = 24;  // on each side of the middle
constexpr double kStepsOfDeviation = 8;
constexpr double kUuidRandomBits = 74;

double as_double(std::uint64_t value) {
    return static_cast<double>(value);
}

}  // namespace

Distribution::Distribution(std::span<const std::uint32_t> weights) {
    std::uint64_t end = 0;
    for (const std::uint32_t weight : weights) ends_.push_back(end += weight);
}

Distribution Distribution::zipf(std::size_t outcomes, double exponent) {
    std::vector<std::uint32_t> weights;
    for (std::size_t i = 1; i <= outcomes; ++i) {
        const double share = 1 / std::pow(static_cast<double>(i), exponent);
        weights.push_back(std::max(1U, static_cast<std::uint32_t>(std::lround(share * 1e6))));
    }
    return Distribution(weights);
}

Distribution Distribution::bell() {
    std::vector<std::uint32_t> weights;
    for (int step = -kBellSteps; step <= kBellSteps; ++step) {
        const double deviations = step / kStepsOfDeviation;
        const double density = std::exp(-deviations * deviations / 2);
        weights.push_back(static_cast<std::uint32_t>(std::lround(density * 1e6)));
    }
    return Distribution(weights);
}

std::uint64_t Distribution::weight(std::size_t outcome) const {
    return ends_[outcome] - (outcome == 0 ? 0 : ends_[outcome - 1]);
}

std::size_t Distribution::at(std::uint64_t point) const {
    return static_cast<std::size_t>(std::ranges::upper_bound(ends_, point) - ends_.begin());
}

/// Without bias: what would make some numbers likelier is drawn again.
std::uint64_t ChargedRandom::below(std::uint64_t n) {
    constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
    const std::uint64_t limit = kMax - kMax % n;
    std::uint64_t drawn = random_.next_u64();
    while (drawn >= limit) drawn = random_.next_u64();
    return drawn % n;
}

std::uint64_t ChargedRandom::uniform(Charge kind, std::uint64_t n) {
    charge(kind, std::log2(as_double(n)));
    return below(n);
}

std::size_t ChargedRandom::pick(Charge kind, const Distribution& distribution) {
    const std::size_t outcome = distribution.at(below(distribution.total()));
    charge(kind,
           std::log2(as_double(distribution.total()) / as_double(distribution.weight(outcome))));
    return outcome;
}

bool ChargedRandom::chance(Charge kind, std::uint32_t percent) {
    const bool yes = below(100) < percent;
    charge(kind, std::log2(100.0 / (yes ? percent : 100 - percent)));
    return yes;
}

std::int64_t ChargedRandom::gaussian(Charge kind, std::uint64_t eighth) {
    const auto step = static_cast<std::int64_t>(pick(kind, bell_)) - kBellSteps;
    const auto within = static_cast<std::int64_t>(uniform(kind, eighth));
    const auto width = static_cast<std::int64_t>(eighth);
    return step * width + within - width / 2;
}

Id16 ChargedRandom::uuid_v7(UnixMs now) {
    charge(Charge::kIds, kUuidRandomBits);
    return new_uuid_v7(now, random_);
}

double ChargedRandom::bits() const {
    return std::accumulate(bits_.begin(), bits_.end(), 0.0);
}

}  // namespace awda::bench
