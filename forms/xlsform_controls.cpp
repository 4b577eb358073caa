#include "forms/xlsform_controls.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "forms/xlsform_parameters.h"
#include "forms/xlsform_sheets.h"

namespace awda::forms {

namespace {

std::string path_to_count(const Element& repeat) {
    return enclosing_repeat(&repeat) == nullptr ? repeat.path + "_count"
                                                : "../" + repeat.name + "_count";
}

/// What XLSForm calls the type where it says which parameters it takes.
std::string_view parameter_kind(const Element& element) {
    if (element.select) return element.select->from_file ? "select file" : "select";
    if (element.type == nullptr) return {};
    const TypeRow& type = *element.type;
    if (type.control == "upload" && type.mediatype == "image/*") return "image";
    if (type.control == "upload" && type.mediatype == "audio/*") return "audio";
    if (type.control == "input" && type.bind_type.starts_with("geo")) return type.bind_type;
    return type.spelling;
}

}  // namespace

void ControlBuilder::emit(Element& element, std::vector<ModelControl>& into) {
    switch (element.kind) {
        case Element::Kind::kQuestion: return emit_question(element, into);
        case Element::Kind::kGroup: return emit_group(element, into);
        case Element::Kind::kRepeat: return emit_repeat(element, into);
    }
}

void ControlBuilder::emit_group(Element& element, std::vector<ModelControl>& into) {
    files_.find_pulldata(element);
    ModelBind bind = binds_.make_bind(element, "");
    if (BindBuilder::has_content(bind)) form_.model->binds.push_back(std::move(bind));
    ModelControl control = make_control(element, ControlKind::kGroup);
    texts_.add_texts(element, control);
    for (const auto& child : element.children) emit(*child, control.children);
    binds_.emit_entity(element);
    into.push_back(std::move(control));
}

void ControlBuilder::emit_repeat(Element& element, std::vector<ModelControl>& into) {
    files_.find_pulldata(element);
    ModelBind bind = binds_.make_bind(element, "");
    ModelControl repeat = make_control(element, ControlKind::kRepeat);
    add_count(element, repeat);
    if (BindBuilder::has_content(bind)) form_.model->binds.push_back(std::move(bind));
    ModelControl group;
    group.kind = ControlKind::kGroup;
    group.ref = element.path;
    group.where = repeat.where;
    texts_.add_texts(element, group);
    for (const auto& child : element.children) emit(*child, repeat.children);
    binds_.emit_entity(element);
    const std::vector<ModelAction>& first = actions_.of_repeat(element.path);
    repeat.actions.insert(repeat.actions.end(), first.begin(), first.end());
    group.children.push_back(std::move(repeat));
    into.push_back(std::move(group));
}

void ControlBuilder::add_count(const Element& element, ModelControl& repeat) {
    const std::string count(element.row.at("repeat_count"));
    if (count.empty()) return;
    const Provenance where = place(element.row, "repeat_count");
    repeat.where = where;
    // Seen from beside the rows: a stand-in where the count node is.
    Element stand_in;
    stand_in.parent = element.parent;
    stand_in.path = element.path + "_count";
    const std::string text = references_.substitute(count, stand_in, where);
    if (needs_count_node(count)) {
        ModelBind counter;
        counter.nodeset = stand_in.path;
        counter.type = "string";
        counter.readonly = {"true()", where};
        counter.calculate = {text, where};
        counter.where = where;
        form_.model->binds.push_back(std::move(counter));
        repeat.count = " " + path_to_count(element) + " ";
    } else {
        repeat.count = text;
    }
}

ModelControl ControlBuilder::make_control(const Element& element, ControlKind kind) {
    ModelControl control;
    control.kind = kind;
    control.ref = element.path;
    control.appearance = element.row.at("appearance");
    control.where = place(element.row, "type");
    for (const auto& [field, value] : element.row.fields) {
        if (!field.starts_with("body::")) continue;
        control.others.emplace_back(
            field.substr(6), references_.substitute(value, element, place(element.row, field)));
    }
    std::sort(control.others.begin(), control.others.end());
    return control;
}

void ControlBuilder::emit_question(Element& element, std::vector<ModelControl>& into) {
    if (is_file_list(element)) {
        files_.add_file(element.name,
                        element.name + (element.type->spelling == "csv-external" ? ".csv" : ".xml"),
                        "external", &element);
        return;
    }
    const std::string_view spelling =
        element.type == nullptr ? std::string_view() : element.type->spelling;
    if (spelling == "audit") return emit_audit(element);
    files_.find_pulldata(element);
    const bool rank = element.select && element.select->element == "odk:rank";
    ModelBind bind = binds_.make_bind(element, rank                      ? "odk:rank"
                                               : element.type == nullptr ? "string"
                                                                         : element.type->bind_type);
    ModelControl control = make_control(element, ControlKind::kInput);
    const ParameterOutcome parameters = apply_parameters(element, bind, control);
    if (!bind.type.empty() || BindBuilder::has_content(bind))
        form_.model->binds.push_back(std::move(bind));
    if (spelling == "background-audio") record_audio(element, parameters);
    if (spelling == "start-geopoint") {
        form_.model->actions.push_back(
            {"odk:setgeopoint", "odk-instance-first-load", element.path, {}, {}, {}});
    }
    actions_.add_dynamic_default(element);
    actions_.add_trigger(element);
    const bool labelled = element.row.texts.contains("label") || element.row.texts.contains("hint");
    const bool calculated = !element.row.at("calculation").empty() && !labelled;
    if (element.select && !calculated) return emit_select(element, std::move(control), into);
    const std::string_view kind = element.select ? std::string_view() : element.type->control;
    // What is not shown has its texts in the translations all the same.
    if (kind.empty() || calculated) return texts_.add_texts(element, control);
    if (kind == "upload") control.kind = ControlKind::kUpload;
    if (kind == "trigger") control.kind = ControlKind::kTrigger;
    if (kind == "range") control.kind = ControlKind::kRange;
    control.mediatype = element.type->mediatype;
    if (!element.type->hint.empty() && !element.row.texts.contains("hint"))
        element.row.texts["hint"].emplace_back("", element.type->hint);
    texts_.add_texts(element, control);
    check_label(element);
    if (const auto tags = form_.choices.osm.find(element.list); tags != form_.choices.osm.end())
        control.tags = tags_of(tags->second);
    selects_.add_side_list(element, parameters, control);
    into.push_back(std::move(control));
}

void ControlBuilder::emit_select(const Element& element, ModelControl control,
                                 std::vector<ModelControl>& into) {
    const std::string& kind = element.select->element;
    control.kind = kind == "select1"    ? ControlKind::kSelect1
                   : kind == "select"   ? ControlKind::kSelect
                   : kind == "external" ? ControlKind::kInput
                                        : ControlKind::kRank;
    texts_.add_texts(element, control);
    check_label(element);
    selects_.add_choices(element, control);
    into.push_back(std::move(control));
}

/// A tag whose name is also a list of tags has those for its choices.
std::vector<ModelItem> ControlBuilder::tags_of(std::vector<ModelItem> tags) const {
    for (ModelItem& tag : tags) {
        const auto choices = form_.choices.osm.find(tag.value);
        if (choices != form_.choices.osm.end()) tag.items = choices->second;
    }
    return tags;
}

void ControlBuilder::record_audio(const Element& element, const ParameterOutcome& parameters) {
    ModelAction action;
    action.element = "odk:recordaudio";
    action.events = "odk-instance-load";
    action.ref = element.path;
    action.others = parameters.action;
    form_.model->actions.push_back(std::move(action));
}

void ControlBuilder::check_label(const Element& element) {
    if (element.generated || !element.row.media.empty() || element.row.texts.contains("label") ||
        element.row.texts.contains("hint"))
        return;
    form_.report(DiagnosticCode::kLabelMissing, place(element.row, "label"), {element.name});
}

void ControlBuilder::emit_audit(const Element& element) {
    ModelBind bind;
    bind.nodeset = "/" + form_.model->root.name + "/meta/audit";
    bind.type = "binary";
    bind.where = place(element.row, "type");
    ModelControl none;
    (void)apply_parameters(element, bind, none);
    binds_.add_meta(std::move(bind));
}

ParameterOutcome ControlBuilder::apply_parameters(const Element& element, ModelBind& bind,
                                                  ModelControl& control) {
    ParameterOutcome out;
    Attributes given;
    std::vector<std::string> names;
    ParameterScope scope;
    scope.kind = parameter_kind(element);
    scope.appearance = element.row.at("appearance");
    scope.choices = [&](std::string_view list) -> const std::vector<std::string>* {
        const auto found = form_.choices.lists.find(std::string(list));
        if (found == form_.choices.lists.end()) return nullptr;
        for (const ChoiceRow& row : found->second.rows) names.push_back(row.name);
        return &names;
    };
    auto problem = read_parameters(element.row.at("parameters"), given);
    if (!problem) problem = awda::forms::apply_parameters(given, scope, out);
    if (problem) form_.report(problem->code, place(element.row, "parameters"), problem->args);
    if (!out.bind_type.empty()) bind.type = out.bind_type;
    bind.others.insert(bind.others.end(), out.bind.begin(), out.bind.end());
    for (auto& [name, value] : out.control) {
        std::erase_if(control.others, [&](const auto& own) { return own.first == name; });
        control.others.emplace_back(name, value);
    }
    return out;
}

}  // namespace awda::forms
