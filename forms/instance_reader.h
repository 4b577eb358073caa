// Instance reader: a record as XForm XML back into a flat record of a form.
//
// Ownership: values. Threads: pure functions.
// Elements are told by their local names, so that it doesn't matter which prefix or which of the
// meta namespaces a client used. Rows are the elements of a repeat's name, wherever they stand
// among their siblings; prototypes (jr:template) are no rows. What the form has no place for comes
// back beside the answers, with its values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "forms/definition.h"
#include "forms/session.h"
#include "platform/result.h"

namespace awda::forms {

inline constexpr std::size_t kInstanceXmlMax = 64U << 20U;   ///< bytes
inline constexpr std::size_t kInstanceNodesMax = 4'000'000;  ///< elements, texts, attributes
inline constexpr std::size_t kInstanceDepthMax = 200;
inline constexpr std::size_t kInstanceRefBytesMax = 512U << 20U;  ///< of all refs together

struct InstanceContent {
    std::string form_id;  ///< the root's id attribute, or ""
    std::string version;  ///< its version attribute, with or without prefix
    std::vector<Answer> answers;
    std::vector<Answer> unknown;  ///< leaves, rows and attributes without a place in the form
};

/// kMalformed if it isn't well-formed XML, kTooLarge beyond the limits, kUnknownForm if it says
/// that it is another form's.
[[nodiscard]] Result<InstanceContent> read_instance(const FormDefinition& form,
                                                    std::string_view xml);

}  // namespace awda::forms
