// LockReason: why a vault was locked. Ownership and threads: a plain value; in the log.
#pragma once

#include <cstdint>

namespace awda::agent {

enum class LockReason : std::uint8_t {
    kAsked = 0,  ///< by the officer, or the program ended; not entered in the log as a reason
    kIdle = 1,
    kSlept = 2,         ///< the computer was suspended
    kSleeping = 3,      ///< it is about to be
    kScreenLocked = 4,  ///< by a screen saver, or because the session was told to lock
    kSwitchedAway = 5,  ///< another user's session came to the front
};

}  // namespace awda::agent
