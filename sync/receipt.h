// Receipt: central's signed word that a batch arrived.
//
// Stored (front end's key): central has the sealed bytes on disk, stop resending. Opened
// (registry's key): decrypted, checked, committed; only then is a record shown as delivered. Byte
// layout: PROTOCOL.md. Threads: pure values and functions.
#pragma once

#include <cstdint>
#include <vector>

#include "platform/bytes.h"
#include "platform/clock.h"
#include "platform/crypto.h"
#include "platform/ids.h"
#include "sync/trust.h"

namespace awda::sync {

enum class ReceiptKind : std::uint8_t { kStored = 1, kOpened = 2 };

struct Receipt {
    ReceiptKind kind = ReceiptKind::kStored;
    DeviceId device;
    std::uint64_t batch_number = 0;
    Hash32 batch_hash{};
    std::uint64_t last_seq = 0;      ///< last event the batch carries
    std::uint64_t server_index = 0;  ///< central's own running number
    UnixMs server_ms = 0;
};

inline constexpr std::size_t kReceiptSize = 8 + 1 + 16 + 8 + 32 + 8 + 8 + 8 + 64;

[[nodiscard]] Bytes sign_receipt(const Receipt& receipt, const SignKey& key);
/// Chooses the key by the receipt's kind. kMalformed, kBadSignature.
[[nodiscard]] Result<Receipt> open_receipt(ByteView bytes, const HqKeys& hq);

/// The body of a reply: u8 count, then that many receipts of kReceiptSize.
[[nodiscard]] Bytes encode_receipts(const std::vector<Bytes>& receipts);
[[nodiscard]] Result<std::vector<Bytes>> decode_receipts(ByteView body);

}  // namespace awda::sync
