// Diagnostics: their sentences in three languages, their places, and the likely right spelling.
#include "forms/diagnostic.h"

#include <doctest/doctest.h>

using namespace awda;
using namespace awda::forms;

namespace {

Diagnostic some(Provenance where, std::string hint = {}) {
    return {Severity::kError,   DiagnosticCode::kDuplicateChoice,
            "form.xlsx",        std::move(where),
            {"a", "list", "2"}, std::move(hint)};
}

}  // namespace

TEST_CASE("a diagnostic is told in the reader's language, with its place and hint") {
    const Diagnostic all = some({"choices", 3, "name"}, "b");
    CHECK(render(all, Language::kEnglish)
              .starts_with("form.xlsx, sheet choices, row 3, column name: "));
    CHECK(render(all, Language::kEnglish).ends_with(" (did you mean: b)"));
    CHECK(render(all, Language::kArabic).find("الصف 3") != std::string::npos);
    CHECK(render(all, Language::kArabic).find("هل تقصد: b") != std::string::npos);
    CHECK(render(all, Language::kSorani).find("ڕیزی 3") != std::string::npos);
    CHECK(render(all, Language::kBadini) == render(all, Language::kSorani));
    CHECK(diagnostic_message(all, Language::kBadini) == diagnostic_message(all, Language::kSorani));
}

TEST_CASE("what is not known of a place is left out") {
    CHECK(render_place("", {}, Language::kEnglish).empty());
    CHECK(render_place("", {"survey", 0, ""}, Language::kEnglish) == "sheet survey");
    CHECK(render_place("f", {"", 4, ""}, Language::kArabic) == "f، الصف 4");
    CHECK(render_place("", {"", 0, "name"}, Language::kEnglish) == "column name");
    Diagnostic nowhere = some({});
    nowhere.file.clear();
    CHECK(render(nowhere, Language::kEnglish) == diagnostic_message(nowhere, Language::kEnglish));
}

TEST_CASE("arguments fill a sentence's places, and braces of the author's stay") {
    Diagnostic d = some({});
    d.args = {"{0}{"};
    const std::string told = diagnostic_message(d, Language::kEnglish);
    CHECK(told.find("'{0}{'") != std::string::npos);
    CHECK(told.find("''") != std::string::npos);  // the list, which is not there
}

TEST_CASE("the nearest spelling is near, and another one") {
    const std::vector<std::string> words{"text", "integer", "date"};
    CHECK(nearest_spelling("txt", words) == "text");
    CHECK(nearest_spelling("intger", words) == "integer");
    CHECK(nearest_spelling("dat", words) == "date");
    CHECK(nearest_spelling("text", {"text", "texts"}) == "texts");  // itself is none
    CHECK(nearest_spelling("texts", {"textual", "text"}) == "text");
    CHECK(nearest_spelling("d", words).empty());
    CHECK(nearest_spelling("photograph", words).empty());
    CHECK(nearest_spelling("", words).empty());
    const std::string long_word(81, 'x');
    CHECK(nearest_spelling(long_word, {long_word + "y"}).empty());
    CHECK(nearest_spelling(long_word.substr(1), {long_word}).empty());
}

TEST_CASE("only errors keep a form from loading") {
    Diagnostic warning = some({});
    warning.severity = Severity::kWarning;
    CHECK_FALSE(has_errors({}));
    CHECK_FALSE(has_errors({warning}));
    CHECK(has_errors({warning, some({})}));
}
