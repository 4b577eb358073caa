// Goal: a computer that may let memory out to its disk is told of, and one that may not is left in
// peace. Method: folders that look as /proc and /sys do.
#include <doctest/doctest.h>

#include <algorithm>

#include "platform/host_check.h"
#include "tests/fakes/temp_folder.h"

using namespace awda;

namespace {

constexpr std::string_view kHead = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";

struct Host {
    Host() {
        paths.swaps = folder.path() / "swaps";
        paths.block = folder.path() / "block";
        paths.mounts = folder.path() / "mountinfo";
        paths.lock_limit = 8U << 20U;
        swaps("");
        put("mountinfo",
            "22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw\n"
            "30 22 254:1 / /home rw,relatime shared:2 - ext4 /dev/dm-1 rw\n"
            "31 22 0:5 / /dev rw - devtmpfs udev rw\n");
        make("sda2");
        make("dm-1");
        put("block/dm-1/dm/uuid", "CRYPT-LUKS2-00ff-home\n");
    }
    void put(const std::string& name, std::string_view text) const {
        const Path path = folder.path() / name;
        REQUIRE(make_folder(path.parent_path()).ok());
        REQUIRE(atomic_write(path, as_bytes(text)).ok());
    }
    void make(const std::string& device) const {
        REQUIRE(make_folder(folder.path() / "block" / device).ok());
    }
    void swaps(std::string_view lines) const {
        put("swaps", std::string(kHead) + std::string(lines));
    }
    [[nodiscard]] bool clear() const {
        const auto found = check_host(paths);
        return std::ranges::count(found, HostWarning::kSwapInClear) == 1;
    }

    fakes::TempFolder folder;
    HostPaths paths;
};

}  // namespace

TEST_CASE("without swap there is nothing to say") {
    const Host host;
    CHECK(check_host(host.paths).empty());
}

TEST_CASE("swap on a plain partition is told of, on an encrypted one or in memory it is not") {
    const Host host;
    host.swaps("/dev/sda2                               partition\t999420\t\t0\t\t-2\n");
    CHECK(host.clear());
    host.swaps("/dev/dm-1                               partition\t999420\t\t0\t\t-2\n");
    CHECK_FALSE(host.clear());
    host.swaps("/dev/zram0                              partition\t999420\t\t0\t\t100\n");
    CHECK_FALSE(host.clear());
    host.swaps(
        "/dev/zram0                              partition\t999420\t\t0\t\t100\n"
        "/dev/sda2                               partition\t999420\t\t0\t\t-2\n");
    CHECK(host.clear());
}

TEST_CASE("a logical volume is what lies below it") {
    const Host host;
    host.put("block/dm-5/dm/uuid", "LVM-abcdef\n");
    host.put("block/dm-5/slaves/dm-1/dev", "254:1\n");
    host.swaps("/dev/dm-5                               partition\t999420\t\t0\t\t-2\n");
    CHECK_FALSE(host.clear());
    host.put("block/dm-5/slaves/sda2/dev", "8:2\n");
    CHECK(host.clear());
}

TEST_CASE("a swap file is as safe as the disk it lies on") {
    const Host host;
    host.swaps("/swapfile                               file\t\t999420\t\t0\t\t-2\n");
    CHECK(host.clear());
    host.swaps("/home/swapfile                          file\t\t999420\t\t0\t\t-2\n");
    CHECK_FALSE(host.clear());
    host.swaps("/homely/swapfile                        file\t\t999420\t\t0\t\t-2\n");
    CHECK(host.clear());
}

TEST_CASE("a limit of locked memory that is too small for the keys is told of") {
    Host host;
    host.paths.lock_limit = 65'536;
    CHECK(check_host(host.paths) == std::vector{HostWarning::kLockedMemory});
    host.paths.lock_limit = kLockedMemoryNeeded;
    CHECK(check_host(host.paths).empty());
}

TEST_CASE("the kernel's files are read to their end, though it says that they are empty") {
    Host host;
    // No list of swaps, but read as one: each of its lines names a device that is not encrypted.
    host.paths.swaps = "/proc/self/status";
    REQUIRE(awda::file_size(host.paths.swaps).value() == 0);
    CHECK(host.clear());
}

TEST_CASE("what cannot be read or is no list of swaps is not warned of") {
    Host host;
    host.paths.swaps = host.folder.path() / "none";
    CHECK(check_host(host.paths).empty());
    host.put("swaps", std::string_view("\0\0\xff", 3));
    host.paths.swaps = host.folder.path() / "swaps";
    CHECK(check_host(host.paths).empty());
    CHECK(host_warning_name(HostWarning::kSwapInClear) == "swap_in_clear");
    static_cast<void>(check_host());  // of this very computer, whatever it is
}
