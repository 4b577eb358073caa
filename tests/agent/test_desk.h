// TestDesk: a desk whose every command can be waited for. Threads: the test's.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "tests/agent/desk_fixture.h"

namespace awda::agent::test {

/// A desk, and a way to wait for what it shows without sleeping.
class TestDesk {
public:
    explicit TestDesk(DeskWorld& world, std::int64_t auto_lock_ms = 0, bool auto_sync = false) {
        DeskOptions options;
        options.data_folder = world.office.vault_folder();
        options.language = Language::kArabic;
        options.auto_lock_ms = auto_lock_ms;
        options.auto_sync = auto_sync;
        DeskParts parts;
        parts.clock = &world.office.clock;
        parts.random = &world.office.random;
        parts.kdf = {kTestCost, kTestCost};
        parts.forms_root = world.forms();
        parts.connect = world.connect();
        parts.watch = [this](SessionWatch::Handler handler) {
            signal_ = std::move(handler);
            return std::make_unique<FakeWatch>(sleeps_);
        };
        desk_ = std::make_unique<LocalDesk>(options, parts);
        desk_->set_wake([this] {
            const std::lock_guard lock(mutex_);
            ++wakes_;
            changed_.notify_all();
        });
    }

    /// As the session would.
    void signal(SessionSignal signal) { signal_(signal); }
    /// How often the computer was let sleep.
    [[nodiscard]] int sleeps() const { return sleeps_; }

    using Seen = std::shared_ptr<const Snapshot>;
    template <typename Condition>
    Seen wait(Condition condition) {
        std::unique_lock lock(mutex_);
        Seen seen;
        const bool came = changed_.wait_for(lock, kPatience, [&] {
            seen = desk_->snapshot();
            return condition(*seen);
        });
        REQUIRE_MESSAGE(came, "the desk did not get there; last notice: "
                                  << std::string(errc_name(seen->notice.code)));
        return seen;
    }
    /// Posts, then waits until the command was dealt with.
    Seen act(Command command) {
        REQUIRE(desk_->post(std::move(command)).ok());
        const std::uint64_t number = ++posted_;
        return wait([number](const Snapshot& now) { return now.commands_done >= number; });
    }
    Seen saved() {
        return wait([](const Snapshot& now) { return now.save.phase == SavePhase::kSaved; });
    }
    Seen log_in(std::string_view passphrase = kPassphrase, std::string_view name = kOfficer) {
        act(Unlock{std::string(name), secret(passphrase)});
        return wait([](const Snapshot& now) { return now.vault != VaultState::kUnlocking; });
    }
    Seen fill_in() {
        act(NewIntake{"mini"});
        act(Answer{"given_name", "زينب"});
        return act(Answer{"age", "41"});
    }

    [[nodiscard]] LocalDesk& operator*() { return *desk_; }
    [[nodiscard]] LocalDesk* operator->() { return desk_.get(); }
    [[nodiscard]] int wakes() {
        const std::lock_guard lock(mutex_);
        return wakes_;
    }

private:
    class FakeWatch final : public SessionWatch {
    public:
        explicit FakeWatch(std::atomic<int>& sleeps) : sleeps_(sleeps) {}
        void let_sleep() override { ++sleeps_; }

    private:
        std::atomic<int>& sleeps_;
    };

    SessionWatch::Handler signal_;
    std::atomic<int> sleeps_ = 0;
    std::mutex mutex_;
    std::condition_variable changed_;
    int wakes_ = 0;
    std::uint64_t posted_ = 0;
    std::unique_ptr<LocalDesk> desk_;  // last: its threads use what is above
};

}  // namespace awda::agent::test
