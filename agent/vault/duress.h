// duress: a second passphrase that an officer gives when forced to. It takes every way in away and
// looks like a damaged vault; sealed batches and headquarters' recovery stay.
//
// Every slot has the field for it, noise or not, and the log says "passphrase" of either, so
// nothing tells whether there is one. Threads: the vault's.
#pragma once

#include "agent/vault/session.h"

namespace awda::agent {

/// kWrongPassphrase if `ordinary` is not the officer's own; kSamePassphrase; kWeakPassphrase.
[[nodiscard]] Status set_duress_passphrase(Session& session, const SecretBytes& ordinary,
                                           const SecretBytes& duress);
/// From now on there is none.
[[nodiscard]] Status remove_duress_passphrase(Session& session, const SecretBytes& ordinary);

/// Erases every slot; what it returns is what a damaged vault returns.
[[nodiscard]] Error erase_under_duress(const KeyringPair& pair, Random& random);

}  // namespace awda::agent
