// Ui: text, buttons, choices that are all shown, notes, tables, dialogs and toasts.
#include <imgui.h>
#include <imgui_internal.h>

#include <algorithm>
#include <cmath>

#include "ui/kit/ui.h"

namespace awda::ui {

namespace {

constexpr float kButtonSides = 18;
constexpr float kIconPx = 16;
constexpr float kIconGap = 8;
constexpr float kOptionHeight = 36;
constexpr float kOptionSides = 12;
constexpr float kMarkPx = 18;
constexpr float kRowPadding = 16;
constexpr std::int64_t kToastMs = 6000;
constexpr int kOptionColumnsMax = 4;

struct ToneColours {
    Colour ink;
    Colour soft;
    Icon icon;
};

ToneColours colours_of(Tone tone) {
    switch (tone) {
        case Tone::kAccent: return {theme::kAccent, theme::kAccentSoft, Icon::kInfo};
        case Tone::kSuccess: return {theme::kSuccess, theme::kSuccessSoft, Icon::kCheck};
        case Tone::kWarning: return {theme::kWarning, theme::kWarningSoft, Icon::kAlert};
        case Tone::kDanger: return {theme::kDanger, theme::kDangerSoft, Icon::kAlert};
        case Tone::kInfo: return {theme::kInfo, theme::kInfoSoft, Icon::kInfo};
        case Tone::kNeutral: break;
    }
    return {theme::kMuted, theme::kSurfaceSunken, Icon::kInfo};
}

struct ButtonColours {
    Colour fill;
    Colour ink;
    Colour line;
};

ButtonColours button_colours(ButtonKind kind, bool enabled, bool hovered, bool held) {
    const Colour none{0, 0, 0, 0};
    if (!enabled && kind != ButtonKind::kQuiet) {
        return {theme::kSurfaceSunken, theme::kDisabled, none};
    }
    switch (kind) {
        case ButtonKind::kPrimary:
            return {held      ? theme::kAccentHeld
                    : hovered ? theme::kAccentHover
                              : theme::kAccent,
                    theme::kOnAccent, none};
        case ButtonKind::kDanger:
            return {hovered || held ? theme::kDangerSoft : theme::kSurface, theme::kDanger,
                    theme::kDanger};
        case ButtonKind::kQuiet:
            return {hovered || held ? theme::kAccentSoft : none,
                    enabled ? theme::kAccent : theme::kDisabled, none};
        case ButtonKind::kBar:
            return {hovered || held ? theme::kBarHover : none, theme::kOnBar, none};
        case ButtonKind::kSecondary: break;
    }
    return {held      ? theme::kAccentSoft
            : hovered ? theme::kSurfaceHover
                      : theme::kSurface,
            theme::kText, theme::kFieldLine};
}

bool holds(std::string_view list, std::string_view value) {
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(' '), list.size());
        if (list.substr(0, end) == value) return true;
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return false;
}

/// The list with `value` put in or taken out, in the order of the options.
std::string toggled(const std::vector<Option>& options, std::string_view list,
                    std::string_view value) {
    std::string out;
    for (const Option& option : options) {
        if (holds(list, option.value) == (option.value == value)) continue;
        if (!out.empty()) out += ' ';
        out += option.value;
    }
    return out;
}

}  // namespace

void Ui::focus_ring(const Rect& rect, float radius) {
    if (!focus_by_keyboard_) return;
    constexpr float kOff = 2;
    outline({rect.x - kOff - 1, rect.y - kOff - 1, rect.w + 2 * kOff + 2, rect.h + 2 * kOff + 2},
            theme::kAccent, theme::kFocusWidth, radius + kOff);
}

void Ui::text(std::string_view id, std::string_view words, const TextLook& look) {
    const Rect area = free_area();
    const float width = flow().line ? text_width(words, look) : area.w;
    const auto layout = lay_out(words, look, width);
    const Rect rect = take(layout->height(), flow().line ? width : 0);
    if (in_view(rect)) draw(*layout, {rect.x, rect.y}, look.colour);
    if (!id.empty()) leave_record(id, "label", words, "", rect, false, true);
}

