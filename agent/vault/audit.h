// audit: the log as its readers see it: who did what, when, to which record; ids and numbers only.
//
// Looking at the log is an event itself. Threads: the vault's.
#pragma once

#include "agent/vault/session.h"

namespace awda::agent {

struct AuditQuery {
    std::optional<OfficerId> officer{};  ///< empty id: the device by itself
    std::optional<sync::EventType> type{};
    std::optional<UnixMs> from{};   ///< by the log's clock
    std::optional<UnixMs> until{};  ///< before this
    std::uint64_t before = 0;       ///< only events below this number: the next page; 0 = newest
    std::size_t limit = 50;         ///< at most kListMax
};

struct AuditEntry {
    std::uint64_t seq = 0;
    UnixMs at_ms = 0;
    OfficerId officer;
    sync::EventType type{};
    /// What it was done to: a record, or the officer who was added or could not log in.
    std::optional<Id16> subject{};
    /// Rows shown, hits, answers changed, the batch's number: what the type counts.
    std::optional<std::uint64_t> number{};
    bool pruned = false;
};

/// Newest first. kNotAllowed for an officer who is no supervisor, administrator or auditor.
[[nodiscard]] Result<std::vector<AuditEntry>> read_audit(Session& session, const AuditQuery& query);

}  // namespace awda::agent
