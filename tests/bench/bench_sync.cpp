// Goal: what a record costs on the wire and in CPU, against the information that is in it and
// against how others send the same records. Method: a log as a vault writes it over intakes of the
// corpus (corpus.h), sealed in batches of 1000, 100 and 10 behind 300 records that were sent
// before; every batch is opened and compared. The first batches of a new computer are told beside
// them, with a prior made of intakes of other seeds and without. Events that are no records are
// told apart.
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
constexpr std::size_t kRecordsBefore = 300;
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
            sync::encode_record_payload(sync::make_record_payload(sync::encode_record(record))));
    }
    void add_checkpoint(UnixMs now) {
        add(sync::EventType::kCheckpoint, now,
            sync::encode_checkpoint(sync::sign_checkpoint(office_.device, events_.size(), prev_,
                                                          office_.device_key, office_.officer,
                                                          &office_.officer_key)));
    }
    [[nodiscard]] std::size_t size() const { return events_.size(); }
    /// All behind the first `sent` events, as one batch.
    [[nodiscard]] sync::BatchInput input(std::size_t sent) const {
        sync::BatchInput out;
        out.device = office_.device;
        out.number = sent == 0 ? 1 : 2;
        if (sent != 0) out.prev_batch.fill(1);
        out.claimed_ms = events_.back().hlc.unix_ms();
        out.events.assign(events_.begin() + static_cast<std::ptrdiff_t>(sent), events_.end());
        out.salt_seeds = {seed_};
        return out;
    }
    /// What central has, too, once that was sent.
    [[nodiscard]] sync::Known known(const sync::PriorShelf& shelf) const {
        return {
            .priors = &shelf, .history = [this](std::uint64_t seq, std::size_t most) {
                const auto end = events_.begin() + static_cast<std::ptrdiff_t>(seq - 1);
                const auto count = std::min<std::ptrdiff_t>(end - events_.begin(),
                                                            static_cast<std::ptrdiff_t>(most));
                return Result<std::vector<sync::Event>>(std::vector<sync::Event>(end - count, end));
            }};
    }

private:
    const Office& office_;
    std::vector<sync::Event> events_;
    Hash32 prev_;
    sync::Hlc hlc_;
    fakes::SeededRandom random_;
    sync::SaltSeed seed_;
};

/// What else is in the log beside the records.
struct Audit {
    bool started = false;     ///< an event for each that is begun
    bool checkpoint = false;  ///< the one that covers them
};

void add_records(Log& log, const std::vector<sync::Record>& records, Audit audit) {
    for (const sync::Record& record : records) log.add_record(record, audit.started);
    if (audit.checkpoint) log.add_checkpoint(records.back().finalised_ms + 1000);
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
                        const sync::Known& known) {
    fakes::SeededRandom random(8);
    const auto batch =
        sync::seal_batch(input, {office.registry.pub}, office.device_key, random, known);
    if (!batch.ok() || batch->header.codec != sync::BatchCodec::kColumns) std::abort();
    const auto opened =
        sync::open_batch(batch->file, office.device_key.pub, office.registry, known);
    if (!opened.ok() || opened->events.size() != input.events.size()) std::abort();
    for (std::size_t i = 0; i < input.events.size(); ++i) {
        if (*opened->events[i].payload != *input.events[i].payload) std::abort();
    }
    return batch->file.size();
}

