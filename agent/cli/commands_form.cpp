// The commands about forms: list, check, convert, show. They need no vault.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/cli/context.h"

namespace awda::cli {

namespace {

nlohmann::json to_json(const forms::Diagnostics& diagnostics, Language language) {
    nlohmann::json list = nlohmann::json::array();
    for (const forms::Diagnostic& one : diagnostics) {
        list.push_back({{"severity", one.severity == forms::Severity::kError ? "error" : "warning"},
                        {"code", forms::diagnostic_name(one.code)},
                        {"sheet", one.where.sheet},
                        {"row", one.where.row},
                        {"column", one.where.column},
                        {"message", forms::diagnostic_message(one, language)},
                        {"hint", one.hint}});
    }
    return list;
}

void print_diagnostics(Context& context, const forms::Diagnostics& diagnostics) {
    for (const forms::Diagnostic& one : diagnostics) {
        context.out.error_detail(forms::render(one, context.out.language));
    }
}

/// Reports a form that can't be used; its mistakes are part of the answer.
int report_bad_form(Context& context, const forms::Diagnostics& diagnostics) {
    context.out.error(Error(Errc::kFormInvalid, "checking a form"),
                      {{"diagnostics", to_json(diagnostics, context.out.language)}});
    print_diagnostics(context, diagnostics);
    return 1;
}

std::size_t questions_asked(const forms::FormDefinition& definition) {
    const auto& all = definition.questions();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [](const forms::QuestionInfo& question) {
            return question.type != forms::QuestionType::kHidden &&
                   question.type != forms::QuestionType::kNote;
        }));
}

/// A form by its id, or by the file it is in.
Result<agent::FormFile> find_form(Context& context, const std::string& name) {
    if (agent::valid_form_id(name) && !file_exists(Path(name))) {
        return agent::FormFile{AWDA_TRY(context.forms.form(name)), {}};
    }
    return agent::read_form_file(Path(name));
}

nlohmann::json marks_json(const forms::AwdaMarks& marks) {
    nlohmann::json json = nlohmann::json::object();
    if (!marks.purpose.empty()) json["purpose"] = marks.purpose;
    if (!marks.sensitivity.empty()) json["sensitivity"] = marks.sensitivity;
    if (!marks.approval.empty()) json["approval"] = marks.approval;
    return json;
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
    const agent::FormFile file = AWDA_TRY(agent::read_form_file(Path(context.options.file)));
    if (file.form.definition == nullptr) return report_bad_form(context, file.diagnostics);
    print_diagnostics(context, file.diagnostics);
    const std::size_t questions = questions_asked(*file.form.definition);
    context.out.line(Text::kFormGood, {context.options.file, std::to_string(questions)});
    context.out.document({{"form", file.form.definition->settings().form_id},
                          {"version", file.form.definition->settings().version},
                          {"questions", questions},
                          {"hash", to_hex(file.form.hash)},
                          {"diagnostics", to_json(file.diagnostics, context.out.language)}});
    return 0;
}

Outcome form_convert(Context& context) {
    const agent::FormFile file = AWDA_TRY(agent::read_form_file(Path(context.options.file)));
    if (file.form.definition == nullptr) return report_bad_form(context, file.diagnostics);
    print_diagnostics(context, file.diagnostics);
    const std::string xml = forms::write_xform(*file.form.definition);
    AWDA_CHECK(atomic_write(Path(context.options.output), as_bytes(xml)));
    context.out.line(Text::kFormConverted, {context.options.output});
    context.out.document({{"form", file.form.definition->settings().form_id},
                          {"output", context.options.output},
                          {"bytes", xml.size()}});
    return 0;
}

Outcome form_show(Context& context) {
    const agent::FormFile file = AWDA_TRY(find_form(context, context.options.file));
    if (file.form.definition == nullptr) return report_bad_form(context, file.diagnostics);
    const forms::FormDefinition& definition = *file.form.definition;
    const std::string_view tag = language_code(context.out.language);
    std::vector<std::vector<std::string>> rows;
    nlohmann::json list = nlohmann::json::array();
    for (const forms::QuestionInfo& question : definition.questions()) {
        const std::string label = definition.label(question.path, tag);
        const std::string_view type = forms::question_type_name(question.type);
        list.push_back({{"question", question.path},
                        {"type", type},
                        {"label", label},
                        {"repeat", question.repeat},
                        {"choices", question.list_name},
                        {"calculated", question.calculated},
                        {"marks", marks_json(question.marks)}});
        if (question.type == forms::QuestionType::kHidden) continue;
        rows.push_back({question.path, std::string(type), label});
    }
    const Language language = context.out.language;
    context.out.facts({{Text::kColForm, definition.settings().form_id},
                       {Text::kColVersion, definition.settings().version},
                       {Text::kColTitle, definition.settings().title}});
    context.out.line("");
    context.out.table({say(Text::kColQuestion, language), say(Text::kColType, language),
                       say(Text::kColLabel, language)},
                      rows);
    context.out.document({{"form", definition.settings().form_id},
                          {"version", definition.settings().version},
                          {"title", definition.settings().title},
                          {"questions", std::move(list)}});
    return 0;
}

}  // namespace awda::cli
