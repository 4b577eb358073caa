// FaultyDisk: a disk that loses power: what may be on it after a cut, given what was done to it.
//
// Fault model. What was flushed is there. Of what was not: each 512-byte sector of each write is
// there, or not, or holds noise (a torn sector); a truncation happened or not. Names are a journal
// per folder: what was made, renamed or removed since the folder's last flush happened up to some
// moment and not after it; flushing a file does not flush its name. Bytes outside of a write are
// never harmed, which SQLite takes for granted too (SQLITE_POWERSAFE_OVERWRITE). Stricter than ext4
// with its defaults, which flushes a new file's name along with it.
// Ownership: a value. Threads: one.
#pragma once

#include <deque>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "platform/crypto.h"
#include "tests/crash/file_recorder.h"

namespace awda::crash {

class FaultyDisk {
public:
    /// What the folder holds now, all of it flushed.
    explicit FaultyDisk(const std::filesystem::path& folder);

    void apply(const FileOp& op);

    using Image = std::map<std::string, Bytes>;
    /// What is left when the power goes now.
    [[nodiscard]] Image cut(Random& random) const;
    /// What is left when it goes after everything reached the disk.
    [[nodiscard]] Image whole() const;
    /// Writes an image into an empty folder.
    static void put(const Image& image, const std::filesystem::path& folder);

private:
    struct File {
        Bytes flushed;
        std::vector<FileOp> pending;
    };
    using Names = std::map<std::string, std::uint32_t>;

    static void name(Names& names, const FileOp& op);
    static std::string folder_of(const FileOp& op);

    std::deque<File> files_;
    Names names_;
    std::map<std::string, std::vector<FileOp>> journals_;  ///< by folder
};

}  // namespace awda::crash
