// Vault: one office computer's encrypted store: keys, event log, drafts, records, sealed outbox.
//
// Ownership: a Vault owns its folder while it lives (a lock file keeps a second process out: kBusy)
// and holds the keys; lock() or the destructor wipes them. Threads: one thread at a time; the core
// thread owns it. create() and unlock() take about two seconds (Argon2id) and may run on another
// thread, which then hands the Vault over. Formats, order of opening, and reasons: agent/VAULT.md.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/vault/kdf_policy.h"
#include "agent/vault/lock_reason.h"
#include "agent/vault/role.h"
#include "platform/clock.h"
#include "platform/files.h"
#include "platform/ids.h"
#include "platform/result.h"
#include "platform/secret.h"
#include "sync/log/event.h"
#include "sync/record.h"

namespace awda {
class Database;
}

namespace awda::agent {

struct LogOrigin;
struct Session;
class SecondFactor;

inline constexpr std::size_t kOfficersMax = 64;
inline constexpr std::size_t kOfficerNameMax = 200;  ///< bytes
inline constexpr std::size_t kReasonMax = 2000;      ///< bytes
inline constexpr std::size_t kListMax = 1000;        ///< rows of one page

/// Where a crash test may stop the vault; see VaultEnv::on_step.
enum class Step : std::uint8_t {
    kDatabaseMade,
    kFirstKeyringWritten,
    kSecondKeyringWritten,
    kEnrolmentWritten,
    kDraftCommitted,
    kFinalised,
    kSealCommitted,
    kBatchWritten,
    kReceiptCommitted,
    kBatchRemoved,
    kFailuresMerged,
    kRotationPrepared,  ///< one copy of the keyring knows the old key and the new one
    kRotationReady,     ///< both do
    kRekeyed,
    kOrderSealed,  ///< a revocation is in the log and sealed
    kBlobWritten,
    kAttachmentCommitted,
    kBlobRowsSwept,
    kDraftMigrated,  ///< all of it is written, nothing committed; kDraftCommitted follows
    kPruned,         ///< what headquarters has was erased here
};

/// The world around a vault. Programs fill in clock and random and leave the rest.
struct VaultEnv {
    const Clock* clock = nullptr;
    Random* random = nullptr;
    KdfPolicy kdf{};
    SecondFactor* factor = nullptr;  ///< what officers with a second factor are asked for
    /// Called after each step that a crash could follow; programs leave it empty.
    std::function<void(Step)> on_step{};
    /// Called at an unlock, with the right key, before any table is relied upon: the moment to mend
    /// tables (tables.h). An error ends the unlocking.
    std::function<Status(Database&, const LogOrigin&)> before_tables{};
};

struct NewVault {
    Path folder;
    Bytes voucher;  ///< the voucher file, as read
    std::string
        officer_name;  ///< of the first officer, an administrator unless the voucher says else
    const SecretBytes* passphrase = nullptr;
};

/// Whose vault this is and who is logged in.
struct Identity {
    DeviceId device;
    OfficeId office;
    std::string office_name;
    std::string server_url;
    OfficerId officer;
    std::string officer_name;
    Role role = Role::kOfficer;
    std::string fingerprint;  ///< six words to read over the telephone
};

/// What unlocking found and put right; for the log line and the officer.
struct UnlockReport {
    bool keyring_repaired = false;  ///< one copy was damaged or old; the good one replaced it
    bool unclean_exit = false;      ///< the last session did not end with lock()
    bool clock_jumped = false;      ///< the clock is behind, or far ahead of, the highest time seen
    std::uint32_t failed_unlocks = 0;    ///< wrong tries since the last session, now in the log
    std::uint32_t batches_restored = 0;  ///< missing from the outbox, written anew from the vault
    std::uint32_t receipts_refused = 0;
};

struct OfficerInfo {
    OfficerId id;
    std::string name;
    Role role = Role::kOfficer;
    SignPublic key{};
    bool here = true;     ///< has a slot on this computer
    bool active = true;   ///< the administrators have not taken the right to log in away
    UnixMs until_ms = 0;  ///< the right to log in runs until then
};

/// The form a draft belongs to.
struct FormRef {
    std::string id;
    std::string version;
    Hash32 hash{};  ///< of the workbook's bytes
};

/// One answer changed; no value means it was taken away.
struct FieldChange {
    std::string path;
    std::optional<std::string> value;
};

struct Draft {
    InstanceId instance;
    InstanceId root;  ///< of the first revision; equal to `instance` unless this amends
    std::uint32_t revision = 1;
    InstanceId deprecates;  ///< empty unless this amends
    std::string reason;
    FormRef form;
    std::string language;
    std::string title;  ///< as last given to save_draft
    UnixMs started_ms = 0;
    UnixMs updated_ms = 0;
    std::vector<sync::Field> fields;
    std::vector<sync::Field> protected_fields;  ///< if whoever looks may, and all parts open
    std::uint32_t sealed_parts = 0;             ///< of protected answers, that stay sealed
    std::vector<std::string> seals;  ///< protected by an earlier version of the form: "family/name"
};

enum class RecordState : std::uint8_t {
    kDraft = 0,
    kWaiting = 1,    ///< finalised, not yet at the ministry
    kStored = 2,     ///< the ministry has the sealed bytes
    kDelivered = 3,  ///< opened and entered there
    kErased = 4,     ///< its content is there alone: retention.h
};
inline constexpr std::array kRecordStates = {RecordState::kDraft, RecordState::kWaiting,
                                             RecordState::kStored, RecordState::kDelivered,
                                             RecordState::kErased};
[[nodiscard]] std::string_view record_state_name(RecordState state);

/// Whether a second officer has agreed; numbers are part of the tables' format.
enum class ApprovalState : std::uint8_t {
    kNone = 0,  ///< the form does not ask for it
    kAwaiting = 1,
    kApproved = 2,
    kReturned = 3,  ///< to be amended
};
[[nodiscard]] std::string_view approval_state_name(ApprovalState state);

struct Approval {
    ApprovalState state = ApprovalState::kNone;
    std::string officer_name;  ///< who decided
    std::string reason;        ///< why it was returned
    UnixMs decided_ms = 0;
};

struct RecordRow {
    InstanceId instance;
    InstanceId root;
    std::uint32_t revision = 1;
    bool newest = true;  ///< no later revision, finalised or draft, exists
    RecordState state = RecordState::kDraft;
    ApprovalState approval = ApprovalState::kNone;
    std::string form_id;
    std::string form_version;
    std::string title;
    std::string language;
    std::string officer_name;
    UnixMs updated_ms = 0;
};

struct ListQuery {
    std::size_t limit = 200;  ///< at most kListMax
    std::size_t offset = 0;
    std::optional<RecordState> state{};
    bool newest_only = false;
    bool awaiting = false;  ///< only what waits for a second officer
    /// A refresh of what is already on the screen is not a new viewing and is not written to the
    /// log.
    bool refresh = false;
};

struct ShownRecord {
    sync::Record record;
    RecordState state = RecordState::kWaiting;
    Approval approval;
    OfficerId officer;
    std::string officer_name;
    std::uint64_t seq = 0;            ///< of its event in the log
    std::uint64_t batch = 0;          ///< number of the batch that carries it, or 0
    std::optional<UnixMs> stored_ms;  ///< by the server's clock
    std::optional<UnixMs> opened_ms;
    std::vector<InstanceId> revisions;          ///< all of its root's, oldest first
    std::vector<sync::Field> protected_fields;  ///< as far as whoever looks may see them
    std::uint32_t sealed_parts = 0;             ///< of protected answers, that stay sealed
};

struct SealSummary {
    std::uint32_t batches = 0;
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;  ///< of the sealed files
};

struct ReconcileSummary {
    std::uint32_t stored = 0;  ///< receipts entered now
    std::uint32_t opened = 0;
    std::uint32_t refused = 0;            ///< not genuine or not ours; moved aside, never believed
    std::uint32_t restored = 0;           ///< batch files missing from the outbox, written anew
    std::uint64_t delivered_records = 0;  ///< records that became delivered now
};

struct VaultStatus {
    bool enrolled = false;  ///< central has confirmed this device
    bool forked = false;  ///< central holds another batch under one of our numbers: sending stopped
    std::uint64_t drafts = 0;
    std::uint64_t waiting_records = 0;
    std::uint64_t stored_records = 0;
    std::uint64_t delivered_records = 0;
    std::uint64_t erased_records = 0;
    std::uint64_t waiting_batches = 0;  ///< sealed, not yet opened there
    std::uint64_t waiting_bytes = 0;    ///< of those batches, and of records not sealed yet
    std::uint64_t log_events = 0;
    std::optional<UnixMs> last_receipt_ms;         ///< by the server's clock
    std::optional<std::int64_t> last_sync_age_ms;  ///< by the highest time seen
    /// The clock is behind (negative) or ahead of the server by at least this; empty when it is
    /// fine.
    std::optional<std::int64_t> clock_off_ms;
};

struct LogReport {
    bool intact = false;
    std::uint64_t events = 0;
    std::uint64_t checkpoints = 0;
    std::uint64_t records = 0;
    std::uint64_t pruned = 0;
    Hash32 head{};
    std::uint64_t first_bad_seq = 0;  ///< 0 when intact
    std::string finding;  ///< what is wrong there, fixed English words; empty when intact
};

class Vault {
public:
    /// Makes keys, keyring, database and the enrolment request. kVaultExists, kWeakPassphrase,
    /// kVoucherExpired, kBadSignature, kMalformed, kDiskFull.
    [[nodiscard]] static Result<std::unique_ptr<Vault>> create(const VaultEnv& env,
                                                               const NewVault& wanted);
    /// kVaultMissing, kBusy, kUnlockDelayed, kWrongPassphrase (name or passphrase: it does not say
    /// which), kVaultDamaged, kNotEncrypted, kAltered (an older keyring was put back).
    [[nodiscard]] static Result<std::unique_ptr<Vault>> unlock(const VaultEnv& env,
                                                               const Path& folder,
                                                               std::string_view officer_name,
                                                               const SecretBytes& passphrase);
    /// True if the folder holds a vault, whole or damaged.
    [[nodiscard]] static bool present(const Path& folder);
    /// Milliseconds until the next try is heard; 0 when now.
    [[nodiscard]] static std::int64_t unlock_delay_ms(const Path& folder, const Clock& clock);

