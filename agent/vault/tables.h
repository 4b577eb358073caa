// tables: compares the tables that follow from the log with a rebuild, row by row, and mends them.
//
// Works on a database whose tables nobody has relied upon yet, so that a vault whose tables are
// broken, and which therefore does not open, can be mended on its way in (VaultEnv::before_tables).
// Threads: the vault's.
#pragma once

#include <cstdint>
#include <vector>

#include "agent/vault/log_check.h"
#include "agent/vault/session.h"

namespace awda::agent {

inline constexpr std::size_t kDifferencesMax = 1000;  ///< listed one by one; all are counted

enum class Difference : std::uint8_t {
    kChanged,  ///< the row is not what its event says
    kMissing,
    kUnfounded,  ///< a row that no event made
};
[[nodiscard]] std::string_view difference_name(Difference difference);

struct RowDifference {
    std::uint64_t seq = 0;  ///< of the event that makes the row, or that the row claims
    Difference difference = Difference::kChanged;
    sync::EventType type{};  ///< of that event; 0 if there is none
};

struct TablesReport {
    LogReport log;           ///< of the events alone; if they are not intact, nothing was compared
    std::uint64_t rows = 0;  ///< that follow from the log
    std::uint64_t differed = 0;
    bool counts_differed = false;
    std::vector<RowDifference> differences;  ///< the first kDifferencesMax, by number
    bool mended = false;

    [[nodiscard]] bool same() const { return differed == 0 && !counts_differed; }
};

enum class Mend : std::uint8_t { kNo, kYes };
/// One transaction. Nothing is written with Mend::kNo, nor from a log that is not intact.
[[nodiscard]] Result<TablesReport> compare_tables(Database& db, const LogOrigin& origin, Mend mend,
                                                  const Progress& progress = {});
/// Writes into the log that tables were mended.
Status note_mended(Session& session, const TablesReport& report);

}  // namespace awda::agent
