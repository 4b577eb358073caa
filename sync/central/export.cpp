#include "sync/central/export.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <unordered_map>

#include "platform/column_order.h"
#include "sync/central/field_path.h"

namespace awda::central {

namespace {

/// What stands before the answers in the main table.
const std::vector<std::string> kRecordColumns{
    "_instance_id", "_root_id",  "_revision",  "_deprecates", "_reason",     "_form_version",
    "_language",    "_office",   "_office_id", "_device_id",  "_officer_id", "_started",
    "_finalised",   "_received", "_approval",  "_conflict"};

struct Table {
    ColumnOrder columns{kExportColumnsMax};
    std::size_t depth = 0;  ///< repeats it is nested in, itself included
    std::optional<CsvFile> file;
};

/// By repeat; the main table is under "".
using Tables = std::map<std::string, Table>;

class Exporter {
public:
    Exporter(Store& store, const ExportOptions& options, const sync::ConsentGate& gate, UnixMs now)
        : store_(store),
          options_(options),
          gate_(gate),
          handover_{options.agency, options.purpose, to_iso_utc(now).substr(0, 10)} {
        tables_[""];
    }
    /// Writes every file under its temporary name.
    Status run();
    Result<ExportResult> publish();
    [[nodiscard]] const ExportResult& result() const { return result_; }

private:
    Result<sync::GateDecision> decide(const RecordRow& row);
    [[nodiscard]] RecordRow without_names(const RecordRow& row) const;
    Status each(const std::function<Status(const RecordRow&)>& visit);
    Status note_columns(const RecordRow& row);
    Status open_files();
    Status write(const RecordRow& row);
    [[nodiscard]] Path file_of(const std::string& repeat, std::set<std::string>& taken) const;

    Store& store_;
    const ExportOptions& options_;
    const sync::ConsentGate& gate_;
    sync::Handover handover_;
    sync::IdentityRule identity_;
    std::uint64_t written_ = 0;
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
        const sync::GateDecision decision = AWDA_TRY(decide(row));
        if (!decision.allowed()) {
            ++result_.withheld;
            return {};
        }
        if (decision.view == sync::View::kAll) return visit(row);
        return visit(without_names(row));
    });
}

Result<sync::GateDecision> Exporter::decide(const RecordRow& row) {
    const auto consents = AWDA_TRY(store_.consents(row.record.root));
    const bool disputed = row.conflict || AWDA_TRY(store_.branched(row.record.root));
    return gate_.decide(handover_, {consents, disputed, !identity_.paths().empty()});
}

/// Its id is a number in the file (Exporter::write), by which the rows of repeats find it.
RecordRow Exporter::without_names(const RecordRow& row) const {
    RecordRow figures;
    figures.office = row.office;
    figures.office_name = row.office_name;
    figures.approval = row.approval;
    figures.record.revision = row.record.revision;
    figures.record.form_version = row.record.form_version;
    figures.record.language = row.record.language;
    figures.record.fields =
        sync::fields_in_view(sync::View::kWithoutNames, identity_, row.record.fields);
    return figures;
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

/// Nothing of an id or a time that did not pass the gate.
template <typename Name>
std::string known(const Name& id) {
    return id.empty() ? std::string() : to_text(id);
}
std::string known_time(UnixMs time) {
    return time == 0 ? std::string() : to_iso_utc(time);
}

std::vector<std::string> record_values(const RecordRow& row, const std::string& id) {
    const sync::Record& record = row.record;
    return {id,
            known(record.root),
            std::to_string(record.revision),
            known(record.deprecates),
            record.reason,
            record.form_version,
            record.language,
            row.office_name,
            known(row.office),
            known(row.device),
            known(row.officer),
            known_time(record.started_ms),
            known_time(record.finalised_ms),
            known_time(row.received_ms),
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
    ++written_;
    const std::string id =
        row.record.instance.empty() ? std::to_string(written_) : to_text(row.record.instance);
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
                line = record_values(row, id);
            } else {
                line.push_back(id);
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
    identity_ = AWDA_TRY(store_.identity_rule(options_.form_id));
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

Result<ExportResult> export_csv(Store& store, const ExportOptions& options,
                                const sync::ConsentGate& gate, const Clock& clock) {
    const bool own =
        options.agency == sync::kHeadquarters && options.purpose == sync::SharePurpose::kOwnUse;
    if (!sync::valid_agency(options.agency) || (options.all_revisions && !own)) {
        return Error(Errc::kUsage, "who gets an export");
    }
    Exporter exporter(store, options, gate, clock.now());
    {
        // Both passes see the same records, whatever arrives meanwhile.
        auto view = AWDA_TRY(store.begin_read());
        AWDA_CHECK(exporter.run());
        AWDA_CHECK(view.commit());
    }
    // Nothing is handed over that is not on record first.
    const std::string detail =
        "form=" + options.form_id + " records=" + std::to_string(exporter.result().records) +
        " withheld=" + std::to_string(exporter.result().withheld) + " agency=" + options.agency +
        " purpose=" + std::string(sync::purpose_name(options.purpose));
    auto transaction = AWDA_TRY(store.begin());
    AWDA_CHECK(store.add_audit(clock.now(), "export", detail));
    AWDA_CHECK(transaction.commit());
    return exporter.publish();
}

}  // namespace awda::central
