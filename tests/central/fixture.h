// fixture: a headquarters in a temporary folder, and branches whose devices write real logs and
// batches.
//
// Built with AWDA_CENTRAL_ON_POSTGRES its database is a schema of a PostgreSQL that the test
// program starts; the same cases must hold. Threads: the test's.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "platform/http.h"
#include "sync/batch.h"
#include "sync/central/event_papers.h"
#include "sync/central/ingest.h"
#include "sync/central/key_folders.h"
#include "sync/central/log_line.h"
#include "sync/central/spool.h"
#include "sync/central/store.h"
#include "sync/protocol.h"
#include "sync/receipt.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/old_record.h"
#include "tests/fakes/postgres.h"
#include "tests/fakes/seeded_random.h"
#include "tests/fakes/temp_folder.h"

namespace awda::central::testing {

inline constexpr UnixMs kStart = 1'767'225'600'000;  // 2026-01-01T00:00Z

#ifdef AWDA_CENTRAL_ON_POSTGRES
inline constexpr bool kOnPostgres = true;
#else
inline constexpr bool kOnPostgres = false;
#endif

/// One for the whole test program; nothing when PostgreSQL is not installed.
inline fakes::PostgresServer* postgres() {
    static const std::unique_ptr<fakes::PostgresServer> server =
        fakes::PostgresServer::start(false);
    return server.get();
}

/// Key folders and an empty database.
class Headquarters {
public:
    /// Vouchers are issued at `now`, by which a program with the real clock judges them.
    explicit Headquarters(UnixMs now = kStart) : vouchers_issued(now) {
        quiet_log(true);
        if constexpr (kOnPostgres) {
            static int count = 0;
            const std::string schema = "hq" + std::to_string(++count);
            REQUIRE(postgres()->ask("CREATE SCHEMA " + schema));
            database = postgres()->url(schema);
        }
        hq = init_key_folders(keys(), {"localhost"}, clock, system_random()).value();
        REQUIRE(Store::create(place()).ok());
    }
    [[nodiscard]] Path keys() const { return folder / "keys"; }
    [[nodiscard]] Path data() const { return folder / "data"; }
    [[nodiscard]] StorePlace place() const { return {data(), keys(), database}; }

    /// A second connection, as a command beside the server has.
    [[nodiscard]] Store store() const { return Store::open(place()).value(); }
    [[nodiscard]] Bytes voucher(const OfficeId& office, std::string_view name) {
        const VoucherKeys voucher_keys = load_voucher_keys(keys()).value();
        sync::Voucher voucher;
        voucher.id = {new_uuid_v7(clock.now(), system_random())};
        voucher.office = office;
        voucher.office_name = name;
        voucher.role = "administrator";
        voucher.server_url = "https://localhost:1";
        voucher.issued_ms = vouchers_issued;
        voucher.expires_ms = vouchers_issued + std::int64_t{7} * 24 * 3600 * 1000;
        voucher.hq = voucher_keys.hq.signed_keys;
        Bytes file = sync::sign_voucher(voucher, voucher_keys.delegate);
        Store store = this->store();
        auto transaction = store.begin().value();
        REQUIRE(store.add_voucher(voucher, hash32(file)).ok());
        REQUIRE(transaction.commit().ok());
        return file;
    }

    fakes::TempFolder folder;
    fakes::FakeClock clock{kStart};
    sync::HqKeys hq;
    UnixMs vouchers_issued;
    std::string database;  ///< URL of the shared one; empty: central.db
};

/// Central's rules without the network.
class Registry {
public:
    explicit Registry(Headquarters& hq)
        : store(hq.store()),
          spool(Spool::open(hq.data(), hq.clock).value()),
          keys(load_serve_keys(hq.keys()).value()),
          ingest(store, *spool, keys, hq.clock) {}

