#include "tests/link/link.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <deque>
#include <list>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "platform/bytes.h"
#include "platform/fd.h"
#include "tests/fakes/seeded_random.h"

namespace awda::link {

namespace {

using Time = std::chrono::steady_clock::time_point;
using Span = std::chrono::nanoseconds;

constexpr std::size_t kSegment = 1400;     // payload of a packet on a satellite or DSL line
constexpr std::size_t kHeaders = 40;       // IPv4 and TCP
constexpr std::size_t kQueueBytes = 8192;  // what a modem keeps waiting
// Of our sockets. Smaller ones drop packets when many are short, and the kernel resends them late.
constexpr int kBuffer = 128 * 1024;
constexpr int kBacklog = 64;
constexpr Span kIdle = std::chrono::milliseconds(100);

Span real(double simulated_ms, double scale) {
    return Span(static_cast<std::int64_t>(simulated_ms / scale * 1e6));
}

void set_small(int fd) {
    const int segment = kSegment;
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kBuffer, sizeof kBuffer);
    ::setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
}

void set_prompt(int fd) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

sockaddr* plain(sockaddr_in& address) {
    return static_cast<sockaddr*>(static_cast<void*>(&address));
}

/// Ends a connection so that the other end is told by a reset.
void reset(Fd& fd) {
    const linger now{1, 0};
    if (fd.valid()) ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    fd = Fd();
}

Fd connect_to(std::uint16_t port) {
    Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = loopback(port);
    set_small(fd.get());
    set_prompt(fd.get());
    // Loopback connects or refuses at once.
    if (::connect(fd.get(), plain(address), sizeof address) != 0) return Fd();
    return fd;
}

struct Packet {
    Bytes bytes;
    Time arrives;
};

/// One direction of one connection.
struct Lane {
    std::deque<Packet> flight;
    bool source_ended = false;
    bool end_told = false;
    bool sink_full = false;
};

struct Connection {
    Fd device;
    Fd central;
    Lane up;
    Lane down;
    Time opens;         ///< nothing of it is read earlier
    bool dead = false;  ///< in a hole
    [[nodiscard]] Fd& source(Way way) { return way == Way::kUp ? device : central; }
    [[nodiscard]] Fd& sink(Way way) { return way == Way::kUp ? central : device; }
    [[nodiscard]] Lane& lane(Way way) { return way == Way::kUp ? up : down; }
    [[nodiscard]] bool over() const { return !device.valid() && !central.valid(); }
};

}  // namespace

struct Link::State {
    explicit State(const LinkOptions& options_in)
        : options(options_in),
          random(options_in.weather ? options_in.weather->seed : 1),
          began(std::chrono::steady_clock::now()),
          seen(began),
          free_at{began, began} {}

    Status listen();
    void loop();
    void turn(Time now);
    void change_weather(Time now);
    void accept_all(Time now);
    void admit(Fd device, Time now);
    void carry(Connection& connection, Way way, Time now);
    void read_from(Connection& connection, Way way, Time now);
    void deliver(Connection& connection, Way way, Time now);
    bool send_some(Connection& connection, Way way, Packet& packet);
    void end_all(Fault fault);
    void go_down(Fault fault, Span span);
    void strike_now(Connection& connection, Packet& rest);
    void watch_dead(Connection& connection);
    [[nodiscard]] bool has_room(Way way, Time now) const;
    [[nodiscard]] Span wire_time(std::size_t bytes) const;
    std::vector<pollfd> wishes(Time now, Time& wake);
    void wake() const {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(bell.get(), &one, sizeof one);
    }

    const LinkOptions options;
    Fd listener;
    Fd bell;
    std::uint16_t port = 0;
    std::thread thread;

    mutable std::mutex mutex;  // guards all below; held except while waiting
    fakes::SeededRandom random;
    bool ending = false;
    std::uint16_t upstream = 0;
    std::list<Connection> connections;
    std::optional<Strike> armed;
    LinkFigures figures;
    Time began;
    Time seen;        ///< up to when `figures` counts time
    Time free_at[2];  ///< when what is already queued each way will have left
    bool up = true;
    Fault down_by = Fault::kReset;
    std::optional<Time> down_until;
    std::optional<Time> next_change;  ///< of the weather
};

Status Link::State::listen() {
    bell = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    listener = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    set_small(listener.get());  // inherited by what is accepted
    if (::bind(listener.get(), plain(address), sizeof address) != 0 ||
        ::listen(listener.get(), kBacklog) != 0 ||
        ::getsockname(listener.get(), plain(address), &size) != 0) {
        return Error(Errc::kAddressInUse, "the link's port");
    }
    port = ntohs(address.sin_port);
    upstream = options.server_port;
    return {};
}

Span Link::State::wire_time(std::size_t bytes) const {
    if (options.bits_a_second <= 0) return Span(0);
    return real(static_cast<double>(bytes) * 8e3 / options.bits_a_second, options.scale);
}

