#include "sync/central/store_postgres.h"

#include <libpq-fe.h>

#include <chrono>
#include <map>
#include <vector>

#include "platform/text.h"
#include "sync/central/log_line.h"

namespace awda::central {

namespace {

constexpr int kSchemaVersion = 1;
constexpr std::size_t kFilePiece = 256 * 1024;
/// A COPY stream that has grown so far goes over before its transaction ends.
constexpr std::size_t kStreamMax = 8U << 20U;
constexpr auto kPauseAfterFailure = std::chrono::seconds(1);

// Numbers are bigint throughout: a parameter or a column is read the same way everywhere. Events
// and records have no foreign keys: their device's row is locked while they are written, and a
// trigger a row is not free. `answers` is json, not jsonb: it takes less than half the time to
// write, keeps the form's order, and json_to_record() reads all columns of a view in one pass. A
// row of up to half a page is not worth one more in another table, hence toast_tuple_target.
constexpr LiteralText kSchema = R"sql(
CREATE TABLE schema_version(version bigint NOT NULL);
INSERT INTO schema_version VALUES(1);

CREATE TABLE counters(name text NOT NULL UNIQUE, value bigint NOT NULL);
INSERT INTO counters VALUES('server_index', 0);

CREATE TABLE offices(id bytea NOT NULL UNIQUE, name text NOT NULL);

CREATE TABLE vouchers(
    id bytea NOT NULL UNIQUE, office bytea NOT NULL, hash bytea NOT NULL, role text NOT NULL,
    issued_ms bigint NOT NULL, expires_ms bigint NOT NULL,
    request_hash bytea, receipt bytea, contested_ms bigint);

CREATE TABLE devices(
    row bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id bytea NOT NULL UNIQUE, office bytea NOT NULL,
    voucher bytea NOT NULL UNIQUE REFERENCES vouchers(id),
    sign_key bytea NOT NULL, seal_key bytea NOT NULL, officer bytea NOT NULL,
    officer_key bytea NOT NULL,
    recovery bytea NOT NULL, claimed_ms bigint NOT NULL, enrolled_ms bigint NOT NULL,
    confirmed_ms bigint,
    next_batch bigint NOT NULL DEFAULT 1, last_batch bytea NOT NULL,
    next_seq bigint NOT NULL DEFAULT 1, log_head bytea NOT NULL);

CREATE TABLE officers(
    id bytea NOT NULL UNIQUE, office bytea NOT NULL, key bytea NOT NULL, role text NOT NULL,
    display_name text NOT NULL, added_by bytea, added_ms bigint NOT NULL);

CREATE TABLE recoveries(
    device_row bigint NOT NULL REFERENCES devices(row), epoch bigint NOT NULL,
    blob bytea NOT NULL, received_ms bigint NOT NULL, UNIQUE(device_row, epoch));

CREATE TABLE batches(
    row bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_row bigint NOT NULL REFERENCES devices(row),
    number bigint NOT NULL, hash bytea NOT NULL UNIQUE, size bigint NOT NULL,
    state bigint NOT NULL, problem text NOT NULL DEFAULT '', received_ms bigint NOT NULL,
    stored_receipt bytea NOT NULL, opened_receipt bytea NOT NULL DEFAULT '',
    UNIQUE(device_row, number));
CREATE INDEX batches_unopened ON batches(state) WHERE state <> 2;

CREATE TABLE batch_files(
    hash bytea NOT NULL REFERENCES batches(hash) DEFERRABLE INITIALLY DEFERRED,
    piece bigint NOT NULL, bytes bytea NOT NULL, PRIMARY KEY(hash, piece));
ALTER TABLE batch_files ALTER bytes SET STORAGE EXTERNAL;

CREATE TABLE forks(
    device_row bigint NOT NULL REFERENCES devices(row), number bigint NOT NULL,
    hash bytea NOT NULL, at_ms bigint NOT NULL, UNIQUE(device_row, number, hash));

CREATE TABLE events(
    device_row bigint NOT NULL, seq bigint NOT NULL,
    hlc bigint NOT NULL, officer bytea NOT NULL, office bytea NOT NULL, type bigint NOT NULL,
    commitment bytea NOT NULL, prev bytea NOT NULL, salt bytea,
    payload bytea COMPRESSION lz4, PRIMARY KEY(device_row, seq)) WITH (toast_tuple_target = 4080);
CREATE INDEX events_of_decisions ON events(device_row, seq) WHERE type IN (27, 28, 29);
CREATE INDEX events_of_identity ON events(device_row, seq) WHERE type = 60;

CREATE TABLE records(
    row bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    instance bytea NOT NULL, content bytea NOT NULL, root bytea NOT NULL,
    revision bigint NOT NULL, deprecates bytea NOT NULL, form_id text NOT NULL,
    form_version text NOT NULL, device_row bigint NOT NULL, seq bigint NOT NULL,
    officer bytea NOT NULL, received_ms bigint NOT NULL,
    answers json COMPRESSION lz4 NOT NULL, UNIQUE(instance, content))
    WITH (toast_tuple_target = 4080);
CREATE INDEX records_by_form ON records(form_id);
CREATE INDEX records_by_deprecates ON records(deprecates) WHERE revision > 1;
CREATE INDEX records_by_root ON records(root);

CREATE TABLE consents(
    ref bytea NOT NULL UNIQUE, root bytea NOT NULL, type bigint NOT NULL, payload bytea NOT NULL);
CREATE INDEX consents_by_root ON consents(root);

CREATE TABLE audit(
    row bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at_ms bigint NOT NULL, action text NOT NULL, detail text NOT NULL);

CREATE FUNCTION awda_keep() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is never deleted or changed', TG_TABLE_NAME; END $$;
CREATE TRIGGER events_keep BEFORE DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION awda_keep();
CREATE TRIGGER recoveries_keep BEFORE DELETE OR TRUNCATE ON recoveries
    FOR EACH STATEMENT EXECUTE FUNCTION awda_keep();
CREATE TRIGGER consents_keep BEFORE DELETE OR TRUNCATE ON consents
    FOR EACH STATEMENT EXECUTE FUNCTION awda_keep();
CREATE TRIGGER audit_keep BEFORE DELETE OR UPDATE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION awda_keep();
)sql";

// What each connection is told first. A server that vanished must not hold a device's lock for
// long.
constexpr LiteralText kSession =
    "SET synchronous_commit = on; SET lock_timeout = '10s'; "
    "SET idle_in_transaction_session_timeout = '60s'; SET client_min_messages = warning";

constexpr LiteralText kArriving =
    "CREATE TEMP TABLE IF NOT EXISTS arriving(instance bytea, content bytea, root bytea, "
    "revision bigint, deprecates bytea, form_id text, form_version text, device_row bigint, "
    "seq bigint, officer bytea, received_ms bigint, answers json COMPRESSION lz4) "
    "WITH (toast_tuple_target = 4080) ON COMMIT DELETE ROWS";
constexpr LiteralText kCopyRecords = "COPY arriving FROM STDIN (FORMAT binary)";
constexpr LiteralText kKeepRecords =
    "INSERT INTO records(instance, content, root, revision, deprecates, form_id, form_version, "
    "device_row, seq, officer, received_ms, answers) SELECT * FROM arriving ORDER BY seq "
    "ON CONFLICT(instance, content) DO NOTHING";
constexpr LiteralText kCopyEvents =
    "COPY events(device_row, seq, hlc, officer, office, type, commitment, prev, salt, payload) "
    "FROM STDIN (FORMAT binary)";

struct FreeResult {
    void operator()(PGresult* result) const { ::PQclear(result); }
};
using PgResult = std::unique_ptr<PGresult, FreeResult>;
struct CloseConnection {
    void operator()(PGconn* connection) const { ::PQfinish(connection); }
};
using PgConnection = std::unique_ptr<PGconn, CloseConnection>;

/// What a SQLSTATE means to us; codes that Ingest takes for a fault of what arrived are left to
/// those that are. https://www.postgresql.org/docs/15/errcodes-appendix.html
Errc errc_of(std::string_view state) {
    // Cut off, shut down, not up yet, or too many connections: it passes.
    if (state.empty() || state.starts_with("08") || state.starts_with("57P") || state == "53300" ||
        state == "25P03") {
        return Errc::kDatabaseGone;
    }
    // Another front end was faster, or waits for us.
    if (state == "23505" || state.starts_with("40") || state == "55P03") return Errc::kBusy;
    if (state == "53100") return Errc::kDiskFull;
    if (state == "53200") return Errc::kOutOfMemory;
    if (state.starts_with("22")) return Errc::kMalformed;
    if (state == "42P01") return Errc::kCentralMissing;
    return Errc::kInternal;
}

std::string_view state_of(const PGresult* result) {
    const char* state = ::PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return state == nullptr ? std::string_view() : std::string_view(state);
}

/// The rows of an answer, or the error that stands in its place.
Result<PgResult> checked(PGconn* connection, PGresult* raw, LiteralText doing) {
    PgResult result(raw);
    const ExecStatusType status = ::PQresultStatus(raw);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_IN) {
        return result;
    }
    const bool lost = ::PQstatus(connection) != CONNECTION_OK;
    const std::string_view state = state_of(raw);
    const Errc code = lost ? Errc::kDatabaseGone : errc_of(state);
    log_line(LogLevel::kWarning, "database_refused", {{"sqlstate", std::string(state)}});
    return Error(code, doing);
}