    Answer upload(const DeviceId& device, const sync::SealedBatch& batch) {
        return upload(device, batch.hash, batch.file);
    }
    Answer upload(const DeviceId& device, const Hash32& hash, ByteView file) {
        put(hash, file);
        return ingest.complete(device, hash).value();
    }
    void put(const Hash32& hash, ByteView file) {
        auto writer = spool->begin(hash, file.size()).value();
        REQUIRE(writer.append(file.subspan(writer.offset())).ok());
        REQUIRE(writer.sync().ok());
    }

    Store store;
    std::unique_ptr<Spool> spool;
    ServeKeys keys;
    Ingest ingest;
};

template <typename IdType>
IdType new_id(Random& random) {
    return IdType{new_uuid_v7(kStart, random)};
}

/// An office's computer, as far as central can see it.
class Branch {
public:
    explicit Branch(Headquarters& hq, std::uint64_t seed = 1, std::string_view name = "دهوك")
        : random(seed),
          device(new_id<DeviceId>(random)),
          office(new_id<OfficeId>(random)),
          officer(new_id<OfficerId>(random)),
          sign_key(new_sign_key(random)),
          seal_key(new_seal_key(random)),
          officer_key(new_sign_key(random)),
          voucher_file(hq.voucher(office, name)),
          voucher(sync::open_voucher(voucher_file).value()),
          head_(sync::first_prev(device)) {}

    /// As if the whole disk had been copied.
    Branch(const Branch& other)
        : random(other.random),
          device(other.device),
          office(other.office),
          officer(other.officer),
          sign_key(sign_key_from_seed(other.sign_key.seed.view())),
          seal_key(seal_key_from_secret(other.seal_key.secret.view())),
          officer_key(sign_key_from_seed(other.officer_key.seed.view())),
          voucher_file(other.voucher_file),
          voucher(other.voucher),
          waiting(other.waiting),
          next_batch(other.next_batch),
          last_batch(other.last_batch),
          next_seq_(other.next_seq_),
          hlc_(other.hlc_),
          head_(other.head_) {}
    Branch& operator=(const Branch&) = delete;

    [[nodiscard]] Bytes enrol_request() {
        sync::EnrolRequest request;
        request.voucher = voucher.voucher.id;
        request.voucher_hash = voucher.hash;
        request.device = device;
        request.office = office;
        request.device_sign = sign_key.pub;
        request.device_seal = seal_key.pub;
        request.officer = officer;
        request.officer_key = officer_key.pub;
        request.recovery = Bytes(48, 7);
        request.claimed_ms = kStart;
        return sync::sign_enrol_request(request, sign_key);
    }

