#include "forms/diagnostic.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "platform/text.h"

namespace awda::forms {
namespace {

struct Row {
    std::string_view name;
    std::string_view english;
    std::string_view arabic;
    std::string_view sorani;
};

constexpr auto kRows = std::to_array<Row>({
#define AWDA_FORM_DIAGNOSTIC(code, name, english, arabic, sorani) {name, english, arabic, sorani},
#include "forms/diagnostic.def"
#undef AWDA_FORM_DIAGNOSTIC
});

struct Words {
    std::string_view sheet, row, column, hint;
};

const Words& words(Language language) {
    static constexpr Words kEnglish{"sheet", "row", "column", "did you mean"};
    static constexpr Words kArabic{"الورقة", "الصف", "العمود", "هل تقصد"};
    static constexpr Words kSorani{"پەڕەی", "ڕیزی", "ستوونی", "مەبەستت ئەمەیە"};
    switch (language) {
        case Language::kEnglish: return kEnglish;
        case Language::kArabic: return kArabic;
        case Language::kSorani:
        case Language::kBadini: return kSorani;
    }
    return kEnglish;
}

/// Levenshtein's distance, in bytes: names in forms are nearly always ASCII.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t change = diagonal + (a[i] == b[j] ? 0U : 1U);
            diagonal = row[j + 1];
            row[j + 1] = std::min({change, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row[b.size()];
}

}  // namespace

std::string_view diagnostic_name(DiagnosticCode code) {
    return kRows[static_cast<std::size_t>(code)].name;
}

std::string diagnostic_message(const Diagnostic& diagnostic, Language language) {
    const Row& row = kRows[static_cast<std::size_t>(diagnostic.code)];
    switch (language) {
        case Language::kEnglish: return fill_places(row.english, diagnostic.args);
        case Language::kArabic: return fill_places(row.arabic, diagnostic.args);
        case Language::kSorani:
        case Language::kBadini: return fill_places(row.sorani, diagnostic.args);
    }
    return {};
}

std::string render_place(std::string_view file, const Provenance& where, Language language) {
    const Words& say = words(language);
    const std::string_view comma = language == Language::kEnglish ? ", " : "، ";
    std::string place(file);
    const auto add = [&](std::string_view word, std::string_view what) {
        if (what.empty()) return;
        if (!place.empty()) place += comma;
        place.append(word).append(" ").append(what);
    };
    add(say.sheet, where.sheet);
    if (where.row != 0) add(say.row, std::to_string(where.row));
    add(say.column, where.column);
    return place;
}

std::string render(const Diagnostic& diagnostic, Language language) {
    const std::string place = render_place(diagnostic.file, diagnostic.where, language);
    std::string out = place.empty() ? "" : place + ": ";
    out += diagnostic_message(diagnostic, language);
    if (!diagnostic.hint.empty()) {
        out.append(" (").append(words(language).hint).append(": ");
        out.append(diagnostic.hint).append(")");
    }
    return out;
}

bool has_errors(const Diagnostics& diagnostics) {
    return std::any_of(diagnostics.begin(), diagnostics.end(),
                       [](const Diagnostic& d) { return d.severity == Severity::kError; });
}

std::string nearest_spelling(std::string_view word, const std::vector<std::string>& candidates) {
    constexpr std::size_t kWordMax = 80;
    if (word.empty() || word.size() > kWordMax) return {};
    std::size_t best = std::min<std::size_t>(2, std::max<std::size_t>(1, word.size() / 3)) + 1;
    std::string found;
    for (const std::string& candidate : candidates) {
        const std::size_t gap = candidate.size() > word.size() ? candidate.size() - word.size()
                                                               : word.size() - candidate.size();
        if (gap >= best || candidate.size() > kWordMax) continue;
        const std::size_t distance = edit_distance(word, candidate);
        if (distance > 0 && distance < best) {
            best = distance;
            found = candidate;
        }
    }
    return found;
}

}  // namespace awda::forms
