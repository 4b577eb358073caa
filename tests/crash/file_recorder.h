// FileRecorder: what this program does to the files of one folder, in order, as the raw material of
// simulated power cuts (tests/crash/faulty_disk.h).
//
// Method: the program's own open, write, fsync, rename … stand before libc's, so that SQLCipher's
// calls are seen as well as ours. Reading and locking are not of interest; a write-ahead log's
// index (-shm) is memory that SQLite makes anew. While a recorder lives nothing is really flushed:
// only the order counts. Ownership: one recorder at a time. Threads: the recorded folder is used by
// one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "platform/bytes.h"

namespace awda::crash {

struct FileOp {
    enum class Kind : std::uint8_t {
        kMake,        ///< `path` names a new, empty `file`
        kWrite,       ///< `data` at `offset` of `file`
        kTruncate,    ///< `file` to `offset` bytes
        kSync,        ///< fsync or fdatasync of `file`
        kRename,      ///< `path` to `to`
        kUnlink,      ///< `path` goes
        kMakeFolder,  ///< `path`
        kSyncFolder,  ///< fsync of the folder `path`
    };
    Kind kind{};
    std::uint32_t file = 0;
    std::uint64_t offset = 0;
    Bytes data;
    std::string path;  ///< from the folder on: "vault.db", "outbox/7.batch", "" for itself
    std::string to;
};

class FileRecorder {
public:
    /// Files that are there already are numbered in the order of their names.
    explicit FileRecorder(const std::filesystem::path& folder);
    FileRecorder(const FileRecorder&) = delete;
    FileRecorder& operator=(const FileRecorder&) = delete;
    ~FileRecorder();

    [[nodiscard]] const std::vector<FileOp>& ops() const;
    /// Regular files below the folder, sorted, as FaultyDisk numbers them too.
    [[nodiscard]] static std::vector<std::string> files_below(const std::filesystem::path& folder);
};

/// While it lives this program flushes nothing to the disk and locks nothing into memory, which
/// makes tests quick.
class NoFlush {
public:
    NoFlush();
    NoFlush(const NoFlush&) = delete;
    NoFlush& operator=(const NoFlush&) = delete;
    ~NoFlush();
};

}  // namespace awda::crash
