// csv: one CSV file (RFC 4180): UTF-8, commas, CRLF, quotes where needed.
//
// Written beside its name and put in place only when whole, so that a reader never finds half a
// table. Ownership: removes its temporary file unless published. Threads: one at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/files.h"

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
    CsvFile(CsvFile&&) noexcept = default;
    CsvFile& operator=(CsvFile&&) = delete;
    ~CsvFile();
    [[nodiscard]] Status row(const std::vector<std::string>& values);
    /// Flushes everything to the disk and gives the file its name.
    [[nodiscard]] Status publish();
    [[nodiscard]] const Path& path() const { return path_; }
    [[nodiscard]] std::uint64_t rows() const { return rows_; }

private:
    CsvFile(Path path, OutputFile file, const CsvOptions& options)
        : path_(std::move(path)), file_(std::move(file)), options_(options) {}
    [[nodiscard]] Path temporary() const;
    [[nodiscard]] Status flush();

    Path path_;
    std::optional<OutputFile> file_;
    CsvOptions options_;
    std::string buffer_;
    std::uint64_t written_ = 0;
    std::uint64_t rows_ = 0;
};

}  // namespace awda
