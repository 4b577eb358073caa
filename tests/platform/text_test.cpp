// Goal: text that looks the same is the same, and bytes that are not text are refused.
#include <doctest/doctest.h>

#include "platform/text.h"

using namespace awda;

TEST_CASE("well-formed UTF-8 is told from the rest") {
    CHECK(valid_utf8(""));
    CHECK(valid_utf8("عودة"));
    CHECK(valid_utf8("\xF0\x9F\x98\x80"));
    CHECK_FALSE(valid_utf8("\xC3"));              // cut short
    CHECK_FALSE(valid_utf8("\xC0\xAF"));          // overlong
    CHECK_FALSE(valid_utf8("\xED\xA0\x80"));      // a surrogate
    CHECK_FALSE(valid_utf8("\xF4\x90\x80\x80"));  // beyond Unicode
    CHECK_FALSE(valid_utf8("a\xFFz"));
}

TEST_CASE("code points are counted, broken bytes one by one") {
    CHECK(fit_utf8("عودة", 8) == "عودة");
    CHECK(fit_utf8("عودة", 7) == "عود");
    CHECK(fit_utf8("عودة", 6) == "عود");
    CHECK(fit_utf8("عودة", 1).empty());
    CHECK(code_points("") == 0);
    CHECK(code_points("عودة") == 4);
    CHECK(code_points("a\xFF\xFE") == 3);
}

TEST_CASE("composed and decomposed letters become the same text") {
    const auto composed = nfc("\xC3\xA9");     // é
    const auto decomposed = nfc("e\xCC\x81");  // e + acute
    REQUIRE(composed.ok());
    REQUIRE(decomposed.ok());
    CHECK(*composed == *decomposed);
    CHECK(*composed == "\xC3\xA9");
    CHECK(*nfc("") == "");
    CHECK(nfc("\xC3").error().code == Errc::kMalformed);
}

TEST_CASE("the passphrase form gives the same bytes as the text form") {
    const std::string text = "e\xCC\x81 عودة كلمة 123 \xF0\x9F\x98\x80";
    const auto secret = nfc_secret(as_bytes(text));
    REQUIRE(secret.ok());
    CHECK(as_text(secret->view()) == *nfc(text));
    CHECK(nfc_secret(as_bytes("\xFF")).error().code == Errc::kMalformed);
}

TEST_CASE("names are compared without case, tatweel, invisible characters or keyboard habits") {
    CHECK(*fold_name("  Layla   Hassan ") == *fold_name("layla hassan"));
    CHECK(*fold_name("علي") == *fold_name("عـلـي"));
    CHECK(*fold_name("علی") == *fold_name("علي"));    // Kurdish yeh, Arabic yeh
    CHECK(*fold_name("کریم") == *fold_name("كريم"));  // keheh and kaf
    CHECK(*fold_name("ali\xE2\x80\x8E") == "ali");    // a left-to-right mark
    CHECK(*fold_name("علي") != *fold_name("عمر"));
    CHECK(*fold_name(" \t ") == "");
}

TEST_CASE("a sentence's places take its arguments, and nothing else in it is one") {
    const std::vector<std::string> arguments{"علي", "{0}"};
    CHECK(fill_places("{0} and {1}", arguments) == "علي and {0}");
    CHECK(fill_places("{1}{0}{1}", arguments) == "{0}علي{0}");
    CHECK(fill_places("'{2}'", arguments) == "''");
    CHECK(fill_places("{x} {10} { 0} {", arguments) == "{x} {10} { 0} {");
    CHECK(fill_places("", arguments).empty());
}
