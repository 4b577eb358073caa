#include "platform/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "platform/fd.h"

namespace awda {

namespace {

Error os_error(LiteralText context, std::source_location where = std::source_location::current()) {
    const int code = errno;
    switch (code) {
        case ENOENT:
        case ENOTDIR: return {Errc::kNotFound, context, code, where};
        case ENOSPC:
        case EDQUOT:
        case EFBIG: return {Errc::kDiskFull, context, code, where};
        default: return {Errc::kIo, context, code, where};
    }
}

Status write_all(int fd, std::uint64_t offset, ByteView data) {
    while (!data.empty()) {
        const ssize_t n = ::pwrite(fd, data.data(), data.size(), static_cast<off_t>(offset));
        if (n < 0) {
            if (errno == EINTR) continue;
            return os_error("writing a file");
        }
        offset += static_cast<std::uint64_t>(n);
        data = data.subspan(static_cast<std::size_t>(n));
    }
    return {};
}

Path folder_of(const Path& path) {
    const Path parent = path.parent_path();
    return parent.empty() ? Path(".") : parent;
}

}  // namespace

bool file_exists(const Path& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
}

Result<std::uint64_t> file_size(const Path& path) {
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) return os_error("looking at a file");
    if (!S_ISREG(info.st_mode)) return Error(Errc::kIo, "not a regular file");
    return static_cast<std::uint64_t>(info.st_size);
}

Result<Bytes> read_file(const Path& path, std::uint64_t limit) {
    const InputFile file = AWDA_TRY(InputFile::open(path));
    const std::uint64_t size = AWDA_TRY(file.size());
    if (size > limit) return Error(Errc::kTooLarge, "a file larger than its kind may be");
    Bytes data(size);
    const std::size_t got = AWDA_TRY(file.read_at(0, data));
    data.resize(got);
    return data;
}

Status atomic_write(const Path& path, ByteView data) {
    Path temporary = path;
    temporary += ".tmp";
    const Fd fd(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd.valid()) return os_error("making a temporary file");
    const auto abandon = [&](Error error) -> Status {
        ::unlink(temporary.c_str());
        return error;
    };
    if (const Status written = write_all(fd.get(), 0, data); !written.ok()) {
        return abandon(written.error());
    }
    if (::fsync(fd.get()) != 0) return abandon(os_error("flushing a file"));
    if (::rename(temporary.c_str(), path.c_str()) != 0) return abandon(os_error("renaming a file"));
    return sync_folder(folder_of(path));
}

Status make_folder(const Path& path) {
    if (path.empty()) return {};
    struct stat info{};
    if (::stat(path.c_str(), &info) == 0) {
        if (S_ISDIR(info.st_mode)) return {};
        return Error(Errc::kIo, "a file stands where a folder is needed");
    }
    AWDA_CHECK(make_folder(path.parent_path()));
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return os_error("making a folder");
    return sync_folder(folder_of(path));
}

Status remove_file(const Path& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return os_error("removing a file");
    return {};
}

Status rename_file(const Path& from, const Path& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) return os_error("renaming a file");
    return sync_folder(folder_of(to));
}

Result<std::vector<std::string>> list_files(const Path& folder) {
    std::error_code code;
    std::vector<std::string> names;
    for (std::filesystem::directory_iterator it(folder, code), end; !code && it != end;
         it.increment(code)) {
        std::error_code ignored;
        if (it->is_regular_file(ignored)) names.push_back(it->path().filename().string());
    }
    if (code) {
        errno = code.value();
        return os_error("listing a folder");
    }
    std::sort(names.begin(), names.end());
    return names;
}

Result<std::vector<FolderEntry>> list_entries(const Path& folder, std::size_t limit) {
    std::error_code code;
    std::vector<FolderEntry> entries;
    for (std::filesystem::directory_iterator it(folder, code), end; !code && it != end;
         it.increment(code)) {
        if (entries.size() == limit) return Error(Errc::kTooLarge, "a folder with too many files");
        std::error_code ignored;
        const std::filesystem::file_status status = it->symlink_status(ignored);
        EntryKind kind = EntryKind::kOther;
        if (std::filesystem::is_regular_file(status)) kind = EntryKind::kFile;
        if (std::filesystem::is_directory(status)) kind = EntryKind::kFolder;
        entries.push_back({it->path().filename().string(), kind});
    }
    if (code) {
        errno = code.value();
        return os_error("listing a folder");
    }
    std::ranges::sort(entries, {}, &FolderEntry::name);
    return entries;
}

