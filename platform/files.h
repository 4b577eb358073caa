// files: the file system, with durability spelled out.
//
// Paths are UTF-8. Every write that must survive power loss goes through atomic_write (temporary
// file, fsync, rename, fsync of the directory). Files are made 0600 and folders 0700: nobody else
// on a shared laptop has business in them. Threads: pure functions; a FileLock belongs to its
// creator.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/bytes.h"

namespace awda {

using Path = std::filesystem::path;

[[nodiscard]] bool file_exists(const Path& path);  ///< a file or a folder
/// Size in bytes. kNotFound, kIo.
[[nodiscard]] Result<std::uint64_t> file_size(const Path& path);
/// The whole file. kNotFound; kTooLarge beyond `limit` bytes, before anything is read; kIo.
[[nodiscard]] Result<Bytes> read_file(const Path& path, std::uint64_t limit = 256U << 20U);
/// All of `data` under `path`, or the old content: never a mixture. kDiskFull, kIo.
[[nodiscard]] Status atomic_write(const Path& path, ByteView data);
/// Makes the folder and its parents, 0700.
[[nodiscard]] Status make_folder(const Path& path);
/// Removes a file; a missing one is fine.
[[nodiscard]] Status remove_file(const Path& path);
/// rename, then fsync of the target's folder.
[[nodiscard]] Status rename_file(const Path& from, const Path& to);
/// Names (not paths) of the regular files in a folder, sorted.
[[nodiscard]] Result<std::vector<std::string>> list_files(const Path& folder);
enum class EntryKind : std::uint8_t { kFile, kFolder, kOther };
struct FolderEntry {
    std::string name;
    EntryKind kind = EntryKind::kOther;
};
/// Everything in a folder that others may have filled, sorted by name; links are not followed, but
/// kOther. kTooLarge beyond `limit` entries.
[[nodiscard]] Result<std::vector<FolderEntry>> list_entries(const Path& folder, std::size_t limit);
/// Makes a rename or a new file in `folder` durable.
[[nodiscard]] Status sync_folder(const Path& folder);
/// Bytes free for us on the file system that holds `path`.
[[nodiscard]] Result<std::uint64_t> free_space(const Path& path);

/// A file opened for positioned writes and appends; closed by the destructor.
class OutputFile {
public:
    /// Opens or makes it, keeps its content.
    static Result<OutputFile> open(const Path& path);
    OutputFile(OutputFile&& other) noexcept;
    OutputFile& operator=(OutputFile&& other) noexcept;
    ~OutputFile();
    [[nodiscard]] Status write_at(std::uint64_t offset, ByteView data);
    [[nodiscard]] Status truncate(std::uint64_t size);
    [[nodiscard]] Status sync();
    [[nodiscard]] Result<std::uint64_t> size() const;

private:
    explicit OutputFile(int fd) : fd_(fd) {}
    int fd_ = -1;
};

/// A file opened for positioned reads.
class InputFile {
public:
    static Result<InputFile> open(const Path& path);
    InputFile(InputFile&& other) noexcept;
    InputFile& operator=(InputFile&& other) noexcept;
    ~InputFile();
    /// Up to out.size() bytes; fewer only at the end of the file.
    [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset,
                                              std::span<std::uint8_t> out) const;
    [[nodiscard]] Result<std::uint64_t> size() const;

private:
    explicit InputFile(int fd) : fd_(fd) {}
    int fd_ = -1;
};

/// An advisory lock on a file, released by the destructor or by the death of the process.
class FileLock {
public:
    /// kBusy when another process holds it.
    static Result<FileLock> take(const Path& path);
    FileLock(FileLock&& other) noexcept;
    FileLock& operator=(FileLock&& other) noexcept;
    ~FileLock();

private:
    explicit FileLock(int fd) : fd_(fd) {}
    int fd_ = -1;
};

/// $XDG_DATA_HOME/awda or ~/.local/share/awda: where a user's vault lies unless told otherwise.
[[nodiscard]] Path default_data_folder();
/// A read-only file that ships with Awda ("forms/library/…", "fonts/…"): looked for under
/// $AWDA_SHARE, beside the program (../share/awda), in the source tree it was built from, and in
/// /usr/share/awda. kNotFound.
[[nodiscard]] Result<Path> shipped_file(std::string_view relative);

}  // namespace awda
