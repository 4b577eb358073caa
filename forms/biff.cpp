#include "forms/biff.h"

#include <algorithm>

#include "forms/cell_text.h"

namespace awda::forms {
namespace {

constexpr std::size_t kHeadBytes = 4;
enum StringFlag : std::uint8_t { kWide = 1, kPhonetic = 4, kRich = 8 };

// clang-format off
constexpr CodePage kLatin = {{
    0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030,
    0x0160, 0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c,
    0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd,
    0x017e, 0x0178, 0x00a0, 0x00a1, 0x00a2, 0x00a3, 0x00a4, 0x00a5, 0x00a6, 0x00a7,
    0x00a8, 0x00a9, 0x00aa, 0x00ab, 0x00ac, 0x00ad, 0x00ae, 0x00af, 0x00b0, 0x00b1,
    0x00b2, 0x00b3, 0x00b4, 0x00b5, 0x00b6, 0x00b7, 0x00b8, 0x00b9, 0x00ba, 0x00bb,
    0x00bc, 0x00bd, 0x00be, 0x00bf, 0x00c0, 0x00c1, 0x00c2, 0x00c3, 0x00c4, 0x00c5,
    0x00c6, 0x00c7, 0x00c8, 0x00c9, 0x00ca, 0x00cb, 0x00cc, 0x00cd, 0x00ce, 0x00cf,
    0x00d0, 0x00d1, 0x00d2, 0x00d3, 0x00d4, 0x00d5, 0x00d6, 0x00d7, 0x00d8, 0x00d9,
    0x00da, 0x00db, 0x00dc, 0x00dd, 0x00de, 0x00df, 0x00e0, 0x00e1, 0x00e2, 0x00e3,
    0x00e4, 0x00e5, 0x00e6, 0x00e7, 0x00e8, 0x00e9, 0x00ea, 0x00eb, 0x00ec, 0x00ed,
    0x00ee, 0x00ef, 0x00f0, 0x00f1, 0x00f2, 0x00f3, 0x00f4, 0x00f5, 0x00f6, 0x00f7,
    0x00f8, 0x00f9, 0x00fa, 0x00fb, 0x00fc, 0x00fd, 0x00fe, 0x00ff,
}};
constexpr CodePage kArabic = {{
    0x20ac, 0x067e, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030,
    0x0679, 0x2039, 0x0152, 0x0686, 0x0698, 0x0688, 0x06af, 0x2018, 0x2019, 0x201c,
    0x201d, 0x2022, 0x2013, 0x2014, 0x06a9, 0x2122, 0x0691, 0x203a, 0x0153, 0x200c,
    0x200d, 0x06ba, 0x00a0, 0x060c, 0x00a2, 0x00a3, 0x00a4, 0x00a5, 0x00a6, 0x00a7,
    0x00a8, 0x00a9, 0x06be, 0x00ab, 0x00ac, 0x00ad, 0x00ae, 0x00af, 0x00b0, 0x00b1,
    0x00b2, 0x00b3, 0x00b4, 0x00b5, 0x00b6, 0x00b7, 0x00b8, 0x00b9, 0x061b, 0x00bb,
    0x00bc, 0x00bd, 0x00be, 0x061f, 0x06c1, 0x0621, 0x0622, 0x0623, 0x0624, 0x0625,
    0x0626, 0x0627, 0x0628, 0x0629, 0x062a, 0x062b, 0x062c, 0x062d, 0x062e, 0x062f,
    0x0630, 0x0631, 0x0632, 0x0633, 0x0634, 0x0635, 0x0636, 0x00d7, 0x0637, 0x0638,
    0x0639, 0x063a, 0x0640, 0x0641, 0x0642, 0x0643, 0x00e0, 0x0644, 0x00e2, 0x0645,
    0x0646, 0x0647, 0x0648, 0x00e7, 0x00e8, 0x00e9, 0x00ea, 0x00eb, 0x0649, 0x064a,
    0x00ee, 0x00ef, 0x064b, 0x064c, 0x064d, 0x064e, 0x00f4, 0x064f, 0x0650, 0x00f7,
    0x0651, 0x00f9, 0x0652, 0x00fb, 0x00fc, 0x200e, 0x200f, 0x06d2,
}};
// clang-format on

/// UTF-16 units, one after the other, to UTF-8.
class Utf16 {
public:
    explicit Utf16(std::string& out) : out_(out) {}
    void put(std::uint32_t unit) {
        const bool low = unit >= 0xdc00 && unit < 0xe000;
        if (high_ != 0) {
            append_utf8(low ? 0x10000 + ((high_ - 0xd800) << 10U) + (unit - 0xdc00) : high_, out_);
            high_ = 0;
            if (low) return;
        }
        if (unit >= 0xd800 && unit < 0xdc00) {
            high_ = unit;
        } else {
            append_utf8(unit, out_);
        }
    }
    void end() {
        if (high_ != 0) append_utf8(high_, out_);
    }

private:
    std::string& out_;
    std::uint32_t high_ = 0;
};

}  // namespace

const CodePage* code_page(std::uint32_t number) {
    return number == 1252 ? &kLatin : number == 1256 ? &kArabic : nullptr;
}

std::optional<BiffRecord> BiffRecords::next() {
    if (at_ > stream_.size() || stream_.size() - at_ < kHeadBytes) return std::nullopt;
    const auto type = static_cast<BiffType>(little_u16(stream_, at_));
    const std::size_t size = little_u16(stream_, at_ + 2);
    if (stream_.size() - at_ - kHeadBytes < size) return std::nullopt;
    const ByteView body = stream_.subspan(at_ + kHeadBytes, size);
    at_ += kHeadBytes + size;
    return BiffRecord{type, body};
}

std::vector<ByteView> BiffRecords::with_continued(ByteView first) {
    std::vector<ByteView> out{first};
    while (little_u16(stream_, at_) == static_cast<std::uint32_t>(BiffType::kContinue)) {
        const auto record = next();
        if (!record) break;
        out.push_back(record->body);
    }
    return out;
}

bool BiffReader::more() {
    while (piece_ < pieces_.size() && at_ == pieces_[piece_].size()) {
        ++piece_;
        at_ = 0;
    }
    good_ = good_ && piece_ < pieces_.size();
    return good_;
}

std::uint32_t BiffReader::u8() {
    return more() ? pieces_[piece_][at_++] : 0;
}

std::uint32_t BiffReader::u16() {
    const std::uint32_t low = u8();
    return low | u8() << 8U;
}

std::uint32_t BiffReader::u32() {
    const std::uint32_t low = u16();
    return low | u16() << 16U;
}

void BiffReader::skip(std::size_t bytes) {
    while (bytes > 0 && more()) {
        const std::size_t step = std::min(bytes, pieces_[piece_].size() - at_);
        at_ += step;
        bytes -= step;
    }
}

std::string BiffReader::narrow_characters(std::size_t count) {
    std::string out;
    for (; count > 0 && good_; --count) {
        const std::uint32_t byte = u8();
        good_ = good_ && (byte < 0x80 || strings_.page != nullptr);
        if (good_) append_utf8(byte < 0x80 ? byte : (*strings_.page)[byte - 0x80], out);
    }
    return out;
}

std::string BiffReader::characters(std::size_t count) {
    if (!strings_.wide) return narrow_characters(count);
    std::uint32_t flags = u8();
    const std::size_t rich = (flags & kRich) != 0 ? u16() * std::size_t{4} : 0;
    const std::size_t phonetic = (flags & kPhonetic) != 0 ? u32() : 0;
    std::string out;
    Utf16 units(out);
    while (count > 0 && good_) {
        if (piece_ < pieces_.size() && at_ == pieces_[piece_].size()) {
            // A string that runs on says anew how wide its characters are.
            if (!more()) break;
            flags = u8();
            continue;
        }
        units.put((flags & kWide) != 0 ? u16() : u8());
        --count;
    }
    units.end();
    skip(rich + phonetic);
    return out;
}

}  // namespace awda::forms
