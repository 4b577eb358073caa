#include "forms/submission.h"

#include <algorithm>
#include <iterator>

#include "forms/ascii.h"
#include "forms/model.h"
#include "forms/value.h"

namespace awda::forms {
namespace {

std::optional<bool> truth(std::string_view text) {
    const std::string word = lower_ascii(trim(text));
    if (word == "true" || word == "true()" || word == "1" || word == "yes") return true;
    if (word == "false" || word == "false()" || word == "0" || word == "no") return false;
    return std::nullopt;
}

}  // namespace

SubmissionInfo submission_info(const FormDefinition& definition) {
    SubmissionInfo out;
    for (const auto& [qualified, value] : definition.model().submission) {
        const auto colon = qualified.find(':');
        const std::string name =
            colon == std::string::npos ? qualified : qualified.substr(colon + 1);
        if (name == "action") out.action = trim(value);
        if (name == "method") out.method = trim(value);
        if (name == "auto-send") out.auto_send = truth(value);
        if (name == "auto-delete") out.auto_delete = truth(value);
        if (name == "base64RsaPublicKey") {
            // Authors paste keys with line ends in them.
            std::copy_if(value.begin(), value.end(), std::back_inserter(out.public_key),
                         [](char c) { return !is_space(c); });
        }
    }
    return out;
}

}  // namespace awda::forms
