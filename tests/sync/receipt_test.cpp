#include <doctest/doctest.h>

#include "sync/receipt.h"
#include "tests/sync/sample.h"

using namespace awda;
using namespace awda::sync;

namespace {

Receipt receipt(ReceiptKind kind) {
    Receipt out;
    out.kind = kind;
    out.device = sample::id<DeviceId>(0x21);
    out.batch_number = 7;
    out.batch_hash.fill(0x22);
    out.last_seq = 640;
    out.server_index = 1234;
    out.server_ms = 1'767'225'600'123;
    return out;
}
}  // namespace

TEST_CASE("a receipt comes back under the key of its kind only") {
    const Bytes stored = sign_receipt(receipt(ReceiptKind::kStored), sample::hq().stored);
    CHECK(stored.size() == kReceiptSize);
    const auto opened = open_receipt(stored, sample::hq().keys);
    REQUIRE(opened.ok());
    CHECK(opened->kind == ReceiptKind::kStored);
    CHECK(opened->batch_number == 7);
    CHECK(opened->last_seq == 640);
    CHECK(opened->server_index == 1234);
    CHECK(opened->server_ms == 1'767'225'600'123);
    CHECK(open_receipt(sign_receipt(receipt(ReceiptKind::kOpened), sample::hq().opened),
                       sample::hq().keys)
              .ok());
    // The front end cannot say "opened", nor the registry "stored".
    CHECK(open_receipt(sign_receipt(receipt(ReceiptKind::kOpened), sample::hq().stored),
                       sample::hq().keys)
              .error()
              .code == Errc::kBadSignature);
    CHECK(open_receipt(sign_receipt(receipt(ReceiptKind::kStored), sample::hq().opened),
                       sample::hq().keys)
              .error()
              .code == Errc::kBadSignature);
}

TEST_CASE("a receipt with any bit changed, cut or lengthened is refused") {
    const Bytes bytes = sign_receipt(receipt(ReceiptKind::kStored), sample::hq().stored);
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        Bytes changed = bytes;
        changed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        CAPTURE(bit);
        REQUIRE_FALSE(open_receipt(changed, sample::hq().keys).ok());
    }
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        REQUIRE_FALSE(open_receipt(ByteView(bytes).first(size), sample::hq().keys).ok());
    }
    Bytes longer = bytes;
    longer.push_back(0);
    CHECK_FALSE(open_receipt(longer, sample::hq().keys).ok());
}

TEST_CASE("a reply of receipts is read back, and one of another length is refused") {
    const Bytes stored = sign_receipt(receipt(ReceiptKind::kStored), sample::hq().stored);
    const Bytes opened = sign_receipt(receipt(ReceiptKind::kOpened), sample::hq().opened);
    const Bytes body = encode_receipts({stored, opened});
    CHECK(decode_receipts(body).value() == std::vector<Bytes>{stored, opened});
    CHECK(decode_receipts(encode_receipts({})).value().empty());
    for (std::size_t size = 0; size < body.size(); ++size) {
        REQUIRE_FALSE(decode_receipts(ByteView(body).first(size)).ok());
    }
    CHECK(decode_receipts(Bytes(1, 0xff)).error().code == Errc::kMalformed);
}
