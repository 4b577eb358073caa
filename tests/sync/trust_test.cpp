#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "sync/fingerprint_words.h"
#include "tests/sync/sample.h"

using namespace awda;
using namespace awda::sync;

namespace {

Voucher voucher() {
    Voucher out;
    out.id = sample::id<VoucherId>(0x61);
    out.office = sample::id<OfficeId>(0x62);
    out.office_name = "فرع نينوى";
    out.role = "administrator";
    out.server_url = "https://127.0.0.1:8443";
    out.issued_ms = 1'767'225'600'000;
    out.expires_ms = out.issued_ms + 7 * 86'400'000LL;
    out.hq = sample::hq().certified();
    return out;
}

EnrolRequest request(const SignKey& device) {
    EnrolRequest out;
    out.voucher = sample::id<VoucherId>(0x61);
    out.voucher_hash.fill(0x11);
    out.device = sample::id<DeviceId>(0x63);
    out.office = sample::id<OfficeId>(0x62);
    out.device_sign = device.pub;
    out.device_seal = sample::seal_key(0x64).pub;
    out.officer = sample::id<OfficerId>(0x65);
    out.officer_key = sample::sign_key(0x66).pub;
    out.recovery = Bytes(400, 0x67);
    out.claimed_ms = 1'767'225'700'000;
    return out;
}
}  // namespace

TEST_CASE("a voucher opens with what was put in and carries keys that two roots signed") {
    const Bytes file = sign_voucher(voucher(), sample::hq().delegate);
    const auto opened = open_voucher(file);
    REQUIRE(opened.ok());
    CHECK(opened->voucher.id == voucher().id);
    CHECK(opened->voucher.office == voucher().office);
    CHECK(opened->voucher.office_name == "فرع نينوى");
    CHECK(opened->voucher.role == "administrator");
    CHECK(opened->voucher.server_url == "https://127.0.0.1:8443");
    CHECK(opened->voucher.expires_ms - opened->voucher.issued_ms == 7 * 86'400'000LL);
    CHECK(encode_hq_keys(opened->hq) == encode_hq_keys(sample::hq().keys));
    CHECK(opened->hash == hash32(file));
}

TEST_CASE("a voucher with any byte changed or cut off is refused") {
    const Bytes file = sign_voucher(voucher(), sample::hq().delegate);
    for (std::size_t at = 0; at < file.size(); ++at) {
        Bytes changed = file;
        changed[at] ^= 0x04U;
        CAPTURE(at);
        REQUIRE_FALSE(open_voucher(changed).ok());
        REQUIRE_FALSE(open_voucher(ByteView(file).first(at)).ok());
    }
    CHECK(open_voucher(sign_voucher(voucher(), sample::sign_key(0x70))).error().code ==
          Errc::kBadSignature);
    CHECK(open_voucher(Bytes(1U << 20U)).error().code == Errc::kMalformed);
}

TEST_CASE("headquarters' keys need two different roots") {
    const Bytes body = encode_hq_keys(sample::hq().keys);
    const auto verdict = [&](std::vector<RootSignature> signatures) {
        const auto keys = verify_hq_keys({body, std::move(signatures)}, sample::hq().keys.roots);
        return keys.ok();
    };
    const RootSignature one = sign_hq_keys(body, 0, sample::hq().roots[0]);
    const RootSignature two = sign_hq_keys(body, 1, sample::hq().roots[1]);
    const RootSignature three = sign_hq_keys(body, 2, sample::hq().roots[2]);
    CHECK(verdict({one, two}));
    CHECK(verdict({three, one}));
    CHECK(verdict({one, two, three}));
    CHECK_FALSE(verdict({}));
    CHECK_FALSE(verdict({one}));
    CHECK_FALSE(verdict({one, one}));
    CHECK_FALSE(verdict({one, {1, one.signature}}));
    CHECK_FALSE(verdict({one, {9, two.signature}}));
    CHECK_FALSE(verdict({one, sign_hq_keys(body, 1, sample::sign_key(0x70))}));
    // A voucher that names one key as two roots has one holder, not two.
    sample::Hq same_root;
    same_root.keys.roots[1] = same_root.keys.roots[0];
    const Bytes cheat = encode_hq_keys(same_root.keys);
    const SignedHqKeys doubled{
        cheat,
        {sign_hq_keys(cheat, 0, same_root.roots[0]), sign_hq_keys(cheat, 1, same_root.roots[0])}};
    CHECK(verify_hq_keys(doubled, same_root.keys.roots).error().code == Errc::kBadSignature);
}

