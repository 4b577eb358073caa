#include "platform/sqlite.h"

#include <cerrno>
#include <cstring>
#include <unordered_map>
#include <vector>

// The codec's functions are declared only when this is set.
#define SQLITE_HAS_CODEC 1
#include <sqlite3.h>

#include "platform/secret.h"

// FULL: a commit waits for the disk. Only the crash tests' control is built otherwise.
#ifndef AWDA_SQLITE_SYNCHRONOUS
#define AWDA_SQLITE_SYNCHRONOUS "2"
#endif

namespace awda {

namespace {

constexpr std::size_t kCachedStatementsMax = 256;
constexpr std::string_view kPlainHeader{"SQLite format 3\0", 16};
constexpr int kCipherMajorMin = 4;
constexpr int kCipherMinorMin = 5;

bool is_full(int sys) {
    return sys == ENOSPC || sys == EDQUOT || sys == EFBIG;
}

Errc code_of(int rc, int sys) {
    switch (rc & 0xff) {
        case SQLITE_FULL: return Errc::kDiskFull;
        case SQLITE_NOTADB: return Errc::kAltered;
        case SQLITE_CORRUPT: return Errc::kVaultDamaged;
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return Errc::kBusy;
        case SQLITE_NOMEM: return Errc::kOutOfMemory;
        case SQLITE_READONLY:
        case SQLITE_PERM: return Errc::kNotAllowed;
        case SQLITE_TOOBIG: return Errc::kTooLarge;
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN: return is_full(sys) ? Errc::kDiskFull : Errc::kIo;
        default: return Errc::kInternal;
    }
}

Error sql_error(sqlite3* db, int rc, LiteralText context,
                std::source_location where = std::source_location::current()) {
    const int sys = db != nullptr ? sqlite3_system_errno(db) : 0;
    return Error(code_of(rc, sys), context, sys, where);
}

struct CloseDatabase {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
using Handle = std::unique_ptr<sqlite3, CloseDatabase>;

struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using RawStatement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

Status exec_raw(sqlite3* db, const char* sql, LiteralText context) {
    const int rc = sqlite3_exec(db, sql, nullptr, nullptr, nullptr);
    if (rc != SQLITE_OK) return sql_error(db, rc, context);
    return {};
}

/// The first column of the first row as text; empty when there is no row.
Result<std::string> first_text(sqlite3* db, const char* sql, LiteralText context) {
    sqlite3_stmt* raw = nullptr;
    int rc = sqlite3_prepare_v2(db, sql, -1, &raw, nullptr);
    const RawStatement statement(raw);
    if (rc != SQLITE_OK) return sql_error(db, rc, context);
    rc = sqlite3_step(raw);
    if (rc == SQLITE_DONE) return std::string();
    if (rc != SQLITE_ROW) return sql_error(db, rc, context);
    const auto* text = sqlite3_column_text(raw, 0);
    if (text == nullptr) return std::string();
    return std::string(static_cast<const char*>(static_cast<const void*>(text)),
                       static_cast<std::size_t>(sqlite3_column_bytes(raw, 0)));
}

Status expect(sqlite3* db, const char* sql, std::string_view wanted, LiteralText context) {
    if (AWDA_TRY(first_text(db, sql, context)) != wanted) {
        return Error(Errc::kCryptoUnavailable, context);
    }
    return {};
}

/// A library without the codec would silently write plain text: proven before any key is given.
Status check_codec(sqlite3* db) {
    const std::string version =
        AWDA_TRY(first_text(db, "PRAGMA cipher_version", "ask for the cipher's version"));
    int major = 0;
    int minor = 0;
    if (std::sscanf(version.c_str(), "%d.%d", &major, &minor) != 2 || major < kCipherMajorMin ||
        (major == kCipherMajorMin && minor < kCipherMinorMin)) {
        return Error(Errc::kCryptoUnavailable,
                     "this SQLite has no SQLCipher of version 4.5 or later");
    }
    if (sqlite3_compileoption_used("HAS_CODEC") == 0) {
        return Error(Errc::kCryptoUnavailable, "this SQLite was built without its codec");
    }
    return {};
}

/// "x'…'" with the raw key and its salt, as SQLCipher takes them.
Result<SecretBytes> key_text(ByteView key32, ByteView salt16) {
    if (key32.size() != 32 || salt16.size() != 16) {
        return Error(Errc::kInternal, "a database key is 32 bytes and its salt 16");
    }
    static constexpr char kDigits[] = "0123456789abcdef";
    SecretBytes spec(3 + 96);
    auto out = spec.mutable_view();
    std::size_t at = 0;
    out[at++] = 'x';
    out[at++] = '\'';
    for (const ByteView part : {key32, salt16}) {
        for (const std::uint8_t byte : part) {
            out[at++] = static_cast<std::uint8_t>(kDigits[byte >> 4U]);
            out[at++] = static_cast<std::uint8_t>(kDigits[byte & 15U]);
        }
    }
    out[at++] = '\'';
    return spec;
}

Status give_key(sqlite3* db, ByteView key32, ByteView salt16) {
    const SecretBytes key = AWDA_TRY(key_text(key32, salt16));
    const int rc = sqlite3_key_v2(db, "main", key.view().data(), static_cast<int>(key.size()));
    if (rc != SQLITE_OK) return sql_error(db, rc, "give the database its key");
    return exec_raw(db, "PRAGMA cipher_compatibility = 4", "pin the cipher's parameters");
}

/// Each setting is read back: a build that ignores one must not pass.
Status settle(sqlite3* db, const DatabaseOptions& options) {
    AWDA_CHECK(expect(db, "PRAGMA journal_mode = WAL", "wal", "use a write-ahead log"));
    AWDA_CHECK(exec_raw(db,
                        "PRAGMA synchronous = " AWDA_SQLITE_SYNCHRONOUS ";"
                        "PRAGMA temp_store = MEMORY;"
                        "PRAGMA secure_delete = ON;"
                        "PRAGMA foreign_keys = ON;"
                        "PRAGMA trusted_schema = OFF;"
                        "PRAGMA cell_size_check = ON;"
                        "PRAGMA mmap_size = 0;"
                        "PRAGMA wal_autocheckpoint = 256;",
                        "settle the database"));
    AWDA_CHECK(
        expect(db, "PRAGMA synchronous", AWDA_SQLITE_SYNCHRONOUS, "commits must reach the disk"));
    AWDA_CHECK(expect(db, "PRAGMA temp_store", "2", "temporary data must stay in memory"));
    AWDA_CHECK(expect(db, "PRAGMA foreign_keys", "1", "foreign keys must hold"));
    AWDA_CHECK(expect(db, "PRAGMA trusted_schema", "0", "the schema must not be trusted"));
    for (const int on : {SQLITE_DBCONFIG_DEFENSIVE}) {
        const int rc = sqlite3_db_config(db, on, 1, nullptr);
        if (rc != SQLITE_OK) return sql_error(db, rc, "defend the schema");
    }
    for (const int off : {SQLITE_DBCONFIG_DQS_DML, SQLITE_DBCONFIG_DQS_DDL,
                          SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION}) {
        const int rc = sqlite3_db_config(db, off, 0, nullptr);
        if (rc != SQLITE_OK) return sql_error(db, rc, "switch off what Awda does not use");
    }
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    if (options.read_only) {
        AWDA_CHECK(exec_raw(db, "PRAGMA query_only = ON", "make the connection read-only"));
    }
    return {};
}

Result<Handle> connect(const Path& path, ByteView key32, ByteView salt16,
                       const DatabaseOptions& options) {
    sqlite3* raw = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
                      SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
    const int rc = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
    Handle db(raw);
    if (rc != SQLITE_OK) return sql_error(raw, rc, "open the database");
    sqlite3_busy_timeout(raw, options.busy_timeout_ms);
    AWDA_CHECK(check_codec(raw));
    AWDA_CHECK(exec_raw(raw, "PRAGMA cipher_log_level = NONE; PRAGMA cipher_memory_security = ON;",
                        "quieten and harden the codec"));
    AWDA_CHECK(give_key(raw, key32, salt16));
    AWDA_CHECK(exec_raw(raw, "SELECT count(*) FROM sqlite_schema", "prove the database key"));
    AWDA_CHECK(settle(raw, options));
    return db;
}

/// All rows must be absent (or the single word "ok"): Signal once read only the first.
Status check_rows(sqlite3* db, const char* sql, bool ok_row, LiteralText context) {
    sqlite3_stmt* raw = nullptr;
    int rc = sqlite3_prepare_v2(db, sql, -1, &raw, nullptr);
    const RawStatement statement(raw);
    if (rc != SQLITE_OK) return sql_error(db, rc, context);
    bool bad = false;
    int rows = 0;
    while ((rc = sqlite3_step(raw)) == SQLITE_ROW) {
        ++rows;
        const auto* text = sqlite3_column_text(raw, 0);
        const bool is_ok =
            text != nullptr &&
            std::string_view(static_cast<const char*>(static_cast<const void*>(text))) == "ok";
        if (!ok_row || !is_ok) bad = true;
    }
    if (rc != SQLITE_DONE) return sql_error(db, rc, context);
    if (bad || (ok_row && rows != 1)) return Error(Errc::kVaultDamaged, context);
    return {};
}

Status checkpoint_handle(sqlite3* db) {
    const int rc =
        sqlite3_wal_checkpoint_v2(db, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    if (rc != SQLITE_OK) return sql_error(db, rc, "empty the write-ahead log");
    return {};
}

/// Order matters: cipher_integrity_check reads the raw file, so it lies while pages sit in the
/// write-ahead log; one bad page poisons a connection, so SQLite's own check gets a new one.
Result<Handle> open_after_unclean_exit(const Path& path, ByteView key32, ByteView salt16,
                                       const DatabaseOptions& options) {
    DatabaseOptions writing = options;
    writing.read_only = false;
    {
        const Handle first = AWDA_TRY(connect(path, key32, salt16, writing));
        AWDA_CHECK(checkpoint_handle(first.get()));
        AWDA_CHECK(check_rows(first.get(), "PRAGMA cipher_integrity_check", false,
                              "check every page after an unclean end"));
    }
    Handle second = AWDA_TRY(connect(path, key32, salt16, options));
    AWDA_CHECK(check_rows(second.get(), "PRAGMA quick_check", true,
                          "check the tables after an unclean end"));
    return second;
}

Status check_file(const Path& path, bool create) {
    if (!file_exists(path)) {
        if (!create) return Error(Errc::kNotFound, "open the database: no such file");
        // Made here, so that it and its companions are ours alone (0600).
        AWDA_TRY(OutputFile::open(path));
        const Path folder = path.parent_path();
        return sync_folder(folder.empty() ? Path(".") : folder);
    }
    const InputFile file = AWDA_TRY(InputFile::open(path));
    std::array<std::uint8_t, 16> head{};
    const std::size_t got = AWDA_TRY(file.read_at(0, head));
    if (got == head.size() && as_text(head) == kPlainHeader) {
        return Error(Errc::kNotEncrypted, "the database file is plain SQLite");
    }
    if (got < head.size() && !create) {
        return Error(Errc::kVaultDamaged, "the database file is cut short");
    }
    return {};
}

}  // namespace

struct Database::State {
    Handle db;
    std::unordered_multimap<const char*, sqlite3_stmt*> idle;
    bool checked = false;

