// Goal: how many records a second central opens and commits on PostgreSQL, against one COPY stream
// of the same records as jsonb into the same server. Method: intakes of the corpus in sealed
// batches of 1,000, two devices that each wait for their receipts, as the server runs them: batches
// are read beside each other, one thread commits. PostgreSQL writes to this machine's disk as in
// service. Reading (decrypting, inflating, the hash chain) is told apart, for it scales with
// cores.
#include <libpq-fe.h>

#include <mutex>
#include <thread>

#include "platform/codec.h"
#include "sync/central/event_papers.h"
#include "sync/central/ingest.h"
#include "sync/central/log_line.h"
#include "tests/bench/bench.h"
#include "tests/bench/corpus.h"
#include "tests/fakes/postgres.h"
#include "tests/fakes/seeded_random.h"

using namespace awda;
using namespace awda::bench;
using namespace awda::central;

namespace {

constexpr std::size_t kDevices = 2;
constexpr std::size_t kBatches = 4;  ///< of each device, after one that begins its log
constexpr std::size_t kRecords = 1000;
constexpr int kRounds = 3;
constexpr double kBar = 0.55;

/// A device and what it will send; the corpus' records, too, for the other side.
class Device {
public:
    explicit Device(std::uint64_t seed) : random_(seed), corpus_(seed, 1) {
        random_.fill(request_.device.value);
        random_.fill(request_.office.value);
        random_.fill(request_.officer.value);
        sign_ = new_sign_key(random_);
        officer_ = new_sign_key(random_);
        salts_.first_seq = 1;
        random_.fill(salts_.seed);
    }
    /// Everything up to the last batch.
    void make(const VoucherKeys& keys, const SealPublic& registry) {
        sync::Voucher voucher;
        random_.fill(voucher.id.value);
        voucher.office = request_.office;
        voucher.office_name = "bench";
        voucher.role = "administrator";
        voucher.server_url = "https://localhost:1";
        voucher.issued_ms = system_clock().now();
        voucher.expires_ms = voucher.issued_ms + 86'400'000;
        voucher.hq = keys.hq.signed_keys;
        voucher_file = sync::sign_voucher(voucher, keys.delegate);
        voucher_ = voucher;
        request_.voucher = voucher.id;
        request_.voucher_hash = hash32(voucher_file);
        request_.device_sign = sign_.pub;
        request_.officer_key = officer_.pub;
        request_.recovery = Bytes(48, 7);
        enrolment = sync::sign_enrol_request(request_, sign_);
        prev_ = sync::first_prev(request_.device);
        DeviceInitialised paper;
        paper.voucher = voucher.id;
        paper.device_sign = sign_.pub;
        paper.officer = request_.officer;
        paper.officer_key = officer_.pub;
        paper.role = voucher.role;
        add(sync::EventType::kDeviceInitialised, encode_device_initialised(paper));
        seal(registry);
        for (std::size_t i = 0; i < kBatches; ++i) {
            for (std::size_t n = 0; n < kRecords; ++n) add_record();
            add(sync::EventType::kCheckpoint,
                sync::encode_checkpoint(sync::sign_checkpoint(request_.device, next_seq_ - 1, prev_,
                                                              sign_, request_.officer, &officer_)));
            seal(registry);
        }
    }
    [[nodiscard]] const DeviceId& id() const { return request_.device; }
    [[nodiscard]] const sync::Voucher& voucher() const { return voucher_; }

    Bytes voucher_file;
    Bytes enrolment;
    std::vector<sync::SealedBatch> batches;
    std::vector<std::string> documents;  ///< each record as JSON

private:
    void add(sync::EventType type, Bytes payload) {
        sync::Event event;
        event.seq = next_seq_++;
        event.hlc = hlc_ = sync::next_hlc(hlc_, 1'767'225'600'000);
        event.officer = request_.officer;
        event.office = request_.office;
        event.type = type;
        event.salt = sync::derive_salt(salts_, event.seq);
        event.payload = std::move(payload);
        event.commitment = sync::commit(*event.salt, *event.payload);
        event.prev = prev_;
        prev_ = sync::event_hash(request_.device, event);
        waiting_.push_back(std::move(event));
    }
    void add_record() {
        const sync::Record record = corpus_.next();
        documents.push_back(json_of(record));
        add(sync::EventType::kRecordFinalised,
            sync::encode_record_payload(sync::make_record_payload(sync::encode_record(record))));
    }
    void seal(const SealPublic& registry) {
        sync::BatchInput input;
        input.device = request_.device;
        input.number = batches.size() + 1;
        if (!batches.empty()) input.prev_batch = batches.back().hash;
        input.claimed_ms = 1'767'225'600'000;
        input.events = std::move(waiting_);
        input.salt_seeds = {salts_};
        waiting_.clear();
        batches.push_back(sync::seal_batch(input, {registry}, sign_, random_).value());
    }

