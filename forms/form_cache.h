// FormCache: forms already read, kept in a folder by the hash of what they were read from
// (CACHE_FORMAT.md), so that a workbook is converted once and not at every start.
//
// Ownership: names a folder of its own; files in it may be deleted at any time. Threads: files are
// replaced whole, so any thread and any process may use the same folder.
// Holds what authors wrote, never an answer, and nothing of the files beside a form.
// A damaged, foreign or outdated file is a miss, never an error; so is a folder that can't be used.
#pragma once

#include <cstdint>

#include "forms/form_codec.h"
#include "forms/load.h"
#include "platform/crypto.h"
#include "platform/files.h"

namespace awda::forms {

class FormCache {
public:
    static constexpr std::uint64_t kBytesMax = 256U << 20U;  ///< of the whole folder, usually
    static constexpr std::uint64_t kFileBytesMax = 64U << 20U;
    static constexpr std::size_t kFilesMax = 256;
    /// Goes up whenever the readers would read a file differently, and with every new format.
    static constexpr std::uint32_t kFormat = 2;

    explicit FormCache(Path folder, std::uint64_t bytes_max = kBytesMax,
                       std::size_t files_max = kFilesMax)
        : folder_(std::move(folder)), bytes_max_(bytes_max), files_max_(files_max) {}

    /// What a form read from these bytes with these options is kept under; media are not in it.
    [[nodiscard]] static Hash32 key_of(ByteView source, const LoadOptions& options);
    /// Nothing unless the form was kept and each file it names is what it was then.
    [[nodiscard]] std::optional<ReadForm> find(const Hash32& key, const MediaResolver& media) const;
    /// Keeps it if it can; then, beyond the folder's limits, drops what was used longest ago.
    void keep(const Hash32& key, const ReadForm& form) const;

    /// The content of a cache file, for tests of the format.
    [[nodiscard]] static Bytes pack(const Hash32& key, const ReadForm& form);
    [[nodiscard]] static std::optional<ReadForm> unpack(const Hash32& key, ByteView file);

private:
    [[nodiscard]] Path path_of(const Hash32& key) const;
    void make_room() const;

    Path folder_;
    std::uint64_t bytes_max_;
    std::size_t files_max_;
};

/// How a file that a form names is remembered.
[[nodiscard]] std::string media_mark(const std::optional<std::string>& content);

}  // namespace awda::forms