void Ui::title(std::string_view id, std::string_view words) {
    TextLook look;
    look.size_px = theme::kTitlePx;
    look.weight = Weight::kBold;
    text(id, words, look);
}

void Ui::heading(std::string_view id, std::string_view words) {
    TextLook look;
    look.size_px = theme::kLargePx;
    look.weight = Weight::kBold;
    text(id, words, look);
}

bool Ui::button(std::string_view id, std::string_view label, const ButtonOptions& options) {
    TextLook look;
    look.weight = Weight::kBold;
    float width =
        options.icon_only ? theme::kControlHeight : text_width(label, look) + 2 * kButtonSides;
    if (options.icon != Icon::kNone && !options.icon_only) width += kIconPx + kIconGap;
    if (options.fill) width = 0;
    return button_at(take(theme::kControlHeight, width), id, label, options);
}

bool Ui::button_at(const Rect& rect, std::string_view id, std::string_view label,
                   const ButtonOptions& options) {
    const WidgetId key = id_of(id);
    const Press press = this->press(key, rect, options.enabled);
    const bool focused = focusable(key, rect, options.enabled);
    const bool by_key = focused && (key_pressed(Key::kEnter) || key_pressed(Key::kSpace));
    const ButtonColours colours =
        button_colours(options.kind, options.enabled, press.hovered, press.held);
    if (colours.fill.a > 0) fill(rect, colours.fill, theme::kRadius);
    if (colours.line.a > 0) outline(rect, colours.line, 1, theme::kRadius);
    TextLook look;
    look.weight = Weight::kBold;
    look.colour = colours.ink;
    look.side = TextLook::Side::kCentre;
    if (options.icon_only) {
        icon(options.icon, {rect.x + rect.w / 2, rect.y + rect.h / 2}, kIconPx, colours.ink);
    } else if (options.icon == Icon::kNone) {
        text_in(rect.inset(4, 0), label, look);
    } else {
        const float width = text_width(label, look);
        const float left = rect.x + std::max(8.0F, (rect.w - width - kIconPx - kIconGap) / 2);
        icon(options.icon, {left + kIconPx / 2, rect.y + rect.h / 2}, kIconPx, colours.ink);
        look.side = TextLook::Side::kStart;
        text_in(
            {left + kIconPx + kIconGap, rect.y, rect.right() - left - kIconPx - kIconGap, rect.h},
            label, look);
    }
    if (focused) focus_ring(rect, theme::kRadius);
    leave_record(id, "button", label, "", rect, focused, options.enabled);
    return press.pressed || by_key;
}

bool Ui::option_row(std::string_view id, std::string_view role, const Option& option, bool checked,
                    bool tab_stop, const Rect& rect, bool enabled) {
    const WidgetId key = id_of(id);
    const bool round = role == "radio";
    const Press press = this->press(key, rect, enabled);
    const bool takes_focus = tab_stop || focus_ == key || wanted_focus_ == key;
    const bool focused = takes_focus && focusable(key, rect, enabled);
    const bool by_key =
        focused && (key_pressed(Key::kSpace) || (round && key_pressed(Key::kEnter)));
    if (in_view(rect)) {
        const Colour ink = enabled ? theme::kText : theme::kDisabled;
        const Colour mark = enabled ? theme::kAccent : theme::kDisabled;
        const float radius = round ? kMarkPx / 2 : 4;
        if (checked)
            fill(rect, enabled ? theme::kAccentSoft : theme::kSurfaceSunken, theme::kRadius);
        else if (press.hovered)
            fill(rect, theme::kSurfaceHover, theme::kRadius);
        outline(rect, checked ? mark : theme::kLine, 1, theme::kRadius);
        const Rect box{rect.x + kOptionSides, rect.y + (rect.h - kMarkPx) / 2, kMarkPx, kMarkPx};
        const Point centre{box.x + kMarkPx / 2, box.y + kMarkPx / 2};
        if (checked) {
            fill(box, mark, radius);
            if (round)
                fill(box.inset(5.5F), theme::kOnAccent, radius);
            else
                icon(Icon::kCheck, centre, 12, theme::kOnAccent);
        } else {
            fill(box, theme::kSurface, radius);
            outline(box, theme::kFieldLine, 1.5F, radius);
        }
        TextLook look;
        look.colour = ink;
        const float left = box.right() + 10;
        look.wrap = true;
        const auto layout = lay_out(option.label, look, rect.right() - left - 8);
        draw(*layout, {left, std::round(rect.y + (rect.h - layout->height()) / 2)}, ink);
        if (focused) focus_ring(rect, theme::kRadius);
    }
    leave_record(id, role, option.label, option.value, rect, focused, enabled).checked = checked;
    return press.pressed || by_key;
}