std::uint64_t big_endian(ByteView bytes) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : bytes) value = value << 8U | byte;
    return value;
}

/// Rows that arrived whole. All results are asked for in binary.
class Rows : public SqlRows {
public:
    explicit Rows(PgResult result) : result_(std::move(result)) {}
    [[nodiscard]] Result<bool> step() override { return ++row_ < ::PQntuples(result_.get()); }
    [[nodiscard]] bool is_null(int column) const override {
        return ::PQgetisnull(result_.get(), row_, column) != 0;
    }
    /// Also what is no bigint: a count of ours is, a literal is 4 bytes, a condition is 1.
    [[nodiscard]] std::int64_t integer(int column) const override {
        const ByteView bytes = blob(column);
        if (bytes.size() == 4) {
            return static_cast<std::int32_t>(static_cast<std::uint32_t>(big_endian(bytes)));
        }
        return static_cast<std::int64_t>(big_endian(bytes));
    }
    [[nodiscard]] std::string_view text(int column) const override { return as_text(blob(column)); }
    [[nodiscard]] ByteView blob(int column) const override {
        const auto size = static_cast<std::size_t>(::PQgetlength(result_.get(), row_, column));
        return as_bytes(std::string_view(::PQgetvalue(result_.get(), row_, column), size));
    }

protected:
    void replace(PgResult result) {
        result_ = std::move(result);
        row_ = -1;
    }

private:
    PgResult result_;
    int row_ = -1;
};

