// CommandQueue: the bounded way from the window to the core thread.
//
// Threads: push() from any thread and never waiting; take_all() and wait_until() from the core
// thread alone; stop() and poke() from any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "agent/api/desk.h"

namespace awda::agent {

class CommandQueue {
public:
    /// kBusy when full. An Answer after an Answer to the same question replaces it, so that a burst
    /// of keystrokes costs one place.
    [[nodiscard]] Status push(Command command);

    /// What is queued, oldest first. `merged` is how many commands it stands for.
    struct Taken {
        std::vector<Command> commands;
        std::uint64_t merged = 0;
    };
    [[nodiscard]] Taken take_all();

    /// Sleeps until something is queued, poke(), stop() or `timeout`. False once stopped.
    bool wait_for(std::chrono::milliseconds timeout);
    /// The same without a time limit.
    bool wait();
    void poke();
    void stop();

private:
    [[nodiscard]] bool ready() const { return stopped_ || poked_ || !queue_.empty(); }

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Command> queue_;
    std::uint64_t merged_ = 0;
    bool poked_ = false;
    bool stopped_ = false;
};

}  // namespace awda::agent
