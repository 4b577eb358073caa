#include "forms/xlsform_instance.h"

#include <string>

#include "forms/xlsform_defaults.h"

namespace awda::forms {

namespace {

class InstanceBuilder {
public:
    InstanceBuilder(XlsForm& form, References& references) : form_(form), references_(references) {}
    void build();

private:
    enum class Layer : std::uint8_t { kTop, kTemplate, kRow };
    void add_nodes(const Element& element, ModelNode& into, Layer layer = Layer::kTop);
    void add_entity_node(const Element& container, ModelNode& into) const;

    XlsForm& form_;
    References& references_;
    bool has_audit_ = false;
};

void InstanceBuilder::build() {
    for (const auto& child : form_.root.children) add_nodes(*child, form_.model->root);
    ModelNode meta;
    meta.name = "meta";
    if (const SheetEntity* entity = form_.entities.in(EntitiesSheet::kForm))
        meta.children.push_back(entity_node(*entity));
    form_.model->entities_version = form_.entities.version();
    if (has_audit_) meta.children.push_back({"audit", "", {}, false, {}});
    if (!form_.settings.is_yes("omit_instanceID"))
        meta.children.push_back({"instanceID", "", {}, false, {}});
    if (form_.settings.has("instance_name"))
        meta.children.push_back({"instanceName", "", {}, false, {}});
    if (!meta.children.empty()) form_.model->root.children.push_back(std::move(meta));
}

void InstanceBuilder::add_nodes(const Element& element, ModelNode& into, Layer layer) {
    if (element.type != nullptr && element.type->spelling == "audit") {
        has_audit_ = true;
        return;
    }
    if (is_file_list(element)) return;
    ModelNode node;
    node.name = element.name;
    for (const auto& [field, value] : element.row.fields) {
        if (!field.starts_with("instance::")) continue;
        node.attributes.emplace_back(
            field.substr(10), references_.substitute(value, element, place(element.row, field)));
    }
    if (element.kind == Element::Kind::kQuestion) {
        const std::string fallback(element.row.at("default"));
        if (!fallback.empty() && !is_dynamic(element, fallback, *form_.model->names))
            node.value = default_text(element, fallback);
        into.children.push_back(std::move(node));
        return;
    }
    // A template holds the templates of the repeats inside it, a row holds their rows.
    if (element.kind == Element::Kind::kRepeat) {
        const std::string count(element.row.at("repeat_count"));
        if (needs_count_node(count))
            into.children.push_back({element.name + "_count", "", {}, false, {}});
        if (layer != Layer::kRow) {
            ModelNode pattern;
            pattern.name = node.name;
            pattern.is_template = true;
            for (const auto& child : element.children) add_nodes(*child, pattern, Layer::kTemplate);
            add_entity_node(element, pattern);
            into.children.push_back(std::move(pattern));
        }
        if (layer == Layer::kTemplate) return;
        layer = Layer::kRow;
    }
    // A group in a template starts anew, as in pyxform.
    if (layer == Layer::kTemplate) layer = Layer::kTop;
    for (const auto& child : element.children) add_nodes(*child, node, layer);
    add_entity_node(element, node);
    into.children.push_back(std::move(node));
}

void InstanceBuilder::add_entity_node(const Element& container, ModelNode& into) const {
    const SheetEntity* entity = form_.entities.in(container.container);
    if (entity != nullptr) into.children.push_back({"meta", "", {}, false, {entity_node(*entity)}});
}

}  // namespace

void build_instance(XlsForm& form, References& references) {
    InstanceBuilder(form, references).build();
}

}  // namespace awda::forms
