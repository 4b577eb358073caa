// Spool: batches on their way in, one file each, and where they go when they are whole.
//
//   spool/<hash>.part             received so far; survives restarts
//   batches/<device>/<hash>.awb   stored, a receipt was signed; never changed again
//   quarantine/<hash>.awb         a second batch under a used number; kept for people to look at
//
// The newest writer of a part wins: beginning a new one makes every older one fail with kBusy, so a
// connection that died unnoticed cannot write into its successor's bytes.
// Ownership: writers and frozen parts share a part's state with the Spool and may outlive a call
// but not the Spool. Threads: all of it may be used from any thread; calls block on the disk.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "platform/clock.h"
#include "platform/crypto.h"
#include "platform/files.h"
#include "platform/ids.h"

namespace awda::central {

inline constexpr std::int64_t kPartAgeMaxMs = std::int64_t{30} * 24 * 3600 * 1000;
/// Kept free on the disk, so that the database can still write when uploads have filled the rest.
inline constexpr std::uint64_t kDiskReserve = 64U << 20U;

class Spool {
    struct Part;

public:
    /// Makes the folders, and removes parts that nobody continued for kPartAgeMaxMs.
    static Result<std::unique_ptr<Spool>> open(const Path& data, const Clock& clock);

    class Writer {
    public:
        /// Bytes held at the time of begin(), plus what this writer appended.
        [[nodiscard]] std::uint64_t offset() const { return offset_; }
        /// kBusy once superseded; kTooLarge beyond the total; kDiskFull, with nothing lost.
        [[nodiscard]] Status append(ByteView data);
        [[nodiscard]] Status sync();

    private:
        friend class Spool;
        std::shared_ptr<Part> part_;
        std::uint64_t generation_ = 0;
        std::uint64_t offset_ = 0;
        std::uint64_t total_ = 0;
    };
    /// kBusy while the part is being checked; kDiskFull if the rest would not fit.
    [[nodiscard]] Result<Writer> begin(const Hash32& hash, std::uint64_t total);

    /// How many bytes are on the disk for certain; nothing if there is no such part.
    [[nodiscard]] Result<std::optional<std::uint64_t>> durable_size(const Hash32& hash);

    /// A part that no writer can touch until this is destroyed.
    class Frozen {
    public:
        Frozen(Frozen&&) noexcept = default;
        Frozen& operator=(Frozen&&) = delete;
        ~Frozen();
        [[nodiscard]] const Path& path() const;
        [[nodiscard]] std::uint64_t size() const;

    private:
        friend class Spool;
        explicit Frozen(std::shared_ptr<Part> part) : part_(std::move(part)) {}
        std::shared_ptr<Part> part_;
    };
    /// kNotFound if there is no such part.
    [[nodiscard]] Result<Frozen> freeze(const Hash32& hash);
    [[nodiscard]] Status drop(const Frozen& part);
    [[nodiscard]] Status store(const Frozen& part, const DeviceId& device, const Hash32& hash);
    [[nodiscard]] Status quarantine(const Frozen& part, const Hash32& hash);

    [[nodiscard]] Path part_path(const Hash32& hash) const;
    [[nodiscard]] Path batch_path(const DeviceId& device, const Hash32& hash) const;
    /// Hashes of all parts.
    [[nodiscard]] Result<std::vector<Hash32>> parts() const;
    struct Totals {
        std::uint64_t parts = 0;
        std::uint64_t bytes = 0;
    };
    /// What waits in `data`'s spool; another process may be at work on it.
    [[nodiscard]] static Result<Totals> totals(const Path& data);

private:
    explicit Spool(Path data) : data_(std::move(data)) {}
    [[nodiscard]] std::shared_ptr<Part> part_of(const Hash32& hash);
    [[nodiscard]] Status collect(UnixMs now) const;

    Path data_;
    std::mutex mutex_;
    std::map<Hash32, std::weak_ptr<Part>> parts_;
};

/// A whole file, mapped for reading: a large batch costs address space, not memory of ours.
class MappedFile {
public:
    static Result<MappedFile> open(const Path& path);
    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&&) = delete;
    ~MappedFile();
    [[nodiscard]] ByteView view() const { return {data_, size_}; }

private:
    MappedFile(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
    const std::uint8_t* data_;
    std::size_t size_;
};

}  // namespace awda::central
