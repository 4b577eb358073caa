#include "platform/column_order.h"

namespace awda {

Status ColumnOrder::add(const std::string& name, std::string& previous) {
    if (places_.contains(name)) {
        previous = name;
        return {};
    }
    if (names_.size() >= limit_) return Error(Errc::kTooLarge, "a table with too many columns");
    const std::size_t at = previous.empty() ? 0 : places_.at(previous) + 1;
    names_.insert(names_.begin() + static_cast<std::ptrdiff_t>(at), name);
    for (std::size_t i = at; i < names_.size(); ++i) places_[names_[i]] = i;
    previous = name;
    return {};
}

}  // namespace awda
