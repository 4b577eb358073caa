#include "forms/cfb.h"

#include <algorithm>
#include <limits>

#include "forms/value.h"

namespace awda::forms {
namespace {

constexpr std::uint32_t kSectorMax = 0xfffffffa;  // above it are marks: end of chain, free …
constexpr std::size_t kEntryBytes = 128;
constexpr std::size_t kHeaderBytes = 512;
constexpr std::size_t kFirstFatSectors = 109;
constexpr std::uint32_t kNoEntry = 0xffffffff;

enum EntryType : std::uint8_t { kStream = 2, kRoot = 5 };

/// The ASCII part of a directory entry's name, in lower case.
std::string entry_name(ByteView entry) {
    const std::size_t size = std::min<std::size_t>(little_u16(entry, 64), 64);
    std::string out;
    for (std::size_t i = 0; i + 2 < size; i += 2) {
        const std::uint32_t unit = little_u16(entry, i);
        out += unit < 0x80 ? static_cast<char>(unit) : '?';
    }
    return lower_ascii(out);
}

void append_numbers(ByteView bytes, std::vector<std::uint32_t>& out) {
    for (std::size_t at = 0; at + 4 <= bytes.size(); at += 4) out.push_back(little_u32(bytes, at));
}

}  // namespace

std::uint32_t little_u16(ByteView bytes, std::size_t at) {
    if (at > bytes.size() || bytes.size() - at < 2) return 0;
    return bytes[at] | static_cast<std::uint32_t>(bytes[at + 1]) << 8U;
}

std::uint32_t little_u32(ByteView bytes, std::size_t at) {
    if (at > bytes.size() || bytes.size() - at < 4) return 0;
    return little_u16(bytes, at) | little_u16(bytes, at + 2) << 16U;
}

std::optional<CompoundFile> CompoundFile::open(ByteView bytes) {
    CompoundFile file;
    file.bytes_ = bytes;
    if (bytes.size() < kHeaderBytes || !as_text(bytes).starts_with(kCompoundFileMark))
        return std::nullopt;
    const std::uint32_t shift = little_u16(bytes, 30);
    const std::uint32_t small_shift = little_u16(bytes, 32);
    if (shift < 7 || shift > 16 || small_shift < 4 || small_shift > shift) return std::nullopt;
    file.sector_size_ = std::size_t{1} << shift;
    file.small_size_ = std::size_t{1} << small_shift;
    file.small_below_ = little_u32(bytes, 56);
    if (!file.read_fat() || !file.read_directory()) return std::nullopt;
    return file;
}

std::optional<ByteView> CompoundFile::sector(Sector number) const {
    const std::size_t at = (std::size_t{number} + 1) * sector_size_;
    if (at >= bytes_.size()) return std::nullopt;
    // The last sector of a file may be cut short.
    return bytes_.subspan(at, std::min(sector_size_, bytes_.size() - at));
}

bool CompoundFile::read_fat() {
    const std::size_t sectors = bytes_.size() / sector_size_ + 1;
    std::vector<Sector> tables;  // the sectors that hold the table of sectors
    append_numbers(bytes_.subspan(76, kFirstFatSectors * 4), tables);
    Sector more = little_u32(bytes_, 68);
    for (std::size_t step = 0; more <= kSectorMax; ++step) {
        const auto part = sector(more);
        if (!part || part->size() < sector_size_ || step > sectors) return false;
        append_numbers(part->first(sector_size_ - 4), tables);
        more = little_u32(*part, sector_size_ - 4);
    }
    for (const Sector table : tables) {
        if (table > kSectorMax || next_.size() > sectors) continue;
        const auto part = sector(table);
        if (!part) return false;
        append_numbers(*part, next_);
    }
    return !next_.empty();
}

bool CompoundFile::read_directory() {
    const auto all = chain(little_u32(bytes_, 48), std::numeric_limits<std::size_t>::max());
    if (!all || all->size() < kEntryBytes) return false;
    const ByteView directory(*all);
    const auto entry = [&](std::uint32_t index) {
        return directory.subspan(index * kEntryBytes, kEntryBytes);
    };
    const std::uint32_t entries = static_cast<std::uint32_t>(directory.size() / kEntryBytes);
    const ByteView root = entry(0);
    if (root[66] != kRoot) return false;
    // Only the root's own children count: what is embedded may have a workbook of its own.
    std::vector<std::uint32_t> open{little_u32(root, 76)};
    std::vector<bool> seen(entries);
    while (!open.empty()) {
        const std::uint32_t index = open.back();
        open.pop_back();
        if (index == kNoEntry) continue;
        if (index >= entries || seen[index]) return false;
        seen[index] = true;
        const ByteView child = entry(index);
        open.push_back(little_u32(child, 68));
        open.push_back(little_u32(child, 72));
        if (child[66] != kStream) continue;
        streams_.push_back({entry_name(child), little_u32(child, 116), little_u32(child, 120)});
    }
    if (little_u32(bytes_, 60) > kSectorMax) return true;  // no small streams
    const auto table = chain(little_u32(bytes_, 60), std::numeric_limits<std::size_t>::max());
    auto small = chain(little_u32(root, 116), little_u32(root, 120));
    if (!table || !small) return false;
    append_numbers(*table, small_next_);
    small_ = *std::move(small);
    return true;
}

std::optional<Bytes> CompoundFile::chain(Sector start, std::size_t size) const {
    Bytes out;
    std::size_t steps = 0;
    for (Sector at = start; at <= kSectorMax && out.size() < size; at = next_[at]) {
        const auto part = sector(at);
        if (!part || at >= next_.size() || ++steps > next_.size()) return std::nullopt;
        const std::size_t take = std::min(part->size(), size - out.size());
        out.insert(out.end(), part->begin(), part->begin() + static_cast<std::ptrdiff_t>(take));
    }
    return out;
}

std::optional<Bytes> CompoundFile::small_chain(const Stream& stream) const {
    Bytes out;
    std::size_t steps = 0;
    for (Sector at = stream.start; at <= kSectorMax && out.size() < stream.size;
         at = small_next_[at]) {
        const std::size_t from = at * small_size_;
        if (at >= small_next_.size() || from >= small_.size() || ++steps > small_next_.size())
            return std::nullopt;
        const std::size_t take =
            std::min({small_size_, small_.size() - from, stream.size - out.size()});
        const auto begin = small_.begin() + static_cast<std::ptrdiff_t>(from);
        out.insert(out.end(), begin, begin + static_cast<std::ptrdiff_t>(take));
    }
    return out;
}

const CompoundFile::Stream* CompoundFile::find(std::string_view name) const {
    const std::string wanted = lower_ascii(name);
    const auto found = std::find_if(streams_.begin(), streams_.end(),
                                    [&](const Stream& s) { return s.name == wanted; });
    return found == streams_.end() ? nullptr : &*found;
}

bool CompoundFile::has(std::string_view name) const {
    return find(name) != nullptr;
}

std::optional<Bytes> CompoundFile::read(std::string_view name) const {
    const Stream* stream = find(name);
    if (stream == nullptr) return std::nullopt;
    return stream->size < small_below_ ? small_chain(*stream) : chain(stream->start, stream->size);
}

}  // namespace awda::forms
