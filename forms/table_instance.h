// TableInstance: a list of choices or a CSV file as columns of dictionary-coded cells.
//
// It is a Document of the shape <root><item><column>cell</column>…</item>…</root>, so that every
// expression works on it, and it answers "rows where column = text" from an index made on first
// use. Ownership: owns cells and text; element names live in the form's pool. Threads: immutable;
// the lazy index is guarded, so sessions on several threads may share it.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "forms/document.h"
#include "platform/result.h"

namespace awda::forms {

class TableInstance final : public Document {
public:
    static constexpr std::size_t kColumnsMax = 1000;
    static constexpr std::size_t kRowsMax = 2'000'000;

    TableInstance(StringPool& names, std::string_view root_name, std::string_view item_name);

    /// Building: columns first seen are added; a row's missing cells stay missing.
    std::uint32_t add_column(std::string_view name, StringPool& names);
    void begin_row();
    void set(std::uint32_t column, std::string_view text);
    [[nodiscard]] bool full() const { return rows_ >= kRowsMax; }

    /// Reads CSV (RFC 4180 quoting, BOM, any line end; "," or ";"). Names that are no XML names get
    /// "_" in place of what is wrong. kMalformed for an open quote, kTooLarge beyond the limits.
    /// A row's missing cells are blank, cells without a heading are left out; of two columns of one
    /// name the first counts, and `twice` is told of the other.
    [[nodiscard]] static Result<std::shared_ptr<TableInstance>> from_csv(
        std::string_view csv, StringPool& names, std::vector<std::string>* twice = nullptr);

    /// A table taken apart, for storing it: each distinct text once, cells by its number.
    struct Parts {
        std::uint64_t rows = 0;
        StringPool values;
        std::vector<std::pair<std::string, std::vector<NameId>>> columns;
    };
    /// Null where the parts are none of a table within the limits.
    [[nodiscard]] static std::shared_ptr<TableInstance> from_parts(StringPool& names,
                                                                   std::string_view root_name,
                                                                   std::string_view item_name,
                                                                   Parts parts);
    [[nodiscard]] const StringPool& values() const { return values_; }
    /// Of one column, as far as there are any; the rest is missing.
    [[nodiscard]] std::span<const NameId> cells(std::size_t column) const {
        return columns_[column].cells;
    }

    [[nodiscard]] std::uint32_t rows() const { return rows_; }
    [[nodiscard]] std::size_t columns() const { return columns_.size(); }
    [[nodiscard]] NameId column_name(std::size_t column) const { return columns_[column].name; }
    [[nodiscard]] std::string_view column_text(std::size_t column) const {
        return columns_[column].text;
    }
    /// kNoColumn if there is none of that name.
    [[nodiscard]] std::uint32_t find_column(NameId name) const;
    static constexpr std::uint32_t kNoColumn = 0xffffffffU;
    [[nodiscard]] bool has(std::uint32_t row, std::uint32_t column) const {
        return cell(row, column) != kNoName;
    }
    [[nodiscard]] std::string_view at(std::uint32_t row, std::uint32_t column) const {
        const NameId id = cell(row, column);
        return id == kNoName ? std::string_view() : values_.text(id);
    }
    /// Rows whose cell in the column is exactly `text`, ascending.
    [[nodiscard]] std::span<const std::uint32_t> rows_with(std::uint32_t column,
                                                           std::string_view text) const;
    /// Whether no cell of the column begins or ends with a blank.
    [[nodiscard]] bool trimmed(std::uint32_t column) const;
    [[nodiscard]] NameId root_name() const { return root_name_; }
    [[nodiscard]] NameId item_name() const { return item_name_; }
    [[nodiscard]] NodeId item_node(std::uint32_t row) const { return 2 + row * stride(); }
    [[nodiscard]] std::uint32_t row_of(NodeId node) const { return (node - 2) / stride(); }

    [[nodiscard]] NodeKind kind(NodeId n) const override {
        return n == 0 ? NodeKind::kRoot : NodeKind::kElement;
    }
    [[nodiscard]] NodeId parent(NodeId n) const override;
    [[nodiscard]] NodeId first_child(NodeId n) const override;
    [[nodiscard]] NodeId next_sibling(NodeId n) const override;
    [[nodiscard]] NodeId first_attribute(NodeId) const override { return kNoNode; }
    [[nodiscard]] NodeId next_attribute(NodeId) const override { return kNoNode; }
    [[nodiscard]] NameId name(NodeId n) const override;
    [[nodiscard]] NameId space(NodeId) const override { return kNoName; }
    void append_text(NodeId n, std::string& out) const override;

private:
    struct Index {
        std::once_flag once;
        std::vector<std::uint32_t> starts;  ///< per value, into `rows`
        std::vector<std::uint32_t> rows;
        bool trimmed = true;
    };
    struct Column {
        NameId name = kNoName;
        std::string text;
        std::vector<NameId> cells;  ///< may be shorter than rows(): the rest is missing
        std::unique_ptr<Index> index = std::make_unique<Index>();
    };
    /// Made by whoever asks first; the others wait.
    [[nodiscard]] const Index& index_of(std::uint32_t column) const;
    [[nodiscard]] std::uint32_t stride() const {
        return static_cast<std::uint32_t>(columns_.size()) + 1;
    }
    [[nodiscard]] NameId cell(std::uint32_t row, std::uint32_t column) const {
        const auto& cells = columns_[column].cells;
        return row < cells.size() ? cells[row] : kNoName;
    }
    [[nodiscard]] NodeId cell_node(std::uint32_t row, std::uint32_t from_column) const;

    NameId root_name_;
    NameId item_name_;
    std::uint32_t rows_ = 0;
    std::vector<Column> columns_;
    StringPool values_;
};

/// An XML name made of a column's heading: what can't be in one becomes "_".
[[nodiscard]] std::string xml_name_from(std::string_view text);

}  // namespace awda::forms
