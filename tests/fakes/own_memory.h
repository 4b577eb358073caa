// OwnMemory: looks for bytes in the memory of the process it runs in, by /proc/self/mem.
//
// What is looked for is given turned over, bit by bit, so that the looking itself does not leave it
// lying about. Threads: one at a time; others may go on meanwhile.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace awda::fakes {

[[nodiscard]] inline std::string turned_over(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = static_cast<char>(~c);
    return out;
}

class OwnMemory {
public:
    OwnMemory() : memory_(::open("/proc/self/mem", O_RDONLY | O_CLOEXEC)) {
        void* mapped =
            ::mmap(nullptr, kRoom, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapped == MAP_FAILED || memory_ < 0) throw std::runtime_error("/proc/self/mem");
        room_ = static_cast<char*>(mapped);
    }
    OwnMemory(const OwnMemory&) = delete;
    OwnMemory& operator=(const OwnMemory&) = delete;
    ~OwnMemory() {
        ::close(memory_);
        ::munmap(room_, kRoom);
    }

    /// How often `turned` stands, turned back, in memory that can be read and written.
    [[nodiscard]] std::size_t count(std::string_view turned) {
        const auto own = reinterpret_cast<std::uintptr_t>(room_);
        std::size_t found = 0;
        std::ifstream maps("/proc/self/maps");
        for (std::string line; std::getline(maps, line);) {
            std::uintptr_t begin = 0;
            std::uintptr_t end = 0;
            char kind[5] = "";
            if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, kind) != 3) continue;
            if (std::string_view(kind).substr(0, 2) != "rw") continue;
            // Our own room holds what was read before.
            if (end <= own || begin >= own + kRoom) {
                found += count_between(begin, end, turned);
                continue;
            }
            found += count_between(begin, own, turned);
            found += count_between(own + kRoom, end, turned);
        }
        return found;
    }

private:
    static constexpr std::size_t kRoom = std::size_t{1} << 20U;

    std::size_t count_between(std::uintptr_t at, std::uintptr_t end, std::string_view turned) {
        std::size_t found = 0;
        for (; at < end; at += kRoom - turned.size() + 1) {
            const auto got = ::pread(memory_, room_, std::min<std::size_t>(kRoom, end - at),
                                     static_cast<off_t>(at));
            if (got < static_cast<ssize_t>(turned.size())) break;
            const char* const last = room_ + got - turned.size();
            for (const char* p = room_; p <= last; ++p) {
                const auto same = [](char seen, char wanted) {
                    return seen == static_cast<char>(~wanted);
                };
                if (std::equal(p, p + turned.size(), turned.begin(), same)) ++found;
            }
        }
        return found;
    }

    int memory_;
    char* room_ = nullptr;
};

[[nodiscard]] inline std::size_t count_in_own_memory(std::string_view turned) {
    return OwnMemory().count(turned);
}

}  // namespace awda::fakes
