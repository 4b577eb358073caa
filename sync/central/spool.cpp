#include "sync/central/spool.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace awda::central {

namespace {

constexpr std::string_view kPartSuffix = ".part";

}  // namespace

struct Spool::Part {
    explicit Part(Path path_in) : path(std::move(path_in)) {}
    const Path path;
    std::mutex mutex;
    std::optional<OutputFile> file;  ///< open from the first use on
    std::uint64_t size = 0;
    bool dirty = false;  ///< bytes were written since the last fsync
    bool frozen = false;
    std::uint64_t generation = 0;  ///< of the writer that may write

    /// Opens the file as it is on disk. The lock is held.
    Status ensure_open() {
        if (file.has_value()) return {};
        const bool fresh = !file_exists(path);
        file.emplace(AWDA_TRY(OutputFile::open(path)));
        if (fresh) AWDA_CHECK(sync_folder(path.parent_path()));
        size = AWDA_TRY(file->size());
        dirty = size > 0;  // written before a restart, perhaps never flushed
        return {};
    }
    Status flush() {
        if (!dirty) return {};
        AWDA_CHECK(file->sync());
        dirty = false;
        return {};
    }
    /// The file has left the spool.
    void forget() {
        file.reset();
        size = 0;
        dirty = false;
    }
};

Result<std::unique_ptr<Spool>> Spool::open(const Path& data, const Clock& clock) {
    std::unique_ptr<Spool> spool(new Spool(data));
    for (const char* folder : {"spool", "batches", "quarantine"}) {
        AWDA_CHECK(make_folder(data / folder));
    }
    AWDA_CHECK(spool->collect(clock.now()));
    return spool;
}

Status Spool::collect(UnixMs now) const {
    const Path folder = data_ / "spool";
    for (const std::string& name : AWDA_TRY(list_files(folder))) {
        struct stat info{};
        const Path path = folder / name;
        if (!name.ends_with(kPartSuffix) || ::stat(path.c_str(), &info) != 0) continue;
        const UnixMs changed = std::int64_t{info.st_mtim.tv_sec} * 1000;
        if (now - changed > kPartAgeMaxMs) AWDA_CHECK(remove_file(path));
    }
    return {};
}

Path Spool::part_path(const Hash32& hash) const {
    return data_ / "spool" / (to_hex(hash) + std::string(kPartSuffix));
}

Path Spool::batch_path(const DeviceId& device, const Hash32& hash) const {
    return data_ / "batches" / to_text(device) / (to_hex(hash) + ".awb");
}

std::shared_ptr<Spool::Part> Spool::part_of(const Hash32& hash) {
    const std::lock_guard lock(mutex_);
    std::weak_ptr<Part>& known = parts_[hash];
    std::shared_ptr<Part> part = known.lock();
    if (!part) {
        std::erase_if(parts_, [&](const auto& entry) {
            return entry.first != hash && entry.second.expired();
        });
        part = std::make_shared<Part>(part_path(hash));
        parts_[hash] = part;
    }
    return part;
}

Result<Spool::Writer> Spool::begin(const Hash32& hash, std::uint64_t total) {
    Writer writer;
    writer.part_ = part_of(hash);
    writer.total_ = total;
    Part& part = *writer.part_;
    const std::lock_guard lock(part.mutex);
    if (part.frozen) return Error(Errc::kBusy, "begin an upload: the batch is being checked");
    AWDA_CHECK(part.ensure_open());
    // A part longer than the batch cannot be its beginning.
    if (part.size > total) {
        AWDA_CHECK(part.file->truncate(0));
        part.size = 0;
        part.dirty = true;
    }
    if (AWDA_TRY(free_space(data_)) < total - part.size + kDiskReserve) {
        return Error(Errc::kDiskFull, "begin an upload: too little space for the rest");
    }
    writer.generation_ = ++part.generation;
    writer.offset_ = part.size;
    return writer;
}

Status Spool::Writer::append(ByteView data) {
    Part& part = *part_;
    const std::lock_guard lock(part.mutex);
    if (part.generation != generation_) return Error(Errc::kBusy, "a newer upload took over");
    if (data.size() > total_ - offset_) {
        return Error(Errc::kTooLarge, "more bytes than the upload announced");
    }
    const Status written = part.file->write_at(offset_, data);
    if (!written.ok()) {
        // What was acknowledged stays; a half-written tail must not count.
        part.file->truncate(offset_).ignore("the first error is the one that matters");
        return written;
    }
    offset_ += data.size();
    part.size = offset_;
    part.dirty = true;
    return {};
}

