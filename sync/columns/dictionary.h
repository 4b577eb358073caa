// Dictionary: texts by the order in which they first came, from 1. Grows to `limit` and stays.
//
// All texts lie in one string and all places in one table, so that copying a primed model copies a
// few blocks and not thousands of texts. Threads: none of its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace awda::sync::columns {

class Dictionary {
public:
    explicit Dictionary(std::uint32_t limit) : limit_(limit) {}

    /// `hash` is the text's, by text_hash. 0 if it is not there.
    [[nodiscard]] std::uint32_t find(std::string_view text, std::uint32_t hash) const {
        return table_.empty() ? 0 : table_[slot_of(text, hash)];
    }
    [[nodiscard]] bool holds(std::uint32_t index) const { return index >= 1 && index <= size(); }
    /// `index` from 1 to size().
    [[nodiscard]] std::string_view at(std::uint32_t index) const {
        const std::uint32_t begin = index == 1 ? 0 : ends_[index - 2];
        return std::string_view(letters_).substr(begin, ends_[index - 1] - begin);
    }
    void add(std::string_view text, std::uint32_t hash);
    [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(ends_.size()); }

private:
    /// Where `text` is in the table, or belongs.
    [[nodiscard]] std::size_t slot_of(std::string_view text, std::uint32_t hash) const;
    void grow();

    std::uint32_t limit_;
    std::string letters_;
    std::vector<std::uint32_t> ends_;    ///< of each text in letters_
    std::vector<std::uint32_t> hashes_;  ///< of each text
    std::vector<std::uint32_t> table_;   ///< numbers, 0 for a free slot; a power of two, half empty
};

}  // namespace awda::sync::columns
