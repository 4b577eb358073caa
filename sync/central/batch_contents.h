// BatchContents: what a sealed batch holds, opened and checked as far as that needs no database.
//
// This is the work of opening: decryption, inflating, the hash chain, what covers a record.
// Threads: pure functions, so several batches may be read at once while one is committed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sync/batch.h"
#include "sync/log/event.h"
#include "sync/record.h"

namespace awda::central {

/// A record whose signature holds, its own or that of the checkpoint that covers it; whether its
/// signer may sign is another question.
struct ReadRecord {
    sync::RecordPayload payload;
    sync::Record record;
    Hash32 content{};     ///< sync::content_hash
    std::string answers;  ///< answers_json(), if it was asked for
};
struct ReadEvent {
    sync::Event event;
    std::optional<ReadRecord> record;  ///< of a kRecordFinalised that still has its payload
};
struct BatchContents {
    sync::BatchHeader header;
    std::vector<ReadEvent> events;
};

/// What sync::open_batch says; kLogBroken where the chain does not hold from the header's beginning
/// to its end, or a record is covered by no checkpoint; kMalformed and kBadSignature for a record.
[[nodiscard]] Result<BatchContents> read_batch(ByteView file, const SignPublic& device_key,
                                               const SealKey& registry, const sync::Known& known,
                                               bool with_answers);

}  // namespace awda::central
