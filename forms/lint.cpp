#include "forms/lint.h"

#include <algorithm>
#include <array>

#include "forms/lint_form.h"
#include "platform/text.h"

namespace awda::forms {

namespace {

struct Sentence {
    std::string_view matter;
    std::string_view advice;
};

struct Row {
    std::string_view name;
    LintLevel level;
    Sentence english;
    Sentence arabic;
    Sentence sorani;
};

using enum LintLevel;
constexpr auto kRows = std::to_array<Row>({
#define AWDA_LINT(code, name, level, e1, e2, a1, a2, s1, s2) \
    {name, level, {e1, e2}, {a1, a2}, {s1, s2}},
#include "forms/lint.def"
#undef AWDA_LINT
});

const Row& row_of(LintCode code) {
    return kRows[static_cast<std::size_t>(code)];
}

const Sentence& sentence(LintCode code, Language language) {
    const Row& row = row_of(code);
    switch (language) {
        case Language::kArabic: return row.arabic;
        case Language::kSorani:
        case Language::kBadini: return row.sorani;
        case Language::kEnglish: break;
    }
    return row.english;
}

}  // namespace

std::vector<LintFinding> lint(const FormDefinition& definition, const LintOptions& options) {
    std::vector<LintFinding> findings;
    LintForm form(definition, findings);
    lint_cost(form);
    lint_reach(form);
    lint_lists(form);
    lint_texts(form, options);
    lint_marks(form);
    // By sheet and row, as the author goes through the file; the form's own remarks last.
    std::stable_sort(findings.begin(), findings.end(),
                     [](const LintFinding& a, const LintFinding& b) {
                         const auto rank = [](const LintFinding& f) {
                             return f.where.sheet.empty() ? 2 : f.where.sheet == "survey" ? 0 : 1;
                         };
                         if (rank(a) != rank(b)) return rank(a) < rank(b);
                         return a.where.row < b.where.row;
                     });
    return findings;
}

std::string_view lint_name(LintCode code) {
    return row_of(code).name;
}

LintLevel lint_level(LintCode code) {
    return row_of(code).level;
}

std::string lint_message(const LintFinding& finding, Language language) {
    return fill_places(sentence(finding.code, language).matter, finding.args);
}

std::string lint_advice(const LintFinding& finding, Language language) {
    return fill_places(sentence(finding.code, language).advice, finding.args);
}

}  // namespace awda::forms
