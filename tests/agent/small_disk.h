// SmallDisk: a file system of a few megabytes at a folder, to be filled up and freed again.
//
// Needs the right to mount; a test that can't have one says so with AWDA_SKIP. Threads: one.
#pragma once

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "platform/files.h"

namespace awda::agent::test {

class SmallDisk {
public:
    explicit SmallDisk(Path folder) : folder_(std::move(folder)) {
        if (!make_folder(folder_).ok()) return;
        mounted_ = ::mount("none", folder_.c_str(), "tmpfs", 0, "size=24m,mode=700") == 0;
    }
    ~SmallDisk() {
        if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    [[nodiscard]] bool mounted() const { return mounted_; }
    void fill() const {
        const int fd = ::open(filler().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        const std::vector<char> block(4096, 'x');
        while (::write(fd, block.data(), block.size()) > 0) {
        }
        ::close(fd);
    }
    void free() const { ::unlink(filler().c_str()); }

private:
    [[nodiscard]] std::string filler() const { return (folder_ / "filler").string(); }

    Path folder_;
    bool mounted_ = false;
};

}  // namespace awda::agent::test
