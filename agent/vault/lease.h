// Lease: an officer's right to log in runs until a time; what is left when it has run out.
//
// A lease never stops an intake: whoever sits at the desk may go on recording, finish and deliver,
// or a family would be sent away for want of a signature. What it ends is looking at others'
// records and deciding things. Reasons and the table for people: agent/VAULT.md, "Leases". Threads:
// pure.
#pragma once

#include "agent/vault/role.h"
#include "agent/vault/time_seen.h"

namespace awda::agent {

inline constexpr std::int64_t kDayMs = 24LL * 60 * 60 * 1000;
inline constexpr int kLeaseDays = 180;     ///< unless the administrator says otherwise
inline constexpr int kLeaseDaysMax = 400;  ///< as long as a device's certificate
/// A warning is shown from so long before.
inline constexpr std::int64_t kLeaseWarnMs = 21 * kDayMs;

enum class LeaseState : std::uint8_t {
    kValid,
    kExpiring,  ///< all is allowed; it ends within kLeaseWarnMs
    kExpired,
    kUnproven,  ///< expired only if the clock is right, and it jumped: a supervisor must say
};
/// "valid", "expiring", "expired", "unproven".
[[nodiscard]] std::string_view lease_state_name(LeaseState state);
[[nodiscard]] LeaseState judge_lease(UnixMs until, const TimeSeen& seen);

/// How far a permission goes.
enum class Reach : std::uint8_t {
    kNone,
    kOwn,  ///< the officer's own drafts and records
    kAll,
};

/// What a lease that has run out leaves of a permission that the role gives.
struct Remainder {
    Permission permission;
    Reach unproven;
    Reach expired;
};
/// What is not in the table is gone.
inline constexpr std::array kRemainders = {
    Remainder{Permission::kRecord, Reach::kOwn, Reach::kOwn},
    Remainder{Permission::kAmend, Reach::kOwn, Reach::kNone},
    Remainder{Permission::kViewList, Reach::kOwn, Reach::kOwn},
    Remainder{Permission::kViewRecord, Reach::kOwn, Reach::kOwn},
    Remainder{Permission::kPrint, Reach::kOwn, Reach::kNone},
    Remainder{Permission::kConfirmClock, Reach::kAll, Reach::kNone},
};

[[nodiscard]] constexpr Reach reach_of(LeaseState state, Permission permission) {
    if (state == LeaseState::kValid || state == LeaseState::kExpiring) return Reach::kAll;
    for (const Remainder& left : kRemainders) {
        if (left.permission != permission) continue;
        return state == LeaseState::kUnproven ? left.unproven : left.expired;
    }
    return Reach::kNone;
}

}  // namespace awda::agent
