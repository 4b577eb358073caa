// protection_officers: whom protected answers are sealed to, by headquarters' papers. Threads: the
// vault's.
//
// The table is no authority: who has the vault key could write to it. Every paper's signature is
// checked each time it is used, so that only headquarters' delegate makes a protection officer.
#pragma once

#include <vector>

#include "agent/vault/session.h"
#include "sync/protection_paper.h"

namespace awda::agent {

struct ProtectionOfficer {
    sync::ProtectionPaper paper;
    bool in_force = false;  ///< certified, not expired by the highest time seen, not revoked
};

/// The logged-in officer's request for a certificate; headquarters answers it.
[[nodiscard]] Bytes protection_request(const Session& session);
/// Enters a certificate or a revocation. kBadSignature; kNotAllowed if it is another office's;
/// kAltered if a later one for that officer is known; the same paper again changes nothing.
[[nodiscard]] Result<sync::ProtectionPaper> install_protection(Session& session, ByteView paper);
/// Everyone who ever had a paper, in the order of the papers' entry.
[[nodiscard]] Result<std::vector<ProtectionOfficer>> protection_officers(Session& session);
/// Headquarters' protection key, then the officers' whose certificates are in force.
[[nodiscard]] Result<std::vector<SealPublic>> protection_recipients(Session& session);
/// Whether whoever is logged in may read protected answers.
[[nodiscard]] Result<bool> is_protection_officer(Session& session);

}  // namespace awda::agent
