#include "forms/xform_prefixes.h"

#include <pugixml.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "forms/ascii.h"
#include "forms/names.h"
#include "forms/xml_nodes.h"
#include "forms/xml_text.h"

namespace awda::forms {
namespace {

constexpr std::string_view kUsual[] = {"jr", "orx", "odk", "entities", "ev", "awda"};

/// Metadata's namespace is also written with a slash at its end.
bool is_space_of(std::string_view usual, std::string_view uri) {
    return uri == known_space(usual) || (usual == "orx" && uri == "http://openrosa.org/xforms/");
}

/// Prefix as the form has it → as usual.
using Aliases = std::vector<std::pair<std::string, std::string_view>>;

void collect(const pugi::xml_node& node, Aliases& out) {
    for (auto attr = node.first_attribute(); attr; attr = attr.next_attribute()) {
        const std::string_view name = attr.name();
        if (!name.starts_with("xmlns:")) continue;
        for (const std::string_view usual : kUsual) {
            if (name.substr(6) != usual && is_space_of(usual, attr.value())) {
                out.emplace_back(name.substr(6), usual);
            }
        }
    }
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
        if (quote != 0 || !continues_word(c)) name = out.size();
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
        if (is_element(node)) rename(aliases, node, expressions);
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
    const pugi::xml_node head = child_named(html, "head");
    const pugi::xml_node model = child_named(head, "model");
    const pugi::xml_node primary = child_named(model, "instance");
    const pugi::xml_node root = primary.find_child(is_element);
    Aliases aliases;
    for (const pugi::xml_node& node :
         {html, head, model, primary, root, child_named(html, "body")}) {
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
