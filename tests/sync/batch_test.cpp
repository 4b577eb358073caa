#include <doctest/doctest.h>

#include <algorithm>

#include "platform/codec.h"
#include "tests/sync/sample.h"

using namespace awda;
using namespace awda::sync;

namespace {
constexpr std::size_t kFirstSeqAt = 85;
constexpr std::size_t kLastSeqAt = 93;
constexpr std::size_t kLogHeadAt = 133;
constexpr std::size_t kPlainSizeAt = 165;
constexpr std::size_t kPackedSizeAt = 173;
constexpr std::size_t kRecipientsAt = 189;

/// What a hostile but enrolled device can do: change the bytes and sign them again.
Bytes sign_again(Bytes file, const SignKey& key) {
    const Hash32 digest = hash32(ByteView(file).first(file.size() - 64));
    const Signature signature = sign(key, "AWDABSG1", digest);
    std::copy(signature.begin(), signature.end(), file.end() - 64);
    return file;
}

Bytes with_u64(Bytes file, std::size_t at, std::uint64_t value) {
    ByteWriter out;
    out.u64(value);
    std::copy(out.bytes().begin(), out.bytes().end(),
              file.begin() + static_cast<std::ptrdiff_t>(at));
    return file;
}
}  // namespace

TEST_CASE("a batch opens for its recipient with the events that went in") {
    const sample::Log log = sample::small_log();
    const SealedBatch batch = sample::small_batch(log, sample::hq().registry.pub);
    CHECK(batch.hash == hash32(batch.file));
    const auto opened = open_batch(batch.file, log.key.pub, sample::hq().registry);
    REQUIRE(opened.ok());
    REQUIRE(opened->events.size() == log.events.size());
    for (std::size_t i = 0; i < log.events.size(); ++i) {
        CHECK(sample::same(opened->events[i], log.events[i]));
    }
    CHECK(opened->header.first_seq == 1);
    CHECK(opened->header.last_seq == 5);
    CHECK(opened->header.log_head == log.head());
    CHECK(opened->header.device == log.device);
}

