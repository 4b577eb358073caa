// Reads ODK XForm XML into a FormModel. Threads: pure.
#pragma once

#include <memory>
#include <string_view>

#include "forms/load.h"
#include "forms/model.h"

namespace awda::forms {

/// Null if it can't be a form; what is wrong goes into `diagnostics` in either case.
[[nodiscard]] std::shared_ptr<FormModel> read_xform(std::string_view xml,
                                                    const LoadOptions& options,
                                                    Diagnostics& diagnostics);

}  // namespace awda::forms
