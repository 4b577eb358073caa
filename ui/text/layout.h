// Layout: a whole text (its paragraphs, one under another) with everything a caret needs; and
// TextEngine, which makes layouts and remembers the ones in use.
//
// Coordinates: unmirrored pixels, x to the right, y down, from the top left of the layout's box.
// Ownership: layouts are immutable and shared; the engine owns fonts, atlas and the cache. Threads:
// the UI thread only.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ui/text/atlas.h"
#include "ui/text/paragraph.h"

namespace awda::ui {

enum class Align : std::uint8_t {
    kByText,  ///< left-to-right paragraphs to the left, right-to-left ones to the right
    kLeft,
    kRight,
    kCentre,
};

struct TextStyle {
    ParagraphStyle paragraph;
    Align align = Align::kByText;
    /// Distance of baselines; 0 means 1.6 times the size.
    float line_height_px = 0;
    bool operator==(const TextStyle&) const = default;
};

/// A place between two characters. At the seam of two directions, or of two lines, one position has
/// two places on the screen: `upstream` means the one at the end of the character before.
struct Caret {
    std::uint32_t position = 0;
    bool upstream = false;
    bool operator==(const Caret&) const = default;
};

struct TextRect {
    float left;
    float top;
    float right;
    float bottom;
};

class Layout {
public:
    Layout(std::vector<std::shared_ptr<const Paragraph>> paragraphs, const TextStyle& style,
           float ascent_px, float descent_px);

    [[nodiscard]] float width() const { return width_; }  ///< of the widest line
    [[nodiscard]] float height() const;
    /// The box lines are aligned in: the wrap width, or the widest line.
    [[nodiscard]] float box_width() const;
    [[nodiscard]] float line_height() const { return line_height_; }
    [[nodiscard]] std::size_t line_count() const { return lines_.size(); }
    [[nodiscard]] std::uint32_t length() const { return length_; }
    [[nodiscard]] bool starts_right_to_left() const;
    [[nodiscard]] float size_px() const { return style_.paragraph.size_px; }
    [[nodiscard]] std::size_t memory_bytes() const;

    /// Calls `draw(glyph, x, y)` for the glyphs of lines that touch [top, bottom]; x and y are the
    /// glyph's pen position.
    template <typename Draw>
    void each_glyph(float top, float bottom, Draw&& draw) const {
        for (std::size_t i = 0; i < lines_.size(); ++i) {
            const float line_top = static_cast<float>(i) * line_height_;
            if (line_top + 2 * line_height_ < top || line_top - line_height_ > bottom) continue;
            const LineRef& ref = lines_[i];
            const Line& line = ref.paragraph->lines[ref.index];
            const float x = line_left(ref);
            const float y = line_top + baseline_;
            for (std::uint32_t g = line.glyph_begin; g < line.glyph_end; ++g) {
                const Glyph& glyph = ref.paragraph->glyphs[g];
                draw(glyph, x + glyph.x, y - glyph.y);
            }
        }
    }

    /// Where the caret is drawn: a line from (left, top) to (left, bottom).
    [[nodiscard]] TextRect caret_rect(Caret caret) const;
    [[nodiscard]] Caret hit(float x, float y) const;
    /// The next place to the left or right on the screen; goes on to the neighbouring line.
    [[nodiscard]] Caret left_of(Caret caret) const;
    [[nodiscard]] Caret right_of(Caret caret) const;
    /// The line above or below (`lines` negative or positive), nearest to `x`.
    [[nodiscard]] Caret vertical(Caret caret, int lines, float x) const;
    [[nodiscard]] Caret line_start(Caret caret) const;
    [[nodiscard]] Caret line_end(Caret caret) const;
    [[nodiscard]] std::size_t line_of(Caret caret) const;
    /// The rectangles that [from, to) covers; more than one a line where directions mix.
    [[nodiscard]] std::vector<TextRect> selection(std::uint32_t from, std::uint32_t to) const;

private:
    struct LineRef {
        const Paragraph* paragraph;
        std::uint32_t index;
        std::uint32_t offset;  ///< characters before the paragraph
    };
    struct Place {
        std::size_t line;
        std::uint32_t slot;  ///< between cells: 0 is left of the first
    };
    [[nodiscard]] float line_left(const LineRef& ref) const;
    [[nodiscard]] Place place_of(Caret caret) const;
    [[nodiscard]] float slot_x(const Place& place) const;
    [[nodiscard]] Caret caret_at(const Place& place, bool came_from_left) const;
    [[nodiscard]] Caret first_in(std::size_t line) const;
    [[nodiscard]] Caret last_in(std::size_t line) const;
    [[nodiscard]] const Line& line(std::size_t index) const {
        return lines_[index].paragraph->lines[lines_[index].index];
    }

    std::vector<std::shared_ptr<const Paragraph>> paragraphs_;
    std::vector<LineRef> lines_;
    TextStyle style_;
    float line_height_ = 0;
    float baseline_ = 0;
    float width_ = 0;
    std::uint32_t length_ = 0;
};

class TextEngine {
public:
    /// Layouts and paragraphs kept, in bytes.
    static constexpr std::size_t kCacheBytesMax = 16U << 20U;
    /// Characters of one text laid out; the rest is not shown.
    static constexpr std::size_t kTextMax = 262144;

    explicit TextEngine(std::unique_ptr<FontSet> fonts) : fonts_(std::move(fonts)) {}

    [[nodiscard]] std::shared_ptr<const Layout> lay_out(std::string_view text,
                                                        const TextStyle& style);
    [[nodiscard]] std::shared_ptr<const Layout> lay_out(std::u32string_view text,
                                                        const TextStyle& style);
    [[nodiscard]] FontSet& fonts() { return *fonts_; }
    [[nodiscard]] GlyphAtlas& atlas() { return atlas_; }
    /// Forgets everything remembered, and wipes it: at lock, since labels and notes are personal
    /// data.
    void forget();
    [[nodiscard]] std::size_t cache_bytes() const { return cache_bytes_; }

private:
    struct Entry {
        std::string key;
        std::shared_ptr<const Layout> layout;
        std::shared_ptr<const Paragraph> paragraph;
        std::size_t bytes = 0;
    };
    Entry* find(const std::string& key);
    Entry& remember(Entry entry);
    std::shared_ptr<const Paragraph> paragraph(std::u32string_view text,
                                               const ParagraphStyle& style);

    std::unique_ptr<FontSet> fonts_;
    GlyphAtlas atlas_;
    std::list<Entry> recent_;  ///< most recently used first
    std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key_;
    std::size_t cache_bytes_ = 0;
};

}  // namespace awda::ui
