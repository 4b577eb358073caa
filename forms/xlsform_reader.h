// Reads XLSForm workbooks into a FormModel. Threads: pure.
#pragma once

#include <memory>

#include "forms/model.h"
#include "forms/workbook.h"

namespace awda::forms {

/// Null if it can't be a form; every mistake found goes into `diagnostics`.
[[nodiscard]] std::shared_ptr<FormModel> read_xlsform(const Workbook& workbook,
                                                      const LoadOptions& options,
                                                      Diagnostics& diagnostics);

}  // namespace awda::forms
