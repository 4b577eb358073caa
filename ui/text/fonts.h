// FontSet: the font files, what they cover, and pictures of their glyphs.
//
// Vazirmatn covers Arabic, Sorani, both digit sets and Latin; DejaVu Sans stands behind it. Shaping
// (HarfBuzz) and rastering (FreeType) read the same file bytes, unhinted, so that positions are
// exact. Ownership: one FontSet lives as long as the window. Threads: the UI thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "platform/files.h"

struct hb_font_t;

namespace awda::ui {

enum class Weight : std::uint8_t { kRegular, kBold };

/// A glyph as grey levels; `left` and `top` place it relative to the pen, y upwards.
struct GlyphImage {
    int left = 0;
    int top = 0;
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> grey;
};

class FontSet {
public:
    /// Horizontal sub-pixel positions a glyph is drawn at.
    static constexpr int kPhases = 4;
    static constexpr std::uint64_t kFontFileMax = 32U << 20U;

    /// `regular` and `bold` list files from the preferred font to the last fallback.
    static Result<std::unique_ptr<FontSet>> load(const std::vector<Path>& regular,
                                                 const std::vector<Path>& bold);
    /// The fonts that ship with Awda.
    static Result<std::unique_ptr<FontSet>> load_shipped();
    ~FontSet();

    /// The first font that has every character of the grapheme; the first font where none has.
    [[nodiscard]] std::uint16_t pick(Weight weight, std::u32string_view grapheme) const;
    [[nodiscard]] bool has_glyph(std::uint16_t font, char32_t character) const;
    /// The glyph that `character` has before any shaping; 0 where there is none.
    [[nodiscard]] std::uint32_t nominal_glyph(std::uint16_t font, char32_t character) const;
    /// Borrowed; scaled to 1/64 pixels at `size_px`.
    [[nodiscard]] hb_font_t* shaper(std::uint16_t font, float size_px);
    /// Height over the baseline and depth under it of the first font, in em.
    [[nodiscard]] float ascent_em(Weight weight) const;
    [[nodiscard]] float descent_em(Weight weight) const;
    /// Draws a glyph shifted right by phase/4 pixel; an empty picture for spaces and bad glyphs.
    [[nodiscard]] GlyphImage raster(std::uint16_t font, std::uint32_t glyph, float size_px,
                                    int phase);

private:
    struct Face;
    FontSet();
    [[nodiscard]] const std::vector<std::uint16_t>& order(Weight weight) const;
    Status add(const Path& path, std::vector<std::uint16_t>& order);

    struct Library;
    std::unique_ptr<Library> library_;
    std::vector<std::unique_ptr<Face>> faces_;
    std::vector<std::uint16_t> regular_;
    std::vector<std::uint16_t> bold_;
};

}  // namespace awda::ui
