// projections_consent: which events speak of a submission's consents, as the log has them. Called
// by projections.cpp and projections_cases.cpp alone. Threads: the vault's; inside the caller's
// transaction.
#pragma once

#include "platform/sqlite.h"
#include "sync/log/event.h"

namespace awda::agent {

/// `seq` is where it is in this device's log, also when it is another's event inside.
[[nodiscard]] Status apply_consent(Database& db, sync::EventType type, ByteView payload,
                                   std::uint64_t seq);

}  // namespace awda::agent
