#include <doctest/doctest.h>

#include "forms/regex.h"
#include "tests/forms/forms_fixture.h"

using namespace awda::forms;

namespace {

bool matches(std::string_view pattern, std::string_view text) {
    const auto compiled = Pattern::compile(pattern);
    INFO(std::string(pattern));
    REQUIRE(compiled.has_value());
    return compiled->matches(text);
}
bool finds(std::string_view pattern, std::string_view text) {
    const auto compiled = Pattern::compile(pattern);
    REQUIRE(compiled.has_value());
    return compiled->finds(text);
}

bool refused(std::string_view pattern) {
    return !Pattern::compile(pattern).has_value();
}

}  // namespace

TEST_CASE("patterns know Unicode's categories and scripts") {
    CHECK(matches("\\p{L}+", "أحمدAbcé"));
    CHECK_FALSE(matches("\\p{L}+", "a1"));
    CHECK(matches("\\pL\\p{Nd}", "a٣"));
    CHECK(matches("\\p{Lu}\\p{Ll}+", "Émile"));
    CHECK(matches("\\P{L}+", "12 3"));
    CHECK(matches("[\\p{L}\\s'-]+", "Al-Hasan o'Neil"));
    CHECK(matches("[^\\p{L}]+", "12"));
    CHECK(matches("[^\\P{L}]+", "ab"));
    CHECK_FALSE(matches("[^\\P{L}]+", "a1"));
    CHECK(matches("[\\P{L}a]+", "1a2"));
    CHECK(matches("\\p{IsArabic}+", "بغداد"));
    CHECK(matches("\\p{InArabic}+", "بغداد"));
    CHECK(matches("\\p{Alpha}\\p{Digit}\\p{Punct}", "a1!"));
    CHECK(matches("\\p{P}\\p{S}\\p{Z}\\p{M}", "؟+ \xd9\x8e"));
    CHECK_FALSE(Pattern::compile("\\p{Klingon}").has_value());
    CHECK_FALSE(Pattern::compile("\\p{L").has_value());
    CHECK_FALSE(Pattern::compile("\\p").has_value());
}

TEST_CASE("patterns have flags, anchors and word edges") {
    CHECK(matches("(?i)abc", "aBC"));
    CHECK(matches("(?i)[a-f]+z", "BaDZ"));
    CHECK(matches("a(?i:b)c", "aBc"));
    CHECK_FALSE(matches("a(?i:b)c", "aBC"));
    CHECK_FALSE(matches("(?i)a(?-i)b", "AB"));
    CHECK_FALSE(matches(".", "\n"));
    CHECK(matches("(?s).", "\n"));
    CHECK(matches("(?u)a", "a"));
    CHECK(matches("\\Aab\\z", "ab"));
    CHECK(matches("\\Aab\\Z", "ab"));
    CHECK(finds("\\bcat\\b", "a cat sat"));
    CHECK_FALSE(finds("\\bcat\\b", "concat"));
    CHECK(finds("\\Bcat", "concat"));
    CHECK_FALSE(finds("^b", "ab"));
    CHECK(finds("b$", "ab"));
    CHECK(matches("(?<year>[0-9]{4})-(?:[0-9]{2})", "2026-03"));
}

TEST_CASE("quantifiers count") {
    CHECK(matches("a{2}", "aa"));
    CHECK_FALSE(matches("a{2}", "aaa"));
    CHECK(matches("a{2,}", "aaaa"));
    CHECK(matches("a{0,2}b", "b"));
    CHECK(matches("a*?b+?c??", "aabb"));
    CHECK(matches("(ab|cd)+", "abcdab"));
    CHECK(matches("a||b", ""));
    CHECK(matches("[]a]+", "]a"));
    CHECK(matches("[a-]+", "a-"));
    CHECK(matches("[\\w.%+-]+@[\\w.-]+\\.[a-zA-Z]{2,}", "a.b+c@example.org"));
    CHECK(matches("\\t\\n\\r\\f\\x41\\u0042", "\t\n\r\fAB"));
    CHECK(matches("\\D\\W\\S", "a!b"));
    CHECK(matches("\\S+", "نص"));
    CHECK(matches("[😀-😂]", "😁"));
}

TEST_CASE("what would need backtracking is refused at load, and broken patterns too") {
    for (const char* pattern :
         {"(?=a)b",    "(?!a)b", "(?<=a)b", "(?<!a)b", "(a)\\1", "a++",   "a*+",    "(?m)^a",
          "[a&&[^b]]", "(a",     "a)",      "[a",      "a{",     "a{x}",  "a{2,1}", "a{1",
          "*a",        "+",      "?",       "\\",      "\\q",    "\\xZZ", "[b-a]",  "[a-\\d]",
          "(?<>a)",    "(?<a",   "(?i",     "a{5000}", "[\\",    "(?"}) {
        INFO(pattern);
        CHECK_FALSE(Pattern::compile(pattern).has_value());
    }
    std::string deep;
    for (int i = 0; i < 200; ++i) deep += "(";
    CHECK_FALSE(Pattern::compile(deep).has_value());
    CHECK_FALSE(Pattern::compile("((a{1000}){1000}){1000}").has_value());
    CHECK_FALSE(Pattern::compile("(a{1000}|b{1000}){19}").has_value());
    const auto form = test::load(R"x(| survey | | | |
| | type | name | constraint | label |
| | text | a | regex(., '(?=x)y') | A |
)x");
    CHECK(form.definition == nullptr);
    CHECK(test::errors_of(form).find("look-around") != std::string::npos);
}

