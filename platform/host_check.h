// host_check: what about this computer could let out what the vault keeps in. Looks only; says
// nothing of whose it is. Ownership: plain values. Threads: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "platform/files.h"

namespace awda {

enum class HostWarning : std::uint8_t {
    kSwapInClear,   ///< memory may be written to a disk that is not encrypted
    kLockedMemory,  ///< too little memory may be locked for keys and passphrases to stay out of
                    ///< swap
};
/// "swap_in_clear", "locked_memory".
[[nodiscard]] std::string_view host_warning_name(HostWarning warning);

/// Where it is looked; programs use the defaults.
struct HostPaths {
    Path swaps = "/proc/swaps";
    Path block = "/sys/class/block";  ///< "dm-0/dm/uuid", "sda2/partition", "zram0"
    Path mounts = "/proc/self/mountinfo";
    std::optional<std::uint64_t> lock_limit{};  ///< bytes; the process's own if empty
};

/// Locked memory that keys, passphrases and what is typed into secret fields need at the most.
inline constexpr std::uint64_t kLockedMemoryNeeded = 1U << 20U;

/// What cannot be read is not warned of: a guess would teach officers to look away.
[[nodiscard]] std::vector<HostWarning> check_host(const HostPaths& paths = {});

}  // namespace awda
