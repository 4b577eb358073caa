// Every block of memory is wiped before it is given back, whoever gives it back: ours, Dear ImGui,
// SQLCipher, OpenSSL, curl, ICU, X11, Mesa, stdio. What an officer typed has been in all of them.
//
// Works by defining free() and realloc() in the program itself: the dynamic linker then hands these
// to every library, and operator delete ends here too. Memory still comes from glibc, whose own two
// functions these call. An object of its own, linked into the programs and not part of the library:
// a sanitizer brings its own free(). Threads: any, as free(). Before main it runs without anything
// of C++ being ready, so it uses nothing of ours.
#include <malloc.h>

#include <cstddef>
#include <cstring>

// The names under which glibc exports its own.
extern "C" {
void* __libc_malloc(std::size_t size);                // NOLINT(bugprone-reserved-identifier)
void* __libc_realloc(void* block, std::size_t size);  // NOLINT(bugprone-reserved-identifier)
void __libc_free(void* block);                        // NOLINT(bugprone-reserved-identifier)
}

namespace {

void wipe_block(void* block, std::size_t size) {
    std::memset(block, 0, size);
    asm volatile("" : : "r"(block) : "memory");  // the block is read after this, as far as is known
}

}  // namespace

extern "C" void free(void* block) noexcept {
    if (block == nullptr) return;
    wipe_block(block, malloc_usable_size(block));
    __libc_free(block);
}

extern "C" void* realloc(void* block, std::size_t size) noexcept {
    if (block == nullptr) return __libc_malloc(size);
    if (size == 0) {
        free(block);
        return nullptr;
    }
    const std::size_t room = malloc_usable_size(block);
    if (size <= room) {
        wipe_block(static_cast<char*>(block) + size, room - size);
        return __libc_realloc(block, size);
    }
    // glibc would move the block and leave the old one as it was.
    void* moved = __libc_malloc(size);
    if (moved == nullptr) return nullptr;
    std::memcpy(moved, block, room);
    free(block);
    return moved;
}
