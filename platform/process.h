// process: hardening of our own process, and leaving in good order. Threads: call from main, first.
#pragma once

#include "platform/result.h"

namespace awda {

/// No core dumps, not dumpable, no new privileges, umask 077, SIGPIPE ignored.
void harden_process();

/// Makes SIGINT and SIGTERM set a flag instead of ending us.
void catch_stop_signals();
[[nodiscard]] bool stop_requested();

}  // namespace awda
