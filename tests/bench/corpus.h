// Corpus: intakes of made-up returnees from a seed, in the order in which one device records them,
// and how much information is in them.
//
// The denominator of the bars on bytes: entropy_bits() is what an encoder that knew every table and
// probability here would need. It shares nothing with the codecs of sync, and they must never see
// its tables; priors are trained on records of other seeds. Records look as the agent writes them:
// only answers that were given, in the form's order, each row announced by a field of its own. Case
// and member ids, ages, sums and full names follow from other answers and cost nothing. What a
// device has once (its id, its office, its officers' names) is not charged either. Threads: one.
#pragma once

#include <memory>
#include <string>

#include "sync/record.h"
#include "tests/bench/charged_random.h"

namespace awda::bench {

class Corpus {
public:
    Corpus(std::uint64_t seed, std::uint32_t device);
    ~Corpus();
    Corpus(Corpus&&) noexcept;
    Corpus& operator=(Corpus&&) noexcept;

    /// The next intake; it begins after the last one ended.
    [[nodiscard]] sync::Record next();

    /// Of all records so far.
    [[nodiscard]] double entropy_bits() const;
    [[nodiscard]] double entropy_bits(Charge kind) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Questions that were asked, answered or not: the leaves of the instance.
[[nodiscard]] std::size_t leaves_of(const sync::Record& record);
/// The instance as ODK Collect serialises it: what was asked and not answered is an empty element.
[[nodiscard]] std::string xml_of(const sync::Record& record);
/// Compact JSON: groups are objects, rows an array, answers that were not given are left out.
[[nodiscard]] std::string json_of(const sync::Record& record);

}  // namespace awda::bench
