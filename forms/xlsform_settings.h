// The settings sheet of an XLSForm: title, id, version, submission, namespaces.
//
// Threads: pure functions of the form.
#pragma once

#include <string>

#include "forms/xlsform_form.h"

namespace awda::forms {

void read_settings(XlsForm& form);
/// Old forms give settings as rows of the survey: "set_form_title", with the title for its name.
/// False if the type is none of those.
[[nodiscard]] bool read_setting(XlsForm& form, const Row& row, const std::string& type);
/// Where records are sent; after the survey, which may say so.
void read_submission(XlsForm& form);

}  // namespace awda::forms
