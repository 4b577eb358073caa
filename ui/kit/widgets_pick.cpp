// Ui: lists and calendars that open over the page.
#include <imgui.h>
#include <imgui_internal.h>

#include <algorithm>
#include <cmath>

#include "platform/clock.h"
#include "ui/kit/civil_date.h"
#include "ui/kit/ui.h"

namespace awda::ui {

namespace {

/// A date's ten, and two hyphens typed beside those that were put in: a burst of keys comes in one
/// piece, and its last digit must find room before they are taken out again.
constexpr std::size_t kDateCharactersMax = 12;
constexpr float kListRow = 36;
constexpr float kListRowsShown = 8;
constexpr float kCalendarCell = 38;
constexpr float kCalendarWidth = 7 * kCalendarCell + 24;
constexpr float kCalendarHeight = 8 * kCalendarCell + 40;

CivilDate today_in_iraq() {
    constexpr std::int64_t kDayMs = 86'400'000;
    constexpr std::int64_t kIraqOffsetMs = 3 * 3'600'000;
    return civil_from_days((system_clock().now() + kIraqOffsetMs) / kDayMs);
}

/// Puts the hyphens of a date in as its digits are typed at the end.
std::string with_hyphens(const std::string& before, const std::string& after) {
    if (after.size() <= before.size() || after.compare(0, before.size(), before) != 0) return after;
    std::string out = before;
    const auto due = [&] {
        const auto hyphens = std::count(out.begin(), out.end(), '-');
        return (out.size() == 4 && hyphens == 0) || (out.size() == 7 && hyphens == 1);
    };
    for (std::size_t i = before.size(); i < after.size() && out.size() < 10; ++i) {
        if (after[i] == '-' && !out.empty() && out.back() == '-') continue;
        if (after[i] != '-' && due()) out += '-';
        out += after[i];
        if (after[i] != '-' && due()) out += '-';
    }
    return out;
}

}  // namespace

void Ui::close_list() {
    wanted_focus_ = open_.owner;  // it has the keyboard again once this layer is gone
    open_ = {};
    frame_requested_ = true;
}

/// Opens the layer of a list at `anchor`; false (and nothing begun) once it has been closed.
bool Ui::begin_popup(std::string_view id, const Rect& anchor, float width, float height,
                     Rect& inner) {
    ++layer_;
    ImGui::SetNextWindowPos(ImVec2(0, 0));
    ImGui::SetNextWindowSize(ImGui::GetIO().DisplaySize);
    const std::string name = "##popup:" + std::string(id);
    ImGui::Begin(name.c_str(), nullptr,
                 ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoNav |
                     ImGuiWindowFlags_NoBackground | ImGuiWindowFlags_NoSavedSettings);
    ImGui::BringWindowToDisplayFront(ImGui::GetCurrentWindow());
    const float below = frame_.height - anchor.bottom() - 12;
    const bool up = below < height && anchor.y - 12 > below;
    const float shown = std::min(height, (up ? anchor.y : frame_.height - anchor.bottom()) - 12);
    Rect box{anchor.x, up ? anchor.y - shown - 4 : anchor.bottom() + 4, width, shown};
    box.x = std::clamp(box.x, 8.0F, std::max(8.0F, frame_.width - width - 8));
    for (int i = 6; i > 0; --i) {
        const auto spread = static_cast<float>(i) * 1.5F;
        fill({box.x - spread, box.y - spread + 3, box.w + 2 * spread, box.h + 2 * spread},
             {20, 40, 46, 6}, 10 + spread);
    }
    fill(box, theme::kSurface, 10);
    outline(box, theme::kLine, 1, 10);
    inner = box.inset(8);
    const ImGuiIO& io = ImGui::GetIO();
    const Point at{io.MousePos.x, io.MousePos.y};
    const bool outside = io.MouseClicked[0] && !box.contains(at) && !open_.fresh;
    open_.fresh = false;
    const bool escape = layer_ == top_layer_ && key_pressed(Key::kEscape);
    begin_flow(inner, 6);
    if (!outside && !escape) return true;
    end_popup();
    close_list();
    return false;
}

void Ui::end_popup() {
    end_flow();
    ImGui::End();
    --layer_;
}

/// The rows that the search leaves; kept until the search changes.
void Ui::filter_list(const std::vector<Option>& options) {
    if (open_.filtered) return;
    open_.shown.clear();
    for (std::size_t i = 0; i < options.size(); ++i) {
        if (matches_loosely(options[i].label, open_.query)) open_.shown.push_back(i);
    }
    open_.filtered = true;
}

/// Moves the highlight by the keys that a search field leaves alone.
void Ui::move_highlight() {
    int step = 0;
    if (key_pressed(Key::kDown))
        step = 1;
    else if (key_pressed(Key::kUp))
        step = -1;
    else if (key_pressed(Key::kPageDown))
        step = static_cast<int>(kListRowsShown) - 1;
    else if (key_pressed(Key::kPageUp))
        step = 1 - static_cast<int>(kListRowsShown);
    const auto count = static_cast<std::ptrdiff_t>(open_.shown.size());
    if (step == 0 || count == 0) return;
    const auto next = static_cast<std::ptrdiff_t>(open_.highlight) + step;
    open_.highlight = static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(next, 0, count - 1));
    open_.scroll_to_highlight = true;
}