/// Text as a database of UTF-8 takes it: what cannot be in one becomes U+FFFD. Records are clean;
/// names in other papers need not be.
std::string storable_text(std::string_view text) {
    const bool utf8 = valid_utf8(text);
    std::string out;
    for (const char c : text) {
        if (c == '\0' || (!utf8 && static_cast<unsigned char>(c) >= 0x80)) {
            out += "\xEF\xBF\xBD";
        } else {
            out += c;
        }
    }
    return out;
}

/// Parameters as libpq takes them. Numbers go as text, so that the server decides on their width.
class Parameters {
public:
    explicit Parameters(std::span<const SqlValue> values) : texts_(values.size()) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            std::visit([&](const auto& value) { add(texts_[i], value); }, values[i]);
        }
    }
    [[nodiscard]] int count() const { return static_cast<int>(pointers_.size()); }
    [[nodiscard]] const char* const* pointers() const { return pointers_.data(); }
    [[nodiscard]] const int* lengths() const { return lengths_.data(); }
    [[nodiscard]] const int* formats() const { return formats_.data(); }

private:
    void add(std::string& /*kept*/, std::nullopt_t) { push(nullptr, 0, 0); }
    void add(std::string& kept, std::int64_t value) {
        kept = std::to_string(value);
        push(kept.c_str(), kept.size(), 0);
    }
    void add(std::string& kept, std::string_view value) {
        kept = storable_text(value);
        push(kept.c_str(), kept.size(), 1);
    }
    void add(std::string& /*kept*/, ByteView value) {
        // An empty view may point nowhere, which libpq takes for no value at all.
        push(value.empty() ? "" : as_text(value).data(), value.size(), 1);
    }
    void push(const char* pointer, std::size_t length, int format) {
        pointers_.push_back(pointer);
        lengths_.push_back(static_cast<int>(length));
        formats_.push_back(format);
    }
    std::vector<std::string> texts_;
    std::vector<const char*> pointers_;
    std::vector<int> lengths_;
    std::vector<int> formats_;
};

