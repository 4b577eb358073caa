// Rules of an XLSForm that hold between rows: names beside each other, names of repeats, and which
// questions share a list.
//
// Threads: a pure function of the form.
#pragma once

#include "forms/xlsform_form.h"

namespace awda::forms {

void check_repeats(XlsForm& form);
void check_names(XlsForm& form);
/// search() replaces the choices of a list, so all its questions search or none does.
void check_searches(XlsForm& form);

}  // namespace awda::forms
