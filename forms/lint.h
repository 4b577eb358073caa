// lint: what is legal in a form, and yet likely to be a mistake, to be slow, or to be missed.
//
// Ownership: plain values; the definition is only read. Threads: pure, but for the caller's
// `has_media`. Cost: linear in the form's expressions and texts, plus one pass over each list.
// The sentences are in lint.def, in three languages; like a diagnostic, a finding may quote the
// form's file.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "forms/definition.h"
#include "forms/diagnostic.h"

namespace awda::forms {

enum class LintCode : std::uint8_t {
#define AWDA_LINT(code, ...) code,
#include "forms/lint.def"
#undef AWDA_LINT
};

/// A warning is very likely a mistake; advice is worth a thought.
enum class LintLevel : std::uint8_t { kWarning, kAdvice };

struct LintFinding {
    LintCode code{};
    Provenance where;               ///< empty for a form that was no workbook
    std::string path;               ///< of the question or group, "family/name"; "" for the form
    std::vector<std::string> args;  ///< fill {0}, {1} … of the code's sentence
    std::string hint;               ///< the likely right spelling; may be empty
};

struct LintOptions {
    /// Whether a file the form names lies beside it; without it media are not looked for.
    std::function<bool(std::string_view name)> has_media;
};

inline constexpr std::size_t kLintFindingsMax = 1000;
/// A list of more rows than this is not to be scanned for each row of a repeat.
inline constexpr std::size_t kLintListRowsMax = 500;
/// Nor one of more rows than this by any expression.
inline constexpr std::size_t kLintHugeListRowsMax = 20'000;
/// More choices than this don't fit on a page.
inline constexpr std::size_t kLintChoicesMax = 50;

/// In the order of the form; at most kLintFindingsMax.
[[nodiscard]] std::vector<LintFinding> lint(const FormDefinition& definition,
                                            const LintOptions& options = {});

[[nodiscard]] std::string_view lint_name(LintCode code);
[[nodiscard]] LintLevel lint_level(LintCode code);
[[nodiscard]] std::string lint_message(const LintFinding& finding, Language language);
[[nodiscard]] std::string lint_advice(const LintFinding& finding, Language language);

}  // namespace awda::forms
