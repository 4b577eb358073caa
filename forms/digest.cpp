#include "forms/digest.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "forms/ascii.h"

namespace awda::forms {
namespace {

template <typename Word>
Word load_big(const std::uint8_t* at) {
    Word out = 0;
    for (std::size_t i = 0; i < sizeof(Word); ++i) out = static_cast<Word>((out << 8U) | at[i]);
    return out;
}

/// The message, a one bit, zeros, and its length in bits: the padding of the whole family.
Bytes padded(std::string_view data, std::size_t block, std::size_t length_bytes, bool little) {
    Bytes out(data.begin(), data.end());
    out.push_back(0x80);
    while (out.size() % block != block - length_bytes) out.push_back(0);
    const std::uint64_t bits = std::uint64_t{data.size()} * 8;
    for (std::size_t i = 0; i < length_bytes; ++i) {
        const std::size_t shift = 8 * (little ? i : length_bytes - 1 - i);
        out.push_back(shift < 64 ? static_cast<std::uint8_t>(bits >> shift) : std::uint8_t{0});
    }
    return out;
}

Bytes md5(std::string_view data) {
    static constexpr std::array<int, 16> kTurns{7, 12, 17, 22, 5, 9,  14, 20,
                                                4, 11, 16, 23, 6, 10, 15, 21};
    std::array<std::uint32_t, 4> h{0x67452301U, 0xefcdab89U, 0x98badcfeU, 0x10325476U};
    const Bytes message = padded(data, 64, 8, true);
    for (std::size_t block = 0; block < message.size(); block += 64) {
        std::array<std::uint32_t, 4> s = h;
        for (std::uint32_t i = 0; i < 64; ++i) {
            std::uint32_t mix = 0;
            std::uint32_t word = 0;
            switch (i / 16) {
                case 0:
                    mix = (s[1] & s[2]) | (~s[1] & s[3]);
                    word = i;
                    break;
                case 1:
                    mix = (s[3] & s[1]) | (~s[3] & s[2]);
                    word = (5 * i + 1) % 16;
                    break;
                case 2:
                    mix = s[1] ^ s[2] ^ s[3];
                    word = (3 * i + 5) % 16;
                    break;
                default:
                    mix = s[2] ^ (s[1] | ~s[3]);
                    word = (7 * i) % 16;
                    break;
            }
            const auto sine = static_cast<std::uint32_t>(
                std::floor(std::fabs(std::sin(static_cast<double>(i) + 1)) * 4294967296.0));
            std::uint32_t part = 0;
            for (std::size_t b = 4; b-- > 0;) part = (part << 8U) | message[block + word * 4 + b];
            const std::uint32_t sum = s[0] + mix + sine + part;
            s = {s[3], s[1] + std::rotl(sum, kTurns[(i / 16) * 4 + i % 4]), s[1], s[2]};
        }
        for (std::size_t i = 0; i < 4; ++i) h[i] += s[i];
    }
    Bytes out;
    for (const std::uint32_t word : h) {
        for (unsigned i = 0; i < 4; ++i) out.push_back(static_cast<std::uint8_t>(word >> (8 * i)));
    }
    return out;
}

template <typename Word>
void put_big(Word word, Bytes& out) {
    for (std::size_t i = sizeof(Word); i-- > 0;) {
        out.push_back(static_cast<std::uint8_t>(word >> (8 * i)));
    }
}

Bytes sha1(std::string_view data) {
    std::array<std::uint32_t, 5> h{0x67452301U, 0xefcdab89U, 0x98badcfeU, 0x10325476U, 0xc3d2e1f0U};
    const Bytes message = padded(data, 64, 8, false);
    for (std::size_t block = 0; block < message.size(); block += 64) {
        std::array<std::uint32_t, 80> w{};
        for (std::size_t i = 0; i < 16; ++i)
            w[i] = load_big<std::uint32_t>(&message[block + i * 4]);
        for (std::size_t i = 16; i < 80; ++i) {
            w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        }
        auto [a, b, c, d, e] = h;
        for (std::size_t i = 0; i < 80; ++i) {
            std::uint32_t f = 0;
            std::uint32_t k = 0;
            if (i < 20)
                f = (b & c) | (~b & d), k = 0x5a827999U;
            else if (i < 40)
                f = b ^ c ^ d, k = 0x6ed9eba1U;
            else if (i < 60)
                f = (b & c) | (b & d) | (c & d), k = 0x8f1bbcdcU;
            else
                f = b ^ c ^ d, k = 0xca62c1d6U;
            const std::uint32_t next = std::rotl(a, 5) + f + e + k + w[i];
            e = d, d = c, c = std::rotl(b, 30), b = a, a = next;
        }
        h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
    }
    Bytes out;
    for (const std::uint32_t word : h) put_big(word, out);
    return out;
}

/// The round constants of SHA-2: the first bits of the fractions of the cube roots of primes.
/// Newton's method in integers gives all 64 bits exactly.
std::uint64_t cube_root_fraction(std::uint64_t prime) {
    // The largest x with x³ ≤ prime · 2^192, found bit by bit; x < 2^67.
    __extension__ using Wide = unsigned __int128;
    Wide root = 0;
    for (int bit = 67; bit-- > 0;) {
        const Wide candidate = root | (Wide{1} << static_cast<unsigned>(bit));
        // Compare candidate³ with prime · 2^192 by 32-bit limbs.
        std::array<std::uint64_t, 8> cube{1, 0, 0, 0, 0, 0, 0, 0};
        for (int factor = 0; factor < 3; ++factor) {
            std::array<std::uint64_t, 8> product{};
            for (std::size_t i = 0; i < 3; ++i) {
                const auto limb = static_cast<std::uint32_t>(candidate >> (32U * i));
                std::uint64_t carry = 0;
                for (std::size_t k = 0; k + i < 8; ++k) {
                    const std::uint64_t sum =
                        product[k + i] + carry + static_cast<std::uint64_t>(limb) * cube[k];
                    product[k + i] = sum & 0xffffffffU;
                    carry = sum >> 32U;
                }
            }
            cube = product;
        }
        const std::uint64_t high = cube[6] | (cube[7] << 32U);
        const bool above =
            high > prime ||
            (high == prime && (cube[0] | cube[1] | cube[2] | cube[3] | cube[4] | cube[5]) != 0);
        if (!above) root = candidate;
    }
    return static_cast<std::uint64_t>(root);
}

const std::array<std::uint64_t, 80>& sha2_constants() {
    static const auto kConstants = [] {
        std::array<std::uint64_t, 80> out{};
        std::size_t count = 0;
        for (std::uint64_t n = 2; count < out.size(); ++n) {
            bool prime = true;
            for (std::uint64_t d = 2; d * d <= n; ++d) prime = prime && n % d != 0;
            if (prime) out[count++] = cube_root_fraction(n);
        }
        return out;
    }();
    return kConstants;
}

template <typename Word>
struct Turns;
template <>
struct Turns<std::uint32_t> {
    static constexpr int kBig0[3] = {2, 13, 22}, kBig1[3] = {6, 11, 25};
    static constexpr int kSmall0[3] = {7, 18, 3}, kSmall1[3] = {17, 19, 10};
    static constexpr std::size_t kRounds = 64;
};
template <>
struct Turns<std::uint64_t> {
    static constexpr int kBig0[3] = {28, 34, 39}, kBig1[3] = {14, 18, 41};
    static constexpr int kSmall0[3] = {1, 8, 7}, kSmall1[3] = {19, 61, 6};
    static constexpr std::size_t kRounds = 80;
};

template <typename Word>
Bytes sha2(std::string_view data, std::array<Word, 8> h, std::size_t size) {
    using T = Turns<Word>;
    constexpr std::size_t kBlock = sizeof(Word) * 16;
    const auto big = [](Word x, const int(&t)[3]) {
        return std::rotr(x, t[0]) ^ std::rotr(x, t[1]) ^ std::rotr(x, t[2]);
    };
    const auto small = [](Word x, const int(&t)[3]) {
        return std::rotr(x, t[0]) ^ std::rotr(x, t[1]) ^ static_cast<Word>(x >> t[2]);
    };
    const Bytes message = padded(data, kBlock, sizeof(Word) * 2, false);
    for (std::size_t block = 0; block < message.size(); block += kBlock) {
        std::array<Word, T::kRounds> w{};
        for (std::size_t i = 0; i < 16; ++i)
            w[i] = load_big<Word>(&message[block + i * sizeof(Word)]);
        for (std::size_t i = 16; i < T::kRounds; ++i) {
            w[i] =
                small(w[i - 2], T::kSmall1) + w[i - 7] + small(w[i - 15], T::kSmall0) + w[i - 16];
        }
        std::array<Word, 8> s = h;
        for (std::size_t i = 0; i < T::kRounds; ++i) {
            const auto k = static_cast<Word>(sha2_constants()[i] >> (64 - 8 * sizeof(Word)));
            const Word choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
            const Word majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
            const Word one = s[7] + big(s[4], T::kBig1) + choice + k + w[i];
            const Word two = big(s[0], T::kBig0) + majority;
            s = {one + two, s[0], s[1], s[2], s[3] + one, s[4], s[5], s[6]};
        }
        for (std::size_t i = 0; i < 8; ++i) h[i] += s[i];
    }
    Bytes out;
    for (const Word word : h) put_big(word, out);
    out.resize(size);
    return out;
}

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::optional<Bytes> digest(std::string_view data, std::string_view algorithm) {
    if (algorithm == "MD5") return md5(data);
    if (algorithm == "SHA-1") return sha1(data);
    if (algorithm == "SHA-256") {
        return sha2<std::uint32_t>(data,
                                   {0x6a09e667U, 0xbb67ae85U, 0x3c6ef372U, 0xa54ff53aU, 0x510e527fU,
                                    0x9b05688cU, 0x1f83d9abU, 0x5be0cd19U},
                                   32);
    }
    if (algorithm == "SHA-384") {
        return sha2<std::uint64_t>(
            data,
            {0xcbbb9d5dc1059ed8U, 0x629a292a367cd507U, 0x9159015a3070dd17U, 0x152fecd8f70e5939U,
             0x67332667ffc00b31U, 0x8eb44a8768581511U, 0xdb0c2e0d64f98fa7U, 0x47b5481dbefa4fa4U},
            48);
    }
    if (algorithm == "SHA-512") {
        return sha2<std::uint64_t>(
            data,
            {0x6a09e667f3bcc908U, 0xbb67ae8584caa73bU, 0x3c6ef372fe94f82bU, 0xa54ff53a5f1d36f1U,
             0x510e527fade682d1U, 0x9b05688c2b3e6c1fU, 0x1f83d9abfb41bd6bU, 0x5be0cd19137e2179U},
            64);
    }
    return std::nullopt;
}

std::string base64_encode(ByteView data) {
    std::string out;
    for (std::size_t i = 0; i < data.size(); i += 3) {
        std::uint32_t word = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            word = (word << 8U) | (i + k < data.size() ? data[i + k] : 0U);
        }
        for (std::size_t k = 0; k < 4; ++k) {
            out += i + k <= data.size() ? kBase64[(word >> (18 - 6 * k)) & 63U] : '=';
        }
    }
    return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
    std::string out;
    std::uint32_t word = 0;
    unsigned bits = 0;
    for (const char c : text) {
        if (is_space(c)) continue;
        if (c == '=') break;
        const std::size_t digit = kBase64.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        word = (word << 6U) | static_cast<std::uint32_t>(digit);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out += static_cast<char>((word >> bits) & 0xffU);
        }
    }
    return out;
}

}  // namespace awda::forms
