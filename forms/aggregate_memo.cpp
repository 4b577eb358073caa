#include "forms/aggregate_memo.h"

#include <algorithm>

namespace awda::forms {

const Value* AggregateMemo::find(const Key& key, const std::vector<TemplateId>& reads) const {
    const auto found = values_.find(key);
    if (found == values_.end()) return nullptr;
    const std::uint64_t tick = found->second.tick;
    const bool stale = std::any_of(reads.begin(), reads.end(),
                                   [&](TemplateId read) { return changed_[read] > tick; });
    return stale ? nullptr : &found->second.value;
}

void AggregateMemo::keep(const Key& key, const Value& value) {
    ++computed_;
    if (values_.size() >= kEntriesMax) values_.clear();
    values_[key] = {tick_, value};
}

const RowsByText* AggregateMemo::find_rows(const Key& key, TemplateId read) const {
    const auto found = rows_.find(key);
    if (found == rows_.end() || changed_[read] > found->second.tick) return nullptr;
    return &found->second.value;
}

const RowsByText* AggregateMemo::keep_rows(const Key& key, RowsByText rows) {
    ++computed_;
    if (rows_.size() >= kEntriesMax) rows_.clear();
    auto& entry = rows_[key];
    entry = {tick_, std::move(rows)};
    return &entry.value;
}

}  // namespace awda::forms
