// StoreDatabase: what Store's statements run on: one file of our own (store_sqlite.h), or a server
// that several central processes share (store_postgres.h).
//
// Statements are SQL that both understand, fixed at compile time, with parameters $1, $2, … that
// first appear in this order. What differs is behind a function each: transactions, the bulk of a
// batch, its sealed file. Ownership: rows must not outlive their database; parameters are borrowed
// for the call. Threads: one thread at a time.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <variant>

#include "platform/bytes.h"
#include "platform/clock.h"
#include "platform/crypto.h"
#include "platform/result.h"
#include "sync/central/batch_contents.h"
#include "sync/log/event.h"

namespace awda::central {

using SqlValue = std::variant<std::nullopt_t, std::int64_t, std::string_view, ByteView>;

/// Numbers of 64 bits without a sign are kept as the same 64 bits.
template <typename T>
[[nodiscard]] SqlValue sql_value(const T& value) {
    if constexpr (std::is_integral_v<T>) {
        return static_cast<std::int64_t>(value);
    } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
        return std::string_view(value);
    } else {
        return ByteView(value);
    }
}

/// The rows of an answer. Columns count from 0; views live until the next step().
class SqlRows {
public:
    SqlRows() = default;
    SqlRows(const SqlRows&) = delete;
    SqlRows& operator=(const SqlRows&) = delete;
    virtual ~SqlRows() = default;

    /// True: a row is ready. False: no more rows.
    [[nodiscard]] virtual Result<bool> step() = 0;
    [[nodiscard]] virtual bool is_null(int column) const = 0;
    [[nodiscard]] virtual std::int64_t integer(int column) const = 0;
    [[nodiscard]] virtual std::string_view text(int column) const = 0;
    [[nodiscard]] virtual ByteView blob(int column) const = 0;

    [[nodiscard]] std::uint64_t u64(int column) const {
        return static_cast<std::uint64_t>(integer(column));
    }
    [[nodiscard]] Bytes bytes(int column) const {
        const ByteView view = blob(column);
        return {view.begin(), view.end()};
    }
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
};

/// A record on its way into the database.
struct NewRecord {
    std::int64_t device_row = 0;
    const sync::Event& event;
    const ReadRecord& read;
    UnixMs received_ms = 0;
};

class StoreDatabase {
public:
    StoreDatabase() = default;
    StoreDatabase(const StoreDatabase&) = delete;
    StoreDatabase& operator=(const StoreDatabase&) = delete;
    virtual ~StoreDatabase() = default;

    /// Others write to it, too, between our statements: what a decision rests on must be locked.
    /// The sealed files of batches are kept in it, where the others find them, and answers as JSON,
    /// for views. Any thread may ask.
    [[nodiscard]] virtual bool shared() const = 0;

    /// A transaction for writing; one for reading is one unchanging view. Not one inside another.
    [[nodiscard]] virtual Status begin() = 0;
    [[nodiscard]] virtual Status begin_read() = 0;
    /// Durable when this returns ok. On failure everything is rolled back.
    [[nodiscard]] virtual Status commit() = 0;
    virtual void rollback() = 0;

    /// An answer of few rows.
    template <typename... Args>
    [[nodiscard]] Result<std::unique_ptr<SqlRows>> query(LiteralText sql, const Args&... args) {
        const std::array<SqlValue, sizeof...(Args)> values{sql_value(args)...};
        return query_values(sql, values);
    }
    /// An answer that may not fit in memory; ends before its transaction does.
    template <typename... Args>
    [[nodiscard]] Result<std::unique_ptr<SqlRows>> stream(LiteralText sql, const Args&... args) {
        const std::array<SqlValue, sizeof...(Args)> values{sql_value(args)...};
        return stream_values(sql, values);
    }
    /// Everything that is not a query. Gives the number of rows changed.
    template <typename... Args>
    [[nodiscard]] Result<std::int64_t> run(LiteralText sql, const Args&... args) {
        const std::array<SqlValue, sizeof...(Args)> values{sql_value(args)...};
        return run_values(sql, values);
    }
    /// A single integer from a query without parameters; kNotFound when there is no row.
    [[nodiscard]] Result<std::int64_t> query_integer(LiteralText sql);

    // A batch's bulk, in a transaction. What is wrong with it may be told by finish_bulk() only.
    [[nodiscard]] virtual Status add_event(std::int64_t device_row, const sync::Event& event) = 0;
    /// The same instance with the same content again is ignored.
    [[nodiscard]] virtual Status add_record(const NewRecord& record) = 0;
    [[nodiscard]] virtual Status finish_bulk() = 0;

    // Sealed files; only of a shared() database.
    [[nodiscard]] virtual Status add_file(const Hash32& batch, ByteView file) = 0;
    /// Nothing if it is not there.
    [[nodiscard]] virtual Result<std::optional<Bytes>> file(const Hash32& batch) = 0;

protected:
    using Values = std::span<const SqlValue>;
    [[nodiscard]] virtual Result<std::unique_ptr<SqlRows>> query_values(LiteralText sql,
                                                                        Values values) = 0;
    [[nodiscard]] virtual Result<std::unique_ptr<SqlRows>> stream_values(LiteralText sql,
                                                                         Values values) = 0;
    [[nodiscard]] virtual Result<std::int64_t> run_values(LiteralText sql, Values values) = 0;
};

/// All or nothing: what is not committed is rolled back by the destructor.
class StoreTransaction {
public:
    static Result<StoreTransaction> begin(StoreDatabase& database) {
        AWDA_CHECK(database.begin());
        return StoreTransaction(database);
    }
    static Result<StoreTransaction> begin_read(StoreDatabase& database) {
        AWDA_CHECK(database.begin_read());
        return StoreTransaction(database);
    }
    StoreTransaction(StoreTransaction&& other) noexcept
        : database_(std::exchange(other.database_, nullptr)) {}
    StoreTransaction& operator=(StoreTransaction&&) = delete;
    ~StoreTransaction() {
        if (database_ != nullptr) database_->rollback();
    }
    [[nodiscard]] Status commit() { return std::exchange(database_, nullptr)->commit(); }

private:
    explicit StoreTransaction(StoreDatabase& database) : database_(&database) {}
    StoreDatabase* database_;
};

}  // namespace awda::central
