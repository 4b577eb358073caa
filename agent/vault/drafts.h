// drafts: answers on their way, each change committed before it is called saved. Protected answers
// never come in `fields` or `changes`. Threads: the vault's.
#pragma once

#include "agent/vault/compartment.h"
#include "agent/vault/session.h"

namespace awda::agent {

inline constexpr std::size_t kFieldPathMax = 1024;        ///< bytes
inline constexpr std::size_t kFieldValueMax = 1U << 20U;  ///< bytes
inline constexpr std::size_t kDraftsMax = 10'000;

[[nodiscard]] Result<InstanceId> start_draft(Session& session, const FormRef& form,
                                             std::string_view language);
Status save_draft(Session& session, const InstanceId& draft,
                  const std::vector<FieldChange>& changes, const std::optional<std::string>& title,
                  const ProtectedAnswers* protected_answers = nullptr);
Status replace_draft(Session& session, const InstanceId& draft,
                     const std::vector<sync::Field>& fields,
                     const std::optional<std::string>& title,
                     const ProtectedAnswers* protected_answers = nullptr);
Status set_draft_language(Session& session, const InstanceId& draft, std::string_view language);
/// Whether the officer may do this with a draft: one that somebody else began may need more than
/// one's own. kNotFound only where that has to be asked.
[[nodiscard]] Status permit_draft(Session& session, Permission permission, const InstanceId& draft);
/// A draft rewritten for another version of its form.
struct DraftMove {
    FormRef form;
    std::vector<sync::Field> fields;  ///< all plain answers, those kept aside last
    std::vector<std::string> seals;   ///< as Draft::seals
    std::optional<std::string> title;
    std::uint32_t carried = 0;  ///< counts for the log, protected answers included
    std::uint32_t renamed = 0;
    std::uint32_t orphaned = 0;
};
/// In one transaction, with its entry in the log. kNotFound, kTooLarge.
Status migrate_draft(Session& session, const InstanceId& draft, const DraftMove& move,
                     const ProtectedAnswers* protected_answers = nullptr);
/// Which form a draft belongs to; no viewing, for no answer is read. kNotFound, kNotAllowed.
[[nodiscard]] Result<FormRef> draft_form(Session& session, const InstanceId& draft);
/// Without the log entry of a viewing. kNotFound.
[[nodiscard]] Result<Draft> read_draft(Database& db, const InstanceId& draft);
[[nodiscard]] Result<Draft> load_draft(Session& session, const InstanceId& draft);
Status discard_draft(Session& session, const InstanceId& draft);
/// Takes a draft's rows away, inside the caller's transaction.
[[nodiscard]] Status delete_draft(Database& db, const InstanceId& draft);
[[nodiscard]] Result<InstanceId> amend(Session& session, const InstanceId& record,
                                       std::string_view reason);

}  // namespace awda::agent
