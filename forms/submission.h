// SubmissionInfo: what a form's <submission> says about sending its records.
//
// Ownership: plain values. Threads: pure functions.
#pragma once

#include <optional>
#include <string>

#include "forms/definition.h"

namespace awda::forms {

struct SubmissionInfo {
    std::string action;  ///< address to send to; empty where the form names none
    std::string method;  ///< "post", "form-data-post" …
    /// Send, and delete after sending, without being asked; nothing: the program's own setting.
    std::optional<bool> auto_send;
    std::optional<bool> auto_delete;
    std::string public_key;  ///< base64RsaPublicKey: records of this form are encrypted
};

/// All empty for a form without <submission>.
[[nodiscard]] SubmissionInfo submission_info(const FormDefinition& definition);

}  // namespace awda::forms
