// Where the choices of an XLSForm's selects, the labels of its ranges and the geometry beside its
// places come from: a list, a file or the rows of a repeat, filtered and shuffled.
//
// Ownership: borrows its helpers. Threads: one.
#pragma once

#include <string>

#include "forms/xlsform_files.h"
#include "forms/xlsform_parameters.h"
#include "forms/xlsform_references.h"

namespace awda::forms {

class SelectBuilder {
public:
    SelectBuilder(XlsForm& form, References& references, FileInstances& files)
        : form_(form), references_(references), files_(files) {}

    /// The choices of a select's control.
    void add_choices(const Element& element, ModelControl& control);
    /// The list that a range's tick labels or a place's reference geometry comes from.
    void add_side_list(const Element& element, const ParameterOutcome& parameters,
                       ModelControl& control);

private:
    std::string list_choices(const Element& element, const std::string& id, ModelControl& control,
                             const Provenance& where);
    std::string repeat_choices(const Element& element, ModelControl& control,
                               const Provenance& where);
    std::string repeat_geometry(const Element& element, const std::string& text,
                                ModelControl& control, const Provenance& where);
    std::string rows_of(const Element& repeat, const Element& element, std::string condition,
                        const Provenance& where);
    /// The choices of a select that search()es, in the control itself.
    void add_items(const Element& element, ModelControl& control);
    std::string shuffled(const Element& element, const std::string& nodeset);

    XlsForm& form_;
    References& references_;
    FileInstances& files_;
};

}  // namespace awda::forms
