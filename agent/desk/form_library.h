// FormLibrary: the forms that ship with Awda, compiled once each and kept.
//
// Ownership: definitions are shared and immutable. Threads: none of its own; one thread at a time
// (the core thread, or the command line).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "forms/form_cache.h"
#include "forms/load.h"
#include "forms/protection.h"
#include "platform/crypto.h"
#include "platform/files.h"

namespace awda::agent {

/// A form's workbook and the files it names, as they were read.
struct FormSource {
    std::string file_name;
    Bytes workbook;
    std::map<std::string, std::string, std::less<>> media;  ///< content by name
};
/// "AWDAFSRC" ‖ u16 1 ‖ text file name ‖ blob workbook ‖ u32 n ‖ n × (text name ‖ blob content).
[[nodiscard]] Bytes encode_form_source(const FormSource& source);
/// kMalformed.
[[nodiscard]] Result<FormSource> decode_form_source(ByteView bytes);

struct LoadedForm {
    forms::FormDefinitionPtr definition;
    Hash32 hash{};  ///< of the workbook's bytes; recorded with every submission
    forms::ProtectedPaths protection{};          ///< what is for protection officers only
    std::shared_ptr<const FormSource> source{};  ///< what it was read from
};

/// A file of a form, read and compiled, with everything its readers had to say.
struct FormFile {
    LoadedForm form;  ///< `definition` is null when there are errors
    forms::Diagnostics diagnostics;
};
/// kNotFound, kTooLarge, kIo; a bad form is not an error here. Files that the form names are looked
/// for beside it. What was read before comes from `cache`, if there is one.
[[nodiscard]] Result<FormFile> read_form_file(const Path& path,
                                              const forms::FormCache* cache = nullptr);

/// A form from what was kept of its files. Errors as above.
[[nodiscard]] Result<FormFile> read_form_source(std::shared_ptr<const FormSource> source,
                                                const forms::FormCache* cache = nullptr);

/// A file that a form names, beside the form or in its folder "<form>-media", as ODK has it.
/// Nothing if it is not there, or if the name or a link would lead out of that folder.
[[nodiscard]] std::optional<Path> find_form_media(const Path& form, std::string_view name);

class FormLibrary {
public:
    /// Looks under `root` (a folder of "<id>/<id>.xlsx") instead of what ships, when given. Keeps
    /// what it has read in `cache`, when given.
    explicit FormLibrary(std::optional<Path> root = std::nullopt,
                         std::optional<forms::FormCache> cache = std::nullopt)
        : root_(std::move(root)), cache_(std::move(cache)) {}

    /// kUnknownForm, kFormInvalid, kIo. What is found once stays as it is while the process lives.
    [[nodiscard]] Result<LoadedForm> form(std::string_view id);
    /// As read_form_file(), with the library's cache.
    [[nodiscard]] Result<FormFile> read(const Path& file) const {
        return read_form_file(file, cache_.has_value() ? &*cache_ : nullptr);
    }
    /// A form that the vault kept. kMalformed, kFormInvalid.
    [[nodiscard]] Result<LoadedForm> kept(ByteView source) const;
    /// Ids of the forms that are there, sorted.
    [[nodiscard]] std::vector<std::string> ids() const;

    static constexpr std::size_t kFormsMax = 256;

private:
    [[nodiscard]] Result<Path> folder() const;

    std::optional<Path> root_;
    std::optional<forms::FormCache> cache_;
    std::map<std::string, LoadedForm, std::less<>> loaded_;
};

/// Where a desk with this data folder keeps the forms it has read: nothing of it is personal.
[[nodiscard]] forms::FormCache form_cache_in(const Path& data_folder);

/// Letters, digits, '-', '_' and inner '.', at most 64: safe as a file name.
[[nodiscard]] bool valid_form_id(std::string_view id);

}  // namespace awda::agent
