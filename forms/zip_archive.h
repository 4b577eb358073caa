// ZipArchive: the entries of a zip, inflated in pieces, in bounded time and memory.
//
// Ownership: the caller's bytes must outlive it. Threads: one at a time. The wall around libzip.
// What an entry's header claims about sizes is not believed; a damaged or encrypted entry, a name
// that is there twice and an entry that inflates beyond the limits of forms/load.h are told apart.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "platform/bytes.h"

struct zip;

namespace awda::forms {

class ZipArchive {
public:
    enum class Outcome : std::uint8_t { kGood, kMissing, kBroken, kEncrypted, kTooLarge };
    /// Gets the next piece of an entry.
    using Sink = std::function<void(std::string_view piece)>;

    /// kGood, or why the bytes are no zip that can be read.
    [[nodiscard]] Outcome open(ByteView bytes);
    /// Upper and lower case are the same, as in every office file.
    [[nodiscard]] bool has(const std::string& name) const;
    /// Gives an entry to the sink, piece by piece and to its end, where its checksum is held
    /// against what was read.
    [[nodiscard]] Outcome read(const std::string& name, const Sink& sink);

private:
    struct Close {
        void operator()(zip* archive) const;
    };
    [[nodiscard]] std::optional<std::uint64_t> find(const std::string& name) const;
    [[nodiscard]] bool names_are_unique() const;

    std::unique_ptr<zip, Close> archive_;
    std::size_t inflated_ = 0;
};

}  // namespace awda::forms
