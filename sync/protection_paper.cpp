#include "sync/protection_paper.h"

#include <algorithm>

#include "platform/codec.h"
#include "sync/trust.h"

namespace awda::sync {

namespace {

constexpr std::string_view kRequestTag = "AWDAPRRQ";
constexpr std::string_view kOfficerSigns = "AWDAPRRS";
constexpr std::string_view kPaperTag = "AWDAPROT";
constexpr std::string_view kDelegateSigns = "AWDAPRTS";
constexpr std::size_t kRequestBody = 8 + 16 + 16 + 32 + 8;
constexpr std::size_t kPaperBody = 8 + 1 + 16 + 16 + 32 + 8 + 8;

Bytes signed_paper(ByteWriter& out, const SignKey& key, std::string_view domain) {
    const Signature signature = sign(key, domain, out.bytes());
    out.raw(signature);
    return out.take();
}

bool signature_holds(ByteView bytes, std::size_t body, const SignPublic& key,
                     std::string_view domain) {
    Signature signature{};
    std::ranges::copy(bytes.subspan(body), signature.begin());
    return verify(key, domain, bytes.first(body), signature);
}

}  // namespace

Bytes sign_protection_request(const ProtectionRequest& request, const SignKey& officer) {
    ByteWriter out;
    out.raw(kRequestTag);
    out.raw(request.office.bytes());
    out.raw(request.officer.bytes());
    out.raw(request.officer_key);
    out.i64(request.claimed_ms);
    return signed_paper(out, officer, kOfficerSigns);
}

Result<ProtectionRequest> open_protection_request(ByteView bytes) {
    if (bytes.size() != kRequestBody + std::tuple_size_v<Signature>) {
        return Error(Errc::kMalformed, "a request for a protection certificate");
    }
    ByteReader in(bytes.first(kRequestBody));
    in.domain(kRequestTag);
    ProtectionRequest request;
    request.office.value = in.fixed<16>();
    request.officer.value = in.fixed<16>();
    request.officer_key = in.fixed<32>();
    request.claimed_ms = in.i64();
    AWDA_CHECK(in.done());
    if (!signature_holds(bytes, kRequestBody, request.officer_key, kOfficerSigns)) {
        return Error(Errc::kBadSignature, "a request for a protection certificate");
    }
    // What nothing can be sealed to is refused here, before it is certified.
    AWDA_TRY(seal_public_of(request.officer_key));
    return request;
}

std::string protection_words(const SignPublic& officer_key) {
    const auto seal = seal_public_of(officer_key);
    return fingerprint_words(officer_key, seal.ok() ? *seal : SealPublic{});
}

Bytes sign_protection_paper(const ProtectionPaper& paper, const SignKey& delegate) {
    ByteWriter out;
    out.raw(kPaperTag);
    out.u8(static_cast<std::uint8_t>(paper.act));
    out.raw(paper.office.bytes());
    out.raw(paper.officer.bytes());
    out.raw(paper.officer_key);
    out.i64(paper.issued_ms);
    out.i64(paper.expires_ms);
    return signed_paper(out, delegate, kDelegateSigns);
}

Result<ProtectionPaper> read_protection_paper(ByteView bytes) {
    if (bytes.size() != kPaperBody + std::tuple_size_v<Signature>) {
        return Error(Errc::kMalformed, "a protection certificate");
    }
    ByteReader in(bytes.first(kPaperBody));
    in.domain(kPaperTag);
    ProtectionPaper paper;
    const std::uint8_t act = in.u8();
    paper.act = static_cast<ProtectionAct>(act);
    paper.office.value = in.fixed<16>();
    paper.officer.value = in.fixed<16>();
    paper.officer_key = in.fixed<32>();
    paper.issued_ms = in.i64();
    paper.expires_ms = in.i64();
    if (act != 1 && act != 2) in.fail();
    if (paper.act == ProtectionAct::kRevoke && paper.expires_ms != 0) in.fail();
    AWDA_CHECK(in.done());
    return paper;
}

Result<ProtectionPaper> open_protection_paper(ByteView bytes, const SignPublic& delegate) {
    const ProtectionPaper paper = AWDA_TRY(read_protection_paper(bytes));
    if (!signature_holds(bytes, kPaperBody, delegate, kDelegateSigns)) {
        return Error(Errc::kBadSignature, "a protection certificate");
    }
    AWDA_TRY(seal_public_of(paper.officer_key));
    return paper;
}

}  // namespace awda::sync
