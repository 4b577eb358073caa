// UnlockGuard: what happens to wrong passphrases while the vault is locked.
//
// Two small side files: a count that makes the next try wait (1, 2, 4 … 60 seconds; nothing is ever
// erased), and the failures themselves, sealed to the device's own key so that they can be entered
// in the log at the next unlock and read by nobody before. Both are best effort: a full disk must
// not keep an officer out. Threads: under the vault's lock file.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "platform/clock.h"
#include "platform/crypto.h"
#include "platform/files.h"
#include "platform/ids.h"

namespace awda::agent {

inline constexpr std::int64_t kUnlockDelayMaxMs = 60'000;
inline constexpr std::size_t kFailuresMax = 1000;
inline constexpr std::uint32_t kManyTries = 10;

struct UnlockFailure {
    UnixMs claimed_ms = 0;
    OfficerId officer;  ///< empty when the name was nobody's
};

/// The failures of one side file. `file` tells one side file from the next, so that a crash between
/// entering and removing it cannot enter them twice.
struct FailureFile {
    std::array<std::uint8_t, 16> file{};
    std::vector<UnlockFailure> failures;
};

class UnlockGuard {
public:
    explicit UnlockGuard(const Path& folder);
    /// Milliseconds still to wait; 0 when the next try is heard.
    [[nodiscard]] std::int64_t delay_ms(UnixMs now) const;
    /// Counts a try before it is judged, so that pulling the plug does not win one.
    void count_try(UnixMs now) const;
    void forget_tries() const;
    /// True from the tenth wrong try in a row on: somebody must be asked for help.
    [[nodiscard]] bool many_tries() const;

    void keep_failure(const UnlockFailure& failure, const SealPublic& device, Random& random) const;
    /// What the side file holds; entries that do not open are left out.
    [[nodiscard]] FailureFile failures(const SealKey& device) const;
    void remove_failures() const;

private:
    struct Tries {
        std::uint32_t count = 0;
        UnixMs last_ms = 0;
    };
    [[nodiscard]] Tries tries() const;
    void keep(const Tries& tries) const;

    Path delay_path_;
    Path failures_path_;
};

}  // namespace awda::agent
