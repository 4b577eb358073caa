#include "ui/text/unicode.h"

#include <doctest/doctest.h>

#include "tests/fakes/seeded_random.h"

using namespace awda;
using namespace awda::ui;

TEST_CASE("UTF-8 goes through UTF-32 and back unchanged") {
    const std::string text = "عودة ڕێگا Awda 😀 ‏";
    CHECK(encode_utf8(decode_utf8(text)) == text);
}

TEST_CASE("every byte that is not UTF-8 becomes one replacement character") {
    CHECK(decode_utf8("\xff") == U"\uFFFD");
    CHECK(decode_utf8("a\xc0\x80z") == U"a\uFFFD\uFFFDz");
    CHECK(decode_utf8("\xed\xa0\x80") == U"\uFFFD\uFFFD\uFFFD");  // a surrogate
    CHECK(decode_utf8("\xe2\x82") == U"\uFFFD\uFFFD");            // cut short
    CHECK(decode_utf8("\xf4\x90\x80\x80").size() == 4);           // beyond the last character
}

TEST_CASE("random bytes decode to no more characters than bytes, and to valid text") {
    fakes::SeededRandom random(7);
    for (int round = 0; round < 2000; ++round) {
        std::string bytes(static_cast<std::size_t>(round % 67), '\0');
        random.fill({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
        const std::u32string text = decode_utf8(bytes);
        CHECK(text.size() <= bytes.size());
        const std::string again = encode_utf8(text);
        CHECK(decode_utf8(again) == text);
        CHECK(grapheme_starts(text).size() == text.size() + 1);
        CHECK(line_breaks(text).size() == text.size() + 1);
        CHECK(word_starts(text).size() == text.size() + 1);
    }
}

TEST_CASE("digits are shown in Arabic forms and stored in ASCII") {
    CHECK(with_display_digits("هاتف 0770-12", Digits::kArabicIndic) == "هاتف ٠٧٧٠-١٢");
    CHECK(with_display_digits("0770", Digits::kAsStored) == "0770");
    CHECK(to_ascii_digit(U'٧') == U'7');
    CHECK(to_ascii_digit(U'۷') == U'7');
    CHECK(to_ascii_digit(U'x') == U'x');
}

TEST_CASE("a grapheme holds its marks, joiners and flags") {
    const auto starts = grapheme_starts(U"بَّا");
    CHECK(starts[0]);
    CHECK_FALSE(starts[1]);
    CHECK_FALSE(starts[2]);
    CHECK(starts[3]);
    const auto flags = grapheme_starts(U"\U0001F1EE\U0001F1F6\U0001F1EE\U0001F1F6");
    CHECK_FALSE(flags[1]);
    CHECK(flags[2]);
}

TEST_CASE("regional indicators between letters do not stop the line breaker") {
    const auto breaks = line_breaks(U"a\U0001F1E6b");
    CHECK(breaks[3]);
}

TEST_CASE("text is composed at the door") {
    CHECK(to_nfc("\u0627\u0653") == "\u0622");
    CHECK(to_nfc("\xff") == "\xff");
}

TEST_CASE("a search finds a name whichever keyboard wrote it") {
    CHECK(matches_loosely("أحمد علي", "احمد"));
    CHECK(matches_loosely("عَلِيّ", "على"));
    CHECK(matches_loosely("كركوك", "کرکوک"));
    CHECK(matches_loosely("Baghdad", "bagh"));
    CHECK(matches_loosely("anything", ""));
    CHECK_FALSE(matches_loosely("بغداد", "بصرة"));
}
