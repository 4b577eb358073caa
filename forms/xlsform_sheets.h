// Finding the sheets of an XLSForm and their columns, and cleaning their cells.
//
// Threads: pure functions, but for what they report.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "forms/xlsform_form.h"

namespace awda::forms {

/// Without blanks around it, typographic quotes made plain, and runs of blanks made one.
[[nodiscard]] std::string clean(std::string_view text, bool one_blank);
/// A name of XML without a prefix.
[[nodiscard]] bool is_xml_name(std::string_view name);
/// "yes" → "true()", "no" → "false()", anything else as it is.
[[nodiscard]] std::string yes_no(std::string_view text);
/// label, hint, messages and media: what can be translated.
[[nodiscard]] bool is_text_field(std::string_view field);

[[nodiscard]] const Sheet* find_sheet(const Workbook& workbook, std::string_view name);
/// Sheets whose names are nearly this one, with commas; an underscore before its name puts a
/// sheet aside.
[[nodiscard]] std::string similar_sheets(const Workbook& workbook, const std::string& name);
/// A sheet that may be absent, but not misspelt.
[[nodiscard]] const Sheet* find_optional_sheet(XlsForm& form, const std::string& name);

/// The columns of a sheet; a column that is there twice, also by another name, is an error.
[[nodiscard]] std::vector<Heading> read_headings(XlsForm& form, const Sheet& sheet,
                                                 const std::string& sheet_name,
                                                 Heading (*parse)(std::string_view, bool));
/// Says which languages lack which of the translated columns of a sheet.
void check_translations(XlsForm& form, const std::vector<Heading>& headings,
                        const std::string& sheet);

}  // namespace awda::forms
