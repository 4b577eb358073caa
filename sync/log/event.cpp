#include "sync/log/event.h"

#include <algorithm>

#include "platform/codec.h"

namespace awda::sync {

namespace {
constexpr std::string_view kLogTag = "AWDALOG1";
constexpr std::string_view kCommitTag = "AWDACMT1";
constexpr std::string_view kEventTag = "AWDAEVT1";
constexpr std::string_view kCheckpointTag = "AWDACHK1";
constexpr std::string_view kDeviceSigns = "AWDACDS1";
constexpr std::string_view kOfficerSigns = "AWDACOS1";
constexpr std::uint64_t kHlcMsMax = (std::uint64_t{1} << 48U) - 1;

/// What both signatures of a checkpoint cover.
void put_checkpoint_body(ByteWriter& out, const Checkpoint& checkpoint) {
    out.raw(kCheckpointTag);
    out.raw(checkpoint.device.bytes());
    out.u64(checkpoint.size);
    out.raw(checkpoint.head);
    out.raw(checkpoint.officer.bytes());
    out.raw(checkpoint.officer_key);
}

Bytes body_of(const Checkpoint& checkpoint) {
    ByteWriter body;
    put_checkpoint_body(body, checkpoint);
    return body.take();
}

Status check_checkpoint_event(const Event& event, const DeviceId& device,
                              const SignPublic& device_key) {
    const auto checkpoint = decode_checkpoint(*event.payload);
    if (!checkpoint.ok()) return Error(Errc::kLogBroken, "a checkpoint in the log is malformed");
    if (checkpoint->device != device || checkpoint->size + 1 != event.seq ||
        checkpoint->head != event.prev) {
        return Error(Errc::kLogBroken, "a checkpoint does not describe the log before it");
    }
    return verify_checkpoint(*checkpoint, device_key);
}
}  // namespace

std::string_view event_type_name(EventType type) {
    switch (type) {
        case EventType::kDeviceInitialised: return "device_initialised";
        case EventType::kOfficerAdded: return "officer_added";
        case EventType::kSlotChanged: return "slot_changed";
        case EventType::kKeysRotated: return "keys_rotated";
        case EventType::kDeviceRevoked: return "device_revoked";
        case EventType::kVaultRecovered: return "vault_recovered";
        case EventType::kOfficerChanged: return "officer_changed";
        case EventType::kClockConfirmed: return "clock_confirmed";
        case EventType::kUnlocked: return "unlocked";
        case EventType::kUnlockFailed: return "unlock_failed";
        case EventType::kLocked: return "locked";
        case EventType::kLockedItself: return "locked_itself";
        case EventType::kClockJump: return "clock_jump";
        case EventType::kDraftMigrated: return "draft_migrated";
        case EventType::kRecordStarted: return "record_started";
        case EventType::kRecordFinalised: return "record_finalised";
        case EventType::kRecordViewed: return "record_viewed";
        case EventType::kListViewed: return "list_viewed";
        case EventType::kRecordDiscarded: return "record_discarded";
        case EventType::kSearched: return "searched";
        case EventType::kRecordEdited: return "record_edited";
        case EventType::kRecordApproved: return "record_approved";
        case EventType::kRecordReturned: return "record_returned";
        case EventType::kApprovalRequested: return "approval_requested";
        case EventType::kBatchSealed: return "batch_sealed";
        case EventType::kBatchStored: return "batch_stored";
        case EventType::kBatchOpened: return "batch_opened";
        case EventType::kLogViewed: return "log_viewed";
        case EventType::kTablesRebuilt: return "tables_rebuilt";
        case EventType::kExported: return "exported";
        case EventType::kPrinted: return "printed";
        case EventType::kConsentGiven: return "consent_given";
        case EventType::kConsentWithdrawn: return "consent_withdrawn";
        case EventType::kCheckpoint: return "checkpoint";
        case EventType::kIdentityMarked: return "identity_marked";
        case EventType::kCaseJoined: return "case_joined";
        case EventType::kCaseMemberChanged: return "case_member_changed";
        case EventType::kCaseMoved: return "case_moved";
        case EventType::kCaseSplit: return "case_split";
        case EventType::kCaseMerged: return "case_merged";
        case EventType::kCaseUnmerged: return "case_unmerged";
        case EventType::kConflictDecided: return "conflict_decided";
        case EventType::kForeignEvent: return "foreign_event";
        case EventType::kRevisionParents: return "revision_parents";
        case EventType::kProtectionCertified: return "protection_certified";
        case EventType::kProtectionCounted: return "protection_counted";
        case EventType::kProtectionOpened: return "protection_opened";
        case EventType::kProtectionRevoked: return "protection_revoked";
        case EventType::kAttachmentAdded: return "attachment_added";
        case EventType::kAttachmentRemoved: return "attachment_removed";
        case EventType::kAttachmentViewed: return "attachment_viewed";
        case EventType::kPruned: return "pruned";
        case EventType::kRetentionSet: return "retention_set";
    }
    return "unknown";  // a type of a newer version; the log keeps it
}

Hlc next_hlc(Hlc last, UnixMs wall) {
    const std::uint64_t ms =
        std::min(static_cast<std::uint64_t>(std::max<UnixMs>(wall, 0)), kHlcMsMax);
    // A full counter carries into the milliseconds, which keeps the order and costs a millisecond.
    return Hlc{std::max(ms << 16U, last.packed + 1)};
}

Hash32 first_prev(const DeviceId& device) {
    Hasher hasher;
    hasher.add(as_bytes(kLogTag));
    hasher.add(device.bytes());
    return hasher.finish();
}

Hash32 commit(const Salt& salt, ByteView payload) {
    Hasher hasher;
    hasher.add(as_bytes(kCommitTag));
    hasher.add(salt);
    hasher.add(payload);
    return hasher.finish();
}

Hash32 event_hash(const DeviceId& device, const Event& event) {
    ByteWriter out;
    out.raw(kEventTag);
    out.raw(device.bytes());
    out.u64(event.seq);
    out.u64(event.hlc.packed);
    out.raw(event.officer.bytes());
    out.raw(event.office.bytes());
    out.u16(static_cast<std::uint16_t>(event.type));
    out.raw(event.commitment);
    out.raw(event.prev);
    return hash32(out.bytes());
}

Checkpoint sign_as_officer(const DeviceId& device, std::uint64_t size, const Hash32& head,
                           const OfficerId& officer, const SignKey& officer_key) {
    Checkpoint checkpoint{device, size, head, officer, officer_key.pub, {}, {}};
    checkpoint.officer_signature = sign(officer_key, kOfficerSigns, body_of(checkpoint));
    return checkpoint;
}

void countersign(Checkpoint& checkpoint, const SignKey& device_key) {
    checkpoint.device_signature = sign(device_key, kDeviceSigns, body_of(checkpoint));
}

Checkpoint sign_checkpoint(const DeviceId& device, std::uint64_t size, const Hash32& head,
                           const SignKey& device_key, const OfficerId& officer,
                           const SignKey* officer_key) {
    // An officer without a key could not sign; then the device vouches alone.
    Checkpoint checkpoint{device, size, head, {}, {}, {}, {}};
    if (officer_key != nullptr && !officer.empty()) {
        checkpoint = sign_as_officer(device, size, head, officer, *officer_key);
    }
    countersign(checkpoint, device_key);
    return checkpoint;
}

bool verify_officer_half(const Checkpoint& checkpoint) {
    return verify(checkpoint.officer_key, kOfficerSigns, body_of(checkpoint),
                  checkpoint.officer_signature);
}

Status verify_checkpoint(const Checkpoint& checkpoint, const SignPublic& device_key) {
    if (!verify(device_key, kDeviceSigns, body_of(checkpoint), checkpoint.device_signature)) {
        return Error(Errc::kBadSignature, "the device's signature of a checkpoint");
    }
    if (checkpoint.officer.empty()) {
        if (checkpoint.officer_key != SignPublic{} || checkpoint.officer_signature != Signature{}) {
            return Error(Errc::kBadSignature, "a checkpoint without an officer has his signature");
        }
        return {};
    }
    if (!verify_officer_half(checkpoint)) {
        return Error(Errc::kBadSignature, "the officer's signature of a checkpoint");
    }
    return {};
}

Bytes encode_checkpoint(const Checkpoint& checkpoint) {
    ByteWriter out;
    put_checkpoint_body(out, checkpoint);
    out.raw(checkpoint.device_signature);
    out.raw(checkpoint.officer_signature);
    return out.take();
}

Result<Checkpoint> decode_checkpoint(ByteView bytes) {
    ByteReader in(bytes);
    Checkpoint checkpoint;
    in.domain(kCheckpointTag);
    checkpoint.device.value = in.fixed<16>();
    checkpoint.size = in.u64();
    checkpoint.head = in.fixed<32>();
    checkpoint.officer.value = in.fixed<16>();
    checkpoint.officer_key = in.fixed<32>();
    checkpoint.device_signature = in.fixed<64>();
    checkpoint.officer_signature = in.fixed<64>();
    AWDA_CHECK(in.done());
    return checkpoint;
}

ChainVerifier::ChainVerifier(const DeviceId& device, std::uint64_t next_seq,
                             std::optional<Hash32> prev)
    : device_(device), next_seq_(next_seq), prev_(prev.value_or(first_prev(device))) {}

Status ChainVerifier::add(const Event& event, const SignPublic& device_key) {
    if (event.seq != next_seq_) return Error(Errc::kLogBroken, "a sequence number is out of line");
    if (event.prev != prev_)
        return Error(Errc::kLogBroken, "an event is not linked to the one before");
    if (event.salt.has_value() != event.payload.has_value()) {
        return Error(Errc::kLogBroken, "a payload and its salt must come or go together");
    }
    if (event.payload.has_value()) {
        if (commit(*event.salt, *event.payload) != event.commitment) {
            return Error(Errc::kLogBroken, "a payload does not match its commitment");
        }
        if (event.type == EventType::kCheckpoint) {
            AWDA_CHECK(check_checkpoint_event(event, device_, device_key));
        }
    }
    prev_ = event_hash(device_, event);
    next_seq_ = event.seq + 1;
    return {};
}

}  // namespace awda::sync
