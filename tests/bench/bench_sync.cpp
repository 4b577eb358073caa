// Goal: what a batch costs in bytes and CPU, against plain zstd -19 of the same events and against
// gzip's way of one record at a time. Method: 1000, 100 and 10 records like an intake, from a seed.
#include <zstd.h>

#include "platform/codec.h"
#include "sync/batch.h"
#include "sync/log/event.h"
#include "sync/record.h"
#include "tests/bench/bench.h"
#include "tests/fakes/seeded_random.h"

using namespace awda;
using namespace awda::bench;

namespace {

constexpr const char* kNames[] = {"أحمد",  "محمد", "علي",   "حسن",    "زينب",
                                  "فاطمة", "هێمن", "ئاوات", "کاروان", "شيلان",
                                  "عمر",   "يوسف", "مريم",  "سارة",   "رێبوار"};
constexpr const char* kPaths[] = {"person/given_name",
                                  "person/father_name",
                                  "person/grandfather_name",
                                  "person/surname",
                                  "person/sex",
                                  "person/birth_date",
                                  "person/marital_status",
                                  "documents/passport",
                                  "documents/national_card",
                                  "abroad/country",
                                  "abroad/status",
                                  "abroad/arrived",
                                  "return/channel",
                                  "return/intention",
                                  "destination/governorate",
                                  "destination/district",
                                  "skills/education",
                                  "skills/occupation",
                                  "needs/list",
                                  "consent/given"};

sync::Record record_like_an_intake(Random& random, UnixMs now) {
    sync::Record record;
    record.instance.value = new_uuid_v7(now, random);
    record.root = record.instance;
    record.form_id = "returnee-intake";
    record.form_version = "1";
    record.language = "ar";
    record.started_ms = now - 900'000;
    record.finalised_ms = now;
    for (std::size_t i = 0; i < std::size(kPaths); ++i) {
        const std::uint64_t draw = random.next_u64();
        std::string value = i < 4               ? kNames[draw % std::size(kNames)]
                            : i == 5 || i == 11 ? fmt::format("{}-{:02}-{:02}", 1950 + draw % 60,
                                                              1 + draw % 12, 1 + draw % 28)
                            : i == 7 || i == 8  ? fmt::format("A{:08}", draw % 100'000'000)
                                                : fmt::format("choice_{}", draw % 7);
        record.fields.push_back({kPaths[i], std::move(value)});
    }
    const std::uint64_t members = random.next_u64() % 6;
    for (std::uint64_t row = 1; row <= members; ++row) {
        const std::string at = fmt::format("family[{}]", row);
        record.fields.push_back({at, ""});
        record.fields.push_back({at + "/name", kNames[random.next_u64() % std::size(kNames)]});
        record.fields.push_back(
            {at + "/birth_year", fmt::format("{}", 1940 + random.next_u64() % 85)});
    }
    return record;
}

struct Office {
    DeviceId device;
    OfficeId office;
    OfficerId officer;
    SignKey device_key;
    SignKey officer_key;
    SealKey registry;
};

std::vector<sync::Event> log_of(std::size_t records, const Office& office, Random& random,
                                std::vector<Bytes>& payloads) {
    std::vector<sync::Event> events;
    Hash32 prev = sync::first_prev(office.device);
    sync::Hlc hlc;
    UnixMs now = 1'767'225'600'000;
    for (std::size_t i = 0; i < records; ++i) {
        now += 600'000 + static_cast<UnixMs>(random.next_u64() % 600'000);
        sync::Event event;
        event.seq = i + 1;
        event.hlc = hlc = sync::next_hlc(hlc, now);
        event.officer = office.officer;
        event.office = office.office;
        event.type = sync::EventType::kRecordFinalised;
        event.payload = sync::encode_signed_record(
            sync::sign_record(sync::encode_record(record_like_an_intake(random, now)),
                              office.officer, office.officer_key));
        event.salt.emplace();
        random.fill(*event.salt);
        event.commitment = sync::commit(*event.salt, *event.payload);
        event.prev = prev;
        prev = sync::event_hash(office.device, event);
        payloads.push_back(*event.payload);
        events.push_back(std::move(event));
    }
    return events;
}

std::size_t zstd_size(ByteView data) {
    Bytes out(ZSTD_compressBound(data.size()));
    const std::size_t size = ZSTD_compress(out.data(), out.size(), data.data(), data.size(), 19);
    return ZSTD_isError(size) != 0U ? data.size() : size;
}

int measure_batch(std::size_t records, const Office& office, double bar) {
    fakes::SeededRandom random(records);
    std::vector<Bytes> payloads;
    sync::BatchInput input{office.device,
                           1,
                           {},
                           1'767'225'600'000,
                           log_of(records, office, random, payloads)};
    Bytes joined;
    std::size_t alone = 0;
    for (const Bytes& payload : payloads) {
        joined.insert(joined.end(), payload.begin(), payload.end());
        alone += zstd_size(payload);
    }
    std::size_t sealed = 0;
    const Times seal = measure(3, [&] {
        sealed =
            sync::seal_batch(input, {office.registry.pub}, office.device_key, random)->file.size();
    });
    const auto batch = sync::seal_batch(input, {office.registry.pub}, office.device_key, random);
    const Times open = measure(3, [&] {
        const auto opened = sync::open_batch(batch->file, office.device_key.pub, office.registry);
        if (!opened.ok() || opened->events.size() != records) std::abort();
    });
    fmt::print("batch of {} records: {:.1f} bytes a record sealed, {:.1f} before compression\n",
               records, static_cast<double>(sealed) / static_cast<double>(records),
               static_cast<double>(joined.size()) / static_cast<double>(records));
    print_times("  seal", seal);
    print_times("  open and check", open);
    print_ratio("  sealed / zstd -19 of each record alone", static_cast<double>(sealed),
                static_cast<double>(alone), 1.0);
    return print_ratio("  sealed / zstd -19 of the same signed records",
                       static_cast<double>(sealed), static_cast<double>(zstd_size(joined)), bar);
}

}  // namespace

int main() {
    if (!crypto_start().ok()) return 1;
    fakes::SeededRandom random(7);
    Office office;
    random.fill(office.device.value);
    random.fill(office.office.value);
    random.fill(office.officer.value);
    office.device_key = new_sign_key(random);
    office.officer_key = new_sign_key(random);
    office.registry = new_seal_key(random);
    int missed = 0;
    // The log adds to each record a salt (16 bytes, random) and its clock; a batch adds its header.
    missed += measure_batch(1000, office, 1.25);
    missed += measure_batch(100, office, 1.30);
    missed += measure_batch(10, office, 1.60);
    return missed == 0 ? 0 : 1;
}