bool Ui::checkbox(std::string_view id, std::string_view label, bool checked, bool enabled) {
    TextLook look;
    const float width = free_area().w;
    const auto layout = lay_out(label, look, width - kOptionSides - kMarkPx - 18);
    const Rect rect = take(std::max(kOptionHeight, layout->height() + 10));
    return option_row(id, "checkbox", {"", std::string(label)}, checked, true, rect, enabled);
}

/// How many columns the longest label allows, and how wide each is.
float Ui::option_columns(const std::vector<Option>& options, int& columns) const {
    float widest = 0;
    TextLook look;
    for (const Option& option : options) widest = std::max(widest, text_width(option.label, look));
    const float wanted = widest + kOptionSides + kMarkPx + 28;
    const float width = free_area().w;
    columns = std::clamp(static_cast<int>((width + 8) / (wanted + 8)), 1,
                         std::min(kOptionColumnsMax, static_cast<int>(options.size())));
    if (columns == 3 && options.size() == 4) columns = 2;
    return (width - 8 * static_cast<float>(columns - 1)) / static_cast<float>(columns);
}

bool Ui::radio_list(std::string_view id, std::string_view label, const std::vector<Option>& options,
                    std::string& value, bool enabled) {
    if (options.empty()) return false;
    int columns = 1;
    const float width = option_columns(options, columns);
    const Rect start = free_area();
    const std::string prefix = std::string(id) + "#";
    std::size_t chosen = options.size();
    std::size_t focused = options.size();
    for (std::size_t i = 0; i < options.size(); ++i) {
        if (options[i].value == value) chosen = i;
        if (focus_ == id_of(prefix + options[i].value)) focused = i;
    }
    // One stop for Tab: the chosen one, else the first.
    const std::size_t stop = chosen < options.size() ? chosen : 0;
    if (wanted_focus_ == id_of(id)) wanted_focus_ = id_of(prefix + options[stop].value);
    const std::string before = value;
    begin_flow(start, 8);
    Rect row;
    for (std::size_t i = 0; i < options.size(); ++i) {
        const int column = static_cast<int>(i) % columns;
        TextLook look;
        if (column == 0) {
            float height = kOptionHeight;
            for (std::size_t j = i;
                 j < std::min(options.size(), i + static_cast<std::size_t>(columns)); ++j) {
                const auto layout =
                    lay_out(options[j].label, look, width - kOptionSides - kMarkPx - 18);
                height = std::max(height, layout->height() + 10);
            }
            row = take(height);
        }
        const Rect rect{row.x + static_cast<float>(column) * (width + 8), row.y, width, row.h};
        const std::string key = prefix + options[i].value;
        if (option_row(key, "radio", options[i], i == chosen, i == stop, rect, enabled)) {
            value = options[i].value;
        }
    }
    take(end_flow());
    if (focused < options.size() && enabled && layer_ == top_layer_) {
        const std::size_t count = options.size();
        std::size_t next = count;
        if (key_pressed(Key::kDown) || key_pressed(right_to_left() ? Key::kLeft : Key::kRight)) {
            next = (focused + 1) % count;
        } else if (key_pressed(Key::kUp) ||
                   key_pressed(right_to_left() ? Key::kRight : Key::kLeft)) {
            next = (focused + count - 1) % count;
        }
        if (next < count) {
            value = options[next].value;
            set_focus(id_of(prefix + value), true);
        }
    }
    const std::string& shown = chosen < options.size() ? options[chosen].value : before;
    const float height = free_area().y - start.y;
    leave_record(id, "radio-list", label, shown, {start.x, start.y, start.w, height}, false,
                 enabled);
    return value != before;
}

