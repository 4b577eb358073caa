// Binds of an XLSForm: of questions and groups, and of what a record tells of itself (meta, audit,
// entities).
//
// Ownership: borrows its helpers. Threads: one.
#pragma once

#include <string_view>
#include <vector>

#include "forms/xlsform_actions.h"
#include "forms/xlsform_texts.h"

namespace awda::forms {

class BindBuilder {
public:
    BindBuilder(XlsForm& form, References& references, TextBuilder& texts, ActionBuilder& actions)
        : form_(form), references_(references), texts_(texts), actions_(actions) {}

    [[nodiscard]] ModelBind make_bind(const Element& element, std::string_view type);
    /// Whether a bind says more than its node's type.
    [[nodiscard]] static bool has_content(const ModelBind& bind);
    /// The entity that stands in a group, a repeat or the form.
    void emit_entity(Element& container);
    /// A bind of the record's meta, which comes after the questions'.
    void add_meta(ModelBind bind) { meta_binds_.push_back(std::move(bind)); }
    void emit_meta();

private:
    [[nodiscard]] SourceExpr expression(const Element& element, const std::string& field);

    XlsForm& form_;
    References& references_;
    TextBuilder& texts_;
    ActionBuilder& actions_;
    std::vector<ModelBind> meta_binds_;  // of the audit
};

}  // namespace awda::forms
