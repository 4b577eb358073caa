// The papers of enrolment, which arrive on sticks and over the wire from anybody.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "platform/crypto.h"
#include "sync/trust.h"

using namespace awda;
using namespace awda::sync;

namespace {
struct Keys {
    SignKey delegate = sign_key_from_seed(Bytes(32, 4));
    SignKey stored = sign_key_from_seed(Bytes(32, 6));
    SignKey device = sign_key_from_seed(Bytes(32, 0x68));
};
const Keys& keys() {
    static const bool started = crypto_start().ok();
    if (!started) std::abort();
    static const Keys keys;
    return keys;
}

/// Mutations get past the outer signature this way.
Bytes signed_anew(ByteView input, std::string_view domain, const SignKey& key) {
    Bytes paper(input.begin(), input.end());
    const Signature signature = sign(key, domain, input.first(input.size() - 64));
    std::copy(signature.begin(), signature.end(), paper.end() - 64);
    return paper;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input(data, size);
    const Keys& k = keys();
    open_voucher(input).ignore("only a crash counts");
    open_enrol_request(input).ignore("only a crash counts");
    open_enrol_receipt(input, k.stored.pub).ignore("only a crash counts");
    if (const auto hq = decode_hq_keys(input); hq.ok()) {
        if (encode_hq_keys(*hq) != Bytes(input.begin(), input.end())) std::abort();
    }
    if (const auto hq = decode_signed_hq_keys(input); hq.ok()) {
        if (encode_signed_hq_keys(*hq) != Bytes(input.begin(), input.end())) std::abort();
    }
    if (size < 64) return 0;
    open_voucher(signed_anew(input, "AWDAVSG1", k.delegate)).ignore("only a crash counts");
    const Bytes request = signed_anew(input, "AWDAESG1", k.device);
    if (const auto opened = open_enrol_request(request); opened.ok()) {
        if (sign_enrol_request(*opened, k.device) != request) std::abort();
    }
    open_enrol_receipt(signed_anew(input, "AWDAERS1", k.stored), k.stored.pub)
        .ignore("only a crash counts");
    return 0;
}
