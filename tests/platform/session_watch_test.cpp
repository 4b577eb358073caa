// Goal: what the desktop says of sleep and screen locks is heard, sleep waits for us, and what
// others make up is not believed. Method: buses of our own, on which the test plays logind and the
// screen savers.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "platform/files.h"
#include "platform/session_watch.h"
#include "tests/fakes/skip.h"
#include "tests/fakes/temp_folder.h"

using namespace awda;

namespace {

constexpr std::chrono::seconds kPatience{20};
/// Long enough for what should not come to have come.
constexpr std::chrono::milliseconds kAWhile{300};

/// A dbus-daemon with a socket in a folder of ours. Everything is allowed on it.
class BusDaemon {
public:
    explicit BusDaemon(const Path& folder) : socket_(folder / "bus") {
        const Path config = folder / "bus.conf";
        const std::string text =
            "<busconfig><listen>unix:path=" + socket_.string() +
            "</listen><auth>EXTERNAL</auth><policy context='default'>"
            "<allow send_destination='*' eavesdrop='true'/><allow eavesdrop='true'/>"
            "<allow own='*'/></policy></busconfig>";
        REQUIRE(atomic_write(config, as_bytes(text)).ok());
        config_ = "--config-file=" + config.string();
        start();
    }
    ~BusDaemon() { stop(); }
    BusDaemon(const BusDaemon&) = delete;
    BusDaemon& operator=(const BusDaemon&) = delete;

    [[nodiscard]] std::string address() const { return "unix:path=" + socket_.string(); }

