#include "ui/text/unicode.h"

#include <unicode/ubrk.h>
#include <utf8proc.h>

#include <cstdlib>
#include <memory>

namespace awda::ui {

namespace {

constexpr char32_t kReplacement = 0xFFFD;

struct Decoded {
    char32_t character;
    std::size_t size;
};

bool is_continuation(std::uint8_t byte) {
    return (byte & 0xC0U) == 0x80U;
}

/// One character from the front of `text`, which is not empty. A bad byte costs one byte.
Decoded decode_one(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    std::size_t size = 0;
    char32_t value = 0;
    char32_t least = 0;
    if (lead >= 0xC2 && lead <= 0xDF) {
        size = 2, value = lead & 0x1FU, least = 0x80;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        size = 3, value = lead & 0x0FU, least = 0x800;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        size = 4, value = lead & 0x07U, least = 0x10000;
    }
    if (size == 0 || text.size() < size) return {kReplacement, 1};
    for (std::size_t i = 1; i < size; ++i) {
        if (!is_continuation(byte(i))) return {kReplacement, 1};
        value = (value << 6U) | (byte(i) & 0x3FU);
    }
    const bool valid = value >= least && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
    return valid ? Decoded{value, size} : Decoded{kReplacement, 1};
}

struct CloseIterator {
    void operator()(UBreakIterator* iterator) const { ubrk_close(iterator); }
};
using IteratorPtr = std::unique_ptr<UBreakIterator, CloseIterator>;

IteratorPtr open_iterator(UBreakIteratorType type) {
    UErrorCode error = U_ZERO_ERROR;
    UBreakIterator* iterator = ubrk_open(type, "", nullptr, 0, &error);
    return IteratorPtr(U_SUCCESS(error) != 0 ? iterator : nullptr);
}

/// Boundaries as ICU sees them, mapped from UTF-16 offsets back to characters.
std::vector<bool> icu_boundaries(UBreakIterator* iterator, std::u32string_view text) {
    std::vector<bool> out(text.size() + 1, false);
    out[text.size()] = true;
    if (iterator == nullptr || text.empty()) return out;
    std::u16string units;
    std::vector<std::uint32_t> index_of_unit;
    units.reserve(text.size() + 8);
    index_of_unit.reserve(text.size() + 8);
    for (std::size_t i = 0; i < text.size(); ++i) {
        char32_t c = text[i];
        if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) c = kReplacement;
        index_of_unit.push_back(static_cast<std::uint32_t>(i));
        if (c < 0x10000) {
            units.push_back(static_cast<char16_t>(c));
            continue;
        }
        units.push_back(static_cast<char16_t>(0xD7C0U + (c >> 10U)));
        units.push_back(static_cast<char16_t>(0xDC00U + (c & 0x3FFU)));
        index_of_unit.push_back(static_cast<std::uint32_t>(i));
    }
    UErrorCode error = U_ZERO_ERROR;
    ubrk_setText(iterator, units.data(), static_cast<int32_t>(units.size()), &error);
    if (U_FAILURE(error) != 0) return out;
    for (int32_t at = ubrk_first(iterator); at != UBRK_DONE; at = ubrk_next(iterator)) {
        const auto unit = static_cast<std::size_t>(at);
        if (unit < index_of_unit.size()) out[index_of_unit[unit]] = true;
    }
    ubrk_setText(iterator, u"", 0, &error);
    return out;
}

bool is_haraka(char32_t c) {
    return (c >= 0x064B && c <= 0x065F) || c == 0x0670 || c == 0x0640 || c == 0x200C || c == 0x200D;
}

/// The letter a searcher means, whatever keyboard wrote it.
char32_t fold_letter(char32_t c) {
    switch (c) {
        case 0x0622:
        case 0x0623:
        case 0x0625:
        case 0x0671: return 0x0627;  // alef forms
        case 0x0649:
        case 0x064A:
        case 0x0626: return 0x06CC;  // yeh forms
        case 0x0643: return 0x06A9;  // kaf
        case 0x0629:
        case 0x06D5: return 0x0647;  // teh marbuta, ae
        default: break;
    }
    return static_cast<char32_t>(
        utf8proc_tolower(static_cast<utf8proc_int32_t>(to_ascii_digit(c))));
}

std::u32string fold(std::string_view text) {
    std::u32string out;
    for (const char32_t c : decode_utf8(text)) {
        if (!is_haraka(c)) out.push_back(fold_letter(c));
    }
    return out;
}

}  // namespace

