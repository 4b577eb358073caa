#include "ui/text/paragraph.h"

#include <fribidi.h>
#include <hb-ot.h>
#include <hb.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

namespace awda::ui {

namespace {

constexpr float kUnitsPerPixel = 64.0F;
constexpr int kLigatureCaretsMax = 16;

struct BufferDeleter {
    void operator()(hb_buffer_t* buffer) const { hb_buffer_destroy(buffer); }
};
using BufferPtr = std::unique_ptr<hb_buffer_t, BufferDeleter>;

/// A stretch of one embedding level, font and script.
struct Run {
    std::uint32_t start;
    std::uint32_t end;
    FriBidiLevel level;
    std::uint16_t font;
    hb_script_t script;
};

struct ShapedGlyph {
    std::uint32_t id;
    std::uint32_t cluster;
    float advance;
    float dx;
    float dy;
};

/// What is known of a paragraph before it is cut into lines.
struct Analysis {
    std::u32string shown;  ///< what is shaped: digits as displayed, controls made invisible
    std::vector<FriBidiCharType> types;
    std::vector<FriBidiLevel> levels;
    std::vector<std::uint16_t> fonts;
    std::vector<hb_script_t> scripts;
    std::vector<bool> graphemes;
    bool rtl = false;
};

const char* shaping_language(Language language) {
    switch (language) {
        case Language::kArabic: return "ar";
        case Language::kSorani:
        case Language::kBadini: return "ku";
        case Language::kEnglish: break;
    }
    return "en";
}

FriBidiParType base_direction(const ParagraphStyle& style) {
    switch (style.direction) {
        case Direction::kLeftToRight: return FRIBIDI_PAR_LTR;
        case Direction::kRightToLeft: return FRIBIDI_PAR_RTL;
        case Direction::kAuto: break;
    }
    return style.fallback_rtl ? FRIBIDI_PAR_WRTL : FRIBIDI_PAR_WLTR;
}

/// Bidi runs on the stored digits: an ISO date must not turn over because it is shown in Arabic
/// digits.
void find_levels(Analysis& a, std::u32string_view text, const ParagraphStyle& style) {
    const auto size = static_cast<FriBidiStrIndex>(text.size());
    std::vector<FriBidiChar> chars(text.begin(), text.end());
    std::vector<FriBidiBracketType> brackets(text.size());
    a.types.resize(text.size());
    a.levels.assign(text.size(), 0);
    fribidi_get_bidi_types(chars.data(), size, a.types.data());
    fribidi_get_bracket_types(chars.data(), size, a.types.data(), brackets.data());
    FriBidiParType base = base_direction(style);
    const FriBidiLevel highest = fribidi_get_par_embedding_levels_ex(
        a.types.data(), brackets.data(), size, &base, a.levels.data());
    if (highest == 0) a.levels.assign(text.size(), 0);  // out of memory: left to right
    a.rtl = FRIBIDI_IS_RTL(base) != 0;
}

bool is_real_script(hb_script_t script) {
    return script != HB_SCRIPT_COMMON && script != HB_SCRIPT_INHERITED &&
           script != HB_SCRIPT_UNKNOWN;
}

/// Neutral characters take the script before them, at the start the one after them.
void find_scripts(Analysis& a) {
    hb_unicode_funcs_t* unicode = hb_unicode_funcs_get_default();
    hb_script_t last = HB_SCRIPT_COMMON;
    a.scripts.reserve(a.shown.size());
    for (const char32_t c : a.shown) {
        const hb_script_t script = hb_unicode_script(unicode, c);
        if (is_real_script(script)) last = script;
        a.scripts.push_back(last);
    }
    hb_script_t next = HB_SCRIPT_COMMON;
    for (std::size_t i = a.scripts.size(); i-- > 0;) {
        if (is_real_script(a.scripts[i]))
            next = a.scripts[i];
        else
            a.scripts[i] = next;
    }
}

void find_fonts(Analysis& a, const FontSet& fonts, Weight weight) {
    a.fonts.resize(a.shown.size());
    std::size_t start = 0;
    while (start < a.shown.size()) {
        std::size_t end = start + 1;
        while (end < a.shown.size() && !a.graphemes[end]) ++end;
        const auto font =
            fonts.pick(weight, std::u32string_view(a.shown).substr(start, end - start));
        std::fill(a.fonts.begin() + static_cast<std::ptrdiff_t>(start),
                  a.fonts.begin() + static_cast<std::ptrdiff_t>(end), font);
        start = end;
    }
}

Analysis analyse(const FontSet& fonts, std::u32string_view text, const ParagraphStyle& style) {
    Analysis a;
    find_levels(a, text, style);
    a.shown.reserve(text.size());
    for (const char32_t c : text) {
        char32_t shown = to_display_digit(c, style.digits);
        if (c == '\t')
            shown = ' ';
        else if (is_control(c))
            shown = 0x200B;
        a.shown.push_back(shown);
    }
    a.graphemes = grapheme_starts(text);
    find_scripts(a);
    find_fonts(a, fonts, style.weight);
    return a;
}

class Shaper {
public:
    Shaper(FontSet& fonts, const Analysis& analysis, const ParagraphStyle& style)
        : fonts_(fonts),
          a_(analysis),
          style_(style),
          language_(hb_language_from_string(shaping_language(style.language), -1)),
          buffer_(hb_buffer_create()) {}