bool Ui::check_list(std::string_view id, std::string_view label, const std::vector<Option>& options,
                    std::string& value, bool enabled) {
    int columns = 1;
    const float width = option_columns(options, columns);
    const Rect start = free_area();
    const std::string before = value;
    begin_flow(start, 8);
    Rect row;
    for (std::size_t i = 0; i < options.size(); ++i) {
        const int column = static_cast<int>(i) % columns;
        if (column == 0) {
            const auto layout =
                lay_out(options[i].label, TextLook{}, width - kOptionSides - kMarkPx - 18);
            row = take(std::max(kOptionHeight, layout->height() + 10));
        }
        const Rect rect{row.x + static_cast<float>(column) * (width + 8), row.y, width, row.h};
        const std::string key = std::string(id) + "#" + options[i].value;
        if (i == 0 && wanted_focus_ == id_of(id)) wanted_focus_ = id_of(key);
        if (option_row(key, "checkbox", options[i], holds(before, options[i].value), true, rect,
                       enabled)) {
            value = toggled(options, value, options[i].value);
        }
    }
    take(end_flow());
    const float height = free_area().y - start.y;
    leave_record(id, "check-list", label, before, {start.x, start.y, start.w, height}, false,
                 enabled);
    return value != before;
}

void Ui::note(std::string_view id, std::string_view words, Tone tone) {
    const ToneColours colours = colours_of(tone);
    TextLook look;
    look.colour = tone == Tone::kNeutral ? theme::kText : colours.ink;
    const float width = free_area().w;
    const auto layout = lay_out(words, look, width - 58);
    const Rect rect = take(layout->height() + 22);
    if (in_view(rect)) {
        fill(rect, colours.soft, theme::kRadius);
        icon(colours.icon, {rect.x + 24, rect.y + 11 + layout->line_height() / 2}, 17, colours.ink);
        draw(*layout, {rect.x + 44, rect.y + 11}, look.colour);
    }
    leave_record(id, tone == Tone::kDanger ? "alert" : "note", words, "", rect, false, true);
}

void Ui::field_problem(std::string_view id, std::string_view words) {
    TextLook look;
    look.colour = theme::kDanger;
    look.size_px = theme::kSmallPx + 0.5F;
    const float width = free_area().w;
    const auto layout = lay_out(words, look, width - 24);
    const Rect rect = take(layout->height());
    if (in_view(rect)) {
        icon(Icon::kAlert, {rect.x + 8, rect.y + layout->line_height() / 2}, 15, theme::kDanger);
        draw(*layout, {rect.x + 24, rect.y}, look.colour);
    }
    leave_record(id, "problem", words, "", rect, false, true);
}

float Ui::chip_width(std::string_view words) const {
    TextLook look;
    look.size_px = theme::kSmallPx;
    return text_width(words, look) + 34;
}

void Ui::chip(const Rect& rect, std::string_view words, Tone tone) {
    const ToneColours colours = colours_of(tone);
    const float height = 26;
    const Rect box{rect.x, rect.y + (rect.h - height) / 2, std::min(rect.w, chip_width(words)),
                   height};
    fill(box, colours.soft, height / 2);
    icon(Icon::kDot, {box.x + 14, box.y + height / 2}, 12, colours.ink);
    TextLook look;
    look.size_px = theme::kSmallPx;
    look.colour = colours.ink;
    text_in({box.x + 23, box.y, box.w - 31, height}, words, look);
}

