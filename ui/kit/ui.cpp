#include "ui/kit/ui.h"

#include <imgui.h>
#include <imgui_internal.h>

#include <algorithm>
#include <cstdlib>

#include "platform/secret.h"

namespace awda::ui {

namespace {

/// Dear ImGui's memory is wiped when given back, in builds whose free() does not wipe, too.
struct alignas(std::max_align_t) BlockHead {
    std::size_t size;
};

void* wiping_allocate(std::size_t size, void* /*user*/) {
    void* block = std::malloc(sizeof(BlockHead) + size);
    if (block == nullptr) return nullptr;
    static_cast<BlockHead*>(block)->size = size;
    return static_cast<BlockHead*>(block) + 1;
}

void wiping_free(void* pointer, void* /*user*/) {
    if (pointer == nullptr) return;
    BlockHead* head = static_cast<BlockHead*>(pointer) - 1;
    wipe(std::span<std::uint8_t>(static_cast<std::uint8_t*>(pointer), head->size));
    std::free(head);
}

ImVec4 to_vec4(Colour c) {
    return {static_cast<float>(c.r) / 255.0F, static_cast<float>(c.g) / 255.0F,
            static_cast<float>(c.b) / 255.0F, static_cast<float>(c.a) / 255.0F};
}

void set_style() {
    ImGuiStyle& style = ImGui::GetStyle();
    style.WindowPadding = style.FramePadding = style.ItemSpacing = ImVec2(0, 0);
    style.WindowBorderSize = style.ChildBorderSize = 0;
    style.WindowRounding = style.ChildRounding = 0;
    style.WindowMinSize = ImVec2(1, 1);
    style.ScrollbarSize = 12;
    style.ScrollbarRounding = 6;
    style.AntiAliasedLinesUseTex = false;
    style.Colors[ImGuiCol_WindowBg] = style.Colors[ImGuiCol_ChildBg] = ImVec4(0, 0, 0, 0);
    style.Colors[ImGuiCol_ScrollbarBg] = ImVec4(0, 0, 0, 0);
    style.Colors[ImGuiCol_ScrollbarGrab] = to_vec4(rgb(0xC3CBD1));
    style.Colors[ImGuiCol_ScrollbarGrabHovered] = to_vec4(theme::kFieldLine);
    style.Colors[ImGuiCol_ScrollbarGrabActive] = to_vec4(theme::kMuted);
}

constexpr ImGuiWindowFlags kRootFlags =
    ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoBackground |
    ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoNav |
    ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoScrollWithMouse;

constexpr int kFocusScrollFrames = 2;  // a new page knows its height only after its first frame

}  // namespace

Ui::Ui(TextEngine& text) : text_(text) {
    ImGui::SetAllocatorFunctions(wiping_allocate, wiping_free);
    ImGui::CreateContext();
    ImGuiIO& io = ImGui::GetIO();
    io.IniFilename = nullptr;
    io.LogFilename = nullptr;
    io.ConfigInputTrickleEventQueue = false;  // InputQueue sees to the order
    io.BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
    // Dear ImGui wants a font, though it never draws a letter here.
    io.Fonts->Flags |= ImFontAtlasFlags_NoBakedLines | ImFontAtlasFlags_NoMouseCursors;
    io.Fonts->AddFontDefault();
    unsigned char* pixels = nullptr;
    int width = 0;
    int height = 0;
    io.Fonts->GetTexDataAsAlpha8(&pixels, &width, &height);
    // Fills take their white from the glyph atlas, so that text and shapes share one texture.
    const float white = static_cast<float>(GlyphAtlas::kWhiteSide) / 2 / GlyphAtlas::kSide;
    io.Fonts->TexUvWhitePixel = ImVec2(white, white);
    set_style();
}

Ui::~Ui() {
    wipe_input(now_);
    ImGui::DestroyContext();
}

WidgetId Ui::id_of(std::string_view id) {
    return ImHashData(id.data(), id.size(), 0);
}

const std::string& Ui::tr(Text text) const {
    return text_of(text, frame_.language);
}
std::string Ui::tr(Text text, std::string_view argument) const {
    return text_of(text, frame_.language, argument);
}

Digits Ui::digits() const {
    return is_right_to_left(frame_.language) ? Digits::kArabicIndic : Digits::kAsStored;
}

std::string Ui::number(std::uint64_t value) const {
    return with_display_digits(std::to_string(value), digits());
}

void Ui::deliver_input() {
    wipe_input(now_);
    pending_tab_ = 0;
    ImGuiIO& io = ImGui::GetIO();
    for (const InputEvent& event : input_.take_portion()) {
        switch (event.kind) {
            case InputEvent::Kind::kPointer:
                pointer_ = {event.x, event.y};
                io.AddMousePosEvent(mirror_.x(event.x), event.y);
                break;
            case InputEvent::Kind::kButton: io.AddMouseButtonEvent(0, event.down); break;
            case InputEvent::Kind::kWheel: io.AddMouseWheelEvent(0, event.y); break;
            case InputEvent::Kind::kWindowFocus: break;
            case InputEvent::Kind::kKey:
                if (event.key == Key::kTab && !event.modifiers.control && !event.modifiers.alt) {
                    pending_tab_ = event.modifiers.shift ? -1 : 1;
                    break;
                }
                [[fallthrough]];
            case InputEvent::Kind::kText: now_.push_back(event); break;
        }
    }
}

void Ui::begin_frame(const FrameInput& frame, std::string_view screen) {
    const bool turned = mirror_.on != is_right_to_left(frame.language) ||
                        (mirror_.on && mirror_.width != frame.width);
    frame_ = frame;
    mirror_ = {is_right_to_left(frame.language), frame.width};
    if (text_.atlas().overflowed()) text_.atlas().clear();
    frame_requested_ = false;
    next_wake_ms_ = 0;
    ImGuiIO& io = ImGui::GetIO();
    io.DisplaySize = ImVec2(std::max(frame.width, 1.0F), std::max(frame.height, 1.0F));
    io.DeltaTime = std::max(0.001F, static_cast<float>(frame.now_ms - last_frame_ms_) / 1000.0F);
    last_frame_ms_ = frame.now_ms;
    if (turned) io.AddMousePosEvent(mirror_.x(pointer_.x), pointer_.y);
    deliver_input();
    ImGui::NewFrame();
    ImGui::SetMouseCursor(ImGuiMouseCursor_Arrow);
    if (record_.screen != screen) {
        open_ = {};
        frame_requested_ = true;
    }
    record_.screen = screen;
    record_.language = language_code(frame.language);
    record_.right_to_left = mirror_.on;
    record_.width = static_cast<int>(frame.width);
    record_.height = static_cast<int>(frame.height);
    ++record_.frame;
    record_.widgets.clear();
    focusables_.clear();
    flows_.clear();
    layer_ = 0;
    ImGui::SetNextWindowPos(ImVec2(0, 0));
    ImGui::SetNextWindowSize(io.DisplaySize);
    ImGui::Begin("##root", nullptr, kRootFlags);
    begin_flow(this->screen());
}

void Ui::end_frame() {
    draw_toasts();
    end_flow();
    ImGui::End();
    AWDA_ASSERT(flows_.empty() && cards_.empty() && columns_.empty());
    move_focus();
    if (focus_frames_ > 0) {
        --focus_frames_;
        frame_requested_ = true;
    }
    ImGui::Render();
    mirror_picture();
    const bool input_left =
        !input_.empty() || !ImGui::GetCurrentContext()->InputEventsQueue.empty();
    if (input_left || text_.atlas().overflowed()) frame_requested_ = true;
    wipe_input(now_);
}

bool Ui::needs_frame() const {
    return frame_requested_;
}

ImDrawData* Ui::draw_data() const {
    return ImGui::GetDrawData();
}

void Ui::mirror_picture() {
    if (!mirror_.on) return;
    ImDrawData* data = ImGui::GetDrawData();
    for (ImDrawList* list : data->CmdLists) {
        for (ImDrawVert& vertex : list->VtxBuffer) vertex.pos.x = mirror_.width - vertex.pos.x;
        for (ImDrawCmd& command : list->CmdBuffer) {
            const float left = mirror_.width - command.ClipRect.z;
            command.ClipRect.z = mirror_.width - command.ClipRect.x;
            command.ClipRect.x = left;
        }
    }
}

void Ui::forget() {
    edit_.reset();
    wipe(open_.query);
    open_ = {};
    wipe(toast_.text);
    toast_ = {};
    // Given back and not only emptied: earlier, longer pages lie beyond the end of this one.
    std::vector<WidgetRecord>().swap(record_.widgets);
    forgot_ = true;
    focus_ = wanted_focus_ = 0;
    text_.forget();
    frame_requested_ = true;
}

void Ui::set_focus(WidgetId id, bool by_keyboard) {
    if (focus_ != id) frame_requested_ = true;
    focus_ = id;
    focus_by_keyboard_ = by_keyboard;
    wanted_focus_ = 0;
    if (by_keyboard) focus_frames_ = kFocusScrollFrames;
}

void Ui::focus(std::string_view id) {
    wanted_focus_ = id_of(id);
    frame_requested_ = true;
}

bool Ui::is_focused(std::string_view id) const {
    return focus_ == id_of(id);
}

bool Ui::focusable(WidgetId id, const Rect& rect, bool enabled) {
    if (!enabled) return false;
    if (wanted_focus_ == id) set_focus(id, true);
    focusables_.push_back({id, layer_});
    if (focus_ != id) return false;
    if (focus_frames_ > 0) bring_into_view(rect);
    return layer_ == top_layer_;
}

/// Tab goes round the widgets of the layer on top, in the order they were drawn.
void Ui::move_focus() {
    int top = 0;
    for (const Focusable& item : focusables_) top = std::max(top, item.layer);
    if (top != top_layer_) frame_requested_ = true;
    top_layer_ = top;
    std::vector<WidgetId> ring;
    for (const Focusable& item : focusables_) {
        if (item.layer == top) ring.push_back(item.id);
    }
    if (ring.empty()) return;
    const auto found = std::find(ring.begin(), ring.end(), focus_);
    const bool here = found != ring.end();
    if (here) focus_order_ = static_cast<std::size_t>(found - ring.begin());
    if (pending_tab_ == 0) {
        if (!here && top > 0) set_focus(ring.front(), true);
        return;
    }
    std::size_t next = 0;
    if (here) {
        const std::size_t step = pending_tab_ > 0 ? 1 : ring.size() - 1;
        next = (focus_order_ + step) % ring.size();
    } else if (focus_ != 0) {
        next = std::min(focus_order_, ring.size() - 1);  // what had it is gone: its neighbour
    } else {
        next = pending_tab_ > 0 ? 0 : ring.size() - 1;
    }
    set_focus(ring[next], true);
}

void Ui::bring_into_view(const Rect& rect) {
    ImGuiWindow* window = ImGui::GetCurrentWindow();
    if ((window->Flags & ImGuiWindowFlags_ChildWindow) == 0) return;
    constexpr float kMargin = 56;  // shows the label over a field, and what comes next
    const float top = window->InnerRect.Min.y + kMargin;
    const float bottom = window->InnerRect.Max.y - kMargin;
    float by = 0;
    if (rect.bottom() > bottom) by = rect.bottom() - bottom;
    if (rect.y - by < top) by = rect.y - top;
    if (by == 0) return;
    window->Scroll.y = std::clamp(window->Scroll.y + by, 0.0F, window->ScrollMax.y);
    frame_requested_ = true;
}

Ui::Press Ui::press(WidgetId id, const Rect& rect, bool enabled) {
    Press out;
    const ImRect box(rect.x, rect.y, rect.right(), rect.bottom());
    if (!ImGui::ItemAdd(box, id, nullptr, ImGuiItemFlags_NoNav) || !enabled) return out;
    out.pressed = ImGui::ButtonBehavior(box, id, &out.hovered, &out.held, ImGuiButtonFlags_None);
    if (out.pressed) set_focus(id, false);
    if (out.hovered) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
    return out;
}

bool Ui::key_pressed(Key key) {
    for (InputEvent& event : now_) {
        if (event.kind != InputEvent::Kind::kKey || event.key != key) continue;
        event.key = Key::kNone;
        return true;
    }
    return false;
}

bool Ui::take_key(Key key, bool control) {
    for (InputEvent& event : now_) {
        if (event.kind != InputEvent::Kind::kKey || event.key != key) continue;
        if (event.modifiers.control != control || event.modifiers.alt || top_layer_ > 0) continue;
        event.key = Key::kNone;
        return true;
    }
    return false;
}

bool Ui::in_view(const Rect& rect) const {
    const ImRect& clip = ImGui::GetCurrentWindow()->ClipRect;
    return rect.overlaps({clip.Min.x, clip.Min.y, clip.GetWidth(), clip.GetHeight()});
}

WidgetRecord& Ui::leave_record(std::string_view id, std::string_view role, std::string_view label,
                               std::string_view value, const Rect& rect, bool focused,
                               bool enabled) {
    WidgetRecord& out = record_.widgets.emplace_back();
    out.id = id;
    out.role = role;
    out.label = label;
    out.value = value;
    out.rect = mirror_.rect(rect);
    out.focused = focused;
    out.visible = in_view(rect);
    out.enabled = enabled;
    return out;
}

void Ui::add_record(std::string_view id, std::string_view role, std::string_view label,
                    std::string_view value, const Rect& rect) {
    leave_record(id, role, label, value, rect, false, true);
}

}  // namespace awda::ui
