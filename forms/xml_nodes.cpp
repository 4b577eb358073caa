#include "forms/xml_nodes.h"

#include <pugixml.hpp>

#include "forms/names.h"

namespace awda::forms {

bool is_element(const pugi::xml_node& node) {
    return node.type() == pugi::node_element;
}

pugi::xml_node child_named(const pugi::xml_node& parent, std::string_view name) {
    return parent.find_child([name](const pugi::xml_node& node) {
        return is_element(node) && local_name(node.name()) == name;
    });
}

}  // namespace awda::forms
