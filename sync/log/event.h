// Event: one entry of a device's append-only log, and the hash chain that holds the log together.
//
// The chain covers a salted commitment to each payload, not the payload: a payload (with its salt)
// can later be erased by lawful pruning, and the chain still verifies. Byte layouts: LOG_FORMAT.md.
// Threads: pure values and functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "platform/bytes.h"
#include "platform/clock.h"
#include "platform/crypto.h"
#include "platform/ids.h"

namespace awda::sync {

/// What an event says. Numbers are part of the format and are never reused.
enum class EventType : std::uint16_t {
    kDeviceInitialised = 1,  ///< the log begins: device keys, voucher, first officer
    kOfficerAdded = 2,
    kSlotChanged = 3,     ///< passphrase changed or slot removed
    kKeysRotated = 5,     ///< a new vault key; payload: its recovery blob, for headquarters
    kDeviceRevoked = 6,   ///< payload: headquarters' order
    kVaultRecovered = 7,  ///< headquarters let a new administrator in
    kOfficerChanged = 4,  ///< role, lease, right to log in; signed by the administrator
    kClockConfirmed = 8,  ///< a supervisor vouched for the date
    kUnlocked = 10,
    kUnlockFailed = 11,
    kLocked = 12,
    kClockJump = 13,
    kLockedItself = 14,       ///< without being asked; payload: why
    kDraftMigrated = 19,      ///< a draft goes on with another version of its form
    kRecordStarted = 20,      ///< payload: instance id, form id; no answers
    kRecordFinalised = 21,    ///< payload: a RecordPayload (sync/record.h)
    kRecordViewed = 22,       ///< payload: instance id
    kListViewed = 23,         ///< payload: count shown
    kRecordDiscarded = 24,    ///< a draft was thrown away on purpose
    kSearched = 25,           ///< payload: purpose and number of hits; never the text
    kRecordEdited = 26,       ///< payload: instance id, number of answers changed
    kRecordApproved = 27,     ///< payload: a Decision (sync/log/approval.h)
    kRecordReturned = 28,     ///< payload: a Decision with its reason
    kApprovalRequested = 29,  ///< payload: instance id, hash of the record
    kBatchSealed = 30,        ///< payload: number and hash of a batch
    kBatchStored = 31,        ///< payload: the stored receipt
    kBatchOpened = 32,        ///< payload: the opened receipt
    kLogViewed = 33,          ///< payload: which part of the log was looked at
    kTablesRebuilt = 34,      ///< payload: number of rows that had differed
    kExported = 40,           ///< records left in a file
    kPrinted = 41,            ///< payload: what was put on paper
    kConsentGiven = 42,       ///< to an agency, for a purpose
    kConsentWithdrawn = 43,
    kCheckpoint = 50,           ///< payload: a signed Checkpoint
    kIdentityMarked = 60,       ///< payloads of 60 to 69: sync/cases/case_event.h
    kCaseJoined = 61,           ///< a record belongs to another case than its own
    kCaseMemberChanged = 62,    ///< presence, relation, head, or that somebody left
    kCaseMoved = 63,            ///< from one state to another
    kCaseSplit = 64,            ///< members and records go on in a new case
    kCaseMerged = 65,           ///< two cases were one
    kCaseUnmerged = 66,         ///< they were not
    kConflictDecided = 67,      ///< which of the values counts
    kForeignEvent = 68,         ///< payload: an event of another device's log
    kRevisionParents = 69,      ///< a revision builds upon more than the one it replaces
    kProtectionCertified = 70,  ///< payload: a paper of sync/protection_paper.h
    kProtectionCounted = 71,    ///< payload: a form, a span of time, two numbers; no record
    kProtectionOpened = 72,     ///< payload: instance id and how many sealed parts were opened
    kProtectionRevoked = 73,    ///< payload: a paper of sync/protection_paper.h
    kAttachmentAdded = 75,      ///< payload: instance id, keyed hash, kind, size
    kAttachmentRemoved = 76,    ///< payload: instance id, keyed hash
    kAttachmentViewed = 77,     ///< payload: instance id, keyed hash, which part
    kPruned = 80,               ///< payload: which events lost their payload, and by what right
    kRetentionSet = 81,         ///< payload: how long each class is kept on this computer
};
[[nodiscard]] std::string_view event_type_name(EventType type);

/// Hybrid logical clock (Kulkarni et al. 2014): 48 bits of Unix milliseconds, 16 bits of counter.
/// For display and hints; the sequence number is what orders a log.
struct Hlc {
    std::uint64_t packed = 0;
    [[nodiscard]] UnixMs unix_ms() const { return static_cast<UnixMs>(packed >> 16U); }
    auto operator<=>(const Hlc&) const = default;
};
/// The next reading after `last`: never goes back, even when the wall clock does.
[[nodiscard]] Hlc next_hlc(Hlc last, UnixMs wall);

using Salt = std::array<std::uint8_t, 16>;

struct Event {
    std::uint64_t seq = 0;  ///< from 1, gapless for each device
    Hlc hlc;
    OfficerId officer;  ///< empty for what the device does by itself
    OfficeId office;
    EventType type{};
    Hash32 commitment{};       ///< commit(salt, payload)
    Hash32 prev{};             ///< hash of event seq-1; for seq 1 first_prev(device)
    std::optional<Salt> salt;  ///< gone, with the payload, once pruned
    std::optional<Bytes> payload;
};

/// What stands in for the hash of the event before the first.
[[nodiscard]] Hash32 first_prev(const DeviceId& device);
[[nodiscard]] Hash32 commit(const Salt& salt, ByteView payload);
[[nodiscard]] Hash32 event_hash(const DeviceId& device, const Event& event);

/// A signed statement "my log of `size` events has this head", by device and officer.
struct Checkpoint {
    DeviceId device;
    std::uint64_t size = 0;  ///< seq of the last event covered
    Hash32 head{};           ///< its hash
    OfficerId officer;       ///< empty when nobody is logged in
    SignPublic officer_key{};
    Signature device_signature{};
    Signature officer_signature{};  ///< zero when officer is empty
};
[[nodiscard]] Checkpoint sign_checkpoint(const DeviceId& device, std::uint64_t size,
                                         const Hash32& head, const SignKey& device_key,
                                         const OfficerId& officer, const SignKey* officer_key);
/// The officer's half alone, of what may become a checkpoint when the device signs too.
[[nodiscard]] Checkpoint sign_as_officer(const DeviceId& device, std::uint64_t size,
                                         const Hash32& head, const OfficerId& officer,
                                         const SignKey& officer_key);
[[nodiscard]] bool verify_officer_half(const Checkpoint& checkpoint);
void countersign(Checkpoint& checkpoint, const SignKey& device_key);
/// kBadSignature unless both signatures hold.
[[nodiscard]] Status verify_checkpoint(const Checkpoint& checkpoint, const SignPublic& device_key);
[[nodiscard]] Bytes encode_checkpoint(const Checkpoint& checkpoint);
[[nodiscard]] Result<Checkpoint> decode_checkpoint(ByteView bytes);

/// Walks a log from its start, one event at a time, and says where it first breaks.
class ChainVerifier {
public:
    explicit ChainVerifier(const DeviceId& device, std::uint64_t next_seq = 1,
                           std::optional<Hash32> prev = std::nullopt);
    /// kLogBroken on a gap, a wrong link, or a payload that does not match its commitment; a
    /// pruned payload is fine. Checkpoints among the events are checked against `device_key`.
    [[nodiscard]] Status add(const Event& event, const SignPublic& device_key);
    [[nodiscard]] std::uint64_t next_seq() const { return next_seq_; }
    [[nodiscard]] const Hash32& head() const { return prev_; }

private:
    DeviceId device_;
    std::uint64_t next_seq_;
    Hash32 prev_;
};

}  // namespace awda::sync
