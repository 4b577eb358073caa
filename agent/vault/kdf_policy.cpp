#include "agent/vault/kdf_policy.h"

#include <array>

namespace awda::agent {

namespace {

constexpr std::int64_t kUnlockMsMax = 2000;
constexpr std::array<KdfCost, 4> kLadder{KdfCost{4, 512U * 1024U}, KdfCost{3, 512U * 1024U},
                                         KdfCost{4, 256U * 1024U}, kKdfFloor};

std::uint64_t work(const KdfCost& cost) {
    return std::uint64_t{cost.passes} * cost.memory_kib;
}

}  // namespace

bool KdfPolicy::accepts(const KdfCost& cost) const {
    return cost.passes >= floor.passes && cost.memory_kib >= floor.memory_kib &&
           cost.passes <= kKdfCeiling.passes && cost.memory_kib <= kKdfCeiling.memory_kib;
}

Result<KdfCost> calibrate(const KdfPolicy& policy, const Clock& clock) {
    if (policy.fixed) return *policy.fixed;
    const std::array<std::uint8_t, 16> salt{};
    const std::int64_t begun = clock.steady_ms();
    AWDA_TRY(derive_from_passphrase(as_bytes("measuring"), salt, policy.floor));
    const auto floor_ms = static_cast<std::uint64_t>(clock.steady_ms() - begun) + 1;
    for (const KdfCost& cost : kLadder) {
        if (!policy.accepts(cost)) continue;
        const std::uint64_t expected_ms = floor_ms * work(cost) / work(policy.floor);
        if (expected_ms > static_cast<std::uint64_t>(kUnlockMsMax)) continue;
        // The memory must be there too, not only the time.
        if (derive_from_passphrase(as_bytes("measuring"), salt, cost).ok()) return cost;
    }
    return policy.floor;
}

}  // namespace awda::agent
