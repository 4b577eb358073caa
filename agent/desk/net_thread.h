// NetThread: the thread that delivers, so that nothing else ever waits for a link.
//
// Ownership: owns its thread; destroying it stops a run under way soon. Threads: every function may
// be called from any thread; `changed` is called from the net thread and must only wake somebody.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "agent/desk/delivery.h"

namespace awda::agent {

class NetThread {
public:
    struct Parts {
        const Clock& clock;
        Random& random;  ///< used by the net thread alone
        std::function<Result<std::unique_ptr<HttpClient>>(HttpOptions)> connect;
        std::function<void()> changed;
    };
    explicit NetThread(Parts parts);
    ~NetThread();
    NetThread(const NetThread&) = delete;
    NetThread& operator=(const NetThread&) = delete;

    /// Delivers as soon as it can. While a run is under way its rest ends early, and another
    /// follows.
    void request(DeliverySetup setup);

    struct View {
        bool running = false;
        sync::DeliveryProgress progress;
        std::uint64_t runs_ended = 0;
        std::optional<Result<sync::SyncSummary>> last;
    };
    [[nodiscard]] View view() const;

private:
    void run();
    [[nodiscard]] DeliveryParts delivery_parts();
    void rest(std::int64_t ms);
    [[nodiscard]] bool stopping() const;

    Parts parts_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::optional<DeliverySetup> wanted_;
    View view_;
    bool stop_ = false;
    std::thread thread_;  // last, so that it starts when the rest is there
};

}  // namespace awda::agent
