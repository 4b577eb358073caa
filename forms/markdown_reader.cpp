#include "forms/value.h"
#include "forms/workbook.h"

namespace awda::forms {
namespace {

/// The cells between bars; "\|" is a bar in a cell.
std::vector<std::string> split_bars(std::string_view line) {
    std::vector<std::string> out;
    std::string cell;
    for (std::size_t i = 1; i < line.size(); ++i) {
        if (line[i] == '\\' && i + 1 < line.size() && line[i + 1] == '|') {
            cell += '|';
            ++i;
        } else if (line[i] == '|') {
            out.emplace_back(trim(cell));
            cell.clear();
        } else {
            cell += line[i];
        }
    }
    // What follows the last bar is a remark.
    return out;
}

}  // namespace

Workbook read_markdown(std::string_view text) {
    Workbook out;
    std::uint32_t row = 0;
    std::size_t cells_read = 0;
    while (!text.empty() && cells_read < kCellsMax) {
        const auto end = text.find('\n');
        const std::string_view line = trim(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        if (!line.starts_with('|')) continue;
        std::vector<std::string> cells = split_bars(line);
        cells_read += cells.size();
        if (cells.empty()) continue;
        if (!cells[0].empty()) {
            out.sheets.push_back({cells[0], {}});
            row = 0;
        }
        bool blank = true;
        for (std::size_t i = 1; i < cells.size(); ++i) blank = blank && cells[i].empty();
        if (blank && row == 0) continue;
        ++row;
        if (blank || out.sheets.empty()) continue;
        std::vector<std::string_view> kept;
        for (std::size_t i = 1; i < cells.size(); ++i) kept.push_back(out.keep(cells[i]));
        out.sheets.back().rows.push_back({row, out.keep(kept)});
    }
    return out;
}

}  // namespace awda::forms
