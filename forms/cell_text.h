// Cell text: how a spreadsheet's numbers, dates and strings read as the text of a form.
//
// Threads: pure functions. Texts are those of pyxform. (A number is print_number()'s: unlike
// pyxform's it has never an exponent, which no expression could hold.)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace awda::forms {

/// What a number format shows.
enum class NumberFormat : std::uint8_t { kNumber, kDate, kDuration };
/// Of a format's code, as "yyyy\-mm\-dd" or "[h]:mm".
[[nodiscard]] NumberFormat number_format(std::string_view code);
/// Of a format that every spreadsheet program knows by its number.
[[nodiscard]] NumberFormat built_in_format(std::uint32_t id);

/// How a workbook counts time.
struct DateSystem {
    bool since_1904 = false;        ///< days are counted from 1904, else from 1900
    std::int64_t precision_ms = 1;  ///< to which times of day are rounded
};
/// Days since the epoch as "2026-11-23 00:00:00", "09:30:00" or "1 day, 2:00:00"; nothing where
/// there is no such date.
[[nodiscard]] std::optional<std::string> serial_text(double serial, NumberFormat format,
                                                     const DateSystem& dates);
/// Without white space of any kind at both ends.
[[nodiscard]] std::string_view trim_cell(std::string_view text);
/// Does that, and makes no-break spaces plain ones.
void tidy_cell(std::string& text);
/// Appends a character as UTF-8; U+FFFD for what is none.
void append_utf8(std::uint32_t character, std::string& out);

}  // namespace awda::forms
