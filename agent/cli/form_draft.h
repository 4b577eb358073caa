// form_draft: a fill-in kept in a file between two runs of `awda form run`.
//
// {"draft":1,"form":…,"version":…,"language":…,"instance":…,"answers":[[ref,value],…]}: what
// Session::answers(kAll) gives. Only for trying forms out; real intakes live in the vault.
// Threads: pure but for the file.
#pragma once

#include <string>
#include <vector>

#include "forms/session.h"
#include "platform/files.h"

namespace awda::cli {

struct FormDraft {
    std::string form;
    std::string version;
    std::string language;
    std::string instance;
    std::vector<forms::Answer> answers;
};

[[nodiscard]] Status write_draft(const Path& path, const FormDraft& draft);
/// kNotFound, kTooLarge, kIo; kMalformed when it is not of the shape above.
[[nodiscard]] Result<FormDraft> read_draft(const Path& path);

}  // namespace awda::cli
