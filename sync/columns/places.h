// Places: where in the record under way a text stands first. Forgotten at once with each record.
// Threads: none of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace awda::sync::columns {

class Places {
public:
    Places() : table_(kSize) {}
    void clear() {
        ++record_;
        count_ = 0;
    }
    /// The first place of a text counts; past kMost texts of a record no more are noted.
    void note(std::uint32_t hash, std::uint32_t place) {
        Entry& entry = table_[find_slot(hash)];
        if (entry.record == record_ || count_ == kMost) return;
        entry = {record_, hash, place};
        ++count_;
    }
    [[nodiscard]] std::optional<std::uint32_t> find(std::uint32_t hash) const {
        const Entry& entry = table_[find_slot(hash)];
        if (entry.record != record_) return std::nullopt;
        return entry.place;
    }

private:
    static constexpr std::size_t kSize = 4096;
    static constexpr std::size_t kMost = 2048;
    struct Entry {
        std::uint32_t record = 0;  ///< of another record: free
        std::uint32_t hash = 0;
        std::uint32_t place = 0;
    };
    [[nodiscard]] std::size_t find_slot(std::uint32_t hash) const {
        std::size_t slot = hash % kSize;
        while (table_[slot].record == record_ && table_[slot].hash != hash) {
            slot = (slot + 1) % kSize;
        }
        return slot;
    }

    std::vector<Entry> table_;
    std::uint32_t record_ = 1;
    std::size_t count_ = 0;
};

}  // namespace awda::sync::columns