/// The search field and the rows; true when one was chosen.
bool Ui::list_body(const std::vector<Option>& options, std::string& value, const Rect& inner) {
    filter_list(options);
    if (layer_ == top_layer_) move_highlight();
    FieldOptions field;
    field.label = tr(Text::kCommonSearch);
    field.placeholder = field.label;
    field.icon = Icon::kSearch;
    const FieldResult typed = text_field("list.search", open_.query, field);
    if (typed.changed) {
        open_.query = typed.value;
        open_.highlight = 0;
        open_.filtered = false;
        filter_list(options);
    }
    const bool entered = typed.submitted && open_.highlight < open_.shown.size();
    if (entered) value = options[open_.shown[open_.highlight]].value;
    const Rect area = free_area();
    begin_scroll("list.rows", {inner.x, area.y, inner.w, inner.bottom() - area.y}, open_.query, 0);
    const bool pressed = list_rows(options, value);
    end_scroll();
    return entered || pressed;
}

/// Only the rows in view are drawn, however many there are.
bool Ui::list_rows(const std::vector<Option>& options, std::string& value) {
    ImGuiWindow* window = ImGui::GetCurrentWindow();
    const float view = window->InnerRect.GetHeight();
    const float wanted = static_cast<float>(open_.highlight) * kListRow;
    if (open_.scroll_to_highlight) {
        open_.scroll_to_highlight = false;
        const float least = std::max(0.0F, wanted + kListRow - view);
        window->Scroll.y = std::clamp(window->Scroll.y, least, std::max(least, wanted));
        frame_requested_ = true;
    }
    const Rect start = free_area();
    bool chosen = false;
    const auto first = static_cast<std::size_t>(std::max(0.0F, window->Scroll.y / kListRow - 1));
    const auto last =
        std::min(open_.shown.size(), first + static_cast<std::size_t>(view / kListRow) + 3);
    for (std::size_t i = first; i < last; ++i) {
        const Option& option = options[open_.shown[i]];
        const Rect row{start.x, start.y + static_cast<float>(i) * kListRow, start.w, kListRow};
        const std::string name = "list#" + option.value;
        const Press press = this->press(id_of(name), row, true);
        const bool current = option.value == value;
        if (i == open_.highlight)
            fill(row, theme::kAccentSoft, theme::kRadius);
        else if (press.hovered)
            fill(row, theme::kSurfaceHover, theme::kRadius);
        TextLook look;
        look.weight = current ? Weight::kBold : Weight::kRegular;
        text_in(row.inset(12, 0), option.label, look);
        const Point tick{row.right() - 18, row.y + kListRow / 2};
        if (current) icon(Icon::kCheck, tick, 13, theme::kAccent);
        leave_record(name, "option", option.label, option.value, row, false, true).checked =
            current;
        if (press.pressed) {
            value = option.value;
            chosen = true;
        }
    }
    if (open_.shown.empty()) {
        TextLook look;
        look.colour = theme::kMuted;
        text_in({start.x + 12, start.y, start.w - 24, kListRow}, tr(Text::kCommonNoMatch), look);
    }
    take(std::max(1.0F, static_cast<float>(open_.shown.size()) * kListRow));
    return chosen;
}

