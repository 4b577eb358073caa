// The choices, external_choices and osm sheets of an XLSForm: lists of choices, what a select may
// ask of them, and the secondary instances they become.
//
// Threads: pure functions of the form.
#pragma once

#include <string>

#include "forms/xlsform_form.h"

namespace awda::forms {

void read_choices(XlsForm& form);
/// Only the lists' names: what is in them comes from itemsets.csv.
void read_external_choices(XlsForm& form);
/// The tags of OpenStreetMap questions.
void read_osm(XlsForm& form);

/// Whether the select's list is there and fits it; what is wrong is reported at the row.
[[nodiscard]] bool check_list(XlsForm& form, const Row& row, const SelectType& select);
/// or_other adds a choice to its list, in each of the list's languages.
void finish_lists(XlsForm& form);
/// The list as an instance of the model; none for one that only search() uses.
void emit_list(XlsForm& form, const std::string& name);

}  // namespace awda::forms
