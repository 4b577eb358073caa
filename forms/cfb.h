// CompoundFile: the streams of an OLE2 compound file, in which .xls workbooks are kept.
//
// Ownership: borrows the caller's bytes; a stream read is a copy. Threads: const calls may run side
// by side. Sector chains may lie: one that leaves the file or comes back to itself is told apart,
// and no stream is longer than the file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/bytes.h"

namespace awda::forms {

/// How every compound file begins.
inline constexpr std::string_view kCompoundFileMark = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

class CompoundFile {
public:
    /// Nothing if the bytes are no compound file or its tables are broken.
    [[nodiscard]] static std::optional<CompoundFile> open(ByteView bytes);
    /// Whether the root holds a stream of this (ASCII) name, in any case.
    [[nodiscard]] bool has(std::string_view name) const;
    /// Its bytes; nothing if it is not there or its chain of sectors is broken.
    [[nodiscard]] std::optional<Bytes> read(std::string_view name) const;

private:
    using Sector = std::uint32_t;
    struct Stream {
        std::string name;  ///< in lower case
        Sector start = 0;
        std::uint32_t size = 0;
    };

    [[nodiscard]] bool read_fat();
    [[nodiscard]] bool read_directory();
    [[nodiscard]] const Stream* find(std::string_view name) const;
    [[nodiscard]] std::optional<ByteView> sector(Sector number) const;
    /// The sectors of a chain, one after the other; at most `size` bytes of them.
    [[nodiscard]] std::optional<Bytes> chain(Sector start, std::size_t size) const;
    [[nodiscard]] std::optional<Bytes> small_chain(const Stream& stream) const;

    ByteView bytes_;
    std::size_t sector_size_ = 512;
    std::size_t small_size_ = 64;
    std::uint32_t small_below_ = 4096;
    std::vector<Sector> next_;
    std::vector<Sector> small_next_;
    Bytes small_;  // the stream that holds all small streams
    std::vector<Stream> streams_;
};

/// Little-endian numbers; 0 beyond the end.
[[nodiscard]] std::uint32_t little_u16(ByteView bytes, std::size_t at);
[[nodiscard]] std::uint32_t little_u32(ByteView bytes, std::size_t at);

}  // namespace awda::forms
