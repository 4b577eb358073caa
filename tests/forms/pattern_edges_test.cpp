// Patterns at their edges: classes, escapes, counts, and what is refused.
#include <doctest/doctest.h>

#include <string>

#include "forms/regex.h"

using namespace awda::forms;

namespace {

bool matches(std::string_view pattern, std::string_view text) {
    const auto compiled = Pattern::compile(pattern);
    INFO(std::string(pattern));
    REQUIRE(compiled.has_value());
    return compiled->matches(text);
}

bool refused(std::string_view pattern) {
    return !Pattern::compile(pattern).has_value();
}

}  // namespace

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
