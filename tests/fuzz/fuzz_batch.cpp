// A batch from a hostile but enrolled device: whatever the bytes, opening ends in time and in
// bounds. The input is tried as a file as it came, as a file signed anew (so that mutations get
// past the signature), as a frame to inflate, and as event columns, which must encode back to
// themselves.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "platform/crypto.h"
#include "sync/batch.h"
#include "sync/compress.h"
#include "sync/log/event_codec.h"

using namespace awda;
using namespace awda::sync;

namespace {
constexpr std::size_t kInflateMax = 4U << 20U;

struct Keys {
    SignKey device = sign_key_from_seed(Bytes(32, 0x21));
    SealKey registry = seal_key_from_secret(Bytes(32, 5));
};
const Keys& keys() {
    static const bool started = crypto_start().ok();
    if (!started) std::abort();
    static const Keys keys;
    return keys;
}

void open(ByteView file) {
    const auto peeked = peek_batch(file);
    const auto opened = open_batch(file, keys().device.pub, keys().registry);
    if (opened.ok() && (!peeked.ok() || opened->events.empty())) std::abort();
}

void open_signed_anew(ByteView input) {
    if (input.size() < 64) return;
    Bytes file(input.begin(), input.end());
    const Signature signature =
        sign(keys().device, "AWDABSG1", hash32(input.first(input.size() - 64)));
    std::copy(signature.begin(), signature.end(), file.end() - 64);
    open(file);
}

void plain_columns(ByteView input) {
    const DeviceId device;
    const auto events = decode_events(input, device, 1, first_prev(device), kBatchEventsMax);
    if (!events.ok()) return;
    const auto again = encode_events(*events);
    if (!again.ok()) std::abort();
    const auto twice = decode_events(*again, device, 1, first_prev(device), kBatchEventsMax);
    if (!twice.ok() || twice->size() != events->size()) std::abort();
    if (!events->empty() &&
        event_hash(device, events->back()) != event_hash(device, twice->back())) {
        std::abort();
    }
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input(data, size);
    open(input);
    open_signed_anew(input);
    plain_columns(input);
    if (size > 2) {
        const std::size_t stated =
            (static_cast<std::size_t>(data[0]) << 8U | data[1]) % kInflateMax;
        const auto plain = inflate(input.subspan(2), stated);
        if (plain.ok() && plain->size() != stated) std::abort();
    }
    return 0;
}
