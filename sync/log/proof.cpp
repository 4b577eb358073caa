#include "sync/log/proof.h"

#include <limits>

namespace awda::sync {

namespace {

constexpr std::string_view kProofTag = "AWDAPROF";
constexpr std::size_t kCheckpointBytes = 240;

EventLink link_of(const Event& event) {
    return {event.hlc, event.officer, event.office, event.type, event.commitment};
}

Hash32 next_hash(const DeviceId& device, const EventLink& link, std::uint64_t seq,
                 const Hash32& prev) {
    Event event;
    event.seq = seq;
    event.hlc = link.hlc;
    event.officer = link.officer;
    event.office = link.office;
    event.type = link.type;
    event.commitment = link.commitment;
    event.prev = prev;
    return event_hash(device, event);
}

}  // namespace

Result<EventCover> make_cover(std::span<const Event> events, const SignPublic& device_key) {
    if (events.empty()) return Error(Errc::kNotFound, "an event to prove");
    EventCover cover;
    cover.device_key = device_key;
    for (const Event& event : events.subspan(1)) {
        if (event.type == EventType::kCheckpoint && event.payload) {
            cover.checkpoint = AWDA_TRY(decode_checkpoint(*event.payload));
            if (cover.checkpoint.officer == events.front().officer) return cover;
        }
        if (cover.links.size() == kProofLinksMax) {
            return Error(Errc::kTooLarge, "the way to a checkpoint");
        }
        cover.links.push_back(link_of(event));
    }
    return Error(Errc::kNotFound, "a checkpoint behind an event");
}

Status verify_cover(const DeviceId& device, const Event& event, const EventCover& cover) {
    const Checkpoint& checkpoint = cover.checkpoint;
    Hash32 head = event_hash(device, event);
    std::uint64_t seq = event.seq;
    for (const EventLink& link : cover.links) head = next_hash(device, link, ++seq, head);
    if (!event.salt || !event.payload || event.commitment != commit(*event.salt, *event.payload) ||
        checkpoint.device != device || checkpoint.size != seq || checkpoint.head != head ||
        event.officer.empty() || checkpoint.officer != event.officer) {
        return Error(Errc::kBadSignature, "an event that its checkpoint does not cover");
    }
    return verify_checkpoint(checkpoint, cover.device_key);
}

bool vouched_for(const DeviceId& device, const Event& event, const RecordPayload& record,
                 const EventCover* cover) {
    if (!verify_record(record)) return false;
    if (record.own) return record.own->officer == event.officer;
    return cover != nullptr && verify_cover(device, event, *cover).ok();
}

void put_whole_event(ByteWriter& out, const DeviceId& device, const Event& event) {
    out.raw(device.bytes());
    out.u64(event.seq);
    out.u64(event.hlc.packed);
    out.raw(event.officer.bytes());
    out.raw(event.office.bytes());
    out.u16(static_cast<std::uint16_t>(event.type));
    out.raw(event.prev);
    out.raw(event.salt.value_or(Salt{}));
    out.blob(event.payload.value_or(Bytes{}));
}

Event read_whole_event(ByteReader& in, DeviceId& device) {
    Event event;
    device = DeviceId{in.fixed<16>()};
    event.seq = in.u64();
    event.hlc.packed = in.u64();
    event.officer = OfficerId{in.fixed<16>()};
    event.office = OfficeId{in.fixed<16>()};
    event.type = static_cast<EventType>(in.u16());
    event.prev = in.fixed<32>();
    event.salt = in.fixed<16>();
    const ByteView payload = in.blob();
    event.payload = Bytes(payload.begin(), payload.end());
    if (event.seq == 0 || event.seq > std::numeric_limits<std::int64_t>::max()) in.fail();
    event.commitment = commit(*event.salt, *event.payload);
    return event;
}

void put_cover(ByteWriter& out, const EventCover& cover) {
    out.raw(cover.device_key);
    out.u32(static_cast<std::uint32_t>(cover.links.size()));
    for (const EventLink& link : cover.links) {
        out.u64(link.hlc.packed);
        out.raw(link.officer.bytes());
        out.raw(link.office.bytes());
        out.u16(static_cast<std::uint16_t>(link.type));
        out.raw(link.commitment);
    }
    out.raw(encode_checkpoint(cover.checkpoint));
}

Result<EventCover> read_cover(ByteReader& in) {
    EventCover cover;
    cover.device_key = in.fixed<32>();
    const std::size_t count = in.u32();
    if (!in.failed() && count > kProofLinksMax) {
        return Error(Errc::kTooLarge, "the way to a checkpoint");
    }
    if (in.failed() || count * kEventLinkBytes > in.remaining()) {
        return Error(Errc::kMalformed, "a proof ends early");
    }
    cover.links.resize(count);
    for (EventLink& link : cover.links) {
        link.hlc.packed = in.u64();
        link.officer = OfficerId{in.fixed<16>()};
        link.office = OfficeId{in.fixed<16>()};
        link.type = static_cast<EventType>(in.u16());
        link.commitment = in.fixed<32>();
    }
    cover.checkpoint = AWDA_TRY(decode_checkpoint(in.raw(kCheckpointBytes)));
    return cover;
}

Bytes encode_proof(const EventProof& proof) {
    ByteWriter out;
    out.raw(kProofTag);
    put_whole_event(out, proof.device, proof.event);
    put_cover(out, proof.cover);
    return out.take();
}

Result<EventProof> decode_proof(ByteView bytes) {
    if (bytes.size() > kProofBytesMax) return Error(Errc::kTooLarge, "a proof's bytes");
    ByteReader in(bytes);
    EventProof proof;
    in.domain(kProofTag);
    proof.event = read_whole_event(in, proof.device);
    proof.cover = AWDA_TRY(read_cover(in));
    AWDA_CHECK(in.done());
    return proof;
}

Status verify_proof(const EventProof& proof) {
    return verify_cover(proof.device, proof.event, proof.cover);
}

bool is_proof(ByteView bytes) {
    return bytes.size() >= kProofTag.size() && as_text(bytes.first(kProofTag.size())) == kProofTag;
}

}  // namespace awda::sync