    /// Glyphs of a run from left to right, with the whole paragraph as context for joining.
    const std::vector<ShapedGlyph>& shape(const Run& run) {
        hb_buffer_t* buffer = buffer_.get();
        hb_buffer_clear_contents(buffer);
        hb_buffer_set_cluster_level(buffer, HB_BUFFER_CLUSTER_LEVEL_MONOTONE_CHARACTERS);
        hb_buffer_add_utf32(buffer, reinterpret_cast<const std::uint32_t*>(a_.shown.data()),
                            static_cast<int>(a_.shown.size()), run.start,
                            static_cast<int>(run.end - run.start));
        const bool rtl = (run.level & 1) != 0;
        hb_buffer_set_direction(buffer, rtl ? HB_DIRECTION_RTL : HB_DIRECTION_LTR);
        hb_buffer_set_script(buffer, run.script);
        hb_buffer_set_language(buffer, language_);
        hb_shape(fonts_.shaper(run.font, style_.size_px), buffer, nullptr, 0);
        unsigned count = 0;
        const hb_glyph_info_t* infos = hb_buffer_get_glyph_infos(buffer, &count);
        const hb_glyph_position_t* places = hb_buffer_get_glyph_positions(buffer, nullptr);
        glyphs_.clear();
        for (unsigned i = 0; i < count; ++i) {
            glyphs_.push_back({infos[i].codepoint, infos[i].cluster,
                               static_cast<float>(places[i].x_advance) / kUnitsPerPixel,
                               static_cast<float>(places[i].x_offset) / kUnitsPerPixel,
                               static_cast<float>(places[i].y_offset) / kUnitsPerPixel});
        }
        return glyphs_;
    }

