// AggregateMemo: what sum(), count() and their like over rows gave earlier in one transaction, and
// rows by what a predicate compares, so that a calculation in each of 1,000 rows that looks at all
// rows costs 1,000 steps and not 1,000,000.
//
// Ownership: owned by a session's State; borrows expressions for one transaction. Threads: none of
// its own. Every change of a template's nodes must be told to it (touched); what was remembered
// before is then asked again.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "forms/compiled.h"
#include "forms/value.h"

namespace awda::forms {

/// Rows of one parent by the text of one child.
using RowsByText = std::unordered_map<std::string, std::vector<NodeId>>;

class AggregateMemo {
public:
    static constexpr std::size_t kEntriesMax = 100'000;
    struct Key {
        const CompiledExpr* expr = nullptr;
        ExprId id = kNoExpr;  ///< the call, or the predicate
        NodeId from = kNoNode;
        auto operator<=>(const Key&) const = default;
    };

    explicit AggregateMemo(std::size_t templates) : changed_(templates, 0) {}

    void touched(TemplateId source) { changed_[source] = ++tick_; }
    /// Nothing remembered counts any more: a new transaction, or another record.
    void clear() {
        values_.clear();
        rows_.clear();
    }
    /// Null if it must be computed.
    [[nodiscard]] const Value* find(const Key& key, const std::vector<TemplateId>& reads) const;
    void keep(const Key& key, const Value& value);
    [[nodiscard]] const RowsByText* find_rows(const Key& key, TemplateId read) const;
    const RowsByText* keep_rows(const Key& key, RowsByText rows);
    /// How often something was computed that find() did not know.
    [[nodiscard]] std::uint64_t computed() const { return computed_; }

private:
    template <typename T>
    struct Entry {
        std::uint64_t tick = 0;
        T value;
    };
    std::vector<std::uint64_t> changed_;  ///< by template
    std::uint64_t tick_ = 0;
    std::uint64_t computed_ = 0;
    std::map<Key, Entry<Value>> values_;
    std::map<Key, Entry<RowsByText>> rows_;
};

}  // namespace awda::forms
