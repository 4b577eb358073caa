// The survey sheet of an XLSForm: its rows as a tree, each checked where it stands.
//
// Threads: a pure function of the form.
#pragma once

#include "forms/xlsform_form.h"

namespace awda::forms {

/// Fills `form.root`; settings and choices have been read.
void read_survey(XlsForm& form, const Sheet& sheet);

}  // namespace awda::forms
