// clock_confirm: a supervisor vouches for the date after the clock jumped. Threads: the vault's.
#pragma once

#include "agent/vault/session.h"

namespace awda::agent {

/// Takes the wall clock for right from now on. kNotAllowed; kClockWrong when it is certainly not:
/// behind a time that was believed before.
Status confirm_clock(Session& session);

}  // namespace awda::agent
