// Goal: what a record costs on the wire and in CPU, against the information that is in it and
// against how others send the same records. Method: a log as a vault writes it over intakes of the
// corpus (corpus.h), sealed in batches of 1000, 100 and 10; every batch is opened and compared. The
// prior is made of intakes of other seeds. Events that are no records are taken out of the bytes
// and told apart.
#include <zstd.h>

#include <array>
#include <filesystem>

#include "platform/codec.h"
#include "platform/files.h"
#include "sync/batch.h"
#include "sync/columns/prior.h"
#include "sync/log/event_codec.h"
#include "sync/record.h"
#include "tests/bench/bench.h"
#include "tests/bench/corpus.h"
#include "tests/fakes/seeded_random.h"
#include "tests/fakes/temp_folder.h"

using namespace awda;
using namespace awda::bench;

namespace {

constexpr std::uint64_t kMeasuredSeed = 7;
constexpr std::uint64_t kPriorSeed = 1001;
constexpr std::size_t kPriorRecords = 2000;
/// What ODK Collect sends around an instance (research: headers and parts of the multipart post).
constexpr std::size_t kMultipartBytes = 700;

struct Office {
    DeviceId device;
    OfficeId office;
    OfficerId officer;
    SignKey device_key;
    SignKey officer_key;
    SealKey registry;
};

Office make_office() {
    fakes::SeededRandom random(7);
    Office office;
    random.fill(office.device.value);
    random.fill(office.office.value);
    random.fill(office.officer.value);
    office.device_key = new_sign_key(random);
    office.officer_key = new_sign_key(random);
    office.registry = new_seal_key(random);
    return office;
}

/// A log as it grows in a vault.
class Log {
public:
    explicit Log(const Office& office)
        : office_(office), prev_(sync::first_prev(office.device)), random_(31) {
        seed_.first_seq = 1;
        random_.fill(seed_.seed);
    }