    void add(sync::EventType type, Bytes payload) { add(type, std::move(payload), officer); }
    void add(sync::EventType type, Bytes payload, const OfficerId& by) {
        sync::Event event;
        event.seq = next_seq_++;
        hlc_ = sync::next_hlc(hlc_, kStart + static_cast<std::int64_t>(event.seq));
        event.hlc = hlc_;
        event.officer = by;
        event.office = office;
        event.type = type;
        event.salt.emplace();
        random.fill(*event.salt);
        event.commitment = sync::commit(*event.salt, payload);
        event.payload = std::move(payload);
        event.prev = head_;
        head_ = sync::event_hash(device, event);
        waiting.push_back(std::move(event));
    }
    void begin_log() {
        DeviceInitialised paper;
        paper.voucher = voucher.voucher.id;
        paper.device_sign = sign_key.pub;
        paper.device_seal = seal_key.pub;
        paper.officer = officer;
        paper.officer_key = officer_key.pub;
        paper.role = "administrator";
        paper.display_name = "شيلان";
        add(sync::EventType::kDeviceInitialised, encode_device_initialised(paper));
    }
    [[nodiscard]] sync::Record record(std::vector<sync::Field> fields) {
        sync::Record record;
        record.instance = new_id<InstanceId>(random);
        record.root = record.instance;
        record.form_id = "returnee-intake";
        record.form_version = "1";
        record.language = "ar";
        record.started_ms = kStart;
        record.finalised_ms = kStart + 1000;
        record.fields = std::move(fields);
        return record;
    }
    void finalise(const sync::Record& record) { finalise(record, officer, officer_key); }
    void finalise(const sync::Record& record, const OfficerId& by, const SignKey& key) {
        add(sync::EventType::kRecordFinalised,
            sync::encode_record_payload(fakes::old_record(sync::encode_record(record), by, key)),
            by);
    }
    /// A record as it is written today: it waits for a checkpoint.
    void finalise_covered(const sync::Record& record, const OfficerId& by, Bytes sealed = {}) {
        add(sync::EventType::kRecordFinalised,
            sync::encode_record_payload(
                sync::make_record_payload(sync::encode_record(record), std::move(sealed))),
            by);
    }
    void checkpoint() { checkpoint(officer, officer_key); }
    void checkpoint(const OfficerId& by, const SignKey& key) {
        add(sync::EventType::kCheckpoint,
            sync::encode_checkpoint(
                sync::sign_checkpoint(device, next_seq_ - 1, head_, sign_key, by, &key)),
            by);
    }
    /// A record with about `bytes` of text that does not compress much.
    void add_bulk(std::size_t bytes) {
        Bytes noise(bytes * 3 / 4);
        random.fill(noise);
        finalise(record({{"person/name", "سعاد"}, {"note", to_base64(noise)}}));
    }
    [[nodiscard]] sync::SealedBatch seal() {
        sync::BatchInput input;
        input.device = device;
        input.number = next_batch++;
        input.prev_batch = last_batch;
        input.claimed_ms = kStart;
        input.events = std::move(waiting);
        waiting.clear();
        auto batch =
            sync::seal_batch(input, {voucher.hq.registry}, sign_key, system_random()).value();
        last_batch = batch.hash;
        return batch;
    }
    /// Seals the first `records` records with the log's beginning.
    [[nodiscard]] sync::SealedBatch first_batch(int records = 1) {
        begin_log();
        for (int i = 0; i < records; ++i) {
            finalise(record({{"person/name", "سعاد محمد " + std::to_string(i)}}));
        }
        return seal();
    }

    fakes::SeededRandom random;
    DeviceId device;
    OfficeId office;
    OfficerId officer;
    SignKey sign_key;
    SealKey seal_key;
    SignKey officer_key;
    Bytes voucher_file;
    sync::OpenedVoucher voucher;
    std::vector<sync::Event> waiting;
    std::uint64_t next_batch = 1;
    Hash32 last_batch{};

private:
    std::uint64_t next_seq_ = 1;
    sync::Hlc hlc_;
    Hash32 head_;
};

/// The sealed file of a stored batch, wherever this kind of database keeps it.
inline Bytes stored_file(Registry& registry, const DeviceId& device, const Hash32& hash) {
    if (registry.store.database().shared()) {
        return registry.store.database().file(hash).value().value_or(Bytes());
    }
    return read_file(registry.spool->batch_path(device, hash)).value_or(Bytes());
}

/// The receipts of an answer, verified; kinds must be as named.
inline std::vector<sync::Receipt> receipts_in(ByteView body, const sync::HqKeys& hq) {
    std::vector<sync::Receipt> receipts;
    const auto decoded = sync::decode_receipts(body);
    REQUIRE(decoded.ok());
    for (const Bytes& bytes : *decoded) {
        const auto receipt = sync::open_receipt(bytes, hq);
        REQUIRE(receipt.ok());
        receipts.push_back(*receipt);
    }
    return receipts;
}

inline std::vector<RecordRow> records_of(Store& store, bool newest_only = false) {
    std::vector<RecordRow> rows;
    RecordFilter filter;
    filter.newest_only = newest_only;
    REQUIRE(store
                .each_record(filter,
                             [&](const RecordRow& row) -> Status {
                                 rows.push_back(row);
                                 return {};
                             })
                .ok());
    return rows;
}

}  // namespace awda::central::testing
