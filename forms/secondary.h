// Secondary instances: the lists that choices and lookups come from, out of the form or its files.
//
// Threads: pure functions. pugixml stays behind this and the readers.
#pragma once

#include <string>
#include <string_view>

#include "forms/load.h"
#include "forms/model.h"

namespace pugi {
class xml_node;
}

namespace awda::forms {

/// Fills `out` from the element that holds the list: as a table where it is one, else as a tree.
[[nodiscard]] Status read_inline_instance(const pugi::xml_node& holder, StringPool& names,
                                          ModelInstance& out);
/// Fills `out` from a file's content: CSV, XML or GeoJSON by the name's ending.
[[nodiscard]] Status read_instance_file(std::string_view name, std::string_view content,
                                        StringPool& names, ModelInstance& out);
/// "jr://file-csv/places.csv" → "places.csv".
[[nodiscard]] std::string_view media_name(std::string_view address);

}  // namespace awda::forms
