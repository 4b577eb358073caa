#include "forms/form_cache.h"

#include <algorithm>
#include <functional>
#include <map>
#include <system_error>

#include "forms/external_data.h"
#include "forms/secondary.h"
#include "forms/varint.h"

namespace awda::forms {
namespace {

constexpr std::string_view kMagic = "AWDAFRM1";
constexpr std::string_view kKeyDomain = "awdafkey";
constexpr std::string_view kSuffix = ".form";
constexpr std::string_view kHalfWritten = ".form.tmp";  // what atomic_write() leaves in a crash
constexpr std::size_t kHashBytes = std::tuple_size_v<Hash32>;

using MediaContents = std::map<std::string, std::optional<std::string>, std::less<>>;

/// Reads the files beside the form; false if one is not what it was when the form was read.
bool same_media(const MediaSeen& seen, const MediaResolver& media, MediaContents& contents) {
    for (const auto& [name, mark] : seen) {
        if (contents.contains(name)) continue;
        auto content = media ? media(name) : std::nullopt;
        if (media_mark(content) != mark) return false;
        contents.emplace(name, std::move(content));
    }
    return true;
}

/// Gives instances what their files hold, as reading the form did.
bool refill(FormModel& model, const MediaContents& contents) {
    for (ModelInstance& instance : model.instances) {
        if (!instance.from_file) continue;
        const std::string_view name = media_name(instance.src);
        const auto found = contents.find(name);
        if (found == contents.end() || !found->second) return false;
        instance.notes.clear();
        const Status read = read_instance_file(name, *found->second, *model.names, instance);
        if (!read.ok()) return false;
    }
    return true;
}

/// itemsets.csv is shared out among lists while reading; such a form is read anew each time.
bool can_be_kept(const FormModel& model) {
    return std::none_of(model.instances.begin(), model.instances.end(), [](const auto& each) {
        return each.from_file && media_name(each.src) == kItemsetsFile;
    });
}

}  // namespace

std::string media_mark(const std::optional<std::string>& content) {
    if (!content) return {};
    const Hash32 hash = hash32(as_bytes(*content));
    return std::string(as_text(hash));
}

Hash32 FormCache::key_of(ByteView source, const LoadOptions& options) {
    VarintWriter out;
    out.raw(kKeyDomain);
    out.number(kFormat);
    out.text(AWDA_VERSION);  // another version may read the same file differently
    out.text(options.file_name);
    out.text(options.root_name);
    out.raw(hash32(source));
    return hash32(out.bytes());
}

Bytes FormCache::pack(const Hash32& key, const ReadForm& form) {
    VarintWriter checked;
    checked.raw(key);
    checked.raw(encode_form(form));
    VarintWriter out;
    out.raw(kMagic);
    out.raw(hash32(checked.bytes()));
    out.raw(checked.bytes());
    return out.take();
}

std::optional<ReadForm> FormCache::unpack(const Hash32& key, ByteView file) {
    if (file.size() < kMagic.size() + 2 * kHashBytes) return std::nullopt;
    if (as_text(file.first(kMagic.size())) != kMagic) return std::nullopt;
    const ByteView sum = file.subspan(kMagic.size(), kHashBytes);
    const ByteView checked = file.subspan(kMagic.size() + kHashBytes);
    const Hash32 right = hash32(checked);
    if (!std::equal(sum.begin(), sum.end(), right.begin())) return std::nullopt;
    if (!std::equal(key.begin(), key.end(), checked.begin())) return std::nullopt;
    return decode_form(checked.subspan(kHashBytes));
}

Path FormCache::path_of(const Hash32& key) const {
    return folder_ / (to_hex(key) + std::string(kSuffix));
}

std::optional<ReadForm> FormCache::find(const Hash32& key, const MediaResolver& media) const {
    const Path path = path_of(key);
    const auto file = read_file(path, kFileBytesMax);
    if (!file.ok()) return std::nullopt;
    auto form = unpack(key, *file);
    if (!form) return std::nullopt;
    MediaContents contents;
    if (!same_media(form->media, media, contents)) return std::nullopt;
    if (!refill(*form->model, contents)) return std::nullopt;
    std::error_code ignored;  // a time that can't be set only makes it older than it is
    std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now(), ignored);
    return form;
}

void FormCache::keep(const Hash32& key, const ReadForm& form) const {
    if (!can_be_kept(*form.model)) return;
    const Bytes file = pack(key, form);
    if (file.size() > std::min(kFileBytesMax, bytes_max_)) return;
    if (!make_folder(folder_).ok() || !atomic_write(path_of(key), file).ok()) return;
    make_room();
}

void FormCache::make_room() const {
    struct Kept {
        std::filesystem::file_time_type used;
        std::uint64_t size = 0;
        Path path;
    };
    const auto names = list_files(folder_);
    if (!names.ok()) return;
    std::vector<Kept> all;
    std::uint64_t bytes = 0;
    for (const std::string& name : *names) {
        if (!name.ends_with(kSuffix) && !name.ends_with(kHalfWritten)) continue;
        std::error_code failed;
        Kept each{{}, 0, folder_ / name};
        each.used = std::filesystem::last_write_time(each.path, failed);
        each.size = failed ? 0 : std::filesystem::file_size(each.path, failed);
        if (failed) continue;
        bytes += each.size;
        all.push_back(std::move(each));
    }
    std::sort(all.begin(), all.end(), [](const Kept& a, const Kept& b) { return a.used < b.used; });
    std::size_t left = all.size();
    for (const Kept& each : all) {
        if (bytes <= bytes_max_ && left <= files_max_) return;
        if (!remove_file(each.path).ok()) continue;
        bytes -= each.size;
        --left;
    }
}

}  // namespace awda::forms
