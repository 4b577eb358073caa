// The desk's threads and loop: waiting, deadlines, publishing.
#include "agent/desk/local_desk.h"

#include <algorithm>

#include "platform/dead_stack.h"

namespace awda::agent {

namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kSaveRetry{2000};
/// An open vault looks this often whether the computer has slept: so long, at most, does what was
/// on the screen before stay there afterwards.
constexpr std::int64_t kSleepLookMs = 2000;
/// The two clocks are read one after the other; a sleep is longer.
constexpr std::int64_t kSleptMinMs = 1000;

std::int64_t milliseconds_until(SteadyClock::time_point due) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - SteadyClock::now());
    return std::max<std::int64_t>(left.count(), 0);
}

}  // namespace

LocalDesk::LocalDesk(DeskOptions options, DeskParts parts)
    : options_(std::move(options)),
      parts_(std::move(parts)),
      clock_(parts_.clock != nullptr ? *parts_.clock : system_clock()),
      random_(parts_.random != nullptr ? *parts_.random : system_random()),
      published_(std::make_shared<const Snapshot>()),
      forms_(parts_.forms_root, form_cache_in(options_.data_folder)) {
    current_.language = options_.language;
    current_.intakes = std::make_shared<const std::vector<IntakeRow>>();
    const bool present = Vault::present(options_.data_folder);
    current_.vault = present ? VaultState::kLocked : VaultState::kMissing;
    last_command_ms_ = clock_.steady_ms();
    slept_ms_ = last_command_ms_ - clock_.awake_ms();
    publish();
    Random& net_random = parts_.net_random != nullptr ? *parts_.net_random : system_random();
    net_.emplace(NetThread::Parts{clock_, net_random, parts_.connect, [this] { queue_.poke(); }});
    if (parts_.watch) {
        watch_ = parts_.watch([this](SessionSignal signal) {
            signals_ |= 1U << static_cast<std::uint32_t>(signal);
            queue_.poke();
        });
    }
    core_ = std::thread([this] { run(); });
}

LocalDesk::~LocalDesk() {
    set_wake(nullptr);
    queue_.stop();
    core_.join();
    watch_.reset();
    net_.reset();
}

Status LocalDesk::post(Command command) {
    return queue_.push(std::move(command));
}

std::shared_ptr<const Snapshot> LocalDesk::snapshot() const {
    const std::lock_guard lock(board_);
    return published_;
}

void LocalDesk::set_wake(std::function<void()> wake) {
    const std::lock_guard lock(board_);
    wake_ = std::move(wake);
}

void LocalDesk::run() {
    load_forms();
    if (current_.vault == VaultState::kLocked && options_.auto_sync) request_delivery();
    publish();
    while (wait()) {
        lock_if_slept();  // before anything that was pressed since
        lock_if_signalled();
        work_through_queue();
        take_opening();
        take_net_result();
        publish();  // what was typed is on the screen before the disk is waited for
        save_if_due();
        lock_if_idle();
        sync_if_due();
        publish();
        if (std::exchange(forget_, false)) wipe_dead_stack();
    }
    lock_vault();
    // The thread that derives a key can't be stopped, only waited for; what it opened is closed.
    opening_.reset();
}

bool LocalDesk::wait() {
    const auto deadline = next_deadline_ms();
    if (!deadline.has_value()) return queue_.wait();
    return queue_.wait_for(std::chrono::milliseconds(*deadline));
}

std::optional<std::int64_t> LocalDesk::next_deadline_ms() const {
    std::optional<std::int64_t> nearest;
    const auto consider = [&nearest](std::int64_t left_ms) {
        left_ms = std::max<std::int64_t>(left_ms, 0);
        nearest = nearest.has_value() ? std::min(*nearest, left_ms) : left_ms;
    };
    if (save_due_.has_value()) consider(milliseconds_until(*save_due_));
    const std::int64_t now = clock_.steady_ms();
    if (vault_ != nullptr && options_.auto_lock_ms > 0) {
        consider(last_command_ms_ + options_.auto_lock_ms - now);
    }
    if (vault_ != nullptr) consider(kSleepLookMs);
    if (next_try_ms_.has_value()) consider(*next_try_ms_ - now);
    return nearest;
}

