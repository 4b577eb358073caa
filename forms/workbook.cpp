#include "forms/workbook.h"

#include <algorithm>
#include <array>

#include "forms/cell_text.h"
#include "forms/value.h"

namespace awda::forms {

std::string_view Workbook::keep(std::string_view text) {
    if (text.empty()) return {};
    auto* place = static_cast<char*>(arena_->allocate(text.size(), 1));
    std::copy(text.begin(), text.end(), place);
    return {place, text.size()};
}

std::span<const std::string_view> Workbook::keep(std::span<const std::string_view> cells) {
    if (cells.empty()) return {};
    auto* place = static_cast<std::string_view*>(
        arena_->allocate(cells.size_bytes(), alignof(std::string_view)));
    std::uninitialized_copy(cells.begin(), cells.end(), place);
    return {place, cells.size()};
}

bool Workbook::spend(std::size_t cells, std::size_t text_bytes) {
    cells_ += cells;
    text_bytes_ += text_bytes;
    return cells_ <= kCellsMax && text_bytes_ <= kWorkbookTextBytesMax;
}

bool Workbook::add_sheet(std::string name, bool only) {
    constexpr std::array<std::string_view, 6> kNames = {"survey", "choices",          "settings",
                                                        "osm",    "external_choices", "entities"};
    const auto* known = std::find(kNames.begin(), kNames.end(), lower_ascii(trim(name)));
    sheets.push_back({std::move(name), {}});
    if (known == kNames.end()) return only;
    const auto place = static_cast<std::size_t>(known - kNames.begin());
    const bool first = !known_sheets_[place];
    known_sheets_[place] = true;
    return first;
}

bool SheetBuilder::begin_row(std::uint32_t number) {
    if (number != number_) {
        end_row();
        const std::vector<SheetRow>& rows = book_.sheets[sheet_].rows;
        in_order_ = in_order_ && number > number_;
        late_ = in_order_ && !rows.empty() && number - rows.back().number > kEmptyRowsMax + 1;
        number_ = number;
    }
    return !too_large_ && ignored_row_ == 0;
}

void SheetBuilder::set(std::size_t column, std::string_view text) {
    if (!wants(column) || text.empty()) return;
    if (late_) {
        ignored_row_ = number_;
        return;
    }
    if (cells_.size() <= column) cells_.resize(column + 1);
    cells_[column] = text;
    cells_bytes_ += text.size();
}

void SheetBuilder::end_row() {
    if (cells_.empty()) return;
    too_large_ = too_large_ || !book_.spend(cells_.size(), cells_bytes_);
    if (too_large_) return;
    std::vector<SheetRow>& rows = book_.sheets[sheet_].rows;
    rows.push_back({number_, book_.keep(cells_)});
    // Nothing can come before row 1: it has the headers, and no column beyond them matters.
    if (number_ == 1 && rows.size() == 1) width_ = cells_.size();
    cells_.clear();
    cells_bytes_ = 0;
}

/// Sorts the rows and joins what was given for one row in several pieces.
void SheetBuilder::put_in_order() {
    std::vector<SheetRow>& rows = book_.sheets[sheet_].rows;
    std::stable_sort(rows.begin(), rows.end(),
                     [](const SheetRow& a, const SheetRow& b) { return a.number < b.number; });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < rows.size();) {
        std::size_t next = i + 1;
        while (next < rows.size() && rows[next].number == rows[i].number) ++next;
        SheetRow joined = rows[i];
        if (next - i > 1) {
            cells_.clear();
            for (std::size_t piece = i; piece < next; ++piece) {
                const auto& cells = rows[piece].cells;
                cells_.resize(std::max(cells_.size(), cells.size()));
                for (std::size_t column = 0; column < cells.size(); ++column) {
                    if (!cells[column].empty()) cells_[column] = cells[column];
                }
            }
            joined.cells = book_.keep(cells_);
        }
        rows[kept++] = joined;
        i = next;
    }
    rows.resize(kept);
}

