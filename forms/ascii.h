// Kinds of characters as formats mean them: ASCII only, the same in every locale.
//
// Threads: pure functions.
#pragma once

namespace awda::forms {

[[nodiscard]] constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

[[nodiscard]] constexpr bool is_letter(char c) {
    const int lower = c | 0x20;
    return lower >= 'a' && lower <= 'z';
}

[[nodiscard]] constexpr bool is_hex_digit(char c) {
    const int lower = c | 0x20;
    return is_digit(c) || (lower >= 'a' && lower <= 'f');
}

/// What XML and JSON call white space.
[[nodiscard]] constexpr bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// A byte of a character that is not ASCII: part of a letter, for whoever does not look closer.
[[nodiscard]] constexpr bool is_beyond_ascii(char c) {
    return (static_cast<unsigned char>(c) & 0x80U) != 0;
}

/// The first character of a name.
[[nodiscard]] constexpr bool begins_word(char c) {
    return is_letter(c) || c == '_' || is_beyond_ascii(c);
}

/// Any further character of a name.
[[nodiscard]] constexpr bool continues_word(char c) {
    return begins_word(c) || is_digit(c) || c == '-' || c == '.';
}

}  // namespace awda::forms
