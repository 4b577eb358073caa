// StringPool: every distinct string once, as a small number; and names without their prefix.
//
// Ownership: owns the text; views it gives stay valid as long as the pool. Threads: after the last
// intern() it is read-only and any thread may look up.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace awda::forms {

using NameId = std::uint32_t;
inline constexpr NameId kNoName = 0xffffffffU;

/// What follows a name's prefix: "orx:meta" gives "meta".
[[nodiscard]] inline std::string_view local_name(std::string_view qualified) {
    return qualified.substr(qualified.find(':') + 1);  // npos + 1 is 0
}

class StringPool {
public:
    NameId intern(std::string_view text);
    /// kNoName if it was never interned.
    [[nodiscard]] NameId find(std::string_view text) const;
    [[nodiscard]] std::string_view text(NameId id) const { return texts_[id]; }
    [[nodiscard]] std::size_t size() const { return texts_.size(); }

private:
    [[nodiscard]] std::size_t slot_of(std::string_view text, std::size_t hash) const;
    void grow();
    std::string_view keep(std::string_view text);

    std::vector<std::string_view> texts_;
    std::vector<std::uint32_t> hashes_;
    std::vector<NameId> slots_;  ///< open addressing, a power of two, kNoName = free
    std::deque<std::string> pages_;
    std::size_t page_free_ = 0;
};

}  // namespace awda::forms
