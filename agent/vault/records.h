// records: finalised submissions, signed and unchangeable. Threads: the vault's.
#pragma once

#include "agent/vault/compartment.h"
#include "agent/vault/session.h"

namespace awda::agent {

struct StoredRecord {
    sync::Record record;
    std::vector<sync::SealedPart> parts;  ///< protected answers
    std::string title;
    RecordState state = RecordState::kWaiting;
    OfficerId officer;
    std::uint64_t seq = 0;
    std::uint64_t batch = 0;
};

/// Without the log entry of a viewing. kNotFound.
[[nodiscard]] Result<StoredRecord> read_record(Database& db, const InstanceId& record);
/// One row of the list, record or draft. kNotFound.
[[nodiscard]] Result<RecordRow> record_row(Database& db, const InstanceId& instance);
/// `protected_answers`: null for a form without protected questions.
Status finalise(Session& session, const InstanceId& draft, std::vector<sync::Field> fields,
                const ProtectedAnswers* protected_answers = nullptr, bool needs_approval = false);
[[nodiscard]] Result<std::vector<RecordRow>> list_records(Session& session, const ListQuery& query);
[[nodiscard]] Result<ShownRecord> show_record(Session& session, const InstanceId& record);

}  // namespace awda::agent
