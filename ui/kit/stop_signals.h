// StopSignals: SIGINT, SIGTERM and SIGHUP end the window in good order, even while it sleeps.
//
// A handler may not wake the window's loop, so a thread of its own waits for the signals instead.
// Make one before any other thread is started: they inherit the mask. Ownership: main's. Threads:
// stopped() from any.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace awda::ui {

class StopSignals {
public:
    /// `wake` is called once, from the waiting thread.
    explicit StopSignals(std::function<void()> wake);
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;
    [[nodiscard]] bool stopped() const { return stopped_; }

private:
    std::atomic<bool> stopped_ = false;
    std::atomic<bool> leaving_ = false;
    std::thread waiting_;
};

}  // namespace awda::ui
