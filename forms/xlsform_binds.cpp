#include "forms/xlsform_binds.h"

#include <string>
#include <utility>

#include "forms/xlsform_sheets.h"

namespace awda::forms {

SourceExpr BindBuilder::expression(const Element& element, const std::string& field) {
    const std::string_view text = element.row.at(field);
    if (text.empty()) return {};
    const Provenance where = place(element.row, field);
    return {references_.substitute(yes_no(text), element, where), where};
}

ModelBind BindBuilder::make_bind(const Element& element, std::string_view type) {
    ModelBind bind;
    bind.nodeset = element.path;
    bind.type = element.row.at("bind_type").empty() ? std::string(type)
                                                    : std::string(element.row.at("bind_type"));
    bind.where = place(element.row, "name");
    bind.relevant = expression(element, "relevant");
    bind.constraint = expression(element, "constraint");
    if (bind.constraint.empty() && element.type != nullptr && !element.type->constraint.empty())
        bind.constraint = {std::string(element.type->constraint), place(element.row, "type")};
    bind.required = expression(element, "required");
    bind.readonly = expression(element, "readonly");
    if (element.row.at("trigger").empty()) bind.calculate = expression(element, "calculation");
    bind.constraint_msg = texts_.make_message(element, "constraint_message", "jr:constraintMsg");
    bind.required_msg = texts_.make_message(element, "required_message", "jr:requiredMsg");
    if (std::string message =
            texts_.make_message(element, "noAppErrorString", "jr:noAppErrorString");
        !message.empty()) {
        bind.others.emplace_back("jr:noAppErrorString", std::move(message));
    }
    bind.save_to = element.row.at("save_to");
    if (element.type != nullptr) {
        bind.preload = element.type->preload;
        bind.preload_params = element.type->preload_params;
        if (element.type->spelling == "note" && bind.readonly.empty())
            bind.readonly = {"true()", bind.where};
    }
    for (const Heading& heading : form_.headings) {
        if (!heading.field.starts_with("bind::")) continue;
        const std::string_view value = element.row.at(heading.field);
        if (value.empty()) continue;
        bind.others.emplace_back(
            heading.field.substr(6),
            references_.substitute(value, element, place(element.row, heading.field)));
    }
    return bind;
}

bool BindBuilder::has_content(const ModelBind& bind) {
    return !bind.relevant.empty() || !bind.readonly.empty() || !bind.required.empty() ||
           !bind.others.empty() || !bind.constraint.empty();
}

void BindBuilder::emit_entity(Element& container) {
    const SheetEntity* entity = form_.entities.in(container.container);
    if (entity == nullptr) return;
    Element meta;
    meta.parent = &container;
    Element declared;
    declared.parent = &meta;
    Element part;
    part.parent = &declared;
    const Provenance* wrong = nullptr;  // what is wrong in entity_id is wrong four times
    for (const EntityPart& p : entity_parts(*entity)) {
        part.path = container.path + "/meta/entity/" + (p.is_attribute ? "@" : "") + p.name;
        ModelBind bind;
        bind.nodeset = part.path;
        bind.type = "string";
        bind.where =
            p.calculate.empty() ? Provenance{"entities", entity->row, ""} : p.calculate.where;
        bind.readonly = {"true()", bind.where};
        if (!p.calculate.empty() && (wrong == nullptr || *wrong != bind.where)) {
            const std::size_t problems = form_.diagnostics.size();
            bind.calculate = {references_.substitute(p.calculate.text, part, bind.where),
                              bind.where};
            if (form_.diagnostics.size() != problems) wrong = &entity->id.where;
        }
        form_.model->binds.push_back(std::move(bind));
        if (p.name != "id" || !entity->makes_id()) continue;
        ModelAction action;
        action.element = "setvalue";
        action.ref = part.path;
        action.value.text = "uuid()";
        actions_.add_first_values(std::move(action), enclosing_repeat(&part));
    }
}

void BindBuilder::emit_meta() {
    for (ModelBind& bind : meta_binds_) form_.model->binds.push_back(std::move(bind));
    emit_entity(form_.root);
    const std::string meta = form_.root.path + "/meta/";
    if (!form_.settings.is_yes("omit_instanceID")) {
        ModelBind bind;
        bind.nodeset = meta + "instanceID";
        bind.type = "string";
        bind.readonly.text = "true()";
        bind.preload = "uid";
        if (form_.settings.has("instance_id")) bind.preload = form_.settings.get("instance_id");
        form_.model->binds.push_back(std::move(bind));
    }
    const auto name = form_.settings.values.find("instance_name");
    if (name == form_.settings.values.end()) return;
    Element context;
    context.parent = &form_.root;
    context.path = meta + "instanceName";
    const Provenance where{"settings", 2, "instance_name"};
    ModelBind bind;
    bind.nodeset = meta + "instanceName";
    bind.type = "string";
    bind.calculate = {references_.substitute(clean(name->second, true), context, where), where};
    bind.where = where;
    form_.model->binds.push_back(std::move(bind));
}

}  // namespace awda::forms
