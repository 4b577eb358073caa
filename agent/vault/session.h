// Session: an unlocked vault from the inside: keys, database, log. The parts of the vault
// (officers, drafts, records, delivery) are functions over it, one file each.
//
// Ownership: owns all of it, the lock file too; what it owns is destroyed in reverse order, so that
// the database closes before the lock is released. Threads: the vault's.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "agent/vault/clock_watch.h"
#include "agent/vault/editing.h"
#include "agent/vault/event_log.h"
#include "agent/vault/keyring.h"
#include "agent/vault/time_seen.h"
#include "agent/vault/vault.h"
#include "platform/sqlite.h"
#include "sync/outbox_folder.h"
#include "sync/sealed_part.h"
#include "sync/trust.h"

namespace awda::agent {

struct SessionKeys {
    SecretBytes vault_key;
    DeviceKeys device;
    SignKey officer;
};

/// The part that a sitting writes its protected answers to, and the key to write it anew.
struct OpenPart {
    std::int64_t n = 0;     ///< its place among the draft's parts; 0 before the first save
    bool replaces = false;  ///< all earlier parts were opened: what they say is in this one, too
    sync::PartKey key;
};
using OpenParts = std::map<InstanceId, OpenPart>;
/// As the log gives it to the officer who is logged in; judged in access.h.
struct Lease {
    UnixMs granted_ms = 0;
    bool active = true;
};

struct Session {
    Session(const VaultEnv& env_in, const Path& folder_in, FileLock lock_in, Database db_in,
            Keyring keyring_in, SessionKeys keys_in, const Slot& slot);

    VaultEnv env;
    Path folder;
    FileLock lock;
    Keyring keyring;
    SessionKeys keys;
    sync::HqKeys hq;
    Identity identity;
    UnlockReport report;
    ClockWatch watch;
    TimeSeen seen;  ///< as last committed
    Lease lease;
    Database db;
    EventLog log;
    std::optional<sync::OutboxFolder> outbox;  ///< opened when first needed
    OpenParts open_parts;                      ///< of the drafts being written; compartment.h
    std::optional<Editing> editing;            ///< the draft that is being changed

    void step(Step done) const {
        if (env.on_step) env.on_step(done);
    }
};

/// One transaction on the vault. What is not committed is undone, in the database and in the log's
/// head.
class Write {
public:
    /// Writes down first what another officer left unsigned, and a clock jump, if there was one.
    static Result<Write> begin(Session& session);
    Write(Write&& other) noexcept;
    Write& operator=(Write&&) = delete;
    ~Write();

    /// Appends an event, enters it in the projections, and checkpoints when one is due.
    Status append(sync::EventType type, ByteView payload, Actor actor = Actor::kOfficer);
    /// Signs the log as it is, unless its newest event is a checkpoint already.
    Status checkpoint();
    /// What time it is at least, as this transaction leaves it.
    [[nodiscard]] TimeSeen& times() { return times_; }
    /// Durable when it returns ok.
    Status commit();

private:
    Write(Session& session, Transaction transaction);
    Status finish_event(Result<sync::Event> event);

    Session* session_;
    Transaction transaction_;
    LogHead before_;
    TimeSeen times_;
    bool wrote_event_ = false;
};

/// The highest time seen in the log or in receipts: what expiries are judged by.
[[nodiscard]] Result<UnixMs> highest_time(Session& session);

[[nodiscard]] Path database_path(const Path& folder);
[[nodiscard]] Path outbox_path(const Path& folder);

/// A little room kept aside, given back when the disk is full so that unlocking and locking still
/// work.
void make_ballast(const Path& folder, Random& random);
/// False if there was none.
bool drop_ballast(const Path& folder);

}  // namespace awda::agent
