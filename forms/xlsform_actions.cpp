#include "forms/xlsform_actions.h"

#include <algorithm>
#include <string_view>

#include "forms/value.h"
#include "forms/xlsform_defaults.h"

namespace awda::forms {

namespace {

std::vector<std::string> split_at(std::string_view text, char mark) {
    std::vector<std::string> out;
    while (true) {
        const auto at = text.find(mark);
        out.emplace_back(trim(text.substr(0, at)));
        if (at == std::string_view::npos) return out;
        text = text.substr(at + 1);
    }
}

}  // namespace

void ActionBuilder::add_dynamic_default(const Element& element) {
    const std::string text(element.row.at("default"));
    if (text.empty() || !is_dynamic(element, text, *form_.model->names)) return;
    ModelAction action;
    action.element = "setvalue";
    action.ref = element.path;
    action.value = {references_.substitute(text, element, place(element.row, "default")),
                    place(element.row, "default")};
    add_first_values(std::move(action), enclosing_repeat(&element));
}

void ActionBuilder::add_first_values(ModelAction action, const Element* repeat) {
    action.events = "odk-instance-first-load";
    form_.model->actions.push_back(action);
    if (repeat == nullptr) return;
    action.events = "odk-new-repeat";
    repeat_actions_[repeat->path].push_back(std::move(action));
}

void ActionBuilder::add_trigger(const Element& element) {
    const std::string trigger(element.row.at("trigger"));
    const Provenance where = place(element.row, "trigger");
    if (element.type != nullptr && element.type->spelling == "background-geopoint") {
        if (trigger.empty()) form_.report(DiagnosticCode::kTriggerMissing, where);
        if (!element.row.at("calculation").empty()) {
            form_.report(DiagnosticCode::kCalculationUnwanted, place(element.row, "calculation"),
                         {"background-geopoint", "calculation"});
        }
    }
    if (trigger.empty()) return;
    ModelAction action;
    const bool place_only =
        element.type != nullptr && element.type->spelling == "background-geopoint";
    action.element = place_only ? "odk:setgeopoint" : "setvalue";
    action.events = "xforms-value-changed";
    action.ref = element.path;
    const std::string_view calculation = element.row.at("calculation");
    if (!calculation.empty()) {
        action.value = {
            references_.substitute(calculation, element, place(element.row, "calculation")), where};
    }
    for (const std::string& part : split_at(trigger, ',')) {
        if (part.empty()) continue;
        const std::string name = reference_in(part);
        if (name.empty()) {
            form_.report(DiagnosticCode::kTriggerForm, where, {part});
            continue;
        }
        const Element* source = references_.find(name, element, where);
        if (source == nullptr) continue;
        if (source->kind != Element::Kind::kQuestion)
            form_.report(DiagnosticCode::kUnknownReference, where, {name});
        if (!place_only && is_unseen(*source))
            form_.report(DiagnosticCode::kUnseenTrigger, where, {source->name, element.name});
        triggers_[source->path].push_back(action);
    }
}

void ActionBuilder::attach_triggers(std::vector<ModelControl>& controls) {
    for (ModelControl& control : controls) {
        const auto found = triggers_.find(control.ref);
        if (found != triggers_.end() && control.kind != ControlKind::kGroup &&
            control.kind != ControlKind::kRepeat) {
            std::stable_partition(found->second.begin(), found->second.end(),
                                  [](const auto& a) { return a.element == "setvalue"; });
            control.actions.insert(control.actions.end(), found->second.begin(),
                                   found->second.end());
        }
        attach_triggers(control.children);
    }
}

}  // namespace awda::forms
