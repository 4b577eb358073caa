#include "forms/table_instance.h"

#include <algorithm>

#include "forms/ascii.h"
#include "forms/value.h"

namespace awda::forms {

TableInstance::TableInstance(StringPool& names, std::string_view root_name,
                             std::string_view item_name)
    : root_name_(names.intern(root_name)), item_name_(names.intern(item_name)) {}

std::uint32_t TableInstance::add_column(std::string_view name, StringPool& names) {
    const NameId id = names.intern(name);
    const std::uint32_t found = find_column(id);
    if (found != kNoColumn) return found;
    Column column;
    column.name = id;
    column.text = std::string(name);
    columns_.push_back(std::move(column));
    return static_cast<std::uint32_t>(columns_.size() - 1);
}

void TableInstance::begin_row() {
    ++rows_;
}

void TableInstance::set(std::uint32_t column, std::string_view text) {
    auto& cells = columns_[column].cells;
    const NameId above = cells.empty() ? kNoName : cells.back();
    cells.resize(rows_ - 1, kNoName);
    // Lists are nearly always sorted by their parent: the cell above is a likely guess.
    const bool same = above != kNoName && values_.text(above) == text;
    cells.push_back(same ? above : values_.intern(text));
}

std::shared_ptr<TableInstance> TableInstance::from_parts(StringPool& names,
                                                         std::string_view root_name,
                                                         std::string_view item_name, Parts parts) {
    if (parts.rows > kRowsMax || parts.columns.size() > kColumnsMax) return nullptr;
    auto out = std::make_shared<TableInstance>(names, root_name, item_name);
    out->rows_ = static_cast<std::uint32_t>(parts.rows);
    for (auto& [name, cells] : parts.columns) {
        const bool numbered = std::all_of(cells.begin(), cells.end(), [&](NameId cell) {
            return cell == kNoName || cell < parts.values.size();
        });
        if (!numbered || cells.size() > parts.rows) return nullptr;
        if (out->add_column(name, names) + 1 != out->columns_.size()) return nullptr;  // twice
        out->columns_.back().cells = std::move(cells);
    }
    out->values_ = std::move(parts.values);
    return out;
}

std::uint32_t TableInstance::find_column(NameId name) const {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (columns_[i].name == name) return static_cast<std::uint32_t>(i);
    }
    return kNoColumn;
}

const TableInstance::Index& TableInstance::index_of(std::uint32_t column) const {
    const Column& source = columns_[column];
    Index& index = *source.index;
    std::call_once(index.once, [&] {
        // Counting sort of the rows by value: starts[v] .. starts[v + 1] are the rows of v.
        index.starts.assign(values_.size() + 1, 0);
        for (const NameId cell : source.cells) {
            if (cell != kNoName) ++index.starts[cell + 1];
        }
        for (NameId value = 0; value < values_.size(); ++value) {
            const std::string_view text = values_.text(value);
            if (index.starts[value + 1] != 0 && trim(text).size() != text.size()) {
                index.trimmed = false;
            }
            index.starts[value + 1] += index.starts[value];
        }
        index.rows.resize(index.starts.back());
        std::vector<std::uint32_t> next(index.starts.begin(), index.starts.end() - 1);
        for (std::uint32_t row = 0; row < source.cells.size(); ++row) {
            const NameId cell = source.cells[row];
            if (cell != kNoName) index.rows[next[cell]++] = row;
        }
    });
    return index;
}

std::span<const std::uint32_t> TableInstance::rows_with(std::uint32_t column,
                                                        std::string_view text) const {
    const NameId value = values_.find(text);
    if (value == kNoName) return {};
    const Index& index = index_of(column);
    const std::uint32_t from = index.starts[value];
    return std::span(index.rows).subspan(from, index.starts[value + 1] - from);
}

bool TableInstance::trimmed(std::uint32_t column) const {
    return index_of(column).trimmed;
}

NodeId TableInstance::parent(NodeId n) const {
    if (n == 0) return kNoNode;
    if (n == 1) return 0;
    return (n - 2) % stride() == 0 ? 1 : n - (n - 2) % stride();
}

NodeId TableInstance::cell_node(std::uint32_t row, std::uint32_t from_column) const {
    for (std::uint32_t c = from_column; c < columns_.size(); ++c) {
        if (has(row, c)) return item_node(row) + 1 + c;
    }
    return kNoNode;
}

NodeId TableInstance::first_child(NodeId n) const {
    if (n == 0) return 1;
    if (n == 1) return rows_ == 0 ? kNoNode : 2;
    return (n - 2) % stride() == 0 ? cell_node(row_of(n), 0) : kNoNode;
}

