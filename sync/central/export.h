// export: the records of one form as CSV, repeats in files of their own.
//
// Two passes over the database, one record in memory at a time: the first finds the columns, the
// second writes the rows. Every record passes the consent gate, and the handover is written to the
// audit trail. Column names and file names: README.md. Threads: one at a time.
#pragma once

#include <string>
#include <vector>

#include "platform/clock.h"
#include "platform/csv.h"
#include "sync/central/store.h"
#include "sync/consent_gate.h"

namespace awda::central {

inline constexpr std::size_t kExportColumnsMax = 20'000;
inline constexpr std::size_t kExportTablesMax = 256;

struct ExportOptions {
    std::string form_id;
    Path target;                 ///< a folder, or, if it ends in .csv, the main table's file
    bool all_revisions = false;  ///< for headquarters' own use alone: kUsage else
    std::string agency{sync::kHeadquarters};
    sync::SharePurpose purpose = sync::SharePurpose::kOwnUse;
    CsvOptions csv;
};

struct ExportedFile {
    Path path;
    std::string repeat;  ///< empty for the main table
    std::uint64_t rows = 0;
};
struct ExportResult {
    std::uint64_t records = 0;
    std::uint64_t withheld = 0;  ///< by the consent gate
    std::vector<ExportedFile> files;
};

/// kNotFound when there is no record of the form; kConsentRefused when none may leave; kUsage for
/// an agency that is none; kTooLarge beyond the limits above; kDiskFull, kIo. Files are put in
/// place only when all of them are whole.
[[nodiscard]] Result<ExportResult> export_csv(Store& store, const ExportOptions& options,
                                              const sync::ConsentGate& gate, const Clock& clock);

}  // namespace awda::central
