// payloads_officers: events about officers' rights and about the clock they are judged by, as
// bytes. Layouts: agent/VAULT.md, "Events". Central reads kOfficerChanged. Threads: pure functions.
#pragma once

#include "agent/vault/role.h"
#include "platform/clock.h"
#include "platform/crypto.h"
#include "platform/ids.h"

namespace awda::agent {

/// Everything an officer may be changed in, as it is from now on.
struct OfficerTerms {
    Role role = Role::kOfficer;
    UnixMs lease_ms = 0;  ///< the right to log in ends then
    bool active = true;
};

struct OfficerChanged {
    OfficerId officer;
    OfficerTerms terms;
    /// The event that changed this officer before, so that none can be entered a second time.
    std::uint64_t after_seq = 0;
    OfficerId changed_by;
    Signature signature{};
};
/// Signed by the administrator who changes.
[[nodiscard]] Bytes sign_officer_changed(const OfficerChanged& event, const SignKey& changer);
[[nodiscard]] Result<OfficerChanged> decode_officer_changed(ByteView bytes);
/// kBadSignature unless `changer` signed it.
[[nodiscard]] Status verify_officer_changed(ByteView bytes, const SignPublic& changer);

/// A supervisor vouched for the wall clock; `claimed` is the highest it had shown before.
[[nodiscard]] Bytes encode_clock_confirmed(UnixMs wall, UnixMs claimed);

}  // namespace awda::agent