NodeId TableInstance::next_sibling(NodeId n) const {
    if (n < 2) return kNoNode;
    const std::uint32_t row = row_of(n);
    const std::uint32_t within = (n - 2) % stride();
    if (within == 0) return row + 1 < rows_ ? item_node(row + 1) : kNoNode;
    return cell_node(row, within);
}

NameId TableInstance::name(NodeId n) const {
    if (n == 0) return kNoName;
    if (n == 1) return root_name_;
    const std::uint32_t within = (n - 2) % stride();
    return within == 0 ? item_name_ : columns_[within - 1].name;
}

void TableInstance::append_text(NodeId n, std::string& out) const {
    if (n < 2) {
        for (std::uint32_t row = 0; row < rows_; ++row) append_text(item_node(row), out);
        return;
    }
    const std::uint32_t row = row_of(n);
    const std::uint32_t within = (n - 2) % stride();
    if (within != 0) {
        out.append(at(row, within - 1));
        return;
    }
    for (std::uint32_t c = 0; c < columns_.size(); ++c) out.append(at(row, c));
}

std::string xml_name_from(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (out.empty() && !begins_word(c)) out += '_';
        if (continues_word(c) || c == ':')
            out += c;
        else if (!out.empty() && out != "_")
            out += '_';
    }
    return out.empty() ? "_" : out;
}

namespace {

/// One CSV record at a time.
class CsvReader {
public:
    explicit CsvReader(std::string_view text) : text_(text) {
        if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);
        if (count_in_head(';') > count_in_head(',')) comma_ = ';';
    }

    bool next(std::vector<std::string>& cells) {
        cells.clear();
        if (at_ >= text_.size()) return false;
        cells.emplace_back();
        while (at_ < text_.size()) {
            const char c = text_[at_++];
            if (c == '"' && cells.back().empty()) {
                if (!quoted(cells.back())) return false;
            } else if (c == comma_) {
                if (cells.size() >= TableInstance::kColumnsMax) return broken();
                cells.emplace_back();
            } else if (c == '\n' || c == '\r') {
                if (at_ < text_.size() && text_[at_] != c &&
                    (text_[at_] == '\n' || text_[at_] == '\r')) {
                    ++at_;
                }
                return true;
            } else {
                cells.back() += c;
            }
        }
        return true;
    }
    [[nodiscard]] bool failed() const { return failed_; }

private:
    /// How often the heading has a character outside quotes.
    [[nodiscard]] std::size_t count_in_head(char wanted) const {
        std::size_t count = 0;
        bool inside = false;
        for (const char c : text_) {
            if (c == '"') inside = !inside;
            if (inside) continue;
            if (c == '\r' || c == '\n') break;
            if (c == wanted) ++count;
        }
        return count;
    }

    bool broken() {
        failed_ = true;
        return false;
    }
    bool quoted(std::string& cell) {
        while (at_ < text_.size()) {
            const char c = text_[at_++];
            if (c != '"') {
                cell += c;
            } else if (at_ < text_.size() && text_[at_] == '"') {
                cell += '"';
                ++at_;
            } else {
                return true;
            }
        }
        return broken();
    }

    std::string_view text_;
    std::size_t at_ = 0;
    char comma_ = ',';
    bool failed_ = false;
};

}  // namespace

Result<std::shared_ptr<TableInstance>> TableInstance::from_csv(std::string_view csv,
                                                               StringPool& names,
                                                               std::vector<std::string>* twice) {
    if (!valid_utf8(csv)) return Error{Errc::kMalformed, "CSV that is not UTF-8"};
    auto table = std::make_shared<TableInstance>(names, "root", "item");
    CsvReader reader(csv);
    std::vector<std::string> cells;
    std::vector<std::uint32_t> columns;  // kNoColumn for what is left out
    if (reader.next(cells)) {
        for (const std::string& heading : cells) {
            const std::string_view text = trim(heading);
            const std::string name = xml_name_from(text);
            const bool known = table->find_column(names.find(name)) != kNoColumn;
            if (known && twice != nullptr) twice->emplace_back(text);
            columns.push_back(text.empty() || known ? kNoColumn : table->add_column(name, names));
        }
    }
    while (reader.next(cells)) {
        if (cells.size() == 1 && cells[0].empty()) continue;
        if (table->full()) return Error{Errc::kTooLarge, "CSV with too many rows"};
        table->begin_row();
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (columns[i] == kNoColumn) continue;
            table->set(columns[i], i < cells.size() ? std::string_view(cells[i]) : "");
        }
    }
    if (reader.failed())
        return Error{Errc::kMalformed, "CSV with an open quote or too many columns"};
    return table;
}

}  // namespace awda::forms
