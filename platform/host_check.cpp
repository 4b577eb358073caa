#include "platform/host_check.h"

#include <sys/resource.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace awda {

namespace {

constexpr std::uint64_t kProcFileMax = 1U << 20U;
constexpr int kLayersMax = 8;

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(at), text.size());
        if (end > 0) out.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

/// Of /proc and /sys, whose files have another size than they say: read to their end, whatever it.
std::string read_text(const Path& path) {
    const auto file = InputFile::open(path);
    if (!file.ok()) return {};
    Bytes bytes(kProcFileMax);
    const auto got = file->read_at(0, bytes);
    return got.ok() ? std::string(as_text(ByteView(bytes).first(*got))) : std::string();
}

/// The kernel's name of a block device ("dm-0" for "/dev/mapper/swap"), or "".
std::string block_name(const Path& device) {
    std::error_code failed;
    const Path real = std::filesystem::canonical(device, failed);
    return (failed ? device : real).filename().string();
}

/// Whether what is written to a block device is encrypted, or stays in memory, on one of the layers
/// below it.
bool sealed_device(const HostPaths& paths, const std::string& name, int layers = 0) {
    if (name.empty() || layers > kLayersMax) return false;
    if (name.starts_with("zram")) return true;
    const Path folder = paths.block / name;
    if (read_text(folder / "dm" / "uuid").starts_with("CRYPT-")) return true;
    std::error_code failed;
    bool any = false;
    for (const auto& below : std::filesystem::directory_iterator(folder / "slaves", failed)) {
        any = true;
        if (!sealed_device(paths, below.path().filename().string(), layers + 1)) return false;
    }
    return any;
}

/// The device that the file system of `file` is on: of the longest mount point that holds it.
std::string device_below(const HostPaths& paths, const Path& file) {
    std::string best;
    std::string source;
    const std::string text = read_text(paths.mounts);
    for (const std::string_view line : split(text, '\n')) {
        // "36 35 98:0 /root /mnt rw,noatime shared:1 - ext4 /dev/sda1 rw"
        const std::size_t dash = line.find(" - ");
        const auto head = split(line, ' ');
        if (dash == std::string_view::npos || head.size() < 5) continue;
        const auto tail = split(line.substr(dash + 3), ' ');
        const std::string mount(head[4]);
        const std::string place = file.string();
        const bool holds = mount == "/" || place.starts_with(mount + "/");
        if (!holds || tail.size() < 2 || mount.size() < best.size()) continue;
        best = mount;
        source = std::string(tail[1]);
    }
    return source.starts_with("/dev/") ? block_name(source) : std::string();
}

/// "Filename Type Size Used Priority", then a line for each.
bool swap_in_clear(const HostPaths& paths) {
    const std::string text = read_text(paths.swaps);
    bool first = true;
    for (const std::string_view line : split(text, '\n')) {
        if (std::exchange(first, false)) continue;
        std::string fields(line);
        for (char& c : fields) c = c == '\t' ? ' ' : c;
        const auto words = split(fields, ' ');
        if (words.size() < 2) continue;
        const Path path{std::string(words[0])};
        const std::string device =
            words[1] == "file" ? device_below(paths, path) : block_name(path);
        if (!sealed_device(paths, device)) return true;
    }
    return false;
}

std::uint64_t lock_limit(const HostPaths& paths) {
    if (paths.lock_limit) return *paths.lock_limit;
    rlimit limit{};
    if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        return std::numeric_limits<std::uint64_t>::max();
    }
    return limit.rlim_cur;
}

}  // namespace

std::string_view host_warning_name(HostWarning warning) {
    switch (warning) {
        case HostWarning::kSwapInClear: return "swap_in_clear";
        case HostWarning::kLockedMemory: return "locked_memory";
    }
    return "";
}

std::vector<HostWarning> check_host(const HostPaths& paths) {
    std::vector<HostWarning> found;
    if (swap_in_clear(paths)) found.push_back(HostWarning::kSwapInClear);
    if (lock_limit(paths) < kLockedMemoryNeeded) found.push_back(HostWarning::kLockedMemory);
    return found;
}

}  // namespace awda
