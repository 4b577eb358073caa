#include "forms/xform_prefixes.h"

#include <pugixml.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "forms/model.h"

namespace awda::forms {
namespace {

constexpr std::pair<std::string_view, std::string_view> kUsual[] = {
    {"http://openrosa.org/javarosa", "jr"},
    {"http://openrosa.org/xforms", "orx"},
    {"http://openrosa.org/xforms/", "orx"},
    {"http://www.opendatakit.org/xforms", "odk"},
    {"http://www.opendatakit.org/xforms/entities", "entities"},
    {"http://www.w3.org/2001/xml-events", "ev"},
    {kAwdaNamespace, "awda"},
};

/// Prefix as the form has it → as usual.
using Aliases = std::vector<std::pair<std::string, std::string_view>>;

std::string_view local_name(std::string_view name) {
    const auto colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

void collect(const pugi::xml_node& node, Aliases& out) {
    for (auto attr = node.first_attribute(); attr; attr = attr.next_attribute()) {
        const std::string_view name = attr.name();
        if (!name.starts_with("xmlns:")) continue;
        for (const auto& [uri, usual] : kUsual) {
            if (uri == attr.value() && name.substr(6) != usual) {
                out.emplace_back(name.substr(6), usual);
            }
        }
    }
}

pugi::xml_node child(const pugi::xml_node& parent, std::string_view name) {
    return parent.find_child(
        [name](const pugi::xml_node& node) { return local_name(node.name()) == name; });
}

std::string_view usual_of(const Aliases& aliases, std::string_view prefix) {
    const auto found = std::find_if(aliases.begin(), aliases.end(),
                                    [prefix](const auto& each) { return each.first == prefix; });
    return found == aliases.end() ? std::string_view() : found->second;
}

std::string renamed(const Aliases& aliases, std::string_view name) {
    const auto colon = name.find(':');
    if (colon == std::string_view::npos) return {};
    const std::string_view usual = usual_of(aliases, name.substr(0, colon));
    return usual.empty() ? std::string() : std::string(usual).append(name.substr(colon));
}

bool is_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || static_cast<unsigned char>(c) >= 0x80;
}

/// The expression with the prefixes of its names replaced, outside of quoted text.
std::string renamed_inside(const Aliases& aliases, std::string_view text) {
    std::string out;
    char quote = 0;
    std::size_t name = 0;  // where the name began that is being read
    for (const char c : text) {
        if (quote != 0) {
            if (c == quote) quote = 0;
        } else if (c == '\'' || c == '"') {
            quote = c;
        } else if (c == ':' && name < out.size()) {
            const std::string_view usual = usual_of(aliases, std::string_view(out).substr(name));
            if (!usual.empty()) out.replace(name, std::string::npos, usual);
        }
        out += c;
        if (quote != 0 || !is_name_char(c)) name = out.size();
    }
    return out;
}

void rename(const Aliases& aliases, pugi::xml_node node, bool expressions) {
    if (const std::string name = renamed(aliases, node.name()); !name.empty()) {
        node.set_name(name.c_str());
    }
    for (auto attr = node.first_attribute(); attr; attr = attr.next_attribute()) {
        const std::string_view name = attr.name();
        if (name.starts_with("xmlns")) continue;
        if (const std::string usual = renamed(aliases, name); !usual.empty()) {
            attr.set_name(usual.c_str());
        }
        if (!expressions || std::string_view(attr.value()).find(':') == std::string_view::npos) {
            continue;
        }
        attr.set_value(renamed_inside(aliases, attr.value()).c_str());
    }
}

/// Every element at and below `top`; where `expressions`, not what is inside of instances.
void rename_all(const Aliases& aliases, const pugi::xml_node& top, bool expressions) {
    pugi::xml_node node = top;
    while (true) {
        if (node.type() == pugi::node_element) rename(aliases, node, expressions);
        const bool inside = !expressions || local_name(node.name()) != "instance";
        if (inside && node.first_child()) {
            node = node.first_child();
            continue;
        }
        while (node != top && !node.next_sibling()) node = node.parent();
        if (node == top) return;
        node = node.next_sibling();
    }
}

}  // namespace

void use_usual_prefixes(pugi::xml_document& document) {
    const pugi::xml_node html = document.document_element();
    const pugi::xml_node head = child(html, "head");
    const pugi::xml_node model = child(head, "model");
    const pugi::xml_node primary = child(model, "instance");
    const pugi::xml_node root =
        primary.find_child([](const auto& node) { return node.type() == pugi::node_element; });
    Aliases aliases;
    for (const pugi::xml_node& node : {html, head, model, primary, root, child(html, "body")}) {
        collect(node, aliases);
    }
    for (auto part = model.first_child(); part; part = part.next_sibling()) {
        if (local_name(part.name()) == "bind") collect(part, aliases);
    }
    if (aliases.empty()) return;
    rename_all(aliases, html, true);
    rename_all(aliases, root, false);
}

}  // namespace awda::forms
