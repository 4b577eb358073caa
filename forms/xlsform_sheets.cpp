#include "forms/xlsform_sheets.h"

#include <algorithm>
#include <map>
#include <set>

#include "forms/value.h"

namespace awda::forms {

namespace {

bool single_colon(const SheetRow& header) {
    bool single = false;
    for (const std::string_view cell : header.cells) {
        if (cell.find("::") != std::string_view::npos) return false;
        if (cell.find(':') != std::string_view::npos && cell != "jr:count") single = true;
    }
    return single;
}

}  // namespace

std::string clean(std::string_view text, bool one_blank) {
    std::string out;
    text = trim(text);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::string_view three = text.substr(i, 3);
        if (one_blank && text[i] == ' ' && text[i - 1] == ' ') continue;
        if (three == "\u2018" || three == "\u2019") {
            out += '\'';
            i += 2;
        } else if (three == "\u201c" || three == "\u201d") {
            out += '"';
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

bool is_xml_name(std::string_view name) {
    if (name.empty() || name.find(':') != std::string_view::npos) return false;
    return xml_name_from(name) == name;
}

std::string yes_no(std::string_view text) {
    const std::string lower = lower_ascii(text);
    if (lower == "yes" || lower == "true" || lower == "true()") return "true()";
    if (lower == "no" || lower == "false" || lower == "false()") return "false()";
    return std::string(text);
}

bool is_text_field(std::string_view field) {
    return field == "label" || field == "hint" || field == "guidance_hint" ||
           field == "constraint_message" || field == "required_message" ||
           field == "noAppErrorString" || field.starts_with("media::");
}

const Sheet* find_sheet(const Workbook& workbook, std::string_view name) {
    for (const Sheet& sheet : workbook.sheets) {
        if (lower_ascii(trim(sheet.name)) == name) return &sheet;
    }
    return nullptr;
}

std::string similar_sheets(const Workbook& workbook, const std::string& name) {
    std::string out;
    for (const Sheet& sheet : workbook.sheets) {
        const std::string lower = lower_ascii(trim(sheet.name));
        if (lower.starts_with('_') || nearest_spelling(name, {lower}).empty()) continue;
        out.append(out.empty() ? "" : ", ").append(trim(sheet.name));
    }
    return out;
}

const Sheet* find_optional_sheet(XlsForm& form, const std::string& name) {
    const Sheet* sheet = find_sheet(form.workbook, name);
    if (sheet != nullptr && !sheet->rows.empty()) return sheet;
    const std::string similar = similar_sheets(form.workbook, name);
    if (!similar.empty()) {
        form.report(DiagnosticCode::kSheetSpelling, {similar, 0, ""}, {name, similar}, {},
                    Severity::kWarning);
    }
    return nullptr;
}

std::vector<Heading> read_headings(XlsForm& form, const Sheet& sheet, const std::string& sheet_name,
                                   Heading (*parse)(std::string_view, bool)) {
    std::vector<Heading> out;
    std::map<std::pair<std::string, std::string>, std::string> seen;
    const std::vector<std::string_view> cells(sheet.rows[0].cells.begin(),
                                              sheet.rows[0].cells.end());
    const bool single = single_colon(sheet.rows[0]);
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (trim(cells[i]).empty()) continue;
        Heading heading = parse(cells[i], single);
        heading.column = i;
        const auto [first, fresh] =
            seen.try_emplace({heading.field, heading.language}, heading.written);
        if (fresh || heading.field == "remark") {
            out.push_back(std::move(heading));
            continue;
        }
        const Provenance where{sheet_name, 1, heading.written};
        if (first->second == heading.written)
            form.report(DiagnosticCode::kSameHeader, where, {heading.written});
        else
            form.report(DiagnosticCode::kSameColumn, where, {first->second, heading.written});
    }
    return out;
}

void check_translations(XlsForm& form, const std::vector<Heading>& headings,
                        const std::string& sheet) {
    std::map<std::string, std::set<std::string>> seen;  // language → fields
    std::set<std::string> all;
    bool translated = false;
    for (const Heading& heading : headings) {
        if (!is_text_field(heading.field) || heading.field == "noAppErrorString") continue;
        const std::string name =
            heading.field.starts_with("media::") ? heading.field.substr(7) : heading.field;
        all.insert(name);
        translated = translated || !heading.language.empty();
        seen[heading.language.empty() ? "default" : heading.language].insert(name);
    }
    if (!translated) return;
    form.has_translations = true;
    for (const auto& [language, fields] : seen) {
        std::string missing;
        for (const std::string& field : all) {
            if (fields.contains(field)) continue;
            missing.append(missing.empty() ? "" : ", ").append(field);
        }
        if (missing.empty()) continue;
        form.report(DiagnosticCode::kTranslationMissing, {sheet, 1, ""}, {language, missing}, {},
                    Severity::kWarning);
    }
}

}  // namespace awda::forms
