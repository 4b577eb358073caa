#include "forms/xlsform_settings.h"

#include <algorithm>
#include <iterator>

#include "forms/value.h"
#include "forms/xlsform_sheets.h"

namespace awda::forms {

namespace {

void read_cells(XlsForm& form) {
    const Sheet* sheet = find_optional_sheet(form, "settings");
    if (sheet == nullptr || sheet->rows.size() < 2) return;
    const auto& header = sheet->rows[0].cells;
    const auto& cells = sheet->rows[1].cells;
    std::string id_from;
    for (std::size_t i = 0; i < header.size() && i < cells.size(); ++i) {
        const std::string value = clean(cells[i], false);
        const std::string field = settings_field(header[i]);
        if (value.empty() || field.empty()) continue;
        const std::string written(trim(header[i]));
        if (written.starts_with("label::")) {
            form.settings.form_label.emplace_back(trim(std::string_view(written).substr(7)), value);
            continue;
        }
        if (field == "form_id" && !id_from.empty()) {
            form.report(DiagnosticCode::kFormIdTwice, {"settings", 1, written},
                        {written == "form_id" ? written : id_from,
                         written == "form_id" ? id_from : written},
                        {}, Severity::kWarning);
            if (written != "form_id") continue;
        }
        if (field == "form_id") id_from = written;
        form.settings.values[field] = value;
    }
}

void read_root_name(XlsForm& form) {
    if (form.settings.has("name")) form.model->root.name = form.settings.get("name");
    if (!is_xml_name(form.model->root.name)) {
        const Provenance where = form.settings.has("name") ? Provenance{"settings", 2, "name"}
                                                           : Provenance{"", 0, "form_name"};
        form.report(DiagnosticCode::kBadName, where, {form.model->root.name},
                    xml_name_from(form.model->root.name));
    }
}

/// Title, id and version, and the other attributes of the root.
void read_root(XlsForm& form) {
    std::string id = form.settings.get("form_id");
    if (id.empty()) id = "data";
    form.model->title = form.settings.get("title").empty() ? id : form.settings.get("title");
    form.model->root.attributes.emplace_back("id", id);
    if (!form.settings.get("version").empty())
        form.model->root.attributes.emplace_back("version", form.settings.get("version"));
    form.model->default_language = form.settings.get("default_language").empty()
                                       ? "default"
                                       : form.settings.get("default_language");
    form.model->version_attribute = "1.0.0";
    form.model->style = form.settings.get("style");
    form.model->body_class = form.settings.get("style");
    if (!form.settings.get("prefix").empty())
        form.model->root.attributes.emplace_back("odk:prefix", form.settings.get("prefix"));
    if (!form.settings.get("delimiter").empty())
        form.model->root.attributes.emplace_back("odk:delimiter", form.settings.get("delimiter"));
    if (form.settings.has("instance_xmlns"))
        form.model->root.attributes.emplace_back("xmlns", form.settings.get("instance_xmlns"));
    for (const auto& [key, value] : form.settings.values) {
        if (key.starts_with("attribute::"))
            form.model->root.attributes.emplace_back(key.substr(11), value);
    }
}

/// A setting that is on or off and says neither is as if it weren't there.
void check_yes_no(XlsForm& form) {
    for (const char* field : {"allow_choice_duplicates", "clean_text_values", "omit_instanceID"}) {
        const std::string value = form.settings.get(field);
        const std::string read = yes_no(value);
        if (value.empty() || read == "true()" || read == "false()") continue;
        form.report(DiagnosticCode::kNotYesNo, {"settings", 2, field}, {field, value}, {},
                    Severity::kWarning);
    }
}

void read_namespaces(XlsForm& form, const std::string& text) {
    for (const std::string_view item : split_words(text)) {
        const auto equals = item.find('=');
        if (equals == std::string_view::npos || equals == 0) continue;
        std::string uri(item.substr(equals + 1));
        if (uri.find('=') != std::string::npos) continue;
        std::erase_if(uri, [](char c) { return c == '"' || c == '\''; });
        form.model->namespaces.emplace_back(item.substr(0, equals), uri);
    }
}

}  // namespace

void read_settings(XlsForm& form) {
    form.model->root.name = form.options.root_name.empty() ? "data" : form.options.root_name;
    read_cells(form);
    read_root_name(form);
    read_root(form);
    check_yes_no(form);
    form.clean_values = yes_no(form.settings.get("clean_text_values")) != "false()";
    if (form.settings.is_yes("omit_instanceID") && form.settings.has("public_key"))
        form.report(DiagnosticCode::kInstanceIdOmitted, {"settings", 2, "omit_instanceID"});
    read_namespaces(form, form.settings.get("namespaces"));
}

bool read_setting(XlsForm& form, const Row& row, const std::string& type) {
    static constexpr std::string_view kRows[] = {"form_title",  "set_form_title", "form_id",
                                                 "set_form_id", "submission_url", "public_key",
                                                 "auto_send",   "auto_delete"};
    if (std::find(std::begin(kRows), std::end(kRows), type) == std::end(kRows)) return false;
    const std::string field = settings_field(type);
    const std::string value(row.at("name"));
    form.settings.values[field] = value;
    if (field == "title") form.model->title = value;
    for (auto& [name, id] : form.model->root.attributes) {
        if (field == "form_id" && name == "id") id = value;
    }
    return true;
}

void read_submission(XlsForm& form) {
    const auto add = [&](const char* setting, const char* name) {
        const auto found = form.settings.values.find(setting);
        if (found == form.settings.values.end()) return;
        form.model->has_submission = true;
        form.model->submission.emplace_back(name, found->second);
    };
    add("submission_url", "action");
    if (form.model->has_submission) form.model->submission.emplace_back("method", "post");
    add("public_key", "base64RsaPublicKey");
    add("auto_send", "orx:auto-send");
    add("auto_delete", "orx:auto-delete");
}

}  // namespace awda::forms
