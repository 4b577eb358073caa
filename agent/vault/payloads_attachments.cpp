#include "agent/vault/payloads_attachments.h"

#include "platform/codec.h"

namespace awda::agent {

namespace {

ByteWriter begin(std::string_view domain, const AttachmentRef& ref) {
    ByteWriter out;
    out.raw(domain);
    out.raw(ref.instance.bytes());
    out.raw(ref.name);
    return out;
}

}  // namespace

Bytes encode(const AttachmentAdded& event) {
    ByteWriter out = begin("AWDAATAD", {event.instance, event.name});
    out.u8(static_cast<std::uint8_t>(event.kind));
    out.u64(event.size);
    return out.take();
}

Result<AttachmentAdded> decode_attachment_added(ByteView bytes) {
    ByteReader in(bytes);
    in.domain("AWDAATAD");
    AttachmentAdded event;
    event.instance = InstanceId{in.fixed<16>()};
    event.name = in.fixed<32>();
    const std::uint8_t kind = in.u8();
    if (kind < 1 || kind > 3) in.fail();
    event.kind = static_cast<ContentKind>(kind);
    event.size = in.u64();
    AWDA_CHECK(in.done());
    return event;
}

Bytes encode_attachment_removed(const AttachmentRef& event) {
    return begin("AWDAATRM", event).take();
}

Result<AttachmentRef> decode_attachment_removed(ByteView bytes) {
    ByteReader in(bytes);
    in.domain("AWDAATRM");
    AttachmentRef event;
    event.instance = InstanceId{in.fixed<16>()};
    event.name = in.fixed<32>();
    AWDA_CHECK(in.done());
    return event;
}

Bytes encode_attachment_viewed(const AttachmentRef& event, AttachmentPart part) {
    ByteWriter out = begin("AWDAATVW", event);
    out.u8(static_cast<std::uint8_t>(part));
    return out.take();
}

}  // namespace awda::agent
