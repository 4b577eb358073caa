// WholeFile: a file that appears under its name when it is whole, and not before.
//
// Written beside its name in pieces of any size; finish() makes it durable and says what it holds,
// publish() names it, so that a caller can write down what is about to leave in between. Ownership:
// removes what it wrote unless published. Threads: one at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "platform/crypto.h"
#include "platform/files.h"

namespace awda {

class WholeFile {
public:
    /// kDiskFull, kIo.
    static Result<WholeFile> create(const Path& path);
    WholeFile(WholeFile&& other) noexcept;
    WholeFile& operator=(WholeFile&&) = delete;
    ~WholeFile();
    [[nodiscard]] Status write(std::string_view text);
    /// Everything on the disk, still under the other name. The hash of all bytes. Once.
    [[nodiscard]] Result<Hash32> finish();
    /// Gives the file its name, in the place of one that has it; finishes first if need be.
    [[nodiscard]] Status publish();
    [[nodiscard]] const Path& path() const { return path_; }

private:
    WholeFile(Path path, OutputFile file) : path_(std::move(path)), file_(std::move(file)) {}
    [[nodiscard]] Path temporary() const;
    [[nodiscard]] Status flush();

    Path path_;
    std::optional<OutputFile> file_;  ///< until finished
    bool finished_ = false;           ///< and not published
    Hasher hasher_;
    std::string buffer_;
    std::uint64_t written_ = 0;
};

}  // namespace awda
