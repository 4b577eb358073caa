#include "tests/crash/file_recorder.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <map>
#include <optional>
#include <unordered_map>

#include "platform/result.h"

namespace awda::crash {
namespace {

/// One folder's files while they are watched.
struct Watch {
    std::string folder;  ///< canonical, without a slash at the end
    std::vector<FileOp> ops;
    std::map<std::string, std::uint32_t> names;
    std::unordered_map<int, std::uint32_t> files;  ///< by descriptor
    std::unordered_map<int, std::string> folders;
    std::unordered_map<int, std::uint64_t> cursors;
    std::uint32_t next = 0;
};

Watch* g_watch = nullptr;
int g_no_flush = 0;

/// The path from the watched folder on; nothing for what lies elsewhere.
std::optional<std::string> inside(const char* path) {
    if (g_watch == nullptr || path == nullptr) return std::nullopt;
    const std::string_view full(path);
    const std::string& folder = g_watch->folder;
    if (full == folder) return std::string();
    if (!full.starts_with(folder) || full[folder.size()] != '/') return std::nullopt;
    if (full.ends_with("-shm") || full.ends_with(".lock")) return std::nullopt;
    return std::string(full.substr(folder.size() + 1));
}

void opened(int fd, const char* path, int flags) {
    const auto name = inside(path);
    if (fd < 0 || !name) return;
    struct stat info{};
    if (::fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
        g_watch->folders[fd] = *name;
        return;
    }
    const auto [at, made] = g_watch->names.try_emplace(*name, g_watch->next);
    if (made) {
        ++g_watch->next;
        g_watch->ops.push_back({FileOp::Kind::kMake, at->second, 0, {}, *name, {}});
    } else if ((flags & O_TRUNC) != 0) {
        g_watch->ops.push_back({FileOp::Kind::kTruncate, at->second, 0, {}, {}, {}});
    }
    g_watch->files[fd] = at->second;
    g_watch->cursors[fd] = 0;
}

void written(int fd, const void* data, ssize_t count, std::uint64_t offset) {
    if (g_watch == nullptr || count <= 0) return;
    const auto found = g_watch->files.find(fd);
    if (found == g_watch->files.end()) return;
    const auto* bytes = static_cast<const std::uint8_t*>(data);
    g_watch->ops.push_back(
        {FileOp::Kind::kWrite, found->second, offset, Bytes(bytes, bytes + count), {}, {}});
}

void truncated(int fd, std::uint64_t size) {
    if (g_watch == nullptr) return;
    const auto found = g_watch->files.find(fd);
    if (found == g_watch->files.end()) return;
    g_watch->ops.push_back({FileOp::Kind::kTruncate, found->second, size, {}, {}, {}});
}

void flushed(int fd) {
    if (g_watch == nullptr) return;
    if (const auto file = g_watch->files.find(fd); file != g_watch->files.end()) {
        g_watch->ops.push_back({FileOp::Kind::kSync, file->second, 0, {}, {}, {}});
    } else if (const auto folder = g_watch->folders.find(fd); folder != g_watch->folders.end()) {
        g_watch->ops.push_back({FileOp::Kind::kSyncFolder, 0, 0, {}, folder->second, {}});
    }
}

void renamed(const char* from, const char* to) {
    const auto old_name = inside(from);
    const auto new_name = inside(to);
    if (!old_name || !new_name) return;
    const auto found = g_watch->names.find(*old_name);
    if (found == g_watch->names.end()) return;
    g_watch->names[*new_name] = found->second;
    g_watch->names.erase(*old_name);
    g_watch->ops.push_back({FileOp::Kind::kRename, 0, 0, {}, *old_name, *new_name});
}

void unlinked(const char* path) {
    const auto name = inside(path);
    if (!name || g_watch->names.erase(*name) == 0) return;
    g_watch->ops.push_back({FileOp::Kind::kUnlink, 0, 0, {}, *name, {}});
}

void made_folder(const char* path) {
    if (const auto name = inside(path)) {
        g_watch->ops.push_back({FileOp::Kind::kMakeFolder, 0, 0, {}, *name, {}});
    }
}

}  // namespace

FileRecorder::FileRecorder(const std::filesystem::path& folder) {
    AWDA_ASSERT(g_watch == nullptr);
    auto* watch = new Watch;
    watch->folder = std::filesystem::canonical(folder).string();
    for (const std::string& name : files_below(folder)) watch->names[name] = watch->next++;
    g_watch = watch;
    ++g_no_flush;
}

FileRecorder::~FileRecorder() {
    --g_no_flush;
    delete std::exchange(g_watch, nullptr);
}

const std::vector<FileOp>& FileRecorder::ops() const {
    return g_watch->ops;
}

std::vector<std::string> FileRecorder::files_below(const std::filesystem::path& folder) {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        const std::string name = std::filesystem::relative(entry.path(), folder).string();
        if (!entry.is_regular_file() || name.ends_with("-shm") || name.ends_with(".lock")) continue;
        out.push_back(name);
    }
    std::sort(out.begin(), out.end());
    return out;
}

