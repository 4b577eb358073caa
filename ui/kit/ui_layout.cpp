// Ui: flows, lines, columns, cards and scrolling parts.
#include <imgui.h>
#include <imgui_internal.h>

#include <algorithm>

#include "ui/kit/ui.h"

namespace awda::ui {

namespace {
// A card's fill is drawn before its height is known, this tall, and cut to size at its end.
constexpr float kCardNominal = 16384;
}  // namespace

void Ui::begin_flow(const Rect& area, float gap) {
    Flow flow{area, area.y, gap};
    flow.line_x = area.x;
    flows_.push_back(flow);
}

float Ui::end_flow() {
    const Flow last = flow();
    flows_.pop_back();
    return last.y - last.area.y;
}

Rect Ui::free_area() const {
    const Flow& at = flow();
    const float y = at.first ? at.y : at.y + at.gap;
    return {at.area.x, y, at.area.w, std::max(0.0F, at.area.bottom() - y)};
}

void Ui::space(float height) {
    flow().y += height;
}

Rect Ui::take(float height, float width) {
    Flow& at = flow();
    if (!at.line) {
        const Rect area = free_area();
        at.y = area.y + height;
        at.first = false;
        return {area.x, area.y, width > 0 ? std::min(width, area.w) : area.w, height};
    }
    const float wanted = width > 0 ? std::min(width, at.area.w) : at.area.right() - at.line_x;
    if (at.line_x > at.area.x && at.line_x + wanted > at.area.right() + 0.5F) {
        at.y += at.line_height + at.gap;
        at.line_x = at.area.x;
        at.line_height = 0;
    }
    const Rect out{at.line_x, at.y, wanted, height};
    at.line_x += wanted + at.gap;
    at.line_height = std::max(at.line_height, height);
    return out;
}

void Ui::begin_line(float gap) {
    begin_flow(free_area(), gap);
    flow().line = true;
}

void Ui::end_line() {
    const float used = flow().y - flow().area.y + flow().line_height;
    flows_.pop_back();
    take(used);
}

void Ui::begin_columns(std::initializer_list<Column> columns, float gap) {
    const Rect area = free_area();
    float fixed = gap * static_cast<float>(columns.size() - 1);
    float shares = 0;
    for (const Column& column : columns) fixed += column.fixed, shares += column.flex;
    const float share = shares > 0 ? std::max(0.0F, area.w - fixed) / shares : 0;
    Columns out;
    float x = area.x;
    for (const Column& column : columns) {
        const float width = column.fixed + column.flex * share;
        out.rects.push_back({x, area.y, width, area.h});
        x += width + gap;
    }
    const Rect first = out.rects.front();
    const float inner_gap = flow().gap;
    columns_.push_back(std::move(out));
    begin_flow(first, inner_gap);
}

void Ui::next_column() {
    const float gap = flow().gap;
    Columns& columns = columns_.back();
    columns.tallest = std::max(columns.tallest, end_flow());
    ++columns.at;
    AWDA_ASSERT(columns.at < columns.rects.size());
    begin_flow(columns.rects[columns.at], gap);
}

void Ui::end_columns() {
    const float tallest = std::max(columns_.back().tallest, end_flow());
    columns_.pop_back();
    take(tallest);
}

void Ui::begin_card(float padding, Colour colour) {
    const Rect area = free_area();
    ImDrawList* drawing = list();
    Card card{drawing->VtxBuffer.Size, 0, area.y, padding};
    const Rect nominal{area.x, area.y, area.w, kCardNominal};
    fill(nominal, colour, theme::kCardRadius);
    outline(nominal, theme::kLine, 1, theme::kCardRadius);
    card.last_vertex = drawing->VtxBuffer.Size;
    cards_.push_back(card);
    begin_flow({area.x + padding, area.y + padding, area.w - 2 * padding, area.h}, flow().gap);
}

void Ui::end_card() {
    const float used = end_flow();
    const Card card = cards_.back();
    cards_.pop_back();
    const float height = used + 2 * card.padding;
    ImDrawList* drawing = list();
    for (int i = card.first_vertex; i < card.last_vertex; ++i) {
        ImDrawVert& vertex = drawing->VtxBuffer[i];
        if (vertex.pos.y > card.top + kCardNominal / 2) vertex.pos.y -= kCardNominal - height;
    }
    take(height);
}

void Ui::begin_scroll(std::string_view id, const Rect& area, std::string_view key, float padding) {
    ImGui::SetCursorScreenPos(ImVec2(area.x, area.y));
    ImGui::BeginChild(id_of(id), ImVec2(area.w, area.h), ImGuiChildFlags_None,
                      ImGuiWindowFlags_NoNav | ImGuiWindowFlags_NoBackground);
    ImGuiWindow* window = ImGui::GetCurrentWindow();
    auto known = scroll_keys_.find(id);
    if (known == scroll_keys_.end()) known = scroll_keys_.emplace(std::string(id), "").first;
    if (known->second != key) {
        known->second = key;
        window->Scroll.y = 0;
        frame_requested_ = true;
    }
    const bool typing = edit_ != nullptr && edit_->id == focus_ && edit_->multi_line;
    if (!typing && layer_ == top_layer_) {
        const float page = area.h - 60;
        float by = 0;
        if (key_pressed(Key::kPageDown)) by = page;
        if (key_pressed(Key::kPageUp)) by = -page;
        if (by != 0) {
            window->Scroll.y = std::clamp(window->Scroll.y + by, 0.0F, window->ScrollMax.y);
            frame_requested_ = true;
        }
    }
    // The bar's room is kept free always, so that nothing moves when it appears.
    const float bar = ImGui::GetStyle().ScrollbarSize;
    begin_flow({area.x + padding, area.y + padding - window->Scroll.y,
                area.w - 2 * padding - std::max(0.0F, bar - padding), area.h});
    scroll_paddings_.push_back(padding);
}

void Ui::end_scroll() {
    const float used = end_flow();
    const float padding = scroll_paddings_.back();
    scroll_paddings_.pop_back();
    ImGuiWindow* window = ImGui::GetCurrentWindow();
    const float before = window->ContentSize.y;
    window->DC.CursorPos = window->DC.CursorStartPos;
    const float height = used + 2 * padding;
    ImGui::Dummy(ImVec2(1, height));
    if (std::abs(before - height) > 0.5F) frame_requested_ = true;
    ImGui::EndChild();
}

}  // namespace awda::ui
