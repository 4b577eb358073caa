#include "agent/desk/net_thread.h"

#include <chrono>

namespace awda::agent {

NetThread::NetThread(Parts parts) : parts_(std::move(parts)), thread_([this] { run(); }) {}

NetThread::~NetThread() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void NetThread::request(DeliverySetup setup) {
    {
        const std::lock_guard lock(mutex_);
        wanted_ = std::move(setup);
    }
    wake_.notify_all();
}

NetThread::View NetThread::view() const {
    const std::lock_guard lock(mutex_);
    return view_;
}

bool NetThread::stopping() const {
    const std::lock_guard lock(mutex_);
    return stop_;
}

void NetThread::rest(std::int64_t ms) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, std::chrono::milliseconds(ms),
                   [this] { return stop_ || wanted_.has_value(); });
}

DeliveryParts NetThread::delivery_parts() {
    DeliveryParts parts{parts_.clock, parts_.random, parts_.connect, {}};
    parts.hooks.stopped = [this] { return stopping(); };
    parts.hooks.rest = [this](std::int64_t ms) { rest(ms); };
    parts.hooks.progress = [this](const sync::DeliveryProgress& progress) {
        {
            const std::lock_guard lock(mutex_);
            view_.progress = progress;
        }
        parts_.changed();
    };
    return parts;
}

void NetThread::run() {
    const DeliveryParts parts = delivery_parts();
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return stop_ || wanted_.has_value(); });
        if (stop_) return;
        const DeliverySetup setup = std::move(*wanted_);
        wanted_.reset();
        view_.running = true;
        view_.progress = {};
        lock.unlock();
        parts_.changed();
        auto outcome = deliver(setup, parts);
        lock.lock();
        view_.running = false;
        view_.last = std::move(outcome);
        ++view_.runs_ended;
        lock.unlock();
        parts_.changed();
        lock.lock();
    }
}

}  // namespace awda::agent
