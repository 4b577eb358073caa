// Records, their payloads, checkpoints and proofs: what decodes must encode back to the same bytes.
#include <cstdint>
#include <cstdlib>

#include "platform/crypto.h"
#include "sync/log/event.h"
#include "sync/log/proof.h"
#include "sync/record.h"

using namespace awda;
using namespace awda::sync;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const bool started = crypto_start().ok();
    if (!started) std::abort();
    const ByteView input(data, size);
    const Bytes bytes(input.begin(), input.end());
    if (const auto record = decode_record(input); record.ok()) {
        if (encode_record(*record) != bytes) std::abort();
    }
    if (const auto record = decode_record_payload(input); record.ok()) {
        if (encode_record_payload(*record) != bytes) std::abort();
        if (verify_record(*record)) decode_record(record->record).ignore("only a crash counts");
    }
    if (const auto checkpoint = decode_checkpoint(input); checkpoint.ok()) {
        if (encode_checkpoint(*checkpoint) != bytes) std::abort();
    }
    if (const auto proof = decode_proof(input); proof.ok()) {
        if (encode_proof(*proof) != bytes) std::abort();
        verify_proof(*proof).ignore("only a crash counts");
    }
    return 0;
}
