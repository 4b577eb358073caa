#include "sync/columns/dictionary.h"

namespace awda::sync::columns {

std::size_t Dictionary::slot_of(std::string_view text, std::uint32_t hash) const {
    const std::size_t mask = table_.size() - 1;
    for (std::size_t slot = hash & mask;; slot = (slot + 1) & mask) {
        const std::uint32_t number = table_[slot];
        if (number == 0 || (hashes_[number - 1] == hash && at(number) == text)) return slot;
    }
}

void Dictionary::add(std::string_view text, std::uint32_t hash) {
    if (ends_.size() >= limit_) return;
    if (table_.size() < 2 * (ends_.size() + 1)) grow();
    std::uint32_t& slot = table_[slot_of(text, hash)];
    if (slot != 0) return;
    letters_ += text;
    ends_.push_back(static_cast<std::uint32_t>(letters_.size()));
    hashes_.push_back(hash);
    slot = size();
}

void Dictionary::grow() {
    table_.assign(table_.empty() ? 16 : table_.size() * 2, 0);
    const std::size_t mask = table_.size() - 1;
    for (std::uint32_t number = 1; number <= size(); ++number) {
        std::size_t slot = hashes_[number - 1] & mask;
        while (table_[slot] != 0) slot = (slot + 1) & mask;
        table_[slot] = number;
    }
}

}  // namespace awda::sync::columns