    ~Vault();  ///< as lock(), in silence
    Vault(const Vault&) = delete;
    Vault& operator=(const Vault&) = delete;

    /// Checkpoints the log, closes and wipes. The keys are gone even if it returns an error; after
    /// it every other call returns kLocked.
    Status lock(LockReason why = LockReason::kAsked);
    [[nodiscard]] bool locked() const;

    /// The open vault, for the parts that are functions over it (cases.h, attachments.h...): never
    /// null, valid until lock(). kLocked.
    [[nodiscard]] Result<Session*> session();

    [[nodiscard]] const Identity& identity() const;
    [[nodiscard]] const UnlockReport& unlock_report() const;
    /// Batches, receipts and enrolment papers: sealed or public, so delivery works while locked.
    [[nodiscard]] Path outbox_folder() const;

    // Officers
    [[nodiscard]] Result<std::vector<OfficerInfo>> officers();
    /// kNotAllowed unless an administrator is logged in; kWeakPassphrase; kUsage if the name is
    /// taken.
    [[nodiscard]] Result<OfficerId> add_officer(std::string_view name, Role role,
                                                const SecretBytes& passphrase);
    /// kWrongPassphrase, kWeakPassphrase.
    Status change_passphrase(const SecretBytes& old_passphrase, const SecretBytes& new_passphrase);

