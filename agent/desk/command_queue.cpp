#include "agent/desk/command_queue.h"

namespace awda::agent {

Status CommandQueue::push(Command command) {
    {
        const std::lock_guard lock(mutex_);
        auto* answer = std::get_if<Answer>(&command);
        auto* last = queue_.empty() ? nullptr : std::get_if<Answer>(&queue_.back());
        if (answer != nullptr && last != nullptr && answer->ref == last->ref) {
            last->value = std::move(answer->value);
        } else if (queue_.size() >= Desk::kCommandsMax) {
            return Error(Errc::kBusy, "queueing a command of the window");
        } else {
            queue_.push_back(std::move(command));
        }
        ++merged_;
    }
    changed_.notify_one();
    return {};
}

CommandQueue::Taken CommandQueue::take_all() {
    const std::lock_guard lock(mutex_);
    Taken taken;
    taken.commands.reserve(queue_.size());
    for (Command& command : queue_) taken.commands.push_back(std::move(command));
    // Given back, not only emptied: a short answer would lie where it was, and outlive a lock.
    std::deque<Command>().swap(queue_);
    taken.merged = std::exchange(merged_, 0);
    poked_ = false;
    return taken;
}

bool CommandQueue::wait_for(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, timeout, [this] { return ready(); });
    return !stopped_;
}

bool CommandQueue::wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ready(); });
    return !stopped_;
}

void CommandQueue::poke() {
    {
        const std::lock_guard lock(mutex_);
        poked_ = true;
    }
    changed_.notify_one();
}

void CommandQueue::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    changed_.notify_one();
}

}  // namespace awda::agent