Status Spool::Writer::sync() {
    const std::lock_guard lock(part_->mutex);
    if (part_->generation != generation_) return Error(Errc::kBusy, "a newer upload took over");
    return part_->flush();
}

Result<std::optional<std::uint64_t>> Spool::durable_size(const Hash32& hash) {
    const std::shared_ptr<Part> part = part_of(hash);
    const std::lock_guard lock(part->mutex);
    if (!part->file.has_value() && !file_exists(part->path)) return std::optional<std::uint64_t>();
    AWDA_CHECK(part->ensure_open());
    AWDA_CHECK(part->flush());
    return std::optional<std::uint64_t>(part->size);
}

Result<Spool::Frozen> Spool::freeze(const Hash32& hash) {
    std::shared_ptr<Part> part = part_of(hash);
    const std::lock_guard lock(part->mutex);
    if (part->frozen) return Error(Errc::kBusy, "the batch is being checked already");
    if (!part->file.has_value() && !file_exists(part->path)) {
        return Error(Errc::kNotFound, "freeze a part that is not there");
    }
    AWDA_CHECK(part->ensure_open());
    ++part->generation;
    AWDA_CHECK(part->flush());
    part->frozen = true;
    return Frozen(std::move(part));
}

Spool::Frozen::~Frozen() {
    if (!part_) return;
    const std::lock_guard lock(part_->mutex);
    part_->frozen = false;
}

const Path& Spool::Frozen::path() const {
    return part_->path;
}
std::uint64_t Spool::Frozen::size() const {
    return part_->size;
}

Status Spool::drop(const Frozen& frozen) {
    const std::lock_guard lock(frozen.part_->mutex);
    frozen.part_->forget();
    return remove_file(frozen.part_->path);
}

Status Spool::store(const Frozen& frozen, const DeviceId& device, const Hash32& hash) {
    const Path target = batch_path(device, hash);
    AWDA_CHECK(make_folder(target.parent_path()));
    const std::lock_guard lock(frozen.part_->mutex);
    frozen.part_->forget();
    return rename_file(frozen.part_->path, target);
}

Status Spool::quarantine(const Frozen& frozen, const Hash32& hash) {
    const std::lock_guard lock(frozen.part_->mutex);
    frozen.part_->forget();
    return rename_file(frozen.part_->path, data_ / "quarantine" / (to_hex(hash) + ".awb"));
}

Result<std::vector<Hash32>> Spool::parts() const {
    std::vector<Hash32> hashes;
    for (const std::string& name : AWDA_TRY(list_files(data_ / "spool"))) {
        if (!name.ends_with(kPartSuffix)) continue;
        const auto bytes =
            from_hex(std::string_view(name).substr(0, name.size() - kPartSuffix.size()));
        if (!bytes.ok() || bytes->size() != std::tuple_size_v<Hash32>) continue;
        std::copy(bytes->begin(), bytes->end(), hashes.emplace_back().begin());
    }
    return hashes;
}

Result<Spool::Totals> Spool::totals(const Path& data) {
    Totals totals;
    const Path folder = data / "spool";
    for (const std::string& name : AWDA_TRY(list_files(folder))) {
        if (!name.ends_with(kPartSuffix)) continue;
        const auto size = awda::file_size(folder / name);
        if (!size.ok()) continue;  // finished meanwhile
        ++totals.parts;
        totals.bytes += *size;
    }
    return totals;
}

Result<MappedFile> MappedFile::open(const Path& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return Error(errno == ENOENT ? Errc::kNotFound : Errc::kIo, "open a batch", errno);
    }
    struct stat info{};
    if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        ::close(fd);
        return Error(Errc::kIo, "look at a batch", errno);
    }
    const auto size = static_cast<std::size_t>(info.st_size);
    if (size == 0) {
        ::close(fd);
        return MappedFile(nullptr, 0);
    }
    void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    const int failed = errno;
    ::close(fd);
    if (data == MAP_FAILED) return Error(Errc::kOutOfMemory, "map a batch", failed);
    return MappedFile(static_cast<const std::uint8_t*>(data), size);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile::~MappedFile() {
    if (data_ == nullptr) return;
    ::munmap(const_cast<std::uint8_t*>(data_), size_);
}

}  // namespace awda::central
