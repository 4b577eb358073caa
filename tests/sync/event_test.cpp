#include <doctest/doctest.h>

#include <limits>

#include "sync/log/event_codec.h"
#include "tests/sync/sample.h"

using namespace awda;
using namespace awda::sync;

namespace {
Status walk(const sample::Log& log, const std::vector<Event>& events) {
    ChainVerifier chain(log.device);
    for (const Event& event : events) AWDA_CHECK(chain.add(event, log.key.pub));
    return {};
}
}  // namespace

TEST_CASE("the hybrid clock never goes back, whatever the wall clock does") {
    const UnixMs noon = 1'767'225'600'000;
    Hlc clock;
    for (const UnixMs wall : {noon, noon, noon - 3'600'000, UnixMs{0}, UnixMs{-5}, noon + 1,
                              UnixMs{1} << 60, noon, std::numeric_limits<UnixMs>::min()}) {
        const Hlc next = next_hlc(clock, wall);
        CHECK(next > clock);
        clock = next;
    }
    CHECK(next_hlc(Hlc{}, noon).unix_ms() == noon);
    const Hlc full{(static_cast<std::uint64_t>(noon) << 16U) | 0xffffU};
    CHECK(next_hlc(full, noon).unix_ms() == noon + 1);
}

TEST_CASE("a whole log verifies from its start to its head") {
    const sample::Log log = sample::small_log();
    ChainVerifier chain(log.device);
    for (const Event& event : log.events) REQUIRE(chain.add(event, log.key.pub).ok());
    CHECK(chain.head() == log.head());
    CHECK(chain.next_seq() == 6);
}

TEST_CASE("a log verifies after lawful pruning of payloads") {
    const sample::Log log = sample::small_log();
    std::vector<Event> events = log.events;
    events[2].payload.reset();
    events[2].salt.reset();
    CHECK(walk(log, events).ok());
    events[3].salt.reset();
    CHECK(walk(log, events).error().code == Errc::kLogBroken);
}

TEST_CASE("a log with an event changed, left out, doubled or out of order is broken") {
    const sample::Log log = sample::small_log();
    const auto broken = [&](const std::vector<Event>& events) {
        const Status walked = walk(log, events);
        return !walked.ok() && walked.error().code == Errc::kLogBroken;
    };
    std::vector<Event> events = log.events;
    events[2].payload->back() ^= 1U;
    CHECK(broken(events));
    events = log.events;
    (*events[2].salt)[0] ^= 1U;
    CHECK(broken(events));
    for (const std::size_t at : {0UL, 1UL, 2UL, 3UL}) {
        events = log.events;
        events[at].hlc.packed += 1;
        CHECK(broken(events));
        events = log.events;
        events[at].officer = sample::id<OfficerId>(0x55);
        CHECK(broken(events));
        events = log.events;
        events[at].type = EventType::kExported;
        CHECK(broken(events));
        events = log.events;
        events.erase(events.begin() + static_cast<std::ptrdiff_t>(at));
        CHECK(broken(events));
        events = log.events;
        std::swap(events[at], events[at + 1]);
        CHECK(broken(events));
        events = log.events;
        events.insert(events.begin() + static_cast<std::ptrdiff_t>(at), events[at]);
        CHECK(broken(events));
    }
    ChainVerifier elsewhere(sample::id<DeviceId>(0x66));
    CHECK(elsewhere.add(log.events[0], log.key.pub).error().code == Errc::kLogBroken);
}

TEST_CASE("a checkpoint holds only with both signatures and only for its log") {
    const sample::Log log = sample::small_log();
    const Checkpoint good =
        sign_checkpoint(log.device, 5, log.head(), log.key, log.officer, &log.officer_key);
    CHECK(verify_checkpoint(good, log.key.pub).ok());
    const Bytes bytes = encode_checkpoint(good);
    const auto decoded = decode_checkpoint(bytes);
    REQUIRE(decoded.ok());
    CHECK(encode_checkpoint(*decoded) == bytes);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        Bytes changed = bytes;
        changed[at] ^= 1U;
        const auto read = decode_checkpoint(changed);
        CAPTURE(at);
        REQUIRE_FALSE((read.ok() && verify_checkpoint(*read, log.key.pub).ok()));
        REQUIRE_FALSE(decode_checkpoint(ByteView(bytes).first(at)).ok());
    }
    const Checkpoint alone =
        sign_checkpoint(log.device, 5, log.head(), log.key, OfficerId{}, nullptr);
    CHECK(verify_checkpoint(alone, log.key.pub).ok());
    Checkpoint claimed = alone;
    claimed.officer_key = log.officer_key.pub;
    CHECK(verify_checkpoint(claimed, log.key.pub).error().code == Errc::kBadSignature);
}

TEST_CASE("a checkpoint in the log that does not describe what is before it breaks the log") {
    sample::Log log = sample::small_log();
    SUBCASE("of another length") {
        log.add(EventType::kCheckpoint,
                encode_checkpoint(sign_checkpoint(log.device, 4, log.head(), log.key, log.officer,
                                                  &log.officer_key)));
        CHECK(walk(log, log.events).error().code == Errc::kLogBroken);
    }
    SUBCASE("with another head") {
        log.add(EventType::kCheckpoint,
                encode_checkpoint(sign_checkpoint(log.device, 5, Hash32{}, log.key, log.officer,
                                                  &log.officer_key)));
        CHECK(walk(log, log.events).error().code == Errc::kLogBroken);
    }
    SUBCASE("signed by another device") {
        const SignKey other = sample::sign_key(0x71);
        log.add(EventType::kCheckpoint,
                encode_checkpoint(sign_checkpoint(log.device, 5, log.head(), other, log.officer,
                                                  &log.officer_key)));
        CHECK(walk(log, log.events).error().code == Errc::kBadSignature);
    }
    SUBCASE("that is no checkpoint") {
        log.add(EventType::kCheckpoint, to_bytes("AWDACHK1"));
        CHECK(walk(log, log.events).error().code == Errc::kLogBroken);
    }
}

TEST_CASE("event columns come back as they were and refuse a count they cannot hold") {
    const sample::Log log = sample::small_log();
    const Bytes columns = encode_events(log.events).value();
    const auto back =
        decode_events(columns, log.device, 1, first_prev(log.device), kBatchEventsMax);
    REQUIRE(back.ok());
    CHECK(
        std::equal(log.events.begin(), log.events.end(), back->begin(), back->end(), sample::same));
    CHECK(decode_events(columns, log.device, 1, first_prev(log.device), 4).error().code ==
          Errc::kTooLarge);
    for (std::size_t size = 0; size < columns.size(); ++size) {
        REQUIRE_FALSE(decode_events(ByteView(columns).first(size), log.device, 1,
                                    first_prev(log.device), kBatchEventsMax)
                          .ok());
    }
    Bytes many = columns;
    many[8] = 0x10;
    many[9] = 0x27;
    CHECK(
        decode_events(many, log.device, 1, first_prev(log.device), kBatchEventsMax).error().code ==
        Errc::kMalformed);
}
