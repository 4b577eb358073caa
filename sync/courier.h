// Courier: delivers the outbox to central over one HttpClient, by carrying out the protocol's
// effects.
//
// Blocking; for the net thread. Borrows everything it is given. Threads: run() on one thread;
// `stopped` is called from it often and must be cheap.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "platform/clock.h"
#include "platform/crypto.h"
#include "platform/http.h"
#include "platform/ids.h"
#include "sync/outbox.h"
#include "sync/pace.h"
#include "sync/protocol.h"

namespace awda::sync {

struct CourierSettings {
    DeviceId device;
    HqKeys hq;
    DeliveryLimits limits;
};

struct CourierHooks {
    /// True to end the run soon; checked between requests, during uploads and during rests.
    std::function<bool()> stopped = [] { return false; };
    /// What was confirmed by the server, plus what of the upload under way has been sent.
    std::function<void(const DeliveryProgress&)> progress = [](const DeliveryProgress&) {};
    /// Rests for up to `ms`; a test or simulator replaces it. The default sleeps in short slices.
    std::function<void(std::int64_t ms)> rest;
};

struct SyncSummary {
    std::optional<Errc> error;  ///< none: all that could be delivered was
    bool stopped = false;
    std::size_t batches_sent = 0;     ///< that got their first stored or opened receipt in this run
    std::size_t batches_waiting = 0;  ///< without a stored receipt at the end
    std::size_t batches_unopened = 0;  ///< stored, and not yet opened, at the end
    std::uint64_t bytes_sealed = 0;    ///< size of the batches sent
    std::uint64_t bytes_up = 0;        ///< on the wire, as the transport counts them
    std::uint64_t bytes_down = 0;
    DeliveryCounts counts;
    std::int64_t duration_ms = 0;
};

class Courier {
public:
    Courier(HttpClient& http, Outbox& outbox, const Clock& clock, Random& random,
            CourierSettings settings, CourierHooks hooks = {});
    /// Delivers all that waits, batches added meanwhile included. What was achieved is durable and
    /// is in the summary, whatever the error.
    [[nodiscard]] SyncSummary run();

private:
    struct Round;
    [[nodiscard]] Result<Round> begin_round();
    [[nodiscard]] bool deliver_once(SyncSummary& summary);
    static void add_up(SyncSummary& summary, const DeliveryState& state,
                       const std::vector<Delivery>& before);
    [[nodiscard]] Input carry_out(Round& round, const std::vector<Effect>& effects);
    [[nodiscard]] Status save(const Effect& effect);
    [[nodiscard]] Input exchange(Round& round, const Send& send);
    [[nodiscard]] Result<HttpReply> upload(Round& round, const Send& send, const InputFile& file,
                                           std::uint64_t& sent);
    void report(DeliveryProgress progress);
    void rest(std::int64_t ms);

    HttpClient& http_;
    Outbox& outbox_;
    const Clock& clock_;
    Random& random_;
    CourierSettings settings_;
    CourierHooks hooks_;
    Pace pace_;
};

}  // namespace awda::sync
