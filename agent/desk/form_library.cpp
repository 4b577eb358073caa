#include "agent/desk/form_library.h"

#include <algorithm>
#include <system_error>

namespace awda::agent {

namespace {

constexpr std::size_t kFormIdMax = 64;
constexpr std::uint64_t kMediaBytesMax = 64U << 20U;

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

Result<FormFile> read_form_file(const Path& path, const forms::FormCache* cache) {
    const Bytes bytes = AWDA_TRY(read_file(path, forms::kFormFileBytesMax));
    forms::LoadOptions options;
    options.file_name = path.filename().string();
    options.cache = cache;
    options.media = [path](std::string_view name) -> std::optional<std::string> {
        const auto found = find_form_media(path, name);
        if (!found) return std::nullopt;
        auto content = read_file(*found, kMediaBytesMax);
        if (!content.ok()) return std::nullopt;
        return std::string(as_text(*content));
    };
    forms::LoadResult loaded = forms::load_form(bytes, options);
    FormFile file;
    if (loaded.definition != nullptr && !forms::has_errors(loaded.diagnostics)) {
        file.form.definition = std::move(loaded.definition);
        file.form.protection = forms::protected_paths(*file.form.definition);
    }
    file.form.hash = hash32(bytes);
    file.diagnostics = std::move(loaded.diagnostics);
    return file;
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
