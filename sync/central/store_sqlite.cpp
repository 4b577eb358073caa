#include "sync/central/store_sqlite.h"

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

class Rows final : public SqlRows {
public:
    explicit Rows(Statement statement) : statement_(std::move(statement)) {}
    [[nodiscard]] Result<bool> step() override { return statement_.step(); }
    [[nodiscard]] bool is_null(int column) const override { return statement_.is_null(column); }
    [[nodiscard]] std::int64_t integer(int column) const override {
        return statement_.integer(column);
    }
    [[nodiscard]] std::string_view text(int column) const override {
        return statement_.text(column);
    }
    [[nodiscard]] ByteView blob(int column) const override { return statement_.blob(column); }

private:
    Statement statement_;
};

Result<Statement> prepared(Database& database, LiteralText sql, std::span<const SqlValue> values) {
    Statement statement = AWDA_TRY(database.prepare(sql));
    int index = 0;
    for (const SqlValue& value : values) {
        std::visit([&](const auto& given) { statement.bind(++index, given); }, value);
    }
    return statement;
}

}  // namespace

Status StoreSqlite::create(const Path& data, const DatabaseKey& key) {
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
    return rename_file(fresh, database_path(data));
}

Result<std::unique_ptr<StoreSqlite>> StoreSqlite::open(const Path& data, const DatabaseKey& key,
                                                       DatabaseCheck check) {
    DatabaseOptions options;
    options.check = check;
    auto database = Database::open(database_path(data), key.key.view(), key.salt.view(), options);
    if (!database.ok()) {
        switch (database.error().code) {
            case Errc::kNotFound: return Error(Errc::kCentralMissing, "open the central database");
            case Errc::kAltered: return Error(Errc::kKeysMismatch, "open the central database");
            default: return database.error();
        }
    }
    AWDA_CHECK(raise_schema(*database));
    return std::unique_ptr<StoreSqlite>(new StoreSqlite(std::move(*database)));
}

Status StoreSqlite::begin() {
    AWDA_ASSERT(!transaction_);
    transaction_.emplace(AWDA_TRY(Transaction::begin(database_)));
    return {};
}

Status StoreSqlite::begin_read() {
    AWDA_ASSERT(!transaction_);
    transaction_.emplace(AWDA_TRY(Transaction::begin_read(database_)));
    return {};
}

Status StoreSqlite::commit() {
    Transaction transaction = *std::move(transaction_);
    transaction_.reset();
    return transaction.commit();
}

Status StoreSqlite::add_event(std::int64_t device_row, const sync::Event& event) {
    return AWDA_TRY(database_.prepare("INSERT INTO events(device_row, seq, hlc, officer, office, "
                                      "type, commitment, prev, salt, payload) "
                                      "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"))
        .bind_all(device_row, event.seq, event.hlc.packed, event.officer.value, event.office.value,
                  static_cast<int>(event.type), event.commitment, event.prev, event.salt,
                  event.payload)
        .run();
}

Status StoreSqlite::add_record(const NewRecord& given) {
    const sync::Record& record = given.read.record;
    return AWDA_TRY(database_.prepare(
                        "INSERT INTO records(instance, content, root, revision, deprecates, "
                        "form_id, form_version, device_row, seq, officer, received_ms) "
                        "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                        "ON CONFLICT(instance, content) DO NOTHING"))
        .bind_all(record.instance.value, given.read.content, record.root.value, record.revision,
                  record.deprecates.value, record.form_id, record.form_version, given.device_row,
                  given.event.seq, given.event.officer.value, given.received_ms)
        .run();
}

Status StoreSqlite::add_file(const Hash32& /*batch*/, ByteView /*file*/) {
    return Error(Errc::kInternal, "files of batches stand beside this database");
}

Result<std::optional<Bytes>> StoreSqlite::file(const Hash32& /*batch*/) {
    return Error(Errc::kInternal, "files of batches stand beside this database");
}

Result<std::unique_ptr<SqlRows>> StoreSqlite::query_values(LiteralText sql, Values values) {
    return std::unique_ptr<SqlRows>(
        std::make_unique<Rows>(AWDA_TRY(prepared(database_, sql, values))));
}

Result<std::unique_ptr<SqlRows>> StoreSqlite::stream_values(LiteralText sql, Values values) {
    return query_values(sql, values);  // SQLite finds each row as it is asked for
}

Result<std::int64_t> StoreSqlite::run_values(LiteralText sql, Values values) {
    AWDA_CHECK(AWDA_TRY(prepared(database_, sql, values)).run());
    return database_.changes();
}

}  // namespace awda::central
