// event_columns: a run of events in few bytes: the packed text of a batch under codec 2.
//
// What the chain can give back (sequence numbers, links, commitments) is not in it, nor are salts
// that follow from a seed (sync/log/salt.h), which is. Priors
// (prior.h) that both sides have make the first records as cheap as later ones. Byte layout:
// BATCH_FORMAT.md.
// Threads: pure functions, but for the shelf, which is one thread's.
#pragma once

#include <vector>

#include "sync/columns/prior.h"
#include "sync/log/event.h"
#include "sync/log/salt.h"

namespace awda::sync {

/// Events in log order, payloads and salts present; anything else is kMalformed. Of `seeds`, oldest
/// first, those are told that give the events their salts.
[[nodiscard]] Result<Bytes> pack_events(const std::vector<Event>& events,
                                        const std::vector<SaltSeed>& seeds,
                                        const PriorShelf& priors);
/// What of a log the events are, and what may come out.
struct UnpackBounds {
    DeviceId device;
    std::uint64_t first_seq = 1;
    Hash32 prev{};  ///< what the first event is linked to
    std::size_t count_max = 0;
    std::uint64_t plain_max = 0;  ///< bytes of payloads, roughly
};
/// The events with their numbers, commitments and links. kMalformed; kTooLarge beyond the bounds;
/// kPriorMissing.
[[nodiscard]] Result<std::vector<Event>> unpack_events(ByteView packed, const UnpackBounds& bounds,
                                                       const PriorShelf& priors);

}  // namespace awda::sync
