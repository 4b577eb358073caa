#include "forms/cell_text.h"
#include "forms/workbook.h"

namespace awda::forms {
namespace {

/// The cells between bars; "\|" is a bar in a cell, and what follows the last bar a remark.
void split_bars(std::string_view line, std::vector<std::string>& cells) {
    cells.clear();
    std::string cell;
    for (std::size_t i = 1; i < line.size() && cells.size() <= SheetBuilder::kColumnsMax; ++i) {
        if (line[i] == '\\' && i + 1 < line.size() && line[i + 1] == '|') {
            cell += '|';
            ++i;
        } else if (line[i] == '|') {
            cells.push_back(std::move(cell));
            cell.clear();
        } else {
            cell += line[i];
        }
    }
}

/// "|---|---|" below a table's head.
bool is_ruler(std::string_view line) {
    return line.find_first_not_of("|-") == std::string_view::npos &&
           line.find('-') != std::string_view::npos;
}

}  // namespace

std::optional<Workbook> read_markdown(std::string_view text, const LoadOptions& options,
                                      Diagnostics& diagnostics) {
    TableReader reader(options, diagnostics);
    std::vector<std::string> cells;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const std::string_view line = trim_cell(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        if (!line.starts_with('|') || is_ruler(line)) continue;
        split_bars(line, cells);
        if (!reader.add(cells)) return std::nullopt;
    }
    return reader.finish();
}

}  // namespace awda::forms
