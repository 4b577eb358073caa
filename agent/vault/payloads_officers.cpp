#include "agent/vault/payloads_officers.h"

#include "platform/codec.h"

namespace awda::agent {

namespace {
constexpr std::size_t kRoleMax = 32;
constexpr std::string_view kChangedTag = "AWDAOFCH";
constexpr std::string_view kChangerSigns = "AWDAOFC2";
}  // namespace

Bytes sign_officer_changed(const OfficerChanged& event, const SignKey& changer) {
    ByteWriter out;
    out.raw(kChangedTag);
    out.raw(event.officer.bytes());
    out.text(role_name(event.terms.role));
    out.i64(event.terms.lease_ms);
    out.u8(event.terms.active ? 1 : 0);
    out.u64(event.after_seq);
    out.raw(event.changed_by.bytes());
    out.raw(sign(changer, kChangerSigns, out.bytes()));
    return out.take();
}

Result<OfficerChanged> decode_officer_changed(ByteView bytes) {
    ByteReader in(bytes);
    in.domain(kChangedTag);
    OfficerChanged event;
    event.officer = OfficerId{in.fixed<16>()};
    const auto role = parse_role(in.text(kRoleMax));
    event.terms.lease_ms = in.i64();
    const std::uint8_t active = in.u8();
    event.terms.active = active == 1;
    event.after_seq = in.u64();
    event.changed_by = OfficerId{in.fixed<16>()};
    event.signature = in.fixed<64>();
    if (!role || active > 1) in.fail();
    AWDA_CHECK(in.done());
    event.terms.role = *role;
    return event;
}

Status verify_officer_changed(ByteView bytes, const SignPublic& changer) {
    const OfficerChanged event = AWDA_TRY(decode_officer_changed(bytes));
    const ByteView body = bytes.first(bytes.size() - event.signature.size());
    if (!verify(changer, kChangerSigns, body, event.signature)) {
        return Error(Errc::kBadSignature, "a change of an officer that no administrator made");
    }
    return {};
}

Bytes encode_clock_confirmed(UnixMs wall, UnixMs claimed) {
    ByteWriter out;
    out.raw("AWDACLKC");
    out.i64(wall);
    out.i64(claimed);
    return out.take();
}

}  // namespace awda::agent
