// Server: central's front end and registry in one process: TLS 1.3, HTTP/1.1, uploads streamed to
// disk.
//
// Event-driven: one coroutine a connection on a few network threads; the disk has its own small
// pool, and one registry thread does all database work and opens batches, so no network thread ever
// waits. Memory a connection is bounded (TLS buffers, kHeaderMax, one kBodyChunk) whatever it
// uploads. Ownership: owns everything it starts. Threads: start(), stop() and the destructor from
// one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "platform/clock.h"
#include "platform/files.h"
#include "platform/result.h"
#include "sync/central/store.h"

namespace awda::central {

inline constexpr std::size_t kHeaderMax = 8 * 1024;
inline constexpr std::size_t kBodyChunk = 16 * 1024;
inline constexpr std::size_t kEnrolBodyMax = 64 * 1024;
inline constexpr std::size_t kConnectionsMax = 4096;

/// How long a connection may keep us waiting, in milliseconds.
struct ServerTimes {
    std::int64_t handshake_ms = 10'000;
    std::int64_t header_ms = 30'000;  ///< until a whole request header is there, idle time included
    std::int64_t body_ms = 30'000;    ///< without a byte of an upload
    std::int64_t small_body_ms = 30'000;  ///< for the whole of an enrolment
    std::int64_t write_ms = 30'000;
    std::int64_t tell_ms = 3'000;    ///< between interim replies; well below a device's patience
    std::int64_t drain_ms = 10'000;  ///< for what is still on its way when we refuse
    std::int64_t stop_ms = 10'000;   ///< for answers under way when we stop
    std::int64_t tend_ms = 10'000;   ///< between looks for batches that were stored and left
};

struct ServerOptions {
    StorePlace place;
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0: any free one
    unsigned threads = 2;
    std::size_t connections_max = kConnectionsMax;
    ServerTimes times;
};

class Server {
public:
    /// Serves when it returns. kBusy if another process serves this folder; kAddressInUse;
    /// kKeysMissing, kKeysMismatch, kCentralMissing and what Store::open says.
    static Result<std::unique_ptr<Server>> start(const ServerOptions& options, const Clock& clock);
    /// Stops as stop() does.
    ~Server();
    [[nodiscard]] std::uint16_t port() const;
    /// No new connections; uploads are cut (they resume later), answers under way are finished.
    void stop();

private:
    struct State;
    explicit Server(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace awda::central
