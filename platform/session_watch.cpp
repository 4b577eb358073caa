#include "platform/session_watch.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "platform/fd.h"

namespace awda {

namespace {

constexpr const char* kSystemBus = "unix:path=/run/dbus/system_bus_socket";
constexpr const char* kLogin = "org.freedesktop.login1";
constexpr const char* kLoginPath = "/org/freedesktop/login1";
constexpr const char* kManager = "org.freedesktop.login1.Manager";
constexpr const char* kSession = "org.freedesktop.login1.Session";
constexpr std::uint64_t kCallMicroseconds = 5'000'000;
constexpr std::int64_t kRetryMaxMs = 60'000;
/// Each is the name of a bus client and of its interface.
constexpr std::array kScreenSavers = {"org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver",
                                      "org.cinnamon.ScreenSaver", "org.mate.ScreenSaver",
                                      "org.xfce.ScreenSaver"};

std::int64_t steady_ms() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

struct CloseBus {
    void operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }
};
using Bus = std::unique_ptr<sd_bus, CloseBus>;

/// A signal that the bus itself hands on from whoever owns the name we asked for. One addressed to
/// us alone could come from anybody.
bool broadcast(sd_bus_message* message) {
    return sd_bus_message_get_destination(message) == nullptr;
}

/// The one boolean that a signal carries; nothing if it carries something else.
std::optional<bool> flag_in(sd_bus_message* message) {
    int value = 0;
    if (sd_bus_message_read(message, "b", &value) < 0) return std::nullopt;
    return value != 0;
}

class BusWatch final : public SessionWatch {
public:
    BusWatch(Handler handler, SessionWatchOptions options)
        : handler_(std::move(handler)),
          options_(std::move(options)),
          wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
          thread_([this] { run(); }) {}

    ~BusWatch() override {
        stop_ = true;
        poke();
        thread_.join();
    }
    BusWatch(const BusWatch&) = delete;
    BusWatch& operator=(const BusWatch&) = delete;

    void let_sleep() override {
        release_ = true;
        poke();
    }

private:
    /// A bus, and when it is to be tried again if it went away.
    struct Side {
        Bus bus;
        std::optional<std::int64_t> retry_at_ms;
        std::int64_t pause_ms = 0;
    };

    void poke() {
        const std::uint64_t one = 1;
        // Full means that it wakes already.
        if (::write(wake_.get(), &one, sizeof one) < 0) return;
    }

    void run() {
        // Where there is no bus at the beginning there will be none: nothing to wake up for.
        open(system_, &BusWatch::open_system, false);
        open(session_, &BusWatch::open_session, false);
        while (!stop_) {
            serve(system_);
            serve(session_);
            if (std::exchange(wants_hold_, false) && system_.bus != nullptr) {
                hold_sleep(system_.bus.get());
            }
            // Let too late, when the computer is awake again: the next sleep is not let by it.
            if (release_.exchange(false) && sleeping_) inhibitor_ = Fd();
            if (stop_) break;
            wait();
            retry(system_, &BusWatch::open_system);
            retry(session_, &BusWatch::open_session);
        }
    }

    using Opener = Bus (BusWatch::*)();

    void open(Side& side, Opener opener, bool again) {
        side.bus = (this->*opener)();
        side.retry_at_ms.reset();
        if (side.bus != nullptr) {
            side.pause_ms = options_.retry_ms;
        } else if (again) {
            side.retry_at_ms = steady_ms() + side.pause_ms;
            side.pause_ms = std::min(side.pause_ms * 2, kRetryMaxMs);
        }
    }

    void retry(Side& side, Opener opener) {
        if (side.retry_at_ms && steady_ms() >= *side.retry_at_ms) open(side, opener, true);
    }

    static Bus connect(const std::string& address) {
        sd_bus* raw = nullptr;
        if (sd_bus_new(&raw) < 0) return nullptr;
        Bus bus(raw);
        if (sd_bus_set_address(raw, address.c_str()) < 0 || sd_bus_set_bus_client(raw, 1) < 0 ||
            sd_bus_set_method_call_timeout(raw, kCallMicroseconds) < 0 || sd_bus_start(raw) < 0) {
            return nullptr;
        }
        return bus;
    }

    Bus open_system() {
        Bus bus = connect(options_.system_bus.empty() ? kSystemBus : options_.system_bus);
        if (bus == nullptr) return nullptr;
        sd_bus* raw = bus.get();
        if (sd_bus_match_signal(raw, nullptr, kLogin, kLoginPath, kManager, "PrepareForSleep",
                                &BusWatch::on_sleep, this) < 0 ||
            sd_bus_match_signal(raw, nullptr, kLogin, nullptr, kSession, "Lock", &BusWatch::on_lock,
                                this) < 0 ||
            sd_bus_match_signal(raw, nullptr, kLogin, nullptr, "org.freedesktop.DBus.Properties",
                                "PropertiesChanged", &BusWatch::on_changed, this) < 0) {
            return nullptr;
        }
        hold_sleep(raw);
        return bus;
    }

    Bus open_session() {
        std::string address = options_.session_bus;
        if (address.empty()) {
            const char* variable = std::getenv("DBUS_SESSION_BUS_ADDRESS");
            if (variable == nullptr) return nullptr;
            address = variable;
        }
        Bus bus = connect(address);
        if (bus == nullptr) return nullptr;
        for (const char* name : kScreenSavers) {
            if (sd_bus_match_signal(bus.get(), nullptr, name, nullptr, name, "ActiveChanged",
                                    &BusWatch::on_screen, this) < 0) {
                return nullptr;
            }
        }
        return bus;
    }