NoFlush::NoFlush() {
    ++g_no_flush;
}
NoFlush::~NoFlush() {
    --g_no_flush;
}

}  // namespace awda::crash

// These stand before libc's for the whole program, and do what libc's do. ------------------------

namespace {

using namespace awda::crash;

int real_open(const char* path, int flags, mode_t mode) {
    const auto fd = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
    opened(fd, path, flags);
    return fd;
}

mode_t mode_of(int flags, va_list rest) {
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? static_cast<mode_t>(va_arg(rest, int)) : 0;
}

ssize_t real_pwrite(int fd, const void* data, size_t count, off_t offset) {
    const ssize_t done = ::syscall(SYS_pwrite64, fd, data, count, offset);
    written(fd, data, done, static_cast<std::uint64_t>(offset));
    return done;
}

int real_ftruncate(int fd, off_t size) {
    const auto done = static_cast<int>(::syscall(SYS_ftruncate, fd, size));
    if (done == 0) truncated(fd, static_cast<std::uint64_t>(size));
    return done;
}

int real_flush(int fd, long call) {
    const int done = g_no_flush > 0 ? 0 : static_cast<int>(::syscall(call, fd));
    if (done == 0) flushed(fd);
    return done;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return real_open(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return real_open(path, flags, mode);
}

int close(int fd) {
    if (g_watch != nullptr) {
        g_watch->files.erase(fd);
        g_watch->folders.erase(fd);
        g_watch->cursors.erase(fd);
    }
    return static_cast<int>(::syscall(SYS_close, fd));
}

ssize_t write(int fd, const void* data, size_t count) {
    const ssize_t done = ::syscall(SYS_write, fd, data, count);
    if (g_watch != nullptr && done > 0 && g_watch->files.contains(fd)) {
        written(fd, data, done, g_watch->cursors[fd]);
        g_watch->cursors[fd] += static_cast<std::uint64_t>(done);
    }
    return done;
}

ssize_t pwrite(int fd, const void* data, size_t count, off_t offset) {
    return real_pwrite(fd, data, count, offset);
}
ssize_t pwrite64(int fd, const void* data, size_t count, off64_t offset) {
    return real_pwrite(fd, data, count, offset);
}
int ftruncate(int fd, off_t size) noexcept {
    return real_ftruncate(fd, size);
}
int ftruncate64(int fd, off64_t size) noexcept {
    return real_ftruncate(fd, size);
}
int fsync(int fd) {
    return real_flush(fd, SYS_fsync);
}
int fdatasync(int fd) {
    return real_flush(fd, SYS_fdatasync);
}

// Every allocation of SQLCipher is locked into memory and unlocked again: most of an opening's
// time.
int mlock(const void* start, size_t size) noexcept {
    return g_no_flush > 0 ? 0 : static_cast<int>(::syscall(SYS_mlock, start, size));
}
int munlock(const void* start, size_t size) noexcept {
    return g_no_flush > 0 ? 0 : static_cast<int>(::syscall(SYS_munlock, start, size));
}

int rename(const char* from, const char* to) noexcept {
    const auto done = static_cast<int>(::syscall(SYS_rename, from, to));
    if (done == 0) renamed(from, to);
    return done;
}

int unlink(const char* path) noexcept {
    const auto done = static_cast<int>(::syscall(SYS_unlink, path));
    if (done == 0) unlinked(path);
    return done;
}

int mkdir(const char* path, mode_t mode) noexcept {
    const auto done = static_cast<int>(::syscall(SYS_mkdir, path, mode));
    if (done == 0) made_folder(path);
    return done;
}

}  // extern "C"
