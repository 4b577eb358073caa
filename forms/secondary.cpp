#include "forms/secondary.h"

#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include <algorithm>
#include <sstream>

#include "forms/names.h"
#include "forms/value.h"
#include "forms/xml_nodes.h"

namespace awda::forms {
namespace {

bool has_plain_attributes(const pugi::xml_node& node) {
    for (auto attribute = node.first_attribute(); attribute;
         attribute = attribute.next_attribute()) {
        if (!std::string_view(attribute.name()).starts_with("xmlns")) return true;
    }
    return false;
}

std::string cell_text(const pugi::xml_node& cell) {
    std::string out;
    for (const pugi::xml_node& part : cell.children()) out += part.value();
    return out;
}

/// Reads <root> of equal items with plain cells; nothing where it is of another shape. Lists have
/// 50,000 items and more: each node is looked at once.
class TableReader {
public:
    explicit TableReader(StringPool& names) : names_(names) {}

    std::shared_ptr<TableInstance> read(const pugi::xml_node& root) {
        const pugi::xml_node first = root.find_child(is_element);
        if (!first || has_plain_attributes(root)) return nullptr;
        table_ = std::make_shared<TableInstance>(names_, local_name(root.name()),
                                                 local_name(first.name()));
        const std::string_view item_name = first.name();
        for (pugi::xml_node item = first; item; item = item.next_sibling()) {
            if (!is_element(item)) continue;
            if (item.name() != item_name || has_plain_attributes(item) || table_->full()) {
                return nullptr;
            }
            table_->begin_row();
            if (!read_item(item)) return nullptr;
        }
        return table_;
    }

private:
    bool read_item(const pugi::xml_node& item) {
        used_.clear();
        for (pugi::xml_node cell = item.first_child(); cell; cell = cell.next_sibling()) {
            if (cell.type() == pugi::node_pcdata && !trim(cell.value()).empty()) return false;
            if (!is_element(cell)) continue;
            if (has_plain_attributes(cell) || table_->columns() >= TableInstance::kColumnsMax) {
                return false;
            }
            const std::uint32_t column = column_of(cell.name());
            // A column twice in one row does not fit a table.
            if (std::find(used_.begin(), used_.end(), column) != used_.end()) return false;
            used_.push_back(column);
            const pugi::xml_node only = cell.first_child();
            if (!only) {
                table_->set(column, {});
            } else if (!only.next_sibling()) {
                if (is_element(only)) return false;
                table_->set(column, only.value());
            } else {
                if (cell.find_child(is_element)) return false;
                table_->set(column, cell_text(cell));
            }
        }
        return true;
    }

    /// Items have the same cells in the same order, nearly always.
    std::uint32_t column_of(std::string_view name) {
        name = local_name(name);
        const std::size_t likely = used_.size();
        if (likely < table_->columns() && table_->column_text(likely) == name) {
            return static_cast<std::uint32_t>(likely);
        }
        return table_->add_column(name, names_);
    }

    StringPool& names_;
    std::shared_ptr<TableInstance> table_;
    std::vector<std::uint32_t> used_;
};

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
    if (!position.is_array() || position.size() < 2 || !position[0].is_number() ||
        !position[1].is_number()) {
        return {};
    }
    return number_text(position[1]) + " " + number_text(position[0]) + " 0 0";
}

std::string line_text(const Json& positions) {
    std::string out;
    if (!positions.is_array()) return out;
    for (const Json& position : positions) {
        if (!out.empty()) out += "; ";
        out += position_text(position);
    }
    return out;
}

std::string text_member(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// Point, LineString and the outer ring of a Polygon as geopoint, geotrace and geoshape; what else
/// there is stays blank and is told of.
std::string geometry_text(const Json& geometry, ModelInstance& out) {
    constexpr std::size_t kNotesMax = 20;
    if (!geometry.is_object()) return {};
    const std::string type = text_member(geometry, "type");
    const Json coordinates = geometry.value("coordinates", Json());
    if (type == "Point") return position_text(coordinates);
    if (type == "LineString") return line_text(coordinates);
    if (type == "Polygon") {
        return coordinates.is_array() && !coordinates.empty() ? line_text(coordinates[0])
                                                              : std::string();
    }
    const std::pair<DiagnosticCode, std::string> note{DiagnosticCode::kGeometryKind, type};
    const bool told = std::find(out.notes.begin(), out.notes.end(), note) != out.notes.end();
    if (!told && out.notes.size() < kNotesMax) out.notes.push_back(note);
    return {};
}

std::string property_text(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_null()) return {};
    return value.is_number() ? number_text(value) : value.dump();
}

bool nested_too_deeply(std::string_view json) {
    std::size_t depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (quoted && c == '\\') {
            ++i;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && (c == '[' || c == '{')) {
            if (++depth > kNestingMax) return true;
        } else if (!quoted && (c == ']' || c == '}') && depth > 0) {
            --depth;
        }
    }
    return false;
}

