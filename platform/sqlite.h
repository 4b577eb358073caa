// sqlite: the one wall around SQLCipher; every database of Awda is opened and read through it.
//
// A Database is always encrypted: the open sequence fails closed (no plain file, no library without
// the codec, no unproven key). Statement text is fixed at compile time, so no answer can become
// SQL. After an unclean end (a write-ahead log was left) the file is checked before anybody relies
// on it. Ownership: a Database owns its connection; Statements and Transactions must not outlive
// it. Threads: a Database and all that comes from it are used by one thread at a time.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "platform/bytes.h"
#include "platform/files.h"
#include "platform/result.h"

namespace awda {

enum class DatabaseCheck : std::uint8_t {
    kNever,             ///< a second connection beside one that is already at work
    kAfterUncleanExit,  ///< only when a write-ahead log was left behind
    kAlways,
};

struct DatabaseOptions {
    bool create = false;     ///< make the file when it is missing; otherwise kNotFound
    bool read_only = false;  ///< writes fail with kNotAllowed
    DatabaseCheck check = DatabaseCheck::kAfterUncleanExit;
    int busy_timeout_ms = 5'000;  ///< how long another connection's write is waited for
};

class Database;

/// One prepared statement. Parameters count from 1, columns from 0. Views of a column live until
/// the next step(), reset() or destruction.
class Statement {
public:
    Statement(Statement&&) noexcept;
    Statement& operator=(Statement&&) noexcept;
    ~Statement();

    // Binding cannot be ignored into the wrong row: a failure is kept and returned by step().
    Statement& bind(int index, std::int64_t value);
    Statement& bind(int index, std::uint64_t value);  ///< kept as the same 64 bits
    Statement& bind(int index, int value) { return bind(index, std::int64_t{value}); }
    Statement& bind(int index, std::uint32_t value) { return bind(index, std::int64_t{value}); }
    Statement& bind(int index, bool value) { return bind(index, std::int64_t{value ? 1 : 0}); }
    Statement& bind(int index, std::string_view text);
    Statement& bind(int index, const std::string& text) {
        return bind(index, std::string_view(text));
    }
    Statement& bind(int index, const char* text) { return bind(index, std::string_view(text)); }
    Statement& bind(int index, ByteView blob);
    Statement& bind(int index, const Bytes& blob) { return bind(index, ByteView(blob)); }
    template <std::size_t N>
    Statement& bind(int index, const std::array<std::uint8_t, N>& blob) {
        return bind(index, ByteView(blob));
    }
    Statement& bind(int index, std::nullopt_t);
    template <typename T>
    Statement& bind(int index, const std::optional<T>& value) {
        return value ? bind(index, *value) : bind(index, std::nullopt);
    }
    /// Binds 1, 2, 3, … in order.
    template <typename... Args>
    Statement& bind_all(const Args&... args) {
        int index = 0;
        (bind(++index, args), ...);
        return *this;
    }

    /// True: a row is ready. False: no more rows.
    [[nodiscard]] Result<bool> step();
    /// Steps to the end, discarding rows, and resets. For everything that is not a query.
    [[nodiscard]] Status run();
    /// Ready to run again; bindings are cleared.
    void reset();

    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::uint64_t u64(int column) const;
    [[nodiscard]] std::string_view text(int column) const;
    [[nodiscard]] ByteView blob(int column) const;
    /// A blob of exactly N bytes; kVaultDamaged otherwise.
    template <std::size_t N>
    [[nodiscard]] Result<std::array<std::uint8_t, N>> fixed(int column) const {
        const ByteView view = blob(column);
        if (view.size() != N) return Error(Errc::kVaultDamaged, "stored blob of the wrong size");
        std::array<std::uint8_t, N> out{};
        std::copy(view.begin(), view.end(), out.begin());
        return out;
    }
    /// A 16-byte id column.
    template <typename IdType>
    [[nodiscard]] Result<IdType> id(int column) const {
        return IdType{AWDA_TRY(fixed<16>(column))};
    }

private:
    friend class Database;
    struct State;
    explicit Statement(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

class Database {
public:
    /// Opens with a raw 32-byte key and its 16-byte salt, both kept by the caller outside the file.
    /// kNotFound; kNotEncrypted for a plain SQLite file; kAltered when the key does not open it
    /// (wrong key, or its first page is damaged); kVaultDamaged when the check after an unclean end
    /// fails; kBusy; kDiskFull; kIo. A file that fails to open is never changed or removed.
    static Result<Database> open(const Path& path, ByteView key32, ByteView salt16,
                                 const DatabaseOptions& options = {});
    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;
    ~Database();

    /// Prepared once and reused: asking again for the same text is cheap.
    [[nodiscard]] Result<Statement> prepare(LiteralText sql);
    /// One or more statements without parameters or rows.
    [[nodiscard]] Status exec(LiteralText sql);
    /// For generated schema only (views of a form); identifiers must come from quote_identifier.
    [[nodiscard]] Status exec_schema(const std::string& sql);
    /// "name", with quotes doubled.
    [[nodiscard]] static std::string quote_identifier(std::string_view name);

    /// A single integer from a query without parameters; kNotFound when there is no row.
    [[nodiscard]] Result<std::int64_t> query_integer(LiteralText sql);
    [[nodiscard]] Result<int> user_version();
    [[nodiscard]] Status set_user_version(int version);
    [[nodiscard]] std::int64_t last_insert_id() const;
    /// Rows changed by the last statement.
    [[nodiscard]] std::int64_t changes() const;

    /// Moves the write-ahead log into the file and empties it (after erasing plaintext, say).
    [[nodiscard]] Status checkpoint();
    /// Encrypts every page anew, in one transaction, so that a power cut leaves a file that opens
    /// with exactly one of the two keys. The connection must not be used afterwards, whatever this
    /// returns: open the file again to see which key it has. SQLCipher says ok to some failures.
    [[nodiscard]] Status rekey(ByteView key32, ByteView salt16);
    /// True if opening found a write-ahead log and checked every page.
    [[nodiscard]] bool checked() const;
    /// Every page's authentication and SQLite's own structure. kVaultDamaged.
    [[nodiscard]] Status check_integrity();

private:
    friend class Statement;
    friend class Transaction;
    struct State;
    explicit Database(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// All or nothing: what is not committed is rolled back by the destructor.
class Transaction {
public:
    /// Takes the write lock at once (BEGIN IMMEDIATE), so that a later write cannot fail with
    /// kBusy.
    static Result<Transaction> begin(Database& database);
    /// One unchanging view for several reads, beside which others may write. Ends with commit().
    static Result<Transaction> begin_read(Database& database);
    Transaction(Transaction&& other) noexcept;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();
    /// Durable when this returns ok. On failure everything is rolled back.
    [[nodiscard]] Status commit();

private:
    explicit Transaction(Database& database) : database_(&database) {}
    Database* database_;
};

}  // namespace awda
