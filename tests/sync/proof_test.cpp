// Goal: one record of a log can be checked without the log, and nothing in the proof can be
// changed.
#include "sync/log/proof.h"

#include <doctest/doctest.h>

#include "tests/sync/sample.h"

using namespace awda;
using namespace awda::sync;

namespace {

sample::Log covered_log() {
    sample::Log log;
    log.add(EventType::kUnlocked, to_bytes("unlocked"));
    log.add_covered_record(1);
    log.add(EventType::kRecordViewed, to_bytes("viewed"));
    log.add_covered_record(2);
    log.add_checkpoint();
    log.add(EventType::kLocked, to_bytes("locked"));
    return log;
}

EventProof proof_of(const sample::Log& log, std::size_t at) {
    const std::span<const Event> events(log.events);
    return {log.device, log.events.at(at), make_cover(events.subspan(at), log.key.pub).value()};
}

template <typename T>
Errc code_of(const Result<T>& result) {
    REQUIRE_FALSE(result.ok());
    return result.error().code;
}

}  // namespace

TEST_CASE("a proof leads from an event to its officer's checkpoint, and holds alone") {
    const sample::Log log = covered_log();
    for (const std::size_t at : {0U, 1U, 2U, 3U}) {
        const EventProof proof = proof_of(log, at);
        CHECK(proof.cover.links.size() == 3 - at);
        CHECK(verify_proof(proof).ok());
        const Bytes bytes = encode_proof(proof);
        CHECK(is_proof(bytes));
        const auto read = decode_proof(bytes);
        REQUIRE(read.ok());
        CHECK(encode_proof(*read) == bytes);
        CHECK(verify_proof(*read).ok());
        CHECK(event_hash(read->device, read->event) == event_hash(log.device, log.events[at]));
    }
    CHECK_FALSE(is_proof(*log.events[1].payload));
}

TEST_CASE("a proof with any byte changed or cut off does not hold") {
    const sample::Log log = covered_log();
    const Bytes bytes = encode_proof(proof_of(log, 1));
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        CAPTURE(at);
        Bytes changed = bytes;
        changed[at] ^= 0x04U;
        const auto read = decode_proof(changed);
        REQUIRE_FALSE((read.ok() && verify_proof(*read).ok()));
        REQUIRE_FALSE(decode_proof(ByteView(bytes).first(at)).ok());
    }
    Bytes longer = bytes;
    longer.push_back(0);
    CHECK_FALSE(decode_proof(longer).ok());
}

TEST_CASE("a checkpoint of another officer, of another place or with another key proves nothing") {
    sample::Log log = covered_log();
    const EventProof good = proof_of(log, 1);
    EventProof other = good;
    other.cover.checkpoint =
        sign_checkpoint(log.device, good.cover.checkpoint.size, good.cover.checkpoint.head, log.key,
                        sample::id<OfficerId>(0x42), &log.officer_key);
    CHECK_FALSE(verify_proof(other).ok());
    other = good;
    other.cover.checkpoint = sign_checkpoint(log.device, good.cover.checkpoint.size,
                                             good.cover.checkpoint.head, log.key, {}, nullptr);
    CHECK_FALSE(verify_proof(other).ok());
    other = good;
    other.cover.device_key = sample::sign_key(0x77).pub;
    CHECK_FALSE(verify_proof(other).ok());
    other = good;
    other.cover.links.pop_back();
    CHECK_FALSE(verify_proof(other).ok());
    other = good;
    std::swap(other.cover.links[0], other.cover.links[1]);
    CHECK_FALSE(verify_proof(other).ok());
    other = good;
    other.event.payload.reset();
    CHECK_FALSE(verify_proof(other).ok());
}

TEST_CASE("the way to a checkpoint goes past another officer's, and has an end") {
    sample::Log log;
    log.add(EventType::kRecordViewed, to_bytes("viewed"));
    const std::span<const Event> none(log.events);
    CHECK(code_of(make_cover(none, log.key.pub)) == Errc::kNotFound);
    CHECK(code_of(make_cover({}, log.key.pub)) == Errc::kNotFound);
    const OfficerId first = log.officer;
    log.officer = sample::id<OfficerId>(0x42);
    log.add_checkpoint();
    log.officer = first;
    log.add_checkpoint();
    const EventProof proof = proof_of(log, 0);
    CHECK(proof.cover.links.size() == 1);
    CHECK(verify_proof(proof).ok());

    sample::Log longer;
    for (std::size_t i = 0; i <= kProofLinksMax; ++i) longer.add(EventType::kLocked, {});
    longer.add_checkpoint();
    CHECK(verify_proof(proof_of(longer, 0)).ok());
    longer.events.pop_back();
    longer.add(EventType::kLocked, {});
    longer.add_checkpoint();
    CHECK(code_of(make_cover(longer.events, longer.key.pub)) == Errc::kTooLarge);
}

TEST_CASE(
    "a proof that promises more links than it has, or may have, is refused before it is read") {
    const sample::Log log = covered_log();
    const EventProof proof = proof_of(log, 3);
    REQUIRE(proof.cover.links.empty());
    Bytes bytes = encode_proof(proof);
    const std::size_t count_at = bytes.size() - 240 - 4;
    bytes[count_at] = 1;
    CHECK(code_of(decode_proof(bytes)) == Errc::kMalformed);
    bytes[count_at + 1] = 0x10;
    CHECK(code_of(decode_proof(bytes)) == Errc::kTooLarge);
}

TEST_CASE("a record is its officer's by its own signature, or by its cover, and not otherwise") {
    sample::Log log = covered_log();
    log.add_record(3);
    const EventProof proof = proof_of(log, 1);
    const RecordPayload covered = decode_record_payload(*proof.event.payload).value();
    CHECK(vouched_for(log.device, proof.event, covered, &proof.cover));
    CHECK_FALSE(vouched_for(log.device, proof.event, covered, nullptr));
    CHECK_FALSE(vouched_for(sample::id<DeviceId>(9), proof.event, covered, &proof.cover));
    const EventProof next = proof_of(log, 3);
    CHECK_FALSE(vouched_for(log.device, proof.event, covered, &next.cover));

    Event event = log.events.back();
    const RecordPayload own = decode_record_payload(*event.payload).value();
    CHECK(vouched_for(log.device, event, own, nullptr));
    event.officer = sample::id<OfficerId>(0x42);
    CHECK_FALSE(vouched_for(log.device, event, own, nullptr));
}