/// Rows for a COPY in binary: https://www.postgresql.org/docs/15/sql-copy.html#id-1.9.3.55.9.4
class CopyRows {
public:
    CopyRows() { clear(); }
    void clear() {
        static constexpr std::string_view kHead("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
        bytes_.assign(kHead);
        empty_ = true;
    }
    [[nodiscard]] bool empty() const { return empty_; }
    [[nodiscard]] std::size_t size() const { return bytes_.size(); }
    /// The stream, with its end.
    [[nodiscard]] std::string_view finish() {
        big<2>(0xffff);
        return bytes_;
    }
    void row(std::uint16_t columns) {
        big<2>(columns);
        empty_ = false;
    }
    void number(std::int64_t value) {
        big<4>(8);
        big<8>(static_cast<std::uint64_t>(value));
    }
    void number(std::uint64_t value) { number(static_cast<std::int64_t>(value)); }
    void text(std::string_view value) {
        big<4>(value.size());
        bytes_ += value;
    }
    void blob(ByteView value) { text(as_text(value)); }
    template <typename T>
    void blob(const std::optional<T>& value) {
        if (value) return blob(ByteView(*value));
        big<4>(0xffffffff);
    }

private:
    template <unsigned N>
    void big(std::uint64_t value) {
        for (unsigned i = N; i-- > 0;) bytes_ += static_cast<char>(value >> (8 * i) & 0xffU);
    }
    std::string bytes_;
    bool empty_ = true;
};

/// kUsage unless it is a postgresql:// URL without a password: every user of the machine may list
/// the words of a command. Passwords stand in ~/.pgpass or a service file.
Status check_url(const std::string& url) {
    struct FreeOptions {
        void operator()(PQconninfoOption* options) const { ::PQconninfoFree(options); }
    };
    if (!url.starts_with("postgresql://") && !url.starts_with("postgres://")) {
        return Error(Errc::kUsage, "--database takes a postgresql:// URL");
    }
    char* message = nullptr;
    const std::unique_ptr<PQconninfoOption, FreeOptions> options(
        ::PQconninfoParse(url.c_str(), &message));
    ::PQfreemem(message);
    if (!options) return Error(Errc::kUsage, "--database takes a postgresql:// URL");
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr && std::string_view(option->keyword) == "password") {
            return Error(Errc::kUsage, "a database's password is not for a command line");
        }
    }
    return {};
}

Result<PgConnection> connect(const std::string& url) {
    // Later words win, and the URL is the last. Over a network the server must prove who it is.
    const char* const words[] = {
        "sslmode",          "connect_timeout",  "client_encoding", "keepalives",
        "tcp_user_timeout", "application_name", "dbname",          nullptr};
    const char* const values[] = {"verify-full",  "5",         "UTF8", "1", "10000",
                                  "awda-central", url.c_str(), nullptr};
    PgConnection connection(::PQconnectdbParams(words, values, 1));
    if (::PQstatus(connection.get()) != CONNECTION_OK) {
        return Error(Errc::kDatabaseGone, "connect to the database");
    }
    // What the server says on the side may quote answers.
    ::PQsetNoticeProcessor(connection.get(), [](void*, const char*) {}, nullptr);
    AWDA_TRY(checked(connection.get(), ::PQexec(connection.get(), kSession.view().data()),
                     "set up a connection to the database"));
    return connection;
}

