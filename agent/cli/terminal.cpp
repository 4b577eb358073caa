#include "agent/cli/terminal.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include "platform/process.h"

namespace awda::cli {

namespace {

class Terminal {
public:
    Terminal() : fd_(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)) {
        if (fd_ >= 0 && ::tcgetattr(fd_, &before_) == 0) {
            termios quiet = before_;
            quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
            quiet.c_lflag |= ECHONL;
            changed_ = ::tcsetattr(fd_, TCSAFLUSH, &quiet) == 0;
        }
    }
    ~Terminal() {
        if (changed_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
        if (fd_ >= 0) ::close(fd_);
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    [[nodiscard]] bool ready() const { return changed_; }
    [[nodiscard]] int fd() const { return fd_; }

private:
    int fd_;
    termios before_{};
    bool changed_ = false;
};

}  // namespace

Result<SecretBytes> ask_on_terminal(std::string_view prompt) {
    const Terminal terminal;
    if (!terminal.ready()) return Error(Errc::kNoPassphrase, "opening the terminal");
    if (::write(terminal.fd(), prompt.data(), prompt.size()) < 0) {
        return Error(Errc::kNoPassphrase, "writing to the terminal");
    }
    SecretBytes typed(kPassphraseMax);
    std::size_t size = 0;
    for (;;) {
        std::uint8_t byte = 0;
        const ssize_t got = ::read(terminal.fd(), &byte, 1);
        // A stop signal interrupts the read; whatever was typed so far is not a passphrase.
        if (got <= 0 || stop_requested()) return Error(Errc::kNoPassphrase, "reading the terminal");
        if (byte == '\n' || byte == '\r') break;
        if (size == kPassphraseMax) return Error(Errc::kTooLarge, "reading a passphrase");
        typed.mutable_view()[size++] = byte;
    }
    if (size == 0) return Error(Errc::kNoPassphrase, "reading an empty line");
    typed.shrink(size);
    return typed;
}

}  // namespace awda::cli