TEST_CASE("a large batch of many frames comes back whole") {
    sample::Log log;
    fakes::SeededRandom random(4);
    for (int i = 0; i < 40; ++i) {
        Bytes payload(10'000);
        random.fill(payload);
        log.add(EventType::kRecordFinalised, payload);
    }
    const auto batch =
        seal_batch(log.input(1, Hash32{}, 0, 40), {sample::hq().registry.pub}, log.key, random);
    REQUIRE(batch.ok());
    CHECK(batch->file.size() > 20 * kBatchFrameSize);
    const auto opened = open_batch(batch->file, log.key.pub, sample::hq().registry);
    REQUIRE(opened.ok());
    CHECK(std::equal(log.events.begin(), log.events.end(), opened->events.begin(), sample::same));
}

TEST_CASE("a second batch goes on from the head of the first") {
    const sample::Log log = sample::small_log();
    fakes::SeededRandom random(5);
    const auto first =
        seal_batch(log.input(1, Hash32{}, 0, 3), {sample::hq().registry.pub}, log.key, random);
    REQUIRE(first.ok());
    const auto second =
        seal_batch(log.input(2, first->hash, 3, 5), {sample::hq().registry.pub}, log.key, random);
    REQUIRE(second.ok());
    CHECK(second->header.prev_head == first->header.log_head);
    CHECK(open_batch(second->file, log.key.pub, sample::hq().registry).ok());
}

TEST_CASE("every recipient opens a batch and nobody else does") {
    const sample::Log log = sample::small_log();
    fakes::SeededRandom random(6);
    const SealKey other = sample::seal_key(0x77);
    const auto batch = seal_batch(log.input(1, Hash32{}, 0, 5),
                                  {sample::hq().registry.pub, other.pub}, log.key, random);
    REQUIRE(batch.ok());
    CHECK(open_batch(batch->file, log.key.pub, sample::hq().registry).ok());
    CHECK(open_batch(batch->file, log.key.pub, other).ok());
    CHECK(open_batch(batch->file, log.key.pub, sample::seal_key(0x78)).error().code ==
          Errc::kNotForUs);
    CHECK(verify_batch(batch->file, sample::sign_key(0x79).pub).error().code ==
          Errc::kBadSignature);
}

TEST_CASE("a batch with any one byte changed is refused") {
    const sample::Log log = sample::small_log();
    const SealedBatch batch = sample::small_batch(log, sample::hq().registry.pub);
    for (std::size_t at = 0; at < batch.file.size(); ++at) {
        Bytes changed = batch.file;
        changed[at] ^= static_cast<std::uint8_t>(1U << (at % 8));
        CAPTURE(at);
        REQUIRE_FALSE(verify_batch(changed, log.key.pub).ok());
        REQUIRE_FALSE(open_batch(changed, log.key.pub, sample::hq().registry).ok());
    }
}

TEST_CASE("a batch with any one byte changed by its own device is refused on opening") {
    const sample::Log log = sample::small_log();
    const SealedBatch batch = sample::small_batch(log, sample::hq().registry.pub);
    for (std::size_t at = 0; at < batch.file.size() - 64; ++at) {
        Bytes changed = batch.file;
        changed[at] ^= static_cast<std::uint8_t>(1U << (at % 8));
        CAPTURE(at);
        REQUIRE_FALSE(
            open_batch(sign_again(changed, log.key), log.key.pub, sample::hq().registry).ok());
    }
}

TEST_CASE("a batch cut at any length, or with a byte more, is refused") {
    const sample::Log log = sample::small_log();
    const SealedBatch batch = sample::small_batch(log, sample::hq().registry.pub);
    for (std::size_t size = 0; size < batch.file.size(); ++size) {
        CAPTURE(size);
        const ByteView cut = ByteView(batch.file).first(size);
        REQUIRE_FALSE(verify_batch(cut, log.key.pub).ok());
        REQUIRE_FALSE(open_batch(cut, log.key.pub, sample::hq().registry).ok());
    }
    Bytes longer = batch.file;
    longer.push_back(0);
    CHECK(verify_batch(longer, log.key.pub).error().code == Errc::kMalformed);
}

TEST_CASE("a header that promises too much is refused before anything is opened") {
    const sample::Log log = sample::small_log();
    const Bytes file = sample::small_batch(log, sample::hq().registry.pub).file;
    const auto peek_with = [&](std::size_t at, std::uint64_t value) {
        return peek_batch(with_u64(file, at, value));
    };
    CHECK(peek_with(kPlainSizeAt, kBatchPlainMax + 1).error().code == Errc::kTooLarge);
    CHECK(peek_with(kPlainSizeAt, ~0ULL).error().code == Errc::kTooLarge);
    CHECK(peek_with(kPackedSizeAt, ~0ULL).error().code == Errc::kTooLarge);
    CHECK(peek_with(kPackedSizeAt, kBatchFileMax).error().code == Errc::kTooLarge);
    CHECK(peek_with(kPackedSizeAt, 0).error().code == Errc::kMalformed);
    CHECK(peek_with(kLastSeqAt, ~0ULL).error().code == Errc::kTooLarge);
    CHECK(peek_with(kLastSeqAt, 0).error().code == Errc::kMalformed);
    CHECK(peek_with(kFirstSeqAt, 0).error().code == Errc::kMalformed);
    Bytes many = file;
    many[kRecipientsAt] = 0xff;
    CHECK(peek_batch(many).error().code == Errc::kMalformed);
    // The same lies, signed by the device, fail on opening too.
    const Bytes lie = sign_again(with_u64(file, kPlainSizeAt, 17), log.key);
    CHECK(open_batch(lie, log.key.pub, sample::hq().registry).error().code == Errc::kAltered);
}

TEST_CASE("the head of a file is enough to peek, and says the same as the whole") {
    const sample::Log log = sample::small_log();
    const SealedBatch batch = sample::small_batch(log, sample::hq().registry.pub);
    const auto peeked = peek_batch(ByteView(batch.file).first(190 + 88));
    REQUIRE(peeked.ok());
    CHECK(peeked->number == 1);
    CHECK(peeked->log_head == batch.header.log_head);
    CHECK(peeked->recipients == std::vector<SealKeyId>{seal_key_id(sample::hq().registry.pub)});
    CHECK(peek_batch(ByteView(batch.file).first(190 + 87)).error().code == Errc::kMalformed);
}

TEST_CASE("events that do not form a chain are never sealed") {
    sample::Log log = sample::small_log();
    fakes::SeededRandom random(7);
    const auto seal = [&](const BatchInput& input) {
        return seal_batch(input, {sample::hq().registry.pub}, log.key, random).error().code;
    };
    BatchInput input = log.input(1, Hash32{}, 0, 5);
    std::swap(input.events[1], input.events[2]);
    CHECK(seal(input) == Errc::kLogBroken);
    input = log.input(1, Hash32{}, 0, 5);
    input.events[3].payload = to_bytes("something else");
    CHECK(seal(input) == Errc::kLogBroken);
    input = log.input(1, Hash32{}, 0, 5);
    input.events[3].payload.reset();
    input.events[3].salt.reset();
    CHECK(seal(input) == Errc::kMalformed);
    CHECK(seal(log.input(1, Hash32{}, 0, 0)) == Errc::kMalformed);
    CHECK(seal(log.input(1, Hash32{}, 2, 5)) == Errc::kMalformed);
    CHECK(seal_batch(log.input(1, Hash32{}, 0, 5), {}, log.key, random).error().code ==
          Errc::kTooLarge);
}

TEST_CASE("a batch whose stated log head is not where its events lead is refused as a broken log") {
    // Sealed rightly over one log, then its header is exchanged: the header MAC notices first, so
    // the chain is checked here against a batch sealed under another device's name.
    const sample::Log log = sample::small_log();
    fakes::SeededRandom random(8);
    BatchInput input = log.input(1, Hash32{}, 0, 5);
    input.device = sample::id<DeviceId>(0x44);
    CHECK(seal_batch(input, {sample::hq().registry.pub}, log.key, random).error().code ==
          Errc::kLogBroken);
    Bytes other_head = sample::small_batch(log, sample::hq().registry.pub).file;
    other_head[kLogHeadAt] ^= 1U;
    CHECK(open_batch(sign_again(other_head, log.key), log.key.pub, sample::hq().registry)
              .error()
              .code == Errc::kAltered);
}

TEST_CASE("a batch over its limits of events is refused when sealing") {
    sample::Log log;
    for (std::size_t i = 0; i <= kBatchEventsMax; ++i) log.add(EventType::kListViewed, {});
    fakes::SeededRandom random(9);
    CHECK(seal_batch(log.input(1, Hash32{}, 0, log.events.size()), {sample::hq().registry.pub},
                     log.key, random)
              .error()
              .code == Errc::kTooLarge);
    CHECK(seal_batch(log.input(1, Hash32{}, 0, kBatchEventsMax), {sample::hq().registry.pub},
                     log.key, random)
              .ok());
}
