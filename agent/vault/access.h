// access: may the officer who is logged in do this, now? The one question that every part of the
// vault asks before it reads or changes anything for somebody: role (role.h) and lease (lease.h).
//
// Answers from memory, without a query: it stands before every saved answer. Threads: the vault's.
#pragma once

#include "agent/vault/lease.h"
#include "agent/vault/session.h"

namespace awda::agent {

/// How the officer who is logged in stands.
struct Standing {
    LeaseState lease = LeaseState::kValid;
    UnixMs until_ms = 0;          ///< when the lease ends
    bool clock_unproven = false;  ///< the clock jumped ahead and nobody has vouched for it
};
[[nodiscard]] Standing standing(const Session& session);
/// The time that expiries are judged by, now.
[[nodiscard]] TimeSeen time_now(const Session& session);
/// When somebody's right ends. Headquarters' receipts carry an administrator's: a device it no
/// longer trusts gets none.
[[nodiscard]] UnixMs lease_end(Role role, bool active, UnixMs granted, const TimeSeen& seen);

/// How far the officer's permission goes now. kNotAllowed when the role does not have it; kNone
/// never comes back: kLeaseExpired, kClockUnconfirmed.
[[nodiscard]] Result<Reach> reach(const Session& session, Permission permission);
/// For what is the whole office's.
[[nodiscard]] Status permit(const Session& session, Permission permission);
/// For something of `owner`.
[[nodiscard]] Status permit(const Session& session, Permission permission, const OfficerId& owner);

}  // namespace awda::agent
