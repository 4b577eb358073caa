// StoreSqlite: central's database as one encrypted file, `central.db`, of one central process.
//
// SQLCipher through platform/sqlite.h. The server's registry thread writes; commands may open a
// second connection beside it. Threads: one thread at a time, as Database.
#pragma once

#include "platform/sqlite.h"
#include "sync/central/key_folders.h"
#include "sync/central/store_database.h"

namespace awda::central {

class StoreSqlite final : public StoreDatabase {
public:
    /// Makes central.db in `data`. kCentralExists.
    [[nodiscard]] static Status create(const Path& data, const DatabaseKey& key);
    /// kCentralMissing; kKeysMismatch when the key does not open it; and the errors of Database.
    static Result<std::unique_ptr<StoreSqlite>> open(const Path& data, const DatabaseKey& key,
                                                     DatabaseCheck check);

    [[nodiscard]] Database& database() { return database_; }

    [[nodiscard]] bool shared() const override { return false; }
    [[nodiscard]] Status begin() override;
    [[nodiscard]] Status begin_read() override;
    [[nodiscard]] Status commit() override;
    void rollback() override { transaction_.reset(); }
    [[nodiscard]] Status add_event(std::int64_t device_row, const sync::Event& event) override;
    [[nodiscard]] Status add_record(const NewRecord& record) override;
    [[nodiscard]] Status finish_bulk() override { return {}; }
    [[nodiscard]] Status add_file(const Hash32& batch, ByteView file) override;
    [[nodiscard]] Result<std::optional<Bytes>> file(const Hash32& batch) override;

protected:
    [[nodiscard]] Result<std::unique_ptr<SqlRows>> query_values(LiteralText sql,
                                                                Values values) override;
    [[nodiscard]] Result<std::unique_ptr<SqlRows>> stream_values(LiteralText sql,
                                                                 Values values) override;
    [[nodiscard]] Result<std::int64_t> run_values(LiteralText sql, Values values) override;

private:
    explicit StoreSqlite(Database database) : database_(std::move(database)) {}
    Database database_;
    std::optional<Transaction> transaction_;
};

}  // namespace awda::central
