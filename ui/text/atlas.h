// GlyphAtlas: the one grey texture that every glyph picture, and the white of every fill, is drawn
// from.
//
// Shelves of equal-height glyphs fill it from the top. When full it is emptied at the next frame,
// and the frame that found it full is drawn again. Ownership: held by TextEngine. Threads: the UI
// thread.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "ui/text/fonts.h"

namespace awda::ui {

struct AtlasGlyph {
    int x = 0;  ///< place in the texture
    int y = 0;
    int width = 0;  ///< 0: nothing to draw
    int height = 0;
    int left = 0;  ///< offset from the pen, y down
    int top = 0;
};

class GlyphAtlas {
public:
    static constexpr int kSide = 1536;
    /// The top left square of this side is opaque white.
    static constexpr int kWhiteSide = 8;

    GlyphAtlas();
    /// The glyph's place, drawn first if need be. Null when the atlas is full.
    [[nodiscard]] const AtlasGlyph* get(FontSet& fonts, std::uint16_t font, std::uint32_t glyph,
                                        float size_px, int phase);
    /// True after `get` returned null: empty the atlas and draw the frame anew.
    [[nodiscard]] bool overflowed() const { return overflowed_; }
    void clear();

    [[nodiscard]] const std::vector<std::uint8_t>& pixels() const { return pixels_; }
    /// Rows [first, last) changed since the last call; both 0 when none did.
    struct Rows {
        int first;
        int last;
    };
    Rows take_changed_rows();
    [[nodiscard]] std::size_t glyph_count() const { return glyphs_.size(); }

private:
    struct Shelf {
        int y;
        int height;
        int x;
    };
    bool place(int width, int height, AtlasGlyph& out);
    void mark_changed(int first, int last);

    std::vector<std::uint8_t> pixels_;
    std::unordered_map<std::uint64_t, AtlasGlyph> glyphs_;
    std::vector<Shelf> shelves_;
    int shelf_end_ = kWhiteSide;
    Rows changed_{0, 0};
    bool overflowed_ = false;
};

}  // namespace awda::ui