    /// Asks logind to wait for us before it sleeps. Where it does not answer, waking up is what is
    /// noticed.
    void hold_sleep(sd_bus* bus) {
        sd_bus_message* reply = nullptr;
        const int done =
            sd_bus_call_method(bus, kLogin, kLoginPath, kManager, "Inhibit", nullptr, &reply,
                               "ssss", "sleep", "Awda", "The vault is being locked", "delay");
        int fd = -1;
        if (done >= 0 && sd_bus_message_read(reply, "h", &fd) >= 0) {
            // The message closes its own.
            inhibitor_ = Fd(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
        }
        sd_bus_message_unref(reply);
    }

    void serve(Side& side) {
        while (side.bus != nullptr && !stop_) {
            const int done = sd_bus_process(side.bus.get(), nullptr);
            if (done == 0) break;
            if (done > 0) continue;
            side.bus.reset();
            side.retry_at_ms = steady_ms() + side.pause_ms;
        }
    }

    void wait() {
        std::array<pollfd, 3> waited{};
        nfds_t count = 0;
        waited.at(count++) = {wake_.get(), POLLIN, 0};
        std::int64_t timeout_ms = -1;
        const auto sooner = [&timeout_ms](std::int64_t ms) {
            ms = std::max<std::int64_t>(ms, 0);
            timeout_ms = timeout_ms < 0 ? ms : std::min(timeout_ms, ms);
        };
        for (const Side* side : {&system_, &session_}) {
            if (side->retry_at_ms) sooner(*side->retry_at_ms - steady_ms());
            if (side->bus == nullptr) continue;
            const int events = sd_bus_get_events(side->bus.get());
            waited.at(count++) = {sd_bus_get_fd(side->bus.get()),
                                  static_cast<short>(std::max(events, 0)), 0};
            std::uint64_t until = 0;  // of sd-bus itself: for the answer to a call
            if (sd_bus_get_timeout(side->bus.get(), &until) > 0 && until != UINT64_MAX) {
                sooner(static_cast<std::int64_t>(until / 1000) - steady_ms());
            }
        }
        const auto bounded = std::min<std::int64_t>(timeout_ms, 3'600'000);
        ::poll(waited.data(), count, static_cast<int>(bounded));
        std::uint64_t told = 0;
        if (::read(wake_.get(), &told, sizeof told) < 0) return;  // nobody poked
    }

    static int on_sleep(sd_bus_message* message, void* self, sd_bus_error* /*error*/) {
        auto& watch = *static_cast<BusWatch*>(self);
        const std::optional<bool> sleeping = broadcast(message) ? flag_in(message) : std::nullopt;
        if (!sleeping) return 0;
        watch.sleeping_ = *sleeping;
        if (*sleeping) {
            watch.handler_(SessionSignal::kSleeping);
        } else {
            watch.wants_hold_ = true;  // the next time counts, too
        }
        return 0;
    }

    static int on_lock(sd_bus_message* message, void* self, sd_bus_error* /*error*/) {
        if (broadcast(message)) {
            static_cast<BusWatch*>(self)->handler_(SessionSignal::kScreenLocked);
        }
        return 0;
    }

    static int on_screen(sd_bus_message* message, void* self, sd_bus_error* /*error*/) {
        if (broadcast(message) && flag_in(message) == true) {
            static_cast<BusWatch*>(self)->handler_(SessionSignal::kScreenLocked);
        }
        return 0;
    }

    /// PropertiesChanged(interface, {name: value}, names).
    static int on_changed(sd_bus_message* message, void* self, sd_bus_error* /*error*/) {
        const char* interface = nullptr;
        if (!broadcast(message) || sd_bus_message_read(message, "s", &interface) < 0 ||
            std::string_view(interface) != kSession ||
            sd_bus_message_enter_container(message, 'a', "{sv}") < 0) {
            return 0;
        }
        while (sd_bus_message_enter_container(message, 'e', "sv") > 0) {
            const char* name = nullptr;
            if (sd_bus_message_read(message, "s", &name) < 0) return 0;
            int active = 1;
            if (std::string_view(name) == "Active") {
                if (sd_bus_message_read(message, "v", "b", &active) < 0) return 0;
                if (active == 0) {
                    static_cast<BusWatch*>(self)->handler_(SessionSignal::kSwitchedAway);
                }
            } else if (sd_bus_message_skip(message, "v") < 0) {
                return 0;
            }
            if (sd_bus_message_exit_container(message) < 0) return 0;
        }
        return 0;
    }

    Handler handler_;
    SessionWatchOptions options_;
    Fd wake_;
    std::atomic<bool> stop_ = false;
    std::atomic<bool> release_ = false;
    // The thread's alone:
    Side system_;
    Side session_;
    Fd inhibitor_;           ///< as long as it is open, sleep waits
    bool sleeping_ = false;  ///< or about to
    bool wants_hold_ = false;
    std::thread thread_;  ///< last, so that all the rest is there when it starts
};

}  // namespace

std::unique_ptr<SessionWatch> SessionWatch::start(Handler handler, SessionWatchOptions options) {
    return std::make_unique<BusWatch>(std::move(handler), std::move(options));
}

}  // namespace awda