TEST_CASE("signed keys come back byte for byte and refuse a fourth signature") {
    const SignedHqKeys keys = sample::hq().certified();
    const Bytes bytes = encode_signed_hq_keys(keys);
    const auto back = decode_signed_hq_keys(bytes);
    REQUIRE(back.ok());
    CHECK(encode_signed_hq_keys(*back) == bytes);
    Bytes four = bytes;
    four[8 + 4 + keys.body.size()] = 4;
    CHECK(decode_signed_hq_keys(four).error().code == Errc::kMalformed);
}

TEST_CASE("an enrolment request is signed by the device it names") {
    const SignKey device = sample::sign_key(0x68);
    const Bytes bytes = sign_enrol_request(request(device), device);
    const auto opened = open_enrol_request(bytes);
    REQUIRE(opened.ok());
    CHECK(opened->device == sample::id<DeviceId>(0x63));
    CHECK(opened->recovery == Bytes(400, 0x67));
    CHECK(opened->officer_key == sample::sign_key(0x66).pub);
    CHECK(opened->claimed_ms == 1'767'225'700'000);
    CHECK(open_enrol_request(sign_enrol_request(request(device), sample::sign_key(0x69)))
              .error()
              .code == Errc::kBadSignature);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        Bytes changed = bytes;
        changed[at] ^= 0x20U;
        CAPTURE(at);
        REQUIRE_FALSE(open_enrol_request(changed).ok());
    }
    EnrolRequest large = request(device);
    large.recovery.resize(8193);
    CHECK(open_enrol_request(sign_enrol_request(large, device)).error().code == Errc::kMalformed);
}

TEST_CASE("an enrolment receipt is believed only under the front end's key") {
    EnrolReceipt receipt;
    receipt.device = sample::id<DeviceId>(0x63);
    receipt.voucher = sample::id<VoucherId>(0x61);
    receipt.request_hash.fill(0x22);
    receipt.server_ms = 1'767'225'800'000;
    const Bytes bytes = sign_enrol_receipt(receipt, sample::hq().stored);
    const auto opened = open_enrol_receipt(bytes, sample::hq().keys.stored_receipt);
    REQUIRE(opened.ok());
    CHECK(opened->request_hash == receipt.request_hash);
    CHECK(opened->server_ms == receipt.server_ms);
    CHECK(open_enrol_receipt(bytes, sample::hq().keys.opened_receipt).error().code ==
          Errc::kBadSignature);
}

TEST_CASE("fingerprints are six words that change with either key") {
    const SignPublic sign_key = sample::sign_key(1).pub;
    const SealPublic seal_key = sample::seal_key(2).pub;
    const std::string words = fingerprint_words(sign_key, seal_key);
    CHECK(std::count(words.begin(), words.end(), ' ') == 5);
    CHECK(words == fingerprint_words(sign_key, seal_key));
    CHECK(words != fingerprint_words(sample::sign_key(2).pub, seal_key));
    CHECK(words != fingerprint_words(sign_key, sample::seal_key(3).pub));
}

TEST_CASE("no two fingerprint words share their first four letters") {
    std::set<std::string_view> heads;
    for (const std::string_view word : kFingerprintWords) heads.insert(word.substr(0, 4));
    CHECK(heads.size() == kFingerprintWords.size());
}
