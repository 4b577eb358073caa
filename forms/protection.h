// protection: which parts of a form's record are for protection officers only.
//
// Ownership: plain values, worked out once for a definition. Threads: pure.
//
// Protected is what the author marked so (bind::awda:sensitivity = protected, on a question, group
// or repeat), all that lies below it, and every node one of whose rules (relevant, calculate,
// constraint, required, read-only, choices, count, an action) reads a protected node: its value, or
// that it is there at all, would tell. Labels are no part of a record and are not followed.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "forms/definition.h"

namespace awda::forms {

inline constexpr std::string_view kProtectedMark = "protected";

class ProtectedPaths {
public:
    ProtectedPaths() = default;
    /// The topmost protected nodes, as "family/name".
    explicit ProtectedPaths(std::set<std::string, std::less<>> tops) : tops_(std::move(tops)) {}

    [[nodiscard]] bool empty() const { return tops_.empty(); }
    /// `ref` names a question, group, repeat or row, with the positions of rows or without.
    [[nodiscard]] bool covers(std::string_view ref) const;
    /// From now on `ref`, too: an answer that was sealed stays so in a form that forgot the mark.
    void add(std::string_view ref);
    [[nodiscard]] const std::set<std::string, std::less<>>& tops() const { return tops_; }

private:
    std::set<std::string, std::less<>> tops_;
};

[[nodiscard]] ProtectedPaths protected_paths(const FormDefinition& definition);

/// "family[2]/name" → "family/name".
[[nodiscard]] std::string without_positions(std::string_view ref);

}  // namespace awda::forms