    /// Caret offsets inside a ligature, from its left end; empty when the font has none.
    std::vector<float> ligature_carets(const Run& run, std::uint32_t glyph) {
        std::array<hb_position_t, kLigatureCaretsMax> raw{};
        unsigned count = kLigatureCaretsMax;
        const bool rtl = (run.level & 1) != 0;
        hb_ot_layout_get_ligature_carets(fonts_.shaper(run.font, style_.size_px),
                                         rtl ? HB_DIRECTION_RTL : HB_DIRECTION_LTR, glyph, 0,
                                         &count, raw.data());
        std::vector<float> out;
        for (unsigned i = 0; i < count; ++i) {
            out.push_back(static_cast<float>(raw[i]) / kUnitsPerPixel);
        }
        std::sort(out.begin(), out.end());
        return out;
    }

private:
    FontSet& fonts_;
    const Analysis& a_;
    const ParagraphStyle& style_;
    hb_language_t language_;
    BufferPtr buffer_;
    std::vector<ShapedGlyph> glyphs_;
};

/// Runs of [start, end) in logical order; from `base_from` on, characters are at the base level.
std::vector<Run> split_runs(const Analysis& a, std::uint32_t start, std::uint32_t end,
                            std::uint32_t base_from) {
    const FriBidiLevel base = a.rtl ? 1 : 0;
    std::vector<Run> runs;
    for (std::uint32_t i = start; i < end; ++i) {
        const FriBidiLevel level = i >= base_from ? base : a.levels[i];
        if (!runs.empty() && runs.back().level == level && runs.back().font == a.fonts[i] &&
            runs.back().script == a.scripts[i]) {
            runs.back().end = i + 1;
        } else {
            runs.push_back({i, i + 1, level, a.fonts[i], a.scripts[i]});
        }
    }
    return runs;
}

/// Rule L2 over whole runs: from the highest level down, stretches at or above it turn round.
void reorder_runs(std::vector<Run>& runs) {
    FriBidiLevel highest = 0;
    for (const Run& run : runs) highest = std::max(highest, run.level);
    for (FriBidiLevel level = highest; level >= 1; --level) {
        for (std::size_t i = 0; i < runs.size();) {
            if (runs[i].level < level) {
                ++i;
                continue;
            }
            std::size_t end = i;
            while (end < runs.size() && runs[end].level >= level) ++end;
            std::reverse(runs.begin() + static_cast<std::ptrdiff_t>(i),
                         runs.begin() + static_cast<std::ptrdiff_t>(end));
            i = end;
        }
    }
}

/// A stretch of glyphs that belong to the characters [start, end).
struct Segment {
    std::uint32_t start;
    std::uint32_t end;
    float left;
    float right;
    std::uint32_t glyph;
    int inked_glyphs;
};

/// Joins clusters until each segment starts at a grapheme, or at the run's start.
std::vector<Segment> find_segments(const Run& run, const std::vector<ShapedGlyph>& glyphs,
                                   const std::vector<bool>& graphemes, float x) {
    const bool rtl = (run.level & 1) != 0;
    std::vector<Segment> visual;
    for (const ShapedGlyph& glyph : glyphs) {
        const float right = x + glyph.advance;
        if (!visual.empty() && visual.back().start == glyph.cluster) {
            visual.back().right = right;
            if (glyph.advance > 0) visual.back().glyph = glyph.id, ++visual.back().inked_glyphs;
        } else {
            visual.push_back({glyph.cluster, 0, x, right, glyph.id, glyph.advance > 0 ? 1 : 0});
        }
        x = right;
    }
    if (rtl) std::reverse(visual.begin(), visual.end());
    std::vector<Segment> out;  // logical order
    for (const Segment& cluster : visual) {
        if (out.empty() || graphemes[cluster.start]) {
            out.push_back(cluster);
            continue;
        }
        Segment& last = out.back();
        last.left = std::min(last.left, cluster.left);
        last.right = std::max(last.right, cluster.right);
        if (last.inked_glyphs == 0) last.glyph = cluster.glyph;
        last.inked_glyphs += cluster.inked_glyphs;
    }
    if (!out.empty()) out.front().start = run.start;
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i].end = i + 1 < out.size() ? out[i + 1].start : run.end;
    }
    return out;
}

/// Cells of one segment; a ligature is cut where the font says, else evenly.
void add_cells(std::vector<Cell>& out, const Segment& segment, const Run& run,
               const std::vector<bool>& graphemes, Shaper& shaper) {
    const bool rtl = (run.level & 1) != 0;
    std::vector<std::uint32_t> starts{segment.start};
    for (std::uint32_t i = segment.start + 1; i < segment.end; ++i) {
        if (graphemes[i]) starts.push_back(i);
    }
    const std::size_t count = starts.size();
    std::vector<float> edges{segment.left};
    std::vector<float> carets;
    if (count > 1 && segment.inked_glyphs == 1) carets = shaper.ligature_carets(run, segment.glyph);
    for (std::size_t i = 1; i < count; ++i) {
        const float even =
            (segment.right - segment.left) * static_cast<float>(i) / static_cast<float>(count);
        edges.push_back(segment.left + (carets.size() == count - 1 ? carets[i - 1] : even));
    }
    edges.push_back(segment.right);
    for (std::size_t slot = 0; slot < count; ++slot) {
        const std::size_t letter = rtl ? count - 1 - slot : slot;
        const std::uint32_t end = letter + 1 < count ? starts[letter + 1] : segment.end;
        out.push_back({starts[letter], end, edges[slot], edges[slot + 1], rtl});
    }
}

class Builder {
public:
    Builder(FontSet& fonts, const Analysis& analysis, const ParagraphStyle& style)
        : a_(analysis), style_(style), shaper_(fonts, analysis, style) {}

    Paragraph build(std::u32string_view text) {
        Paragraph out;
        out.length = static_cast<std::uint32_t>(text.size());
        out.rtl = a_.rtl;
        std::uint32_t start = 0;
        for (const std::uint32_t end : line_ends(text)) {
            add_line(out, start, end, end == out.length);
            start = end;
        }
        return out;
    }

private:
    /// How far each character moves the pen, counted at the first character of its cluster.
    std::vector<float> advances() {
        std::vector<float> out(a_.shown.size(), 0.0F);
        const auto size = static_cast<std::uint32_t>(a_.shown.size());
        for (const Run& run : split_runs(a_, 0, size, size)) {
            for (const ShapedGlyph& glyph : shaper_.shape(run)) {
                if (glyph.cluster < size) out[glyph.cluster] += glyph.advance;
            }
        }
        return out;
    }

