// approvals: a second officer agrees to a record, or gives it back with a reason.
//
// Whether a record needs it is the form's to say, and the caller's to tell finalise(). A record
// that waits is in the log and is delivered like any other; the decision follows it. Threads: the
// vault's.
#pragma once

#include "agent/vault/session.h"

namespace awda::agent {

/// Agrees to a record that waits for it. kNotAllowed; kSecondPerson for one's own; kNotAwaiting
/// when it does not wait (any more), or when a newer revision replaced it; kNotFound.
Status approve(Session& session, const InstanceId& record);
/// Gives it back to be amended. kUsage without a reason; else as approve().
Status give_back(Session& session, const InstanceId& record, std::string_view reason);
/// How a record stands; `state` is kNone when no approval was asked for.
[[nodiscard]] Result<Approval> approval_of(Session& session, const InstanceId& record);

}  // namespace awda::agent