class StorePostgres final : public StoreDatabase {
public:
    explicit StorePostgres(std::string url) : url_(std::move(url)) {}

    [[nodiscard]] bool shared() const override { return true; }
    [[nodiscard]] Status begin() override { return start("BEGIN"); }
    [[nodiscard]] Status begin_read() override {
        return start("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    }
    [[nodiscard]] Status commit() override;
    void rollback() override;
    [[nodiscard]] Status add_event(std::int64_t device_row, const sync::Event& event) override;
    [[nodiscard]] Status add_record(const NewRecord& record) override;
    [[nodiscard]] Status finish_bulk() override;
    [[nodiscard]] Status add_file(const Hash32& batch, ByteView file) override;
    [[nodiscard]] Result<std::optional<Bytes>> file(const Hash32& batch) override;

    /// Prepared once, then by name.
    Result<PgResult> execute(LiteralText sql, std::span<const SqlValue> values = {});
    /// What is not worth preparing, or looks at another cursor each time.
    Result<PgResult> execute_once(const char* sql, const Parameters& given = Parameters({}));

protected:
    [[nodiscard]] Result<std::unique_ptr<SqlRows>> query_values(LiteralText sql,
                                                                Values values) override;
    [[nodiscard]] Result<std::unique_ptr<SqlRows>> stream_values(LiteralText sql,
                                                                 Values values) override;
    [[nodiscard]] Result<std::int64_t> run_values(LiteralText sql, Values values) override;

private:
    [[nodiscard]] PGconn* connection() { return connection_.get(); }
    [[nodiscard]] Status ensure();
    [[nodiscard]] Status start(LiteralText sql);
    [[nodiscard]] Status copy(LiteralText sql, CopyRows& rows);
    [[nodiscard]] Status flush_events();
    [[nodiscard]] Status flush_records();

    std::string url_;
    PgConnection connection_;
    std::chrono::steady_clock::time_point not_before_;
    std::map<std::string_view, std::string> prepared_;  ///< names, by the text of the statement
    bool in_transaction_ = false;
    CopyRows events_;
    CopyRows records_;
};

/// A connection that works, as far as one can know before asking.
Status StorePostgres::ensure() {
    if (connection_ && ::PQstatus(connection_.get()) == CONNECTION_OK) return {};
    prepared_.clear();
    connection_.reset();
    const auto now = std::chrono::steady_clock::now();
    if (now < not_before_) return Error(Errc::kDatabaseGone, "wait for the database");
    auto connected = connect(url_);
    if (!connected.ok()) {
        not_before_ = std::chrono::steady_clock::now() + kPauseAfterFailure;
        return connected.error();
    }
    connection_ = std::move(*connected);
    return {};
}

Result<PgResult> StorePostgres::execute(LiteralText sql, std::span<const SqlValue> values) {
    if (!in_transaction_) AWDA_CHECK(ensure());
    auto known = prepared_.find(sql.view());
    if (known == prepared_.end()) {
        const std::string name = "s" + std::to_string(prepared_.size());
        AWDA_TRY(checked(connection(),
                         ::PQprepare(connection(), name.c_str(), sql.view().data(), 0, nullptr),
                         "prepare a statement"));
        known = prepared_.emplace(sql.view(), name).first;
    }
    const Parameters given(values);
    return checked(connection(),
                   ::PQexecPrepared(connection(), known->second.c_str(), given.count(),
                                    given.pointers(), given.lengths(), given.formats(), 1),
                   "ask the database");
}

Result<PgResult> StorePostgres::execute_once(const char* sql, const Parameters& given) {
    return checked(connection(),
                   ::PQexecParams(connection(), sql, given.count(), nullptr, given.pointers(),
                                  given.lengths(), given.formats(), 1),
                   "ask the database once");
}

/// A connection that died since the last use tells only when it is used: then a new one is tried.
Status StorePostgres::start(LiteralText sql) {
    AWDA_ASSERT(!in_transaction_);
    auto begun = execute(sql);
    if (!begun.ok() && begun.error().code == Errc::kDatabaseGone) begun = execute(sql);
    if (!begun.ok()) return begun.error();
    in_transaction_ = true;
    return {};
}

Status StorePostgres::commit() {
    AWDA_ASSERT(in_transaction_);
    AWDA_ASSERT(events_.empty() && records_.empty());
    const auto committed = execute("COMMIT");
    // A transaction that failed before answers a COMMIT with ROLLBACK.
    const bool done =
        committed.ok() && std::string_view(::PQcmdStatus(committed->get())) == "COMMIT";
    rollback();
    if (done) return {};
    return committed.ok() ? Error(Errc::kInternal, "commit a transaction") : committed.error();
}

void StorePostgres::rollback() {
    events_.clear();
    records_.clear();
    if (in_transaction_ && ::PQtransactionStatus(connection()) != PQTRANS_IDLE) {
        const PgResult ignored(::PQexec(connection(), "ROLLBACK"));
    }
    in_transaction_ = false;
}

Status StorePostgres::copy(LiteralText sql, CopyRows& rows) {
    AWDA_TRY(checked(connection(), ::PQexec(connection(), sql.view().data()), "begin a COPY"));
    const std::string_view stream = rows.finish();
    const bool sent =
        ::PQputCopyData(connection(), stream.data(), static_cast<int>(stream.size())) == 1 &&
        ::PQputCopyEnd(connection(), nullptr) == 1;
    rows.clear();
    if (!sent) return Error(Errc::kDatabaseGone, "send a COPY");
    const auto outcome = checked(connection(), ::PQgetResult(connection()), "end a COPY");
    const PgResult end(::PQgetResult(connection()));  // nothing more
    if (!outcome.ok()) return outcome.error();
    return {};
}

Status StorePostgres::flush_events() {
    if (events_.empty()) return {};
    return copy(kCopyEvents, events_);
}

Status StorePostgres::flush_records() {
    if (records_.empty()) return {};
    AWDA_TRY(execute(kArriving));
    AWDA_CHECK(copy(kCopyRecords, records_));
    AWDA_TRY(execute(kKeepRecords));
    return {};
}

Status StorePostgres::add_event(std::int64_t device_row, const sync::Event& event) {
    events_.row(10);
    events_.number(device_row);
    events_.number(event.seq);
    events_.number(event.hlc.packed);
    events_.blob(event.officer.value);
    events_.blob(event.office.value);
    events_.number(static_cast<std::int64_t>(event.type));
    events_.blob(event.commitment);
    events_.blob(event.prev);
    events_.blob(event.salt);
    events_.blob(event.payload);
    return events_.size() < kStreamMax ? Status() : flush_events();
}

Status StorePostgres::add_record(const NewRecord& given) {
    const sync::Record& record = given.read.record;
    records_.row(12);
    records_.blob(record.instance.value);
    records_.blob(given.read.content);
    records_.blob(record.root.value);
    records_.number(std::int64_t{record.revision});
    records_.blob(record.deprecates.value);
    records_.text(record.form_id);
    records_.text(record.form_version);
    records_.number(given.device_row);
    records_.number(given.event.seq);
    records_.blob(given.event.officer.value);
    records_.number(given.received_ms);
    records_.text(given.read.answers);
    if (records_.size() < kStreamMax) return {};
    AWDA_CHECK(flush_records());
    AWDA_TRY(execute("DELETE FROM arriving"));
    return {};
}

Status StorePostgres::finish_bulk() {
    AWDA_CHECK(flush_events());
    return flush_records();
}

Status StorePostgres::add_file(const Hash32& batch, ByteView file) {
    for (std::size_t at = 0; at < file.size(); at += kFilePiece) {
        AWDA_TRY(run("INSERT INTO batch_files(hash, piece, bytes) VALUES($1, $2, $3)", batch,
                     at / kFilePiece, file.subspan(at, std::min(kFilePiece, file.size() - at))));
    }
    return {};
}

Result<std::optional<Bytes>> StorePostgres::file(const Hash32& batch) {
    const auto rows =
        AWDA_TRY(query("SELECT bytes FROM batch_files WHERE hash = $1 ORDER BY piece", batch));
    std::optional<Bytes> whole;
    while (AWDA_TRY(rows->step())) {
        if (!whole) whole.emplace();
        const ByteView piece = rows->blob(0);
        whole->insert(whole->end(), piece.begin(), piece.end());
    }
    return whole;
}

/// Rows fetched a few at a time, so that other questions may be asked in between.
class StreamedRows final : public Rows {
public:
    StreamedRows(StorePostgres& store, bool own_transaction)
        : Rows(nullptr), store_(store), own_transaction_(own_transaction) {}
    ~StreamedRows() override {
        if (own_transaction_) {
            store_.rollback();
        } else {
            store_.execute_once("CLOSE streamed").ignore("its transaction ends it, too");
        }
    }
    [[nodiscard]] Result<bool> step() override {
        if (AWDA_TRY(Rows::step())) return true;
        replace(AWDA_TRY(store_.execute_once("FETCH 64 FROM streamed")));
        return Rows::step();
    }

private:
    StorePostgres& store_;
    bool own_transaction_;
};

Result<std::unique_ptr<SqlRows>> StorePostgres::query_values(LiteralText sql, Values values) {
    auto result = execute(sql, values);
    // Outside a transaction it changes nothing, so it may be asked again.
    if (!result.ok() && result.error().code == Errc::kDatabaseGone && !in_transaction_) {
        result = execute(sql, values);
    }
    return std::unique_ptr<SqlRows>(std::make_unique<Rows>(AWDA_TRY(std::move(result))));
}

Result<std::unique_ptr<SqlRows>> StorePostgres::stream_values(LiteralText sql, Values values) {
    const bool own_transaction = !in_transaction_;
    if (own_transaction) AWDA_CHECK(begin_read());
    auto rows = std::make_unique<StreamedRows>(*this, own_transaction);
    const std::string declared = "DECLARE streamed NO SCROLL CURSOR FOR " + std::string(sql.view());
    AWDA_TRY(execute_once(declared.c_str(), Parameters(values)));
    return std::unique_ptr<SqlRows>(std::move(rows));
}

Result<std::int64_t> StorePostgres::run_values(LiteralText sql, Values values) {
    const PgResult result = AWDA_TRY(execute(sql, values));
    return std::atoll(::PQcmdTuples(result.get()));
}

}  // namespace

Status create_store_postgres(const std::string& url) {
    AWDA_CHECK(check_url(url));
    const PgConnection connection = AWDA_TRY(connect(url));
    const std::string all = "BEGIN;" + std::string(kSchema.view()) + "COMMIT";
    const PgResult made(::PQexec(connection.get(), all.c_str()));
    if (::PQresultStatus(made.get()) == PGRES_COMMAND_OK) return {};
    if (state_of(made.get()) == "42P07") {
        return Error(Errc::kCentralExists, "make the central database");
    }
    return Error(errc_of(state_of(made.get())), "make the central database");
}

Result<std::unique_ptr<StoreDatabase>> open_store_postgres(const std::string& url) {
    AWDA_CHECK(check_url(url));
    auto store = std::make_unique<StorePostgres>(url);
    if (AWDA_TRY(store->query_integer("SELECT version FROM schema_version")) != kSchemaVersion) {
        return Error(Errc::kMalformed, "the central database has another version");
    }
    return std::unique_ptr<StoreDatabase>(std::move(store));
}

}  // namespace awda::central
