// Workbook: sheets of text cells, whatever kind of file they came from.
//
// Ownership: a workbook owns the text of its cells in one arena; rows and cells are views of it,
// good for as long as the workbook lives, also after it was moved. Threads: pure functions.
// Readers keep to the limits in forms/load.h and put cells in with a SheetBuilder.
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "forms/diagnostic.h"
#include "forms/load.h"

namespace awda::forms {

struct SheetRow {
    std::uint32_t number = 0;                 ///< as the author sees it; the header is usually 1
    std::span<const std::string_view> cells;  ///< by column; empty where nothing is written
};

struct Sheet {
    std::string name;
    std::vector<SheetRow> rows;  ///< rows without any text are left out
};

class Workbook {
public:
    std::vector<Sheet> sheets;

    /// Appends a sheet. Whether its cells are wanted: of the sheets of a form the first of each
    /// name, or the only sheet there is. Others are known by name, for messages, but not read.
    [[nodiscard]] bool add_sheet(std::string name, bool only);
    /// Keeps a text, or a row of kept texts, for as long as the workbook.
    std::string_view keep(std::string_view text);
    std::span<const std::string_view> keep(std::span<const std::string_view> cells);
    /// Whether so much more fits into what a workbook may hold.
    [[nodiscard]] bool spend(std::size_t cells, std::size_t text_bytes);

private:
    std::unique_ptr<std::pmr::monotonic_buffer_resource> arena_ =
        std::make_unique<std::pmr::monotonic_buffer_resource>();
    std::size_t cells_ = 0;
    std::size_t text_bytes_ = 0;
    std::bitset<6> known_sheets_;  // which sheets of a form are there
};

/// Fills one sheet of a spreadsheet. As in pyxform, data ends where more than `kEmptyRowsMax` rows
/// or `kEmptyColumnsMax` headers in a row are empty, and a column without a header is a remark.
class SheetBuilder {
public:
    static constexpr std::size_t kEmptyRowsMax = 60;
    static constexpr std::size_t kEmptyColumnsMax = 20;
    static constexpr std::size_t kColumnsMax = 16'384;  ///< as many as a spreadsheet has

    /// Of the workbook's last sheet.
    explicit SheetBuilder(Workbook& book) : book_(book), sheet_(book.sheets.size() - 1) {}

    /// The cells that follow are this row's. False: its data has ended, or all that fits is there.
    [[nodiscard]] bool begin_row(std::uint32_t number);
    /// Whether a cell in this column could matter.
    [[nodiscard]] bool wants(std::size_t column) const { return column < width_; }
    /// `text` is kept in the workbook already. What comes later in the same place wins.
    void set(std::size_t column, std::string_view text);
    /// Puts rows in order, and warns of what was left out.
    void finish(const LoadOptions& options, Diagnostics& diagnostics);

    [[nodiscard]] std::uint32_t row() const { return number_; }
    [[nodiscard]] bool too_large() const { return too_large_; }

private:
    void end_row();
    void put_in_order();
    [[nodiscard]] std::vector<bool> headers(std::size_t& ignored_column);
    void warn(const LoadOptions& options, Diagnostics& diagnostics, DiagnosticCode code,
              std::uint32_t row, std::string what) const;

    Workbook& book_;
    std::size_t sheet_;
    std::vector<std::string_view> cells_;  // of the row that is being filled
    std::size_t cells_bytes_ = 0;
    std::uint32_t number_ = 0;
    std::uint32_t ignored_row_ = 0;  // the first row that comes too late
    std::size_t width_ = kColumnsMax;
    bool in_order_ = true;
    bool late_ = false;  // this row comes after too many empty ones
    bool too_large_ = false;
};

/// Makes sheets of a text's table: a row whose first cell is written opens the sheet of that name,
/// the other cells are the sheet's. As in pyxform, rows without text do not count.
class TableReader {
public:
    TableReader(const LoadOptions& options, Diagnostics& diagnostics)
        : options_(options), diagnostics_(diagnostics) {}
    /// False, and a diagnostic, if this is more than a workbook may hold.
    [[nodiscard]] bool add(const std::vector<std::string>& cells);
    [[nodiscard]] Workbook finish();

private:
    void close_sheet();

    const LoadOptions& options_;
    Diagnostics& diagnostics_;
    Workbook book_;
    std::optional<SheetBuilder> sheet_;
    std::uint32_t row_ = 0;
};

/// Reads .xlsx/.xlsm; nothing and a diagnostic if it can't be read.
[[nodiscard]] std::optional<Workbook> read_xlsx(ByteView bytes, const LoadOptions& options,
                                                Diagnostics& diagnostics);
/// Reads .xls of Excel 5 and later, as a compound file or a bare stream of records.
[[nodiscard]] std::optional<Workbook> read_xls(ByteView bytes, const LoadOptions& options,
                                               Diagnostics& diagnostics);
/// Reads a form as CSV: a line that begins with a name opens a sheet, the others have their first
/// cell empty.
[[nodiscard]] std::optional<Workbook> read_csv(std::string_view text, const LoadOptions& options,
                                               Diagnostics& diagnostics);
/// Reads "| survey | | type | name |" tables.
[[nodiscard]] std::optional<Workbook> read_markdown(std::string_view text,
                                                    const LoadOptions& options,
                                                    Diagnostics& diagnostics);

}  // namespace awda::forms
