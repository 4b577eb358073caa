#include "platform/dead_stack.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>

#include "platform/secret.h"

namespace awda {

namespace {

/// Left alone by the walk over pages, since the calls it makes lie there; wiped afterwards.
constexpr std::size_t kNear = 16U * 1024U;

[[gnu::noinline]] void wipe_near() {
    std::array<std::uint8_t, 2 * kNear> here{};
    wipe(here);
}

/// From `top` downwards to where the stack ends or was never used.
void wipe_pages(std::uintptr_t bottom, std::uintptr_t top) {
    const auto page_size = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    for (std::uintptr_t page = top & ~(page_size - 1); page >= bottom + page_size;) {
        page -= page_size;
        // NOLINTNEXTLINE(performance-no-int-to-ptr): an address is all that there is
        void* const start = reinterpret_cast<void*>(page);
        unsigned char resident = 0;
        if (::mincore(start, page_size, &resident) != 0) return;  // not mapped: the stack ends
        if ((resident & 1U) != 0) std::memset(start, 0, page_size);
        // What was swapped out goes too, and the memory is given back.
        ::madvise(start, page_size, MADV_DONTNEED);
    }
}

}  // namespace

[[gnu::noinline]] void wipe_dead_stack() {
#if !defined(__SANITIZE_ADDRESS__)  // which has a stack of its own making
    pthread_attr_t attributes;
    if (::pthread_getattr_np(::pthread_self(), &attributes) == 0) {
        void* low = nullptr;
        std::size_t size = 0;
        ::pthread_attr_getstack(&attributes, &low, &size);
        ::pthread_attr_destroy(&attributes);
        const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
        wipe_pages(reinterpret_cast<std::uintptr_t>(low), here - kNear);
    }
#endif
    wipe_near();
}

}  // namespace awda
