// compartment: protected answers in drafts and records. Threads: the vault's.
//
// A sitting, from opening a draft to closing it, writes all that it knows of protected answers to
// one sealed part (sync/sealed_part.h), anew with each save; nothing else of them reaches the disk,
// not even a path. The part's key is in this process while the draft is open and nowhere else: who
// is no recipient cannot read what he wrote himself once the draft is closed, and the next sitting
// adds a part of its own. A part is written with every save of a form that has protected questions,
// answered or not.
#pragma once

#include <vector>

#include "agent/vault/session.h"

namespace awda::agent {

/// All protected answers of a sitting, and the rows that earlier parts know by other numbers.
struct ProtectedAnswers {
    std::vector<sync::Field> fields;
    std::vector<sync::RowMove> moves;
};

/// What can be read of a list of parts.
struct Opened {
    std::vector<sync::Field> fields;
    std::uint32_t opened = 0;
    std::uint32_t sealed = 0;
};

/// Inside the caller's transaction.
[[nodiscard]] Status write_part(Session& session, const InstanceId& draft,
                                const ProtectedAnswers& answers);
[[nodiscard]] Status put_parts(Database& db, const InstanceId& draft,
                               const std::vector<sync::SealedPart>& parts);
[[nodiscard]] Status drop_parts(Database& db, const InstanceId& draft);

/// Begins a sitting: fills `draft.protected_fields` if whoever is logged in is a protection officer
/// and all parts open for him, else counts them. All or none, for a part that stays sealed could
/// hold a newer answer than one that opens. What is opened is entered in the log.
[[nodiscard]] Status open_draft_parts(Session& session, Write& write, Draft& draft);
/// For looking only: opens what opens.
[[nodiscard]] Result<Opened> open_parts(Session& session, Write& write, const InstanceId& record,
                                        const InstanceId& root,
                                        const std::vector<sync::SealedPart>& parts);

/// The compartment of the record that a draft becomes: what stays sealed is carried on, `answers`
/// (null: none) are sealed anew to today's recipients.
[[nodiscard]] Result<Bytes> finished_compartment(Session& session, const Draft& draft,
                                                 const ProtectedAnswers* answers);
/// Ends a sitting: wipes the key of its part.
void close_part(Session& session, const InstanceId& draft);

}  // namespace awda::agent
