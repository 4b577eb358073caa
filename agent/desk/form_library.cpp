#include "agent/desk/form_library.h"

#include <algorithm>
#include <system_error>

#include "platform/codec.h"

namespace awda::agent {

namespace {

constexpr std::size_t kFormIdMax = 64;
constexpr std::uint64_t kMediaBytesMax = 64U << 20U;
constexpr std::uint16_t kSourceVersion = 1;
constexpr std::size_t kFileNameMax = 1024;  // bytes

bool name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

/// A form may only name files that lie beside it.
bool plain_file_name(std::string_view name) {
    return !name.empty() && name.size() <= 255 && name.front() != '.' &&
           name.find('/') == std::string_view::npos && name.find('\\') == std::string_view::npos &&
           name.find('\0') == std::string_view::npos;
}

}  // namespace

bool valid_form_id(std::string_view id) {
    return !id.empty() && id.size() <= kFormIdMax && id.front() != '.' && id.back() != '.' &&
           std::all_of(id.begin(), id.end(), name_character);
}

std::optional<Path> find_form_media(const Path& form, std::string_view name) {
    if (!plain_file_name(name)) return std::nullopt;
    const Path folder = form.parent_path();
    const Path beside = folder / (form.stem().string() + "-media");
    for (const Path& place : {folder, beside}) {
        const Path path = place / Path(std::string(name));
        std::error_code failed;
        // A link could lead anywhere, and a form is somebody else's word.
        const auto kind = std::filesystem::symlink_status(path, failed).type();
        if (kind == std::filesystem::file_type::regular) return path;
    }
    return std::nullopt;
}

forms::FormCache form_cache_in(const Path& data_folder) {
    return forms::FormCache(data_folder / "form-cache");
}

Bytes encode_form_source(const FormSource& source) {
    ByteWriter out;
    out.raw("AWDAFSRC");
    out.u16(kSourceVersion);
    out.text(source.file_name);
    out.blob(source.workbook);
    out.u32(static_cast<std::uint32_t>(source.media.size()));
    for (const auto& [name, content] : source.media) {
        out.text(name);
        out.blob(as_bytes(content));
    }
    return out.take();
}

Result<FormSource> decode_form_source(ByteView bytes) {
    FormSource source;
    ByteReader in(bytes);
    in.domain("AWDAFSRC");
    if (in.u16() != kSourceVersion) in.fail();
    source.file_name = in.text(kFileNameMax);
    const ByteView workbook = in.blob();
    source.workbook.assign(workbook.begin(), workbook.end());
    const std::uint32_t files = in.u32();
    for (std::uint32_t i = 0; i < files && !in.failed(); ++i) {
        std::string name = in.text(kFileNameMax);
        source.media.emplace(std::move(name), as_text(in.blob()));
    }
    AWDA_CHECK(in.done());
    return source;
}

namespace {

/// Compiles a workbook; `media` gives the files that it names.
FormFile compile_form(ByteView workbook, std::string file_name, forms::MediaResolver media,
                      const forms::FormCache* cache) {
    forms::LoadOptions options;
    options.file_name = std::move(file_name);
    options.cache = cache;
    options.media = std::move(media);
    forms::LoadResult loaded = forms::load_form(workbook, options);
    FormFile file;
    if (loaded.definition != nullptr && !forms::has_errors(loaded.diagnostics)) {
        file.form.definition = std::move(loaded.definition);
        file.form.protection = forms::protected_paths(*file.form.definition);
    }
    file.form.hash = hash32(workbook);
    file.diagnostics = std::move(loaded.diagnostics);
    return file;
}

}  // namespace

Result<FormFile> read_form_file(const Path& path, const forms::FormCache* cache) {
    auto source = std::make_shared<FormSource>();
    source->file_name = path.filename().string();
    source->workbook = AWDA_TRY(read_file(path, forms::kFormFileBytesMax));
    const auto media = [path, source](std::string_view name) -> std::optional<std::string> {
        const auto found = find_form_media(path, name);
        if (!found) return std::nullopt;
        auto content = read_file(*found, kMediaBytesMax);
        if (!content.ok()) return std::nullopt;
        return source->media.emplace(name, as_text(*content)).first->second;
    };
    FormFile file = compile_form(source->workbook, source->file_name, media, cache);
    file.form.source = std::move(source);
    return file;
}

Result<FormFile> read_form_source(std::shared_ptr<const FormSource> source,
                                  const forms::FormCache* cache) {
    const auto media = [source](std::string_view name) -> std::optional<std::string> {
        const auto found = source->media.find(name);
        if (found == source->media.end()) return std::nullopt;
        return found->second;
    };
    FormFile file = compile_form(source->workbook, source->file_name, media, cache);
    file.form.source = std::move(source);
    return file;
}

Result<LoadedForm> FormLibrary::kept(ByteView source) const {
    auto files = std::make_shared<const FormSource>(AWDA_TRY(decode_form_source(source)));
    FormFile file =
        AWDA_TRY(read_form_source(std::move(files), cache_.has_value() ? &*cache_ : nullptr));
    if (file.form.definition == nullptr) return Error(Errc::kFormInvalid, "loading a kept form");
    return std::move(file.form);
}

Result<Path> FormLibrary::folder() const {
    if (root_.has_value()) return *root_;
    return shipped_file("forms/library");
}

Result<LoadedForm> FormLibrary::form(std::string_view id) {
    if (const auto known = loaded_.find(id); known != loaded_.end()) return known->second;
    if (!valid_form_id(id)) return Error(Errc::kUnknownForm, "checking a form's id");
    const std::string name(id);
    auto root = folder();
    if (!root.ok()) return Error(Errc::kUnknownForm, "looking for the forms that ship");
    const Path path = *root / name / (name + ".xlsx");
    if (!file_exists(path)) return Error(Errc::kUnknownForm, "looking for a form's workbook");
    FormFile file = AWDA_TRY(read(path));
    if (file.form.definition == nullptr) {
        return Error(Errc::kFormInvalid, "loading a form that ships");
    }
    if (file.form.definition->settings().form_id != name) {
        return Error(Errc::kFormInvalid, "comparing a form's id with its folder's name");
    }
    if (loaded_.size() >= kFormsMax) return Error(Errc::kTooLarge, "keeping another form loaded");
    loaded_.emplace(name, file.form);
    return file.form;
}

std::vector<std::string> FormLibrary::ids() const {
    std::vector<std::string> found;
    auto root = folder();
    if (!root.ok()) return found;
    std::error_code failed;
    std::filesystem::directory_iterator entry(*root, failed);
    for (; !failed && entry != std::filesystem::directory_iterator() && found.size() < kFormsMax;
         entry.increment(failed)) {
        const std::string name = entry->path().filename().string();
        const Path workbook = entry->path() / (name + ".xlsx");
        if (valid_form_id(name) && file_exists(workbook)) found.push_back(name);
    }
    std::sort(found.begin(), found.end());
    return found;
}

}  // namespace awda::agent
