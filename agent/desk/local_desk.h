// LocalDesk: the desk on this computer's vault. Private to agent; the window sees agent/api/desk.h.
//
// Threads: the core thread is the only one that touches the vault, the open session and `current_`;
// a short-lived thread derives the key at unlock; NetThread delivers. They meet in CommandQueue, in
// NetThread::view() and in the published snapshot.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "agent/api/desk.h"
#include "agent/desk/command_queue.h"
#include "agent/desk/intake.h"
#include "agent/desk/net_thread.h"
#include "platform/session_watch.h"

namespace awda::agent {

/// The world around a desk; programs use the defaults, tests bring their own.
struct DeskParts {
    const Clock* clock = nullptr;  ///< the system's if null
    Random* random = nullptr;      ///< the core thread's; the system's if null
    Random* net_random = nullptr;  ///< the net thread's; the system's if null
    KdfPolicy kdf{};
    std::optional<Path> forms_root{};
    std::function<Result<std::unique_ptr<HttpClient>>(HttpOptions)> connect = HttpClient::make;
    /// What hears of sleep and screen locks; nothing does if empty, as in most tests.
    std::function<std::unique_ptr<SessionWatch>(SessionWatch::Handler)> watch{};
    std::chrono::milliseconds save_pause{50};  ///< how long answers are gathered into one commit
};

class LocalDesk final : public Desk {
public:
    LocalDesk(DeskOptions options, DeskParts parts);
    ~LocalDesk() override;

    [[nodiscard]] Status post(Command command) override;
    [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const override;
    void set_wake(std::function<void()> wake) override;
    /// Makes the core thread look at its clock; for tests with a clock of their own.
    void poke() { queue_.poke(); }

private:
    /// A vault being opened on a thread of its own.
    struct Opening {
        std::future<Result<std::unique_ptr<Vault>>> outcome;
        std::thread thread;
        bool cancelled = false;
        ~Opening() {
            if (thread.joinable()) thread.join();
        }
    };

    // Commands, one function each (core thread)
    void on(InitVault& command);
    void on(Unlock& command);
    void on(const Lock& command);
    void on(const SetLanguage& command);
    void on(const NewIntake& command);
    void on(const OpenIntake& command);
    void on(const CloseIntake& command);
    void on(const Amend& command);
    void on(const Answer& command);
    void on(const AddRepeat& command);
    void on(const RemoveRepeat& command);
    void on(const Finalise& command);
    void on(const DiscardDraft& command);
    void on(const AcceptForm& command);
    void on(const SyncNow& command);
    void on(const Approve& command);
    void on(const GiveBack& command);

    // The loop (core thread)
    void run();
    [[nodiscard]] bool wait();
    void work_through_queue();
    [[nodiscard]] std::optional<std::int64_t> next_deadline_ms() const;
    void take_opening();
    void take_net_result();
    void save_if_due();
    void lock_if_idle();
    void lock_if_slept();
    void lock_if_signalled();
    void lock_by_itself(LockReason why);
    void sync_if_due();
    void publish();

    // Pieces (core thread)
    [[nodiscard]] IntakeParts parts();
    [[nodiscard]] VaultEnv vault_env() const;
    [[nodiscard]] bool vault_open();
    [[nodiscard]] bool writable_intake();
    void open_in_background(std::function<Result<std::unique_ptr<Vault>>()> work);
    void opened(std::unique_ptr<Vault> vault);
    void show_intake(Result<Intake> intake);
    void show_newer_form(const InstanceId& draft);
    void session_changed();
    [[nodiscard]] bool save_now();
    [[nodiscard]] bool close_intake();
    void lock_vault(LockReason why = LockReason::kAsked);
    void reload_list(bool refresh);
    void reload_status();
    void seal_and_send();
    void request_delivery();
    void plan_next_try(bool failed, bool unopened);
    void take_in_receipts();
    void erase_what_is_due();
    void obey_order();
    void fail(const Error& error);
    void notice(NoticeKind kind, Errc code = Errc::kInternal, InstanceId instance = {});
    void warn_of_clock();
    void show_rights();
    void show_approval();
    void decided(const Status& done, NoticeKind kind, const InstanceId& instance);
    void rebuild_page();
    void load_forms();

    const DeskOptions options_;
    const DeskParts parts_;
    const Clock& clock_;
    Random& random_;
    CommandQueue queue_;

    /// Signals of the session since the core thread last looked, a bit each.
    std::atomic<std::uint32_t> signals_ = 0;

    mutable std::mutex board_;  ///< guards the next two
    std::shared_ptr<const Snapshot> published_;
    std::function<void()> wake_;

    // All below: the core thread's alone.
    FormLibrary forms_;
    std::unique_ptr<Vault> vault_;
    std::unique_ptr<Opening> opening_;
    std::optional<Intake> intake_;
    std::optional<std::chrono::steady_clock::time_point> save_due_;
    std::optional<DeliverySetup> setup_;
    Snapshot current_;
    OpenIntakeView view_;
    bool page_stale_ = false;
    bool changed_ = true;
    bool clock_warned_ = false;
    bool forget_ = false;  ///< locked just now: what the thread left on its stack is to be wiped
    std::int64_t last_command_ms_ = 0;         ///< steady
    std::int64_t slept_ms_ = 0;                ///< as last seen: what the computer has slept
    std::optional<std::int64_t> next_try_ms_;  ///< steady
    std::uint32_t tries_failed_ = 0;
    std::uint64_t net_runs_seen_ = 0;
    std::size_t net_batches_seen_ = 0;

    std::optional<NetThread> net_;
    std::unique_ptr<SessionWatch> watch_;
    std::thread core_;
};

[[nodiscard]] ApprovalMark approval_mark(ApprovalState state);

[[nodiscard]] Result<std::unique_ptr<Desk>> start_desk(DeskOptions options, DeskParts parts);

}  // namespace awda::agent
