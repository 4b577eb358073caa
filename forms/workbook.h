// Workbook: sheets of text cells, whatever kind of file they came from.
//
// Ownership: a workbook owns the text of its cells in one arena; rows and cells are views of it,
// good for as long as the workbook lives, also after it was moved. Threads: pure functions.
// Readers keep to the limits in forms/load.h and to the rules of SheetBuilder.
#pragma once

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

    /// Keeps a text, or a row of kept texts, for as long as the workbook.
    std::string_view keep(std::string_view text);
    std::span<const std::string_view> keep(std::span<const std::string_view> cells);

private:
    std::unique_ptr<std::pmr::monotonic_buffer_resource> arena_ =
        std::make_unique<std::pmr::monotonic_buffer_resource>();
};

/// Reads .xlsx/.xlsm; nothing and a diagnostic if it can't be read.
[[nodiscard]] std::optional<Workbook> read_xlsx(ByteView bytes, const LoadOptions& options,
                                                Diagnostics& diagnostics);
/// Reads "| survey | | type | name |" tables.
[[nodiscard]] Workbook read_markdown(std::string_view text);

}  // namespace awda::forms
