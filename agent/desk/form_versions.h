// form_versions: which versions of a draft's form there are: the library's, and its own as the
// vault kept it.
//
// Ownership: values. Threads: the vault's.
#pragma once

#include <optional>

#include "agent/desk/intake.h"

namespace awda::agent {

struct FormVersions {
    std::optional<LoadedForm> own;   ///< the version that `ref` names
    std::optional<LoadedForm> here;  ///< the library's, which may be the same
};
/// At least one of the two. kFormGone; what else the library says of a form it has.
[[nodiscard]] Result<FormVersions> versions_of(const IntakeParts& parts, const FormRef& ref);

/// Keeps the files of a form that a draft is made with. A draft whose form could not be kept is
/// no worse off than on paper: it goes on, and its answers are moved by their paths alone.
void keep_source(const IntakeParts& parts, const FormRef& ref, const LoadedForm& form);

}  // namespace awda::agent
