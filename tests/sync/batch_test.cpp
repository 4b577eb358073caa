#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "platform/codec.h"
#include "tests/sync/sample.h"

using namespace awda;
using namespace awda::sync;

namespace {
/// What a hostile but enrolled device can do: change the bytes and sign them again.
Bytes sign_again(Bytes file, const SignKey& key) {
    const Hash32 digest = hash32(ByteView(file).first(file.size() - 64));
    const Signature signature = sign(key, "AWDABSG1", digest);
    std::copy(signature.begin(), signature.end(), file.end() - 64);
    return file;
}

/// The numbers of a batch's header, for a test to lie with.
struct Numbers {
    std::uint8_t codec = 0;
    std::uint64_t number = 0;
    std::uint64_t first_seq = 0;
    std::uint64_t more = 0;  ///< events behind the first
    std::uint64_t plain_size = 0;
    std::uint64_t packed_size = 0;
    std::uint8_t recipients = 0;
};

/// The file with another header before all that follows it.
Bytes with_header(const Bytes& file, const std::function<void(Numbers&)>& change) {
    ByteReader in(file);
    const ByteView tag = in.raw(8);
    in.u16();
    Numbers numbers;
    numbers.codec = in.u8();
    const ByteView device = in.raw(16);
    numbers.number = in.varint();
    const ByteView prev_batch = in.raw(32);
    numbers.first_seq = in.varint();
    numbers.more = in.varint();
    const ByteView prev_head = in.raw(32);
    numbers.plain_size = in.varint();
    numbers.packed_size = in.varint();
    const std::uint64_t claimed = in.varint();
    numbers.recipients = in.u8();
    const ByteView slots = in.raw(std::size_t{88} * numbers.recipients);
    REQUIRE_FALSE(in.failed());
    change(numbers);
    ByteWriter body;
    body.u8(numbers.codec);
    body.raw(device);
    body.varint(numbers.number);
    body.raw(prev_batch);
    body.varint(numbers.first_seq);
    body.varint(numbers.more);
    body.raw(prev_head);
    body.varint(numbers.plain_size);
    body.varint(numbers.packed_size);
    body.varint(claimed);
    body.u8(numbers.recipients);
    body.raw(slots);
    ByteWriter out;
    out.raw(tag);
    out.u16(static_cast<std::uint16_t>(body.size()));
    out.raw(body.bytes());
    out.raw(ByteView(file).subspan(in.position()));
    return out.take();
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
    CHECK(with_header(file, [](Numbers&) {}) == file);
    const auto peek_with = [&](const std::function<void(Numbers&)>& change) {
        return peek_batch(with_header(file, change)).error().code;
    };
    CHECK(peek_with([](Numbers& n) { n.plain_size = kBatchPlainMax + 1; }) == Errc::kTooLarge);
    CHECK(peek_with([](Numbers& n) { n.plain_size = ~0ULL; }) == Errc::kTooLarge);
    CHECK(peek_with([](Numbers& n) { n.packed_size = ~0ULL; }) == Errc::kTooLarge);
    CHECK(peek_with([](Numbers& n) { n.packed_size = kBatchFileMax; }) == Errc::kTooLarge);
    CHECK(peek_with([](Numbers& n) { n.packed_size = 0; }) == Errc::kMalformed);
    CHECK(peek_with([](Numbers& n) { n.plain_size = 0; }) == Errc::kMalformed);
    CHECK(peek_with([](Numbers& n) { n.more = kBatchEventsMax; }) == Errc::kTooLarge);
    CHECK(peek_with([](Numbers& n) { n.more = ~0ULL; }) == Errc::kMalformed);
    CHECK(peek_with([](Numbers& n) { n.first_seq = 0; }) == Errc::kMalformed);
    CHECK(peek_with([](Numbers& n) { n.number = 0; }) == Errc::kMalformed);
    CHECK(peek_with([](Numbers& n) { n.codec = 3; }) == Errc::kMalformed);
    CHECK(peek_with([](Numbers& n) { n.recipients = 0xff; }) == Errc::kMalformed);
    // The same lies, signed by the device, fail on opening too.
    const Bytes lie = sign_again(with_header(file, [](Numbers& n) { n.plain_size = 17; }), log.key);
    CHECK(open_batch(lie, log.key.pub, sample::hq().registry).error().code == Errc::kAltered);
}

TEST_CASE("the head of a file is enough to peek, and says the same as the whole") {
    const sample::Log log = sample::small_log();
    const SealedBatch batch = sample::small_batch(log, sample::hq().registry.pub);
    std::size_t enough = 1;
    while (!peek_batch(ByteView(batch.file).first(enough)).ok()) {
        REQUIRE(peek_batch(ByteView(batch.file).first(enough)).error().code == Errc::kMalformed);
        ++enough;
        REQUIRE(enough < kBatchHeaderMax);
    }
    const auto peeked = peek_batch(ByteView(batch.file).first(enough)).value();
    CHECK(peeked.number == 1);
    CHECK(peeked.prev_head == batch.header.prev_head);
    CHECK(peeked.recipients == std::vector<SealKeyId>{seal_key_id(sample::hq().registry.pub)});
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

TEST_CASE("a batch under another device's name is never sealed") {
    const sample::Log log = sample::small_log();
    fakes::SeededRandom random(8);
    BatchInput input = log.input(1, Hash32{}, 0, 5);
    input.device = sample::id<DeviceId>(0x44);
    CHECK(seal_batch(input, {sample::hq().registry.pub}, log.key, random).error().code ==
          Errc::kLogBroken);
}

TEST_CASE("padded batches of nearly the same content have the same size, and open") {
    std::set<std::size_t> sizes;
    std::set<std::size_t> padded_sizes;
    for (std::size_t letters = 700; letters < 720; ++letters) {
        sample::Log log;
        fakes::SeededRandom random(letters);
        Bytes payload(letters);
        random.fill(payload);
        log.add(EventType::kRecordFinalised, payload);
        BatchInput input = log.input(1, Hash32{}, 0, 1);
        const auto bare = seal_batch(input, {sample::hq().registry.pub}, log.key, random);
        input.padded = true;
        const auto padded = seal_batch(input, {sample::hq().registry.pub}, log.key, random);
        REQUIRE((bare.ok() && padded.ok()));
        sizes.insert(bare->file.size());
        padded_sizes.insert(padded->file.size());
        CHECK(padded->file.size() <= bare->file.size() * 112 / 100 + 2);
        const auto opened = open_batch(padded->file, log.key.pub, sample::hq().registry);
        REQUIRE(opened.ok());
        CHECK(sample::same(opened->events[0], log.events[0]));
        const Bytes unmarked =
            sign_again(with_header(padded->file, [](Numbers& n) { n.codec &= 0x7fU; }), log.key);
        CHECK(open_batch(unmarked, log.key.pub, sample::hq().registry).error().code ==
              Errc::kAltered);
    }
    CHECK(sizes.size() >= 15);
    CHECK(padded_sizes.size() <= 3);
}

TEST_CASE("padding takes away what it added, whatever that ends with") {
    for (std::size_t size = 0; size < 600; ++size) {
        Bytes bytes(size, static_cast<std::uint8_t>(size % 2 == 0 ? 0 : 0x80));
        const Bytes before = bytes;
        pad(bytes);
        CHECK(bytes.size() == padded_size(before.size() + 1));
        CHECK(equal(unpadded(bytes).value(), before));
    }
    CHECK(unpadded({}).error().code == Errc::kMalformed);
    CHECK(unpadded(Bytes(5, 0)).error().code == Errc::kMalformed);
    CHECK(padded_size(1'000'000) == 1'015'808);
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
