// Workbook: sheets of text cells, whatever kind of file they came from.
//
// Ownership: values. Threads: pure functions. Readers keep to the limits in forms/load.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "forms/diagnostic.h"
#include "forms/load.h"

namespace awda::forms {

struct SheetRow {
    std::uint32_t number = 0;  ///< as the author sees it; the header is usually 1
    std::vector<std::string> cells;
};

struct Sheet {
    std::string name;
    std::vector<SheetRow> rows;  ///< rows without any text are left out
};

struct Workbook {
    std::vector<Sheet> sheets;
};

/// Reads .xlsx/.xlsm; nothing and a diagnostic if it can't be read.
[[nodiscard]] std::optional<Workbook> read_xlsx(ByteView bytes, const LoadOptions& options,
                                                Diagnostics& diagnostics);
/// Reads "| survey | | type | name |" tables.
[[nodiscard]] Workbook read_markdown(std::string_view text);

}  // namespace awda::forms