bool Ui::combo(std::string_view id, std::string_view label, const std::vector<Option>& options,
               std::string& value, const FieldOptions& field) {
    const WidgetId key = id_of(id);
    const Rect rect = take(theme::kControlHeight, field.width);
    const Press press = this->press(key, rect, field.enabled);
    const bool focused = focusable(key, rect, field.enabled);
    const bool is_open = open_.owner == key;
    const auto current = std::find_if(options.begin(), options.end(),
                                      [&](const Option& option) { return option.value == value; });
    bool opens = press.pressed;
    std::string first_letters;
    if (focused && !is_open) {
        opens = opens || key_pressed(Key::kEnter) || key_pressed(Key::kSpace) ||
                key_pressed(Key::kDown);
        for (const InputEvent& event : now_) {
            if (event.kind == InputEvent::Kind::kText && event.character > U' ') {
                append_utf8(first_letters, event.character);
            }
        }
        opens = opens || !first_letters.empty();
    }
    draw_field_box(rect, focused || is_open, press.hovered, field.enabled, !field.problem.empty());
    const bool chosen = current != options.end();
    TextLook look;
    look.colour = chosen && field.enabled ? theme::kText : theme::kMuted;
    const std::string& shown = chosen ? current->label : tr(Text::kCommonChoose);
    text_in({rect.x + theme::kFieldPadding, rect.y, rect.w - 52, rect.h}, shown, look);
    icon(Icon::kDown, {rect.right() - 20, rect.y + rect.h / 2}, 12, theme::kMuted);
    leave_record(id, "combo", label, value, rect, focused, field.enabled).problem = field.problem;
    if (opens && !is_open) {
        open_ = {};
        open_.owner = key;
        open_.fresh = true;
        open_.query = first_letters;
        if (chosen) open_.highlight = static_cast<std::size_t>(current - options.begin());
        if (!first_letters.empty()) open_.highlight = 0;
        frame_requested_ = true;
    }
    if (open_.owner != key) return false;
    const float rows = std::min(kListRowsShown, std::max(1.0F, static_cast<float>(options.size())));
    Rect inner;
    const float height = rows * kListRow + theme::kControlHeight + 24;
    if (!begin_popup(id, rect, std::max(rect.w, 280.0F), height, inner)) return false;
    const bool picked = list_body(options, value, inner);
    end_popup();
    if (picked) close_list();
    return picked;
}

std::string Ui::calendar_body(const Rect& inner, std::string_view value) {
    const auto chosen = parse_date(value);
    const CivilDate today = today_in_iraq();
    if (open_.year == 0) {
        const CivilDate shown = chosen.value_or(today);
        open_.year = shown.year;
        open_.month = shown.month;
    }
    const auto arrow = [&](float x, std::string_view name, Icon sign, Text label, int months) {
        ButtonOptions options{ButtonKind::kQuiet, sign, true, false, true};
        if (!button_at({x, inner.y, 32, 32}, name, tr(label), options)) return;
        const int month = open_.year * 12 + open_.month - 1 + months;
        open_.year = std::clamp(month / 12, 1, 9999);
        open_.month = month % 12 + 1;
        frame_requested_ = true;
    };
    arrow(inner.x, "calendar.previous-year", Icon::kUp, Text::kCommonPreviousYear, -12);
    arrow(inner.x + 34, "calendar.previous", Icon::kBack, Text::kCommonPreviousMonth, -1);
    arrow(inner.right() - 66, "calendar.next", Icon::kForward, Text::kCommonNextMonth, 1);
    arrow(inner.right() - 32, "calendar.next-year", Icon::kDown, Text::kCommonNextYear, 12);
    TextLook look;
    look.weight = Weight::kBold;
    look.side = TextLook::Side::kCentre;
    const std::string head =
        month_name(open_.month, frame_.language) + " " + std::to_string(open_.year);
    text_in({inner.x + 68, inner.y, inner.w - 136, 32}, head, look);
    add_record("calendar.month", "label", head, "", {inner.x + 68, inner.y, inner.w - 136, 32});
    look.weight = Weight::kRegular;
    look.size_px = 12;
    look.colour = theme::kMuted;
    const float cell = inner.w / 7;
    for (int day = 0; day < 7; ++day) {
        text_in({inner.x + static_cast<float>(day) * cell, inner.y + 40, cell, 24},
                weekday_name(day, frame_.language), look);
    }
    std::string picked;
    const int offset = weekday_from_saturday({open_.year, open_.month, 1});
    for (int day = 1; day <= days_in_month(open_.year, open_.month); ++day) {
        const CivilDate date{open_.year, open_.month, day};
        const int slot = offset + day - 1;
        const Rect box{inner.x + static_cast<float>(slot % 7) * cell,
                       inner.y + 68 + static_cast<float>(slot / 7) * kCalendarCell, cell,
                       kCalendarCell};
        const std::string name = "calendar#" + to_text(date);
        const Press press = this->press(id_of(name), box, true);
        const bool is_chosen = chosen.has_value() && *chosen == date;
        const Rect mark = box.inset(2);
        if (is_chosen)
            fill(mark, theme::kAccent, theme::kRadius);
        else if (press.hovered)
            fill(mark, theme::kAccentSoft, theme::kRadius);
        if (date == today && !is_chosen) outline(mark, theme::kAccent, 1.5F, theme::kRadius);
        TextLook ink;
        ink.side = TextLook::Side::kCentre;
        ink.colour = is_chosen ? theme::kOnAccent : theme::kText;
        text_in(box, std::to_string(day), ink);
        leave_record(name, "day", to_text(date), to_text(date), box, false, true).checked =
            is_chosen;
        if (press.pressed) picked = to_text(date);
    }
    return picked;
}

