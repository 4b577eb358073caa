#include "sync/central/store.h"

#include <algorithm>
#include <map>
#include <set>

#include "sync/cases/case_event.h"
#include "sync/central/store_postgres.h"
#include "sync/central/store_sqlite.h"
#include "sync/columns/event_columns.h"
#include "sync/log/approval.h"

namespace awda::central {

namespace {

Result<DeviceRow> read_device(const SqlRows& row) {
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

Result<BatchRow> read_batch(const SqlRows& row) {
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
    batch.stored_receipt = row.bytes(7);
    batch.opened_receipt = row.bytes(8);
    batch.size = row.u64(9);
    return batch;
}

using Decisions = std::multimap<InstanceId, sync::Decision>;

/// What second officers decided, and the records that were to wait for it. A request is a decision
/// by nobody.
Result<Decisions> read_decisions(StoreDatabase& database) {
    const auto rows = AWDA_TRY(database.query(
        "SELECT type, payload FROM events WHERE type IN (27, 28, 29) AND payload IS NOT NULL"
        " ORDER BY device_row, seq"));
    Decisions decisions;
    while (AWDA_TRY(rows->step())) {
        sync::Decision decision;
        if (static_cast<sync::EventType>(rows->integer(0)) == sync::EventType::kApprovalRequested) {
            const auto asked = AWDA_TRY(sync::decode_approval_request(rows->blob(1)));
            decision.instance = asked.instance;
            decision.record = asked.record;
        } else {
            decision = AWDA_TRY(sync::open_decision(rows->blob(1)));
        }
        decisions.emplace(decision.instance, std::move(decision));
    }
    return decisions;
}

/// seq, hlc, officer, office, type, commitment, prev, salt, payload.
Result<sync::Event> read_event(const SqlRows& row) {
    sync::Event event;
    event.seq = row.u64(0);
    event.hlc = sync::Hlc{row.u64(1)};
    event.officer = AWDA_TRY(row.id<OfficerId>(2));
    event.office = AWDA_TRY(row.id<OfficeId>(3));
    event.type = static_cast<sync::EventType>(row.integer(4));
    event.commitment = AWDA_TRY(row.fixed<32>(5));
    event.prev = AWDA_TRY(row.fixed<32>(6));
    if (!row.is_null(7)) event.salt = AWDA_TRY(row.fixed<16>(7));
    if (!row.is_null(8)) event.payload = row.bytes(8);
    return event;
}

/// How this very record stands: what was decided about other bytes, or by its own officer, says
/// nothing.
std::string approval_of(const Decisions& decisions, const InstanceId& instance,
                        const OfficerId& officer, const sync::RecordPayload& record) {
    std::string approval;
    const Hash32 hash = hash32(record.record);
    const auto [first, last] = decisions.equal_range(instance);
    for (auto it = first; it != last; ++it) {
        const sync::Decision& decision = it->second;
        if (decision.record != hash || decision.officer == officer) continue;
        if (decision.officer.empty()) {
            approval = "awaiting";
        } else if (!approval.empty()) {
            approval = decision.approved ? "approved" : "returned";
        }
    }
    return approval;
}

// The columns read_device() reads.
#define AWDA_DEVICE_COLUMNS                                                                    \
    "SELECT d.row, d.id, d.office, o.name, d.voucher, d.sign_key, d.seal_key, d.officer, "     \
    "d.officer_key, d.enrolled_ms, d.confirmed_ms, v.contested_ms IS NOT NULL, d.next_batch, " \
    "d.last_batch, d.next_seq, d.log_head, "                                                   \
    "(SELECT count(*) FROM batches b WHERE b.device_row = d.row AND b.state = 3) + "           \
    "(SELECT count(*) FROM forks f WHERE f.device_row = d.row) "                               \
    "FROM devices d JOIN vouchers v ON v.id = d.voucher JOIN offices o ON o.id = d.office "

#define AWDA_VOUCHER                                                                  \
    "SELECT id, office, hash, role, expires_ms, request_hash, receipt FROM vouchers " \
    "WHERE id = $1 "

// The columns read_batch() reads.
#define AWDA_BATCH_COLUMNS                                                                 \
    "SELECT b.row, b.device_row, d.id, b.number, b.hash, b.state, b.problem, "             \
    "b.stored_receipt, b.opened_receipt, b.size FROM batches b JOIN devices d ON d.row = " \
    "b.device_row "

Result<std::optional<DeviceRow>> one_device(Result<std::unique_ptr<SqlRows>> found) {
    const auto rows = AWDA_TRY(std::move(found));
    if (!AWDA_TRY(rows->step())) return std::optional<DeviceRow>();
    return std::optional<DeviceRow>(AWDA_TRY(read_device(*rows)));
}

Result<std::optional<VoucherRow>> one_voucher(Result<std::unique_ptr<SqlRows>> found) {
    const auto rows = AWDA_TRY(std::move(found));
    if (!AWDA_TRY(rows->step())) return std::optional<VoucherRow>();
    VoucherRow voucher;
    voucher.id = AWDA_TRY(rows->id<VoucherId>(0));
    voucher.office = AWDA_TRY(rows->id<OfficeId>(1));
    voucher.hash = AWDA_TRY(rows->fixed<32>(2));
    voucher.role = rows->text(3);
    voucher.expires_ms = rows->integer(4);
    if (!rows->is_null(5)) {
        voucher.request_hash = AWDA_TRY(rows->fixed<32>(5));
        voucher.receipt = rows->bytes(6);
    }
    return std::optional<VoucherRow>(std::move(voucher));
}

Result<std::optional<BatchRow>> one_batch(Result<std::unique_ptr<SqlRows>> found) {
    const auto rows = AWDA_TRY(std::move(found));
    if (!AWDA_TRY(rows->step())) return std::optional<BatchRow>();
    return std::optional<BatchRow>(AWDA_TRY(read_batch(*rows)));
}

Result<std::vector<BatchRow>> all_batches(Result<std::unique_ptr<SqlRows>> found) {
    const auto rows = AWDA_TRY(std::move(found));
    std::vector<BatchRow> batches;
    while (AWDA_TRY(rows->step())) batches.push_back(AWDA_TRY(read_batch(*rows)));
    return batches;
}

Result<RecordRow> read_record(const SqlRows& rows, const Decisions& decisions) {
    RecordRow row;
    row.device = AWDA_TRY(rows.id<DeviceId>(0));
    row.office = AWDA_TRY(rows.id<OfficeId>(1));
    row.office_name = rows.text(2);
    row.officer = AWDA_TRY(rows.id<OfficerId>(3));
    row.seq = rows.u64(4);
    row.received_ms = rows.integer(5);
    const auto payload = AWDA_TRY(sync::decode_record_payload(rows.blob(6)));
    row.conflict = rows.integer(7) != 0;
    row.record = AWDA_TRY(sync::decode_record(payload.record));
    row.approval = approval_of(decisions, row.record.instance, row.officer, payload);
    return row;
}

Status done(const Result<std::int64_t>& changed) {
    if (!changed.ok()) return changed.error();
    return {};
}

}  // namespace

Result<std::int64_t> StoreDatabase::query_integer(LiteralText sql) {
    const auto rows = AWDA_TRY(query(sql));
    if (!AWDA_TRY(rows->step())) return Error(Errc::kNotFound, "a figure in central's database");
    return rows->integer(0);
}

Status Store::create(const StorePlace& place) {
    if (!place.database.empty()) return create_store_postgres(place.database);
    return StoreSqlite::create(place.data, AWDA_TRY(load_database_key(place.keys)));
}

Result<Store> Store::open(const StorePlace& place, DatabaseCheck check) {
    if (!place.database.empty()) return Store(AWDA_TRY(open_store_postgres(place.database)));
    const DatabaseKey key = AWDA_TRY(load_database_key(place.keys));
    return Store(AWDA_TRY(StoreSqlite::open(place.data, key, check)));
}

Status Store::add_voucher(const sync::Voucher& voucher, const Hash32& hash) {
    AWDA_TRY(
        database_->run("INSERT INTO offices(id, name) VALUES($1, $2) "
                       "ON CONFLICT(id) DO UPDATE SET name = excluded.name",
                       voucher.office.value, voucher.office_name));
    return done(
        database_->run("INSERT INTO vouchers(id, office, hash, role, issued_ms, expires_ms) "
                       "VALUES($1, $2, $3, $4, $5, $6)",
                       voucher.id.value, voucher.office.value, hash, voucher.role,
                       voucher.issued_ms, voucher.expires_ms));
}

Result<std::optional<VoucherRow>> Store::find_voucher(const VoucherId& id) {
    return one_voucher(database_->query(AWDA_VOUCHER, id.value));
}

Result<std::optional<VoucherRow>> Store::lock_voucher(const VoucherId& id) {
    if (!database_->shared()) return find_voucher(id);  // the transaction has locked everything
    return one_voucher(database_->query(AWDA_VOUCHER "FOR UPDATE", id.value));
}

Status Store::enrol(const sync::EnrolRequest& request, const VoucherRow& voucher,
                    const Hash32& request_hash, UnixMs now, ByteView receipt) {
    AWDA_TRY(database_->run(
        "UPDATE vouchers SET request_hash = $1, receipt = $2 WHERE id = $3 AND request_hash IS "
        "NULL",
        request_hash, receipt, voucher.id.value));
    AWDA_TRY(database_->run(
        "INSERT INTO devices(id, office, voucher, sign_key, seal_key, officer, "
        "officer_key, recovery, claimed_ms, enrolled_ms, last_batch, log_head) "
        "VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        request.device.value, voucher.office.value, voucher.id.value, request.device_sign,
        request.device_seal, request.officer.value, request.officer_key, request.recovery,
        request.claimed_ms, now, Hash32{}, sync::first_prev(request.device)));
    const OfficerRow officer{request.officer, voucher.office, request.officer_key, voucher.role};
    return add_officer(officer, "", OfficerId{}, now);
}

Status Store::contest_voucher(const VoucherId& id, UnixMs now) {
    return done(database_->run(
        "UPDATE vouchers SET contested_ms = $1 WHERE id = $2 AND contested_ms IS NULL", now,
        id.value));
}

Result<std::optional<DeviceRow>> Store::find_device(const DeviceId& id) {
    return one_device(database_->query(AWDA_DEVICE_COLUMNS "WHERE d.id = $1", id.value));
}

Result<std::optional<DeviceRow>> Store::lock_device(const DeviceId& id) {
    if (!database_->shared()) return find_device(id);  // the transaction has locked everything
    return one_device(
        database_->query(AWDA_DEVICE_COLUMNS "WHERE d.id = $1 FOR NO KEY UPDATE OF d", id.value));
}

Result<std::vector<DeviceRow>> Store::devices() {
    const auto rows =
        AWDA_TRY(database_->query(AWDA_DEVICE_COLUMNS "ORDER BY o.name, d.enrolled_ms, d.row"));
    std::vector<DeviceRow> devices;
    while (AWDA_TRY(rows->step())) devices.push_back(AWDA_TRY(read_device(*rows)));
    return devices;
}

Status Store::confirm_device(const DeviceId& id, UnixMs now) {
    const auto changed = AWDA_TRY(
        database_->run("UPDATE devices SET confirmed_ms = coalesce(confirmed_ms, $1) WHERE id = $2",
                       now, id.value));
    if (changed == 0) return Error(Errc::kNotFound, "confirm a device");
    return {};
}

Status Store::add_recovery(std::int64_t device_row, std::uint32_t epoch, ByteView blob,
                           UnixMs now) {
    const auto added = AWDA_TRY(database_->run(
        "INSERT INTO recoveries(device_row, epoch, blob, received_ms) VALUES($1, $2, $3, $4) "
        "ON CONFLICT DO NOTHING",
        device_row, epoch, blob, now));
    if (added != 0) return {};
    const auto rows = AWDA_TRY(database_->query(
        "SELECT blob FROM recoveries WHERE device_row = $1 AND epoch = $2", device_row, epoch));
    if (AWDA_TRY(rows->step()) && equal(rows->blob(0), blob)) return {};
    return Error(Errc::kAltered, "another recovery blob for the same epoch");
}

Result<std::vector<Store::RecoveryRow>> Store::recovery_blobs(const DeviceId& id) {
    const auto rows = AWDA_TRY(database_->query(
        "SELECT r.epoch, r.blob, r.received_ms FROM recoveries r JOIN devices d "
        "ON d.row = r.device_row WHERE d.id = $1 "
        "UNION ALL SELECT 1, recovery, enrolled_ms FROM devices WHERE id = $1 ORDER BY 1 DESC",
        id.value));
    std::vector<RecoveryRow> blobs;
    while (AWDA_TRY(rows->step())) {
        blobs.push_back(
            {static_cast<std::uint32_t>(rows->integer(0)), rows->bytes(1), rows->integer(2)});
    }
    if (blobs.empty()) return Error(Errc::kNotFound, "a device's recovery blobs");
    return blobs;
}

Result<std::optional<BatchRow>> Store::find_batch(const Hash32& hash) {
    return one_batch(database_->query(AWDA_BATCH_COLUMNS "WHERE b.hash = $1", hash));
}

Result<std::optional<BatchRow>> Store::find_batch(std::int64_t device_row, std::uint64_t number) {
    return one_batch(database_->query(
        AWDA_BATCH_COLUMNS "WHERE b.device_row = $1 AND b.number = $2", device_row, number));
}

Result<std::int64_t> Store::add_batch(const BatchRow& batch, UnixMs now) {
    const auto rows = AWDA_TRY(database_->query(
        "INSERT INTO batches(device_row, number, hash, size, state, received_ms, stored_receipt) "
        "VALUES($1, $2, $3, $4, $5, $6, $7) RETURNING row",
        batch.device_row, batch.number, batch.hash, batch.size,
        static_cast<int>(BatchState::kStored), now, batch.stored_receipt));
    if (!AWDA_TRY(rows->step())) return Error(Errc::kInternal, "store a batch");
    AWDA_TRY(database_->run("UPDATE devices SET next_batch = $1, last_batch = $2 WHERE row = $3",
                            batch.number + 1, batch.hash, batch.device_row));
    return rows->integer(0);
}

Status Store::mark_opened(std::int64_t batch_row, ByteView receipt) {
    return done(database_->run(
        "UPDATE batches SET state = $1, problem = '', opened_receipt = $2 WHERE row = $3",
        static_cast<int>(BatchState::kOpened), receipt, batch_row));
}

Status Store::mark_problem(std::int64_t batch_row, std::string_view problem) {
    return done(database_->run("UPDATE batches SET state = $1, problem = $2 WHERE row = $3",
                               static_cast<int>(BatchState::kProblem), problem, batch_row));
}

Status Store::add_fork(std::int64_t device_row, std::uint64_t number, const Hash32& hash,
                       UnixMs now) {
    return done(
        database_->run("INSERT INTO forks(device_row, number, hash, at_ms) VALUES($1, $2, $3, $4) "
                       "ON CONFLICT DO NOTHING",
                       device_row, number, hash, now));
}

Result<std::vector<BatchRow>> Store::unopened_batches() {
    return all_batches(database_->query(AWDA_BATCH_COLUMNS
                                        "WHERE b.state IN (1, 3) ORDER BY b.device_row, b.number"));
}

Result<std::vector<BatchRow>> Store::untried_batches(std::int64_t device_row) {
    return all_batches(database_->query(AWDA_BATCH_COLUMNS
                                        "WHERE b.device_row = $1 AND b.state = 1 ORDER BY b.number",
                                        device_row));
}

Result<std::vector<BatchRow>> Store::left_batches(UnixMs before) {
    return all_batches(
        database_->query(AWDA_BATCH_COLUMNS
                         "WHERE b.state = 1 AND b.received_ms < $1 ORDER BY b.device_row, b.number",
                         before));
}

Result<std::uint64_t> Store::next_server_index() {
    const auto rows = AWDA_TRY(database_->query(
        "UPDATE counters SET value = value + 1 WHERE name = 'server_index' RETURNING value"));
    if (!AWDA_TRY(rows->step())) return Error(Errc::kInternal, "central's running number");
    return rows->u64(0);
}

Result<std::optional<OfficerRow>> Store::find_officer(const OfficerId& id) {
    const auto rows = AWDA_TRY(
        database_->query("SELECT id, office, key, role FROM officers WHERE id = $1", id.value));
    if (!AWDA_TRY(rows->step())) return std::optional<OfficerRow>();
    OfficerRow officer;
    officer.id = AWDA_TRY(rows->id<OfficerId>(0));
    officer.office = AWDA_TRY(rows->id<OfficeId>(1));
    officer.key = AWDA_TRY(rows->fixed<32>(2));
    officer.role = rows->text(3);
    return std::optional<OfficerRow>(std::move(officer));
}

Status Store::add_officer(const OfficerRow& officer, std::string_view display_name,
                          const OfficerId& added_by, UnixMs now) {
    const auto added = AWDA_TRY(database_->run(
        "INSERT INTO officers(id, office, key, role, display_name, added_by, added_ms) "
        "VALUES($1, $2, $3, $4, $5, $6, $7) ON CONFLICT(id) DO NOTHING",
        officer.id.value, officer.office.value, officer.key, officer.role, display_name,
        added_by.value, now));
    if (added != 0) return {};
    const auto known = AWDA_TRY(find_officer(officer.id));
    if (!known.has_value() || known->key != officer.key || known->office != officer.office ||
        known->role != officer.role) {
        return Error(Errc::kAltered, "an officer's id stands for somebody else already");
    }
    if (display_name.empty()) return {};
    return done(database_->run("UPDATE officers SET display_name = $1 WHERE id = $2", display_name,
                               officer.id.value));
}

Status Store::set_officer_role(const OfficerId& id, std::string_view role) {
    return done(database_->run("UPDATE officers SET role = $1 WHERE id = $2", role, id.value));
}

Status Store::add_event(std::int64_t device_row, const sync::Event& event) {
    return database_->add_event(device_row, event);
}

Result<std::vector<sync::Event>> Store::events_before(std::int64_t device_row, std::uint64_t seq,
                                                      std::size_t most) {
    const auto rows = AWDA_TRY(database_->stream(
        "SELECT seq, hlc, officer, office, type, commitment, prev, salt, payload FROM events"
        " WHERE device_row = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3",
        device_row, seq, most));
    std::size_t bytes = 0;
    std::vector<sync::Event> events;
    while (bytes <= sync::kHistoryBytesMax && AWDA_TRY(rows->step())) {
        bytes += rows->blob(8).size();
        events.push_back(AWDA_TRY(read_event(*rows)));
    }
    std::ranges::reverse(events);
    return events;
}

Status Store::set_log_head(std::int64_t device_row, std::uint64_t next_seq, const Hash32& head) {
    return done(database_->run("UPDATE devices SET next_seq = $1, log_head = $2 WHERE row = $3",
                               next_seq, head, device_row));
}

Status Store::add_record(const NewRecord& record) {
    return database_->add_record(record);
}

Status Store::each_record(const RecordFilter& filter,
                          const std::function<Status(const RecordRow&)>& visit) {
    const Decisions decisions = AWDA_TRY(read_decisions(*database_));
    const auto rows = AWDA_TRY(database_->stream(
        "SELECT d.id, d.office, o.name, r.officer, r.seq, r.received_ms, e.payload, "
        "(SELECT count(*) FROM records x WHERE x.instance = r.instance) > 1 "
        "FROM records r JOIN devices d ON d.row = r.device_row JOIN offices o ON o.id = d.office "
        "JOIN events e ON e.device_row = r.device_row AND e.seq = r.seq "
        "WHERE ($1 = '' OR r.form_id = $1) AND ($2 = 0 OR NOT EXISTS "
        "(SELECT 1 FROM records n WHERE n.deprecates = r.instance AND n.root = r.root)) "
        "ORDER BY r.row",
        filter.form_id, filter.newest_only));
    while (AWDA_TRY(rows->step())) AWDA_CHECK(visit(AWDA_TRY(read_record(*rows, decisions))));
    return {};
}

Result<Store::RecordSource> Store::record_source(const InstanceId& instance) {
    RecordSource source;
    const auto rows = AWDA_TRY(database_->query(
        "SELECT e.seq, e.hlc, e.officer, e.office, e.type, e.commitment, e.prev, e.salt,"
        " CASE WHEN e.type = 50 OR e.seq = r.seq THEN e.payload END, d.id FROM events e JOIN"
        " (SELECT device_row, seq FROM records WHERE instance = $1 ORDER BY row LIMIT 1) r"
        " ON e.device_row = r.device_row JOIN devices d ON d.row = e.device_row"
        " WHERE e.seq BETWEEN r.seq AND coalesce((SELECT min(c.seq) FROM events c WHERE"
        " c.device_row = r.device_row AND c.seq > r.seq AND c.type = 50), r.seq) ORDER BY e.seq",
        instance.value));
    while (AWDA_TRY(rows->step())) {
        source.device = AWDA_TRY(rows->id<DeviceId>(9));
        source.events.push_back(AWDA_TRY(read_event(*rows)));
    }
    if (source.events.empty() || !source.events.front().payload) {
        return Error(Errc::kNotFound, "a record");
    }
    return source;
}

Status Store::add_consent(const sync::ConsentEntry& entry) {
    return done(database_->run(
        "INSERT INTO consents(ref, root, type, payload) VALUES($1, $2, $3, $4) "
        "ON CONFLICT DO NOTHING",
        entry.ref.value, entry.said.root.value, static_cast<int>(sync::event_type_of(entry.said)),
        sync::encode(entry.said)));
}

Result<std::vector<sync::Consent>> Store::consents(const InstanceId& root) {
    const auto rows = AWDA_TRY(
        database_->query("SELECT ref, type, payload FROM consents WHERE root = $1", root.value));
    std::vector<sync::ConsentEntry> entries;
    while (AWDA_TRY(rows->step())) {
        const auto type = static_cast<sync::EventType>(rows->integer(1));
        entries.push_back({AWDA_TRY(rows->id<sync::EventRef>(0)),
                           AWDA_TRY(sync::decode_consent(type, rows->blob(2)))});
    }
    return sync::fold_consents(entries);
}

Result<bool> Store::branched(const InstanceId& root) {
    const auto rows = AWDA_TRY(database_->query(
        "SELECT count(DISTINCT r.instance) FROM records r WHERE r.root = $1 AND NOT EXISTS"
        " (SELECT 1 FROM records n WHERE n.deprecates = r.instance AND n.root = r.root)",
        root.value));
    return AWDA_TRY(rows->step()) && rows->integer(0) > 1;
}

Result<sync::IdentityRule> Store::identity_rule(std::string_view form_id) {
    const auto rows = AWDA_TRY(
        database_->query("SELECT payload FROM events WHERE type = $1 AND payload IS NOT NULL",
                         static_cast<int>(sync::EventType::kIdentityMarked)));
    std::set<std::string> paths;
    while (AWDA_TRY(rows->step())) {
        const auto marked = sync::decode_identity_marked(rows->blob(0));
        if (!marked.ok() || marked->form_id != form_id) continue;
        paths.insert(marked->paths.begin(), marked->paths.end());
    }
    return sync::IdentityRule(std::move(paths));
}

Result<std::vector<ProblemRow>> Store::problems() {
    const auto rows = AWDA_TRY(database_->query(
        "SELECT 'batch', d.id, b.number, b.problem, b.received_ms FROM batches b "
        "JOIN devices d ON d.row = b.device_row WHERE b.state = 3 "
        "UNION ALL SELECT 'fork', d.id, f.number, 'fork', f.at_ms FROM forks f "
        "JOIN devices d ON d.row = f.device_row "
        "UNION ALL SELECT 'conflict', d.id, r.seq, 'same instance, other content', r.received_ms "
        "FROM records r JOIN devices d ON d.row = r.device_row "
        "WHERE (SELECT count(*) FROM records x WHERE x.instance = r.instance) > 1 "
        "UNION ALL SELECT 'voucher', d.id, 0, 'used a second time', v.contested_ms "
        "FROM vouchers v JOIN devices d ON d.voucher = v.id WHERE v.contested_ms IS NOT NULL "
        "ORDER BY 5, 3"));
    std::vector<ProblemRow> problems;
    while (AWDA_TRY(rows->step())) {
        ProblemRow row;
        row.kind = rows->text(0);
        row.device = AWDA_TRY(rows->id<DeviceId>(1));
        row.number = rows->u64(2);
        row.what = rows->text(3);
        row.at_ms = rows->integer(4);
        problems.push_back(std::move(row));
    }
    return problems;
}

Result<StoreTotals> Store::totals() {
    const auto rows = AWDA_TRY(database_->query(
        "SELECT (SELECT count(*) FROM offices), (SELECT count(*) FROM devices), "
        "(SELECT count(*) FROM devices WHERE confirmed_ms IS NOT NULL), "
        "(SELECT count(*) FROM batches), (SELECT count(*) FROM batches WHERE state = 2), "
        "(SELECT count(*) FROM batches WHERE state = 3), (SELECT count(*) FROM events), "
        "(SELECT count(*) FROM records), (SELECT count(*) FROM "
        "(SELECT 1 FROM records GROUP BY instance HAVING count(*) > 1) AS disputed), "
        "(SELECT count(*) FROM forks), (SELECT max(received_ms) FROM batches)"));
    if (!AWDA_TRY(rows->step())) return Error(Errc::kInternal, "count what central holds");
    StoreTotals totals;
    totals.offices = rows->integer(0);
    totals.devices = rows->integer(1);
    totals.devices_confirmed = rows->integer(2);
    totals.batches = rows->integer(3);
    totals.batches_opened = rows->integer(4);
    totals.batches_problem = rows->integer(5);
    totals.events = rows->integer(6);
    totals.records = rows->integer(7);
    totals.conflicts = rows->integer(8);
    totals.forks = rows->integer(9);
    if (!rows->is_null(10)) totals.last_received_ms = rows->integer(10);
    return totals;
}

Status Store::add_audit(UnixMs now, std::string_view action, std::string_view detail) {
    return done(database_->run("INSERT INTO audit(at_ms, action, detail) VALUES($1, $2, $3)", now,
                               action, detail));
}

}  // namespace awda::central
