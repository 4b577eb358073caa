// Biff: the records of an .xls workbook's stream, and the strings that run on over several of them.
//
// Ownership: borrows the stream's bytes. Threads: one at a time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "forms/cfb.h"
#include "platform/bytes.h"

namespace awda::forms {

enum class BiffType : std::uint16_t {
    kFormula = 0x0006,
    kEof = 0x000a,
    kDateMode = 0x0022,
    kFilePass = 0x002f,
    kContinue = 0x003c,
    kCodePage = 0x0042,
    kBoundSheet = 0x0085,
    kMulRk = 0x00bd,
    kRString = 0x00d6,
    kXf = 0x00e0,
    kSst = 0x00fc,
    kLabelSst = 0x00fd,
    kNumber = 0x0203,
    kLabel = 0x0204,
    kBoolErr = 0x0205,
    kString = 0x0207,
    kRk = 0x027e,
    kFormat = 0x041e,
    kBof = 0x0809,
};

struct BiffRecord {
    BiffType type{};
    ByteView body;
};

/// The characters of the bytes from 0x80 on.
using CodePage = std::array<char16_t, 128>;
/// Of a Windows code page: Latin (1252) or Arabic (1256); null for another.
[[nodiscard]] const CodePage* code_page(std::uint32_t number);

/// How the strings of a workbook are written.
struct BiffStrings {
    bool wide = true;                ///< of Excel 97 and later: in Unicode, with flags in front
    const CodePage* page = nullptr;  ///< of older ones
};

class BiffRecords {
public:
    BiffRecords(ByteView stream, std::size_t at) : stream_(stream), at_(at) {}
    /// The next record; nothing at the end of the stream or where it is cut short.
    [[nodiscard]] std::optional<BiffRecord> next();
    /// The bodies of the CONTINUE records that follow `first`, behind its own.
    [[nodiscard]] std::vector<ByteView> with_continued(ByteView first);

private:
    ByteView stream_;
    std::size_t at_;
};

/// Reads over the bodies of a record and its continuations. Once something is missing, good() is
/// false and everything reads as nothing. A character that is in no known code page makes it false
/// too.
class BiffReader {
public:
    BiffReader(std::vector<ByteView> pieces, BiffStrings strings)
        : pieces_(std::move(pieces)), strings_(strings) {}

    [[nodiscard]] std::uint32_t u8();
    [[nodiscard]] std::uint32_t u16();
    [[nodiscard]] std::uint32_t u32();
    void skip(std::size_t bytes);
    /// A string whose length is in front of it, with its rich and phonetic parts skipped.
    [[nodiscard]] std::string text() { return characters(u16()); }
    /// The same with a length of one byte.
    [[nodiscard]] std::string short_text() { return characters(u8()); }
    [[nodiscard]] bool good() const { return good_; }

private:
    [[nodiscard]] std::string characters(std::size_t count);
    [[nodiscard]] std::string narrow_characters(std::size_t count);
    /// Whether there is more; moves on to the next piece where one ends.
    bool more();

    std::vector<ByteView> pieces_;
    BiffStrings strings_;
    std::size_t piece_ = 0;
    std::size_t at_ = 0;
    bool good_ = true;
};

}  // namespace awda::forms