FieldResult Ui::date_field(std::string_view id, std::string_view value, FieldOptions options) {
    options.filter = InputFilter::kDate;
    options.left_to_right = true;
    options.characters_max = kDateCharactersMax;
    if (options.placeholder.empty()) options.placeholder = tr(Text::kCommonDateShape);
    const float width = options.width > 0 ? options.width : 260;
    const Rect row = take(theme::kControlHeight);
    const Rect rect{row.x, row.y, std::min(width, row.w), row.h};
    const bool was_editing = edit_ != nullptr && edit_->id == id_of(id);
    const std::string before = was_editing ? edit_->model.value() : std::string(value);
    FieldResult result = edit_field(id, "date", value, options, rect, options.enabled ? 40 : 0);
    if (result.changed && edit_ != nullptr && edit_->id == id_of(id)) {
        const std::string mended = with_hyphens(before, result.value);
        if (mended != result.value) {
            edit_->model.select_all();
            edit_->model.paste(mended);
            result.value = mended;
            if (!record_.widgets.empty()) record_.widgets.back().value = mended;
        }
    }
    const std::string& shown = result.changed ? result.value : before;
    if (const auto date = parse_date(shown)) {
        const std::string words = std::to_string(date->day) + " " +
                                  month_name(date->month, frame_.language) + " " +
                                  std::to_string(date->year);
        TextLook look;
        look.colour = theme::kMuted;
        text_in({rect.right() + 14, rect.y, row.right() - rect.right() - 14, rect.h}, words, look);
    }
    if (!options.enabled) return result;
    const std::string name = std::string(id) + ".calendar";
    const Rect box{rect.right() - 38, rect.y + 4, 34, rect.h - 8};
    const Press press = this->press(id_of(name), box, true);
    if (press.hovered) fill(box, theme::kAccentSoft, 5);
    icon(Icon::kCalendar, {box.x + 17, box.y + box.h / 2}, 17, theme::kMuted);
    leave_record(name, "button", tr(Text::kCommonCalendar), "", box, false, true);
    const bool down =
        is_focused(id) && layer_ == top_layer_ && open_.owner == 0 && key_pressed(Key::kDown);
    if (press.pressed || down) {
        open_ = {};
        open_.owner = id_of(id);
        open_.fresh = true;
        frame_requested_ = true;
    }
    if (open_.owner != id_of(id)) return result;
    Rect inner;
    if (!begin_popup(id, rect, kCalendarWidth, kCalendarHeight, inner)) return result;
    const std::string picked = calendar_body(inner, shown);
    end_popup();
    if (picked.empty()) return result;
    result.changed = true;
    result.value = picked;
    edit_.reset();
    close_list();
    return result;
}

}  // namespace awda::ui
