// The primary instance of an XLSForm: a node for each question, group and repeat, with its default.
//
// Threads: a pure function of the form.
#pragma once

#include "forms/xlsform_references.h"

namespace awda::forms {

void build_instance(XlsForm& form, References& references);

}  // namespace awda::forms
