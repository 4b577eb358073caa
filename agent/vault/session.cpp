#include "agent/vault/session.h"

#include <algorithm>

#include "agent/vault/payloads.h"
#include "agent/vault/projections.h"
#include "agent/vault/schema.h"

namespace awda::agent {

namespace {

constexpr std::size_t kBallastBytes = 512U * 1024U;
constexpr std::uint64_t kBallastWhenFree = 16U << 20U;

Path ballast_path(const Path& folder) {
    return folder / "ballast";
}

}  // namespace

Session::Session(const VaultEnv& env_in, const Path& folder_in, FileLock lock_in, Database db_in,
                 Keyring keyring_in, SessionKeys keys_in, const Slot& slot)
    : env(env_in),
      folder(folder_in),
      lock(std::move(lock_in)),
      keyring(std::move(keyring_in)),
      keys(std::move(keys_in)),
      watch(*env.clock),
      db(std::move(db_in)),
      log(db, keyring.device, keyring.office, *env.clock, *env.random,
          LogSigners{&keys.device.sign, slot.officer, &keys.officer}) {
    identity.device = keyring.device;
    identity.office = keyring.office;
    identity.officer = slot.officer;
    identity.role = slot.role;
}

Write::Write(Session& session, Transaction transaction)
    : session_(&session),
      transaction_(std::move(transaction)),
      before_(session.log.head()),
      times_(session.seen) {}

Write::Write(Write&& other) noexcept
    : session_(std::exchange(other.session_, nullptr)),
      transaction_(std::move(other.transaction_)),
      before_(other.before_),
      times_(other.times_),
      wrote_event_(other.wrote_event_) {}

Write::~Write() {
    if (session_ != nullptr) session_->log.put_back(before_);
}

Result<Write> Write::begin(Session& session) {
    Write write(session, AWDA_TRY(Transaction::begin(session.db)));
    if (session.log.owes_checkpoint()) {
        AWDA_CHECK(write.finish_event(session.log.append_owed_checkpoint()));
    }
    if (const auto jump = session.watch.look()) {
        const Bytes payload = encode_clock_jump(jump->expected_ms, jump->found_ms);
        AWDA_CHECK(write.append(sync::EventType::kClockJump, payload, Actor::kDevice));
    }
    return write;
}

Status Write::finish_event(Result<sync::Event> event) {
    if (!event.ok()) return event.error();
    wrote_event_ = true;
    return apply(session_->db, *event);
}

Status Write::append(sync::EventType type, ByteView payload, Actor actor) {
    AWDA_CHECK(finish_event(session_->log.append(type, payload, actor)));
    if (!session_->log.checkpoint_due()) return {};
    return finish_event(session_->log.append_checkpoint());
}

Status Write::checkpoint() {
    if (session_->log.checkpointed()) return {};
    return finish_event(session_->log.append_checkpoint());
}

Status Write::commit() {
    const UnixMs now = session_->env.clock->now();
    times_.see(now);
    if (wrote_event_) {
        AWDA_CHECK(session_->log.keep_head());
        AWDA_CHECK(meta_put_number(session_->db, Meta::kLastWall, now));
        AWDA_CHECK(keep_time_seen(session_->db, times_));
    }
    AWDA_CHECK(transaction_.commit());
    session_->seen = times_;
    session_->watch.accept();
    session_ = nullptr;
    return {};
}

Result<UnixMs> highest_time(Session& session) {
    const UnixMs server = AWDA_TRY(meta_number(session.db, Meta::kServerHigh, 0));
    return std::max(session.log.head().hlc.unix_ms(), server);
}

Path database_path(const Path& folder) {
    return folder / "vault.db";
}

Path outbox_path(const Path& folder) {
    return folder / "outbox";
}

void make_ballast(const Path& folder, Random& random) {
    if (file_exists(ballast_path(folder))) return;
    const auto room = free_space(folder);
    if (!room.ok() || *room < kBallastWhenFree) return;
    // Random bytes, so that a file system that packs zeros does not pack this away.
    Bytes bytes(kBallastBytes);
    random.fill(bytes);
    atomic_write(ballast_path(folder), bytes).ignore("the next unlock tries again");
}

bool drop_ballast(const Path& folder) {
    if (!file_exists(ballast_path(folder))) return false;
    return remove_file(ballast_path(folder)).ok();
}

}  // namespace awda::agent
