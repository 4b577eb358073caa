// Files that an XLSForm's questions name: secondary instances from select_…_from_file,
// csv-external, pulldata() and the last saved record; one id stands for one file.
//
// Ownership: borrows the form. Threads: one.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "forms/xlsform_form.h"

namespace awda::forms {

class FileInstances {
public:
    explicit FileInstances(XlsForm& form);

    /// Whether a question names the file of that id.
    [[nodiscard]] bool knows(const std::string& id) const { return ids_.contains(id); }

    /// A file that choices or values come from. `kind`: what names it, as pyxform calls that.
    void add_file(const std::string& id, const std::string& file, const char* kind,
                  const Element* element);
    /// The files that the expressions of an element look into with pulldata().
    void find_pulldata(const Element& element);
    /// Puts the instances into the model.
    void finish(bool uses_last_saved);

private:
    void find_pulldata(std::string_view text, const Element* element);
    bool claim(const std::string& id, const std::string& kind, const std::string& uri,
               const Element* element);
    void note_ids(const Element& element);

    XlsForm& form_;
    std::unordered_set<std::string> ids_;  // of files that questions name
    std::map<std::string, std::pair<std::string, std::string>> claims_;  // id → kind, address
    std::vector<ModelInstance> files_;
};

}  // namespace awda::forms