void Ui::progress(std::string_view id, std::string_view label, float part) {
    const Rect rect = take(8);
    fill(rect, theme::kSurfaceSunken, 4);
    const float shown = part < 0 ? 0.33F : std::clamp(part, 0.0F, 1.0F);
    if (shown > 0.01F) fill({rect.x, rect.y, rect.w * shown, rect.h}, theme::kAccent, 4);
    const std::string value = part < 0 ? "" : std::to_string(static_cast<int>(part * 100));
    leave_record(id, "progress", label, value, rect, false, true);
}

bool Ui::tabs(std::string_view id, const std::vector<Option>& options, std::string& selected) {
    const std::string before = selected;
    begin_line(4);
    for (const Option& option : options) {
        TextLook look;
        const bool chosen = option.value == before;
        const Rect rect = take(theme::kControlHeight - 4, text_width(option.label, look) + 28);
        const std::string name = std::string(id) + "#" + option.value;
        const WidgetId key = id_of(name);
        const Press press = this->press(key, rect, true);
        const bool focused = focusable(key, rect, true);
        if (chosen)
            fill(rect, theme::kAccent, rect.h / 2);
        else if (press.hovered)
            fill(rect, theme::kSurfaceSunken, rect.h / 2);
        look.colour = chosen ? theme::kOnAccent : theme::kText;
        look.side = TextLook::Side::kCentre;
        text_in(rect, option.label, look);
        if (focused) focus_ring(rect, rect.h / 2);
        leave_record(name, "tab", option.label, option.value, rect, focused, true).checked = chosen;
        const bool by_key = focused && (key_pressed(Key::kEnter) || key_pressed(Key::kSpace));
        if (press.pressed || by_key) selected = option.value;
    }
    end_line();
    return selected != before;
}

void Ui::empty_state(std::string_view id, Icon picture, std::string_view head,
                     std::string_view words) {
    space(48);
    const Rect rect = take(72);
    const Rect disc{rect.x + rect.w / 2 - 36, rect.y, 72, 72};
    fill(disc, theme::kAccentSoft, 36);
    icon(picture, {disc.x + 36, disc.y + 36}, 30, theme::kAccent);
    TextLook look;
    look.side = TextLook::Side::kCentre;
    look.size_px = theme::kLargePx;
    look.weight = Weight::kBold;
    text(id, head, look);
    look.size_px = theme::kBodyPx;
    look.weight = Weight::kRegular;
    look.colour = theme::kMuted;
    text("", words, look);
}

std::vector<Rect> Ui::column_rects(const std::vector<TableColumn>& columns, const Rect& row) const {
    float fixed = 2 * kRowPadding + theme::kGap * static_cast<float>(columns.size() - 1);
    float shares = 0;
    for (const TableColumn& column : columns) fixed += column.fixed, shares += column.flex;
    const float share = shares > 0 ? std::max(0.0F, row.w - fixed) / shares : 0;
    std::vector<Rect> out;
    float x = row.x + kRowPadding;
    for (const TableColumn& column : columns) {
        const float width = column.fixed + column.flex * share;
        out.push_back({x, row.y, width, row.h});
        x += width + theme::kGap;
    }
    return out;
}

void Ui::table_head(const std::vector<TableColumn>& columns) {
    const Rect rect = take(36);
    // The rows below leave room for their scroll bar.
    const float bar = ImGui::GetStyle().ScrollbarSize;
    const std::vector<Rect> cells = column_rects(columns, {rect.x, rect.y, rect.w - bar, rect.h});
    TextLook look;
    look.size_px = theme::kSmallPx;
    look.colour = theme::kMuted;
    look.weight = Weight::kBold;
    for (std::size_t i = 0; i < columns.size(); ++i) text_in(cells[i], columns[i].title, look);
    line({rect.x, rect.bottom()}, {rect.right(), rect.bottom()}, theme::kLine);
}

