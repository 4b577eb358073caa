#include "sync/trust.h"

#include <algorithm>
#include <set>

#include "platform/codec.h"
#include "platform/text.h"
#include "sync/fingerprint_words.h"

namespace awda::sync {

namespace {
constexpr std::string_view kKeysTag = "AWDAHQK1";
constexpr std::string_view kSignedKeysTag = "AWDAHQC1";
constexpr std::string_view kRootSigns = "AWDAHQS1";
constexpr std::string_view kVoucherTag = "AWDAVCH1";
constexpr std::string_view kDelegateSigns = "AWDAVSG1";
constexpr std::string_view kRequestTag = "AWDAENR1";
constexpr std::string_view kDeviceSigns = "AWDAESG1";
constexpr std::string_view kReceiptTag = "AWDAERC1";
constexpr std::string_view kFrontEndSigns = "AWDAERS1";
constexpr std::string_view kRevocationTag = "AWDARVOK";
constexpr std::string_view kRevocationSigns = "AWDARVS1";
constexpr std::string_view kFingerprintTag = "AWDAFPR1";
constexpr std::size_t kSignatureSize = std::tuple_size_v<Signature>;
constexpr std::size_t kPaperMax = 64U * 1024U;  // any paper of enrolment
constexpr std::size_t kNameMax = 1024;
constexpr std::size_t kRecoveryMax = 8192;
constexpr std::size_t kWordsInFingerprint = 6;

std::string clean_text(ByteReader& in) {
    std::string text = in.text(kNameMax);
    if (!valid_utf8(text) || text.find('\0') != std::string::npos) in.fail();
    return text;
}

/// Appends the signature of everything written so far.
Bytes seal_paper(ByteWriter& out, const SignKey& key, std::string_view domain) {
    const Signature signature = sign(key, domain, out.bytes());
    out.raw(signature);
    return out.take();
}

struct Paper {
    ByteView body;
    Signature signature{};
};
Result<Paper> split_paper(ByteView bytes) {
    if (bytes.size() > kPaperMax || bytes.size() < kSignatureSize) {
        return Error(Errc::kMalformed, "a paper of enrolment has an impossible size");
    }
    Paper paper{bytes.first(bytes.size() - kSignatureSize), {}};
    std::copy(bytes.end() - kSignatureSize, bytes.end(), paper.signature.begin());
    return paper;
}
}  // namespace

Bytes encode_hq_keys(const HqKeys& keys) {
    ByteWriter out;
    out.raw(kKeysTag);
    out.u32(keys.version);
    out.i64(keys.issued_ms);
    for (const SignPublic& root : keys.roots) out.raw(root);
    out.raw(keys.delegate);
    out.raw(keys.registry);
    out.raw(keys.stored_receipt);
    out.raw(keys.opened_receipt);
    out.raw(keys.protection);
    for (const SealPublic& key : keys.recovery) out.raw(key);
    for (const Hash32& pin : keys.tls_pins) out.raw(pin);
    return out.take();
}

Result<HqKeys> decode_hq_keys(ByteView bytes) {
    ByteReader in(bytes);
    HqKeys keys;
    in.domain(kKeysTag);
    keys.version = in.u32();
    keys.issued_ms = in.i64();
    for (SignPublic& root : keys.roots) root = in.fixed<32>();
    keys.delegate = in.fixed<32>();
    keys.registry = in.fixed<32>();
    keys.stored_receipt = in.fixed<32>();
    keys.opened_receipt = in.fixed<32>();
    keys.protection = in.fixed<32>();
    for (SealPublic& key : keys.recovery) key = in.fixed<32>();
    for (Hash32& pin : keys.tls_pins) pin = in.fixed<32>();
    AWDA_CHECK(in.done());
    return keys;
}

RootSignature sign_hq_keys(ByteView body, std::uint8_t root, const SignKey& key) {
    return RootSignature{root, sign(key, kRootSigns, body)};
}

Result<HqKeys> verify_hq_keys(const SignedHqKeys& signed_keys,
                              const std::array<SignPublic, kRootKeys>& roots) {
    // Keys are counted, not numbers: one key listed twice is still one holder.
    std::set<SignPublic> signers;
    for (const RootSignature& signature : signed_keys.signatures) {
        if (signature.root >= kRootKeys) continue;
        const SignPublic& key = roots[signature.root];
        if (verify(key, kRootSigns, signed_keys.body, signature.signature)) signers.insert(key);
    }
    if (signers.size() < kRootThreshold) {
        return Error(Errc::kBadSignature, "too few root keys signed headquarters' keys");
    }
    return decode_hq_keys(signed_keys.body);
}

Bytes encode_signed_hq_keys(const SignedHqKeys& keys) {
    AWDA_ASSERT(keys.signatures.size() <= kRootKeys);
    ByteWriter out;
    out.raw(kSignedKeysTag);
    out.blob(keys.body);
    out.u8(static_cast<std::uint8_t>(keys.signatures.size()));
    for (const RootSignature& signature : keys.signatures) {
        out.u8(signature.root);
        out.raw(signature.signature);
    }
    return out.take();
}

Result<SignedHqKeys> decode_signed_hq_keys(ByteView bytes) {
    ByteReader in(bytes);
    SignedHqKeys keys;
    in.domain(kSignedKeysTag);
    const ByteView body = in.blob();
    const std::size_t count = in.u8();
    if (count > kRootKeys) return Error(Errc::kMalformed, "more root signatures than roots");
    for (std::size_t i = 0; i < count; ++i) {
        RootSignature signature;
        signature.root = in.u8();
        signature.signature = in.fixed<64>();
        keys.signatures.push_back(signature);
    }
    AWDA_CHECK(in.done());
    keys.body.assign(body.begin(), body.end());
    return keys;
}

Bytes sign_voucher(const Voucher& voucher, const SignKey& delegate) {
    ByteWriter out;
    out.raw(kVoucherTag);
    out.raw(voucher.id.bytes());
    out.raw(voucher.office.bytes());
    out.text(voucher.office_name);
    out.text(voucher.role);
    out.text(voucher.server_url);
    out.i64(voucher.issued_ms);
    out.i64(voucher.expires_ms);
    out.blob(encode_signed_hq_keys(voucher.hq));
    return seal_paper(out, delegate, kDelegateSigns);
}

Result<OpenedVoucher> open_voucher(ByteView file) {
    const Paper paper = AWDA_TRY(split_paper(file));
    ByteReader in(paper.body);
    OpenedVoucher out;
    Voucher& voucher = out.voucher;
    in.domain(kVoucherTag);
    voucher.id.value = in.fixed<16>();
    voucher.office.value = in.fixed<16>();
    voucher.office_name = clean_text(in);
    voucher.role = clean_text(in);
    voucher.server_url = clean_text(in);
    voucher.issued_ms = in.i64();
    voucher.expires_ms = in.i64();
    const ByteView hq = in.blob();
    AWDA_CHECK(in.done());
    voucher.hq = AWDA_TRY(decode_signed_hq_keys(hq));
    // First contact: the roots are the ones the voucher brings, and the officer compares their
    // words.
    const HqKeys stated = AWDA_TRY(decode_hq_keys(voucher.hq.body));
    out.hq = AWDA_TRY(verify_hq_keys(voucher.hq, stated.roots));
    if (!verify(out.hq.delegate, kDelegateSigns, paper.body, paper.signature)) {
        return Error(Errc::kBadSignature, "a voucher's signature");
    }
    out.hash = hash32(file);
    return out;
}

Bytes sign_enrol_request(const EnrolRequest& request, const SignKey& device) {
    ByteWriter out;
    out.raw(kRequestTag);
    out.raw(request.voucher.bytes());
    out.raw(request.voucher_hash);
    out.raw(request.device.bytes());
    out.raw(request.office.bytes());
    out.raw(request.device_sign);
    out.raw(request.device_seal);
    out.raw(request.officer.bytes());
    out.raw(request.officer_key);
    out.blob(request.recovery);
    out.i64(request.claimed_ms);
    return seal_paper(out, device, kDeviceSigns);
}

Result<EnrolRequest> open_enrol_request(ByteView bytes) {
    const Paper paper = AWDA_TRY(split_paper(bytes));
    ByteReader in(paper.body);
    EnrolRequest request;
    in.domain(kRequestTag);
    request.voucher.value = in.fixed<16>();
    request.voucher_hash = in.fixed<32>();
    request.device.value = in.fixed<16>();
    request.office.value = in.fixed<16>();
    request.device_sign = in.fixed<32>();
    request.device_seal = in.fixed<32>();
    request.officer.value = in.fixed<16>();
    request.officer_key = in.fixed<32>();
    const ByteView recovery = in.blob();
    request.claimed_ms = in.i64();
    AWDA_CHECK(in.done());
    if (recovery.size() > kRecoveryMax) return Error(Errc::kMalformed, "a recovery blob's size");
    request.recovery.assign(recovery.begin(), recovery.end());
    if (!verify(request.device_sign, kDeviceSigns, paper.body, paper.signature)) {
        return Error(Errc::kBadSignature, "an enrolment request's signature");
    }
    return request;
}

Bytes sign_enrol_receipt(const EnrolReceipt& receipt, const SignKey& stored_key) {
    ByteWriter out;
    out.raw(kReceiptTag);
    out.raw(receipt.device.bytes());
    out.raw(receipt.voucher.bytes());
    out.raw(receipt.request_hash);
    out.i64(receipt.server_ms);
    return seal_paper(out, stored_key, kFrontEndSigns);
}

Result<EnrolReceipt> open_enrol_receipt(ByteView bytes, const SignPublic& stored_key) {
    const Paper paper = AWDA_TRY(split_paper(bytes));
    ByteReader in(paper.body);
    EnrolReceipt receipt;
    in.domain(kReceiptTag);
    receipt.device.value = in.fixed<16>();
    receipt.voucher.value = in.fixed<16>();
    receipt.request_hash = in.fixed<32>();
    receipt.server_ms = in.i64();
    AWDA_CHECK(in.done());
    if (!verify(stored_key, kFrontEndSigns, paper.body, paper.signature)) {
        return Error(Errc::kBadSignature, "an enrolment receipt's signature");
    }
    return receipt;
}

std::string_view revocation_reason_name(RevocationReason reason) {
    switch (reason) {
        case RevocationReason::kLost: return "lost";
        case RevocationReason::kSeized: return "seized";
        case RevocationReason::kMisuse: return "misuse";
        case RevocationReason::kClosed: return "closed";
        case RevocationReason::kOther: return "other";
    }
    return {};
}

std::optional<RevocationReason> parse_revocation_reason(std::string_view name) {
    for (std::uint8_t i = 1; i <= 5; ++i) {
        const auto reason = static_cast<RevocationReason>(i);
        if (revocation_reason_name(reason) == name) return reason;
    }
    return std::nullopt;
}

Bytes sign_revocation(const RevocationOrder& order, const SignKey& delegate) {
    ByteWriter out;
    out.raw(kRevocationTag);
    out.raw(order.device.bytes());
    out.i64(order.issued_ms);
    out.u8(static_cast<std::uint8_t>(order.reason));
    return seal_paper(out, delegate, kRevocationSigns);
}

Result<RevocationOrder> open_revocation(ByteView file, const SignPublic& delegate) {
    const Paper paper = AWDA_TRY(split_paper(file));
    ByteReader in(paper.body);
    RevocationOrder order;
    in.domain(kRevocationTag);
    order.device.value = in.fixed<16>();
    order.issued_ms = in.i64();
    order.reason = static_cast<RevocationReason>(in.u8());
    if (revocation_reason_name(order.reason).empty()) in.fail();
    AWDA_CHECK(in.done());
    if (!verify(delegate, kRevocationSigns, paper.body, paper.signature)) {
        return Error(Errc::kBadSignature, "a revocation order's signature");
    }
    return order;
}

std::string fingerprint_words(const SignPublic& sign_key, const SealPublic& seal_key) {
    ByteWriter out;
    out.raw(kFingerprintTag);
    out.raw(sign_key);
    out.raw(seal_key);
    const Hash32 hash = hash32(out.bytes());
    std::string words;
    for (std::size_t i = 0; i < kWordsInFingerprint; ++i) {
        if (i != 0) words += ' ';
        words += kFingerprintWords[hash[i]];
    }
    return words;
}

}  // namespace awda::sync
