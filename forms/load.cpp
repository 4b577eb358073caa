#include "forms/load.h"

#include "forms/compile.h"
#include "forms/value.h"
#include "forms/workbook.h"
#include "forms/xform_reader.h"
#include "forms/xlsform_reader.h"

namespace awda::forms {

FormFileKind sniff(ByteView bytes) {
    const std::string_view text = as_text(bytes);
    if (text.starts_with("PK\x03\x04")) return FormFileKind::kWorkbook;
    if (text.starts_with("\xd0\xcf\x11\xe0")) return FormFileKind::kOldWorkbook;
    std::string_view head = text.substr(0, 4096);
    if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
    head = trim(head);
    if (head.starts_with('<')) return FormFileKind::kXForm;
    if (head.starts_with('|')) return FormFileKind::kMarkdown;
    return FormFileKind::kUnknown;
}

LoadResult load_form(ByteView bytes, const LoadOptions& options) {
    LoadResult out;
    const auto fail = [&](DiagnosticCode code, std::vector<std::string> args = {}) {
        out.diagnostics.push_back(
            {Severity::kError, code, options.file_name, {}, std::move(args), {}});
        return out;
    };
    if (bytes.size() > kFormFileBytesMax) return fail(DiagnosticCode::kUnknownFile);
    std::shared_ptr<FormModel> model;
    switch (sniff(bytes)) {
        case FormFileKind::kXForm:
            if (!valid_utf8(as_text(bytes)))
                return fail(DiagnosticCode::kXmlBroken, {"UTF-8", "0"});
            model = read_xform(as_text(bytes), options, out.diagnostics);
            break;
        case FormFileKind::kWorkbook: {
            const auto workbook = read_xlsx(bytes, options, out.diagnostics);
            if (workbook) model = read_xlsform(*workbook, options, out.diagnostics);
            break;
        }
        case FormFileKind::kMarkdown:
            if (!valid_utf8(as_text(bytes))) return fail(DiagnosticCode::kUnknownFile);
            model = read_xlsform(read_markdown(as_text(bytes)), options, out.diagnostics);
            break;
        case FormFileKind::kOldWorkbook: return fail(DiagnosticCode::kOldWorkbook);
        case FormFileKind::kUnknown: return fail(DiagnosticCode::kUnknownFile);
    }
    if (model == nullptr || has_errors(out.diagnostics)) return out;
    auto compiled = compile(*model, options.file_name, out.diagnostics);
    if (compiled == nullptr) return out;
    out.definition = std::make_shared<const FormDefinition>(std::move(model), std::move(compiled));
    return out;
}

}  // namespace awda::forms
