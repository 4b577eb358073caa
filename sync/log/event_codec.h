// event_codec: a run of events as columns, the plain text of a batch. Byte layout: BATCH_FORMAT.md.
// What the chain can give back (sequence numbers, links, commitments) is not in it.
// Threads: pure functions.
#pragma once

#include <vector>

#include "sync/log/event.h"

namespace awda::sync {

/// Events in log order, payloads and salts present; anything else is kMalformed.
[[nodiscard]] Result<Bytes> encode_events(const std::vector<Event>& events);
/// Gives each event its sequence number from `first_seq`, its commitment and its link, the first
/// one linked to `prev`. kMalformed; kTooLarge beyond `count_max` events.
[[nodiscard]] Result<std::vector<Event>> decode_events(ByteView bytes, const DeviceId& device,
                                                       std::uint64_t first_seq, const Hash32& prev,
                                                       std::size_t count_max);

}  // namespace awda::sync
