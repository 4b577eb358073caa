// KdfPolicy: what a passphrase slot may cost, and the least it must.
//
// A release program uses the default value: the cost is measured on the machine at enrolment and
// the floor is kKdfFloor. Only tests pass another policy, and only through the constructor: there
// is no flag, environment variable or file that lowers it. Threads: a plain value.
#pragma once

#include <functional>
#include <optional>

#include "platform/clock.h"
#include "platform/crypto.h"

namespace awda::agent {

/// A keyring that asks for more than this is refused before any memory is taken.
inline constexpr KdfCost kKdfCeiling{16, 2U * 1024U * 1024U};

struct KdfPolicy {
    KdfCost floor = kKdfFloor;
    std::optional<KdfCost> fixed;  ///< instead of measuring; for tests

    [[nodiscard]] bool accepts(const KdfCost& cost) const;
};

/// The dearest of a few costs between the floor and 4 passes over 512 MiB that stays within two
/// seconds here. Takes about as long as one unlock. kOutOfMemory if not even the floor can be had.
[[nodiscard]] Result<KdfCost> calibrate(const KdfPolicy& policy, const Clock& clock);

}  // namespace awda::agent