Status sync_folder(const Path& folder) {
    const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid()) return os_error("opening a folder");
    // Some file systems (FAT on sticks) cannot flush a folder and say so with EINVAL.
    if (::fsync(fd.get()) != 0 && errno != EINVAL) return os_error("flushing a folder");
    return {};
}

Result<std::uint64_t> free_space(const Path& path) {
    struct statvfs info{};
    if (::statvfs(path.c_str(), &info) != 0) return os_error("asking for free space");
    return std::uint64_t{info.f_bavail} * info.f_frsize;
}

Result<OutputFile> OutputFile::open(const Path& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return os_error("opening a file for writing");
    return OutputFile(fd);
}
OutputFile::OutputFile(OutputFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}
OutputFile::~OutputFile() {
    if (fd_ >= 0) ::close(fd_);
}
Status OutputFile::write_at(std::uint64_t offset, ByteView data) {
    return write_all(fd_, offset, data);
}
Status OutputFile::truncate(std::uint64_t size) {
    if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) return os_error("truncating a file");
    return {};
}
Status OutputFile::sync() {
    if (::fsync(fd_) != 0) return os_error("flushing a file");
    return {};
}

namespace {
Result<std::uint64_t> size_of(int fd) {
    struct stat info{};
    if (::fstat(fd, &info) != 0) return os_error("looking at an open file");
    if (!S_ISREG(info.st_mode)) return Error(Errc::kIo, "not a regular file");
    return static_cast<std::uint64_t>(info.st_size);
}
}  // namespace

Result<std::uint64_t> OutputFile::size() const {
    return size_of(fd_);
}

Result<InputFile> InputFile::open(const Path& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return os_error("opening a file");
    return InputFile(fd);
}
InputFile::InputFile(InputFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
InputFile& InputFile::operator=(InputFile&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}
InputFile::~InputFile() {
    if (fd_ >= 0) ::close(fd_);
}

Result<std::size_t> InputFile::read_at(std::uint64_t offset, std::span<std::uint8_t> out) const {
    std::size_t got = 0;
    while (got < out.size()) {
        const ssize_t n =
            ::pread(fd_, out.data() + got, out.size() - got, static_cast<off_t>(offset + got));
        if (n < 0) {
            if (errno == EINTR) continue;
            return os_error("reading a file");
        }
        if (n == 0) break;
        got += static_cast<std::size_t>(n);
    }
    return got;
}

Result<std::uint64_t> InputFile::size() const {
    return size_of(fd_);
}

Result<FileLock> FileLock::take(const Path& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return os_error("opening a lock file");
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        const bool held = errno == EWOULDBLOCK;
        const Error error =
            held ? Error(Errc::kBusy, "a lock is held elsewhere") : os_error("locking");
        ::close(fd);
        return error;
    }
    return FileLock(fd);
}
FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
FileLock& FileLock::operator=(FileLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}
FileLock::~FileLock() {
    if (fd_ >= 0) ::close(fd_);
}

Path default_data_folder() {
    if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data == '/') {
        return Path(data) / "awda";
    }
    const char* home = std::getenv("HOME");
    return Path(home != nullptr ? home : ".") / ".local" / "share" / "awda";
}

Result<Path> shipped_file(std::string_view relative) {
    std::vector<Path> places;
    if (const char* share = std::getenv("AWDA_SHARE"); share != nullptr && *share != '\0') {
        places.emplace_back(share);
    }
    std::error_code ignored;
    const Path program = std::filesystem::read_symlink("/proc/self/exe", ignored);
    if (!program.empty()) {
        const Path build = program.parent_path().parent_path();
        places.push_back(build / "share" / "awda");
    }
    places.emplace_back(AWDA_SOURCE_FOLDER);
    places.emplace_back("/usr/share/awda");
    for (const Path& place : places) {
        if (const Path candidate = place / relative; file_exists(candidate)) return candidate;
    }
    return Error(Errc::kNotFound, "a file that ships with Awda");
}

}  // namespace awda
