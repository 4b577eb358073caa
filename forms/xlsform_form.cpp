#include "forms/xlsform_form.h"

#include <algorithm>

#include "forms/xlsform_sheets.h"

namespace awda::forms {

std::string SheetSettings::get(std::string_view field) const {
    const auto found = values.find(field);
    return found == values.end() ? std::string() : found->second;
}

bool SheetSettings::is_yes(std::string_view field) const {
    return yes_no(get(field)) == "true()";
}

XlsForm::XlsForm(const Workbook& book, const LoadOptions& load_options, Diagnostics& problems)
    : workbook(book),
      options(load_options),
      diagnostics(problems),
      model(std::make_shared<FormModel>()),
      entities([this](DiagnosticCode code, Provenance where, std::vector<std::string> args,
                      std::string hint) {
          report(code, std::move(where), std::move(args), std::move(hint));
      }) {}

void XlsForm::report(DiagnosticCode code, Provenance where, std::vector<std::string> args,
                     std::string hint, Severity severity) {
    if (diagnostics.size() >= kDiagnosticsMax) return;
    diagnostics.push_back(
        {severity, code, options.file_name, std::move(where), std::move(args), std::move(hint)});
}

void XlsForm::add_text(Texts& texts, const std::string& language, std::string text) const {
    const std::string& usual = model->default_language;
    for (auto& [known, own] : texts) {
        if (known == language || (known == usual && language.empty())) return;
        if (!known.empty() || language != usual) continue;
        known = language;
        own = std::move(text);
        return;
    }
    texts.emplace_back(language, std::move(text));
}

bool ChoiceLists::needs_itext(const std::string& name) const {
    const auto found = lists.find(name);
    if (found == lists.end()) return false;
    return std::any_of(
        found->second.rows.begin(), found->second.rows.end(), [](const ChoiceRow& row) {
            const bool spoken =
                std::any_of(row.labels.begin(), row.labels.end(), [](const auto& label) {
                    return !label.first.empty() || label.second.find("${") != std::string::npos;
                });
            return spoken || !row.media.empty();
        });
}

}  // namespace awda::forms
