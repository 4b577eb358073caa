// Desk: the agent as the window sees it. Commands go in, immutable snapshots come out.
//
// Ownership: start_desk() gives the only owner; destroying it locks the vault and stops the agent's
// threads. Threads: post(), snapshot() and set_wake() are for one thread, the window's; none of
// them blocks or touches a file. The wake function is called from the agent's threads whenever
// there is a newer snapshot; it must only make the window's loop turn (glfwPostEmptyEvent).
// Abstract, so that the window's tests can stand behind it with a desk of their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "forms/session.h"
#include "platform/clock.h"
#include "platform/errors.h"
#include "platform/files.h"
#include "platform/ids.h"
#include "platform/result.h"
#include "platform/secret.h"

namespace awda::agent {

// ---- What the window may ask for ------------------------------------------------------------

/// Enrols this computer and logs its first officer in.
struct InitVault {
    Path voucher;
    std::string officer;
    SecretBytes passphrase;
};
struct Unlock {
    std::string officer;
    SecretBytes passphrase;
};
/// Also closes the open intake; its draft is saved.
struct Lock {};
struct SetLanguage {
    Language language = Language::kArabic;
};
/// Starts a draft and opens it.
struct NewIntake {
    std::string form_id;
};
/// A draft opens for writing, a finalised record for reading (which is audited).
struct OpenIntake {
    InstanceId instance;
};
struct CloseIntake {};
/// A new draft that corrects a finalised record; it opens for writing.
struct Amend {
    InstanceId instance;
    std::string reason;
};
// The following act on the open intake. `ref` is as in forms/session.h.
/// An empty value clears the question.
struct Answer {
    std::string ref;
    std::string value;
};
struct AddRepeat {
    std::string ref;  ///< of the repeat, without a position
};
struct RemoveRepeat {
    std::string ref;  ///< of one row
};
/// Either finalises and closes the intake, or leaves it open with OpenIntakeView::problems filled.
struct Finalise {};
struct DiscardDraft {};
/// Puts the open draft on the version of its form that is here, and opens it for writing.
struct AcceptForm {};
struct SyncNow {};
/// A second officer agrees to a record that waits for it, or gives it back to be amended.
struct Approve {
    InstanceId instance;
};
struct GiveBack {
    InstanceId instance;
    std::string reason;
};

using Command = std::variant<InitVault, Unlock, Lock, SetLanguage, NewIntake, OpenIntake,
                             CloseIntake, Amend, Answer, AddRepeat, RemoveRepeat, Finalise,
                             DiscardDraft, AcceptForm, SyncNow, Approve, GiveBack>;

// ---- What the window shows ------------------------------------------------------------------

enum class VaultState : std::uint8_t {
    kMissing,  ///< no vault in the folder yet: show how to enrol
    kLocked,
    kUnlocking,  ///< deriving the key, one or two seconds; also while enrolling
    kOpen,
};

struct FormRow {
    std::string id;
    std::string version;
    std::string title;
};

enum class IntakeState : std::uint8_t {
    kDraft,
    kWaiting,    ///< finalised, not yet at headquarters
    kStored,     ///< headquarters holds the sealed bytes
    kDelivered,  ///< headquarters opened and checked it
    kErased,     ///< headquarters alone has what it said
};

/// Whether a second officer has agreed to a record that needs it.
enum class ApprovalMark : std::uint8_t { kNone, kAwaiting, kApproved, kReturned };

struct IntakeRow {
    InstanceId instance;
    std::string name;  ///< the form's instance_name; empty while it can't be calculated
    std::string form_id;
    std::uint32_t revision = 1;
    IntakeState state = IntakeState::kDraft;
    UnixMs updated_ms = 0;
    ApprovalMark approval = ApprovalMark::kNone;
};

/// What stands in the way of finalising, in the form's order.
struct IntakeProblem {
    std::string ref;
    std::string message;  ///< in the snapshot's language
};

/// What becomes of an answer in another version of the form.
enum class AnswerChange : std::uint8_t { kMoved, kNotAllowed, kNoPlace };
struct AnswerChangeRow {
    AnswerChange change{};
    std::string label;  ///< of its question, in the snapshot's language
    std::string value;  ///< as it was typed
};
/// A draft whose form has another version here: what accepting that would do.
struct FormChangeView {
    std::string from;  ///< versions
    std::string to;
    std::size_t kept = 0;               ///< answers in their old place
    std::vector<AnswerChangeRow> rows;  ///< all others; these are kept, in the form or beside it
};

struct OpenIntakeView {
    InstanceId instance;
    std::string form_id;
    std::string form_title;
    std::uint32_t revision = 1;
    bool read_only = false;   ///< a finalised record, or a draft of someone who only reads
    bool may_amend = true;    ///< a finalised record, and the officer may correct it
    bool may_decide = false;  ///< it waits for a second officer, and this one may be he
    ApprovalMark approval = ApprovalMark::kNone;
    std::string return_reason;       ///< why it was given back
    std::uint32_t sealed_parts = 0;  ///< of protected answers, which only others can open
    std::set<std::string, std::less<>> sealed;  ///< refs on the page that they may answer
    std::shared_ptr<const std::vector<forms::ViewNode>> page;  ///< never null
    std::vector<IntakeProblem> problems;  ///< of the last Finalise; updated as they are mended
    std::shared_ptr<const FormChangeView> change;  ///< null: the draft is on the version here
    std::uint64_t finalise_serial = 0;             ///< grows with each Finalise that found problems
};

enum class SavePhase : std::uint8_t {
    kSaved,  ///< everything shown is committed
    kSaving,
    kFailed,  ///< kept in memory and tried again; the notice says why
};
struct SaveView {
    SavePhase phase = SavePhase::kSaved;
    UnixMs at_ms = 0;  ///< of the last commit; 0 if there was none
};

enum class SyncPhase : std::uint8_t { kIdle, kConnecting, kSending, kFailed };
struct SyncView {
    SyncPhase phase = SyncPhase::kIdle;
    std::uint64_t waiting_records = 0;  ///< not yet opened by headquarters
    std::uint64_t waiting_bytes = 0;    ///< sealed and not yet stored by headquarters
    UnixMs last_success_ms = 0;         ///< 0 = never
    std::uint64_t progress_bytes = 0;   ///< of total_bytes, while sending
    std::uint64_t total_bytes = 0;
    Errc error = Errc::kInternal;  ///< why, while kFailed
    UnixMs next_try_ms = 0;        ///< 0 = none planned
};

enum class NoticeKind : std::uint8_t {
    kNone,
    kError,      ///< `code` says what
    kWarning,    ///< `code` says what; work goes on (kClockWrong)
    kFinalised,  ///< `instance` is now waiting to be sent
    kDiscarded,
    kDelivered,  ///< a sync ended with everything at headquarters
    kAutoLocked,
    kApproved,
    kGivenBack,
};
struct Notice {
    std::uint64_t serial = 0;  ///< grows by one each; 0 = none so far
    NoticeKind kind = NoticeKind::kNone;
    Errc code = Errc::kInternal;
    InstanceId instance;
};

/// What the officer should know about the right to log in.
enum class LeaseWarning : std::uint8_t {
    kNone,
    kEnding,  ///< Snapshot::lease_until_ms says when
    kEnded,   ///< only intakes go on
    kClock,   ///< the clock jumped ahead; a supervisor must confirm the date
};

struct Snapshot {
    std::uint64_t serial = 0;  ///< grows with every change
    /// Counts the commands dealt with; compare with the number posted to know that one took effect.
    std::uint64_t commands_done = 0;
    VaultState vault = VaultState::kMissing;
    Language language = Language::kArabic;
    std::string officer;  ///< display name; empty while locked
    std::string office;   ///< empty while locked
    std::string role;  ///< "officer", "supervisor", "administrator", "auditor"; empty while locked
    bool administrator = false;
    bool may_record = true;
    LeaseWarning lease = LeaseWarning::kNone;
    UnixMs lease_until_ms = 0;
    std::vector<FormRow> forms;
    std::shared_ptr<const std::vector<IntakeRow>> intakes;  ///< newest first; never null
    std::shared_ptr<const OpenIntakeView> open;             ///< null when none is open
    SaveView save;
    SyncView sync;
    Notice notice;  ///< the newest
};

class Desk {
public:
    virtual ~Desk() = default;
    /// Queues a command, in order. kBusy when kCommandsMax are waiting: nothing was queued. An
    /// Answer that follows an Answer to the same question takes its place in the queue.
    [[nodiscard]] virtual Status post(Command command) = 0;
    /// The newest snapshot; never null.
    [[nodiscard]] virtual std::shared_ptr<const Snapshot> snapshot() const = 0;
    virtual void set_wake(std::function<void()> wake) = 0;

    static constexpr std::size_t kCommandsMax = 1024;
};

struct DeskOptions {
    Path data_folder;
    Language language = Language::kArabic;
    std::int64_t auto_lock_ms = 180'000;  ///< without a command; 0 = never
    bool auto_sync = true;
    std::string connect_to;  ///< "host:port" to dial instead of the enrolled server; for tests
};
/// Starts the agent's threads on the folder. Succeeds without a vault: the snapshot then says
/// kMissing.
[[nodiscard]] Result<std::unique_ptr<Desk>> start_desk(DeskOptions options);

}  // namespace awda::agent