    void start() {
        std::array<int, 2> ready{};
        REQUIRE(::pipe(ready.data()) == 0);
        child_ = ::fork();
        REQUIRE(child_ >= 0);
        if (child_ == 0) {
            // It complains where it may not raise its limits, which we do not need.
            const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
            if (nowhere >= 0) ::dup2(nowhere, STDERR_FILENO);
            const std::string print = "--print-address=" + std::to_string(ready[1]);
            ::execlp("dbus-daemon", "dbus-daemon", config_.c_str(), "--nofork", "--nopidfile",
                     print.c_str(), nullptr);
            ::_exit(127);
        }
        ::close(ready[1]);
        char first = 0;
        works_ = ::read(ready[0], &first, 1) == 1;
        ::close(ready[0]);
    }
    void stop() {
        if (child_ <= 0) return;
        ::kill(child_, SIGTERM);
        ::waitpid(child_, nullptr, 0);
        child_ = -1;
        std::error_code ignored;
        std::filesystem::remove(socket_, ignored);
    }
    [[nodiscard]] bool works() const { return works_; }

private:
    Path socket_;
    std::string config_;
    pid_t child_ = -1;
    bool works_ = false;
};

/// A client that owns names, answers Inhibit with a pipe, and sends signals. Its connection is its
/// thread's alone.
class Client {
public:
    Client(const std::string& address, const std::vector<std::string>& names) {
        std::promise<bool> up;
        auto connected = up.get_future();
        thread_ = std::thread(
            [this, address, names, up = std::move(up)]() mutable { run(address, names, up); });
        REQUIRE(connected.get());
    }
    ~Client() {
        stop_ = true;
        thread_.join();
        if (held_ >= 0) ::close(held_);
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void emit(const std::string& path, const std::string& interface, const std::string& member,
              std::function<void(sd_bus_message*)> fill = {}, const std::string& to = {}) {
        const std::lock_guard lock(mutex_);
        todo_.push_back([=](sd_bus* bus) {
            sd_bus_message* message = nullptr;
            REQUIRE(sd_bus_message_new_signal(bus, &message, path.c_str(), interface.c_str(),
                                              member.c_str()) >= 0);
            if (!to.empty()) sd_bus_message_set_destination(message, to.c_str());
            if (fill) fill(message);
            REQUIRE(sd_bus_send(bus, message, nullptr) >= 0);
            sd_bus_message_unref(message);
            sd_bus_flush(bus);
        });
    }
    [[nodiscard]] int inhibits() const { return inhibits_; }
    [[nodiscard]] std::string watcher() {
        const std::lock_guard lock(mutex_);
        return watcher_;
    }
    /// Whether the other side still holds the pipe it was given.
    [[nodiscard]] bool held() const {
        pollfd waited{held_, POLLIN, 0};
        return ::poll(&waited, 1, 0) == 0;
    }

private:
    static int on_inhibit(sd_bus_message* call, void* self, sd_bus_error* /*error*/) {
        auto& client = *static_cast<Client*>(self);
        const char* what = nullptr;
        const char* who = nullptr;
        const char* why = nullptr;
        const char* mode = nullptr;
        if (sd_bus_message_read(call, "ssss", &what, &who, &why, &mode) < 0) return -EINVAL;
        const bool right = std::string(what) == "sleep" && std::string(mode) == "delay";
        std::array<int, 2> ends{};
        if (!right || ::pipe2(ends.data(), O_CLOEXEC) != 0) return -EINVAL;
        if (client.held_ >= 0) ::close(client.held_);
        client.held_ = ends[0];
        {
            const std::lock_guard lock(client.mutex_);
            client.watcher_ = sd_bus_message_get_sender(call);
        }
        const int sent = sd_bus_reply_method_return(call, "h", ends[1]);
        ::close(ends[1]);
        ++client.inhibits_;
        return sent;
    }

    void run(const std::string& address, const std::vector<std::string>& names,
             std::promise<bool>& up) {
        static const std::array<sd_bus_vtable, 3> kTable = {
            sd_bus_vtable SD_BUS_VTABLE_START(0),
            SD_BUS_METHOD("Inhibit", "ssss", "h", &Client::on_inhibit, SD_BUS_VTABLE_UNPRIVILEGED),
            SD_BUS_VTABLE_END};
        sd_bus* bus = nullptr;
        bool good =
            sd_bus_new(&bus) >= 0 && sd_bus_set_address(bus, address.c_str()) >= 0 &&
            sd_bus_set_bus_client(bus, 1) >= 0 && sd_bus_start(bus) >= 0 &&
            sd_bus_add_object_vtable(bus, nullptr, "/org/freedesktop/login1",
                                     "org.freedesktop.login1.Manager", kTable.data(), this) >= 0;
        for (const std::string& name : names) {
            good = good && sd_bus_request_name(bus, name.c_str(), 0) >= 0;
        }
        up.set_value(good);
        while (good && !stop_) {
            std::deque<std::function<void(sd_bus*)>> todo;
            {
                const std::lock_guard lock(mutex_);
                todo.swap(todo_);
            }
            for (const auto& work : todo) work(bus);
            const int done = sd_bus_process(bus, nullptr);
            if (done < 0) break;
            if (done == 0) sd_bus_wait(bus, 10'000);
        }
        sd_bus_close_unref(bus);
    }

    std::atomic<bool> stop_ = false;
    std::atomic<int> inhibits_ = 0;
    std::atomic<int> held_ = -1;
    std::mutex mutex_;
    std::deque<std::function<void(sd_bus*)>> todo_;
    std::string watcher_;
    std::thread thread_;
};

/// What a watch has told.
class Told {
public:
    [[nodiscard]] SessionWatch::Handler handler() {
        return [this](SessionSignal signal) {
            const std::lock_guard lock(mutex_);
            all_.push_back(signal);
            changed_.notify_all();
        };
    }
    [[nodiscard]] bool wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, kPatience, [&] { return all_.size() >= count; });
    }
    [[nodiscard]] std::vector<SessionSignal> all() {
        const std::lock_guard lock(mutex_);
        return all_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<SessionSignal> all_;
};

template <typename Condition>
bool comes_true(Condition condition) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

const std::string kManagerPath = "/org/freedesktop/login1";
const std::string kManager = "org.freedesktop.login1.Manager";
const std::string kSaver = "org.freedesktop.ScreenSaver";

std::function<void(sd_bus_message*)> flag(bool value) {
    return [value](sd_bus_message* message) {
        REQUIRE(sd_bus_message_append(message, "b", value ? 1 : 0) >= 0);
    };
}

std::function<void(sd_bus_message*)> property(const char* interface, const char* name, bool value) {
    return [=](sd_bus_message* message) {
        REQUIRE(sd_bus_message_append(message, "sa{sv}as", interface, 2, "IdleHint", "b", 0, name,
                                      "b", value ? 1 : 0, 0) >= 0);
    };
}

/// A desktop: one daemon is system bus and session bus.
struct Desktop {
    Desktop() : daemon(folder.path()) {
        if (!daemon.works()) return;
        client.emplace(daemon.address(), std::vector<std::string>{"org.freedesktop.login1", kSaver,
                                                                  "org.gnome.ScreenSaver"});
        start();
    }
    void start() {
        watch = SessionWatch::start(told.handler(), {daemon.address(), daemon.address(), 50});
        // The matches were asked for before Inhibit was called, and a bus keeps the order.
        REQUIRE(comes_true([&] { return client->inhibits() > 0; }));
        // Those of the session's connection have no call behind them that we could see.
        std::this_thread::sleep_for(kAWhile);
    }
    /// After everything sent before: a signal that surely comes.
    void settle() {
        const std::size_t before = told.all().size();
        client->emit("/s", "org.freedesktop.login1.Session", "Lock");
        REQUIRE(told.wait_for(before + 1));
        std::this_thread::sleep_for(kAWhile);
    }