/// A first batch, of these records alone.
std::size_t first_size(const Office& office, const std::vector<sync::Record>& records,
                       const sync::PriorShelf& shelf) {
    Log log(office);
    add_records(log, records, {});
    return sealed_size(office, log.input(0), log.known(shelf));
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

struct Measured {
    double entropy = 0;
    double sealed = 0;
    double with_started = 0;
    double with_checkpoint = 0;
    double first_with_prior = 0;
    double first_alone = 0;
    double odk = 0;
};

Measured measure_one(const Office& office, const sync::PriorShelf& shelf, std::size_t size,
                     std::uint64_t seed) {
    Measured out;
    Corpus corpus(seed, static_cast<std::uint32_t>(seed + 1));
    const std::vector<sync::Record> before = take(corpus, kRecordsBefore);
    const double entropy_before = corpus.entropy_bits();
    const std::vector<sync::Record> records = take(corpus, size);
    out.entropy = (corpus.entropy_bits() - entropy_before) / 8;
    const auto sealed = [&](Audit audit) {
        Log log(office);
        add_records(log, before, {audit.started, true});
        const std::size_t sent = log.size();
        add_records(log, records, audit);
        return static_cast<double>(
            sealed_size(office, log.input(sent), log.known(sync::PriorShelf::empty())));
    };
    out.sealed = sealed({});
    out.with_started = sealed({.started = true});
    out.with_checkpoint = sealed({.checkpoint = true});
    out.first_with_prior = static_cast<double>(first_size(office, records, shelf));
    out.first_alone = static_cast<double>(first_size(office, records, sync::PriorShelf::empty()));
    for (const sync::Record& record : records) {
        out.odk += static_cast<double>(xml_of(record).size() + kMultipartBytes);
    }
    return out;
}

/// Several batches of `size` records, each of another seed.
int measure_bytes(const Office& office, const sync::PriorShelf& shelf, std::size_t size,
                  std::size_t batches, double bar) {
    Measured sum;
    for (std::size_t i = 0; i < batches; ++i) {
        const Measured one = measure_one(office, shelf, size, kMeasuredSeed + i);
        sum.entropy += one.entropy;
        sum.sealed += one.sealed;
        sum.with_started += one.with_started;
        sum.with_checkpoint += one.with_checkpoint;
        sum.first_with_prior += one.first_with_prior;
        sum.first_alone += one.first_alone;
        sum.odk += one.odk;
    }
    const auto count = static_cast<double>(size * batches);
    fmt::print("batches of {}: {:.1f} bytes a record sealed, entropy {:.1f}\n", size,
               sum.sealed / count, sum.entropy / count);
    const auto row = [](const char* name, double value, const char* unit) {
        fmt::print("{:<58} {:>9.2f} {}\n", name, value, unit);
    };
    row("  a started event a record adds", (sum.with_started - sum.sealed) / count, "bytes");
    row("  the checkpoint that covers them adds", (sum.with_checkpoint - sum.sealed) / count,
        "bytes a record");
    row("  ODK's posts / source entropy", sum.odk / sum.entropy, "x");
    row("  a computer's first batch, with a prior", sum.first_with_prior / sum.entropy, "x");
    row("  a computer's first batch, with nothing", sum.first_alone / sum.entropy, "x");
    return print_ratio("  sealed / source entropy", sum.sealed, sum.entropy, bar);
}

/// 1000 records behind 300, and the log they are in.
struct Thousand {
    explicit Thousand(const Office& office) : corpus(kMeasuredSeed, 8), log(office) {
        add_records(log, take(corpus, kRecordsBefore), {.checkpoint = true});
        sent = log.size();
        const double before = corpus.entropy_bits();
        records = take(corpus, 1000);
        entropy = (corpus.entropy_bits() - before) / 8;
        add_records(log, records, {});
    }
    Corpus corpus;
    Log log;
    std::size_t sent = 0;
    std::vector<sync::Record> records;
    double entropy = 0;
};

int measure_others(const Office& office) {
    const Thousand thousand(office);
    std::string xml;
    std::string json;
    for (const sync::Record& record : thousand.records) {
        xml += xml_of(record) + '\n';
        json += json_of(record) + '\n';
    }
    const auto sealed = static_cast<double>(sealed_size(
        office, thousand.log.input(thousand.sent), thousand.log.known(sync::PriorShelf::empty())));
    if (const auto gzip = archived_size(json, "gzip -6 records", "records.gz")) {
        fmt::print("{:<58} {:>9.2f} x\n", "CSPro's way, JSON under gzip / source entropy",
                   static_cast<double>(*gzip) / thousand.entropy);
    }
    const auto zpaq = archived_size(xml, "zpaq a records.zpaq records -m5", "records.zpaq");
    if (!zpaq) {
        fmt::print("zpaq is not installed: its row is left out\n");
        return 1;
    }
    fmt::print("{:<58} {:>9.2f} x\n", "zstd -19 of the XML / zpaq -m5 of it",
               static_cast<double>(zstd_size(as_bytes(xml))) / static_cast<double>(*zpaq));
    return print_ratio("sealed / zpaq -m5 of the same records as XML, 1000", sealed,
                       static_cast<double>(*zpaq), 0.55);
}

void measure_cpu(const Office& office) {
    const Thousand thousand(office);
    const sync::BatchInput input = thousand.log.input(thousand.sent);
    const sync::Known known = thousand.log.known(sync::PriorShelf::empty());
    fakes::SeededRandom random(9);
    const auto seal = [&] {
        return sync::seal_batch(input, {office.registry.pub}, office.device_key, random, known);
    };
    const auto batch = seal();
    const Bytes plain = sync::encode_events(input.events).value();
    print_times("seal 1000 records, read back included", measure(3, [&] {
                    if (!seal().ok()) std::abort();
                }));
    print_times("open and check 1000 records", measure(5, [&] {
                    const auto opened = sync::open_batch(batch->file, office.device_key.pub,
                                                         office.registry, known);
                    if (!opened.ok()) std::abort();
                }));
    print_times("zstd -19 of the plain columns, for comparison",
                measure(3, [&] { zstd_size(plain); }));
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
    missed += measure_others(office);
    measure_cpu(office);
    return missed == 0 ? 0 : 1;
}