    // Drafts. What a call has returned ok for survives a power cut.
    [[nodiscard]] Result<InstanceId> start_draft(const FormRef& form, std::string_view language);
    /// One small transaction. `title` (the form's instance name) is for the list.
    Status save_draft(const InstanceId& draft, const std::vector<FieldChange>& changes,
                      std::optional<std::string> title = std::nullopt);
    /// Replaces every answer: after rows of a repeat were added, removed or moved.
    Status replace_draft(const InstanceId& draft, const std::vector<sync::Field>& fields,
                         std::optional<std::string> title = std::nullopt);
    Status set_draft_language(const InstanceId& draft, std::string_view language);
    [[nodiscard]] Result<Draft> load_draft(const InstanceId& draft);
    Status discard_draft(const InstanceId& draft);

    // Records
    /// Signs the draft as a record and ends the draft. `fields` are the final answers in the form's
    /// order; a field "meta/instanceName" becomes the title. The instance id stays. kNotFound,
    /// kAlreadyFinal, kTooLarge. With `needs_approval` it waits for a second officer (approvals.h).
    [[nodiscard]] Status finalise(const InstanceId& draft, std::vector<sync::Field> fields,
                                  bool needs_approval = false);
    /// A draft of the next revision, holding the answers of `record`. kAlreadyFinal when a newer
    /// revision or draft of it exists; kUsage without a reason; kErased.
    [[nodiscard]] Result<InstanceId> amend(const InstanceId& record, std::string_view reason);
    /// Newest first. Written to the log as a viewing, with the count shown.
    [[nodiscard]] Result<std::vector<RecordRow>> list(const ListQuery& query = {});
    /// One record with its answers. Written to the log. kErased: headquarters alone has it now.
    [[nodiscard]] Result<ShownRecord> show(const InstanceId& record);

    // Delivery
    /// Seals every finished thing not sealed yet into batches in the outbox folder.
    [[nodiscard]] Result<SealSummary> seal_pending();
    /// Takes in receipts that came, and writes batch files anew that a crash or a cleaner took
    /// away. Cheap when nothing is new.
    [[nodiscard]] Result<ReconcileSummary> reconcile();
    [[nodiscard]] Result<VaultStatus> status();
    /// A moment that is certainly past, by signed papers of headquarters: the latest receipt, else
    /// the issue of its keys.
    [[nodiscard]] Result<UnixMs> proven_time();

    // Log
    /// Walks the whole chain and compares every table with it. Errors only if it can't be read;
    /// what it finds is in the report.
    [[nodiscard]] Result<LogReport> verify_log();

private:
    class Impl;
    explicit Vault(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace awda::agent
