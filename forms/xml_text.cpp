#include "forms/xml_text.h"

#include <algorithm>

namespace awda::forms {

std::string escape_xml(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\n': out += "&#10;"; break;
            case '\r': out += "&#13;"; break;
            case '\t': out += "&#9;"; break;
            default:
                if (static_cast<unsigned char>(c) >= 0x20U) out += c;
                break;
        }
    }
    return out;
}

std::string_view known_space(std::string_view prefix) {
    static constexpr std::pair<std::string_view, std::string_view> kSpaces[] = {
        {"h", "http://www.w3.org/1999/xhtml"},
        {"ev", "http://www.w3.org/2001/xml-events"},
        {"xsd", "http://www.w3.org/2001/XMLSchema"},
        {"jr", "http://openrosa.org/javarosa"},
        {"orx", "http://openrosa.org/xforms"},
        {"odk", "http://www.opendatakit.org/xforms"},
        {"entities", "http://www.opendatakit.org/xforms/entities"},
        {"awda", kAwdaNamespace}};
    for (const auto& [name, uri] : kSpaces) {
        if (name == prefix) return uri;
    }
    return {};
}

namespace {

void collect_prefixes(const ModelNode& node, std::vector<std::string>& out) {
    const auto take = [&](std::string_view name) {
        const auto colon = name.find(':');
        if (colon == std::string_view::npos || name.starts_with("xmlns")) return;
        const std::string prefix(name.substr(0, colon));
        if (std::find(out.begin(), out.end(), prefix) == out.end()) out.push_back(prefix);
    };
    take(node.name);
    for (const auto& [name, value] : node.attributes) take(name);
    for (const ModelNode& child : node.children) collect_prefixes(child, out);
}

}  // namespace

Attributes instance_spaces(const FormModel& model) {
    std::vector<std::string> prefixes;
    collect_prefixes(model.root, prefixes);
    Attributes out;
    for (const std::string& prefix : prefixes) {
        if (!attribute(model.root.attributes, "xmlns:" + prefix).empty()) continue;
        std::string_view uri = attribute(model.namespaces, prefix);
        if (uri.empty()) uri = known_space(prefix);
        if (!uri.empty()) out.emplace_back(prefix, uri);
    }
    return out;
}

}  // namespace awda::forms
