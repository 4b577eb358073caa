#include "platform/text.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <vector>

namespace awda {

namespace {

/// Nothing Awda composes is longer: the largest answer file is far below.
constexpr std::size_t kTextBytesMax = 64U << 20U;

const utf8proc_uint8_t* octets(std::string_view text) {
    return static_cast<const utf8proc_uint8_t*>(static_cast<const void*>(text.data()));
}

/// One scalar value from the head of `text`, or 0 bytes when it is not well-formed.
std::size_t next_scalar(std::string_view text, utf8proc_int32_t& scalar) {
    const auto length = static_cast<utf8proc_ssize_t>(std::min<std::size_t>(text.size(), 4));
    const utf8proc_ssize_t used = utf8proc_iterate(octets(text), length, &scalar);
    return used > 0 ? static_cast<std::size_t>(used) : 0;
}

}  // namespace

CharClass char_class(char32_t letter) {
    switch (utf8proc_category(static_cast<utf8proc_int32_t>(letter))) {
        case UTF8PROC_CATEGORY_LU: return CharClass::kUpper;
        case UTF8PROC_CATEGORY_LL: return CharClass::kLower;
        case UTF8PROC_CATEGORY_LT: return CharClass::kTitle;
        case UTF8PROC_CATEGORY_LM: return CharClass::kModifier;
        case UTF8PROC_CATEGORY_LO: return CharClass::kOtherLetter;
        case UTF8PROC_CATEGORY_MN:
        case UTF8PROC_CATEGORY_MC:
        case UTF8PROC_CATEGORY_ME: return CharClass::kMark;
        case UTF8PROC_CATEGORY_ND: return CharClass::kDigit;
        case UTF8PROC_CATEGORY_NL:
        case UTF8PROC_CATEGORY_NO: return CharClass::kOtherNumber;
        case UTF8PROC_CATEGORY_PC:
        case UTF8PROC_CATEGORY_PD:
        case UTF8PROC_CATEGORY_PS:
        case UTF8PROC_CATEGORY_PE:
        case UTF8PROC_CATEGORY_PI:
        case UTF8PROC_CATEGORY_PF:
        case UTF8PROC_CATEGORY_PO: return CharClass::kPunctuation;
        case UTF8PROC_CATEGORY_SM:
        case UTF8PROC_CATEGORY_SC:
        case UTF8PROC_CATEGORY_SK:
        case UTF8PROC_CATEGORY_SO: return CharClass::kSymbol;
        case UTF8PROC_CATEGORY_ZS:
        case UTF8PROC_CATEGORY_ZL:
        case UTF8PROC_CATEGORY_ZP: return CharClass::kSeparator;
        default: return CharClass::kControl;
    }
}

namespace {

/// Persian/Kurdish letters that Arabic keyboards type as their Arabic twins.
utf8proc_int32_t fold_letter(utf8proc_int32_t letter) {
    switch (letter) {
        case 0x06CC: return 0x064A;  // Farsi yeh -> Arabic yeh
        case 0x06A9: return 0x0643;  // keheh -> kaf
        default: return letter;
    }
}

bool is_tatweel(utf8proc_int32_t letter) {
    return letter == 0x0640;
}

void append_scalar(std::string& out, utf8proc_int32_t scalar) {
    std::array<utf8proc_uint8_t, 4> bytes{};
    const utf8proc_ssize_t size = utf8proc_encode_char(scalar, bytes.data());
    for (utf8proc_ssize_t i = 0; i < size; ++i) {
        out += static_cast<char>(bytes[static_cast<std::size_t>(i)]);
    }
}

/// Code points that normalising `text` may take on the way.
Result<std::size_t> room_for(std::string_view text, utf8proc_option_t options) {
    if (text.size() > kTextBytesMax) return Error(Errc::kTooLarge, "normalising a text");
    if (!valid_utf8(text)) return Error(Errc::kMalformed, "a text that is not UTF-8");
    const auto length = static_cast<utf8proc_ssize_t>(text.size());
    const utf8proc_ssize_t room = utf8proc_decompose(octets(text), length, nullptr, 0, options);
    if (room < 0) return Error(Errc::kMalformed, "normalising a text");
    return static_cast<std::size_t>(room);
}

/// Works in place, in `room` code points and one more, and returns how many bytes of UTF-8 stand
/// there: reencode writes them over the code points, and a final zero byte after them.
Result<std::size_t> normalise_at(std::string_view text, utf8proc_option_t options,
                                 utf8proc_int32_t* points, std::size_t room) {
    const auto length = static_cast<utf8proc_ssize_t>(text.size());
    const auto most = static_cast<utf8proc_ssize_t>(room);
    const utf8proc_ssize_t count = utf8proc_decompose(octets(text), length, points, most, options);
    if (count < 0 || count > most) return Error(Errc::kMalformed, "normalising a text");
    const utf8proc_ssize_t size = utf8proc_reencode(points, count, options);
    if (size < 0) return Error(Errc::kMalformed, "composing a text");
    return static_cast<std::size_t>(size);
}

/// For passphrases: guarded memory, and nothing left on the heap. It costs system calls.
Result<SecretBytes> normalise_secret(std::string_view text, utf8proc_option_t options) {
    const std::size_t room = AWDA_TRY(room_for(text, options));
    SecretBytes buffer((room + 1) * sizeof(utf8proc_int32_t));
    auto* points = static_cast<utf8proc_int32_t*>(static_cast<void*>(buffer.mutable_view().data()));
    buffer.shrink(AWDA_TRY(normalise_at(text, options, points, room)));
    return buffer;
}

Result<std::string> normalise(std::string_view text, utf8proc_option_t options) {
    const std::size_t room = AWDA_TRY(room_for(text, options));
    std::vector<utf8proc_int32_t> points(room + 1);
    const std::size_t size = AWDA_TRY(normalise_at(text, options, points.data(), room));
    const auto* bytes = static_cast<const char*>(static_cast<const void*>(points.data()));
    return std::string(bytes, size);
}

constexpr auto kNfc = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
constexpr auto kNameFold = static_cast<utf8proc_option_t>(
    UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);

}  // namespace

bool valid_utf8(std::string_view text) {
    while (!text.empty()) {
        utf8proc_int32_t scalar = 0;
        const std::size_t used = next_scalar(text, scalar);
        if (used == 0) return false;
        text.remove_prefix(used);
    }
    return true;
}

std::string_view fit_utf8(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) return text;
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) --bytes;
    return text.substr(0, bytes);
}

