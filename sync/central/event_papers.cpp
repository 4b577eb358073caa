#include "sync/central/event_papers.h"

#include "platform/codec.h"

namespace awda::central {

namespace {

constexpr std::string_view kInitialisedTag = "AWDAINI1";
constexpr std::string_view kOfficerTag = "AWDAOFF1";
constexpr std::string_view kOfficerDomain = "AWDAOFC1";

}  // namespace

Result<DeviceInitialised> decode_device_initialised(ByteView payload) {
    ByteReader in(payload);
    DeviceInitialised paper;
    in.domain(kInitialisedTag);
    paper.voucher = {in.fixed<16>()};
    paper.device_sign = in.fixed<32>();
    paper.device_seal = in.fixed<32>();
    paper.officer = {in.fixed<16>()};
    paper.officer_key = in.fixed<32>();
    paper.role = in.text(kRoleMax);
    paper.display_name = in.text(kDisplayNameMax);
    AWDA_CHECK(in.done());
    return paper;
}

Bytes encode_device_initialised(const DeviceInitialised& paper) {
    ByteWriter out;
    out.raw(kInitialisedTag);
    out.raw(paper.voucher.bytes());
    out.raw(ByteView(paper.device_sign));
    out.raw(ByteView(paper.device_seal));
    out.raw(paper.officer.bytes());
    out.raw(ByteView(paper.officer_key));
    out.text(paper.role);
    out.text(paper.display_name);
    return out.take();
}

Result<OfficerAdded> decode_officer_added(ByteView payload) {
    ByteReader in(payload);
    OfficerAdded paper;
    in.domain(kOfficerTag);
    paper.officer = {in.fixed<16>()};
    paper.officer_key = in.fixed<32>();
    paper.role = in.text(kRoleMax);
    paper.display_name = in.text(kDisplayNameMax);
    paper.added_by = {in.fixed<16>()};
    const std::size_t covered = in.position();
    paper.signature = in.fixed<64>();
    AWDA_CHECK(in.done());
    const ByteView part = payload.first(covered);
    paper.signed_part.assign(part.begin(), part.end());
    return paper;
}

bool verify_officer_added(const OfficerAdded& paper, const SignPublic& adder) {
    return verify(adder, kOfficerDomain, paper.signed_part, paper.signature);
}

Bytes encode_officer_added(const OfficerAdded& paper, const SignKey& adder) {
    ByteWriter out;
    out.raw(kOfficerTag);
    out.raw(paper.officer.bytes());
    out.raw(ByteView(paper.officer_key));
    out.text(paper.role);
    out.text(paper.display_name);
    out.raw(paper.added_by.bytes());
    const Signature signature = sign(adder, kOfficerDomain, out.bytes());
    out.raw(ByteView(signature));
    return out.take();
}

}  // namespace awda::central
