#include "forms/load.h"

#include <algorithm>

#include "forms/cfb.h"
#include "forms/compile.h"
#include "forms/entities.h"
#include "forms/external_data.h"
#include "forms/form_cache.h"
#include "forms/value.h"
#include "forms/workbook.h"
#include "forms/xform_reader.h"
#include "forms/xlsform_reader.h"

namespace awda::forms {

namespace {

constexpr std::size_t kHeadBytes = 5000;  // enough of a text to tell its kind
constexpr std::string_view kSeparators = ",;\t";
constexpr std::ptrdiff_t kSeparatorsMin = 4;  // of the smallest form there can be as CSV

/// The first record of an .xls workbook that is not kept in a compound file.
bool is_first_record(std::string_view text) {
    return text.size() > 4 && text[0] == '\x09' && (text[1] & ~0x0e) == 0 && text[3] == '\0';
}

std::string_view without_mark(std::string_view text) {
    return text.starts_with("\xef\xbb\xbf") ? text.substr(3) : text;
}

bool is_utf16(std::string_view text) {
    return text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff");
}

/// The first line that says something; a line that begins with '#' is a remark.
std::string_view first_line(std::string_view text) {
    while (true) {
        text = trim(text);
        if (!text.starts_with('#')) return text.substr(0, text.find('\n'));
        const auto end = text.find('\n');
        if (end == std::string_view::npos) return {};
        text.remove_prefix(end);
    }
}

bool is_csv(std::string_view head) {
    if (head.find('\0') != std::string_view::npos) return false;
    return std::any_of(kSeparators.begin(), kSeparators.end(), [&](char separator) {
        return std::count(head.begin(), head.end(), separator) >= kSeparatorsMin;
    });
}

std::optional<Workbook> read_workbook(FormFileKind kind, ByteView bytes, const LoadOptions& options,
                                      Diagnostics& diagnostics) {
    if (kind == FormFileKind::kXlsx) return read_xlsx(bytes, options, diagnostics);
    if (kind == FormFileKind::kXls) return read_xls(bytes, options, diagnostics);
    const std::string_view text = without_mark(as_text(bytes));
    if (!valid_utf8(text)) {
        diagnostics.push_back(
            {Severity::kError, DiagnosticCode::kTextEncoding, options.file_name, {}, {}, {}});
        return std::nullopt;
    }
    return kind == FormFileKind::kMarkdown ? read_markdown(text, options, diagnostics)
                                           : read_csv(text, options, diagnostics);
}

}  // namespace

FormFileKind sniff(ByteView bytes) {
    const std::string_view all = as_text(bytes);
    if (all.starts_with("PK\x03\x04") || all.starts_with("PK\x05\x06")) return FormFileKind::kXlsx;
    if (all.starts_with(kCompoundFileMark) || is_first_record(all)) return FormFileKind::kXls;
    if (is_utf16(all)) return FormFileKind::kCsv;
    const std::string_view head = without_mark(all).substr(0, kHeadBytes);
    if (trim(head).starts_with('<')) return FormFileKind::kXForm;
    if (first_line(head).starts_with('|')) return FormFileKind::kMarkdown;
    return is_csv(head) ? FormFileKind::kCsv : FormFileKind::kUnknown;
}

namespace {

/// The file as its author wrote it; null if it is no form.
std::shared_ptr<FormModel> read_form(ByteView bytes, const LoadOptions& options,
                                     Diagnostics& diagnostics) {
    const auto fail = [&](DiagnosticCode code, std::vector<std::string> args = {}) {
        diagnostics.push_back({Severity::kError, code, options.file_name, {}, std::move(args), {}});
        return nullptr;
    };
    std::shared_ptr<FormModel> model;
    const FormFileKind kind = sniff(bytes);
    switch (kind) {
        case FormFileKind::kXForm:
            if (!valid_utf8(as_text(bytes)))
                return fail(DiagnosticCode::kXmlBroken, {"UTF-8", "0"});
            model = read_xform(as_text(bytes), options, diagnostics);
            break;
        case FormFileKind::kUnknown: return fail(DiagnosticCode::kUnknownFile);
        default: {
            const auto book = read_workbook(kind, bytes, options, diagnostics);
            if (book) model = read_xlsform(*book, options, diagnostics);
        }
    }
    if (model != nullptr) attach_external_data(*model, options, diagnostics);
    if (model != nullptr) check_entities(*model, options.file_name, diagnostics);
    return model;
}

/// The same, from the cache where it is there, and into it where it was not.
std::shared_ptr<FormModel> find_or_read_form(ByteView bytes, const LoadOptions& options,
                                             Diagnostics& diagnostics) {
    const Hash32 key = FormCache::key_of(bytes, options);
    if (auto kept = options.cache->find(key, options.media)) {
        diagnostics = std::move(kept->diagnostics);
        return std::move(kept->model);
    }
    ReadForm form;
    LoadOptions watched = options;
    watched.media = [&](std::string_view name) {
        auto content = options.media ? options.media(name) : std::nullopt;
        form.media.emplace_back(name, media_mark(content));
        return content;
    };
    form.model = read_form(bytes, watched, form.diagnostics);
    if (form.model != nullptr && !has_errors(form.diagnostics)) options.cache->keep(key, form);
    diagnostics = std::move(form.diagnostics);
    return std::move(form.model);
}

}  // namespace

LoadResult load_form(ByteView bytes, const LoadOptions& options) {
    LoadResult out;
    if (bytes.size() > kFormFileBytesMax) {
        out.diagnostics.push_back({Severity::kError,
                                   DiagnosticCode::kWorkbookTooLarge,
                                   options.file_name,
                                   {},
                                   {options.file_name},
                                   {}});
        return out;
    }
    auto model = options.cache == nullptr ? read_form(bytes, options, out.diagnostics)
                                          : find_or_read_form(bytes, options, out.diagnostics);
    if (model == nullptr || has_errors(out.diagnostics)) return out;
    auto compiled = compile(*model, options.file_name, out.diagnostics);
    if (compiled == nullptr) return out;
    out.definition = std::make_shared<const FormDefinition>(std::move(model), std::move(compiled));
    return out;
}

}  // namespace awda::forms