std::size_t code_points(std::string_view text) {
    std::size_t count = 0;
    while (!text.empty()) {
        utf8proc_int32_t scalar = 0;
        text.remove_prefix(std::max<std::size_t>(next_scalar(text, scalar), 1));
        ++count;
    }
    return count;
}

Result<std::string> nfc(std::string_view text) {
    return normalise(text, kNfc);
}

Result<SecretBytes> nfc_secret(ByteView text) {
    return normalise_secret(as_text(text), kNfc);
}

Result<std::string> fold_name(std::string_view text) {
    const std::string folded = AWDA_TRY(normalise(text, kNameFold));
    std::string_view rest = folded;
    std::string out;
    bool space_due = false;
    while (!rest.empty()) {
        utf8proc_int32_t scalar = 0;
        const std::size_t used = next_scalar(rest, scalar);
        if (used == 0) return Error(Errc::kMalformed, "folding a name");
        rest.remove_prefix(used);
        if (is_tatweel(scalar)) continue;
        const utf8proc_category_t category = utf8proc_category(scalar);
        if (category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_CC) {
            space_due = !out.empty();
            continue;
        }
        if (space_due) out += ' ';
        space_due = false;
        append_scalar(out, fold_letter(scalar));
    }
    return out;
}

std::string fill_places(std::string_view sentence, std::span<const std::string_view> arguments) {
    std::string out;
    for (std::size_t i = 0; i < sentence.size(); ++i) {
        const bool place = sentence[i] == '{' && i + 2 < sentence.size() &&
                           sentence[i + 2] == '}' && sentence[i + 1] >= '0' &&
                           sentence[i + 1] <= '9';
        if (!place) {
            out += sentence[i];
            continue;
        }
        const auto index = static_cast<std::size_t>(sentence[i + 1] - '0');
        if (index < arguments.size()) out += arguments[index];
        i += 2;
    }
    return out;
}

std::string fill_places(std::string_view sentence, const std::vector<std::string>& arguments) {
    const std::vector<std::string_view> views(arguments.begin(), arguments.end());
    return fill_places(sentence, views);
}

}  // namespace awda
