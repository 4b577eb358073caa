#include "agent/cli/passphrase.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "agent/cli/terminal.h"

namespace awda::cli {

namespace {

constexpr std::size_t kLinesMax = 8;

/// Reads at most kLinesMax lines' worth of bytes into memory that is wiped.
Result<SecretBytes> read_secret(int fd) {
    SecretBytes all(kLinesMax * kPassphraseMax);
    std::size_t size = 0;
    while (size < all.size()) {
        const ssize_t got = ::read(fd, all.mutable_view().data() + size, all.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return Error(Errc::kIo, "reading the passphrase", errno);
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    if (size == all.size()) return Error(Errc::kTooLarge, "reading the passphrase");
    all.shrink(size);
    return all;
}

}  // namespace

Status PassphraseSource::load() {
    if (loaded_) return {};
    loaded_ = true;
    int fd = settings_.fd.value_or(-1);
    const bool ours = fd < 0;
    if (ours) {
        fd = ::open(settings_.file->c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0) return Error(Errc::kNotFound, "opening the passphrase file", errno);
    }
    auto all = read_secret(fd);
    if (ours) ::close(fd);
    if (!all.ok()) return all.error();
    ByteView rest = all->view();
    while (!rest.empty() && lines_.size() < kLinesMax) {
        const auto end = std::find(rest.begin(), rest.end(), static_cast<std::uint8_t>('\n'));
        auto length = static_cast<std::size_t>(end - rest.begin());
        const std::size_t whole = std::min(length + 1, rest.size());
        if (length > 0 && rest[length - 1] == '\r') --length;
        if (length > kPassphraseMax) return Error(Errc::kTooLarge, "reading the passphrase");
        lines_.push_back(SecretBytes::copy_of(rest.first(length)));
        rest = rest.subspan(whole);
    }
    return {};
}

Result<SecretBytes> PassphraseSource::next_line() {
    AWDA_CHECK(load());
    if (next_ >= lines_.size() || lines_[next_].empty()) {
        return Error(Errc::kNoPassphrase, "taking the next line of the passphrase file");
    }
    return std::move(lines_[next_++]);
}

Result<SecretBytes> PassphraseSource::current() {
    if (given()) return next_line();
    return settings_.ask(say(Text::kAskPassphrase, settings_.language));
}

Result<SecretBytes> PassphraseSource::fresh() {
    if (given()) return next_line();
    SecretBytes first = AWDA_TRY(settings_.ask(say(Text::kAskNewPassphrase, settings_.language)));
    const SecretBytes again = AWDA_TRY(settings_.ask(say(Text::kAskAgain, settings_.language)));
    if (!equal(first.view(), again.view())) {
        return Error(Errc::kPassphraseMismatch, "comparing the two entries");
    }
    return first;
}

bool PassphraseSource::file_is_open_to_others() const {
    if (settings_.fd.has_value() || !settings_.file.has_value()) return false;
    struct stat status{};
    return ::stat(settings_.file->c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
           (status.st_mode & (S_IRWXG | S_IRWXO)) != 0;
}

}  // namespace awda::cli