    fakes::SeededRandom random_;
    Corpus corpus_;
    sync::EnrolRequest request_;
    sync::Voucher voucher_;
    SignKey sign_;
    SignKey officer_;
    sync::SaltSeed salts_;
    sync::Hlc hlc_;
    Hash32 prev_{};
    std::uint64_t next_seq_ = 1;
    std::vector<sync::Event> waiting_;
};

using Devices = std::vector<std::unique_ptr<Device>>;

std::size_t records_in(const Devices& devices) {
    std::size_t count = 0;
    for (const auto& device : devices) count += device->documents.size();
    return count;
}

/// What one round took, in milliseconds.
struct Round {
    double all = 0;
    double taking = 0;  ///< with the database alone
};

/// Every device delivers all it has into a database of its own making.
Round ingest_round(const StorePlace& place, const Devices& devices) {
    AWDA_ASSERT(Store::create(place).ok());
    Store store = Store::open(place).value();
    const auto spool = Spool::open(place.data, system_clock()).value();
    const ServeKeys keys = load_serve_keys(place.keys).value();
    Ingest ingest(store, *spool, keys, system_clock());
    for (const auto& device : devices) {
        auto transaction = store.begin().value();
        AWDA_ASSERT(store.add_voucher(device->voucher(), hash32(device->voucher_file)).ok());
        AWDA_ASSERT(transaction.commit().ok());
        AWDA_ASSERT(ingest.enrol(device->enrolment)->problem == sync::Problem::kNone);
        for (const sync::SealedBatch& batch : device->batches) {
            auto writer = spool->begin(batch.hash, batch.file.size()).value();
            AWDA_ASSERT(writer.append(batch.file).ok() && writer.sync().ok());
        }
        AWDA_ASSERT(ingest.complete(device->id(), device->batches[0].hash).ok());
    }
    std::mutex registry;
    double taking = 0;
    const auto deliver = [&](const Device& device) {
        for (std::size_t i = 1; i < device.batches.size(); ++i) {
            const Hash32& hash = device.batches[i].hash;
            std::unique_lock lock(registry);
            const auto expected = ingest.expect(device.id(), hash).value();
            lock.unlock();
            auto arrival = ingest.read(expected.device, hash, {}).value();
            lock.lock();
            const double before = wall_ms();
            const Answer answer = ingest.take(std::move(arrival)).value();
            taking += wall_ms() - before;
            lock.unlock();
            AWDA_ASSERT(sync::decode_receipts(answer.body)->size() == 2);
        }
    };
    const double before = wall_ms();
    std::vector<std::thread> threads;
    for (const auto& device : devices) threads.emplace_back([&] { deliver(*device); });
    for (std::thread& thread : threads) thread.join();
    const Round round{wall_ms() - before, taking};
    AWDA_ASSERT(store.totals()->records == static_cast<std::int64_t>(records_in(devices)));
    return round;
}

/// CPU time of reading all batches once, on one thread.
double reading_ms(const Path& keys, const Devices& devices) {
    const ServeKeys serve = load_serve_keys(keys).value();
    const double before = cpu_ms();
    for (const auto& device : devices) {
        const auto request = sync::open_enrol_request(device->enrolment).value();
        for (std::size_t i = 1; i < device->batches.size(); ++i) {
            AWDA_ASSERT(
                read_batch(device->batches[i].file, request.device_sign, serve.registry, {}, true)
                    .ok());
        }
    }
    return cpu_ms() - before;
}

void tell(PGconn* connection, const char* sql) {
    PGresult* result = ::PQexec(connection, sql);
    const ExecStatusType status = ::PQresultStatus(result);
    AWDA_ASSERT(status == PGRES_COMMAND_OK || status == PGRES_COPY_IN);
    ::PQclear(result);
}

std::string copy_line(std::size_t id, const std::string& document) {
    std::string line = std::to_string(id) + '\t';
    for (const char c : document) {
        if (c == '\\') line += '\\';
        line += c;
    }
    return line + '\n';
}

/// Milliseconds for the same records as jsonb, a thousand a transaction.
double copy_round(const std::string& url, const Devices& devices, const char* table) {
    PGconn* connection = ::PQconnectdb(url.c_str());
    AWDA_ASSERT(::PQstatus(connection) == CONNECTION_OK);
    tell(connection, table);
    std::vector<std::string> streams;
    std::size_t id = 0;
    for (const auto& device : devices) {
        for (const std::string& document : device->documents) {
            if (id % kRecords == 0) streams.emplace_back();
            streams.back() += copy_line(id++, document);
        }
    }
    const double before = wall_ms();
    for (const std::string& stream : streams) {
        tell(connection, "COPY records FROM STDIN");
        AWDA_ASSERT(::PQputCopyData(connection, stream.data(), static_cast<int>(stream.size())) ==
                    1);
        AWDA_ASSERT(::PQputCopyEnd(connection, nullptr) == 1);
        PGresult* result = ::PQgetResult(connection);
        AWDA_ASSERT(::PQresultStatus(result) == PGRES_COMMAND_OK);
        ::PQclear(result);
        AWDA_ASSERT(::PQgetResult(connection) == nullptr);
    }
    const double took = wall_ms() - before;
    ::PQfinish(connection);
    return took;
}

/// At least as fast as the bar says; 1 if not.
int print_share(const std::string& name, double ours, double floor, double bar) {
    const double share = floor / ours;
    fmt::print("{:<58} {:>9.2f} x   bar {:>6.2f}  {}\n", name, share, bar,
               share >= bar ? "kept" : "MISSED");
    return share >= bar ? 0 : 1;
}

int measure_all(fakes::PostgresServer& server) {
    const fakes::TempFolder folder;
    const Path keys = folder / "keys";
    AWDA_ASSERT(init_key_folders(keys, {"localhost"}, system_clock(), system_random()).ok());
    const VoucherKeys voucher_keys = load_voucher_keys(keys).value();
    const SealPublic registry = load_serve_keys(keys)->registry.pub;
    Devices devices;
    for (std::size_t i = 0; i < kDevices; ++i) {
        devices.push_back(std::make_unique<Device>(7 + i));
        devices.back()->make(voucher_keys, registry);
    }
    const std::uint64_t records = records_in(devices);
    int count = 0;
    const auto schema = [&] {
        const std::string name = "bench" + std::to_string(++count);
        AWDA_ASSERT(server.ask("CREATE SCHEMA " + name));
        return name;
    };
    double plain = 1e12;
    double lz4 = 1e12;
    Round ours{1e12, 1e12};
    // In turns, so that a slow moment of the machine meets all of them.
    for (int i = 0; i < kRounds; ++i) {
        plain = std::min(plain, copy_round(server.url(schema()), devices,
                                           "CREATE TABLE records(id bigint PRIMARY KEY, "
                                           "document jsonb)"));
        lz4 = std::min(lz4, copy_round(server.url(schema()), devices,
                                       "CREATE TABLE records(id bigint PRIMARY KEY, "
                                       "document jsonb COMPRESSION lz4)"));
        const std::string name = schema();
        const Round round = ingest_round({folder / name, keys, server.url(name)}, devices);
        ours.all = std::min(ours.all, round.all);
        ours.taking = std::min(ours.taking, round.taking);
    }
    const double reading = reading_ms(keys, devices);
    print_rate("COPY of jsonb, 1,000 a transaction", records, plain);
    print_rate("COPY of jsonb under lz4", records, lz4);
    print_rate("central, one core reading (no database)", records, reading);
    print_rate("central, committing what was read", records, ours.taking);
    print_rate("central, all of it", records, ours.all);
    print_share("committing what was read / COPY of jsonb", ours.taking, plain, kBar);
    print_share("all of it / COPY of jsonb under lz4", ours.all, lz4, kBar);
    return print_share("all of it / COPY of jsonb", ours.all, plain, kBar);
}

}  // namespace

int main() {
    if (!crypto_start().ok()) return 1;
    quiet_log(true);
    const auto server = fakes::PostgresServer::start(true);
    if (server == nullptr) {
        fmt::print("skipped: PostgreSQL is not installed\n");
        return 0;
    }
    return measure_all(*server);
}
