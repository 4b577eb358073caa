// rotation: a new vault key, because an officer left, something is suspected, or a year has passed.
//
// The keyring holds the old key and the new one before the database is encrypted anew, and the new
// one alone after it has opened. Other officers find the new key sealed to their own key and have
// their slot wrapped anew when they next log in. Order of steps: agent/VAULT.md, "Rotation".
// Threads: the vault's.
#pragma once

#include "agent/vault/session.h"

namespace awda::agent {

struct RotationSummary {
    std::uint32_t epoch = 0;
    std::size_t officers = 0;  ///< whose slots are wrapped anew when they next log in
};
/// kNotAllowed unless an administrator is logged in; kDiskFull, before anything is changed, when a
/// second copy of the database has no room; kTooLarge when headquarters has not seen the recovery
/// blobs of the last kOlderRecoveryMax rotations.
[[nodiscard]] Result<RotationSummary> rotate_vault_key(Session& session);

/// The event that carries the newest recovery blob to headquarters.
[[nodiscard]] Status enter_rotation(Session& session, Write& write, Actor actor);
/// What unlocking sees to: the officer's slot is wrapped anew if it holds an older key or has an
/// older layout, and older recovery blobs go once headquarters has the newest. `wrapping` is what
/// opened `opened`.
[[nodiscard]] Status renew_keyring(Session& session, const Slot& opened, ByteView wrapping);

}  // namespace awda::agent
