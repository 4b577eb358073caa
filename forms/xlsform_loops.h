// Loops of an XLSForm: the questions of "begin loop over places" stand there once a choice.
//
// Threads: a pure function of the form.
#pragma once

#include "forms/xlsform_form.h"

namespace awda::forms {

/// Puts the copies in place of the loops' questions.
void expand_loops(XlsForm& form);

}  // namespace awda::forms
