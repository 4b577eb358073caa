// retention: how long a record's content stays on this computer, and erasing it.
//
// A document (a record and its corrections) is erased as a whole once headquarters has opened all
// of it for as long as its class is kept, by headquarters' own clock: this computer's clock erases
// nothing. Payload and salt go, for good (secure_delete, and the write-ahead log is emptied); the
// chain stays, and an event says what went and by what right. Whatever may still be needed here
// holds it back. Who may: Permission::kPrune; the desk does it by itself after deliveries, by the
// periods an administrator set. Formats: agent/VAULT.md, "Retention". Threads: the vault's.
#pragma once

#include <array>
#include <vector>

#include "agent/vault/retention_payload.h"
#include "agent/vault/session.h"

namespace awda::agent {

/// The periods in force.
[[nodiscard]] Result<RetentionPeriods> retention_periods(Database& db);
/// kNotAllowed; kUsage for a period outside kRetentionDaysMin to kRetentionDaysMax.
Status set_retention_periods(Session& session, const RetentionPeriods& periods);

/// Why documents whose time has come stay. Numbers of documents; each counts once, by the first.
struct HeldBack {
    std::uint32_t undelivered = 0;  ///< a correction has not been opened at headquarters
    std::uint32_t drafts = 0;       ///< a draft corrects it
    std::uint32_t approval = 0;     ///< a second officer has not decided, or gave it back
    std::uint32_t shared = 0;       ///< another office corrected it too: a merge may need it
    std::uint32_t disputed = 0;     ///< something in its case waits for a decision
    std::uint32_t attachments = 0;  ///< headquarters does not have all of them

    [[nodiscard]] std::uint32_t all() const {
        return undelivered + drafts + approval + shared + disputed + attachments;
    }
};

struct RetentionView {
    RetentionPeriods periods;
    UnixMs proven_ms = 0;                   ///< 0 before headquarters' first receipt
    std::array<std::uint64_t, 3> due{};     ///< records, by class as in kRetentionClasses
    std::array<std::uint64_t, 3> erased{};  ///< so far
    HeldBack held;
    [[nodiscard]] std::uint64_t due_all() const { return due[0] + due[1] + due[2]; }
};
/// What a run would do now. Needs no permission: it shows numbers alone.
[[nodiscard]] Result<RetentionView> look_at_retention(Session& session);

/// Erases what is due; the number of records. In bounded transactions, so that an error or a power
/// cut leaves some erased and the rest for the next time. kNotAllowed, kDiskFull.
[[nodiscard]] Result<std::uint64_t> run_retention(Session& session);
/// The same by the device itself, by the periods in force, at most once for each day of
/// headquarters' clock; nothing otherwise.
[[nodiscard]] Result<std::uint64_t> run_daily_retention(Session& session);

}  // namespace awda::agent
