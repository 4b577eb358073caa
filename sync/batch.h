// Batch: a contiguous range of one device's log, compressed, sealed and signed. Immutable.
//
// Sealed once to the registry and to the office's own certified devices; verified (signature,
// range, previous batch) by anyone without keys; opened only by a recipient. Byte layout:
// BATCH_FORMAT.md. Threads: pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "platform/bytes.h"
#include "platform/clock.h"
#include "platform/crypto.h"
#include "platform/ids.h"
#include "sync/log/event.h"
#include "sync/log/salt.h"
#include "sync/packing.h"

namespace awda::sync {

inline constexpr std::size_t kBatchFrameSize = 16U * 1024U;
inline constexpr std::size_t kBatchEventsMax = 10'000;
inline constexpr std::uint64_t kBatchPlainMax = 64U << 20U;  ///< refused before inflating
inline constexpr std::uint64_t kBatchFileMax = 80U << 20U;
inline constexpr std::size_t kBatchRecipientsMax = 32;
inline constexpr std::size_t kBatchHeaderMax = 8192;
/// Every so many batches one leans on no log before it, so that a lost one does not take all later
/// ones with it: those with number mod this = 1.
inline constexpr std::uint64_t kBatchAloneEvery = 16;

/// What a batch calls a recipient by: the first 8 bytes of a hash of its key.
using SealKeyId = std::array<std::uint8_t, 8>;
[[nodiscard]] SealKeyId seal_key_id(const SealPublic& key);

struct BatchHeader {
    BatchCodec codec = BatchCodec::kZstd;
    bool padded = false;
    DeviceId device;
    std::uint64_t number = 0;  ///< from 1, gapless for each device
    Hash32 prev_batch{};       ///< hash of batch number-1; zero for the first
    std::uint64_t first_seq = 0;
    std::uint64_t last_seq = 0;
    Hash32 prev_head{};  ///< chain head before first_seq
    Hash32 log_head{};   ///< chain head after last_seq; known to who opens a batch, or seals it
    std::uint64_t plain_size = 0;   ///< of the events as plain columns
    std::uint64_t packed_size = 0;  ///< after compression and padding, before sealing
    UnixMs claimed_ms = 0;
    std::vector<SealKeyId> recipients;
};

struct SealedBatch {
    BatchHeader header;
    Bytes file;
    Hash32 hash{};  ///< hash32 of `file`: the batch's id on the wire
};

struct BatchInput {
    DeviceId device;
    std::uint64_t number = 0;
    Hash32 prev_batch{};
    UnixMs claimed_ms = 0;
    std::vector<Event> events;         ///< contiguous, payloads present
    std::vector<SaltSeed> salt_seeds;  ///< oldest first; of those events that have one
    bool padded = false;  ///< so that the file's size tells little; up to 12 percent more
};
/// kTooLarge if the events exceed the limits above.
[[nodiscard]] Result<SealedBatch> seal_batch(const BatchInput& input,
                                             const std::vector<SealPublic>& recipients,
                                             const SignKey& device_key, Random& random,
                                             const Known& known = {});

/// Reads the header from the head of a file (at least kBatchHeaderMax bytes or the whole file).
/// Unverified: for routing and for limits only. kMalformed.
[[nodiscard]] Result<BatchHeader> peek_batch(ByteView head);
/// Everything that can be checked without a recipient's key: layout, sizes, signature. kMalformed,
/// kBadSignature.
[[nodiscard]] Result<BatchHeader> verify_batch(ByteView file, const SignPublic& device_key);
/// Verifies, opens, inflates within the stated size, and checks the hash chain of the events.
/// kNotForUs, kAltered, kTooLarge, kLogBroken, kPriorMissing, and those of verify_batch.
struct OpenedBatch {
    BatchHeader header;
    std::vector<Event> events;
};
[[nodiscard]] Result<OpenedBatch> open_batch(ByteView file, const SignPublic& device_key,
                                             const SealKey& recipient, const Known& known = {});

}  // namespace awda::sync
