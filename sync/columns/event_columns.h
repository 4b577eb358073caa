// event_columns: a run of events in few bytes: the packed text of a batch under codec 2.
//
// What the chain can give back (sequence numbers, links, commitments) is not in it, nor are salts
// that follow from a seed (sync/log/salt.h), which is. What both sides know already makes a run
// cheap: priors of forms (prior.h), and the log before it, which whoever opens a device's batches
// in order has. Byte layout: COLUMNS.md. Threads: pure functions, but for what `known` brings.
#pragma once

#include <functional>
#include <vector>

#include "sync/columns/prior.h"
#include "sync/log/event.h"
#include "sync/log/salt.h"

namespace awda::sync {

/// Of a log before a run: as much as is worth reading, and no more than that.
inline constexpr std::size_t kHistoryEventsMax = 2'000;
inline constexpr std::size_t kHistoryBytesMax = std::size_t{1} << 20U;

/// What both sides know.
struct Known {
    const PriorShelf* priors = &PriorShelf::empty();
    /// The newest events of the log before `seq`, oldest first, payloads present: at most `most`,
    /// fewer where there are no more. None: the log before is not looked at.
    std::function<Result<std::vector<Event>>(std::uint64_t seq, std::size_t most)> history;
};

/// Events in log order, payloads and salts present; anything else is kMalformed. Of `seeds`, oldest
/// first, those are told that give the events their salts.
[[nodiscard]] Result<Bytes> pack_events(const std::vector<Event>& events,
                                        const std::vector<SaltSeed>& seeds, const Known& known);
/// What of a log the events are, and what may come out.
struct UnpackBounds {
    DeviceId device;
    std::uint64_t first_seq = 1;
    Hash32 prev{};  ///< what the first event is linked to
    std::size_t count_max = 0;
    std::uint64_t plain_max = 0;  ///< bytes of payloads, roughly
};
/// The events with their numbers, commitments and links. kMalformed; kTooLarge beyond the bounds;
/// kPriorMissing if it leans on a prior or on a part of the log that is not known here.
[[nodiscard]] Result<std::vector<Event>> unpack_events(ByteView packed, const UnpackBounds& bounds,
                                                       const Known& known);

}  // namespace awda::sync
