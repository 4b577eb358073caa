#include "forms/zip_archive.h"

#include <zip.h>

#include <algorithm>
#include <array>
#include <unordered_set>

#include "forms/load.h"
#include "forms/value.h"

namespace awda::forms {
namespace {

struct FileClose {
    void operator()(zip_file_t* file) const { zip_fclose(file); }
};

}  // namespace

void ZipArchive::Close::operator()(zip* archive) const {
    zip_discard(archive);
}

ZipArchive::Outcome ZipArchive::open(ByteView bytes) {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
    if (source == nullptr) return Outcome::kBroken;
    archive_.reset(zip_open_from_source(source, ZIP_RDONLY, &error));
    zip_error_fini(&error);
    if (archive_ == nullptr) {
        zip_source_free(source);
        return Outcome::kBroken;
    }
    const zip_int64_t entries = zip_get_num_entries(archive_.get(), 0);
    if (entries > static_cast<zip_int64_t>(kZipEntriesMax)) return Outcome::kTooLarge;
    return entries > 0 && names_are_unique() ? Outcome::kGood : Outcome::kBroken;
}

/// With two entries of one name, two programs might read two forms out of one file.
bool ZipArchive::names_are_unique() const {
    std::unordered_set<std::string> seen;
    const auto entries = static_cast<zip_uint64_t>(zip_get_num_entries(archive_.get(), 0));
    for (zip_uint64_t i = 0; i < entries; ++i) {
        const char* name = zip_get_name(archive_.get(), i, ZIP_FL_ENC_RAW);
        if (name == nullptr || !seen.insert(lower_ascii(name)).second) return false;
    }
    return true;
}

std::optional<std::uint64_t> ZipArchive::find(const std::string& name) const {
    const zip_int64_t at = zip_name_locate(archive_.get(), name.c_str(), ZIP_FL_NOCASE);
    if (at < 0) return std::nullopt;
    return static_cast<std::uint64_t>(at);
}

bool ZipArchive::has(const std::string& name) const {
    return find(name).has_value();
}

ZipArchive::Outcome ZipArchive::read(const std::string& name, const Sink& sink) {
    const auto at = find(name);
    if (!at) return Outcome::kMissing;
    zip_stat_t stat;
    zip_stat_init(&stat);
    if (zip_stat_index(archive_.get(), *at, 0, &stat) != 0) return Outcome::kBroken;
    if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && stat.encryption_method != ZIP_EM_NONE)
        return Outcome::kEncrypted;
    const std::unique_ptr<zip_file_t, FileClose> file(zip_fopen_index(archive_.get(), *at, 0));
    if (file == nullptr) return Outcome::kBroken;
    const std::size_t packed = std::min<std::size_t>(stat.comp_size, kFormFileBytesMax);
    const std::size_t most =
        std::min(kEntryBytesMax, std::max(kInflationFreeBytes, packed * kInflationRatioMax));
    std::array<char, 1U << 16U> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    std::size_t read = 0;
    while (true) {
        const zip_int64_t got = zip_fread(file.get(), piece.data(), piece.size());
        if (got < 0) return Outcome::kBroken;
        if (got == 0) return Outcome::kGood;
        const auto size = static_cast<std::size_t>(got);
        read += size;
        inflated_ += size;
        if (read > most || inflated_ > kInflatedBytesMax) return Outcome::kTooLarge;
        sink({piece.data(), size});
    }
}

}  // namespace awda::forms