void LocalDesk::work_through_queue() {
    CommandQueue::Taken taken = queue_.take_all();
    if (taken.commands.empty()) return;
    last_command_ms_ = clock_.steady_ms();
    for (Command& command : taken.commands) {
        std::visit([this](auto& one) { on(one); }, command);
    }
    current_.commands_done += taken.merged;
    changed_ = true;
}

void LocalDesk::open_in_background(std::function<Result<std::unique_ptr<Vault>>()> work) {
    current_.vault = VaultState::kUnlocking;
    changed_ = true;
    opening_ = std::make_unique<Opening>();
    std::promise<Result<std::unique_ptr<Vault>>> promise;
    opening_->outcome = promise.get_future();
    opening_->thread =
        std::thread([this, work = std::move(work), promise = std::move(promise)]() mutable {
            promise.set_value(work());
            work = nullptr;  // wipes the passphrase in it
            wipe_dead_stack();
            queue_.poke();
        });
}

void LocalDesk::take_opening() {
    if (opening_ == nullptr) return;
    if (opening_->outcome.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
    auto outcome = opening_->outcome.get();
    const bool cancelled = opening_->cancelled;
    opening_.reset();
    if (outcome.ok() && !cancelled) {
        opened(std::move(outcome).value());
        return;
    }
    const bool present = Vault::present(options_.data_folder);
    current_.vault = present ? VaultState::kLocked : VaultState::kMissing;
    if (!outcome.ok()) fail(outcome.error());
    changed_ = true;
}

void LocalDesk::save_if_due() {
    if (!save_due_.has_value() || SteadyClock::now() < *save_due_) return;
    static_cast<void>(save_now());  // a failure plans the next try itself
}

bool LocalDesk::save_now() {
    save_due_.reset();
    if (!intake_.has_value() || intake_->read_only() || vault_ == nullptr) return true;
    const Status saved = intake_->save(*vault_);
    changed_ = true;
    if (!saved.ok()) {
        // Said once: the tries that follow by themselves only change the phase when they succeed.
        if (current_.save.phase != SavePhase::kFailed) fail(saved.error());
        current_.save.phase = SavePhase::kFailed;
        save_due_ = SteadyClock::now() + kSaveRetry;
        return false;
    }
    current_.save = {SavePhase::kSaved, clock_.now()};
    return true;
}

void LocalDesk::session_changed() {
    page_stale_ = true;
    changed_ = true;
    if (!intake_->changed()) return;
    if (current_.save.phase == SavePhase::kSaved) current_.save.phase = SavePhase::kSaving;
    if (!save_due_.has_value()) save_due_ = SteadyClock::now() + parts_.save_pause;
}

void LocalDesk::lock_if_idle() {
    if (vault_ == nullptr || options_.auto_lock_ms <= 0) return;
    if (clock_.steady_ms() - last_command_ms_ < options_.auto_lock_ms) return;
    lock_by_itself(LockReason::kIdle);
}

void LocalDesk::lock_if_slept() {
    const std::int64_t slept_ms = clock_.steady_ms() - clock_.awake_ms();
    const bool slept = slept_ms - std::exchange(slept_ms_, slept_ms) >= kSleptMinMs;
    if (slept && vault_ != nullptr) lock_by_itself(LockReason::kSlept);
}

void LocalDesk::lock_if_signalled() {
    const std::uint32_t signals = signals_.exchange(0);
    const auto came = [signals](SessionSignal signal) {
        return (signals & (1U << static_cast<std::uint32_t>(signal))) != 0;
    };
    // What is being unlocked stays locked: who comes back is asked again.
    if (signals != 0 && opening_ != nullptr) opening_->cancelled = true;
    if (vault_ != nullptr && signals != 0) {
        lock_by_itself(came(SessionSignal::kSleeping)       ? LockReason::kSleeping
                       : came(SessionSignal::kScreenLocked) ? LockReason::kScreenLocked
                                                            : LockReason::kSwitchedAway);
    }
    // Also when nothing could be locked: the computer does not stay awake for a full disk.
    if (came(SessionSignal::kSleeping) && watch_ != nullptr) watch_->let_sleep();
}

void LocalDesk::lock_by_itself(LockReason why) {
    // An answer that can't be committed keeps the vault open: locking would lose it.
    if (!save_now()) {
        last_command_ms_ = clock_.steady_ms();
        return;
    }
    lock_vault(why);
    notice(NoticeKind::kAutoLocked);
}

void LocalDesk::lock_vault(LockReason why) {
    if (vault_ == nullptr) return;
    // Failing to save at this point has been tried and told before.
    static_cast<void>(save_now());
    intake_.reset();
    save_due_.reset();
    view_ = {};
    current_.open = nullptr;
    current_.intakes = std::make_shared<const std::vector<IntakeRow>>();
    current_.officer.clear();
    current_.office.clear();
    current_.role.clear();
    current_.administrator = false;
    current_.lease = LeaseWarning::kNone;
    current_.lease_until_ms = 0;
    current_.save = {};
    const Status closed = vault_->lock(why);
    vault_.reset();
    if (!closed.ok()) fail(closed.error());
    current_.vault = VaultState::kLocked;
    changed_ = true;
    forget_ = true;
}

void LocalDesk::rebuild_page() {
    page_stale_ = false;
    if (!intake_.has_value()) {
        current_.open = nullptr;
        return;
    }
    forms::Session& session = intake_->session();
    // Once somebody has tried to finalise, the list of what is missing follows the answers.
    if (view_.finalise_serial > 0) {
        view_.problems.clear();
        for (forms::Problem& problem : intake_->problems()) {
            view_.problems.push_back({std::move(problem.ref), std::move(problem.message)});
        }
    }
    auto page = std::make_shared<std::vector<forms::ViewNode>>(session.page());
    if (intake_->read_only()) {
        for (forms::ViewNode& node : *page) {
            node.readonly = true;
            node.can_add = false;
            node.can_remove = false;
        }
    }
    view_.sealed.clear();
    for (forms::ViewNode& node : *page) {
        if (node.kind != forms::ViewKind::kQuestion || !intake_->sealed(node.ref)) continue;
        view_.sealed.insert(node.ref);
        // What is computed here of answers that are not all here would be another answer.
        if (intake_->read_only()) node.value.clear();
    }
    view_.page = std::move(page);
    current_.open = std::make_shared<const OpenIntakeView>(view_);
}

void LocalDesk::publish() {
    if (page_stale_) rebuild_page();
    if (!changed_) return;
    changed_ = false;
    ++current_.serial;
    auto next = std::make_shared<const Snapshot>(current_);
    std::function<void()> wake;
    {
        const std::lock_guard lock(board_);
        published_ = std::move(next);
        wake = wake_;
    }
    if (wake) wake();
}

void LocalDesk::notice(NoticeKind kind, Errc code, InstanceId instance) {
    current_.notice = {current_.notice.serial + 1, kind, code, instance};
    changed_ = true;
}

void LocalDesk::fail(const Error& error) {
    notice(NoticeKind::kError, error.code);
}

Result<std::unique_ptr<Desk>> start_desk(DeskOptions options, DeskParts parts) {
    AWDA_CHECK(crypto_start());
    return std::unique_ptr<Desk>(std::make_unique<LocalDesk>(std::move(options), std::move(parts)));
}

Result<std::unique_ptr<Desk>> start_desk(DeskOptions options) {
    DeskParts parts;
    parts.watch = [](SessionWatch::Handler handler) {
        return SessionWatch::start(std::move(handler));
    };
    return start_desk(std::move(options), std::move(parts));
}

}  // namespace awda::agent
