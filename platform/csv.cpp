#include "platform/csv.h"

namespace awda {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// What spreadsheets take for a formula (OWASP, "CSV Injection").
bool looks_computed(std::string_view value) {
    return !value.empty() && std::string_view("=+-@\t\r").find(value.front()) != value.npos;
}

}  // namespace

std::string csv_value(std::string_view value, const CsvOptions& options) {
    std::string exact;
    if (options.spreadsheet_safe && looks_computed(value)) exact += '\'';
    exact += value;
    const bool plain = exact.find_first_of(",\"\r\n") == std::string::npos &&
                       (exact.empty() || (exact.front() != ' ' && exact.back() != ' '));
    if (plain) return exact;
    std::string quoted = "\"";
    for (const char c : exact) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    quoted += '"';
    return quoted;
}

Result<CsvFile> CsvFile::create(const Path& path, const CsvOptions& options) {
    WholeFile file = AWDA_TRY(WholeFile::create(path));
    if (options.bom) AWDA_CHECK(file.write(kByteOrderMark));
    return CsvFile(std::move(file), options);
}

Status CsvFile::row(const std::vector<std::string>& values) {
    std::string line;
    for (const std::string& value : values) {
        if (&value != &values.front()) line += ',';
        line += csv_value(value, options_);
    }
    line += "\r\n";
    ++rows_;
    return file_.write(line);
}

}  // namespace awda
