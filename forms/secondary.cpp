#include "forms/secondary.h"

#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include <sstream>

#include "forms/value.h"

namespace awda::forms {
namespace {

bool is_element(const pugi::xml_node& node) {
    return node.type() == pugi::node_element;
}

bool has_plain_attributes(const pugi::xml_node& node) {
    for (const pugi::xml_attribute& attribute : node.attributes()) {
        if (std::string_view(attribute.name()).substr(0, 5) != "xmlns") return true;
    }
    return false;
}

std::string_view local_name(std::string_view name) {
    const auto colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

/// Whether an element is <root> of equal items with plain cells.
bool is_table(const pugi::xml_node& root) {
    const pugi::xml_node first = root.find_child(is_element);
    if (!first || has_plain_attributes(root)) return false;
    for (const pugi::xml_node& item : root.children()) {
        if (!is_element(item)) continue;
        if (std::string_view(item.name()) != first.name() || has_plain_attributes(item))
            return false;
        for (const pugi::xml_node& cell : item.children()) {
            if (cell.type() == pugi::node_pcdata && !trim(cell.value()).empty()) return false;
            if (!is_element(cell)) continue;
            if (has_plain_attributes(cell) || cell.find_child(is_element)) return false;
        }
    }
    return true;
}

std::string cell_text(const pugi::xml_node& cell) {
    std::string out;
    for (const pugi::xml_node& part : cell.children()) out += part.value();
    return out;
}

std::shared_ptr<TableInstance> read_table(const pugi::xml_node& root, StringPool& names) {
    const pugi::xml_node first = root.find_child(is_element);
    auto table =
        std::make_shared<TableInstance>(names, local_name(root.name()), local_name(first.name()));
    std::vector<std::uint32_t> used;
    for (const pugi::xml_node& item : root.children()) {
        if (!is_element(item)) continue;
        if (table->full()) return nullptr;
        table->begin_row();
        used.clear();
        for (const pugi::xml_node& cell : item.children()) {
            if (!is_element(cell)) continue;
            if (table->columns() >= TableInstance::kColumnsMax) return nullptr;
            const std::uint32_t column = table->add_column(local_name(cell.name()), names);
            // A column twice in one row does not fit a table.
            if (std::find(used.begin(), used.end(), column) != used.end()) return nullptr;
            used.push_back(column);
            const pugi::xml_node only = cell.first_child();
            if (only && !only.next_sibling()) {
                table->set(column, only.value());
            } else {
                table->set(column, cell_text(cell));
            }
        }
    }
    return table;
}

Status read_tree(std::string_view xml, StringPool& names, ModelInstance& out) {
    XmlTree::Limits limits;
    limits.depth = kNestingMax;
    out.tree = AWDA_TRY(XmlTree::parse(xml, names, false, limits));
    return {};
}

using Json = nlohmann::json;

std::string number_text(const Json& number) {
    return number.is_number_float() ? print_number(number.get<double>()) : number.dump();
}

std::string position_text(const Json& position) {
    if (!position.is_array() || position.size() < 2) return {};
    return number_text(position[1]) + " " + number_text(position[0]) + " 0 0";
}

std::string geometry_text(const Json& geometry) {
    if (!geometry.is_object() || !geometry.contains("coordinates")) return {};
    const std::string type = geometry.value("type", "");
    const Json& coordinates = geometry["coordinates"];
    if (type == "Point") return position_text(coordinates);
    const bool polygon = type == "Polygon";
    if (!polygon && type != "LineString") return {};
    if (!coordinates.is_array() || coordinates.empty()) return {};
    const Json& line = polygon ? coordinates[0] : coordinates;
    if (!line.is_array()) return {};
    std::string out;
    for (const Json& position : line) {
        if (!out.empty()) out += ";";
        out += position_text(position);
    }
    return out;
}

Status read_geojson(std::string_view content, StringPool& names, ModelInstance& out) {
    const Json json = Json::parse(content, nullptr, false);
    if (!json.is_object() || !json.contains("features") || !json["features"].is_array()) {
        return Error{Errc::kMalformed, "GeoJSON without features"};
    }
    auto table = std::make_shared<TableInstance>(names, "root", "item");
    const std::uint32_t geometry = table->add_column("geometry", names);
    for (const Json& feature : json["features"]) {
        if (!feature.is_object() || table->full()) continue;
        table->begin_row();
        if (feature.contains("geometry")) table->set(geometry, geometry_text(feature["geometry"]));
        if (feature.contains("id")) {
            const Json& id = feature["id"];
            table->set(table->add_column("id", names),
                       id.is_string() ? id.get<std::string>() : id.dump());
        }
        const auto properties = feature.find("properties");
        if (properties == feature.end() || !properties->is_object()) continue;
        for (const auto& [key, value] : properties->items()) {
            if (table->columns() >= TableInstance::kColumnsMax) break;
            const std::string text = value.is_string()   ? value.get<std::string>()
                                     : value.is_null()   ? std::string()
                                     : value.is_number() ? number_text(value)
                                                         : value.dump();
            table->set(table->add_column(xml_name_from(key), names), text);
        }
    }
    out.table = std::move(table);
    return {};
}

}  // namespace

Status read_inline_instance(const pugi::xml_node& holder, StringPool& names, ModelInstance& out) {
    const pugi::xml_node root = holder.find_child(is_element);
    if (!root) return {};
    if (is_table(root)) out.table = read_table(root, names);
    std::ostringstream xml;
    if (out.table == nullptr) {
        for (const pugi::xml_node& child : holder.children())
            child.print(xml, "", pugi::format_raw);
        out.inline_xml = xml.str();
        AWDA_CHECK(read_tree(out.inline_xml, names, out));
    }
    return {};
}

Status read_instance_file(std::string_view name, std::string_view content, StringPool& names,
                          ModelInstance& out) {
    if (content.size() > kInflatedBytesMax) return Error{Errc::kTooLarge, "a form's media file"};
    const std::string lower = lower_ascii(name);
    if (lower.ends_with(".csv")) {
        out.table = AWDA_TRY(TableInstance::from_csv(content, names));
        return {};
    }
    if (lower.ends_with(".geojson") || lower.ends_with(".json")) {
        return read_geojson(content, names, out);
    }
    pugi::xml_document document;
    if (!document.load_buffer(content.data(), content.size(), pugi::parse_default)) {
        return Error{Errc::kMalformed, "reading a form's XML file"};
    }
    const pugi::xml_node root = document.document_element();
    if (root && is_table(root)) out.table = read_table(root, names);
    return out.table == nullptr ? read_tree(content, names, out) : Status();
}

std::string_view media_name(std::string_view address) {
    const auto slash = address.rfind('/');
    return slash == std::string_view::npos ? address : address.substr(slash + 1);
}

}  // namespace awda::forms
