// projections_cases: the tables of cases and of what others add to documents, as the log makes
// them. Called by projections.cpp, and once by the schema when an older vault gets these tables.
// Threads: the vault's; inside the caller's transaction.
#pragma once

#include "platform/sqlite.h"
#include "sync/log/event.h"
#include "sync/record.h"

namespace awda::agent {

/// What a row of document_revisions is. Numbers are part of the tables' format.
enum class RevisionKind : std::uint8_t { kForeignRecord = 1, kDecision = 2 };

/// A submission's first revision begins a case; a later one may settle or open a dispute.
[[nodiscard]] Status apply_record_to_case(Database& db, const sync::Record& record,
                                          const sync::Event& event);
/// Counts anew what waits for a decision in a document: after some of it was erased.
[[nodiscard]] Status recount_cases_of(Database& db, const InstanceId& root);
/// Events 60 to 69.
[[nodiscard]] Status apply_case_event(Database& db, const sync::Event& event);
/// The rows for records that were there before these tables were.
[[nodiscard]] Status found_cases(Database& db);

}  // namespace awda::agent
