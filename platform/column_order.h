// ColumnOrder: the columns of a table that is made from lists of which none has all of them.
//
// A new name goes after the one that came before it in the list that has it, so that records with
// different branches still give the author's order. Ownership: owns its names. Threads: one at a
// time.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "platform/result.h"

namespace awda {

class ColumnOrder {
public:
    explicit ColumnOrder(std::size_t limit) : limit_(limit) {}
    /// `previous` is the name before it in its list, empty for the first, and becomes `name`.
    /// kTooLarge beyond the limit.
    [[nodiscard]] Status add(const std::string& name, std::string& previous);
    [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
    /// Of a name that was added.
    [[nodiscard]] std::size_t place(const std::string& name) const { return places_.at(name); }

private:
    std::size_t limit_;
    std::vector<std::string> names_;
    std::unordered_map<std::string, std::size_t> places_;
};

}  // namespace awda
