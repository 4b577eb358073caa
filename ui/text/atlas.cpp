#include "ui/text/atlas.h"

#include <algorithm>
#include <cmath>

namespace awda::ui {

namespace {
constexpr int kGap = 1;            // keeps bilinear sampling inside its glyph
constexpr int kShelfRounding = 4;  // shelves of 4, 8, 12 … rows waste little and are shared
}  // namespace

GlyphAtlas::GlyphAtlas() : pixels_(static_cast<std::size_t>(kSide) * kSide, 0) {
    clear();
}

void GlyphAtlas::clear() {
    std::fill(pixels_.begin(), pixels_.end(), std::uint8_t{0});
    for (int y = 0; y < kWhiteSide; ++y) {
        std::fill_n(pixels_.begin() + static_cast<std::ptrdiff_t>(y) * kSide, kWhiteSide,
                    std::uint8_t{255});
    }
    glyphs_.clear();
    shelves_.clear();
    shelf_end_ = kWhiteSide + kGap;
    overflowed_ = false;
    mark_changed(0, kSide);
}

void GlyphAtlas::mark_changed(int first, int last) {
    const bool none = changed_.first == changed_.last;
    changed_ = none ? Rows{first, last}
                    : Rows{std::min(changed_.first, first), std::max(changed_.last, last)};
}

GlyphAtlas::Rows GlyphAtlas::take_changed_rows() {
    const Rows rows = changed_;
    changed_ = {0, 0};
    return rows;
}

bool GlyphAtlas::place(int width, int height, AtlasGlyph& out) {
    const int rows = (height + kShelfRounding - 1) / kShelfRounding * kShelfRounding;
    for (Shelf& shelf : shelves_) {
        if (shelf.height != rows || shelf.x + width > kSide) continue;
        out.x = shelf.x;
        out.y = shelf.y;
        shelf.x += width + kGap;
        return true;
    }
    if (shelf_end_ + rows > kSide || width > kSide) return false;
    shelves_.push_back({shelf_end_, rows, width + kGap});
    out.x = 0;
    out.y = shelf_end_;
    shelf_end_ += rows + kGap;
    return true;
}

const AtlasGlyph* GlyphAtlas::get(FontSet& fonts, std::uint16_t font, std::uint32_t glyph,
                                  float size_px, int phase) {
    const auto size = static_cast<std::uint64_t>(std::lround(size_px * 64)) & 0xFFFFU;
    const std::uint64_t key = (std::uint64_t{font} << 56U) |
                              (static_cast<std::uint64_t>(phase) << 48U) | (size << 32U) | glyph;
    const auto known = glyphs_.find(key);
    if (known != glyphs_.end()) return &known->second;
    const GlyphImage image = fonts.raster(font, glyph, size_px, phase);
    AtlasGlyph entry{0, 0, image.width, image.height, image.left, -image.top};
    if (image.width > 0) {
        if (!place(image.width, image.height, entry)) {
            overflowed_ = true;
            return nullptr;
        }
        for (int y = 0; y < image.height; ++y) {
            std::copy_n(
                image.grey.begin() + static_cast<std::ptrdiff_t>(y) * image.width, image.width,
                pixels_.begin() + static_cast<std::ptrdiff_t>(entry.y + y) * kSide + entry.x);
        }
        mark_changed(entry.y, entry.y + entry.height);
    }
    return &glyphs_.emplace(key, entry).first->second;
}

}  // namespace awda::ui