    std::vector<std::uint32_t> line_ends(std::u32string_view text) {
        const auto size = static_cast<std::uint32_t>(text.size());
        if (style_.wrap_px <= 0 || size == 0) return {size};
        const std::vector<float> advance = advances();
        const std::vector<bool> breaks = line_breaks(text);
        std::vector<std::uint32_t> ends;
        std::uint32_t line_start = 0;
        std::uint32_t last_break = 0;
        float width = 0;        // of the line so far
        float after_break = 0;  // of what follows the last break
        for (std::uint32_t i = 0; i < size; ++i) {
            if (i > line_start && breaks[i]) last_break = i, after_break = 0;
            const auto overflows = [&] {
                return i > line_start && width + advance[i] > style_.wrap_px && !is_space(text[i]);
            };
            if (overflows() && last_break > line_start) {
                ends.push_back(last_break);
                line_start = last_break;
                width = after_break;
            }
            if (overflows() && a_.graphemes[i]) {  // a word longer than the line
                ends.push_back(i);
                line_start = i;
                width = after_break = 0;
            }
            width += advance[i];
            after_break += advance[i];
        }
        ends.push_back(size);
        return ends;
    }

    /// Rule L1: spaces at the end of a line take the paragraph's direction. Says where they start.
    std::uint32_t trailing_from(std::uint32_t start, std::uint32_t end) const {
        while (end > start) {
            const FriBidiCharType type = a_.types[end - 1];
            const bool resets = FRIBIDI_IS_EXPLICIT_OR_BN_OR_WS(type) ||
                                FRIBIDI_IS_SEPARATOR(type) || FRIBIDI_IS_ISOLATE(type);
            if (!resets) break;
            --end;
        }
        return end;
    }

    void add_line(Paragraph& out, std::uint32_t start, std::uint32_t end, bool last) {
        // Spaces at a wrap take no room: they would push the line off its edge.
        std::uint32_t inked_end = end;
        while (!last && inked_end > start && is_space(a_.shown[inked_end - 1])) --inked_end;
        std::vector<Run> runs = split_runs(a_, start, inked_end, trailing_from(start, end));
        reorder_runs(runs);
        Line line{start, end,
                  0,     static_cast<std::uint32_t>(out.glyphs.size()),
                  0,     static_cast<std::uint32_t>(out.cells.size()),
                  0};
        if (a_.rtl) add_hanging_spaces(out, inked_end, end, 0);
        float x = 0;
        for (const Run& run : runs) x = add_run(out, run, x);
        if (!a_.rtl) add_hanging_spaces(out, inked_end, end, x);
        line.width = x;
        line.glyph_end = static_cast<std::uint32_t>(out.glyphs.size());
        line.cell_end = static_cast<std::uint32_t>(out.cells.size());
        out.lines.push_back(line);
    }

    void add_hanging_spaces(Paragraph& out, std::uint32_t start, std::uint32_t end, float x) const {
        for (std::uint32_t i = start; i < end; ++i) {
            const std::uint32_t at = a_.rtl ? end - 1 - (i - start) : i;
            out.cells.push_back({at, at + 1, x, x, a_.rtl});
        }
    }

    float add_run(Paragraph& out, const Run& run, float x) {
        const std::vector<ShapedGlyph>& glyphs = shaper_.shape(run);
        std::vector<Segment> segments = find_segments(run, glyphs, a_.graphemes, x);
        for (const ShapedGlyph& glyph : glyphs) {
            out.glyphs.push_back({glyph.id, run.font, x + glyph.dx, glyph.dy});
            x += glyph.advance;
        }
        if ((run.level & 1) != 0) std::reverse(segments.begin(), segments.end());
        for (const Segment& segment : segments) {
            add_cells(out.cells, segment, run, a_.graphemes, shaper_);
        }
        return x;
    }

    const Analysis& a_;
    const ParagraphStyle& style_;
    Shaper shaper_;
};

}  // namespace

Paragraph lay_out_paragraph(FontSet& fonts, std::u32string_view text, const ParagraphStyle& style) {
    text = text.substr(0, kParagraphMax);
    if (text.empty()) {
        Paragraph empty;
        empty.rtl = style.direction == Direction::kRightToLeft ||
                    (style.direction == Direction::kAuto && style.fallback_rtl);
        empty.lines.push_back({});
        return empty;
    }
    const Analysis analysis = analyse(fonts, text, style);
    return Builder(fonts, analysis, style).build(text);
}

}  // namespace awda::ui
