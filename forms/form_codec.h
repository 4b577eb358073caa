// FormCodec: a form as read, in few bytes, for the cache (CACHE_FORMAT.md).
//
// Ownership: values. Threads: pure functions. Reading takes any bytes: what is not a form as
// written by this version gives nothing, in time and memory bounded by the input.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "forms/model.h"
#include "platform/bytes.h"

namespace awda::forms {

/// What a file that a form named was, when the form was read: a hash, or empty if it was missing.
using MediaSeen = std::vector<std::pair<std::string, std::string>>;

struct ReadForm {
    MediaSeen media;
    Diagnostics diagnostics;  ///< warnings of reading; compiling gives its own again
    std::shared_ptr<FormModel> model;
};

/// The content of files beside the form is left out: they may be lists of people.
[[nodiscard]] Bytes encode_form(const ReadForm& form);
/// Instances that are `from_file` come back without their content.
[[nodiscard]] std::optional<ReadForm> decode_form(ByteView bytes);

}  // namespace awda::forms
