// amend_base: what a correction starts from. A record of this office that nobody else touched gives
// its answers; one that other offices corrected, too, or that was recorded there, gives what all
// revisions come to together, once nothing of it is disputed any more. Threads: the vault's.
#pragma once

#include <string>
#include <vector>

#include "agent/vault/session.h"
#include "sync/record.h"
#include "sync/sealed_part.h"

namespace awda::agent {

struct AmendBase {
    sync::Record record;                  ///< with the answers to start from
    std::vector<sync::SealedPart> parts;  ///< protected answers of every line of revisions
    std::string title;
    OfficerId officer;         ///< who recorded it; nobody here if another office did
    std::uint32_t newest = 1;  ///< the highest number among its revisions
    std::vector<Id16> others;  ///< what the correction builds upon beside the record itself
};
/// kNotFound; kConflictOpen.
[[nodiscard]] Result<AmendBase> amend_base(Database& db, const InstanceId& record);

// What a draft builds upon, until it is finalised; each inside the caller's transaction.
[[nodiscard]] Status put_draft_parents(Database& db, const InstanceId& draft,
                                       const std::vector<Id16>& parents);
[[nodiscard]] Status drop_draft_parents(Database& db, const InstanceId& draft);
/// The event that says so, if there is something to say.
[[nodiscard]] Status append_further_parents(Database& db, Write& write, const InstanceId& draft);

}  // namespace awda::agent
