#include "sync/central/event_papers.h"

#include "platform/codec.h"

namespace awda::central {

namespace {

constexpr std::string_view kInitialisedTag = "AWDAINI1";
constexpr std::string_view kOfficerTag = "AWDAOFF1";
constexpr std::string_view kOfficerDomain = "AWDAOFC1";
constexpr std::string_view kChangedTag = "AWDAOFCH";
constexpr std::string_view kChangedDomain = "AWDAOFC2";

constexpr std::string_view kRotatedTag = "AWDAROT1";
constexpr std::string_view kRecoveredTag = "AWDARCVD";
constexpr std::string_view kRecoveredDomain = "AWDARCS1";
constexpr std::size_t kRecoveryMax = 8192;

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

Result<KeysRotated> decode_keys_rotated(ByteView payload) {
    ByteReader in(payload);
    in.domain(kRotatedTag);
    in.u64();  // the keyring's generation
    KeysRotated paper;
    paper.epoch = in.u32();
    const ByteView recovery = in.blob();
    if (recovery.empty() || recovery.size() > kRecoveryMax) in.fail();
    AWDA_CHECK(in.done());
    paper.recovery.assign(recovery.begin(), recovery.end());
    return paper;
}

Result<VaultRecovered> decode_vault_recovered(ByteView payload) {
    ByteReader in(payload);
    VaultRecovered paper;
    in.domain(kRecoveredTag);
    paper.epoch = in.u32();
    paper.officer = {in.fixed<16>()};
    paper.officer_key = in.fixed<32>();
    paper.role = in.text(kRoleMax);
    paper.display_name = in.text(kDisplayNameMax);
    const std::size_t covered = in.position();
    paper.signature = in.fixed<64>();
    AWDA_CHECK(in.done());
    const ByteView part = payload.first(covered);
    paper.signed_part.assign(part.begin(), part.end());
    return paper;
}

Result<OfficerChanged> decode_officer_changed(ByteView payload) {
    ByteReader in(payload);
    OfficerChanged paper;
    in.domain(kChangedTag);
    paper.officer = {in.fixed<16>()};
    paper.role = in.text(kRoleMax);
    paper.lease_ms = in.i64();
    paper.active = in.u8() != 0;
    paper.after_seq = in.u64();
    paper.changed_by = {in.fixed<16>()};
    const std::size_t covered = in.position();
    paper.signature = in.fixed<64>();
    AWDA_CHECK(in.done());
    const ByteView part = payload.first(covered);
    paper.signed_part.assign(part.begin(), part.end());
    return paper;
}

bool verify_vault_recovered(const VaultRecovered& paper, const SignPublic& device) {
    return verify(device, kRecoveredDomain, paper.signed_part, paper.signature);
}

bool verify_officer_changed(const OfficerChanged& paper, const SignPublic& changer) {
    return verify(changer, kChangedDomain, paper.signed_part, paper.signature);
}

}  // namespace awda::central
