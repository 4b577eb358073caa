#include "ui/text/fonts.h"

#include <hb-ot.h>
#include <hb.h>

#include <algorithm>
#include <cmath>

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_OUTLINE_H

#include "ui/text/unicode.h"

namespace awda::ui {

struct FontSet::Library {
    FT_Library handle = nullptr;
    ~Library() {
        if (handle != nullptr) FT_Done_FreeType(handle);
    }
};

struct FontSet::Face {
    Bytes file;
    FT_Face ft = nullptr;
    hb_face_t* hb = nullptr;
    hb_font_t* unscaled = nullptr;
    /// One shaper a size in use; a handful, so a list will do.
    std::vector<std::pair<int, hb_font_t*>> shapers;

    ~Face() {
        for (const auto& [size, font] : shapers) hb_font_destroy(font);
        if (unscaled != nullptr) hb_font_destroy(unscaled);
        if (hb != nullptr) hb_face_destroy(hb);
        if (ft != nullptr) FT_Done_Face(ft);
    }
};

namespace {

constexpr std::size_t kShapersMax = 32;
constexpr int kGlyphSideMax = 512;

int to_26_6(float size_px) {
    return std::clamp(static_cast<int>(std::lround(size_px * 64)), 64, 64 * 256);
}

}  // namespace

FontSet::FontSet() : library_(std::make_unique<Library>()) {}

FontSet::~FontSet() {
    faces_.clear();  // before the library they came from
}

Status FontSet::add(const Path& path, std::vector<std::uint16_t>& order) {
    auto face = std::make_unique<Face>();
    face->file = AWDA_TRY(read_file(path, kFontFileMax));
    if (FT_New_Memory_Face(library_->handle, face->file.data(),
                           static_cast<FT_Long>(face->file.size()), 0, &face->ft) != 0) {
        face->ft = nullptr;
        return Error(Errc::kMalformed, "reading a font file");
    }
    if (!FT_IS_SCALABLE(face->ft)) return Error(Errc::kMalformed, "font without outlines");
    hb_blob_t* blob = hb_blob_create(reinterpret_cast<const char*>(face->file.data()),
                                     static_cast<unsigned>(face->file.size()),
                                     HB_MEMORY_MODE_READONLY, nullptr, nullptr);
    face->hb = hb_face_create(blob, 0);
    hb_blob_destroy(blob);
    face->unscaled = hb_font_create(face->hb);
    order.push_back(static_cast<std::uint16_t>(faces_.size()));
    faces_.push_back(std::move(face));
    return {};
}

Result<std::unique_ptr<FontSet>> FontSet::load(const std::vector<Path>& regular,
                                               const std::vector<Path>& bold) {
    std::unique_ptr<FontSet> set(new FontSet());
    if (FT_Init_FreeType(&set->library_->handle) != 0) {
        return Error(Errc::kInternal, "starting FreeType");
    }
    for (const Path& path : regular) AWDA_CHECK(set->add(path, set->regular_));
    for (const Path& path : bold) AWDA_CHECK(set->add(path, set->bold_));
    if (set->regular_.empty() || set->bold_.empty()) {
        return Error(Errc::kUsage, "a font set without fonts");
    }
    return set;
}

Result<std::unique_ptr<FontSet>> FontSet::load_shipped() {
    const Path regular = AWDA_TRY(shipped_file("fonts/Vazirmatn-Regular.ttf"));
    const Path bold = AWDA_TRY(shipped_file("fonts/Vazirmatn-Bold.ttf"));
    const Path fallback = AWDA_TRY(shipped_file("fonts/DejaVuSans.ttf"));
    return load({regular, fallback}, {bold, fallback});
}

const std::vector<std::uint16_t>& FontSet::order(Weight weight) const {
    return weight == Weight::kBold ? bold_ : regular_;
}

std::uint32_t FontSet::nominal_glyph(std::uint16_t font, char32_t character) const {
    if (font >= faces_.size()) return 0;
    hb_codepoint_t glyph = 0;
    if (hb_font_get_nominal_glyph(faces_[font]->unscaled, character, &glyph) == 0) return 0;
    return glyph;
}

bool FontSet::has_glyph(std::uint16_t font, char32_t character) const {
    return nominal_glyph(font, character) != 0;
}

std::uint16_t FontSet::pick(Weight weight, std::u32string_view grapheme) const {
    const auto& fonts = order(weight);
    for (const std::uint16_t font : fonts) {
        const bool covers = std::all_of(grapheme.begin(), grapheme.end(), [&](char32_t c) {
            return is_default_ignorable(c) || is_control(c) || has_glyph(font, c);
        });
        if (covers) return font;
    }
    // No font has all of it: the one that has the base letter, so that a mark costs no letter.
    for (const std::uint16_t font : fonts) {
        if (!grapheme.empty() && has_glyph(font, grapheme.front())) return font;
    }
    return fonts.front();
}

hb_font_t* FontSet::shaper(std::uint16_t font, float size_px) {
    Face& face = *faces_[font];
    const int size = to_26_6(size_px);
    for (const auto& [known, shaper] : face.shapers) {
        if (known == size) return shaper;
    }
    if (face.shapers.size() >= kShapersMax) {
        hb_font_destroy(face.shapers.front().second);
        face.shapers.erase(face.shapers.begin());
    }
    hb_font_t* shaper = hb_font_create(face.hb);
    hb_font_set_scale(shaper, size, size);
    face.shapers.emplace_back(size, shaper);
    return shaper;
}

float FontSet::ascent_em(Weight weight) const {
    const FT_Face ft = faces_[order(weight).front()]->ft;
    return static_cast<float>(ft->ascender) / static_cast<float>(ft->units_per_EM);
}

float FontSet::descent_em(Weight weight) const {
    const FT_Face ft = faces_[order(weight).front()]->ft;
    return -static_cast<float>(ft->descender) / static_cast<float>(ft->units_per_EM);
}

GlyphImage FontSet::raster(std::uint16_t font, std::uint32_t glyph, float size_px, int phase) {
    GlyphImage image;
    if (font >= faces_.size()) return image;
    const FT_Face ft = faces_[font]->ft;
    if (FT_Set_Char_Size(ft, to_26_6(size_px), 0, 72, 72) != 0) return image;
    if (FT_Load_Glyph(ft, glyph, FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP) != 0) return image;
    const FT_GlyphSlot slot = ft->glyph;
    if (slot->format != FT_GLYPH_FORMAT_OUTLINE) return image;
    FT_Outline_Translate(&slot->outline, phase * (64 / kPhases), 0);
    if (FT_Render_Glyph(slot, FT_RENDER_MODE_NORMAL) != 0) return image;
    const FT_Bitmap& bitmap = slot->bitmap;
    const int width = static_cast<int>(bitmap.width);
    const int height = static_cast<int>(bitmap.rows);
    if (width <= 0 || height <= 0 || width > kGlyphSideMax || height > kGlyphSideMax) return image;
    image.left = slot->bitmap_left;
    image.top = slot->bitmap_top;
    image.width = width;
    image.height = height;
    image.grey.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
    for (int y = 0; y < height; ++y) {
        const std::uint8_t* row = bitmap.buffer + static_cast<std::ptrdiff_t>(y) * bitmap.pitch;
        std::copy_n(row, width, image.grey.begin() + static_cast<std::ptrdiff_t>(y) * width);
    }
    return image;
}

}  // namespace awda::ui
