// Looks at pugixml's nodes that all readers of XML share: names count without their prefixes.
//
// Ownership: nodes are handles into their document. Threads: pure functions.
#pragma once

#include <string_view>

namespace pugi {
class xml_node;
}

namespace awda::forms {

[[nodiscard]] bool is_element(const pugi::xml_node& node);
/// The first child element of that name; a null node if there is none.
[[nodiscard]] pugi::xml_node child_named(const pugi::xml_node& parent, std::string_view name);

}  // namespace awda::forms
