#include "sync/receipt.h"

#include "platform/codec.h"

namespace awda::sync {

namespace {
constexpr std::string_view kReceiptTag = "AWDARCT1";
constexpr std::string_view kReceiptSigns = "AWDARSG1";
constexpr std::size_t kBodySize = kReceiptSize - std::tuple_size_v<Signature>;
constexpr std::size_t kReceiptsMax = 16;
}  // namespace

Bytes sign_receipt(const Receipt& receipt, const SignKey& key) {
    ByteWriter out;
    out.raw(kReceiptTag);
    out.u8(static_cast<std::uint8_t>(receipt.kind));
    out.raw(receipt.device.bytes());
    out.u64(receipt.batch_number);
    out.raw(receipt.batch_hash);
    out.u64(receipt.last_seq);
    out.u64(receipt.server_index);
    out.i64(receipt.server_ms);
    AWDA_ASSERT(out.size() == kBodySize);
    const Signature signature = sign(key, kReceiptSigns, out.bytes());
    out.raw(signature);
    return out.take();
}

Result<Receipt> open_receipt(ByteView bytes, const HqKeys& hq) {
    ByteReader in(bytes);
    Receipt receipt;
    in.domain(kReceiptTag);
    const std::uint8_t kind = in.u8();
    receipt.device.value = in.fixed<16>();
    receipt.batch_number = in.u64();
    receipt.batch_hash = in.fixed<32>();
    receipt.last_seq = in.u64();
    receipt.server_index = in.u64();
    receipt.server_ms = in.i64();
    const Signature signature = in.fixed<64>();
    AWDA_CHECK(in.done());
    if (kind != static_cast<std::uint8_t>(ReceiptKind::kStored) &&
        kind != static_cast<std::uint8_t>(ReceiptKind::kOpened)) {
        return Error(Errc::kMalformed, "a receipt of an unknown kind");
    }
    receipt.kind = static_cast<ReceiptKind>(kind);
    const SignPublic& key =
        receipt.kind == ReceiptKind::kStored ? hq.stored_receipt : hq.opened_receipt;
    if (!verify(key, kReceiptSigns, bytes.first(kBodySize), signature)) {
        return Error(Errc::kBadSignature, "a receipt's signature");
    }
    return receipt;
}

Bytes encode_receipts(const std::vector<Bytes>& receipts) {
    AWDA_ASSERT(receipts.size() <= kReceiptsMax);
    ByteWriter out;
    out.u8(static_cast<std::uint8_t>(receipts.size()));
    for (const Bytes& receipt : receipts) {
        AWDA_ASSERT(receipt.size() == kReceiptSize);
        out.raw(receipt);
    }
    return out.take();
}

Result<std::vector<Bytes>> decode_receipts(ByteView body) {
    ByteReader in(body);
    const std::size_t count = in.u8();
    if (count > kReceiptsMax) return Error(Errc::kMalformed, "more receipts than a reply may hold");
    std::vector<Bytes> receipts;
    for (std::size_t i = 0; i < count && !in.failed(); ++i) {
        const ByteView receipt = in.raw(kReceiptSize);
        receipts.emplace_back(receipt.begin(), receipt.end());
    }
    AWDA_CHECK(in.done());
    return receipts;
}

}  // namespace awda::sync
