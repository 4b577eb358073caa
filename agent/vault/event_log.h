// EventLog: appends to the vault's log and signs its checkpoints; reads it back.
//
// Ownership: borrows the database and the signing keys, which the session owns and which outlive
// it. append() runs inside the caller's transaction, which ends with keep_head(); a caller that
// rolls back must put back the head it took before (session.h's Write does both). Threads: the
// vault's.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "platform/clock.h"
#include "platform/crypto.h"
#include "platform/sqlite.h"
#include "sync/log/event.h"

namespace awda::agent {

/// A checkpoint follows at the latest after this many other events, or this much payload: a batch
/// ends only at one.
inline constexpr std::uint64_t kCheckpointEvery = 64;
inline constexpr std::uint64_t kCheckpointBytes = 1U << 20U;

struct LogHead {
    std::uint64_t seq = 0;
    Hash32 hash{};
    sync::Hlc hlc;
    std::uint64_t checkpoint_seq = 0;  ///< of the newest checkpoint
    std::uint64_t bytes_since = 0;     ///< payload behind it
};

/// The head as it is kept apart from the events. Signed, so that who holds the vault's key but no
/// officer's can neither take the newest events away nor put others in their place. The signature
/// is the officer's half of a checkpoint: who does not come back has still signed for what he did.
struct KeptHead {
    std::uint64_t seq = 0;
    Hash32 hash{};
    OfficerId officer;
    Signature signature{};
    bool old_form = false;  ///< of an older Awda: covers no records that lack a signature
};
[[nodiscard]] Result<std::optional<KeptHead>> kept_head(Database& db);
[[nodiscard]] bool verify_head(const DeviceId& device, const KeptHead& head, const SignPublic& key);

struct LogSigners {
    const SignKey* device = nullptr;
    OfficerId officer;
    const SignKey* officer_key = nullptr;
};

/// Who did what an event says.
enum class Actor : std::uint8_t { kOfficer, kDevice };

class EventLog {
public:
    EventLog(Database& db, const DeviceId& device, const OfficeId& office, const Clock& clock,
             Random& random, const LogSigners& signers);
    /// Reads the head. kLogBroken if the newest row is not the one last written, or the head was
    /// signed by nobody who is an officer here.
    Status load();
    /// Inserts one event; the projections are the caller's.
    [[nodiscard]] Result<sync::Event> append(sync::EventType type, ByteView payload, Actor actor);
    /// The event that signs the log as it is now.
    [[nodiscard]] Result<sync::Event> append_checkpoint();
    /// True if another officer left without a checkpoint: the first thing to append is his.
    [[nodiscard]] bool owes_checkpoint() const;
    [[nodiscard]] Result<sync::Event> append_owed_checkpoint();
    /// Signs the head and keeps it: once before each commit.
    Status keep_head();
    [[nodiscard]] bool checkpoint_due() const {
        return head_.seq - head_.checkpoint_seq >= kCheckpointEvery ||
               head_.bytes_since >= kCheckpointBytes;
    }
    /// True if the newest event is a checkpoint.
    [[nodiscard]] bool checkpointed() const { return head_.seq == head_.checkpoint_seq; }

    [[nodiscard]] const LogHead& head() const { return head_; }
    void put_back(const LogHead& head) { head_ = head; }

private:
    [[nodiscard]] Result<sync::Event> append_by(const OfficerId& officer, sync::EventType type,
                                                ByteView payload);

    Database& db_;
    DeviceId device_;
    OfficeId office_;
    const Clock& clock_;
    Random& random_;
    LogSigners signers_;
    LogHead head_;
    std::optional<sync::Checkpoint> left_;  ///< another officer's half, as found by load()
};

/// A row of "SELECT seq, hlc, officer, office, type, commitment, prev, salt, payload FROM events".
[[nodiscard]] Result<sync::Event> read_event(const Statement& row);
/// One event. kNotFound.
[[nodiscard]] Result<sync::Event> event_at(Database& db, std::uint64_t seq);
/// Calls `visit` for each event from `first` to `last`, in order, until it returns an error.
[[nodiscard]] Status for_events(Database& db, std::uint64_t first, std::uint64_t last,
                                const std::function<Status(const sync::Event&)>& visit);
/// The chain's hash after event `seq`; before the first event, what stands in for it.
[[nodiscard]] Result<Hash32> head_at(Database& db, const DeviceId& device, std::uint64_t seq);

}  // namespace awda::agent
