// References of an XLSForm: "${name}" in expressions and texts becomes the path to what it names.
//
// Ownership: borrows the form, whose tree no longer changes. Threads: one.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "forms/xlsform_form.h"

namespace awda::forms {

class References {
public:
    explicit References(XlsForm& form);

    /// The element of that name as seen from `context`; null, and reported, if there is none or it
    /// could be several.
    const Element* find(const std::string& name, const Element& context, const Provenance& where);
    /// The only element of that name, or null.
    [[nodiscard]] const Element* only(const std::string& name) const;

    /// "${name}" → " /data/name " and so on. `in_list`: the expression filters choices, which are
    /// the rows of the repeat `rows` if there is one.
    [[nodiscard]] std::string substitute(std::string_view text, const Element& context,
                                         const Provenance& where, bool in_list = false,
                                         const Element* rows = nullptr);
    /// A label's text with its outputs.
    [[nodiscard]] RichText rich(std::string_view text, const Element& context,
                                const Provenance& where);

    [[nodiscard]] bool uses_last_saved() const { return uses_last_saved_; }

private:
    void index_names(const Element& element);
    void index_meta();

    XlsForm& form_;
    Element meta_;  // what stands in the form without a row of its own: ${instanceID}
    Element instance_id_;
    std::unordered_map<std::string, std::vector<const Element*>> by_name_;
    bool uses_last_saved_ = false;
};

/// "${name}" and nothing else → "name"; otherwise "".
[[nodiscard]] std::string reference_in(std::string_view text);

}  // namespace awda::forms