std::u32string decode_utf8(std::string_view text) {
    std::u32string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Decoded next = decode_one(text);
        out.push_back(next.character);
        text.remove_prefix(next.size);
    }
    return out;
}

void append_utf8(std::string& out, char32_t c) {
    if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) c = kReplacement;
    const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xC0U | (c >> 6U));
        put(0x80U | (c & 0x3FU));
    } else if (c < 0x10000) {
        put(0xE0U | (c >> 12U));
        put(0x80U | ((c >> 6U) & 0x3FU));
        put(0x80U | (c & 0x3FU));
    } else {
        put(0xF0U | (c >> 18U));
        put(0x80U | ((c >> 12U) & 0x3FU));
        put(0x80U | ((c >> 6U) & 0x3FU));
        put(0x80U | (c & 0x3FU));
    }
}

std::string encode_utf8(std::u32string_view text) {
    std::string out;
    out.reserve(text.size() * 2);
    for (const char32_t c : text) append_utf8(out, c);
    return out;
}

std::string to_nfc(std::string_view text) {
    utf8proc_uint8_t* normal = nullptr;
    const utf8proc_ssize_t size =
        utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                     static_cast<utf8proc_ssize_t>(text.size()), &normal,
                     static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    if (size < 0) return std::string(text);
    std::string out(reinterpret_cast<const char*>(normal), static_cast<std::size_t>(size));
    std::free(normal);
    return out;
}

bool is_paragraph_break(char32_t c) {
    return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 ||
           c == 0x2029;
}

bool is_bidi_control(char32_t c) {
    return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

bool is_control(char32_t c) {
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || (c >= 0xD800 && c <= 0xDFFF) || c > 0x10FFFF ||
           (c & 0xFFFEU) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF);
}

bool is_default_ignorable(char32_t c) {
    return c == 0xAD || c == 0x34F || c == 0x61C || (c >= 0x180B && c <= 0x180F) ||
           (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2060 && c <= 0x206F) || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF ||
           (c >= 0xE0000 && c <= 0xE0FFF);
}

bool is_space(char32_t c) {
    return c == ' ' || c == '\t' || c == 0x1680 || (c >= 0x2000 && c <= 0x200A && c != 0x2007) ||
           c == 0x205F || c == 0x3000 || is_paragraph_break(c);
}

char32_t to_ascii_digit(char32_t c) {
    if (c >= 0x0660 && c <= 0x0669) return U'0' + (c - 0x0660);
    if (c >= 0x06F0 && c <= 0x06F9) return U'0' + (c - 0x06F0);
    return c;
}

char32_t to_display_digit(char32_t c, Digits digits) {
    if (digits == Digits::kArabicIndic && c >= U'0' && c <= U'9') return 0x0660 + (c - U'0');
    return c;
}

std::string with_display_digits(std::string_view text, Digits digits) {
    if (digits == Digits::kAsStored) return std::string(text);
    std::string out;
    out.reserve(text.size() * 2);
    for (const char c : text) {
        if (c >= '0' && c <= '9') {
            append_utf8(out, to_display_digit(static_cast<char32_t>(c), digits));
        } else {
            out.push_back(c);
        }
    }
    return out;
}

std::vector<bool> grapheme_starts(std::u32string_view text) {
    std::vector<bool> out(text.size() + 1, true);
    utf8proc_int32_t state = 0;
    for (std::size_t i = 1; i < text.size(); ++i) {
        const auto valid = [&](char32_t c) {
            return static_cast<utf8proc_int32_t>(c <= 0x10FFFF ? c : kReplacement);
        };
        out[i] = utf8proc_grapheme_break_stateful(valid(text[i - 1]), valid(text[i]), &state);
    }
    return out;
}

std::vector<bool> line_breaks(std::u32string_view text) {
    thread_local const IteratorPtr iterator = open_iterator(UBRK_LINE);
    return icu_boundaries(iterator.get(), text);
}

std::vector<bool> word_starts(std::u32string_view text) {
    thread_local const IteratorPtr iterator = open_iterator(UBRK_WORD);
    return icu_boundaries(iterator.get(), text);
}

bool matches_loosely(std::string_view text, std::string_view needle) {
    const std::u32string wanted = fold(needle);
    return wanted.empty() || fold(text).find(wanted) != std::u32string::npos;
}

}  // namespace awda::ui
