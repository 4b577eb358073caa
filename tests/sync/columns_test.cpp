// Goal: what the columns take in comes out the same, in fewer bytes, and what they did not write
// harms nobody. Method: made-up intakes, texts meant to be mistaken, cut and altered bytes.
#include <doctest/doctest.h>

#include <algorithm>

#include "platform/codec.h"
#include "sync/columns/bit_coder.h"
#include "sync/columns/event_columns.h"
#include "sync/columns/typed_text.h"
#include "tests/bench/corpus.h"
#include "tests/sync/sample.h"

using namespace awda;
using namespace awda::sync;

namespace {

constexpr std::uint64_t kPlenty = std::uint64_t{1} << 30U;

/// A log of these records and of what happens between them.
sample::Log log_of(const std::vector<Record>& records) {
    sample::Log log;
    for (const Record& record : records) {
        ByteWriter started;
        started.raw("AWDASTRT");
        started.raw(record.instance.bytes());
        started.text(record.form_id);
        log.add(EventType::kRecordStarted, started.take());
        log.add(EventType::kRecordFinalised,
                encode_record_payload(make_record_payload(encode_record(record))));
    }
    return log;
}

std::vector<Record> intakes(std::uint64_t seed, std::size_t count) {
    bench::Corpus corpus(seed, static_cast<std::uint32_t>(seed));
    std::vector<Record> records;
    for (std::size_t i = 0; i < count; ++i) records.push_back(corpus.next());
    return records;
}

UnpackBounds bounds(const sample::Log& log) {
    return {log.device, 1, first_prev(log.device), log.events.size(), kPlenty};
}

void comes_back(const sample::Log& log, const Known& known = {}) {
    const auto packed = pack_events(log.events, {}, known);
    REQUIRE(packed.ok());
    const auto back = unpack_events(*packed, bounds(log), known);
    REQUIRE(back.ok());
    CHECK(
        std::equal(back->begin(), back->end(), log.events.begin(), log.events.end(), sample::same));
}

Record record_with(std::vector<Field> fields) {
    Record record = sample::record(3);
    record.fields = std::move(fields);
    return record;
}

}  // namespace