    ~State() {
        for (const auto& [sql, statement] : idle) sqlite3_finalize(statement);
    }
};

struct Statement::State {
    Database::State* owner;
    sqlite3_stmt* statement;
    const char* sql;
    int bind_error = SQLITE_OK;

    State(Database::State* owner_in, sqlite3_stmt* statement_in, const char* sql_in)
        : owner(owner_in), statement(statement_in), sql(sql_in) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
        if (owner->idle.size() < kCachedStatementsMax) {
            owner->idle.emplace(sql, statement);
        } else {
            sqlite3_finalize(statement);
        }
    }
    void note(int rc) {
        if (bind_error == SQLITE_OK) bind_error = rc;
    }
};

Statement::Statement(std::unique_ptr<State> state) : state_(std::move(state)) {}
Statement::Statement(Statement&&) noexcept = default;
Statement& Statement::operator=(Statement&&) noexcept = default;
Statement::~Statement() = default;

Statement& Statement::bind(int index, std::int64_t value) {
    state_->note(sqlite3_bind_int64(state_->statement, index, value));
    return *this;
}

Statement& Statement::bind(int index, std::uint64_t value) {
    return bind(index, static_cast<std::int64_t>(value));
}

Statement& Statement::bind(int index, std::string_view text) {
    // A null pointer would bind NULL; an empty text is a text.
    const char* data = text.empty() ? "" : text.data();
    state_->note(sqlite3_bind_text64(state_->statement, index, data, text.size(), SQLITE_TRANSIENT,
                                     SQLITE_UTF8));
    return *this;
}

Statement& Statement::bind(int index, ByteView blob) {
    const void* data = blob.empty() ? static_cast<const void*>("") : blob.data();
    state_->note(
        sqlite3_bind_blob64(state_->statement, index, data, blob.size(), SQLITE_TRANSIENT));
    return *this;
}

Statement& Statement::bind(int index, std::nullopt_t) {
    state_->note(sqlite3_bind_null(state_->statement, index));
    return *this;
}

Result<bool> Statement::step() {
    if (state_->bind_error != SQLITE_OK) {
        return sql_error(nullptr, state_->bind_error, "bind a statement's values");
    }
    const int rc = sqlite3_step(state_->statement);
    if (rc == SQLITE_ROW) return true;
    if (rc == SQLITE_DONE) return false;
    const Error error = sql_error(state_->owner->db.get(), rc, "run a statement");
    sqlite3_reset(state_->statement);
    return error;
}

Status Statement::run() {
    while (AWDA_TRY(step())) {
    }
    reset();
    return {};
}

void Statement::reset() {
    sqlite3_reset(state_->statement);
    sqlite3_clear_bindings(state_->statement);
    state_->bind_error = SQLITE_OK;
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(state_->statement, column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(state_->statement, column);
}

std::uint64_t Statement::u64(int column) const {
    return static_cast<std::uint64_t>(integer(column));
}

std::string_view Statement::text(int column) const {
    const auto* data = sqlite3_column_text(state_->statement, column);
    if (data == nullptr) return {};
    return {static_cast<const char*>(static_cast<const void*>(data)),
            static_cast<std::size_t>(sqlite3_column_bytes(state_->statement, column))};
}

ByteView Statement::blob(int column) const {
    const void* data = sqlite3_column_blob(state_->statement, column);
    if (data == nullptr) return {};
    return {static_cast<const std::uint8_t*>(data),
            static_cast<std::size_t>(sqlite3_column_bytes(state_->statement, column))};
}

Database::Database(std::unique_ptr<State> state) : state_(std::move(state)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open(const Path& path, ByteView key32, ByteView salt16,
                                const DatabaseOptions& options) {
    AWDA_CHECK(check_file(path, options.create));
    Path wal = path;
    wal += "-wal";
    const bool unclean = file_exists(wal) && AWDA_TRY(awda::file_size(wal)) > 0;
    const bool check = options.check == DatabaseCheck::kAlways ||
                       (options.check == DatabaseCheck::kAfterUncleanExit && unclean);
    auto state = std::make_unique<State>();
    state->db = AWDA_TRY(check ? open_after_unclean_exit(path, key32, salt16, options)
                               : connect(path, key32, salt16, options));
    state->checked = check;
    return Database(std::move(state));
}

Result<Statement> Database::prepare(LiteralText sql) {
    const char* text = sql.view().data();
    if (const auto found = state_->idle.find(text); found != state_->idle.end()) {
        sqlite3_stmt* statement = found->second;
        state_->idle.erase(found);
        return Statement(std::make_unique<Statement::State>(state_.get(), statement, text));
    }
    sqlite3_stmt* raw = nullptr;
    const int rc =
        sqlite3_prepare_v3(state_->db.get(), text, static_cast<int>(sql.view().size()) + 1,
                           SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    if (rc != SQLITE_OK) return sql_error(state_->db.get(), rc, "prepare a statement");
    return Statement(std::make_unique<Statement::State>(state_.get(), raw, text));
}

Status Database::exec(LiteralText sql) {
    return exec_raw(state_->db.get(), sql.view().data(), "run a fixed statement");
}

Status Database::exec_schema(const std::string& sql) {
    return exec_raw(state_->db.get(), sql.c_str(), "change the schema");
}

std::string Database::quote_identifier(std::string_view name) {
    std::string out = "\"";
    for (const char c : name) {
        if (c == '"') out += '"';
        if (c != '\0') out += c;
    }
    out += '"';
    return out;
}

Result<std::int64_t> Database::query_integer(LiteralText sql) {
    Statement statement = AWDA_TRY(prepare(sql));
    if (!AWDA_TRY(statement.step())) return Error(Errc::kNotFound, "read one number");
    return statement.integer(0);
}

Result<int> Database::user_version() {
    return static_cast<int>(AWDA_TRY(query_integer("PRAGMA user_version")));
}

Status Database::set_user_version(int version) {
    return exec_raw(state_->db.get(), ("PRAGMA user_version = " + std::to_string(version)).c_str(),
                    "set the schema's version");
}

std::int64_t Database::last_insert_id() const {
    return sqlite3_last_insert_rowid(state_->db.get());
}

std::int64_t Database::changes() const {
    return sqlite3_changes64(state_->db.get());
}

Status Database::checkpoint() {
    return checkpoint_handle(state_->db.get());
}

Status Database::rekey(ByteView key32, ByteView salt16) {
    sqlite3* db = state_->db.get();
    const SecretBytes key = AWDA_TRY(key_text(key32, salt16));
    // Nothing under the old key is left in the write-ahead log, and no page is read twice.
    AWDA_CHECK(checkpoint());
    const int rc = sqlite3_rekey_v2(db, "main", key.view().data(), static_cast<int>(key.size()));
    if (rc != SQLITE_OK) return sql_error(db, rc, "give the database a new key");
    return {};
}

bool Database::checked() const {
    return state_->checked;
}

Status Database::check_integrity() {
    AWDA_CHECK(checkpoint());
    AWDA_CHECK(
        check_rows(state_->db.get(), "PRAGMA cipher_integrity_check", false, "check every page"));
    return check_rows(state_->db.get(), "PRAGMA quick_check", true, "check the tables");
}

Result<Transaction> Transaction::begin(Database& database) {
    AWDA_CHECK(exec_raw(database.state_->db.get(), "BEGIN IMMEDIATE", "begin a transaction"));
    return Transaction(database);
}

Result<Transaction> Transaction::begin_read(Database& database) {
    sqlite3* db = database.state_->db.get();
    AWDA_CHECK(exec_raw(db, "BEGIN", "begin to read"));
    Transaction transaction(database);
    // The view begins with the first read.
    AWDA_CHECK(exec_raw(db, "SELECT count(*) FROM sqlite_schema", "begin to read"));
    return transaction;
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
    if (database_ == nullptr) return;
    // After some failures SQLite has rolled back by itself; then this has nothing to do.
    sqlite3* db = database_->state_->db.get();
    if (sqlite3_get_autocommit(db) == 0) sqlite3_exec(db, "ROLLBACK", nullptr, nullptr, nullptr);
}

Status Transaction::commit() {
    AWDA_ASSERT(database_ != nullptr);
    // On failure the destructor rolls back.
    AWDA_CHECK(exec_raw(database_->state_->db.get(), "COMMIT", "commit a transaction"));
    database_ = nullptr;
    return {};
}

}  // namespace awda
