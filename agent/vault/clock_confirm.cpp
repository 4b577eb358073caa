#include "agent/vault/clock_confirm.h"

#include "agent/vault/access.h"
#include "agent/vault/payloads_officers.h"

namespace awda::agent {

Status confirm_clock(Session& session) {
    AWDA_CHECK(permit(session, Permission::kConfirmClock));
    const UnixMs wall = session.env.clock->now();
    if (wall < session.seen.believed_ms - kClockSlackMs) {
        return Error(Errc::kClockWrong, "confirming a clock that is behind");
    }
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_CHECK(write.append(sync::EventType::kClockConfirmed,
                            encode_clock_confirmed(wall, session.seen.claimed_ms)));
    // Only what was sealed after this event can show that it was wrong.
    write.times().confirm(wall, session.log.head().seq);
    return write.commit();
}

}  // namespace awda::agent
