// link: a bad line between a device and central, as a TCP proxy on loopback that tests and benches
// share.
//
// It gives each direction a rate that all connections share, a delay, headers that cost, a queue of
// 8 KB that pushes back, and cuts: by weather from a seed, or by a strike at a given byte. After a
// cut by reset both ends are told at once; after a hole nobody is told, the old connections stay
// dead and new ones work once the hole is over. All options are in simulated time; `scale` says how
// many simulated milliseconds pass in a real one, and whoever sits at the ends must scale his
// timers likewise. No packet is lost or reordered and no window is modelled: at the rates meant
// here a round trip holds less than 4 KB. Acknowledgements of TCP itself cost nothing.
// Ownership: owns its thread and sockets. Threads: any thread may call.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "platform/result.h"

namespace awda::link {

/// Up is from the device to central.
enum class Way : std::uint8_t { kUp, kDown };

enum class Fault : std::uint8_t {
    kReset,   ///< both ends are told; while it is down, new connections are reset too
    kHole,    ///< nobody is told; while it is down, new connections are swallowed too
    kGarble,  ///< one bit falls over
};

/// Cuts from a seed: up for a while, down for a while, and again.
struct Weather {
    Fault fault = Fault::kReset;
    std::uint64_t seed = 1;
    std::int64_t up_least_ms = 20'000;
    std::int64_t up_most_ms = 40'000;
    std::int64_t down_least_ms = 1'000;
    std::int64_t down_most_ms = 5'000;
};

/// One fault in place of the byte that follows `after` bytes delivered from now on, all connections
/// together.
struct Strike {
    Fault fault = Fault::kReset;
    Way way = Way::kUp;
    std::uint64_t after = 0;
    std::int64_t down_ms = 0;
};

struct LinkOptions {
    std::uint16_t server_port = 0;
    double bits_a_second = 0;     ///< of each direction; 0: no limit
    std::int64_t one_way_ms = 0;  ///< a connection takes one round trip more
    double scale = 1;
    std::optional<Weather> weather;
};

/// Since the start, in simulated time.
struct LinkFigures {
    std::uint64_t delivered_up = 0;  ///< bytes of TCP payload that came out at the other end
    std::uint64_t delivered_down = 0;
    std::uint64_t connections = 0;  ///< while the line was up
    std::uint64_t refused = 0;      ///< or swallowed, while it was down
    std::uint64_t cuts = 0;
    double up_ms = 0;
    double passed_ms = 0;
};

class Link {
public:
    static Result<std::unique_ptr<Link>> start(const LinkOptions& options);
    ~Link();
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    [[nodiscard]] std::uint16_t port() const;
    /// Replaces a strike that has not happened yet.
    void strike(const Strike& strike);
    /// False while a strike is still to come.
    [[nodiscard]] bool struck() const;
    /// At once: what is open ends by `fault`, and the line is down for a while.
    void cut(Fault fault, std::int64_t down_ms);
    /// Where new connections lead from now on.
    void route(std::uint16_t server_port);
    [[nodiscard]] LinkFigures figures() const;

private:
    struct State;
    explicit Link(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace awda::link
