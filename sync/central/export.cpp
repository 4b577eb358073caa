#include "sync/central/export.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <unordered_map>

#include "sync/central/field_path.h"

namespace awda::central {

namespace {

/// What stands before the answers in the main table.
const std::vector<std::string> kRecordColumns{
    "_instance_id", "_root_id",  "_revision",  "_deprecates", "_reason",     "_form_version",
    "_language",    "_office",   "_office_id", "_device_id",  "_officer_id", "_started",
    "_finalised",   "_received", "_approval",  "_conflict"};

/// Column names in the order of the form: a new one goes after the one that came before it in the
/// record that has it, so that records with different branches still give the author's order.
class Columns {
public:
    Status add(const std::string& name, std::string& previous) {
        if (places_.contains(name)) {
            previous = name;
            return {};
        }
        if (names_.size() >= kExportColumnsMax) {
            return Error(Errc::kTooLarge, "an export with too many columns");
        }
        const std::size_t at = previous.empty() ? 0 : places_.at(previous) + 1;
        names_.insert(names_.begin() + static_cast<std::ptrdiff_t>(at), name);
        for (std::size_t i = at; i < names_.size(); ++i) places_[names_[i]] = i;
        previous = name;
        return {};
    }
    [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
    [[nodiscard]] std::size_t place(const std::string& name) const { return places_.at(name); }

private:
    std::vector<std::string> names_;
    std::unordered_map<std::string, std::size_t> places_;
};

struct Table {
    Columns columns;
    std::size_t depth = 0;  ///< repeats it is nested in, itself included
    std::optional<CsvFile> file;
};

/// By repeat; the main table is under "".
using Tables = std::map<std::string, Table>;

class Exporter {
public:
    Exporter(Store& store, const ExportOptions& options, const ConsentGate& gate)
        : store_(store), options_(options), gate_(gate) {
        tables_[""];
    }
    /// Writes every file under its temporary name.
    Status run();
    Result<ExportResult> publish();
    [[nodiscard]] std::uint64_t records() const { return result_.records; }

private:
    Status each(const std::function<Status(const RecordRow&)>& visit);
    Status note_columns(const RecordRow& row);
    Status open_files();
    Status write(const RecordRow& row);
    [[nodiscard]] Path file_of(const std::string& repeat, std::set<std::string>& taken) const;