TEST_CASE("what one coder writes the other reads, whatever the chances were") {
    fakes::SeededRandom random(31);
    columns::BitCoder writer;
    std::vector<std::pair<bool, std::uint32_t>> bits;
    for (int i = 0; i < 20'000; ++i) {
        const auto chance = static_cast<std::uint32_t>(1 + random.next_u64() % 65'535);
        bits.emplace_back(random.next_u64() % 65'536 < chance, chance);
        if (i % 7 == 0) bits.back().first = !bits.back().first;
    }
    for (const auto& [bit, chance] : bits) writer.bit(bit, chance);
    writer.even_bits(0x0123'4567'89ab'cdefULL, 64);
    const Bytes bytes = writer.finish();
    columns::BitCoder reader(bytes);
    bool same = true;
    for (const auto& [bit, chance] : bits) same = same && reader.bit(false, chance) == bit;
    CHECK(same);
    CHECK(reader.even_bits(0, 64) == 0x0123'4567'89ab'cdefULL);
    CHECK_FALSE(reader.overrun());
    reader.even_bits(0, 64);
    CHECK(reader.overrun());
}

TEST_CASE(
    "intakes come back as they were, with and without a prior, in a fraction of their bytes") {
    const sample::Log log = log_of(intakes(1, 40));
    PriorShelf priors;
    REQUIRE(priors.add(make_prior(intakes(2, 200)).value()).ok());
    comes_back(log);
    comes_back(log, {.priors = &priors, .history = {}});
    const std::size_t unaided = pack_events(log.events, {}, {})->size();
    const std::size_t aided =
        pack_events(log.events, {}, {.priors = &priors, .history = {}})->size();
    CHECK(aided * 10 < unaided * 8);
    // Twice the same: nothing of one batch is left for the next.
    CHECK(pack_events(log.events, {}, {.priors = &priors, .history = {}}).value() ==
          pack_events(log.events, {}, {.priors = &priors, .history = {}}).value());
}

TEST_CASE("a batch packed with a prior opens only where that prior is") {
    const sample::Log log = log_of(intakes(1, 3));
    PriorShelf priors;
    REQUIRE(priors.add(make_prior(intakes(2, 20)).value()).ok());
    const Bytes packed = pack_events(log.events, {}, {.priors = &priors, .history = {}}).value();
    CHECK(unpack_events(packed, bounds(log), {}).error().code == Errc::kPriorMissing);
    PriorShelf others;
    REQUIRE(others.add(make_prior(intakes(3, 20)).value()).ok());
    CHECK(unpack_events(packed, bounds(log), {.priors = &others, .history = {}}).error().code ==
          Errc::kPriorMissing);
    // A newer prior of the same form version is used for writing; the old one still reads.
    REQUIRE(priors.add(make_prior(intakes(4, 20)).value()).ok());
    CHECK(unpack_events(packed, bounds(log), {.priors = &priors, .history = {}}).ok());
    CHECK(pack_events(log.events, {}, {.priors = &priors, .history = {}}).value() != packed);
}

TEST_CASE("a batch leans on the log before it, and opens where that has been read") {
    const sample::Log log = log_of(intakes(1, 30));
    const std::vector<Event> before(log.events.begin(), log.events.begin() + 40);
    const std::vector<Event> after(log.events.begin() + 40, log.events.end());
    std::size_t told = 0;
    const auto history = [&](std::uint64_t seq, std::size_t most) {
        REQUIRE(seq == 41);
        told = std::min(most, before.size());
        return Result<std::vector<Event>>(
            std::vector<Event>(before.end() - static_cast<std::ptrdiff_t>(told), before.end()));
    };
    const Bytes alone = pack_events(after, {}, {}).value();
    const Bytes packed = pack_events(after, {}, {.history = history}).value();
    CHECK(packed.size() * 10 < alone.size() * 8);
    UnpackBounds of_after{log.device, 41, after.front().prev, 100, kPlenty};
    const auto back = unpack_events(packed, of_after, {.history = history});
    REQUIRE(back.ok());
    CHECK(told == before.size());
    CHECK(std::equal(back->begin(), back->end(), after.begin(), after.end(), sample::same));
    CHECK(unpack_events(packed, of_after, {}).error().code == Errc::kPriorMissing);
    const auto less = [&](std::uint64_t seq, std::size_t most) {
        auto events = history(seq, most);
        events->erase(events->begin());
        return events;
    };
    CHECK(unpack_events(packed, of_after, {.history = less}).error().code == Errc::kPriorMissing);
    // An erased payload is where what is leant on ends.
    const auto erased = [&](std::uint64_t seq, std::size_t most) {
        auto events = history(seq, most);
        (*events)[20].payload.reset();
        return events;
    };
    const Bytes shorter = pack_events(after, {}, {.history = erased}).value();
    CHECK(unpack_events(shorter, of_after, {.history = history}).ok());
    CHECK(told == before.size() - 21);
    CHECK(unpack_events(packed, of_after, {.history = erased}).error().code == Errc::kPriorMissing);
}

TEST_CASE("a prior is of one form version, has limits, and is refused when damaged") {
    CHECK(make_prior({}).error().code == Errc::kMalformed);
    std::vector<Record> mixed = intakes(5, 2);
    mixed[1].form_version = "other";
    CHECK(make_prior(mixed).error().code == Errc::kMalformed);
    const Bytes good = make_prior(intakes(5, 5)).value();
    PriorShelf priors;
    CHECK(priors.add(Bytes(good.begin(), good.end() - 1)).error().code == Errc::kMalformed);
    CHECK(priors.add({}).error().code == Errc::kMalformed);
    CHECK(priors.add(Bytes(kPriorBytesMax + 1, 0)).error().code == Errc::kTooLarge);
    CHECK(priors.add(good).ok());
    REQUIRE(priors.find(mixed[0].form_id, mixed[0].form_version) != nullptr);
    CHECK(*priors.find(mixed[0].form_id, mixed[0].form_version) == prior_id(good));
    CHECK(priors.find("none", "1") == nullptr);
}

TEST_CASE("answers that look like something else come back letter by letter") {
    std::vector<Field> fields;
    for (const char* value :
         {"",
          " ",
          "  two  blanks ",
          "0",
          "007",
          "2026-02-29",
          "2024-02-29",
          "0001-01-01",
          "9999-12-31",
          "2026-1-5",
          "2026-13-01",
          "2026-01-05T08:12:41.291+03:00",
          "2026-01-05T24:00:00.000+03:00",
          "1969-12-31T23:59:59.999-11:30",
          "2026-01-05T08:12:41.291Z",
          "0001-01-01T00:00:00.000+03:00",
          "1.0",
          "-0.5",
          "-0.0",
          ".5",
          "5.",
          "1.2 3.4 5.6 7.8",
          "1.2 3.4 5.6 7.8 9.0",
          "1.2  3.4",
          "+1.5",
          "12345678901234567.1",
          "[1]",
          "عبد الله",
          "\u200f",
          "a\tb",
          "IQG17Q01",
          "\x01\x02",
          "99999999999999999999999999999999999999999999999999999999999999999999999"}) {
        fields.push_back({"q" + std::to_string(fields.size()), value});
    }
    std::vector<Record> records(3, record_with(fields));
    records[1].fields.pop_back();
    for (std::size_t i = 0; i < records.size(); ++i) {
        records[i].instance = records[i].root =
            sample::id<InstanceId>(static_cast<std::uint8_t>(i + 1));
    }
    comes_back(log_of(records));
}

TEST_CASE("paths of any kind come back: rows out of order, odd numbers, letters of our own") {
    comes_back(log_of({record_with({{"a[1]", ""},
                                    {"a[1]/b", "x"},
                                    {"a[3]", ""},
                                    {"a[2]/b", "y"},
                                    {"a[02]", "z"},
                                    {"a[0]", ""},
                                    {"a[4294967295]", ""},
                                    {"a[4294967296]", ""},
                                    {"a[]", ""},
                                    {"a[1]/c[2]/d", ""},
                                    {"a[1]/c[1]", ""},
                                    {"a[1]/c[2]", ""},
                                    {"a[", ""},
                                    {"[1]", ""},
                                    {"a[-1]", ""}}),
                       record_with({{"\x01", "kept whole"}}), record_with({{"", "no path"}}),
                       record_with({})}));
}

TEST_CASE("times that no clock shows and revisions of records not in the batch come back") {
    Record first = record_with({{"q", "x"}});
    first.started_ms = INT64_MIN;
    first.finalised_ms = INT64_MAX;
    Record second = record_with({{"q", "2026-01-05"}, {"t", "2026-01-05T08:12:41.291+03:00"}});
    second.instance = sample::id<InstanceId>(9);
    second.root = sample::id<InstanceId>(7);
    second.deprecates = sample::id<InstanceId>(8);
    second.revision = 0xffffffffU;
    second.reason = "صححنا الاسم";
    second.started_ms = -1;
    second.finalised_ms = INT64_MIN;
    comes_back(log_of({first, second, first}));
}

TEST_CASE("salts that follow from a seed cost nothing, others are sent, and all come back") {
    sample::Log log;
    std::vector<SaltSeed> seeds(2);
    seeds[0] = {3, {}};
    seeds[1] = {40, {}};
    seeds[0].seed.fill(0x51);
    seeds[1].seed.fill(0x52);
    for (std::uint64_t seq = 1; seq <= 60; ++seq) {
        const bool derived = seq >= 3 && seq % 10 != 0;
        log.add(EventType::kListViewed, to_bytes("seen"),
                derived ? std::optional(derive_salt(seeds[seq < 40 ? 0 : 1], seq)) : std::nullopt);
    }
    const auto packed = pack_events(log.events, seeds, {});
    REQUIRE(packed.ok());
    // Two seeds of 32 bytes, 8 salts of 16, and little else.
    CHECK(packed->size() < 2 * 32 + 8 * 16 + 150);
    const auto back = unpack_events(*packed, bounds(log), {});
    REQUIRE(back.ok());
    CHECK(
        std::equal(back->begin(), back->end(), log.events.begin(), log.events.end(), sample::same));
    // Seeds that are not theirs are not told.
    seeds[0].seed.fill(0x53);
    seeds[1].seed.fill(0x54);
    CHECK(pack_events(log.events, seeds, {}).value() == pack_events(log.events, {}, {}).value());
}

TEST_CASE("payloads that are no records come back, whatever their bytes") {
    sample::Log log;
    fakes::SeededRandom random(33);
    Bytes noise(5'000);
    random.fill(noise);
    log.add(EventType::kKeysRotated, noise);
    log.add(EventType::kRecordFinalised, to_bytes("AWDAREC1"));
    log.add(EventType::kRecordFinalised, to_bytes("....AWDAREC1 and more"));
    log.add(static_cast<EventType>(65'535), {});
    log.add(EventType::kListViewed, Bytes(3'000, 0x41));
    Bytes record = encode_record(sample::record(1));
    record.push_back(7);
    ByteWriter longer;
    longer.blob(record);
    log.add(EventType::kRecordFinalised, longer.take());
    comes_back(log);
}

TEST_CASE("cut, altered and made-up bytes are refused or read, within the bounds that were set") {
    const sample::Log log = log_of(intakes(6, 6));
    const Bytes packed = pack_events(log.events, {}, {}).value();
    for (std::size_t size = 0; size < packed.size(); size += 41) {
        unpack_events(ByteView(packed).first(size), bounds(log), {}).ignore("only a crash counts");
    }
    fakes::SeededRandom random(34);
    for (int i = 0; i < 60; ++i) {
        Bytes changed = packed;
        changed[random.next_u64() % changed.size()] ^=
            static_cast<std::uint8_t>(1 + random.next_u64() % 255);
        unpack_events(changed, bounds(log), {}).ignore("only a crash counts");
        Bytes noise(200);
        random.fill(noise);
        noise[0] = 0;
        unpack_events(noise, bounds(log), {}).ignore("only a crash counts");
    }
    UnpackBounds tight = bounds(log);
    tight.plain_max = 20'000;
    CHECK(unpack_events(packed, tight, {}).error().code == Errc::kMalformed);
    tight = bounds(log);
    tight.count_max = log.events.size() - 1;
    CHECK(unpack_events(packed, tight, {}).error().code == Errc::kTooLarge);
}

TEST_CASE("dates, times and decimals are read only where they would be written the same") {
    using namespace columns;
    CHECK(write_day(*read_day("2024-02-29")) == "2024-02-29");
    CHECK_FALSE(read_day("2023-02-29").has_value());
    CHECK_FALSE(read_day("0000-01-01").has_value());
    CHECK_FALSE(read_day("+024-01-01").has_value());
    CHECK(day_of(0) == Day{1970, 1, 1});
    CHECK(day_of(-1) == Day{1969, 12, 31});
    CHECK(day_of(INT64_MAX).year == 9999);
    CHECK(months_between({2024, 8, 26}, {2026, 1, 5}) == 16);
    CHECK(months_between({2024, 8, 26}, {2026, 1, 26}) == 17);
    CHECK(months_between({2026, 2, 1}, {2026, 1, 1}) == -1);
    const auto stamp = read_stamp("2026-01-05T08:12:41.291+03:00");
    REQUIRE(stamp.has_value());
    CHECK(to_iso_utc(stamp->ms) == "2026-01-05T05:12:41.291Z");
    CHECK(stamp->zone == 180);
    CHECK(write_stamp(*stamp) == "2026-01-05T08:12:41.291+03:00");
    CHECK_FALSE(read_stamp("2026-01-05T08:12:41.291-00:00").has_value());
    CHECK_FALSE(read_stamp("2026-01-05 08:12:41.291+03:00").has_value());
    const auto place = read_decimals("31.062478 46.302972 29.1 -4.0");
    REQUIRE(place.has_value());
    CHECK(place->front().scaled == 31'062'478);
    CHECK(place->back().scaled == -40);
    CHECK(write_decimals(*place) == "31.062478 46.302972 29.1 -4.0");
    CHECK_FALSE(read_decimals("-0.0").has_value());
    CHECK_FALSE(read_decimals("01.5").has_value());
}
