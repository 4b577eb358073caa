// unicode: the small text facts that layout, editing and input share.
//
// Text is UTF-8 outside and UTF-32 inside ui/text. Bytes that are not UTF-8 become U+FFFD one by
// one, so no input is refused and none is read past its end. Threads: pure functions; the ICU
// iterators behind the break functions are kept per thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace awda::ui {

/// How ASCII digits look. What is stored stays ASCII.
enum class Digits : std::uint8_t { kAsStored, kArabicIndic };

[[nodiscard]] std::u32string decode_utf8(std::string_view text);
/// Surrogates and numbers beyond U+10FFFF become U+FFFD.
[[nodiscard]] std::string encode_utf8(std::u32string_view text);
void append_utf8(std::string& out, char32_t character);
/// Normalisation form C; the text itself where it cannot be normalised.
[[nodiscard]] std::string to_nfc(std::string_view text);

/// Ends a paragraph: LF, CR, VT, FF, NEL, LS, PS and the information separators.
[[nodiscard]] bool is_paragraph_break(char32_t character);
/// Embeddings, overrides and isolates; not the single marks LRM, RLM and ALM.
[[nodiscard]] bool is_bidi_control(char32_t character);
/// C0, DEL, C1, surrogates and numbers that are no characters.
[[nodiscard]] bool is_control(char32_t character);
/// Not drawn when a font lacks it: joiners, marks, variation selectors.
[[nodiscard]] bool is_default_ignorable(char32_t character);
/// Spaces that a line may end with unseen.
[[nodiscard]] bool is_space(char32_t character);

/// Arabic-Indic (U+0660) and extended (U+06F0) digits to ASCII; other characters as they are.
[[nodiscard]] char32_t to_ascii_digit(char32_t character);
[[nodiscard]] char32_t to_display_digit(char32_t character, Digits digits);
/// `text` with its ASCII digits as they are shown.
[[nodiscard]] std::string with_display_digits(std::string_view text, Digits digits);

/// For every index 0..size: true where a grapheme (UAX #29) starts; the end counts as a start.
[[nodiscard]] std::vector<bool> grapheme_starts(std::u32string_view text);
/// For every index 0..size: true where a line may break before it (UAX #14).
[[nodiscard]] std::vector<bool> line_breaks(std::u32string_view text);
/// For every index 0..size: true where a word or a gap between words starts (UAX #29).
[[nodiscard]] std::vector<bool> word_starts(std::u32string_view text);

/// True when `needle` occurs in `text`, ignoring case, harakat, tatweel, and the spelling variants
/// of alef, yeh, kaf and heh that keyboards mix up. An empty needle always occurs.
[[nodiscard]] bool matches_loosely(std::string_view text, std::string_view needle);

}  // namespace awda::ui
