// Ui: fields that are typed into. One EditModel lives at a time: that of the field with the
// keyboard.
#include <imgui.h>
#include <imgui_internal.h>

#include <algorithm>
#include <cmath>

#include "platform/secret.h"
#include "ui/kit/ui.h"

namespace awda::ui {

namespace {

constexpr float kMultiLineRowsMin = 3;
constexpr float kMultiLineRowsMax = 10;
constexpr std::int64_t kBlinkMs = 530;
/// After this long without a key the caret stays lit, so that an idle window never wakes.
constexpr std::int64_t kBlinkForMs = 10'000;
constexpr float kCaretWidth = 1.5F;
constexpr float kStepperWidth = 36;

struct KeyMove {
    Key key;
    Move plain;
    Move with_control;
};
constexpr KeyMove kMoves[] = {
    {Key::kLeft, Move::kLeft, Move::kWordLeft},
    {Key::kRight, Move::kRight, Move::kWordRight},
    {Key::kHome, Move::kLineStart, Move::kTextStart},
    {Key::kEnd, Move::kLineEnd, Move::kTextEnd},
    {Key::kUp, Move::kUp, Move::kUp},
    {Key::kDown, Move::kDown, Move::kDown},
    {Key::kPageUp, Move::kPageUp, Move::kPageUp},
    {Key::kPageDown, Move::kPageDown, Move::kPageDown},
};

bool is_vertical(Key key) {
    return key == Key::kUp || key == Key::kDown || key == Key::kPageUp || key == Key::kPageDown;
}

}  // namespace

TextStyle Ui::field_style(const FieldOptions& options, float wrap_px) const {
    TextLook look;
    look.wrap = options.multi_line;
    look.local_digits = options.local_digits;
    TextStyle style = style_of(look, wrap_px);
    style.align = Align::kByText;
    if (options.left_to_right) style.paragraph.direction = Direction::kLeftToRight;
    return style;
}

void Ui::start_edit(WidgetId id, std::string_view value, const FieldOptions& options) {
    edit_ = std::make_unique<ActiveEdit>(
        ActiveEdit{id, EditModel(options.filter, options.multi_line, options.characters_max), 0,
                   false, frame_.now_ms, options.multi_line});
    edit_->model.set_text(value);
    // Not in a list's search field: the letter that opened the list stands there already.
    const bool selects = focus_by_keyboard_ && !options.multi_line && id != id_of("list.search");
    if (selects) edit_->model.select_all();
}

bool Ui::handle_clipboard(const InputEvent& event) {
    EditModel& model = edit_->model;
    const bool copies = event.key == Key::kC || event.key == Key::kX;
    if (copies && model.has_selection()) {
        std::string text = model.selected_text();
        ImGui::SetClipboardText(text.c_str());
        wipe(text);
    }
    if (event.key == Key::kX && model.has_selection()) return model.erase_forward();
    if (event.key != Key::kV) return false;
    const char* text = ImGui::GetClipboardText();
    return text != nullptr && model.paste(text);
}

bool Ui::handle_edit_key(const InputEvent& event, const Layout& layout, const FieldOptions& options,
                         bool& submitted) {
    EditModel& model = edit_->model;
    const bool control = event.modifiers.control;
    for (const KeyMove& move : kMoves) {
        if (move.key != event.key) continue;
        if (is_vertical(move.key) && !options.multi_line) return false;
        model.move(control ? move.with_control : move.plain, event.modifiers.shift, layout);
        return false;
    }
    switch (event.key) {
        case Key::kBackspace: return control ? model.erase_word_back() : model.backspace();
        case Key::kDelete: return control ? model.erase_word_forward() : model.erase_forward();
        case Key::kEnter:
            if (options.multi_line && !control) return model.type(U'\n');
            submitted = true;
            return false;
        default: break;
    }
    if (!control || event.modifiers.alt) return false;
    switch (event.key) {
        case Key::kA: model.select_all(); return false;
        case Key::kZ: return event.modifiers.shift ? model.redo() : model.undo();
        case Key::kY: return model.redo();
        default: return handle_clipboard(event);
    }
}

/// True when the text changed. Keys that the field uses are not left for the page.
bool Ui::handle_edit_events(const Layout& layout, const FieldOptions& options, bool& submitted) {
    bool changed = false;
    for (InputEvent& event : now_) {
        if (event.kind == InputEvent::Kind::kText) {
            changed = edit_->model.type(event.character) || changed;
        } else if (event.key != Key::kEscape && event.key != Key::kF1) {
            const bool leaves = !options.multi_line && is_vertical(event.key);
            changed = handle_edit_key(event, layout, options, submitted) || changed;
            if (!leaves) event.key = Key::kNone;
        }
        edit_->last_action_ms = frame_.now_ms;
    }
    return changed;
}

/// Clicks and drags; `text_at` is the layout's top left on the screen. True when just clicked.
bool Ui::handle_edit_pointer(WidgetId id, const Rect& rect, const Layout& layout, Point text_at) {
    const ImGuiIO& io = ImGui::GetIO();
    const Point at{mirror_.x(io.MousePos.x) - text_at.x, io.MousePos.y - text_at.y};
    EditModel& model = edit_->model;
    if (edit_->dragging) {
        if (!io.MouseDown[0]) {
            edit_->dragging = false;
            if (ImGui::GetActiveID() == id) ImGui::ClearActiveID();
        } else {
            ImGui::SetActiveID(id, ImGui::GetCurrentWindow());
            model.place(layout.hit(at.x, at.y), true);
            edit_->last_action_ms = frame_.now_ms;
        }
        return false;
    }
    const bool inside = rect.contains({io.MousePos.x, io.MousePos.y});
    if (!inside || !io.MouseClicked[0] || ImGui::GetActiveID() != id) return false;
    const Caret caret = layout.hit(at.x, at.y);
    const int clicks = (io.MouseClickedCount[0] - 1) % 3;
    if (clicks == 1) {
        model.select_word(caret.position);
    } else if (clicks == 2) {
        model.select_paragraph(caret.position);
    } else {
        model.place(caret, io.KeyShift);
        edit_->dragging = true;
    }
    edit_->last_action_ms = frame_.now_ms;
    return true;
}

bool Ui::caret_shown() {
    const std::int64_t since = frame_.now_ms - edit_->last_action_ms;
    if (since >= kBlinkForMs) return true;
    const std::int64_t phase = since / kBlinkMs;
    const std::int64_t next = edit_->last_action_ms + (phase + 1) * kBlinkMs;
    next_wake_ms_ = next_wake_ms_ == 0 ? next : std::min(next_wake_ms_, next);
    return phase % 2 == 0;
}

void Ui::draw_edit(const Layout& layout, Point at, bool active) {
    if (active) {
        const EditModel& model = edit_->model;
        if (model.has_selection()) {
            for (const TextRect& part :
                 layout.selection(model.selection_start(), model.selection_end())) {
                fill(mirror_.rect({at.x + part.left, at.y + part.top + 2, part.right - part.left,
                                   part.bottom - part.top - 4}),
                     theme::kSelection, 2);
            }
        }
    }
    draw_layout(layout, at.x, at.y, theme::kText);
    if (!active) return;
    const TextRect caret = layout.caret_rect(edit_->model.caret());
    if (caret_shown()) {
        fill(mirror_.rect({std::round(at.x + caret.left) - 0.5F, at.y + caret.top + 2, kCaretWidth,
                           caret.bottom - caret.top - 4}),
             theme::kAccent);
    }
}

void Ui::draw_field_box(const Rect& rect, bool focused, bool hovered, bool enabled, bool invalid) {
    fill(rect, enabled ? theme::kSurface : theme::kSurfaceSunken, theme::kRadius);
    if (focused) {
        outline({rect.x - 1, rect.y - 1, rect.w + 2, rect.h + 2},
                invalid ? theme::kDanger : theme::kAccent, 2, theme::kRadius + 1);
        return;
    }
    const Colour edge = invalid    ? theme::kDanger
                        : !enabled ? theme::kLine
                        : hovered  ? theme::kText
                                   : theme::kFieldLine;
    outline(rect, edge, invalid ? 1.5F : 1, theme::kRadius);
}

/// Moves a text that is longer than its field so that the caret stays inside.
void Ui::keep_caret_seen(const Layout& layout, float room, bool at_right) {
    const float overflow = layout.width() - room;
    if (overflow <= 0) {
        edit_->scroll_x = 0;
        return;
    }
    const float base = at_right ? room - layout.width() : 0;
    const float caret = base + layout.caret_rect(edit_->model.caret()).left;
    float& scroll = edit_->scroll_x;
    constexpr float kMargin = 2;
    if (caret + scroll < kMargin) scroll = kMargin - caret;
    if (caret + scroll > room - kMargin) scroll = room - kMargin - caret;
    scroll = std::clamp(scroll, at_right ? 0.0F : -overflow - kMargin,
                        at_right ? overflow + kMargin : 0.0F);
}

FieldResult Ui::edit_field(std::string_view id, std::string_view role, std::string_view value,
                           const FieldOptions& options, const Rect& rect, float end_room) {
    FieldResult result;
    const WidgetId key = id_of(id);
    const ImRect box(rect.x, rect.y, rect.right() - end_room, rect.bottom());
    const bool drawn = ImGui::ItemAdd(box, key, nullptr, ImGuiItemFlags_NoNav);
    bool hovered = false;
    bool held = false;
    if (drawn && options.enabled) {
        ImGui::ButtonBehavior(box, key, &hovered, &held, ImGuiButtonFlags_None);
        if (hovered) ImGui::SetMouseCursor(ImGuiMouseCursor_TextInput);
        if (held && focus_ != key) set_focus(key, false);
    }
    const bool focused = focusable(key, rect, options.enabled);
    if (focused && (edit_ == nullptr || edit_->id != key)) start_edit(key, value, options);
    if (!focused && edit_ != nullptr && edit_->id == key) edit_.reset();
    const bool active = focused && edit_ != nullptr;
    // Where the words are, on the screen.
    const float lead = options.icon != Icon::kNone ? 30.0F : 0.0F;
    Rect inner = rect.inset(theme::kFieldPadding, 0);
    inner.x += lead;
    inner.w -= lead + end_room;
    const Rect seen = mirror_.rect(inner);
    const TextStyle style = field_style(options, inner.w);
    auto layout = active ? text_.lay_out(edit_->model.text(), style) : text_.lay_out(value, style);
    // Words stand at their own side; numbers and codes at the page's start.
    const auto at_right = [&] {
        return options.left_to_right ? mirror_.on : layout->starts_right_to_left();
    };
    const auto text_at = [&] {
        const float slack = options.multi_line ? 0 : seen.w - layout->width();
        const float top =
            options.multi_line ? rect.y + 7 : rect.y + (rect.h - layout->height()) / 2;
        return Point{seen.x + (at_right() ? slack : 0) + (active ? edit_->scroll_x : 0),
                     std::round(top)};
    };
    if (active) {
        handle_edit_pointer(key, rect, *layout, text_at());
        result.changed = handle_edit_events(*layout, options, result.submitted);
        if (result.changed) {
            result.value = edit_->model.value();
            frame_requested_ = true;  // the field's height and what depends on it may follow
        }
        layout = text_.lay_out(edit_->model.text(), style);
        if (!options.multi_line) keep_caret_seen(*layout, seen.w, at_right());
    }
    if (drawn) {
        draw_field_box(rect, focused, hovered, options.enabled, !options.problem.empty());
        if (options.icon != Icon::kNone) {
            icon(options.icon, {rect.x + 22, rect.y + rect.h / 2}, 17, theme::kMuted);
        }
        list()->PushClipRect(ImVec2(inner.x - 2, rect.y), ImVec2(inner.right() + 2, rect.bottom()),
                             true);
        if (layout->length() == 0 && !options.placeholder.empty()) {
            TextLook look;
            look.colour = theme::kMuted;
            text_in({inner.x, rect.y, inner.w, options.multi_line ? 40 : rect.h},
                    options.placeholder, look);
        }
        draw_edit(*layout, text_at(), active);
        list()->PopClipRect();
    }
    const std::string_view stored = result.changed ? std::string_view(result.value) : value;
    WidgetRecord& record = leave_record(id, role, options.label,
                                        active && !result.changed ? edit_->model.value() : stored,
                                        rect, focused, options.enabled);
    record.problem = options.problem;
    return result;
}

FieldResult Ui::text_field(std::string_view id, std::string_view value,
                           const FieldOptions& options) {
    float height = theme::kControlHeight;
    if (options.multi_line) {
        const float width = options.width > 0 ? options.width : free_area().w;
        const bool active = edit_ != nullptr && edit_->id == id_of(id) && focus_ == edit_->id;
        const TextStyle style = field_style(options, width - 2 * theme::kFieldPadding);
        const auto layout =
            active ? text_.lay_out(edit_->model.text(), style) : text_.lay_out(value, style);
        height = std::max(layout->height(), kMultiLineRowsMin * layout->line_height()) + 14;
    }
    return edit_field(id, "text", value, options, take(height, options.width), 0);
}

FieldResult Ui::number_field(std::string_view id, std::string_view value, FieldOptions options) {
    options.left_to_right = true;
    if (options.width == 0) options.width = 260;
    const bool whole = options.filter == InputFilter::kInteger;
    const Rect rect = take(theme::kControlHeight, options.width);
    const float room = whole && options.enabled ? 2 * kStepperWidth : 0;
    FieldResult result = edit_field(id, "number", value, options, rect, room);
    if (room == 0) return result;
    int by = 0;
    if (is_focused(id) && layer_ == top_layer_) {
        if (key_pressed(Key::kUp)) by = 1;
        if (key_pressed(Key::kDown)) by = -1;
    }
    const Rect plus{rect.right() - kStepperWidth, rect.y + 4, kStepperWidth - 4, rect.h - 8};
    const Rect minus{plus.x - kStepperWidth, plus.y, plus.w, plus.h};
    const std::string name(id);
    // Steppers are for the pointer; the keyboard has Up and Down, so Tab does not stop at them.
    const auto stepper = [&](const Rect& box, const std::string& step_id, Icon sign, Text label) {
        const Press press = this->press(id_of(step_id), box, true);
        if (press.hovered) fill(box, theme::kAccentSoft, 5);
        icon(sign, {box.x + box.w / 2, box.y + box.h / 2}, 13, theme::kMuted);
        leave_record(step_id, "button", tr(label), "", box, false, true);
        return press.pressed;
    };
    if (stepper(minus, name + ".less", Icon::kMinus, Text::kCommonLess)) by = -1;
    if (stepper(plus, name + ".more", Icon::kPlus, Text::kCommonMore)) by = 1;
    if (by == 0) return result;
    constexpr long long kStepsMax = 1'000'000'000'000'000LL;
    const std::string text = result.changed ? result.value : std::string(value);
    const long long now = std::strtoll(text.c_str(), nullptr, 10);
    result.value = std::to_string(std::clamp(now + by, -kStepsMax, kStepsMax));
    result.changed = true;
    set_focus(id_of(id), false);
    start_edit(id_of(id), result.value, options);
    return result;
}

bool Ui::secret_field(std::string_view id, std::string_view label, SecretEntry& entry,
                      bool enabled) {
    const Rect rect = take(theme::kControlHeight);
    const WidgetId key = id_of(id);
    const ImRect box(rect.x, rect.y, rect.right(), rect.bottom());
    bool hovered = false;
    bool held = false;
    if (ImGui::ItemAdd(box, key, nullptr, ImGuiItemFlags_NoNav) && enabled) {
        ImGui::ButtonBehavior(box, key, &hovered, &held, ImGuiButtonFlags_None);
        if (held && focus_ != key) set_focus(key, false);
        if (hovered) ImGui::SetMouseCursor(ImGuiMouseCursor_TextInput);
    }
    const bool focused = focusable(key, rect, enabled);
    bool entered = false;
    if (focused) {
        for (InputEvent& event : now_) {
            if (event.kind == InputEvent::Kind::kText) {
                entry.type(event.character);
                event.character = 0;
            } else if (event.key == Key::kBackspace) {
                if (event.modifiers.control)
                    entry.clear();
                else
                    entry.backspace();
            } else if (event.key == Key::kEnter) {
                entered = true;
            } else {
                continue;
            }
            event.key = Key::kNone;
        }
    }
    draw_field_box(rect, focused, hovered, enabled, false);
    constexpr float kDotStep = 13;
    const auto dots = static_cast<float>(entry.characters());
    const float fits = std::floor((rect.w - 2 * theme::kFieldPadding) / kDotStep) - 1;
    float x = rect.x + theme::kFieldPadding + 4;
    for (float i = 0; i < std::min(dots, fits); ++i, x += kDotStep) {
        icon(Icon::kDot, {x, rect.y + rect.h / 2}, 13, theme::kText);
    }
    if (focused) fill({x - 3, rect.y + 9, kCaretWidth, rect.h - 18}, theme::kAccent);
    leave_record(id, "secret", label, "", rect, focused, enabled);
    return entered;
}

}  // namespace awda::ui
