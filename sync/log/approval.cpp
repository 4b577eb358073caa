#include "sync/log/approval.h"

#include "platform/codec.h"

namespace awda::sync {

namespace {
constexpr std::string_view kRequestTag = "AWDAAPRQ";
constexpr std::string_view kDecisionTag = "AWDADECI";
constexpr std::string_view kDecisionDomain = "AWDADEC1";
}  // namespace

Bytes encode_approval_request(const ApprovalRequest& request) {
    ByteWriter out;
    out.raw(kRequestTag);
    out.raw(request.instance.bytes());
    out.raw(request.record);
    return out.take();
}

Result<ApprovalRequest> decode_approval_request(ByteView bytes) {
    ByteReader in(bytes);
    in.domain(kRequestTag);
    ApprovalRequest request;
    request.instance = InstanceId{in.fixed<16>()};
    request.record = in.fixed<32>();
    AWDA_CHECK(in.done());
    return request;
}

Bytes sign_decision(const Decision& decision, const SignKey& key) {
    ByteWriter out;
    out.raw(kDecisionTag);
    out.u8(decision.approved ? 1 : 0);
    out.raw(decision.instance.bytes());
    out.raw(decision.record);
    out.raw(decision.officer.bytes());
    out.raw(key.pub);
    out.text(decision.reason);
    out.raw(sign(key, kDecisionDomain, out.bytes()));
    return out.take();
}

Result<Decision> open_decision(ByteView bytes) {
    ByteReader in(bytes);
    in.domain(kDecisionTag);
    Decision decision;
    const std::uint8_t approved = in.u8();
    decision.approved = approved == 1;
    decision.instance = InstanceId{in.fixed<16>()};
    decision.record = in.fixed<32>();
    decision.officer = OfficerId{in.fixed<16>()};
    decision.officer_key = in.fixed<32>();
    decision.reason = in.text(kReturnReasonMax);
    decision.signature = in.fixed<64>();
    // An approval has no reason, a return always has one.
    if (approved > 1 || decision.approved != decision.reason.empty()) in.fail();
    AWDA_CHECK(in.done());
    const ByteView body = bytes.first(bytes.size() - decision.signature.size());
    if (!verify(decision.officer_key, kDecisionDomain, body, decision.signature)) {
        return Error(Errc::kBadSignature, "a decision about a record");
    }
    return decision;
}

}  // namespace awda::sync