    fakes::TempFolder folder;
    BusDaemon daemon;
    std::optional<Client> client;
    Told told;
    std::unique_ptr<SessionWatch> watch;
};

}  // namespace

TEST_CASE("sleep is told of, waits until it is let, and is held back again after waking") {
    Desktop desktop;
    if (!desktop.daemon.works()) AWDA_SKIP("dbus-daemon is not installed");
    CHECK(desktop.client->held());
    desktop.client->emit(kManagerPath, kManager, "PrepareForSleep", flag(true));
    REQUIRE(desktop.told.wait_for(1));
    CHECK(desktop.told.all()[0] == SessionSignal::kSleeping);
    CHECK(desktop.client->held());
    desktop.watch->let_sleep();
    CHECK(comes_true([&] { return !desktop.client->held(); }));
    desktop.client->emit(kManagerPath, kManager, "PrepareForSleep", flag(false));
    CHECK(comes_true([&] { return desktop.client->inhibits() == 2; }));
    CHECK(desktop.client->held());
    desktop.client->emit(kManagerPath, kManager, "PrepareForSleep", flag(true));
    REQUIRE(desktop.told.wait_for(2));
    desktop.watch.reset();
    CHECK(comes_true([&] { return !desktop.client->held(); }));
}

TEST_CASE("a sleep that is let when it is over already does not let the next one") {
    Desktop desktop;
    if (!desktop.daemon.works()) AWDA_SKIP("dbus-daemon is not installed");
    desktop.client->emit(kManagerPath, kManager, "PrepareForSleep", flag(true));
    REQUIRE(desktop.told.wait_for(1));
    desktop.client->emit(kManagerPath, kManager, "PrepareForSleep", flag(false));
    REQUIRE(comes_true([&] { return desktop.client->inhibits() == 2; }));
    desktop.settle();
    desktop.watch->let_sleep();
    std::this_thread::sleep_for(kAWhile);
    CHECK(desktop.client->held());
}

TEST_CASE("a locked screen, a told session and a switched user are each heard, and opposites not") {
    Desktop desktop;
    if (!desktop.daemon.works()) AWDA_SKIP("dbus-daemon is not installed");
    const std::string session = "org.freedesktop.login1.Session";
    const std::string properties = "org.freedesktop.DBus.Properties";
    desktop.client->emit("/org/freedesktop/ScreenSaver", kSaver, "ActiveChanged", flag(true));
    REQUIRE(desktop.told.wait_for(1));
    CHECK(desktop.told.all()[0] == SessionSignal::kScreenLocked);
    desktop.client->emit("/x", "org.gnome.ScreenSaver", "ActiveChanged", flag(true));
    REQUIRE(desktop.told.wait_for(2));
    desktop.client->emit("/org/freedesktop/login1/session/_31", session, "Lock");
    REQUIRE(desktop.told.wait_for(3));
    CHECK(desktop.told.all()[2] == SessionSignal::kScreenLocked);
    desktop.client->emit("/s", properties, "PropertiesChanged",
                         property(session.c_str(), "Active", false));
    REQUIRE(desktop.told.wait_for(4));
    CHECK(desktop.told.all()[3] == SessionSignal::kSwitchedAway);
    desktop.client->emit("/s", properties, "PropertiesChanged",
                         property(session.c_str(), "Active", true));
    desktop.client->emit("/s", properties, "PropertiesChanged",
                         property("org.freedesktop.login1.Seat", "Active", false));
    desktop.client->emit("/s", kSaver, "ActiveChanged", flag(false));
    desktop.settle();
    CHECK(desktop.told.all().size() == 5);
}

TEST_CASE("who does not own the name, speaks to us alone, or says something odd is not believed") {
    Desktop desktop;
    if (!desktop.daemon.works()) AWDA_SKIP("dbus-daemon is not installed");
    Client stranger(desktop.daemon.address(), {"org.example.Stranger"});
    stranger.emit(kManagerPath, kManager, "PrepareForSleep", flag(true));
    stranger.emit("/s", kSaver, "ActiveChanged", flag(true));
    stranger.emit(kManagerPath, kManager, "PrepareForSleep", flag(true), desktop.client->watcher());
    std::this_thread::sleep_for(kAWhile);
    desktop.client->emit(kManagerPath, kManager, "PrepareForSleep", [](sd_bus_message* message) {
        REQUIRE(sd_bus_message_append(message, "s", "soon") >= 0);
    });
    desktop.client->emit(kManagerPath, kManager, "PrepareForSleep");
    desktop.client->emit(
        "/s", "org.freedesktop.DBus.Properties", "PropertiesChanged",
        [](sd_bus_message* message) { REQUIRE(sd_bus_message_append(message, "i", 7) >= 0); });
    desktop.client->emit(
        "/s", "org.freedesktop.DBus.Properties", "PropertiesChanged", [](sd_bus_message* message) {
            REQUIRE(sd_bus_message_append(message, "sa{sv}as", "org.freedesktop.login1.Session", 1,
                                          "Active", "s", "no", 0) >= 0);
        });
    desktop.settle();
    CHECK(desktop.told.all().size() == 1);
}

TEST_CASE("a bus that went away is found again when it is back") {
    Desktop desktop;
    if (!desktop.daemon.works()) AWDA_SKIP("dbus-daemon is not installed");
    desktop.client.reset();
    desktop.daemon.stop();
    std::this_thread::sleep_for(kAWhile);
    desktop.daemon.start();
    REQUIRE(desktop.daemon.works());
    desktop.client.emplace(desktop.daemon.address(),
                           std::vector<std::string>{"org.freedesktop.login1", kSaver});
    CHECK(comes_true([&] {
        desktop.client->emit("/s", "org.freedesktop.login1.Session", "Lock");
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        return !desktop.told.all().empty();
    }));
}

TEST_CASE("without any bus there is nothing to hear, and it ends at once") {
    const fakes::TempFolder folder;
    const std::string nowhere = "unix:path=" + (folder.path() / "none").string();
    Told told;
    {
        const auto watch = SessionWatch::start(told.handler(), {nowhere, nowhere, 50});
        watch->let_sleep();
    }
    CHECK(told.all().empty());
}
