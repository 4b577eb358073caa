// Goal: a row of a table that follows from the log cannot be changed, removed or doubled unnoticed.
// Method: every such table that the schema has is found by its `seq` column, so that those of later
// parts are covered too; each byte of each column of each row is changed, past the vault, with the
// database's own key.
#include <doctest/doctest.h>

#include "tests/agent/raw_vault.h"

using namespace awda;
using namespace awda::agent;
using namespace awda::agent::test;

namespace {

struct ColumnInfo {
    std::string name;
    std::string type;
};

std::vector<std::string> texts(Database& db, LiteralText sql) {
    Statement query = db.prepare(sql).value();
    std::vector<std::string> out;
    while (query.step().value()) out.emplace_back(query.text(0));
    return out;
}

/// Tables with a `seq` column, but for the log itself.
std::vector<std::string> tables_of_the_log(Database& db) {
    return texts(db,
                 "SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c"
                 " WHERE m.type = 'table' AND c.name = 'seq' AND m.name <> 'events' ORDER BY 1");
}

std::vector<ColumnInfo> columns_of(Database& db, const std::string& table) {
    must(db.exec_schema("CREATE TEMP VIEW probe AS SELECT name, type FROM pragma_table_info('" +
                        table + "')"));
    std::vector<ColumnInfo> out;
    {
        Statement query = db.prepare("SELECT name, type FROM temp.probe").value();
        while (query.step().value()) {
            out.push_back({std::string(query.text(0)), std::string(query.text(1))});
        }
    }
    must(db.exec("DROP VIEW temp.probe"));
    return out;
}

std::string literal(const std::string& type, const Bytes& bytes) {
    const std::string blob = "x'" + to_hex(bytes) + "'";
    return type == "TEXT" ? "CAST(" + blob + " AS TEXT)" : blob;
}

/// Values that differ from a row's in one byte, or by one byte more, as SQL.
std::vector<std::string> others(const Statement& row, const std::string& type) {
    std::vector<std::string> out;
    if (row.is_null(0)) return {type == "INTEGER" ? "0" : literal(type, {1})};
    if (type == "INTEGER") {
        const std::uint64_t value = row.u64(0);
        for (unsigned byte = 0; byte < 8; ++byte) {
            const std::uint64_t changed = value ^ (std::uint64_t{1} << (9 * byte % 64));
            out.push_back(std::to_string(static_cast<std::int64_t>(changed)));
        }
        return out;
    }
    const ByteView view = row.blob(0);
    const Bytes good(view.begin(), view.end());
    for (std::size_t i = 0; i < good.size(); ++i) {
        Bytes bad = good;
        bad[i] = static_cast<std::uint8_t>(bad[i] ^ (1U << (i % 8)));
        out.push_back(literal(type, bad));
    }
    Bytes longer = good;
    longer.push_back('x');
    out.push_back(literal(type, longer));
    return out;
}

/// Row by row, the statements that change one value of a column.
std::vector<std::string> changes_of(Database& db, const std::string& table,
                                    const ColumnInfo& column) {
    must(db.exec_schema("CREATE TEMP VIEW probe AS SELECT " + column.name +
                        " AS v, seq AS s FROM " + table));
    std::vector<std::string> out;
    {
        Statement rows = db.prepare("SELECT v, s FROM temp.probe ORDER BY s").value();
        while (rows.step().value()) {
            const std::string where = " WHERE seq = " + std::to_string(rows.integer(1));
            for (const std::string& value : others(rows, column.type)) {
                out.push_back("UPDATE " + table + " SET " + column.name + " = " + value + where);
            }
        }
    }
    must(db.exec("DROP VIEW temp.probe"));
    return out;
}

struct Tally {
    std::size_t tried = 0;
    std::size_t found = 0;
};

/// Tries changes of one table, each on the table as it was.
void try_changes(RawVault& raw, const std::string& table, const std::vector<std::string>& changes,
                 Tally& tally) {
    must(raw.db.exec_schema("CREATE TEMP TABLE saved AS SELECT * FROM main." + table));
    for (const std::string& change : changes) {
        // What a constraint forbids cannot be written.
        if (!raw.db.exec_schema(change).ok() || raw.db.changes() == 0) continue;
        ++tally.tried;
        const LogReport report = check_log(raw.db, raw.origin).value();
        const bool found = !report.intact && report.first_bad_seq > 0;
        CHECK_MESSAGE(found, change);
        if (found) ++tally.found;
        must(raw.db.exec_schema("DELETE FROM main." + table + "; INSERT INTO main." + table +
                                " SELECT * FROM temp.saved"));
    }
    must(raw.db.exec("DROP TABLE temp.saved"));
}

}  // namespace

TEST_CASE("a changed byte of any row that follows from the log is found, in every table") {
    Office office;
    live_small_log(office);
    RawVault raw = open_raw(office.vault_folder());
    must(raw.db.exec("PRAGMA foreign_keys = OFF"));
    Tally tally;
    const std::vector<std::string> tables = tables_of_the_log(raw.db);
    REQUIRE(tables.size() >= 3);
    for (const std::string& table : tables) {
        CAPTURE(table);
        for (const ColumnInfo& column : columns_of(raw.db, table)) {
            try_changes(raw, table, changes_of(raw.db, table, column), tally);
        }
    }
    MESSAGE(tally.found << " of " << tally.tried << " changes found in " << tables.size()
                        << " tables");
    CHECK(tally.tried > 1'000);
    CHECK(check_log(raw.db, raw.origin)->intact);
}

TEST_CASE("rows taken away or added that do not follow from the log are found") {
    Office office;
    live_small_log(office);
    RawVault raw = open_raw(office.vault_folder());
    Tally tally;
    try_changes(raw, "officers", {"DELETE FROM officers WHERE name = 'Karim'"}, tally);
    try_changes(raw, "records",
                {"DELETE FROM records WHERE revision = 2",
                 "DELETE FROM records WHERE revision = 1 AND state = 3",
                 "INSERT INTO records SELECT zeroblob(16), zeroblob(16), revision, deprecates,"
                 " form_id, form_version, language, title, officer, finalised_ms, 999999, batch,"
                 " state FROM records WHERE revision = 2"},
                tally);
    try_changes(raw, "batches", {"DELETE FROM batches WHERE number = 2"}, tally);
    try_changes(raw, "record_counts",
                {"UPDATE record_counts SET n = n + 1 WHERE state = 3",
                 "INSERT INTO record_counts VALUES(9, 1)"},
                tally);
    CHECK(tally.tried == 7);
}
