// export: records of one form, out of the vault and into a file in clear: the one door of the agent
// through which records leave.
//
// Each record passes the consent gate, which says whether it leaves and how much of it. Two passes,
// one record in memory at a time: the first asks the gate and finds the columns, the second writes.
// The log has the export before the file has its name (sync/CONSENT.md, "Exported"). Protected
// answers are no fields of a record and are not looked at. Ownership: values. Threads: the vault's.
#pragma once

#include <map>
#include <string>

#include "agent/vault/session.h"
#include "platform/files.h"
#include "sync/consent_gate.h"

namespace awda::agent {

inline constexpr std::size_t kExportColumnsMax = 20'000;

enum class ExportFormat : std::uint8_t {
    kCsv,    ///< a line a record, a column a path; safe for spreadsheets, with a byte-order mark
    kJsonl,  ///< a JSON object a line, values exact
};

struct ExportWish {
    std::string agency{sync::kHeadquarters};
    sync::SharePurpose purpose = sync::SharePurpose::kOwnUse;
    std::string form_id;
    Path file;
    ExportFormat format = ExportFormat::kCsv;
};

struct ExportSummary {
    std::uint64_t records = 0;
    std::uint64_t held_back = 0;                        ///< by the gate
    std::map<sync::GateReason, std::uint64_t> reasons;  ///< of those held back
    std::uint64_t erased = 0;  ///< not here any more; headquarters has them
    Hash32 file{};             ///< of its bytes
};

/// Of each submission what its newest revisions come to, other offices' with it; never a draft.
/// kNotAllowed; kUsage for an agency that is none; kFileExists; kNotFound when no record is of the
/// form; kConsentRefused when nothing may leave, and then nothing is written; kTooLarge beyond
/// kExportColumnsMax; kDiskFull, kIo.
[[nodiscard]] Result<ExportSummary> export_records(Session& session, const sync::ConsentGate& gate,
                                                   const ExportWish& wish);

}  // namespace awda::agent