/// Which columns have a header; what comes after too many without one is cut off.
std::vector<bool> SheetBuilder::headers(std::size_t& ignored_column) {
    SheetRow& header = book_.sheets[sheet_].rows.front();
    std::vector<bool> out;
    std::size_t empty = 0;
    for (std::size_t column = 0; column < header.cells.size(); ++column) {
        const bool written = !header.cells[column].empty();
        if (written && empty > kEmptyColumnsMax) {
            ignored_column = column;
            break;
        }
        empty = written ? 0 : empty + 1;
        out.push_back(written);
    }
    out.resize(out.size() - empty);
    header.cells = header.cells.first(out.size());
    return out;
}

void SheetBuilder::warn(const LoadOptions& options, Diagnostics& diagnostics, DiagnosticCode code,
                        std::uint32_t row, std::string what) const {
    diagnostics.push_back({Severity::kWarning,
                           code,
                           options.file_name,
                           {book_.sheets[sheet_].name, row, ""},
                           {std::move(what)},
                           {}});
}

void SheetBuilder::finish(const LoadOptions& options, Diagnostics& diagnostics) {
    end_row();
    std::vector<SheetRow>& rows = book_.sheets[sheet_].rows;
    if (rows.empty() || too_large_) return;
    if (!in_order_) put_in_order();
    std::size_t ignored_column = 0;
    const std::vector<bool> header = headers(ignored_column);
    if (ignored_column != 0) {
        warn(options, diagnostics, DiagnosticCode::kColumnsIgnored, rows.front().number,
             std::to_string(ignored_column + 1));
    }
    std::size_t kept = 1;
    for (std::size_t i = 1; i < rows.size(); ++i) {
        const auto cells = rows[i].cells.first(std::min(rows[i].cells.size(), header.size()));
        bool written = false;
        for (std::size_t column = 0; column < cells.size() && !written; ++column) {
            written = header[column] && !cells[column].empty();
        }
        if (!written) continue;
        if (rows[i].number - rows[kept - 1].number > kEmptyRowsMax + 1) {
            ignored_row_ = rows[i].number;
            break;
        }
        rows[kept++] = {rows[i].number, cells};
    }
    rows.resize(kept);
    if (ignored_row_ != 0)
        warn(options, diagnostics, DiagnosticCode::kRowsIgnored, ignored_row_,
             std::to_string(kEmptyRowsMax));
}

bool TableReader::add(const std::vector<std::string>& cells) {
    const std::string_view name = cells.empty() ? std::string_view() : trim_cell(cells[0]);
    if (!name.empty()) {
        close_sheet();
        row_ = 0;
        sheet_.reset();
        if (book_.sheets.size() < kSheetsMax && book_.add_sheet(std::string(name), false))
            sheet_.emplace(book_);
    }
    bool blank = true;
    for (std::size_t i = 1; i < cells.size() && blank; ++i) blank = trim_cell(cells[i]).empty();
    if (blank || !sheet_) return true;
    bool fits = sheet_->begin_row(++row_);
    for (std::size_t i = 1; i < cells.size() && fits; ++i) {
        fits = cells[i].size() <= kCellBytesMax;
        if (fits && sheet_->wants(i - 1)) sheet_->set(i - 1, book_.keep(trim_cell(cells[i])));
    }
    if (fits) return true;
    diagnostics_.push_back({Severity::kError,
                            DiagnosticCode::kWorkbookTooLarge,
                            options_.file_name,
                            {book_.sheets.back().name, row_, ""},
                            {book_.sheets.back().name},
                            {}});
    return false;
}

void TableReader::close_sheet() {
    if (sheet_) sheet_->finish(options_, diagnostics_);
}

Workbook TableReader::finish() {
    close_sheet();
    return std::move(book_);
}

}  // namespace awda::forms
