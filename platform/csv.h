// csv: one CSV file (RFC 4180): UTF-8, commas, CRLF, quotes where needed.
//
// Put in place only when whole (whole_file.h), so that a reader never finds half a table. Threads:
// one at a time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "platform/whole_file.h"

namespace awda {

struct CsvOptions {
    bool bom = false;               ///< a byte-order mark, by which Excel knows UTF-8
    bool spreadsheet_safe = false;  ///< an apostrophe before values a spreadsheet would compute
};

/// One value as it stands in a file.
[[nodiscard]] std::string csv_value(std::string_view value, const CsvOptions& options);

class CsvFile {
public:
    static Result<CsvFile> create(const Path& path, const CsvOptions& options);
    [[nodiscard]] Status row(const std::vector<std::string>& values);
    /// As WholeFile::finish().
    [[nodiscard]] Result<Hash32> finish() { return file_.finish(); }
    [[nodiscard]] Status publish() { return file_.publish(); }
    [[nodiscard]] const Path& path() const { return file_.path(); }
    [[nodiscard]] std::uint64_t rows() const { return rows_; }

private:
    CsvFile(WholeFile file, const CsvOptions& options)
        : file_(std::move(file)), options_(options) {}

    WholeFile file_;
    CsvOptions options_;
    std::uint64_t rows_ = 0;
};

}  // namespace awda
