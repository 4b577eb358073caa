// External data: lists of choices and lookups that come in files beside the form.
//
// Secondary instances with an address are read by the form's reader. This adds what only the
// questions name: select_one_external's query into itemsets.csv, the search() appearance, and
// pulldata() on files without an instance of their own. Threads: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "forms/load.h"
#include "forms/model.h"

namespace awda::forms {

/// Where choices of select_one_external are, those of every list together.
inline constexpr std::string_view kItemsetsFile = "itemsets.csv";

/// Fills in itemsets and instances of the model; they are marked `implied`, since the form as
/// written does not have them. Missing files and columns are warnings.
void attach_external_data(FormModel& model, const LoadOptions& options, Diagnostics& diagnostics);

/// Choices of a search() come from a file; the choices as written name its columns.
[[nodiscard]] inline bool is_search(const ModelControl& control) {
    return control.itemset.implied && !control.items.empty();
}
/// Written choices whose value is a whole number stand for themselves.
[[nodiscard]] bool is_static_choice(std::string_view value);
/// "name, region" or "name region" → the names.
[[nodiscard]] std::vector<std::string> split_columns(std::string_view text);
/// The heading of `table` that a person's spelling of it means: case and punctuation aside.
[[nodiscard]] std::uint32_t find_heading(const TableInstance& table, std::string_view spelling);

}  // namespace awda::forms
