#include "agent/vault/passphrase.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "platform/text.h"

namespace awda::agent {

namespace {

/// What people type when asked for a passphrase, in the languages and on the keyboards of the
/// offices.
constexpr std::array<std::string_view, 36> kHabits{
    "password",    "passphrase",    "passw0rd", "p@ssw0rd",   "qwerty",     "qwertyuiop",
    "asdfgh",      "asdfghjkl",     "zxcvbn",   "letmein",    "welcome",    "iloveyou",
    "admin",       "administrator", "ministry", "migration",  "baghdad",    "iraq",
    "kurdistan",   "erbil",         "hawler",   "basra",      "mosul",      "awda",
    "كلمة المرور", "كلمةالمرور",    "بغداد",    "العراق",     "الوزارة",    "الهجرة",
    "عودة",        "کوردستان",      "هەولێر",   "وشەی نهێنی", "ضصثقفغعهخح", "شسيبلاتنم"};

struct Character {
    char32_t value = 0;
    std::size_t size = 0;
};

/// The text was checked to be UTF-8 before.
Character character_at(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t value = size == 1 ? lead : lead & (0xFFU >> (size + 1));
    for (std::size_t i = 1; i < size && i < text.size(); ++i) {
        value = (value << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
    }
    return {value, std::min(size, text.size())};
}

char32_t lower(char32_t c) {
    return c >= U'A' && c <= U'Z' ? c + 32 : c;
}

/// How many characters a guesser must consider for a character of this kind.
double alphabet_of(char32_t c) {
    if (c >= U'0' && c <= U'9') return 10;
    if ((c >= 0x0660 && c <= 0x0669) || (c >= 0x06F0 && c <= 0x06F9)) return 10;
    if ((c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z')) return 26;
    if (c >= 0x0600 && c <= 0x06FF) return 32;
    return 30;
}

bool matches_at(std::string_view text, std::string_view word) {
    if (word.empty() || text.size() < word.size()) return false;
    for (std::size_t i = 0; i < word.size(); ++i) {
        const auto a = lower(static_cast<unsigned char>(text[i]));
        const auto b = lower(static_cast<unsigned char>(word[i]));
        if (a != b) return false;
    }
    return true;
}

/// The longest known word at the head of `text`, in bytes; 0 for none. Words of one or two bytes
/// say nothing.
std::size_t known_word(std::string_view text, const std::vector<std::string_view>& known) {
    std::size_t best = 0;
    for (const std::string_view word : kHabits) {
        if (matches_at(text, word)) best = std::max(best, word.size());
    }
    for (const std::string_view word : known) {
        if (word.size() > 2 && matches_at(text, word)) best = std::max(best, word.size());
    }
    return best;
}

/// The earlier characters of the passphrase, small enough to be kept in one guarded place.
class Seen {
public:
    explicit Seen(std::size_t characters) : memory_(characters * sizeof(char32_t)) {}
    void add(char32_t c) {
        const auto* bytes = static_cast<const std::uint8_t*>(static_cast<const void*>(&c));
        std::copy(bytes, bytes + sizeof c,
                  memory_.mutable_view().begin() + static_cast<std::ptrdiff_t>(count_ * sizeof c));
        ++count_;
    }
    [[nodiscard]] char32_t back(std::size_t steps) const {
        if (steps > count_) return 0;
        char32_t c = 0;
        const auto from = memory_.view().subspan((count_ - steps) * sizeof c, sizeof c);
        std::copy(from.begin(), from.end(), static_cast<std::uint8_t*>(static_cast<void*>(&c)));
        return c;
    }
    /// The character continues a run (aaa, 123, cba) or repeats a short pattern (abab, abcabc).
    [[nodiscard]] bool foretells(char32_t c) const {
        const char32_t last = back(1);
        if (count_ > 0 && (c == last || c == last + 1 || c + 1 == last)) return true;
        for (std::size_t period = 2; period <= 8 && period * 2 <= count_ + 1; ++period) {
            bool same = c == back(period);
            for (std::size_t i = 1; same && i < period; ++i) same = back(i) == back(i + period);
            if (same) return true;
        }
        return false;
    }

private:
    SecretBytes memory_;
    std::size_t count_ = 0;
};

}  // namespace

double passphrase_bits(ByteView nfc_text, const std::vector<std::string_view>& known) {
    constexpr double kWordBits = 4.0;
    constexpr double kForetoldBits = 0.7;
    std::string_view text = as_text(nfc_text);
    Seen seen(text.size() + 1);
    double bits = 0;
    while (!text.empty()) {
        if (const std::size_t word = known_word(text, known); word > 0) {
            bits += kWordBits;
            text.remove_prefix(word);
            continue;
        }
        const Character c = character_at(text);
        bits += seen.foretells(lower(c.value)) ? kForetoldBits : std::log2(alphabet_of(c.value));
        seen.add(lower(c.value));
        text.remove_prefix(c.size);
    }
    return bits;
}

Status check_passphrase(ByteView nfc_text, const std::vector<std::string_view>& known) {
    if (nfc_text.size() > kPassphraseBytesMax) return Error(Errc::kTooLarge, "a passphrase");
    if (!valid_utf8(as_text(nfc_text))) return Error(Errc::kMalformed, "a passphrase");
    if (code_points(as_text(nfc_text)) < kPassphraseCharactersMin) {
        return Error(Errc::kWeakPassphrase, "a passphrase shorter than 14 characters");
    }
    if (passphrase_bits(nfc_text, known) < kPassphraseBitsMin) {
        return Error(Errc::kWeakPassphrase, "a passphrase that is easily guessed");
    }
    return {};
}

}  // namespace awda::agent
