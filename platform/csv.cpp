#include "platform/csv.h"

namespace awda {

namespace {

constexpr std::size_t kBufferMax = 64U << 10U;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// What spreadsheets take for a formula (OWASP, "CSV Injection").
bool looks_computed(std::string_view value) {
    return !value.empty() && std::string_view("=+-@\t\r").find(value.front()) != value.npos;
}

Path temporary_of(const Path& path) {
    Path beside = path;
    beside += ".new";
    return beside;
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
    OutputFile file = AWDA_TRY(OutputFile::open(temporary_of(path)));
    AWDA_CHECK(file.truncate(0));
    CsvFile csv(path, std::move(file), options);
    if (options.bom) csv.buffer_ = kByteOrderMark;
    return csv;
}

CsvFile::~CsvFile() {
    if (!file_.has_value()) return;
    file_.reset();
    remove_file(temporary()).ignore("an unfinished export lies beside, under another name");
}

Path CsvFile::temporary() const {
    return temporary_of(path_);
}

Status CsvFile::row(const std::vector<std::string>& values) {
    bool first = true;
    for (const std::string& value : values) {
        if (!first) buffer_ += ',';
        first = false;
        buffer_ += csv_value(value, options_);
    }
    buffer_ += "\r\n";
    ++rows_;
    return buffer_.size() < kBufferMax ? Status() : flush();
}

Status CsvFile::flush() {
    AWDA_CHECK(file_->write_at(written_, as_bytes(buffer_)));
    written_ += buffer_.size();
    buffer_.clear();
    return {};
}

Status CsvFile::publish() {
    AWDA_CHECK(flush());
    AWDA_CHECK(file_->sync());
    file_.reset();
    return rename_file(temporary(), path_);
}

}  // namespace awda
