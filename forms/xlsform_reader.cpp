#include "forms/xlsform_reader.h"

#include "forms/xlsform_actions.h"
#include "forms/xlsform_binds.h"
#include "forms/xlsform_choices.h"
#include "forms/xlsform_controls.h"
#include "forms/xlsform_files.h"
#include "forms/xlsform_form.h"
#include "forms/xlsform_instance.h"
#include "forms/xlsform_loops.h"
#include "forms/xlsform_references.h"
#include "forms/xlsform_rules.h"
#include "forms/xlsform_settings.h"
#include "forms/xlsform_sheets.h"
#include "forms/xlsform_survey.h"
#include "forms/xlsform_texts.h"

namespace awda::forms {
namespace {

/// Null, and reported, if there is no sheet with questions.
const Sheet* find_survey(XlsForm& form) {
    const Sheet* survey = find_sheet(form.workbook, "survey");
    if (survey == nullptr && form.workbook.sheets.size() == 1) survey = &form.workbook.sheets[0];
    if (survey != nullptr && !survey->rows.empty()) return survey;
    form.report(DiagnosticCode::kSheetMissing, {"survey", 0, ""}, {"survey"},
                similar_sheets(form.workbook, "survey"));
    return nullptr;
}

void read_sheets(XlsForm& form, const Sheet& survey) {
    read_settings(form);
    read_choices(form);
    read_external_choices(form);
    read_osm(form);
    if (const Sheet* sheet = find_optional_sheet(form, "entities")) form.entities.read(*sheet);
    read_survey(form, survey);
    read_submission(form);
}

void build_model(XlsForm& form) {
    References references(form);
    check_repeats(form);
    check_names(form);
    check_searches(form);
    build_instance(form, references);
    TextBuilder texts(form, references);
    ActionBuilder actions(form, references);
    BindBuilder binds(form, references, texts, actions);
    FileInstances files(form);
    ControlBuilder controls(form, references, texts, actions, binds, files);
    texts.add_choice_texts();
    texts.add_form_label();
    for (const auto& child : form.root.children) controls.emit(*child, form.model->body);
    texts.add_late_media();
    actions.attach_triggers(form.model->body);
    binds.emit_meta();
    files.finish(references.uses_last_saved());
    for (const std::string& name : form.choices.order) emit_list(form, name);
    texts.finish();
}

}  // namespace

std::shared_ptr<FormModel> read_xlsform(const Workbook& workbook, const LoadOptions& options,
                                        Diagnostics& diagnostics) {
    XlsForm form(workbook, options, diagnostics);
    const Sheet* survey = find_survey(form);
    if (survey == nullptr) return nullptr;
    read_sheets(form, *survey);
    if (form.failed()) return nullptr;
    finish_lists(form);
    expand_loops(form);
    form.entities.place();
    build_model(form);
    return form.failed() ? nullptr : form.model;
}

}  // namespace awda::forms
