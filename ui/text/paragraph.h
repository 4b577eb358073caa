// Paragraph: one paragraph of text as positioned glyphs, lines and caret cells.
//
// Coordinates are visual and unmirrored: x from the left end of a line, to the right, in pixels.
// Positions count characters (UTF-32) from the start of the paragraph. Ownership: immutable once
// built; shared by whoever shows it. Threads: built and read on the UI thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "platform/errors.h"
#include "ui/text/fonts.h"
#include "ui/text/unicode.h"

namespace awda::ui {

enum class Direction : std::uint8_t {
    kAuto,  ///< the first strong letter decides; without one, `fallback_rtl`
    kLeftToRight,
    kRightToLeft,
};

struct ParagraphStyle {
    float size_px = 16;
    Weight weight = Weight::kRegular;
    Direction direction = Direction::kAuto;
    bool fallback_rtl = false;
    Digits digits = Digits::kAsStored;
    /// Lines are broken to fit; 0 means one line.
    float wrap_px = 0;
    Language language = Language::kEnglish;
    bool operator==(const ParagraphStyle&) const = default;
};

struct Glyph {
    std::uint32_t id;
    std::uint16_t font;
    float x;  ///< pen position from the line's left end
    float y;  ///< upwards from the baseline
};

/// A grapheme's place in its line; cells are stored from left to right.
struct Cell {
    std::uint32_t start;
    std::uint32_t end;
    float left;
    float right;
    bool rtl;
};

struct Line {
    std::uint32_t start;
    std::uint32_t end;  ///< after the last character, spaces at a wrap included
    float width;
    std::uint32_t glyph_begin, glyph_end;
    std::uint32_t cell_begin, cell_end;
};

struct Paragraph {
    std::uint32_t length = 0;
    bool rtl = false;
    std::vector<Glyph> glyphs;
    std::vector<Cell> cells;
    std::vector<Line> lines;  ///< at least one

    [[nodiscard]] std::size_t memory_bytes() const {
        return sizeof(*this) + glyphs.capacity() * sizeof(Glyph) + cells.capacity() * sizeof(Cell) +
               lines.capacity() * sizeof(Line);
    }
};

/// Characters laid out at most; a caller splits or cuts longer text.
inline constexpr std::size_t kParagraphMax = 65536;

/// Lays out `text`, which holds no paragraph break and at most kParagraphMax characters (the rest
/// is left out). Never fails: whatever the characters are, every one of them has a cell.
[[nodiscard]] Paragraph lay_out_paragraph(FontSet& fonts, std::u32string_view text,
                                          const ParagraphStyle& style);

}  // namespace awda::ui
