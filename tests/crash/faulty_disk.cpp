#include "tests/crash/faulty_disk.h"

#include <algorithm>

#include "platform/files.h"
#include "platform/result.h"

namespace awda::crash {
namespace {

constexpr std::size_t kSector = 512;

void grow(Bytes& content, std::uint64_t size) {
    if (content.size() < size) content.resize(size);
}

void perform(Bytes& content, const FileOp& op) {
    if (op.kind == FileOp::Kind::kTruncate) {
        content.resize(op.offset);
        return;
    }
    grow(content, op.offset + op.data.size());
    std::copy(op.data.begin(), op.data.end(),
              content.begin() + static_cast<std::ptrdiff_t>(op.offset));
}

/// How a cut treats what was not flushed: chances out of 256.
struct Mood {
    std::uint8_t there = 0;
    std::uint8_t noise = 0;  ///< of what is not there
};

class Dice {
public:
    explicit Dice(Random& random) : random_(random) {}
    std::uint64_t below(std::uint64_t limit) { return random_.next_u64() % limit; }
    bool chance(std::uint8_t of_256) { return below(256) < of_256; }

    /// Often all or nothing, as a disk's cache goes; else a mixture.
    Mood mood() {
        switch (below(4)) {
            case 0: return {0, 0};
            case 1: return {0, 40};
            case 2: return {static_cast<std::uint8_t>(below(256)), 0};
            default: return {static_cast<std::uint8_t>(below(256)), 60};
        }
    }
    void fill(std::span<std::uint8_t> out) { random_.fill(out); }

private:
    Random& random_;
};

void perform_torn(Bytes& content, const FileOp& op, const Mood& mood, Dice& dice) {
    if (op.kind == FileOp::Kind::kTruncate) {
        if (dice.chance(mood.there)) perform(content, op);
        return;
    }
    std::uint64_t at = op.offset;
    const std::uint64_t end = op.offset + op.data.size();
    while (at < end) {
        const std::uint64_t next = std::min(end, (at / kSector + 1) * kSector);
        const bool there = dice.chance(mood.there);
        if (there || dice.chance(mood.noise)) {
            grow(content, next);
            const std::span<std::uint8_t> sector(content.data() + at, next - at);
            if (there) {
                const auto from = op.data.begin() + static_cast<std::ptrdiff_t>(at - op.offset);
                std::copy_n(from, sector.size(), sector.begin());
            } else {
                dice.fill(sector);
            }
        }
        at = next;
    }
}

}  // namespace

FaultyDisk::FaultyDisk(const std::filesystem::path& folder) {
    for (const std::string& name : FileRecorder::files_below(folder)) {
        names_[name] = static_cast<std::uint32_t>(files_.size());
        files_.push_back({read_file(folder / name).value(), {}});
    }
}

std::string FaultyDisk::folder_of(const FileOp& op) {
    return std::filesystem::path(op.path).parent_path().string();
}

void FaultyDisk::name(Names& names, const FileOp& op) {
    if (op.kind == FileOp::Kind::kMake) names[op.path] = op.file;
    if (op.kind == FileOp::Kind::kUnlink) names.erase(op.path);
    if (op.kind != FileOp::Kind::kRename) return;
    const auto found = names.find(op.path);
    if (found == names.end()) return;
    names[op.to] = found->second;
    names.erase(op.path);
}

void FaultyDisk::apply(const FileOp& op) {
    switch (op.kind) {
        case FileOp::Kind::kMake:
            files_.resize(std::max<std::size_t>(files_.size(), op.file + 1U));
            journals_[folder_of(op)].push_back(op);
            break;
        case FileOp::Kind::kRename:
        case FileOp::Kind::kUnlink: journals_[folder_of(op)].push_back(op); break;
        case FileOp::Kind::kMakeFolder: break;  // an empty folder is nothing to lose
        case FileOp::Kind::kWrite:
        case FileOp::Kind::kTruncate: files_[op.file].pending.push_back(op); break;
        case FileOp::Kind::kSync: {
            File& file = files_[op.file];
            for (const FileOp& each : file.pending) perform(file.flushed, each);
            file.pending.clear();
            break;
        }
        case FileOp::Kind::kSyncFolder:
            for (const FileOp& each : journals_[op.path]) name(names_, each);
            journals_[op.path].clear();
            break;
    }
}

FaultyDisk::Image FaultyDisk::cut(Random& random) const {
    Dice dice(random);
    Names names = names_;
    for (const auto& [folder, journal] : journals_) {
        const std::uint64_t done = dice.below(journal.size() + 1);
        for (std::uint64_t i = 0; i < done; ++i) name(names, journal[i]);
    }
    Image out;
    for (const auto& [path, id] : names) {
        Bytes content = files_[id].flushed;
        const Mood mood = dice.mood();
        for (const FileOp& op : files_[id].pending) perform_torn(content, op, mood, dice);
        out.emplace(path, std::move(content));
    }
    return out;
}

FaultyDisk::Image FaultyDisk::whole() const {
    Names names = names_;
    for (const auto& [folder, journal] : journals_) {
        for (const FileOp& op : journal) name(names, op);
    }
    Image out;
    for (const auto& [path, id] : names) {
        Bytes content = files_[id].flushed;
        for (const FileOp& op : files_[id].pending) perform(content, op);
        out.emplace(path, std::move(content));
    }
    return out;
}

void FaultyDisk::put(const Image& image, const std::filesystem::path& folder) {
    for (const auto& [path, content] : image) {
        AWDA_ASSERT(make_folder((folder / path).parent_path()).ok());
        OutputFile file = OutputFile::open(folder / path).value();
        AWDA_ASSERT(file.write_at(0, content).ok());
    }
}

}  // namespace awda::crash