/// Takes a GeoJSON file feature by feature, so that no tree of the whole file is ever made.
class GeoJsonReader {
public:
    GeoJsonReader(StringPool& names, ModelInstance& out)
        : names_(names),
          out_(out),
          table_(std::make_shared<TableInstance>(names, "root", "item")),
          geometry_(table_->add_column("geometry", names)) {}

    Status read(std::string_view content) {
        // The parser keeps a place for each open bracket, and can't be stopped by what it calls.
        if (nested_too_deeply(content)) {
            return Error{Errc::kMalformed, "GeoJSON nested too deeply"};
        }
        const auto step = [this](int depth, Json::parse_event_t event, Json& value) {
            return take(depth, event, value);
        };
        const Json root = Json::parse(content, step, false);
        if (!failure_.ok()) return failure_;
        if (!root.is_object() || text_member(root, "type") != "FeatureCollection" ||
            !has_features_) {
            return Error{Errc::kMalformed, "GeoJSON that is no collection of features"};
        }
        out_.table = std::move(table_);
        return {};
    }

private:
    static constexpr int kFeatureDepth = 2;  ///< root, "features", feature

    /// False drops the value: what is too deep, and each feature once it is a row.
    bool take(int depth, Json::parse_event_t event, Json& value) {
        using Event = Json::parse_event_t;
        if (event == Event::key && depth == 1) {
            in_features_ = value == "features";
            return true;
        }
        if (event == Event::array_start && depth == 1 && in_features_) has_features_ = true;
        if (!in_features_ || depth != kFeatureDepth) return true;
        if (event == Event::object_end) {
            add_feature(value);
            return false;
        }
        if (event == Event::value || event == Event::array_start) {
            fail(Error{Errc::kMalformed, "GeoJSON features of no kind"});
        }
        return event == Event::object_start;
    }

    void fail(const Error& error) {
        if (failure_.ok()) failure_ = error;
    }

    void set(std::string_view name, std::string_view text) {
        const std::uint32_t known = table_->find_column(names_.find(name));
        if (known == TableInstance::kNoColumn && table_->columns() >= TableInstance::kColumnsMax) {
            return fail(Error{Errc::kTooLarge, "GeoJSON with too many properties"});
        }
        table_->set(table_->add_column(name, names_), text);
    }

    void add_feature(const Json& feature) {
        if (text_member(feature, "type") != "Feature") {
            return fail(Error{Errc::kMalformed, "GeoJSON with what is no feature"});
        }
        if (table_->full()) return fail(Error{Errc::kTooLarge, "GeoJSON with too many features"});
        table_->begin_row();
        const auto geometry = feature.find("geometry");
        if (geometry != feature.end() && !geometry->is_null()) {
            table_->set(geometry_, geometry_text(*geometry, out_));
        }
        const auto properties = feature.find("properties");
        if (properties != feature.end() && properties->is_object()) {
            for (const auto& [key, value] : properties->items()) {
                const std::string name = xml_name_from(key);
                if (name != "geometry") set(name, property_text(value));
            }
        }
        // The feature's own id counts before a property of that name.
        const auto id = feature.find("id");
        if (id != feature.end() && !id->is_null()) set("id", property_text(*id));
    }

    StringPool& names_;
    ModelInstance& out_;
    std::shared_ptr<TableInstance> table_;
    std::uint32_t geometry_;
    Status failure_;
    bool in_features_ = false;
    bool has_features_ = false;
};

}  // namespace

Status read_inline_instance(const pugi::xml_node& holder, StringPool& names, ModelInstance& out) {
    const pugi::xml_node root = holder.find_child(is_element);
    if (!root) return {};
    out.table = TableReader(names).read(root);
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
    out.from_file = true;
    if (content.size() > kInflatedBytesMax) return Error{Errc::kTooLarge, "a form's media file"};
    const std::string lower = lower_ascii(name);
    if (lower.ends_with(".csv")) {
        std::vector<std::string> twice;
        out.table = AWDA_TRY(TableInstance::from_csv(content, names, &twice));
        for (std::string& heading : twice) {
            out.notes.emplace_back(DiagnosticCode::kColumnTwice, std::move(heading));
        }
        return {};
    }
    if (lower.ends_with(".geojson") || lower.ends_with(".json")) {
        return GeoJsonReader(names, out).read(content);
    }
    pugi::xml_document document;
    if (!document.load_buffer(content.data(), content.size(), pugi::parse_default)) {
        return Error{Errc::kMalformed, "reading a form's XML file"};
    }
    const pugi::xml_node root = document.document_element();
    if (root) out.table = TableReader(names).read(root);
    return out.table == nullptr ? read_tree(content, names, out) : Status();
}

std::string_view media_name(std::string_view address) {
    const auto slash = address.rfind('/');
    return slash == std::string_view::npos ? address : address.substr(slash + 1);
}

}  // namespace awda::forms
