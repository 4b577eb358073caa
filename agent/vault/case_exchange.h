// case_exchange: a case as it travels between devices: the events that make it, as they stand in
// their logs.
//
// How they are sealed and proved against their device's signed checkpoints is the carrier's
// business (parcels); here they are believed to be what their logs hold. Threads: the vault's.
#pragma once

#include <vector>

#include "agent/vault/session.h"
#include "sync/cases/case_event.h"

namespace awda::agent {

/// Everything about a case: its papers with all revisions, decisions, changes, consents, and which
/// answers of its forms mean identity. Oldest first, each device's in its order. What was pruned is
/// missing.
[[nodiscard]] Result<std::vector<sync::ForeignEvent>> case_events_of(Session& session,
                                                                     const sync::CaseId& id);

struct Imported {
    std::uint32_t entered = 0;
    std::uint32_t known = 0;    ///< were here already, or are this device's own
    std::uint32_t refused = 0;  ///< not readable, not about cases, or wrongly signed
};
/// Enters what is new, all in one transaction, in any order and any number of times.
[[nodiscard]] Result<Imported> import_case_events(Session& session,
                                                  const std::vector<sync::ForeignEvent>& events);

}  // namespace awda::agent