bool Ui::list_row(std::string_view id, std::string_view label, std::string_view value, float height,
                  Rect& rect, bool selected) {
    rect = take(height);
    const WidgetId key = id_of(id);
    const Press press = this->press(key, rect, true);
    const bool focused = focusable(key, rect, true);
    if (selected)
        fill(rect, theme::kAccentSoft);
    else if (press.hovered)
        fill(rect, theme::kSurfaceHover);
    line({rect.x, rect.bottom()}, {rect.right(), rect.bottom()}, theme::kLine);
    if (focused) focus_ring(rect.inset(4, 4), theme::kRadius);
    leave_record(id, "row", label, value, rect, focused, true);
    const bool by_key = focused && (key_pressed(Key::kEnter) || key_pressed(Key::kSpace));
    return press.pressed || by_key;
}

void Ui::begin_dialog(std::string_view id, std::string_view head, float width) {
    ++layer_;
    ImGui::SetNextWindowPos(ImVec2(0, 0));
    ImGui::SetNextWindowSize(ImGui::GetIO().DisplaySize);
    const std::string name = "##dialog:" + std::string(id);
    ImGui::Begin(name.c_str(), nullptr,
                 ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoNav |
                     ImGuiWindowFlags_NoBackground | ImGuiWindowFlags_NoSavedSettings);
    ImGui::BringWindowToDisplayFront(ImGui::GetCurrentWindow());
    fill(screen(), theme::kScrim);
    const float shown = std::min(width, frame_.width - 48);
    const float top = std::max(24.0F, std::round(frame_.height * 0.22F));
    begin_flow({std::round((frame_.width - shown) / 2), top, shown, frame_.height - top});
    begin_card();
    heading(id, head);
}

bool Ui::end_dialog() {
    end_card();
    end_flow();
    const bool escape = layer_ == top_layer_ && key_pressed(Key::kEscape);
    ImGui::End();
    --layer_;
    return escape;
}

void Ui::toast(std::string_view words, Tone tone) {
    toast_ = {std::string(words), tone, frame_.now_ms + kToastMs};
    frame_requested_ = true;
}

void Ui::draw_toasts() {
    if (toast_.text.empty()) return;
    if (frame_.now_ms >= toast_.until_ms) {
        toast_ = {};
        return;
    }
    next_wake_ms_ = next_wake_ms_ == 0 ? toast_.until_ms : std::min(next_wake_ms_, toast_.until_ms);
    const ToneColours colours = colours_of(toast_.tone);
    TextLook look;
    look.colour = theme::kOnBar;
    const float width = std::min(560.0F, text_width(toast_.text, look) + 74);
    const auto layout = lay_out(toast_.text, look, width - 70);
    const float height = layout->height() + 24;
    const Rect rect{std::round((frame_.width - width) / 2), frame_.height - height - 60, width,
                    height};
    ImGui::SetNextWindowPos(ImVec2(rect.x, rect.y));
    ImGui::SetNextWindowSize(ImVec2(rect.w, rect.h));
    ImGui::Begin("##toast", nullptr,
                 ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoNav |
                     ImGuiWindowFlags_NoBackground | ImGuiWindowFlags_NoSavedSettings |
                     ImGuiWindowFlags_NoInputs);
    ImGui::BringWindowToDisplayFront(ImGui::GetCurrentWindow());
    fill(rect, rgb(0x22303A), 10);
    icon(colours.icon, {rect.x + 28, rect.y + rect.h / 2}, 17, colours.soft);
    draw(*layout, {rect.x + 50, rect.y + 12}, look.colour);
    leave_record("toast", toast_.tone == Tone::kDanger ? "alert" : "toast", toast_.text, "", rect,
                 false, true);
    ImGui::End();
}

}  // namespace awda::ui