    Store& store_;
    const ExportOptions& options_;
    const ConsentGate& gate_;
    Tables tables_;
    ExportResult result_;
};

std::string file_word(std::string_view text) {
    std::string word;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        word += plain ? c : '-';
    }
    if (word.empty() || word.front() == '.') word.insert(word.begin(), '-');
    return word;
}

Status Exporter::each(const std::function<Status(const RecordRow&)>& visit) {
    RecordFilter filter;
    filter.form_id = options_.form_id;
    filter.newest_only = !options_.all_revisions;
    return store_.each_record(filter, [&](const RecordRow& row) -> Status {
        if (!gate_.allows(kHeadquarters, HandoverPurpose::kOwnUse, row.record)) {
            ++result_.withheld;
            return {};
        }
        return visit(row);
    });
}

Status Exporter::note_columns(const RecordRow& row) {
    ++result_.records;
    std::unordered_map<std::string, std::string> previous;
    for (const sync::Field& field : row.record.fields) {
        const FieldPath path = AWDA_TRY(parse_field_path(field.path));
        if (!tables_.contains(path.repeat) && tables_.size() >= kExportTablesMax) {
            return Error(Errc::kTooLarge, "an export with too many repeats");
        }
        Table& table = tables_[path.repeat];
        table.depth = std::max(table.depth, path.rows.size());
        if (path.column.empty()) continue;
        AWDA_CHECK(table.columns.add(path.column, previous[path.repeat]));
    }
    return {};
}

Path Exporter::file_of(const std::string& repeat, std::set<std::string>& taken) const {
    std::error_code ignored;
    const bool folder = options_.target.extension() != ".csv" ||
                        std::filesystem::is_directory(options_.target, ignored);
    Path parent = folder ? options_.target : options_.target.parent_path();
    const std::string stem = folder ? file_word(options_.form_id) : options_.target.stem().string();
    const std::string extension = folder ? ".csv" : options_.target.extension().string();
    std::string name = stem + (repeat.empty() ? "" : "-" + file_word(repeat));
    const std::string wanted = name;
    for (int n = 2; !taken.insert(name).second; ++n) name = wanted + "-" + std::to_string(n);
    return parent / (name + extension);
}

Status Exporter::open_files() {
    std::set<std::string> taken;
    for (auto& [repeat, table] : tables_) {
        const Path path = file_of(repeat, taken);
        AWDA_CHECK(make_folder(path.parent_path()));
        table.file.emplace(AWDA_TRY(CsvFile::create(path, options_.csv)));
        std::vector<std::string> head;
        if (repeat.empty()) {
            head = kRecordColumns;
        } else {
            head.emplace_back("_instance_id");
            for (std::size_t i = 1; i < table.depth; ++i)
                head.push_back("_row_" + std::to_string(i));
            head.emplace_back("_row");
        }
        const auto& names = table.columns.names();
        head.insert(head.end(), names.begin(), names.end());
        AWDA_CHECK(table.file->row(head));
    }
    return {};
}

std::vector<std::string> record_values(const RecordRow& row) {
    const sync::Record& record = row.record;
    return {to_text(record.instance),
            to_text(record.root),
            std::to_string(record.revision),
            record.deprecates.empty() ? "" : to_text(record.deprecates),
            record.reason,
            record.form_version,
            record.language,
            row.office_name,
            to_text(row.office),
            to_text(row.device),
            to_text(row.officer),
            to_iso_utc(record.started_ms),
            to_iso_utc(record.finalised_ms),
            to_iso_utc(row.received_ms),
            row.approval,
            row.conflict ? "1" : ""};
}

/// Rows of one record, in the order in which the record announces them.
class RowSet {
public:
    explicit RowSet(std::size_t width) : width_(width) {}
    std::vector<std::string>& row(const std::vector<std::uint32_t>& numbers) {
        const auto [found, fresh] = places_.try_emplace(numbers, rows_.size());
        if (fresh) rows_.emplace_back(numbers, std::vector<std::string>(width_));
        return rows_[found->second].second;
    }
    [[nodiscard]] const auto& rows() const { return rows_; }

private:
    std::size_t width_;
    std::map<std::vector<std::uint32_t>, std::size_t> places_;
    std::vector<std::pair<std::vector<std::uint32_t>, std::vector<std::string>>> rows_;
};

Status Exporter::write(const RecordRow& row) {
    std::map<std::string, RowSet> sets;
    const auto set_of = [&](const std::string& repeat) -> RowSet& {
        return sets.try_emplace(repeat, tables_.at(repeat).columns.names().size()).first->second;
    };
    set_of("").row({});
    for (const sync::Field& field : row.record.fields) {
        const FieldPath path = AWDA_TRY(parse_field_path(field.path));
        std::vector<std::string>& values = set_of(path.repeat).row(path.rows);
        if (path.column.empty()) continue;
        values[tables_.at(path.repeat).columns.place(path.column)] = field.value;
    }
    for (const auto& [repeat, set] : sets) {
        for (const auto& [numbers, values] : set.rows()) {
            std::vector<std::string> line;
            if (repeat.empty()) {
                line = record_values(row);
            } else {
                line.push_back(to_text(row.record.instance));
                line.resize(1 + tables_.at(repeat).depth - numbers.size());
                for (const std::uint32_t number : numbers) line.push_back(std::to_string(number));
            }
            line.insert(line.end(), values.begin(), values.end());
            AWDA_CHECK(tables_.at(repeat).file->row(line));
        }
    }
    return {};
}

Status Exporter::run() {
    AWDA_CHECK(each([this](const RecordRow& row) { return note_columns(row); }));
    if (result_.records == 0 && result_.withheld == 0) {
        return Error(Errc::kNotFound, "find records of this form");
    }
    if (result_.records == 0) return Error(Errc::kConsentRefused, "export records");
    AWDA_CHECK(open_files());
    result_.withheld = 0;
    return each([this](const RecordRow& row) { return write(row); });
}

Result<ExportResult> Exporter::publish() {
    for (auto& [repeat, table] : tables_) {
        AWDA_CHECK(table.file->publish());
        result_.files.push_back({table.file->path(), repeat, table.file->rows() - 1});
    }
    return result_;
}

}  // namespace

Result<ExportResult> export_csv(Store& store, const ExportOptions& options, const ConsentGate& gate,
                                const Clock& clock) {
    Exporter exporter(store, options, gate);
    {
        // Both passes see the same records, whatever arrives meanwhile.
        auto view = AWDA_TRY(Transaction::begin_read(store.database()));
        AWDA_CHECK(exporter.run());
        AWDA_CHECK(view.commit());
    }
    // Nothing is handed over that is not on record first.
    const std::string detail = "form=" + options.form_id +
                               " records=" + std::to_string(exporter.records()) +
                               " agency=" + std::string(kHeadquarters) +
                               " purpose=" + std::string(purpose_name(HandoverPurpose::kOwnUse));
    auto transaction = AWDA_TRY(Transaction::begin(store.database()));
    AWDA_CHECK(store.add_audit(clock.now(), "export", detail));
    AWDA_CHECK(transaction.commit());
    return exporter.publish();
}

}  // namespace awda::central
