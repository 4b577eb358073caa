// Actions of an XLSForm: defaults that are computed, and values and places that a trigger sets.
//
// Ownership: borrows the form and its references. Threads: one.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "forms/xlsform_references.h"

namespace awda::forms {

class ActionBuilder {
public:
    ActionBuilder(XlsForm& form, References& references) : form_(form), references_(references) {}

    void add_dynamic_default(const Element& element);
    /// A new record, and each row that is added to a repeat, is given a first value.
    void add_first_values(ModelAction action, const Element* repeat);
    void add_trigger(const Element& element);
    /// What a new row of the repeat is given.
    [[nodiscard]] const std::vector<ModelAction>& of_repeat(const std::string& path) {
        return repeat_actions_[path];
    }
    /// Late, since a trigger may be written before or after its target. Values come before places.
    void attach_triggers(std::vector<ModelControl>& controls);

private:
    void check_trigger(const Element& element);

    XlsForm& form_;
    References& references_;
    std::unordered_map<std::string, std::vector<ModelAction>> repeat_actions_;
    std::unordered_map<std::string, std::vector<ModelAction>> triggers_;
};

}  // namespace awda::forms
