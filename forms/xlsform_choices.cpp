#include "forms/xlsform_choices.h"

#include <algorithm>
#include <map>
#include <set>

#include "forms/table_instance.h"
#include "forms/value.h"
#include "forms/xlsform_sheets.h"

namespace awda::forms {

namespace {

Texts& media_texts(ChoiceRow& row, const std::string& kind) {
    for (auto& [known, texts] : row.media) {
        if (known == kind) return texts;
    }
    return row.media.emplace_back(kind, Texts()).second;
}

void read_choice(XlsForm& form, const SheetRow& source, const std::vector<Heading>& headings) {
    ChoiceRow row;
    row.number = source.number;
    std::string list;
    for (const Heading& heading : headings) {
        if (heading.column >= source.cells.size()) continue;
        std::string text = form.clean_values ? clean(source.cells[heading.column], false)
                                             : std::string(trim(source.cells[heading.column]));
        if (text.empty() || heading.field.empty()) continue;
        if (heading.field == "list_name")
            list = text;
        else if (heading.field == "name")
            row.name = text;
        else if (heading.field == "label")
            form.add_text(row.labels, heading.language, std::move(text));
        else if (heading.field.starts_with("media::")) {
            form.add_text(media_texts(row, heading.field.substr(7)), heading.language,
                          std::move(text));
        } else {
            row.extra.emplace_back(heading.field, std::move(text));
        }
    }
    if (list.empty()) return;  // rows without a list are remarks
    if (!form.choices.lists.contains(list)) form.choices.order.push_back(list);
    if (row.name.empty()) {
        form.report(DiagnosticCode::kChoiceWithoutName, {"choices", row.number, "name"}, {list});
        return;
    }
    if (row.labels.empty()) {
        form.report(DiagnosticCode::kChoiceLabelMissing, {"choices", row.number, "label"},
                    {row.name}, {}, Severity::kWarning);
    }
    form.choices.lists[list].rows.push_back(std::move(row));
}

void check_choices(XlsForm& form) {
    if (form.settings.is_yes("allow_choice_duplicates")) return;
    for (const std::string& name : form.choices.order) {
        std::unordered_map<std::string, std::uint32_t> seen;
        for (const ChoiceRow& row : form.choices.lists[name].rows) {
            const auto [first, fresh] = seen.emplace(row.name, row.number);
            if (fresh) continue;
            form.report(DiagnosticCode::kDuplicateChoice, {"choices", row.number, "name"},
                        {row.name, name, std::to_string(first->second)});
        }
    }
}

bool check_external_list(XlsForm& form, const Provenance& where, const std::string& list) {
    if (form.choices.external.empty()) {
        form.report(DiagnosticCode::kListSheetMissing, {"external_choices", 0, ""},
                    {"external_choices", "'list name', 'name'"},
                    similar_sheets(form.workbook, "external_choices"));
        return false;
    }
    if (std::binary_search(form.choices.external.begin(), form.choices.external.end(), list))
        return true;
    form.report(DiagnosticCode::kUnknownList, where, {list},
                nearest_spelling(list, form.choices.external));
    return false;
}

/// The answer to a select_multiple is the names with spaces between them.
void check_choice_names(XlsForm& form, const std::string& name, SheetList& list) {
    if (list.multiple) return;
    list.multiple = true;
    for (const ChoiceRow& choice : list.rows) {
        if (choice.name.find(' ') == std::string::npos) continue;
        form.report(DiagnosticCode::kChoiceNameSpace, {"choices", choice.number, "name"},
                    {choice.name, name});
    }
}

}  // namespace

void read_choices(XlsForm& form) {
    const Sheet* sheet = find_sheet(form.workbook, "choices");
    if (sheet == nullptr || sheet->rows.size() < 2) return;
    std::vector<Heading> headings = read_headings(form, *sheet, "choices", parse_choices_heading);
    for (Heading& heading : headings) {
        if (heading.known || is_xml_name(heading.field)) continue;
        form.report(DiagnosticCode::kChoiceColumn, {"choices", 1, heading.written},
                    {heading.written}, {}, Severity::kWarning);
        heading.field.clear();
    }
    check_translations(form, headings, "choices");
    const auto has = [&](std::string_view field) {
        return std::any_of(headings.begin(), headings.end(),
                           [&](const Heading& h) { return h.field == field; });
    };
    for (const char* field : {"list_name", "name"}) {
        if (!has(field))
            form.report(DiagnosticCode::kColumnMissing, {"choices", 1, field}, {"choices", field});
    }
    if (!has("list_name") || !has("name")) return;
    for (std::size_t r = 1; r < sheet->rows.size(); ++r)
        read_choice(form, sheet->rows[r], headings);
    check_choices(form);
}

void read_external_choices(XlsForm& form) {
    const Sheet* sheet = find_sheet(form.workbook, "external_choices");
    if (sheet == nullptr || sheet->rows.empty()) return;
    for (const Heading& heading :
         read_headings(form, *sheet, "external_choices", parse_choices_heading)) {
        if (heading.field != "list_name") continue;
        for (std::size_t r = 1; r < sheet->rows.size(); ++r) {
            const auto& cells = sheet->rows[r].cells;
            if (heading.column >= cells.size()) continue;
            std::string list = clean(cells[heading.column], false);
            if (!list.empty()) form.choices.external.push_back(std::move(list));
        }
    }
    std::sort(form.choices.external.begin(), form.choices.external.end());
    form.choices.external.erase(
        std::unique(form.choices.external.begin(), form.choices.external.end()),
        form.choices.external.end());
}

void read_osm(XlsForm& form) {
    const Sheet* sheet = find_sheet(form.workbook, "osm");
    if (sheet == nullptr || sheet->rows.empty()) return;
    const std::vector<Heading> headings = read_headings(form, *sheet, "osm", parse_choices_heading);
    for (std::size_t r = 1; r < sheet->rows.size(); ++r) {
        std::string list;
        ModelItem tag;
        for (const Heading& heading : headings) {
            if (heading.column >= sheet->rows[r].cells.size()) continue;
            std::string text = clean(sheet->rows[r].cells[heading.column], false);
            if (text.empty()) continue;
            if (heading.field == "list_name")
                list = std::move(text);
            else if (heading.field == "name")
                tag.value = std::move(text);
            else if (heading.field == "label" && !tag.label.present)
                tag.label = {true, "", {{std::move(text), false}}};
        }
        if (!list.empty() && !tag.value.empty()) form.choices.osm[list].push_back(std::move(tag));
    }
}

bool check_list(XlsForm& form, const Row& row, const SelectType& select) {
    const Provenance where = place(row, "type");
    if (select.or_other && !row.at("choice_filter").empty()) {
        form.report(DiagnosticCode::kOtherFilter, place(row, "choice_filter"));
        return false;
    }
    const bool elsewhere = select.from_file || select.list.starts_with("${");
    if (select.or_other && elsewhere) {
        form.report(DiagnosticCode::kOtherWithoutList, where, {select.list});
        return false;
    }
    if (select.or_other && form.has_translations)
        form.report(DiagnosticCode::kOtherTranslated, where, {}, {}, Severity::kWarning);
    if (select.from_file) {
        const auto dot = select.list.find('.', 1);
        const std::string kind = dot == std::string::npos ? "" : select.list.substr(dot);
        const bool known = kind == ".csv" || kind == ".xml" || kind == ".geojson";
        if (known || select.list.find("${") != std::string::npos) return true;
        form.report(DiagnosticCode::kFileKind, where, {std::string(row.at("type"))});
        return false;
    }
    if (elsewhere) return true;
    if (select.element == "external") return check_external_list(form, where, select.list);
    if (form.choices.lists.empty()) {
        form.report(DiagnosticCode::kListSheetMissing, {"choices", 0, ""},
                    {"choices", "'list_name', 'name', 'label'"},
                    similar_sheets(form.workbook, "choices"));
        return false;
    }
    const auto found = form.choices.lists.find(select.list);
    if (found == form.choices.lists.end()) {
        form.report(DiagnosticCode::kUnknownList, where, {select.list},
                    nearest_spelling(select.list, form.choices.order));
        return false;
    }
    found->second.other = found->second.other || select.or_other;
    if (select.element == "select") check_choice_names(form, select.list, found->second);
    return true;
}

void finish_lists(XlsForm& form) {
    for (auto& [name, list] : form.choices.lists) {
        const bool there = std::any_of(list.rows.begin(), list.rows.end(),
                                       [](const ChoiceRow& r) { return r.name == "other"; });
        if (!list.other || there) continue;
        ChoiceRow other;
        other.name = "other";
        std::set<std::string> languages;
        for (const ChoiceRow& row : list.rows) {
            for (const auto& [language, text] : row.labels) languages.insert(language);
        }
        for (const std::string& language : languages) other.labels.emplace_back(language, "Other");
        list.rows.push_back(std::move(other));
    }
}

void emit_list(XlsForm& form, const std::string& name) {
    const SheetList& list = form.choices.lists[name];
    if (list.searched) return;
    const bool itext = form.choices.needs_itext(name);
    auto table = std::make_shared<TableInstance>(*form.model->names, "root", "item");
    const std::uint32_t text_column = itext ? table->add_column("itextId", *form.model->names) : 0;
    const std::uint32_t name_column = table->add_column("name", *form.model->names);
    std::size_t index = 0;
    for (const ChoiceRow& row : list.rows) {
        table->begin_row();
        const std::string id = name + "-" + std::to_string(index++);
        table->set(name_column, row.name);
        if (itext) {
            table->set(text_column, id);
        } else if (!row.labels.empty()) {
            table->set(table->add_column("label", *form.model->names), row.labels.front().second);
        }
        for (const auto& [column, text] : row.extra) {
            if (!is_xml_name(column) || table->columns() >= TableInstance::kColumnsMax) continue;
            table->set(table->add_column(column, *form.model->names), text);
        }
    }
    ModelInstance instance;
    instance.id = name;
    instance.table = std::move(table);
    form.model->instances.push_back(std::move(instance));
}

}  // namespace awda::forms
