// Which answers say who a person is: names, birth, sex, document numbers, family links. A conflict
// merge never puts such answers together by itself, because half of one officer's correction and
// half of another's may describe somebody who does not exist.
//
// Threads: pure values and functions; a rule is immutable once built.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace awda::sync {

/// Paths without row numbers ("family/given_name"), as forms mark them, beside the names of
/// questions that everywhere mean identity (CASES.md, "Identity").
class IdentityRule {
public:
    IdentityRule() = default;
    explicit IdentityRule(std::set<std::string> paths) : paths_(std::move(paths)) {}
    /// `path` without row numbers.
    [[nodiscard]] bool matches(std::string_view path) const;
    [[nodiscard]] const std::set<std::string>& paths() const { return paths_; }

private:
    std::set<std::string> paths_;
};

/// "family[2]/names[1]/given" becomes "family/names/given".
[[nodiscard]] std::string without_rows(std::string_view path);

}  // namespace awda::sync
