// Packed columns from a hostile but enrolled device: whatever the bytes, reading ends in time and
// in bounds, and events that were read can be packed and read again.
#include <cstdint>
#include <cstdlib>

#include "platform/crypto.h"
#include "sync/columns/event_columns.h"

using namespace awda;
using namespace awda::sync;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const bool started = crypto_start().ok();
    if (!started) std::abort();
    UnpackBounds bounds;
    bounds.prev = first_prev(bounds.device);
    bounds.count_max = 64;
    bounds.plain_max = 64 * 1024;
    const auto events = unpack_events(ByteView(data, size), bounds, {});
    if (!events.ok()) return 0;
    const auto again = pack_events(*events, {}, {});
    if (!again.ok()) std::abort();
    bounds.plain_max *= 16;
    const auto twice = unpack_events(*again, bounds, {});
    if (!twice.ok() || twice->size() != events->size()) std::abort();
    if (!events->empty() &&
        event_hash(bounds.device, events->back()) != event_hash(bounds.device, twice->back())) {
        std::abort();
    }
    return 0;
}