    void add(sync::EventType type, UnixMs now, Bytes payload) {
        sync::Event event;
        event.seq = events_.size() + 1;
        event.hlc = hlc_ = sync::next_hlc(hlc_, now);
        event.officer = office_.officer;
        event.office = office_.office;
        event.type = type;
        event.salt = sync::derive_salt(seed_, event.seq);
        event.payload = std::move(payload);
        event.commitment = sync::commit(*event.salt, *event.payload);
        event.prev = prev_;
        prev_ = sync::event_hash(office_.device, event);
        events_.push_back(std::move(event));
    }
    void add_record(const sync::Record& record, bool with_audit) {
        if (with_audit) {
            ByteWriter started;
            started.raw("AWDASTRT");
            started.raw(record.instance.bytes());
            started.raw(InstanceId().bytes());
            started.text(record.form_id);
            add(sync::EventType::kRecordStarted, record.started_ms, started.take());
        }
        add(sync::EventType::kRecordFinalised, record.finalised_ms,
            sync::encode_signed_record(sync::sign_record(sync::encode_record(record),
                                                         office_.officer, office_.officer_key)));
    }
    void add_checkpoint(UnixMs now) {
        add(sync::EventType::kCheckpoint, now,
            sync::encode_checkpoint(sync::sign_checkpoint(office_.device, events_.size(), prev_,
                                                          office_.device_key, office_.officer,
                                                          &office_.officer_key)));
    }
    [[nodiscard]] sync::BatchInput input() const {
        sync::BatchInput out;
        out.device = office_.device;
        out.number = 1;
        out.claimed_ms = events_.back().hlc.unix_ms();
        out.events = events_;
        out.salt_seeds = {seed_};
        return out;
    }

private:
    const Office& office_;
    std::vector<sync::Event> events_;
    Hash32 prev_;
    sync::Hlc hlc_;
    fakes::SeededRandom random_;
    sync::SaltSeed seed_;
};

sync::BatchInput log_of(const Office& office, const std::vector<sync::Record>& records,
                        bool with_audit) {
    Log log(office);
    for (const sync::Record& record : records) log.add_record(record, with_audit);
    log.add_checkpoint(records.back().finalised_ms + 1000);
    return log.input();
}

std::vector<sync::Record> take(Corpus& corpus, std::size_t count) {
    std::vector<sync::Record> records;
    for (std::size_t i = 0; i < count; ++i) records.push_back(corpus.next());
    return records;
}

sync::PriorShelf shelf_with_prior() {
    std::vector<sync::Record> records;
    for (std::uint64_t device = 0; device < 2; ++device) {
        Corpus corpus(kPriorSeed + device, static_cast<std::uint32_t>(50 + device));
        for (sync::Record& record : take(corpus, kPriorRecords / 2)) {
            records.push_back(std::move(record));
        }
    }
    sync::PriorShelf shelf;
    Bytes prior = sync::make_prior(records).value();
    fmt::print("prior of {} records: {} bytes\n", records.size(), prior.size());
    if (!shelf.add(std::move(prior)).ok()) std::abort();
    return shelf;
}

/// Sealed, opened and compared.
std::size_t sealed_size(const Office& office, const sync::BatchInput& input,
                        const sync::PriorShelf& shelf) {
    fakes::SeededRandom random(8);
    const auto batch =
        sync::seal_batch(input, {office.registry.pub}, office.device_key, random, shelf);
    if (!batch.ok() || batch->header.codec != sync::BatchCodec::kColumns) std::abort();
    const auto opened =
        sync::open_batch(batch->file, office.device_key.pub, office.registry, shelf);
    if (!opened.ok() || opened->events.size() != input.events.size()) std::abort();
    for (std::size_t i = 0; i < input.events.size(); ++i) {
        if (*opened->events[i].payload != *input.events[i].payload) std::abort();
    }
    return batch->file.size();
}

std::size_t zstd_size(ByteView data) {
    Bytes out(ZSTD_compressBound(data.size()));
    const std::size_t size = ZSTD_compress(out.data(), out.size(), data.data(), data.size(), 19);
    if (ZSTD_isError(size) != 0U) std::abort();
    return size;
}

/// What an archiver of the system makes of `text`; nothing if it is not installed.
std::optional<std::size_t> archived_size(const std::string& text, const char* command,
                                         const char* archive) {
    const fakes::TempFolder folder;
    if (!atomic_write(folder.path() / "records", as_bytes(text)).ok()) std::abort();
    const std::string line = "cd " + folder.path().string() + " && " + command + " >/dev/null 2>&1";
    if (std::system(line.c_str()) != 0) return std::nullopt;
    return std::filesystem::file_size(folder.path() / archive);
}

/// Several batches of `size` records, each of another seed.
int measure_bytes(const Office& office, const sync::PriorShelf& shelf, std::size_t size,
                  std::size_t batches, double bar) {
    double entropy = 0;
    double sealed = 0;
    double unaided = 0;
    double with_audit = 0;
    double odk = 0;
    for (std::size_t i = 0; i < batches; ++i) {
        Corpus corpus(kMeasuredSeed + i, static_cast<std::uint32_t>(8 + i));
        const std::vector<sync::Record> records = take(corpus, size);
        entropy += corpus.entropy_bits() / 8;
        const sync::BatchInput input = log_of(office, records, false);
        sealed += static_cast<double>(sealed_size(office, input, shelf));
        unaided += static_cast<double>(sealed_size(office, input, sync::PriorShelf::empty()));
        with_audit +=
            static_cast<double>(sealed_size(office, log_of(office, records, true), shelf));
        for (const sync::Record& record : records) {
            odk += static_cast<double>(xml_of(record).size() + kMultipartBytes);
        }
    }
    const auto count = static_cast<double>(size * batches);
    fmt::print(
        "batches of {}: {:.1f} bytes a record sealed, {:.1f} without a prior; entropy {:.1f}\n",
        size, sealed / count, unaided / count, entropy / count);
    fmt::print("  a started event a record adds                           {:>9.1f} bytes\n",
               (with_audit - sealed) / count);
    fmt::print("  ODK's posts / source entropy                            {:>9.2f} x\n",
               odk / entropy);
    return print_ratio("  sealed / source entropy", sealed, entropy, bar);
}

int measure_others(const Office& office, const sync::PriorShelf& shelf) {
    Corpus corpus(kMeasuredSeed, 8);
    const std::vector<sync::Record> records = take(corpus, 1000);
    const double entropy = corpus.entropy_bits() / 8;
    std::string xml;
    std::string json;
    for (const sync::Record& record : records) {
        xml += xml_of(record) + '\n';
        json += json_of(record) + '\n';
    }
    const auto sealed =
        static_cast<double>(sealed_size(office, log_of(office, records, false), shelf));
    if (const auto gzip = archived_size(json, "gzip -6 records", "records.gz")) {
        fmt::print("  CSPro's way, JSON under gzip / source entropy           {:>9.2f} x\n",
                   static_cast<double>(*gzip) / entropy);
    }
    const auto zpaq = archived_size(xml, "zpaq a records.zpaq records -m5", "records.zpaq");
    if (!zpaq) {
        fmt::print("zpaq is not installed: its row is left out\n");
        return 1;
    }
    fmt::print("  zstd -19 of the XML / zpaq -m5 of it                    {:>9.2f} x\n",
               static_cast<double>(zstd_size(as_bytes(xml))) / static_cast<double>(*zpaq));
    return print_ratio("  sealed / zpaq -m5 of the same records as XML, 1000", sealed,
                       static_cast<double>(*zpaq), 0.55);
}

void measure_cpu(const Office& office, const sync::PriorShelf& shelf) {
    Corpus corpus(kMeasuredSeed, 8);
    const sync::BatchInput input = log_of(office, take(corpus, 1000), false);
    fakes::SeededRandom random(9);
    const auto seal = [&] {
        return sync::seal_batch(input, {office.registry.pub}, office.device_key, random, shelf);
    };
    const auto batch = seal();
    const Bytes plain = sync::encode_events(input.events).value();
    const Times floor = measure(3, [&] { zstd_size(plain); });
    print_times("seal 1000 records, read back included", measure(3, [&] { seal().ok(); }));
    print_times("open and check 1000 records", measure(5, [&] {
                    const auto opened = sync::open_batch(batch->file, office.device_key.pub,
                                                         office.registry, shelf);
                    if (!opened.ok()) std::abort();
                }));
    print_times("zstd -19 of the plain columns, for comparison", floor);
}

}  // namespace

int main() {
    if (!crypto_start().ok()) return 1;
    const Office office = make_office();
    const sync::PriorShelf shelf = shelf_with_prior();
    int missed = 0;
    missed += measure_bytes(office, shelf, 1000, 2, 1.25);
    missed += measure_bytes(office, shelf, 100, 10, 1.35);
    missed += measure_bytes(office, shelf, 10, 50, 1.65);
    missed += measure_others(office, shelf);
    measure_cpu(office, shelf);
    return missed == 0 ? 0 : 1;
}
