#include "forms/workbook.h"

#include <algorithm>

namespace awda::forms {

std::string_view Workbook::keep(std::string_view text) {
    if (text.empty()) return {};
    auto* place = static_cast<char*>(arena_->allocate(text.size(), 1));
    std::copy(text.begin(), text.end(), place);
    return {place, text.size()};
}

std::span<const std::string_view> Workbook::keep(std::span<const std::string_view> cells) {
    if (cells.empty()) return {};
    auto* place = static_cast<std::string_view*>(
        arena_->allocate(cells.size_bytes(), alignof(std::string_view)));
    std::uninitialized_copy(cells.begin(), cells.end(), place);
    return {place, cells.size()};
}

}  // namespace awda::forms
