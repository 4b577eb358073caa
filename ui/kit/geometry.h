// geometry: rectangles and the mirror. A page is written once, from "start" to "end"; where the
// language runs from the right, the finished picture is mirrored, and what must not turn over
// (text, icons without a direction) is drawn turned over beforehand. Threads: pure values.
#pragma once

namespace awda::ui {

struct Point {
    float x = 0;
    float y = 0;
};

struct Rect {
    float x = 0;
    float y = 0;
    float w = 0;
    float h = 0;

    [[nodiscard]] constexpr float right() const { return x + w; }
    [[nodiscard]] constexpr float bottom() const { return y + h; }
    [[nodiscard]] constexpr Rect inset(float by) const { return inset(by, by); }
    [[nodiscard]] constexpr Rect inset(float sides, float ends) const {
        return {x + sides, y + ends, w - 2 * sides, h - 2 * ends};
    }
    [[nodiscard]] constexpr bool contains(Point p) const {
        return p.x >= x && p.x < right() && p.y >= y && p.y < bottom();
    }
    [[nodiscard]] constexpr bool overlaps(const Rect& o) const {
        return x < o.right() && o.x < right() && y < o.bottom() && o.y < bottom();
    }
    constexpr bool operator==(const Rect&) const = default;
};

/// Between page coordinates (start to end) and the screen's (left to right); its own inverse.
struct Mirror {
    bool on = false;
    float width = 0;

    [[nodiscard]] constexpr float x(float value) const { return on ? width - value : value; }
    [[nodiscard]] constexpr Rect rect(const Rect& r) const {
        return on ? Rect{width - r.right(), r.y, r.w, r.h} : r;
    }
};

}  // namespace awda::ui
