// Proof: one event of a device's log, with what shows that its officer signed for it.
//
// The links behind the event, up to the next checkpoint of its officer, and that checkpoint:
// whoever has them can make the hashes again up to the one that was signed, without the rest of the
// log. It brings the keys along; whose they are is for the reader to check. Byte layout:
// LOG_FORMAT.md. Threads: pure values and functions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "platform/codec.h"
#include "sync/log/event.h"
#include "sync/record.h"

namespace awda::sync {

/// Longer than the log's own rule ever makes it, and short enough to be no burden.
inline constexpr std::size_t kProofLinksMax = 4096;
inline constexpr std::size_t kEventLinkBytes = 8 + 16 + 16 + 2 + 32;
inline constexpr std::size_t kProofBytesMax =
    kRecordBytesMax + kSealedBytesMax + kProofLinksMax * kEventLinkBytes + 4096;

/// What the hash of an event is made of, besides its place.
struct EventLink {
    Hlc hlc;
    OfficerId officer;
    OfficeId office;
    EventType type{};
    Hash32 commitment{};
    bool operator==(const EventLink&) const = default;
};

/// The way from an event to the checkpoint of its officer.
struct EventCover {
    SignPublic device_key{};
    std::vector<EventLink> links;  ///< the events behind it, the last one covered included
    Checkpoint checkpoint;
};
/// From an event and those that follow it, up to its officer's checkpoint at least. kNotFound if
/// there is none; kTooLarge.
[[nodiscard]] Result<EventCover> make_cover(std::span<const Event> events,
                                            const SignPublic& device_key);
/// kBadSignature unless the event leads to the checkpoint and both signatures hold.
[[nodiscard]] Status verify_cover(const DeviceId& device, const Event& event,
                                  const EventCover& cover);
/// A record of `event` is its officer's word: by a signature of its own, or by its cover.
[[nodiscard]] bool vouched_for(const DeviceId& device, const Event& event,
                               const RecordPayload& record, const EventCover* cover);

struct EventProof {
    DeviceId device;
    Event event;  ///< with payload and salt
    EventCover cover;
};
[[nodiscard]] Bytes encode_proof(const EventProof& proof);
/// Its commitment is made from salt and payload. kMalformed, kTooLarge.
[[nodiscard]] Result<EventProof> decode_proof(ByteView bytes);
[[nodiscard]] Status verify_proof(const EventProof& proof);
/// True of the bytes of a proof.
[[nodiscard]] bool is_proof(ByteView bytes);

/// The parts of a proof, for what carries them under another name.
void put_whole_event(ByteWriter& out, const DeviceId& device, const Event& event);
[[nodiscard]] Event read_whole_event(ByteReader& in, DeviceId& device);
void put_cover(ByteWriter& out, const EventCover& cover);
[[nodiscard]] Result<EventCover> read_cover(ByteReader& in);

}  // namespace awda::sync
