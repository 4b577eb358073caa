#include "forms/names.h"

#include <algorithm>
#include <functional>

namespace awda::forms {
namespace {
constexpr std::size_t kPageBytes = 64U << 10U;
constexpr std::size_t kFirstSlots = 64;
}  // namespace

std::size_t StringPool::slot_of(std::string_view text, std::size_t hash) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (slots_[at] != kNoName) {
        const NameId id = slots_[at];
        if (hashes_[id] == static_cast<std::uint32_t>(hash) && texts_[id] == text) break;
        at = (at + 1) & mask;
    }
    return at;
}

void StringPool::grow() {
    const std::size_t size = slots_.empty() ? kFirstSlots : slots_.size() * 2;
    // Ids are 32 bits, so 32 bits of the hash are enough to place them again.
    slots_.assign(size, kNoName);
    for (NameId id = 0; id < texts_.size(); ++id) {
        std::size_t at = hashes_[id] & (size - 1);
        while (slots_[at] != kNoName) at = (at + 1) & (size - 1);
        slots_[at] = id;
    }
}

std::string_view StringPool::keep(std::string_view text) {
    if (text.empty()) return {};
    if (text.size() > page_free_) {
        pages_.emplace_back();
        page_free_ = std::max(kPageBytes, text.size());
        pages_.back().reserve(page_free_);
    }
    // Never grows past its reservation, so views into it stay valid.
    std::string& page = pages_.back();
    const std::size_t at = page.size();
    page.append(text);
    page_free_ -= text.size();
    return std::string_view(page).substr(at);
}

NameId StringPool::intern(std::string_view text) {
    if ((texts_.size() + 1) * 2 > slots_.size()) grow();
    const std::size_t hash = std::hash<std::string_view>{}(text);
    const std::size_t at = slot_of(text, hash);
    if (slots_[at] != kNoName) return slots_[at];
    const auto id = static_cast<NameId>(texts_.size());
    texts_.push_back(keep(text));
    hashes_.push_back(static_cast<std::uint32_t>(hash));
    slots_[at] = id;
    return id;
}

NameId StringPool::find(std::string_view text) const {
    if (slots_.empty()) return kNoName;
    return slots_[slot_of(text, std::hash<std::string_view>{}(text))];
}

}  // namespace awda::forms
