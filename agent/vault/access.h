// access: may the officer who is logged in do this? The one question that every part of the vault
// asks before it reads or changes anything for somebody. Threads: the vault's.
#pragma once

#include "agent/vault/session.h"

namespace awda::agent {

/// kNotAllowed unless the officer's role has the permission.
[[nodiscard]] Status permit(const Session& session, Permission permission);

}  // namespace awda::agent
