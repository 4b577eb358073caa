// Ui: shapes, icons and text. Text is drawn turned over where the page will be mirrored.
#include <imgui.h>
#include <imgui_internal.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "ui/kit/ui.h"

namespace awda::ui {

namespace {

ImU32 to_u32(Colour c) {
    return IM_COL32(c.r, c.g, c.b, c.a);
}
ImVec2 vec(Point p) {
    return {p.x, p.y};
}

struct Stroke {
    std::array<Point, 5> points;
    int count;
};

/// Icons as strokes in a square from -1 to 1, pointing to the page's end where they point.
std::vector<Stroke> strokes_of(Icon icon) {
    switch (icon) {
        case Icon::kCheck: return {{{{{-0.75F, 0.05F}, {-0.25F, 0.55F}, {0.8F, -0.55F}}}, 3}};
        case Icon::kCross:
            return {{{{{-0.6F, -0.6F}, {0.6F, 0.6F}}}, 2}, {{{{-0.6F, 0.6F}, {0.6F, -0.6F}}}, 2}};
        case Icon::kPlus:
            return {{{{{-0.75F, 0}, {0.75F, 0}}}, 2}, {{{{0, -0.75F}, {0, 0.75F}}}, 2}};
        case Icon::kMinus: return {{{{{-0.75F, 0}, {0.75F, 0}}}, 2}};
        case Icon::kForward: return {{{{{-0.3F, -0.65F}, {0.35F, 0}, {-0.3F, 0.65F}}}, 3}};
        case Icon::kBack: return {{{{{0.3F, -0.65F}, {-0.35F, 0}, {0.3F, 0.65F}}}, 3}};
        case Icon::kDown: return {{{{{-0.65F, -0.3F}, {0, 0.35F}, {0.65F, -0.3F}}}, 3}};
        case Icon::kUp: return {{{{{-0.65F, 0.3F}, {0, -0.35F}, {0.65F, 0.3F}}}, 3}};
        case Icon::kCalendar:
            return {
                {{{{-0.8F, -0.6F}, {0.8F, -0.6F}, {0.8F, 0.8F}, {-0.8F, 0.8F}, {-0.8F, -0.6F}}}, 5},
                {{{{-0.8F, -0.15F}, {0.8F, -0.15F}}}, 2},
                {{{{-0.4F, -0.9F}, {-0.4F, -0.45F}}}, 2},
                {{{{0.4F, -0.9F}, {0.4F, -0.45F}}}, 2}};
        case Icon::kLock:
            return {
                {{{{-0.65F, -0.1F},
                   {0.65F, -0.1F},
                   {0.65F, 0.85F},
                   {-0.65F, 0.85F},
                   {-0.65F, -0.1F}}},
                 5},
                {{{{-0.4F, -0.1F}, {-0.4F, -0.6F}, {0, -0.9F}, {0.4F, -0.6F}, {0.4F, -0.1F}}}, 5}};
        case Icon::kSearch: return {{{{{0.3F, 0.3F}, {0.85F, 0.85F}}}, 2}};
        case Icon::kAlert:
            return {{{{{0, -0.45F}, {0, 0.15F}}}, 2}, {{{{0, 0.48F}, {0, 0.5F}}}, 2}};
        case Icon::kInfo:
            return {{{{{0, -0.1F}, {0, 0.5F}}}, 2}, {{{{0, -0.48F}, {0, -0.46F}}}, 2}};
        case Icon::kSync:
            return {{{{{-0.45F, 0.8F}, {-0.45F, -0.7F}}}, 2},
                    {{{{-0.85F, -0.3F}, {-0.45F, -0.75F}, {-0.05F, -0.3F}}}, 3},
                    {{{{0.45F, -0.8F}, {0.45F, 0.7F}}}, 2},
                    {{{{0.05F, 0.3F}, {0.45F, 0.75F}, {0.85F, 0.3F}}}, 3}};
        case Icon::kTrash:
            return {{{{{-0.8F, -0.55F}, {0.8F, -0.55F}}}, 2},
                    {{{{-0.6F, -0.55F}, {-0.5F, 0.85F}, {0.5F, 0.85F}, {0.6F, -0.55F}}}, 4},
                    {{{{-0.3F, -0.55F}, {-0.3F, -0.85F}, {0.3F, -0.85F}, {0.3F, -0.55F}}}, 4}};
        case Icon::kPerson:
            return {
                {{{{-0.8F, 0.9F}, {-0.6F, 0.35F}, {0, 0.15F}, {0.6F, 0.35F}, {0.8F, 0.9F}}}, 5}};
        case Icon::kEdit:
            return {{{{{-0.75F, 0.75F},
                       {-0.65F, 0.3F},
                       {0.45F, -0.8F},
                       {0.8F, -0.45F},
                       {-0.3F, 0.65F}}},
                     5},
                    {{{{-0.3F, 0.65F}, {-0.75F, 0.75F}}}, 2}};
        case Icon::kDot:
        case Icon::kNone: break;
    }
    return {};
}

/// Signs that mean the same in every language keep their shape on a mirrored page.
bool keeps_shape(Icon icon) {
    return icon == Icon::kCheck || icon == Icon::kSearch || icon == Icon::kEdit;
}

}  // namespace

ImDrawList* Ui::list() const {
    return ImGui::GetWindowDrawList();
}

void Ui::fill(const Rect& r, Colour colour, float radius) {
    list()->AddRectFilled(ImVec2(r.x, r.y), ImVec2(r.right(), r.bottom()), to_u32(colour), radius);
}

void Ui::outline(const Rect& r, Colour colour, float width, float radius) {
    const float half = width / 2;  // the stroke lies inside the rectangle
    list()->AddRect(ImVec2(r.x + half, r.y + half), ImVec2(r.right() - half, r.bottom() - half),
                    to_u32(colour), radius, ImDrawFlags_None, width);
}

void Ui::line(Point from, Point to, Colour colour, float width) {
    list()->AddLine(vec(from), vec(to), to_u32(colour), width);
}

void Ui::icon(Icon icon, Point centre, float size, Colour colour) {
    const float half = size / 2;
    const float flip = mirror_.on && keeps_shape(icon) ? -1.0F : 1.0F;
    const float width = std::max(1.5F, size / 9);
    ImDrawList* drawing = list();
    const ImU32 ink = to_u32(colour);
    if (icon == Icon::kDot) drawing->AddCircleFilled(vec(centre), half * 0.55F, ink);
    if (icon == Icon::kSearch) {
        drawing->AddCircle(ImVec2(centre.x - 0.2F * half * flip, centre.y - 0.2F * half),
                           half * 0.6F, ink, 0, width);
    }
    if (icon == Icon::kAlert || icon == Icon::kInfo) {
        drawing->AddCircle(vec(centre), half * 0.95F, ink, 0, width);
    }
    if (icon == Icon::kPerson) {
        drawing->AddCircle(ImVec2(centre.x, centre.y - 0.4F * half), half * 0.42F, ink, 0, width);
    }
    for (const Stroke& stroke : strokes_of(icon)) {
        for (int i = 0; i < stroke.count; ++i) {
            const Point& p = stroke.points[static_cast<std::size_t>(i)];
            drawing->PathLineTo(ImVec2(centre.x + p.x * half * flip, centre.y + p.y * half));
        }
        drawing->PathStroke(ink, ImDrawFlags_None, width);
    }
}

TextStyle Ui::style_of(const TextLook& look, float wrap_px) const {
    TextStyle style;
    style.paragraph.size_px = look.size_px;
    style.paragraph.weight = look.weight;
    style.paragraph.direction = look.direction;
    style.paragraph.fallback_rtl = mirror_.on;
    style.paragraph.digits = look.local_digits ? digits() : Digits::kAsStored;
    style.paragraph.wrap_px = look.wrap ? std::max(wrap_px, 1.0F) : 0;
    style.paragraph.language = frame_.language;
    const bool at_end = look.side == TextLook::Side::kEnd;
    if (look.side == TextLook::Side::kCentre)
        style.align = Align::kCentre;
    else
        style.align = mirror_.on != at_end ? Align::kRight : Align::kLeft;
    return style;
}

std::shared_ptr<const Layout> Ui::lay_out(std::string_view text, const TextLook& look,
                                          float width) const {
    return text_.lay_out(text, style_of(look, width));
}

float Ui::text_width(std::string_view text, const TextLook& look) const {
    TextLook one_line = look;
    one_line.wrap = false;
    return std::ceil(lay_out(text, one_line, 0)->width());
}

void Ui::draw(const Layout& layout, Point at, Colour colour) {
    const float screen_left = mirror_.on ? mirror_.width - at.x - layout.box_width() : at.x;
    draw_layout(layout, screen_left, at.y, colour);
}

void Ui::draw_layout(const Layout& layout, float screen_left, float top, Colour colour) {
    ImDrawList* drawing = list();
    const ImVec2 clip_min = drawing->GetClipRectMin();
    const ImVec2 clip_max = drawing->GetClipRectMax();
    const ImU32 ink = to_u32(colour);
    constexpr float kTexel = 1.0F / GlyphAtlas::kSide;
    layout.each_glyph(
        clip_min.y - top, clip_max.y - top, [&](const Glyph& glyph, float x, float y) {
            const int quarters =
                static_cast<int>(std::lround((screen_left + x) * FontSet::kPhases));
            const int pixel = quarters >> 2;
            const AtlasGlyph* image = text_.atlas().get(text_.fonts(), glyph.font, glyph.id,
                                                        layout.size_px(), quarters & 3);
            if (image == nullptr || image->width == 0) return;
            const Rect seen{static_cast<float>(pixel + image->left),
                            std::round(top + y) + static_cast<float>(image->top),
                            static_cast<float>(image->width), static_cast<float>(image->height)};
            const Rect page = mirror_.rect(seen);
            float u0 = static_cast<float>(image->x) * kTexel;
            float u1 = static_cast<float>(image->x + image->width) * kTexel;
            if (mirror_.on) std::swap(u0, u1);
            const float v0 = static_cast<float>(image->y) * kTexel;
            const float v1 = static_cast<float>(image->y + image->height) * kTexel;
            drawing->PrimReserve(6, 4);
            drawing->PrimRectUV(ImVec2(page.x, page.y), ImVec2(page.right(), page.bottom()),
                                ImVec2(u0, v0), ImVec2(u1, v1), ink);
        });
}

void Ui::text_in(const Rect& rect, std::string_view text, const TextLook& look) {
    TextLook one_line = look;
    one_line.wrap = false;
    const auto layout = lay_out(text, one_line, 0);
    float x = rect.x;
    const float room = rect.w - layout->box_width();
    if (room > 0 && look.side == TextLook::Side::kCentre) x += room / 2;
    if (room > 0 && look.side == TextLook::Side::kEnd) x += room;
    const float y = std::round(rect.y + (rect.h - layout->height()) / 2);
    draw(*(room < 0 ? shortened(text, one_line, rect.w) : layout), {x, y}, look.colour);
}

/// As much of the text as fits, with an ellipsis after it.
std::shared_ptr<const Layout> Ui::shortened(std::string_view text, const TextLook& look,
                                            float width) const {
    const std::u32string all = decode_utf8(text.substr(0, 4096));
    const auto with_end = [&](std::size_t count) {
        return lay_out(encode_utf8(std::u32string_view(all).substr(0, count)) + "…", look, 0);
    };
    std::size_t fits = 0;
    std::size_t too_long = all.size();
    while (fits + 1 < too_long) {
        const std::size_t middle = (fits + too_long) / 2;
        (with_end(middle)->width() <= width ? fits : too_long) = middle;
    }
    return with_end(fits);
}

}  // namespace awda::ui
