// revocation: headquarters orders that a computer seals what is finished and lets nobody in any
// more.
//
// The order is a signed file, given by hand or found in the outbox as `revoke.order`. Sealed
// batches, the database and headquarters' recovery stay: nothing that was not delivered is ever
// deleted. Threads: the vault's.
#pragma once

#include "agent/vault/session.h"

namespace awda::agent {

/// Obeys an order: into the log, everything sealed, then every slot erased. After ok the session
/// must be closed. kMalformed, kBadSignature; kOrderRefused for another computer's and for one that
/// is not newer than the last one obeyed; kDiskFull when sealing has no room, and the next unlock
/// goes on.
[[nodiscard]] Status revoke(Session& session, ByteView order);
/// Obeys the order that waits in the outbox, if any, and goes on with one that was cut off. True if
/// the session must be closed. An order that is refused is renamed `revoke.order.refused`.
[[nodiscard]] Result<bool> obey_waiting_order(Session& session);

/// A power cut left slots in one copy, and the newer says that they are gone: takes them out, and
/// says why nobody gets in.
[[nodiscard]] Error end_revocation(const KeyringPair& pair, const KeyringPair::Loaded& newest,
                                   Random& random);

}  // namespace awda::agent
