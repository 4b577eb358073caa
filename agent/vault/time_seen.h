// TimeSeen: what time it is at least, and what the wall clock claims.
//
// Two times, neither of which ever goes back with the clock. `believed` is what expiries are judged
// by: the wall clock carries it on as long as no step is longer than an office may be shut, and a
// receipt or a supervisor's word carries it further. `claimed` is the highest the wall clock has
// shown; while it is ahead of `believed` the clock jumped and nobody has vouched for it. Threads: a
// plain value.
#pragma once

#include "agent/vault/clock_watch.h"
#include "platform/sqlite.h"

namespace awda::agent {

/// A receipt that agrees with the clock to this vouches for it.
inline constexpr std::int64_t kClockAgreesMs = 24LL * 60 * 60 * 1000;

struct TimeSeen {
    UnixMs believed_ms = 0;
    UnixMs claimed_ms = 0;  ///< never less than believed_ms
    UnixMs server_ms = 0;   ///< the highest that a receipt carried; 0 for none

    // The last confirmation, as long as a receipt may still show that it was wrong.
    std::uint64_t confirmed_seq = 0;  ///< of its event; 0 for none
    UnixMs confirmed_ms = 0;
    UnixMs before_ms = 0;  ///< believed_ms before it

    bool operator==(const TimeSeen&) const = default;

    [[nodiscard]] bool unproven() const { return claimed_ms > believed_ms; }
    void see(UnixMs wall);
    /// A receipt carried `server`; what it acknowledges went up to event `last_seq`.
    void prove(UnixMs server, UnixMs wall, std::uint64_t last_seq);
    /// A supervisor says that `wall` is right, in event `seq`.
    void confirm(UnixMs wall, std::uint64_t seq);
};

/// Nothing if the vault has not kept any yet.
[[nodiscard]] Result<std::optional<TimeSeen>> load_time_seen(Database& db);
[[nodiscard]] Status keep_time_seen(Database& db, const TimeSeen& seen);

}  // namespace awda::agent
