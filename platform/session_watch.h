// SessionWatch: hears from the desktop that the computer is about to sleep, that the screen was
// locked, or that another user's session came to the front; and holds sleep back for a moment, so
// that what must not be in memory then can go.
//
// The one wall around D-Bus (sd-bus). The system bus is at its well-known place, never where the
// environment says, so that nobody can slip in one of his own; only signals that a bus delivers for
// the owner of a name are believed, none sent to us directly. Without a bus there is nothing to
// hear, and that is no error. Ownership: owns its thread and connections. Threads: one of its own,
// which sleeps until a bus has something to say; the handler is called on it. let_sleep() from any.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace awda {

enum class SessionSignal : std::uint8_t {
    kSleeping,      ///< soon; sleep waits for let_sleep(), a few seconds at most
    kScreenLocked,  ///< by a screen saver, or because the session was told to
    kSwitchedAway,  ///< a session went to the back
};

struct SessionWatchOptions {
    std::string system_bus;        ///< address; empty: the well-known one
    std::string session_bus;       ///< address; empty: as the environment says, none if it does not
    std::int64_t retry_ms = 2000;  ///< after a bus went away, doubled up to a minute
};

class SessionWatch {
public:
    using Handler = std::function<void(SessionSignal)>;

    virtual ~SessionWatch() = default;
    /// What had to happen before sleep has happened.
    virtual void let_sleep() = 0;

    [[nodiscard]] static std::unique_ptr<SessionWatch> start(Handler handler,
                                                             SessionWatchOptions options = {});
};

}  // namespace awda
