#include "sync/central/store.h"

#include <map>
#include <set>

#include "sync/cases/case_event.h"
#include "sync/log/approval.h"

namespace awda::central {

namespace {

constexpr int kSchemaVersion = 3;

Path database_path(const Path& data) {
    return data / "central.db";
}

/// What version 2 added: the vault keys of later epochs, for recovery.
Status add_recovery_table(Database& database) {
    return database.exec(R"sql(
CREATE TABLE recoveries(
    device_row INTEGER NOT NULL REFERENCES devices(row), epoch INTEGER NOT NULL,
    blob BLOB NOT NULL, received_ms INTEGER NOT NULL, UNIQUE(device_row, epoch));
CREATE TRIGGER recoveries_keep BEFORE DELETE ON recoveries
BEGIN SELECT RAISE(ABORT, 'recovery blobs are never deleted'); END;
)sql");
}

/// What version 3 added: who may have what.
Status add_consent_table(Database& database) {
    return database.exec(R"sql(
CREATE TABLE consents(
    ref BLOB NOT NULL UNIQUE, root BLOB NOT NULL, type INTEGER NOT NULL, payload BLOB NOT NULL);
CREATE INDEX consents_by_root ON consents(root);
CREATE INDEX records_by_root ON records(root);
CREATE TRIGGER consents_keep BEFORE DELETE ON consents
BEGIN SELECT RAISE(ABORT, 'what was said of consent is never deleted'); END;
)sql");
}

Status make_schema(Database& database) {
    auto transaction = AWDA_TRY(Transaction::begin(database));
    AWDA_CHECK(database.exec(R"sql(
CREATE TABLE counters(name TEXT NOT NULL UNIQUE, value INTEGER NOT NULL);
INSERT INTO counters VALUES('server_index', 0);

CREATE TABLE offices(id BLOB NOT NULL UNIQUE, name TEXT NOT NULL);

CREATE TABLE vouchers(
    id BLOB NOT NULL UNIQUE, office BLOB NOT NULL, hash BLOB NOT NULL, role TEXT NOT NULL,
    issued_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,
    request_hash BLOB, receipt BLOB, contested_ms INTEGER);

CREATE TABLE devices(
    row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, office BLOB NOT NULL,
    voucher BLOB NOT NULL UNIQUE REFERENCES vouchers(id),
    sign_key BLOB NOT NULL, seal_key BLOB NOT NULL, officer BLOB NOT NULL,
    officer_key BLOB NOT NULL,
    recovery BLOB NOT NULL, claimed_ms INTEGER NOT NULL, enrolled_ms INTEGER NOT NULL,
    confirmed_ms INTEGER,
    next_batch INTEGER NOT NULL DEFAULT 1, last_batch BLOB NOT NULL,
    next_seq INTEGER NOT NULL DEFAULT 1, log_head BLOB NOT NULL);

CREATE TABLE officers(
    id BLOB NOT NULL UNIQUE, office BLOB NOT NULL, key BLOB NOT NULL, role TEXT NOT NULL,
    display_name TEXT NOT NULL, added_by BLOB, added_ms INTEGER NOT NULL);

CREATE TABLE batches(
    row INTEGER PRIMARY KEY, device_row INTEGER NOT NULL REFERENCES devices(row),
    number INTEGER NOT NULL, hash BLOB NOT NULL UNIQUE, size INTEGER NOT NULL,
    state INTEGER NOT NULL, problem TEXT NOT NULL DEFAULT '', received_ms INTEGER NOT NULL,
    stored_receipt BLOB NOT NULL, opened_receipt BLOB NOT NULL DEFAULT x'',
    UNIQUE(device_row, number));
CREATE INDEX batches_by_state ON batches(state);

CREATE TABLE forks(
    device_row INTEGER NOT NULL REFERENCES devices(row), number INTEGER NOT NULL,
    hash BLOB NOT NULL, at_ms INTEGER NOT NULL, UNIQUE(device_row, number, hash));

CREATE TABLE events(
    device_row INTEGER NOT NULL REFERENCES devices(row), seq INTEGER NOT NULL,
    hlc INTEGER NOT NULL, officer BLOB NOT NULL, office BLOB NOT NULL, type INTEGER NOT NULL,
    commitment BLOB NOT NULL, prev BLOB NOT NULL, salt BLOB, payload BLOB,
    UNIQUE(device_row, seq));

CREATE TABLE records(
    row INTEGER PRIMARY KEY, instance BLOB NOT NULL, content BLOB NOT NULL, root BLOB NOT NULL,
    revision INTEGER NOT NULL, deprecates BLOB NOT NULL, form_id TEXT NOT NULL,
    form_version TEXT NOT NULL, device_row INTEGER NOT NULL, seq INTEGER NOT NULL,
    officer BLOB NOT NULL, received_ms INTEGER NOT NULL,
    UNIQUE(instance, content),
    FOREIGN KEY(device_row, seq) REFERENCES events(device_row, seq));
CREATE INDEX records_by_form ON records(form_id);
CREATE INDEX records_by_deprecates ON records(deprecates);

CREATE TABLE audit(
    row INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, action TEXT NOT NULL, detail TEXT NOT NULL);

CREATE TRIGGER events_keep BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
CREATE TRIGGER audit_keep BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is never deleted'); END;
CREATE TRIGGER audit_fixed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is never changed'); END;
)sql"));
    AWDA_CHECK(add_recovery_table(database));
    AWDA_CHECK(add_consent_table(database));
    AWDA_CHECK(database.set_user_version(kSchemaVersion));
    return transaction.commit();
}

/// A database of an older Awda gets the tables it lacks.
Status raise_schema(Database& database) {
    if (AWDA_TRY(database.user_version()) == kSchemaVersion) return {};
    auto transaction = AWDA_TRY(Transaction::begin(database));
    // Another process may have done it meanwhile.
    const int version = AWDA_TRY(database.user_version());
    if (version == kSchemaVersion) return transaction.commit();
    if (version < 1 || version > kSchemaVersion) {
        return Error(Errc::kMalformed, "the central database has another version");
    }
    if (version < 2) AWDA_CHECK(add_recovery_table(database));
    AWDA_CHECK(add_consent_table(database));
    AWDA_CHECK(database.set_user_version(kSchemaVersion));
    return transaction.commit();
}

Result<DeviceRow> read_device(const Statement& row) {
    DeviceRow device;
    device.row = row.integer(0);
    device.id = AWDA_TRY(row.id<DeviceId>(1));
    device.office = AWDA_TRY(row.id<OfficeId>(2));
    device.office_name = row.text(3);
    device.voucher = AWDA_TRY(row.id<VoucherId>(4));
    device.sign_key = AWDA_TRY(row.fixed<32>(5));
    device.seal_key = AWDA_TRY(row.fixed<32>(6));
    device.officer = AWDA_TRY(row.id<OfficerId>(7));
    device.officer_key = AWDA_TRY(row.fixed<32>(8));
    device.enrolled_ms = row.integer(9);
    if (!row.is_null(10)) device.confirmed_ms = row.integer(10);
    device.contested = row.integer(11) != 0;
    device.next_batch = row.u64(12);
    device.last_batch = AWDA_TRY(row.fixed<32>(13));
    device.next_seq = row.u64(14);
    device.log_head = AWDA_TRY(row.fixed<32>(15));
    device.problems = row.integer(16);
    return device;
}

Result<BatchRow> read_batch(const Statement& row) {
    BatchRow batch;
    batch.row = row.integer(0);
    batch.device_row = row.integer(1);
    batch.device = AWDA_TRY(row.id<DeviceId>(2));
    batch.number = row.u64(3);
    batch.hash = AWDA_TRY(row.fixed<32>(4));
    const std::int64_t state = row.integer(5);
    if (state < 1 || state > 3) return Error(Errc::kVaultDamaged, "a batch in no known state");
    batch.state = static_cast<BatchState>(state);
    batch.problem = row.text(6);
    batch.stored_receipt.assign(row.blob(7).begin(), row.blob(7).end());
    batch.opened_receipt.assign(row.blob(8).begin(), row.blob(8).end());
    batch.size = row.u64(9);
    return batch;
}

using Decisions = std::multimap<InstanceId, sync::Decision>;

/// What second officers decided, and the records that were to wait for it. A request is a decision
/// by nobody.
Result<Decisions> read_decisions(Database& database) {
    Statement query = AWDA_TRY(database.prepare(
        "SELECT type, payload FROM events WHERE type IN (27, 28, 29) AND payload IS NOT NULL"
        " ORDER BY device_row, seq"));
    Decisions decisions;
    while (AWDA_TRY(query.step())) {
        sync::Decision decision;
        if (static_cast<sync::EventType>(query.integer(0)) == sync::EventType::kApprovalRequested) {
            const auto asked = AWDA_TRY(sync::decode_approval_request(query.blob(1)));
            decision.instance = asked.instance;
            decision.record = asked.record;
        } else {
            decision = AWDA_TRY(sync::open_decision(query.blob(1)));
        }
        decisions.emplace(decision.instance, std::move(decision));
    }
    return decisions;
}

/// How this very record stands: what was decided about other bytes, or by its own officer, says
/// nothing.
std::string approval_of(const Decisions& decisions, const InstanceId& instance,
                        const sync::SignedRecord& record) {
    std::string approval;
    const Hash32 hash = hash32(record.record);
    const auto [first, last] = decisions.equal_range(instance);
    for (auto it = first; it != last; ++it) {
        const sync::Decision& decision = it->second;
        if (decision.record != hash || decision.officer == record.officer) continue;
        if (decision.officer.empty()) {
            approval = "awaiting";
        } else if (!approval.empty()) {
            approval = decision.approved ? "approved" : "returned";
        }
    }
    return approval;
}

Result<std::optional<BatchRow>> one_batch(Statement statement) {
    if (!AWDA_TRY(statement.step())) return std::optional<BatchRow>();
    return std::optional<BatchRow>(AWDA_TRY(read_batch(statement)));
}

}  // namespace

Result<Store> Store::create(const Path& data, const DatabaseKey& key) {
    if (file_exists(database_path(data))) {
        return Error(Errc::kCentralExists, "make the central database");
    }
    AWDA_CHECK(make_folder(data));
    // Made under another name: a crash in between leaves nothing that looks like a database.
    const Path fresh = data / "central.db.new";
    for (const char* suffix : {"", "-wal", "-shm"}) {
        Path leftover = fresh;
        leftover += suffix;
        AWDA_CHECK(remove_file(leftover));
    }
    {
        DatabaseOptions options;
        options.create = true;
        Database database =
            AWDA_TRY(Database::open(fresh, key.key.view(), key.salt.view(), options));
        AWDA_CHECK(make_schema(database));
        AWDA_CHECK(database.checkpoint());
    }
    AWDA_CHECK(rename_file(fresh, database_path(data)));
    return open(data, key);
}

Result<Store> Store::open(const Path& data, const DatabaseKey& key, DatabaseOptions options) {
    options.create = false;
    auto database = Database::open(database_path(data), key.key.view(), key.salt.view(), options);
    if (!database.ok()) {
        switch (database.error().code) {
            case Errc::kNotFound: return Error(Errc::kCentralMissing, "open the central database");
            case Errc::kAltered: return Error(Errc::kKeysMismatch, "open the central database");
            default: return database.error();
        }
    }
    AWDA_CHECK(raise_schema(*database));
    return Store(std::move(*database));
}

Status Store::add_voucher(const sync::Voucher& voucher, const Hash32& hash) {
    AWDA_CHECK(AWDA_TRY(database_.prepare("INSERT INTO offices(id, name) VALUES(?, ?) "
                                          "ON CONFLICT(id) DO UPDATE SET name = excluded.name"))
                   .bind_all(voucher.office.value, voucher.office_name)
                   .run());
    return AWDA_TRY(database_.prepare("INSERT INTO vouchers(id, office, hash, role, issued_ms, "
                                      "expires_ms) VALUES(?, ?, ?, ?, ?, ?)"))
        .bind_all(voucher.id.value, voucher.office.value, hash, voucher.role, voucher.issued_ms,
                  voucher.expires_ms)
        .run();
}

Result<std::optional<VoucherRow>> Store::find_voucher(const VoucherId& id) {
    Statement query = AWDA_TRY(database_.prepare(
        "SELECT id, office, hash, role, expires_ms, request_hash, receipt FROM vouchers "
        "WHERE id = ?"));
    query.bind(1, id.value);
    if (!AWDA_TRY(query.step())) return std::optional<VoucherRow>();
    VoucherRow voucher;
    voucher.id = AWDA_TRY(query.id<VoucherId>(0));
    voucher.office = AWDA_TRY(query.id<OfficeId>(1));
    voucher.hash = AWDA_TRY(query.fixed<32>(2));
    voucher.role = query.text(3);
    voucher.expires_ms = query.integer(4);
    if (!query.is_null(5)) {
        voucher.request_hash = AWDA_TRY(query.fixed<32>(5));
        voucher.receipt.assign(query.blob(6).begin(), query.blob(6).end());
    }
    return std::optional<VoucherRow>(std::move(voucher));
}

Status Store::enrol(const sync::EnrolRequest& request, const VoucherRow& voucher,
                    const Hash32& request_hash, UnixMs now, ByteView receipt) {
    AWDA_CHECK(AWDA_TRY(database_.prepare("UPDATE vouchers SET request_hash = ?, receipt = ? "
                                          "WHERE id = ? AND request_hash IS NULL"))
                   .bind_all(request_hash, receipt, voucher.id.value)
                   .run());
    AWDA_CHECK(AWDA_TRY(database_.prepare(
                            "INSERT INTO devices(id, office, voucher, sign_key, seal_key, officer, "
                            "officer_key, recovery, claimed_ms, enrolled_ms, last_batch, log_head) "
                            "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"))
                   .bind_all(request.device.value, voucher.office.value, voucher.id.value,
                             request.device_sign, request.device_seal, request.officer.value,
                             request.officer_key, request.recovery, request.claimed_ms, now,
                             Hash32{}, sync::first_prev(request.device))
                   .run());
    const OfficerRow officer{request.officer, voucher.office, request.officer_key, voucher.role};
    return add_officer(officer, "", OfficerId{}, now);
}

Status Store::contest_voucher(const VoucherId& id, UnixMs now) {
    return AWDA_TRY(database_.prepare("UPDATE vouchers SET contested_ms = ? WHERE id = ? AND "
                                      "contested_ms IS NULL"))
        .bind_all(now, id.value)
        .run();
}

namespace {

// The columns read_device() reads.
#define AWDA_DEVICE_COLUMNS                                                                    \
    "SELECT d.row, d.id, d.office, o.name, d.voucher, d.sign_key, d.seal_key, d.officer, "     \
    "d.officer_key, d.enrolled_ms, d.confirmed_ms, v.contested_ms IS NOT NULL, d.next_batch, " \
    "d.last_batch, d.next_seq, d.log_head, "                                                   \
    "(SELECT count(*) FROM batches b WHERE b.device_row = d.row AND b.state = 3) + "           \
    "(SELECT count(*) FROM forks f WHERE f.device_row = d.row) "                               \
    "FROM devices d JOIN vouchers v ON v.id = d.voucher JOIN offices o ON o.id = d.office "

// The columns read_batch() reads.
#define AWDA_BATCH_COLUMNS                                                                 \
    "SELECT b.row, b.device_row, d.id, b.number, b.hash, b.state, b.problem, "             \
    "b.stored_receipt, b.opened_receipt, b.size FROM batches b JOIN devices d ON d.row = " \
    "b.device_row "

}  // namespace

Result<std::optional<DeviceRow>> Store::find_device(const DeviceId& id) {
    Statement query = AWDA_TRY(database_.prepare(AWDA_DEVICE_COLUMNS "WHERE d.id = ?"));
    query.bind(1, id.value);
    if (!AWDA_TRY(query.step())) return std::optional<DeviceRow>();
    return std::optional<DeviceRow>(AWDA_TRY(read_device(query)));
}

Result<std::vector<DeviceRow>> Store::devices() {
    Statement query =
        AWDA_TRY(database_.prepare(AWDA_DEVICE_COLUMNS "ORDER BY o.name, d.enrolled_ms"));
    std::vector<DeviceRow> rows;
    while (AWDA_TRY(query.step())) rows.push_back(AWDA_TRY(read_device(query)));
    return rows;
}

Status Store::confirm_device(const DeviceId& id, UnixMs now) {
    AWDA_CHECK(AWDA_TRY(database_.prepare("UPDATE devices SET confirmed_ms = "
                                          "coalesce(confirmed_ms, ?) WHERE id = ?"))
                   .bind_all(now, id.value)
                   .run());
    if (database_.changes() == 0) return Error(Errc::kNotFound, "confirm a device");
    return {};
}

Status Store::add_recovery(std::int64_t device_row, std::uint32_t epoch, ByteView blob,
                           UnixMs now) {
    AWDA_CHECK(AWDA_TRY(database_.prepare("INSERT INTO recoveries(device_row, epoch, blob, "
                                          "received_ms) VALUES(?, ?, ?, ?) ON CONFLICT DO NOTHING"))
                   .bind_all(device_row, epoch, blob, now)
                   .run());
    if (database_.changes() != 0) return {};
    Statement query = AWDA_TRY(
        database_.prepare("SELECT blob FROM recoveries WHERE device_row = ? AND epoch = ?"));
    query.bind_all(device_row, epoch);
    if (AWDA_TRY(query.step()) && equal(query.blob(0), blob)) return {};
    return Error(Errc::kAltered, "another recovery blob for the same epoch");
}

Result<std::vector<Store::RecoveryRow>> Store::recovery_blobs(const DeviceId& id) {
    Statement query = AWDA_TRY(database_.prepare(
        "SELECT r.epoch, r.blob, r.received_ms FROM recoveries r JOIN devices d "
        "ON d.row = r.device_row WHERE d.id = ?1 "
        "UNION ALL SELECT 1, recovery, enrolled_ms FROM devices WHERE id = ?1 ORDER BY 1 DESC"));
    query.bind(1, id.value);
    std::vector<RecoveryRow> rows;
    while (AWDA_TRY(query.step())) {
        const ByteView blob = query.blob(1);
        rows.push_back({static_cast<std::uint32_t>(query.integer(0)),
                        Bytes(blob.begin(), blob.end()), query.integer(2)});
    }
    if (rows.empty()) return Error(Errc::kNotFound, "a device's recovery blobs");
    return rows;
}

Result<std::optional<BatchRow>> Store::find_batch(const Hash32& hash) {
    Statement query = AWDA_TRY(database_.prepare(AWDA_BATCH_COLUMNS "WHERE b.hash = ?"));
    query.bind(1, hash);
    return one_batch(std::move(query));
}

Result<std::optional<BatchRow>> Store::find_batch(std::int64_t device_row, std::uint64_t number) {
    Statement query =
        AWDA_TRY(database_.prepare(AWDA_BATCH_COLUMNS "WHERE b.device_row = ? AND b.number = ?"));
    query.bind_all(device_row, number);
    return one_batch(std::move(query));
}

Status Store::add_batch(const BatchRow& batch, UnixMs now) {
    AWDA_CHECK(AWDA_TRY(database_.prepare("INSERT INTO batches(device_row, number, hash, size, "
                                          "state, received_ms, stored_receipt) "
                                          "VALUES(?, ?, ?, ?, ?, ?, ?)"))
                   .bind_all(batch.device_row, batch.number, batch.hash, batch.size,
                             static_cast<int>(BatchState::kStored), now, batch.stored_receipt)
                   .run());
    return AWDA_TRY(database_.prepare("UPDATE devices SET next_batch = ?, last_batch = ? "
                                      "WHERE row = ?"))
        .bind_all(batch.number + 1, batch.hash, batch.device_row)
        .run();
}

Status Store::mark_opened(std::int64_t batch_row, ByteView receipt) {
    return AWDA_TRY(database_.prepare("UPDATE batches SET state = ?, problem = '', "
                                      "opened_receipt = ? WHERE row = ?"))
        .bind_all(static_cast<int>(BatchState::kOpened), receipt, batch_row)
        .run();
}

Status Store::mark_problem(std::int64_t batch_row, std::string_view problem) {
    return AWDA_TRY(database_.prepare("UPDATE batches SET state = ?, problem = ? WHERE row = ?"))
        .bind_all(static_cast<int>(BatchState::kProblem), problem, batch_row)
        .run();
}

Status Store::add_fork(std::int64_t device_row, std::uint64_t number, const Hash32& hash,
                       UnixMs now) {
    return AWDA_TRY(database_.prepare("INSERT INTO forks(device_row, number, hash, at_ms) "
                                      "VALUES(?, ?, ?, ?) ON CONFLICT DO NOTHING"))
        .bind_all(device_row, number, hash, now)
        .run();
}

Result<std::vector<BatchRow>> Store::unopened_batches() {
    Statement query = AWDA_TRY(database_.prepare(
        AWDA_BATCH_COLUMNS "WHERE b.state IN (1, 3) ORDER BY b.device_row, b.number"));
    std::vector<BatchRow> rows;
    while (AWDA_TRY(query.step())) rows.push_back(AWDA_TRY(read_batch(query)));
    return rows;
}

Result<std::uint64_t> Store::next_server_index() {
    AWDA_CHECK(AWDA_TRY(database_.prepare("UPDATE counters SET value = value + 1 "
                                          "WHERE name = 'server_index'"))
                   .run());
    return static_cast<std::uint64_t>(AWDA_TRY(
        database_.query_integer("SELECT value FROM counters WHERE name = 'server_index'")));
}

Result<std::optional<OfficerRow>> Store::find_officer(const OfficerId& id) {
    Statement query =
        AWDA_TRY(database_.prepare("SELECT id, office, key, role FROM officers WHERE id = ?"));
    query.bind(1, id.value);
    if (!AWDA_TRY(query.step())) return std::optional<OfficerRow>();
    OfficerRow officer;
    officer.id = AWDA_TRY(query.id<OfficerId>(0));
    officer.office = AWDA_TRY(query.id<OfficeId>(1));
    officer.key = AWDA_TRY(query.fixed<32>(2));
    officer.role = query.text(3);
    return std::optional<OfficerRow>(std::move(officer));
}

Status Store::add_officer(const OfficerRow& officer, std::string_view display_name,
                          const OfficerId& added_by, UnixMs now) {
    const auto known = AWDA_TRY(find_officer(officer.id));
    if (known.has_value()) {
        if (known->key != officer.key || known->office != officer.office ||
            known->role != officer.role) {
            return Error(Errc::kAltered, "an officer's id stands for somebody else already");
        }
        if (display_name.empty()) return {};
        return AWDA_TRY(database_.prepare("UPDATE officers SET display_name = ? WHERE id = ?"))
            .bind_all(display_name, officer.id.value)
            .run();
    }
    return AWDA_TRY(database_.prepare("INSERT INTO officers(id, office, key, role, display_name, "
                                      "added_by, added_ms) VALUES(?, ?, ?, ?, ?, ?, ?)"))
        .bind_all(officer.id.value, officer.office.value, officer.key, officer.role, display_name,
                  added_by.value, now)
        .run();
}

Status Store::set_officer_role(const OfficerId& id, std::string_view role) {
    Statement update = AWDA_TRY(database_.prepare("UPDATE officers SET role = ? WHERE id = ?"));
    update.bind_all(role, id.value);
    return update.run();
}

Status Store::add_event(std::int64_t device_row, const sync::Event& event) {
    return AWDA_TRY(database_.prepare("INSERT INTO events(device_row, seq, hlc, officer, office, "
                                      "type, commitment, prev, salt, payload) "
                                      "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"))
        .bind_all(device_row, event.seq, event.hlc.packed, event.officer.value, event.office.value,
                  static_cast<int>(event.type), event.commitment, event.prev, event.salt,
                  event.payload)
        .run();
}

Status Store::set_log_head(std::int64_t device_row, std::uint64_t next_seq, const Hash32& head) {
    return AWDA_TRY(
               database_.prepare("UPDATE devices SET next_seq = ?, log_head = ? WHERE row = ?"))
        .bind_all(next_seq, head, device_row)
        .run();
}

Status Store::add_record(std::int64_t device_row, std::uint64_t seq,
                         const sync::SignedRecord& signed_record, const sync::Record& record,
                         UnixMs now) {
    return AWDA_TRY(database_.prepare(
                        "INSERT INTO records(instance, content, root, revision, deprecates, "
                        "form_id, form_version, device_row, seq, officer, received_ms) "
                        "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                        "ON CONFLICT(instance, content) DO NOTHING"))
        .bind_all(record.instance.value, sync::content_hash(signed_record), record.root.value,
                  record.revision, record.deprecates.value, record.form_id, record.form_version,
                  device_row, seq, signed_record.officer.value, now)
        .run();
}

Status Store::each_record(const RecordFilter& filter,
                          const std::function<Status(const RecordRow&)>& visit) {
    Statement query = AWDA_TRY(database_.prepare(
        "SELECT d.id, d.office, o.name, r.officer, r.seq, r.received_ms, e.payload, "
        "(SELECT count(*) FROM records x WHERE x.instance = r.instance) > 1 "
        "FROM records r JOIN devices d ON d.row = r.device_row JOIN offices o ON o.id = d.office "
        "JOIN events e ON e.device_row = r.device_row AND e.seq = r.seq "
        "WHERE (?1 = '' OR r.form_id = ?1) AND (?2 = 0 OR NOT EXISTS "
        "(SELECT 1 FROM records n WHERE n.deprecates = r.instance AND n.root = r.root)) "
        "ORDER BY r.row"));
    query.bind_all(filter.form_id, filter.newest_only);
    const Decisions decisions = AWDA_TRY(read_decisions(database_));
    while (AWDA_TRY(query.step())) {
        RecordRow row;
        row.device = AWDA_TRY(query.id<DeviceId>(0));
        row.office = AWDA_TRY(query.id<OfficeId>(1));
        row.office_name = query.text(2);
        row.officer = AWDA_TRY(query.id<OfficerId>(3));
        row.seq = query.u64(4);
        row.received_ms = query.integer(5);
        const sync::SignedRecord signed_record =
            AWDA_TRY(sync::decode_signed_record(query.blob(6)));
        row.conflict = query.integer(7) != 0;
        row.record = AWDA_TRY(sync::decode_record(signed_record.record));
        row.approval = approval_of(decisions, row.record.instance, signed_record);
        AWDA_CHECK(visit(row));
    }
    return {};
}

Result<Bytes> Store::signed_record(const InstanceId& instance) {
    Statement query = AWDA_TRY(database_.prepare(
        "SELECT e.payload FROM records r JOIN events e ON e.device_row = r.device_row "
        "AND e.seq = r.seq WHERE r.instance = ? AND e.payload IS NOT NULL ORDER BY r.row LIMIT 1"));
    query.bind(1, instance.value);
    if (!AWDA_TRY(query.step())) return Error(Errc::kNotFound, "a record");
    const ByteView payload = query.blob(0);
    return Bytes(payload.begin(), payload.end());
}

Status Store::add_consent(const sync::ConsentEntry& entry) {
    return AWDA_TRY(
               database_.prepare(
                   "INSERT OR IGNORE INTO consents(ref, root, type, payload) VALUES(?, ?, ?, ?)"))
        .bind_all(entry.ref.value, entry.said.root.value,
                  static_cast<int>(sync::event_type_of(entry.said)), sync::encode(entry.said))
        .run();
}

Result<std::vector<sync::Consent>> Store::consents(const InstanceId& root) {
    Statement query =
        AWDA_TRY(database_.prepare("SELECT ref, type, payload FROM consents WHERE root = ?"));
    query.bind(1, root.value);
    std::vector<sync::ConsentEntry> entries;
    while (AWDA_TRY(query.step())) {
        const auto type = static_cast<sync::EventType>(query.integer(1));
        entries.push_back({AWDA_TRY(query.id<sync::EventRef>(0)),
                           AWDA_TRY(sync::decode_consent(type, query.blob(2)))});
    }
    return sync::fold_consents(entries);
}

Result<bool> Store::branched(const InstanceId& root) {
    Statement query = AWDA_TRY(database_.prepare(
        "SELECT count(DISTINCT r.instance) FROM records r WHERE r.root = ?1 AND NOT EXISTS"
        " (SELECT 1 FROM records n WHERE n.deprecates = r.instance AND n.root = r.root)"));
    query.bind(1, root.value);
    return AWDA_TRY(query.step()) && query.integer(0) > 1;
}

Result<sync::IdentityRule> Store::identity_rule(std::string_view form_id) {
    Statement query =
        AWDA_TRY(database_.prepare("SELECT payload FROM events WHERE type = ?"
                                   " AND payload IS NOT NULL"));
    query.bind(1, static_cast<int>(sync::EventType::kIdentityMarked));
    std::set<std::string> paths;
    while (AWDA_TRY(query.step())) {
        const auto marked = sync::decode_identity_marked(query.blob(0));
        if (!marked.ok() || marked->form_id != form_id) continue;
        paths.insert(marked->paths.begin(), marked->paths.end());
    }
    return sync::IdentityRule(std::move(paths));
}

Result<std::vector<ProblemRow>> Store::problems() {
    Statement query = AWDA_TRY(database_.prepare(
        "SELECT 'batch', d.id, b.number, b.problem, b.received_ms FROM batches b "
        "JOIN devices d ON d.row = b.device_row WHERE b.state = 3 "
        "UNION ALL SELECT 'fork', d.id, f.number, 'fork', f.at_ms FROM forks f "
        "JOIN devices d ON d.row = f.device_row "
        "UNION ALL SELECT 'conflict', d.id, r.seq, 'same instance, other content', r.received_ms "
        "FROM records r JOIN devices d ON d.row = r.device_row "
        "WHERE (SELECT count(*) FROM records x WHERE x.instance = r.instance) > 1 "
        "UNION ALL SELECT 'voucher', d.id, 0, 'used a second time', v.contested_ms "
        "FROM vouchers v JOIN devices d ON d.voucher = v.id WHERE v.contested_ms IS NOT NULL "
        "ORDER BY 5"));
    std::vector<ProblemRow> rows;
    while (AWDA_TRY(query.step())) {
        ProblemRow row;
        row.kind = query.text(0);
        row.device = AWDA_TRY(query.id<DeviceId>(1));
        row.number = query.u64(2);
        row.what = query.text(3);
        row.at_ms = query.integer(4);
        rows.push_back(std::move(row));
    }
    return rows;
}

Result<StoreTotals> Store::totals() {
    Statement query = AWDA_TRY(database_.prepare(
        "SELECT (SELECT count(*) FROM offices), (SELECT count(*) FROM devices), "
        "(SELECT count(*) FROM devices WHERE confirmed_ms IS NOT NULL), "
        "(SELECT count(*) FROM batches), (SELECT count(*) FROM batches WHERE state = 2), "
        "(SELECT count(*) FROM batches WHERE state = 3), (SELECT count(*) FROM events), "
        "(SELECT count(*) FROM records), "
        "(SELECT count(*) FROM (SELECT 1 FROM records GROUP BY instance HAVING count(*) > 1)), "
        "(SELECT count(*) FROM forks), (SELECT max(received_ms) FROM batches)"));
    if (!AWDA_TRY(query.step())) return Error(Errc::kInternal, "count what central holds");
    StoreTotals totals;
    totals.offices = query.integer(0);
    totals.devices = query.integer(1);
    totals.devices_confirmed = query.integer(2);
    totals.batches = query.integer(3);
    totals.batches_opened = query.integer(4);
    totals.batches_problem = query.integer(5);
    totals.events = query.integer(6);
    totals.records = query.integer(7);
    totals.conflicts = query.integer(8);
    totals.forks = query.integer(9);
    if (!query.is_null(10)) totals.last_received_ms = query.integer(10);
    return totals;
}

Status Store::add_audit(UnixMs now, std::string_view action, std::string_view detail) {
    return AWDA_TRY(database_.prepare("INSERT INTO audit(at_ms, action, detail) VALUES(?, ?, ?)"))
        .bind_all(now, action, detail)
        .run();
}

}  // namespace awda::central