TEST_CASE("a pattern over too much text does not match, and does not take long") {
    const std::string text(200'000, 'a');
    CHECK_FALSE(matches("(a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p){1,200}", text));
    CHECK(matches("a*", text));
}

TEST_CASE("a class in a class may be a negated one") {
    CHECK(matches("[\\D]+", "ab"));
    CHECK_FALSE(matches("[\\D]", "5"));
    CHECK(matches("[\\S\\d]+", "a5"));
    CHECK_FALSE(matches("[\\S]", " "));
    CHECK_FALSE(matches("[\\S]", "\xc2\xa0"));
    CHECK(matches("[^\\D]+", "12"));
    CHECK_FALSE(matches("[^\\D]", "a"));
    CHECK(matches("[\\W]+", "- ع"));
    CHECK_FALSE(matches("[\\W]", "_"));
    CHECK(matches("[^\\W]+", "a_9"));
    CHECK(matches("[\\D]", "\xf4\x8f\xbf\xbf"));
}

TEST_CASE("brackets, dashes and carets are themselves at the edges of a class") {
    CHECK(matches("[]a]+", "]a"));
    CHECK(matches("[^]]", "a"));
    CHECK(matches("[a-]+", "a-"));
    CHECK(matches("[-a]+", "a-"));
    CHECK(matches("[\\d-x]+", "5-x"));
    CHECK(matches("[a^]+", "a^"));
    CHECK(matches("[٠-٩]+", "٤٢"));
    CHECK(matches("[\\x41-\\u0043]+", "ABC"));
    CHECK(matches("[\\]\\\\]+", "]\\"));
    CHECK(matches("\\u0639\\x41", "عA"));
    CHECK(matches("\\t\\n\\r\\f", "\t\n\r\f"));
}

TEST_CASE("a dot is any character but a line's end") {
    CHECK(matches("a.b", "aعb"));
    CHECK(matches("a.b",
                  "a\U0001f642"
                  "b"));
    CHECK_FALSE(matches("a.b", "a\nb"));
    CHECK_FALSE(matches("a.b", "a\rb"));
}

TEST_CASE("counts have bounds, and the lower one is not above the upper") {
    CHECK(matches("a{2}", "aa"));
    CHECK(matches("a{2,}", "aaaa"));
    CHECK(matches("a{2,3}?", "aaa"));
    CHECK_FALSE(matches("a{2,3}", "aaaa"));
    CHECK(matches("(ab|c){2}", "abc"));
    CHECK(matches("a{0}b", "b"));
    CHECK(matches("(a|)b", "b"));
    for (const char* pattern :
         {"a{", "a{x}", "a{2", "a{2,x}", "a{3,2}", "a{99999999}", "a{1,99999999}", "a++", "*a"}) {
        CAPTURE(pattern);
        CHECK(refused(pattern));
    }
}

TEST_CASE("what is cut short or unknown is refused") {
    for (const char* pattern :
         {"(",  "(a",   "a)",    "[",     "[a",      "[a-", "[z-a]", "[a-\\d]", "[a&&b]", "[\\",
          "\\", "\\x4", "\\xg0", "\\u12", "\\u12g4", "\\1", "\\y",   "\\pQ",    "(a|(b)", "(a|b"}) {
        CAPTURE(pattern);
        CHECK(refused(pattern));
    }
}

TEST_CASE("a pattern that unfolds into too much is refused") {
    CHECK(refused("((((a{1000}){1000}){1000}){1000})"));
    CHECK(refused("(a{1000}){1000}b|(a{1000}){1000}"));
    CHECK(refused("((a{500}){500})*"));
    CHECK(refused("(a{1000}){1,1000}"));
    CHECK(refused("a|" + std::string(100'000, 'b')));
    CHECK(refused(std::string(100'000, 'b') + "|a"));
    CHECK(refused(std::string(10'000, '(') + std::string(10'000, ')')));
    std::string wide = "[";
    for (int i = 0; i < 100'000; ++i) wide += "ab";
    CHECK(refused(wide + "]"));
}

TEST_CASE("text that is not whole UTF-8 matches as it can, and harms nothing") {
    for (const char* text : {"\xd8", "\xe2\x82", "\xf0\x9f\x99", "\xff\xfe", "a\xc3"}) {
        CAPTURE(text);
        CHECK_FALSE(matches("[a-z]{40}", text));
        CHECK_FALSE(matches("\\p{L}{9}", text));
    }
}
