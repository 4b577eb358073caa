#include "agent/cli/form_files.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace awda::cli {

Result<agent::FormFile> find_form(Context& context, const std::string& name) {
    // What has a dot is meant as a file, even where there is none.
    const bool id = agent::valid_form_id(name) && name.find('.') == std::string::npos;
    if (id && !file_exists(Path(name))) {
        return agent::FormFile{AWDA_TRY(context.forms.form(name)), {}};
    }
    return context.forms.read(Path(name));
}

nlohmann::json to_json(const forms::Diagnostics& diagnostics, Language language) {
    nlohmann::json list = nlohmann::json::array();
    for (const forms::Diagnostic& one : diagnostics) {
        list.push_back({{"severity", one.severity == forms::Severity::kError ? "error" : "warning"},
                        {"code", forms::diagnostic_name(one.code)},
                        {"file", one.file},
                        {"sheet", one.where.sheet},
                        {"row", one.where.row},
                        {"column", one.where.column},
                        {"message", forms::diagnostic_message(one, language)},
                        {"hint", one.hint}});
    }
    return list;
}

nlohmann::json marks_json(const forms::AwdaMarks& marks) {
    nlohmann::json json = nlohmann::json::object();
    if (!marks.purpose.empty()) json["purpose"] = marks.purpose;
    if (!marks.sensitivity.empty()) json["sensitivity"] = marks.sensitivity;
    if (!marks.approval.empty()) json["approval"] = marks.approval;
    return json;
}

void print_diagnostics(Context& context, const forms::Diagnostics& diagnostics) {
    const Language language = context.out.language;
    for (const forms::Diagnostic& one : diagnostics) {
        const bool error = one.severity == forms::Severity::kError;
        context.out.error_detail(say(error ? Text::kErrorDetail : Text::kWarningDetail, language,
                                     {forms::render(one, language)}));
    }
}

int report_bad_form(Context& context, const forms::Diagnostics& diagnostics) {
    context.out.error(Error(Errc::kFormInvalid, "checking a form"),
                      {{"diagnostics", to_json(diagnostics, context.out.language)}});
    print_diagnostics(context, diagnostics);
    const auto errors = std::count_if(
        diagnostics.begin(), diagnostics.end(),
        [](const forms::Diagnostic& d) { return d.severity == forms::Severity::kError; });
    const auto warnings = static_cast<std::ptrdiff_t>(diagnostics.size()) - errors;
    context.out.error_detail(say(Text::kFormBad, context.out.language,
                                 {std::to_string(errors), std::to_string(warnings)}));
    return 1;
}

std::string form_language(const Context& context) {
    if (!context.options.form_language.empty()) return context.options.form_language;
    if (!context.options.language.empty()) return context.options.language;
    return std::string(language_code(context.out.language));
}

}  // namespace awda::cli
