// The body of an XLSForm: a control for each question, group and repeat that is shown.
//
// Ownership: borrows its helpers. Threads: one.
#pragma once

#include <string>
#include <vector>

#include "forms/xlsform_binds.h"
#include "forms/xlsform_selects.h"

namespace awda::forms {

class ControlBuilder {
public:
    ControlBuilder(XlsForm& form, References& references, TextBuilder& texts,
                   ActionBuilder& actions, BindBuilder& binds, FileInstances& files)
        : form_(form),
          references_(references),
          texts_(texts),
          actions_(actions),
          binds_(binds),
          files_(files),
          selects_(form, references, files) {}

    /// Also emits the binds and actions that belong to it.
    void emit(Element& element, std::vector<ModelControl>& into);

private:
    void emit_question(Element& element, std::vector<ModelControl>& into);
    void emit_group(Element& element, std::vector<ModelControl>& into);
    void emit_repeat(Element& element, std::vector<ModelControl>& into);
    void emit_select(const Element& element, ModelControl control, std::vector<ModelControl>& into);
    void emit_audit(const Element& element);
    void add_count(const Element& element, ModelControl& repeat);
    [[nodiscard]] ModelControl make_control(const Element& element, ControlKind kind);
    [[nodiscard]] std::vector<ModelItem> tags_of(std::vector<ModelItem> tags) const;
    void record_audio(const Element& element, const ParameterOutcome& parameters);
    void check_label(const Element& element);
    [[nodiscard]] ParameterOutcome apply_parameters(const Element& element, ModelBind& bind,
                                                    ModelControl& control);

    XlsForm& form_;
    References& references_;
    TextBuilder& texts_;
    ActionBuilder& actions_;
    BindBuilder& binds_;
    FileInstances& files_;
    SelectBuilder selects_;
};

}  // namespace awda::forms
