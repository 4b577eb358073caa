// Diagnostic: what is wrong in a form's file, where exactly, and what would be right.
//
// Ownership: plain values. Threads: pure functions.
// A form's file is not personal data, so a diagnostic may quote it; an awda::Error may not, and
// stays a literal. Readers collect every diagnostic instead of stopping at the first.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "platform/errors.h"

namespace awda::forms {

enum class Severity : std::uint8_t { kError, kWarning };

/// One row each in diagnostic.def, with the sentence in English, Arabic and Sorani.
enum class DiagnosticCode : std::uint16_t {
#define AWDA_FORM_DIAGNOSTIC(code, ...) code,
#include "forms/diagnostic.def"
#undef AWDA_FORM_DIAGNOSTIC
};

/// Where in the author's file: `sheet` and `column` are names ("survey", "relevant"), `row` counts
/// from 1 with the header row as 1; 0 when the whole sheet or file is meant.
struct Provenance {
    std::string sheet;
    std::uint32_t row = 0;
    std::string column;
    bool operator==(const Provenance&) const = default;
};

struct Diagnostic {
    Severity severity = Severity::kError;
    DiagnosticCode code{};
    std::string file;  ///< as the caller named it; may be empty
    Provenance where;
    std::vector<std::string> args;  ///< fill {0}, {1} … of the code's sentence
    std::string hint;               ///< the likely right spelling or value; may be empty
};

using Diagnostics = std::vector<Diagnostic>;

/// A file with more errors than this is reported as far as this.
inline constexpr std::size_t kDiagnosticsMax = 500;

[[nodiscard]] std::string_view diagnostic_name(DiagnosticCode code);
/// The sentence alone, arguments filled in.
[[nodiscard]] std::string diagnostic_message(const Diagnostic& diagnostic, Language language);
/// "file, sheet survey, row 12, column relevant" in the language; "" if nothing is known.
[[nodiscard]] std::string render_place(std::string_view file, const Provenance& where,
                                       Language language);
/// "file: survey, row 12, column relevant: sentence (hint)" in the language.
[[nodiscard]] std::string render(const Diagnostic& diagnostic, Language language);
[[nodiscard]] bool has_errors(const Diagnostics& diagnostics);

/// The candidate nearest to `word` (edit distance up to 2 and a third of its length), or "".
[[nodiscard]] std::string nearest_spelling(std::string_view word,
                                           const std::vector<std::string>& candidates);

}  // namespace awda::forms
