// ExportFile: the file in which records leave, as CSV or as lines of JSON. Called by export.cpp
// alone, with what the gate let through. Ownership: removes what it wrote unless published.
// Threads: one at a time.
#pragma once

#include <variant>

#include "agent/vault/case_reading.h"
#include "agent/vault/export.h"
#include "platform/column_order.h"
#include "platform/csv.h"

namespace awda::agent {

class ExportFile {
public:
    /// `columns` of CSV; outlives the file.
    static Result<ExportFile> create(const Path& path, ExportFormat format,
                                     const ColumnOrder& columns);
    /// `number` stands for the record where its id does not leave.
    [[nodiscard]] Status add(const StoredDocument& document, sync::View view, std::size_t number);
    [[nodiscard]] Result<Hash32> finish();
    [[nodiscard]] Status publish();

private:
    using Out = std::variant<CsvFile, WholeFile>;
    ExportFile(Out out, const ColumnOrder& columns) : out_(std::move(out)), columns_(&columns) {}

    Out out_;
    const ColumnOrder* columns_;
};

}  // namespace awda::agent
