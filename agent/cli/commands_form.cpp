// The commands about forms: list, check, convert, lint. They need no vault.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/cli/form_files.h"
#include "forms/lint.h"

namespace awda::cli {

namespace {

std::size_t questions_asked(const forms::FormDefinition& definition) {
    const auto& all = definition.questions();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [](const forms::QuestionInfo& question) {
            return question.type != forms::QuestionType::kHidden &&
                   question.type != forms::QuestionType::kNote;
        }));
}

nlohmann::json to_json(const forms::LintFinding& finding, Language language) {
    const bool warning = forms::lint_level(finding.code) == forms::LintLevel::kWarning;
    return {{"severity", warning ? "warning" : "advice"},
            {"code", forms::lint_name(finding.code)},
            {"sheet", finding.where.sheet},
            {"row", finding.where.row},
            {"column", finding.where.column},
            {"question", finding.path},
            {"message", forms::lint_message(finding, language)},
            {"advice", forms::lint_advice(finding, language)},
            {"hint", finding.hint}};
}

void print_finding(Context& context, const forms::LintFinding& finding) {
    const Language language = context.out.language;
    const bool warning = forms::lint_level(finding.code) == forms::LintLevel::kWarning;
    const std::string name = Path(context.options.file).filename().string();
    std::string place = forms::render_place(name, finding.where, language);
    // Where there is no row to go to, the question's name leads there.
    if (finding.where.row == 0 && !finding.path.empty()) place += " (" + finding.path + ")";
    context.out.line(harmless(say(warning ? Text::kLintWarning : Text::kLintAdvice, language,
                                  {place, forms::lint_message(finding, language)})));
    std::string advice = forms::lint_advice(finding, language);
    if (!finding.hint.empty()) advice += " → " + finding.hint;
    context.out.line(harmless("    " + advice));
}

}  // namespace

Outcome form_list(Context& context) {
    std::vector<std::vector<std::string>> rows;
    nlohmann::json list = nlohmann::json::array();
    int code = 0;
    for (const std::string& id : context.forms.ids()) {
        auto form = context.forms.form(id);
        if (!form.ok()) {
            context.out.warning(id + ": " +
                                std::string(errc_message(form.error().code, context.out.language)));
            code = 1;
            continue;
        }
        const forms::FormSettings& settings = form->definition->settings();
        rows.push_back({id, settings.version, settings.title});
        nlohmann::json languages = nlohmann::json::array();
        for (const forms::FormLanguage& language : form->definition->languages()) {
            languages.push_back(language.tag.empty() ? language.name : language.tag);
        }
        list.push_back({{"form", id},
                        {"version", settings.version},
                        {"title", settings.title},
                        {"questions", questions_asked(*form->definition)},
                        {"languages", std::move(languages)},
                        {"hash", to_hex(form->hash)}});
    }
    const Language language = context.out.language;
    context.out.table({say(Text::kColForm, language), say(Text::kColVersion, language),
                       say(Text::kColTitle, language)},
                      rows);
    context.out.document({{"forms", std::move(list)}});
    return code;
}

Outcome form_check(Context& context) {
    const agent::FormFile file = AWDA_TRY(context.forms.read(Path(context.options.file)));
    if (file.form.definition == nullptr) return report_bad_form(context, file.diagnostics);
    print_diagnostics(context, file.diagnostics);
    const std::size_t questions = questions_asked(*file.form.definition);
    context.out.line(Text::kFormGood, {context.options.file, std::to_string(questions),
                                       std::to_string(file.diagnostics.size())});
    context.out.document({{"form", file.form.definition->settings().form_id},
                          {"version", file.form.definition->settings().version},
                          {"questions", questions},
                          {"warnings", file.diagnostics.size()},
                          {"hash", to_hex(file.form.hash)},
                          {"diagnostics", to_json(file.diagnostics, context.out.language)}});
    return 0;
}

Outcome form_convert(Context& context) {
    const agent::FormFile file = AWDA_TRY(context.forms.read(Path(context.options.file)));
    if (file.form.definition == nullptr) return report_bad_form(context, file.diagnostics);
    print_diagnostics(context, file.diagnostics);
    const std::string xml = forms::write_xform(*file.form.definition);
    AWDA_CHECK(atomic_write(Path(context.options.output), as_bytes(xml)));
    context.out.line(Text::kFormConverted, {context.options.output});
    context.out.document({{"form", file.form.definition->settings().form_id},
                          {"output", context.options.output},
                          {"bytes", xml.size()},
                          {"diagnostics", to_json(file.diagnostics, context.out.language)}});
    return 0;
}

Outcome form_lint(Context& context) {
    const agent::FormFile file = AWDA_TRY(context.forms.read(Path(context.options.file)));
    if (file.form.definition == nullptr) return report_bad_form(context, file.diagnostics);
    print_diagnostics(context, file.diagnostics);
    forms::LintOptions options;
    options.has_media = [&context](std::string_view name) {
        return agent::find_form_media(Path(context.options.file), name).has_value();
    };
    const auto findings = forms::lint(*file.form.definition, options);
    nlohmann::json list = nlohmann::json::array();
    std::size_t warnings = file.diagnostics.size();
    for (const forms::LintFinding& finding : findings) {
        if (forms::lint_level(finding.code) == forms::LintLevel::kWarning) ++warnings;
        print_finding(context, finding);
        list.push_back(to_json(finding, context.out.language));
    }
    const std::size_t advice = file.diagnostics.size() + findings.size() - warnings;
    context.out.line(Text::kLintCount,
                     {context.options.file, std::to_string(warnings), std::to_string(advice)});
    context.out.document({{"form", file.form.definition->settings().form_id},
                          {"warnings", warnings},
                          {"advice", advice},
                          {"findings", std::move(list)},
                          {"diagnostics", to_json(file.diagnostics, context.out.language)}});
    return context.options.strict && warnings > 0 ? 1 : 0;
}

}  // namespace awda::cli
