#include "agent/vault/lease.h"

namespace awda::agent {

std::string_view lease_state_name(LeaseState state) {
    switch (state) {
        case LeaseState::kValid: return "valid";
        case LeaseState::kExpiring: return "expiring";
        case LeaseState::kExpired: return "expired";
        case LeaseState::kUnproven: return "unproven";
    }
    return "";
}

LeaseState judge_lease(UnixMs until, const TimeSeen& seen) {
    if (until <= seen.believed_ms) return LeaseState::kExpired;
    if (until <= seen.claimed_ms) return LeaseState::kUnproven;
    if (until - kLeaseWarnMs <= seen.believed_ms) return LeaseState::kExpiring;
    return LeaseState::kValid;
}

}  // namespace awda::agent
