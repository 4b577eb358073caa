#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "tests/sim/delivery_sim.h"
#include "tests/sim/week_sim.h"

using namespace awda;
using namespace awda::sync;

namespace {
constexpr std::uint64_t kSeeds = 2000;
constexpr std::uint64_t kWeeks = 50;

struct Range {
    std::uint64_t first = 1;
    std::uint64_t last = 1;
};
/// AWDA_SIM_SEED=n runs one seed again; AWDA_SIM_SEEDS=n runs so many.
Range seeds(std::uint64_t last) {
    Range range{1, last};
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
    const Range range = seeds(kSeeds);
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

TEST_CASE(
    "six offices over a week of bad links, late sticks and wrong clocks: nothing lost or twice") {
    const Range range = seeds(kWeeks);
    std::size_t events = 0;
    std::size_t batches = 0;
    std::size_t by_stick = 0;
    std::size_t cuts = 0;
    for (std::uint64_t seed = range.first; seed <= range.last; ++seed) {
        const sim::WeekResult first = sim::simulate_week(seed);
        const sim::WeekResult second = sim::simulate_week(seed);
        CAPTURE(seed);
        CAPTURE(first.broken_rule);
        REQUIRE(first.broken_rule.empty());
        REQUIRE(first.delivered);
        REQUIRE(first.agreed);
        REQUIRE(first.same_logs);
        REQUIRE(first.trace == second.trace);
        events += first.events;
        batches += first.batches;
        by_stick += first.by_stick;
        cuts += first.cuts;
    }
    const std::uint64_t count = range.last - range.first + 1;
    MESSAGE(count << " weeks, " << events << " events in " << batches << " batches, " << by_stick
                  << " by stick first, " << cuts << " uploads cut");
    if (range.first != range.last) {
        CHECK(by_stick > count);
        CHECK(cuts > count);
    }
}
