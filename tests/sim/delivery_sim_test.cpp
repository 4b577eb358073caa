#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "tests/sim/delivery_sim.h"

using namespace awda;
using namespace awda::sync;

namespace {
constexpr std::uint64_t kSeeds = 2000;

struct Range {
    std::uint64_t first = 1;
    std::uint64_t last = kSeeds;
};
/// AWDA_SIM_SEED=n runs one seed again; AWDA_SIM_SEEDS=n runs so many.
Range seeds() {
    Range range;
    if (const char* one = std::getenv("AWDA_SIM_SEED")) {
        range.first = range.last = std::strtoull(one, nullptr, 10);
    } else if (const char* many = std::getenv("AWDA_SIM_SEEDS")) {
        range.last = std::strtoull(many, nullptr, 10);
    }
    return range;
}
}  // namespace

TEST_CASE("whatever befalls the link, central ends with every batch exactly once") {
    const sim::Fleet fleet(6);
    const Range range = seeds();
    std::size_t exchanges = 0;
    std::size_t runs = 0;
    std::size_t cuts = 0;
    for (std::uint64_t seed = range.first; seed <= range.last; ++seed) {
        const sim::SimResult first = sim::simulate(fleet, seed);
        const sim::SimResult second = sim::simulate(fleet, seed);
        CAPTURE(seed);
        CAPTURE(first.broken_rule);
        REQUIRE(first.broken_rule.empty());
        REQUIRE(first.delivered);
        REQUIRE(first.server_agrees);
        REQUIRE(first.trace == second.trace);
        exchanges += first.exchanges;
        runs += first.runs;
        cuts += first.cuts;
    }
    const std::uint64_t count = range.last - range.first + 1;
    MESSAGE(count << " seeds, " << exchanges << " exchanges, " << runs << " runs, " << cuts
                  << " uploads cut");
    if (range.first != range.last) CHECK(cuts > count / 2);
}