bool Link::State::has_room(Way way, Time now) const {
    return free_at[static_cast<int>(way)] - now < wire_time(kQueueBytes) ||
           options.bits_a_second <= 0;
}

void Link::State::loop() {
    while (true) {
        std::vector<pollfd> fds;
        Time wake_at;
        {
            const std::lock_guard guard(mutex);
            if (ending) return;
            turn(std::chrono::steady_clock::now());
            fds = wishes(std::chrono::steady_clock::now(), wake_at);
        }
        const Span left = std::max(Span(0), Span(wake_at - std::chrono::steady_clock::now()));
        const timespec wait{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
        ::ppoll(fds.data(), fds.size(), &wait, nullptr);
        std::uint64_t rung = 0;
        [[maybe_unused]] const auto got = ::read(bell.get(), &rung, sizeof rung);
    }
}

void Link::State::turn(Time now) {
    change_weather(now);
    accept_all(now);
    for (Connection& connection : connections) {
        if (connection.dead) {
            watch_dead(connection);
            continue;
        }
        carry(connection, Way::kUp, now);
        carry(connection, Way::kDown, now);
    }
    connections.remove_if([](const Connection& c) { return c.over(); });
}

void Link::State::change_weather(Time now) {
    const double passed = std::chrono::duration<double, std::milli>(now - seen).count();
    if (up) figures.up_ms += passed * options.scale;
    figures.passed_ms += passed * options.scale;
    seen = now;
    if (down_until && now >= *down_until) {
        down_until.reset();
        up = true;
    }
    if (!options.weather) return;
    const Weather& weather = *options.weather;
    const auto draw = [&](std::int64_t least, std::int64_t most) {
        const auto width = static_cast<std::uint64_t>(most - least) + 1;
        return real(
            static_cast<double>(least + static_cast<std::int64_t>(random.next_u64() % width)),
            options.scale);
    };
    if (!next_change) next_change = began + draw(weather.up_least_ms, weather.up_most_ms);
    if (now < *next_change) return;
    const Span down = draw(weather.down_least_ms, weather.down_most_ms);
    go_down(weather.fault, down);
    next_change = now + down + draw(weather.up_least_ms, weather.up_most_ms);
}

void Link::State::go_down(Fault fault, Span span) {
    end_all(fault);
    ++figures.cuts;
    if (span <= Span(0)) return;
    up = false;
    down_by = fault;
    down_until = std::chrono::steady_clock::now() + span;
}

void Link::State::end_all(Fault fault) {
    for (Connection& connection : connections) {
        connection.up.flight.clear();
        connection.down.flight.clear();
        if (fault == Fault::kHole) {
            connection.dead = true;
        } else if (!connection.dead) {
            reset(connection.device);
            reset(connection.central);
        }
    }
    free_at[0] = free_at[1] = std::chrono::steady_clock::now();
}

void Link::State::accept_all(Time now) {
    while (true) {
        Fd device(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!device.valid()) return;
        admit(std::move(device), now);
    }
}

void Link::State::admit(Fd device, Time now) {
    set_prompt(device.get());
    Connection connection;
    connection.device = std::move(device);
    if (!up) {
        ++figures.refused;
        if (down_by != Fault::kHole) return reset(connection.device);
        connection.dead = true;
        connections.push_back(std::move(connection));
        return;
    }
    ++figures.connections;
    connection.central = connect_to(upstream);
    if (!connection.central.valid()) return reset(connection.device);
    // The kernel has shaken hands already: the round trip that takes is paid here.
    connection.opens = now + real(2.0 * static_cast<double>(options.one_way_ms), options.scale);
    connections.push_back(std::move(connection));
}

/// In a hole nothing passes; but an end that gives up is let go.
void Link::State::watch_dead(Connection& connection) {
    for (const Way way : {Way::kUp, Way::kDown}) {
        Fd& fd = connection.source(way);
        pollfd ask{fd.get(), POLLRDHUP, 0};
        if (fd.valid() && ::poll(&ask, 1, 0) > 0) fd = Fd();
    }
}

void Link::State::carry(Connection& connection, Way way, Time now) {
    if (connection.over() || connection.dead) return;
    if (now >= connection.opens) read_from(connection, way, now);
    if (!connection.over()) deliver(connection, way, now);
}

void Link::State::read_from(Connection& connection, Way way, Time now) {
    Lane& lane = connection.lane(way);
    while (!lane.source_ended && has_room(way, now) && !lane.sink_full) {
        Bytes bytes(kSegment);
        const ssize_t got =
            ::recv(connection.source(way).get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (got < 0) {  // that end was reset: the other is told
            reset(connection.device);
            reset(connection.central);
            return;
        }
        lane.source_ended = got == 0;
        bytes.resize(static_cast<std::size_t>(got));
        Time& free = free_at[static_cast<int>(way)];
        free = std::max(free, now) + wire_time(bytes.size() + kHeaders);
        const Span delay = real(static_cast<double>(options.one_way_ms), options.scale);
        lane.flight.push_back({std::move(bytes), free + delay});
    }
}

void Link::State::deliver(Connection& connection, Way way, Time now) {
    Lane& lane = connection.lane(way);
    lane.sink_full = false;
    while (!lane.flight.empty() && lane.flight.front().arrives <= now) {
        if (lane.flight.front().bytes.empty()) {  // the end of this direction
            ::shutdown(connection.sink(way).get(), SHUT_WR);
            lane.end_told = true;
            lane.flight.pop_front();
            continue;
        }
        if (!send_some(connection, way, lane.flight.front())) return;
        lane.flight.pop_front();
    }
    if (connection.up.end_told && connection.down.end_told) {
        connection.device = Fd();
        connection.central = Fd();
    }
}

/// True once all of the packet is delivered.
bool Link::State::send_some(Connection& connection, Way way, Packet& packet) {
    const bool aimed = armed && armed->way == way;
    const std::size_t most =
        aimed ? std::min<std::uint64_t>(packet.bytes.size(), armed->after) : packet.bytes.size();
    const ssize_t sent =
        ::send(connection.sink(way).get(), packet.bytes.data(), most, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
        connection.lane(way).sink_full = true;
        return false;
    }
    if (sent < 0) {
        reset(connection.device);
        reset(connection.central);
        connection.up.flight.clear();
        connection.down.flight.clear();
        return false;
    }
    (way == Way::kUp ? figures.delivered_up : figures.delivered_down) +=
        static_cast<std::uint64_t>(sent);
    packet.bytes.erase(packet.bytes.begin(), packet.bytes.begin() + sent);
    if (!aimed) return packet.bytes.empty();
    armed->after -= static_cast<std::uint64_t>(sent);
    if (armed->after > 0 || packet.bytes.empty()) return packet.bytes.empty();
    strike_now(connection, packet);
    return false;
}

void Link::State::strike_now(Connection& connection, Packet& rest) {
    const Strike strike = *armed;
    armed.reset();
    if (strike.fault == Fault::kGarble) {
        rest.bytes.front() ^= 1U;
        ++figures.cuts;
        connection.up.sink_full = connection.down.sink_full = true;  // come back for the rest
        return;
    }
    go_down(strike.fault, real(static_cast<double>(strike.down_ms), options.scale));
}

std::vector<pollfd> Link::State::wishes(Time now, Time& wake_at) {
    wake_at = now + kIdle;
    const auto by = [&](Time time) { wake_at = std::min(wake_at, time); };
    if (down_until) by(*down_until);
    if (next_change) by(*next_change);
    std::vector<pollfd> fds{{listener.get(), POLLIN, 0}, {bell.get(), POLLIN, 0}};
    for (Connection& connection : connections) {
        for (const Way way : {Way::kUp, Way::kDown}) {
            Lane& lane = connection.lane(way);
            const int source = connection.source(way).get();
            if (connection.dead) {
                if (source >= 0) fds.push_back({source, POLLRDHUP, 0});
                continue;
            }
            if (lane.sink_full) {
                fds.push_back({connection.sink(way).get(), POLLOUT, 0});
            } else if (!lane.flight.empty()) {
                by(lane.flight.front().arrives);
            }
            if (lane.source_ended || lane.sink_full) continue;
            if (now < connection.opens) {
                by(connection.opens);
            } else if (has_room(way, now)) {
                fds.push_back({source, POLLIN, 0});
            } else {
                by(free_at[static_cast<int>(way)] - wire_time(kQueueBytes - kSegment));
            }
        }
    }
    return fds;
}

Result<std::unique_ptr<Link>> Link::start(const LinkOptions& options) {
    auto state = std::make_unique<State>(options);
    AWDA_CHECK(state->listen());
    State* raw = state.get();
    state->thread = std::thread([raw] { raw->loop(); });
    return std::unique_ptr<Link>(new Link(std::move(state)));
}

Link::Link(std::unique_ptr<State> state) : state_(std::move(state)) {}

Link::~Link() {
    {
        const std::lock_guard guard(state_->mutex);
        state_->ending = true;
    }
    state_->wake();
    state_->thread.join();
}

std::uint16_t Link::port() const {
    return state_->port;
}

void Link::strike(const Strike& strike) {
    const std::lock_guard guard(state_->mutex);
    state_->armed = strike;
}

bool Link::struck() const {
    const std::lock_guard guard(state_->mutex);
    return !state_->armed.has_value();
}

void Link::cut(Fault fault, std::int64_t down_ms) {
    const std::lock_guard guard(state_->mutex);
    state_->go_down(fault, real(static_cast<double>(down_ms), state_->options.scale));
    state_->wake();
}

void Link::route(std::uint16_t server_port) {
    const std::lock_guard guard(state_->mutex);
    state_->upstream = server_port;
}

LinkFigures Link::figures() const {
    const std::lock_guard guard(state_->mutex);
    state_->change_weather(std::chrono::steady_clock::now());
    return state_->figures;
}

}  // namespace awda::link
