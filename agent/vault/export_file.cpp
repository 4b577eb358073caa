#include "agent/vault/export_file.h"

#include <nlohmann/json.hpp>

namespace awda::agent {

namespace {

struct Line {
    std::string record;
    const StoredDocument& document;
    std::vector<sync::Field> fields;
};

Status write_csv(CsvFile& file, const ColumnOrder& columns, const Line& line) {
    std::vector<std::string> values{line.record, line.document.form_id, line.document.form_version};
    const std::size_t fixed = values.size();
    values.resize(fixed + columns.names().size());
    for (const sync::Field& field : line.fields) {
        values[fixed + columns.place(field.path)] = field.value;
    }
    return file.row(values);
}

Status write_json(WholeFile& file, const Line& line) {
    nlohmann::ordered_json answers = nlohmann::ordered_json::array();
    for (const sync::Field& field : line.fields) {
        answers.push_back({{"path", field.path}, {"value", field.value}});
    }
    const nlohmann::ordered_json out = {{"record", line.record},
                                        {"form", line.document.form_id},
                                        {"version", line.document.form_version},
                                        {"answers", std::move(answers)}};
    // Fields are UTF-8; were one not, its file would still be read.
    return file.write(out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
                      "\n");
}

}  // namespace

Result<ExportFile> ExportFile::create(const Path& path, ExportFormat format,
                                      const ColumnOrder& columns) {
    if (format == ExportFormat::kJsonl) {
        return ExportFile(Out(AWDA_TRY(WholeFile::create(path))), columns);
    }
    CsvOptions options;
    options.bom = true;
    options.spreadsheet_safe = true;
    CsvFile file = AWDA_TRY(CsvFile::create(path, options));
    std::vector<std::string> head{"_record", "_form", "_form_version"};
    head.insert(head.end(), columns.names().begin(), columns.names().end());
    AWDA_CHECK(file.row(head));
    return ExportFile(Out(std::move(file)), columns);
}

Status ExportFile::add(const StoredDocument& document, sync::View view, std::size_t number) {
    const Line line{view == sync::View::kAll ? to_text(document.root) : std::to_string(number),
                    document,
                    sync::fields_in_view(view, document.identity, document.merged.fields)};
    if (auto* csv = std::get_if<CsvFile>(&out_)) return write_csv(*csv, *columns_, line);
    return write_json(std::get<WholeFile>(out_), line);
}

Result<Hash32> ExportFile::finish() {
    return std::visit([](auto& file) { return file.finish(); }, out_);
}

Status ExportFile::publish() {
    return std::visit([](auto& file) { return file.publish(); }, out_);
}

}  // namespace awda::agent
