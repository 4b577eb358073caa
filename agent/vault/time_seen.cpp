#include "agent/vault/time_seen.h"

#include <algorithm>
#include <cstdlib>

#include "agent/vault/schema.h"
#include "platform/codec.h"

namespace awda::agent {

void TimeSeen::see(UnixMs wall) {
    if (wall - kClockAheadMs <= believed_ms) believed_ms = std::max(believed_ms, wall);
    claimed_ms = std::max({claimed_ms, wall, believed_ms});
}

void TimeSeen::prove(UnixMs server, UnixMs wall, std::uint64_t last_seq) {
    // Something sealed after the confirmation reached headquarters before the time confirmed: the
    // confirmation was wrong, and so is all that was believed since.
    const bool disproved =
        confirmed_seq != 0 && last_seq >= confirmed_seq && confirmed_ms > server + kClockAgreesMs;
    if (disproved) {
        believed_ms = before_ms;
        confirmed_seq = 0;
    }
    server_ms = std::max(server_ms, server);
    believed_ms = std::max(believed_ms, server_ms);
    // A clock that headquarters agrees with settles what an earlier one claimed.
    if (std::abs(wall - server) <= kClockAgreesMs) {
        believed_ms = std::max(believed_ms, wall);
        claimed_ms = believed_ms;
    }
    claimed_ms = std::max(claimed_ms, believed_ms);
}

void TimeSeen::confirm(UnixMs wall, std::uint64_t seq) {
    confirmed_seq = seq;
    confirmed_ms = wall;
    before_ms = believed_ms;
    believed_ms = std::max(believed_ms, wall);
    claimed_ms = believed_ms;
}

Result<std::optional<TimeSeen>> load_time_seen(Database& db) {
    const auto kept = AWDA_TRY(meta_get(db, Meta::kTimeSeen));
    if (!kept) return std::optional<TimeSeen>();
    ByteReader in(*kept);
    TimeSeen seen;
    seen.believed_ms = in.i64();
    seen.claimed_ms = in.i64();
    seen.server_ms = in.i64();
    seen.confirmed_seq = in.u64();
    seen.confirmed_ms = in.i64();
    seen.before_ms = in.i64();
    if (!in.done().ok()) return Error(Errc::kVaultDamaged, "the times the vault has seen");
    return std::optional<TimeSeen>(seen);
}

Status keep_time_seen(Database& db, const TimeSeen& seen) {
    ByteWriter out;
    out.i64(seen.believed_ms);
    out.i64(seen.claimed_ms);
    out.i64(seen.server_ms);
    out.u64(seen.confirmed_seq);
    out.i64(seen.confirmed_ms);
    out.i64(seen.before_ms);
    return meta_put(db, Meta::kTimeSeen, out.bytes());
}

}  // namespace awda::agent
