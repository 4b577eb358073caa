#include "agent/vault/access.h"

#include <algorithm>

namespace awda::agent {

namespace {

Error lease_error(LeaseState state, LiteralText what) {
    const bool unproven = state == LeaseState::kUnproven;
    return Error(unproven ? Errc::kClockUnconfirmed : Errc::kLeaseExpired, what);
}

}  // namespace

TimeSeen time_now(const Session& session) {
    TimeSeen seen = session.seen;
    seen.see(session.env.clock->now());
    return seen;
}

UnixMs lease_end(Role role, bool active, UnixMs granted, const TimeSeen& seen) {
    if (!active) return 0;
    if (role != Role::kAdministrator || seen.server_ms == 0) return granted;
    return std::max(granted, seen.server_ms + kLeaseDays * kDayMs);
}

Standing standing(const Session& session) {
    const TimeSeen seen = time_now(session);
    const UnixMs until =
        lease_end(session.identity.role, session.lease.active, session.lease.granted_ms, seen);
    return {judge_lease(until, seen), until, seen.unproven()};
}

Result<Reach> reach(const Session& session, Permission permission) {
    const LiteralText what = grant_of(permission).name;
    if (!may(session.identity.role, permission)) return Error(Errc::kNotAllowed, what);
    const LeaseState lease = standing(session).lease;
    const Reach left = reach_of(lease, permission);
    if (left == Reach::kNone) return lease_error(lease, what);
    return left;
}

Status permit(const Session& session, Permission permission) {
    if (AWDA_TRY(reach(session, permission)) == Reach::kAll) return {};
    return lease_error(standing(session).lease, grant_of(permission).name);
}

Status permit(const Session& session, Permission permission, const OfficerId& owner) {
    if (owner == session.identity.officer) {
        const auto left = reach(session, permission);
        return left.ok() ? Status() : Status(left.error());
    }
    return permit(session, permission);
}

}  // namespace awda::agent
