#include "ui/kit/window.h"

#include <GLFW/glfw3.h>
#include <imgui.h>
#include <imgui_internal.h>

#include <cstring>
#include <utility>

#include "platform/dead_stack.h"

namespace awda::ui {

namespace {

/// A page that never settles must not stop the loop from hearing that it should end.
constexpr int kFramesPerTurnMax = 64;
constexpr double kLongestWaitS = 3600;

Window* window_of(GLFWwindow* handle) {
    return static_cast<Window*>(glfwGetWindowUserPointer(handle));
}

Key to_key(int key) {
    switch (key) {
        case GLFW_KEY_TAB: return Key::kTab;
        case GLFW_KEY_ENTER:
        case GLFW_KEY_KP_ENTER: return Key::kEnter;
        case GLFW_KEY_ESCAPE: return Key::kEscape;
        case GLFW_KEY_SPACE: return Key::kSpace;
        case GLFW_KEY_BACKSPACE: return Key::kBackspace;
        case GLFW_KEY_DELETE: return Key::kDelete;
        case GLFW_KEY_LEFT: return Key::kLeft;
        case GLFW_KEY_RIGHT: return Key::kRight;
        case GLFW_KEY_UP: return Key::kUp;
        case GLFW_KEY_DOWN: return Key::kDown;
        case GLFW_KEY_HOME: return Key::kHome;
        case GLFW_KEY_END: return Key::kEnd;
        case GLFW_KEY_PAGE_UP: return Key::kPageUp;
        case GLFW_KEY_PAGE_DOWN: return Key::kPageDown;
        case GLFW_KEY_A: return Key::kA;
        case GLFW_KEY_C: return Key::kC;
        case GLFW_KEY_F: return Key::kF;
        case GLFW_KEY_L: return Key::kL;
        case GLFW_KEY_N: return Key::kN;
        case GLFW_KEY_S: return Key::kS;
        case GLFW_KEY_V: return Key::kV;
        case GLFW_KEY_X: return Key::kX;
        case GLFW_KEY_Y: return Key::kY;
        case GLFW_KEY_Z: return Key::kZ;
        case GLFW_KEY_F1: return Key::kF1;
        default: return Key::kNone;
    }
}

/// Keys that move or erase have a numeric-pad twin that acts so while NumLock is off.
int keypad_twin(int key, int mods) {
    if ((mods & GLFW_MOD_NUM_LOCK) != 0) return key;
    switch (key) {
        case GLFW_KEY_KP_4: return GLFW_KEY_LEFT;
        case GLFW_KEY_KP_6: return GLFW_KEY_RIGHT;
        case GLFW_KEY_KP_8: return GLFW_KEY_UP;
        case GLFW_KEY_KP_2: return GLFW_KEY_DOWN;
        case GLFW_KEY_KP_7: return GLFW_KEY_HOME;
        case GLFW_KEY_KP_1: return GLFW_KEY_END;
        case GLFW_KEY_KP_9: return GLFW_KEY_PAGE_UP;
        case GLFW_KEY_KP_3: return GLFW_KEY_PAGE_DOWN;
        case GLFW_KEY_KP_DECIMAL: return GLFW_KEY_DELETE;
        default: return key;
    }
}

void on_key(GLFWwindow* handle, int code, int /*scancode*/, int action, int mods) {
    if (action == GLFW_RELEASE) return;
    const Key key = to_key(keypad_twin(code, mods));
    if (key == Key::kNone) return;
    const Modifiers modifiers{(mods & GLFW_MOD_SHIFT) != 0, (mods & GLFW_MOD_CONTROL) != 0,
                              (mods & GLFW_MOD_ALT) != 0};
    window_of(handle)->ui().input().post_key(key, modifiers);
}

void on_text(GLFWwindow* handle, unsigned character) {
    window_of(handle)->ui().input().post_text(character);
}

void on_pointer(GLFWwindow* handle, double x, double y) {
    window_of(handle)->ui().input().post_pointer(static_cast<float>(x), static_cast<float>(y));
}

void on_button(GLFWwindow* handle, int button, int action, int /*mods*/) {
    if (button != GLFW_MOUSE_BUTTON_LEFT) return;
    window_of(handle)->ui().input().post_button(action == GLFW_PRESS);
}

void on_wheel(GLFWwindow* handle, double x, double y) {
    InputEvent event;
    event.kind = InputEvent::Kind::kWheel;
    event.x = static_cast<float>(x);
    event.y = static_cast<float>(y);
    window_of(handle)->ui().input().post(event);
}

void on_leave(GLFWwindow* handle, int entered) {
    if (entered == 0) window_of(handle)->ui().input().post_pointer(-1e6F, -1e6F);
}

std::int64_t now_ms() {
    return system_clock().steady_ms();
}

std::uint64_t mix(std::uint64_t hash, const void* data, std::size_t size) {
    const auto* bytes = static_cast<const unsigned char*>(data);
    for (; size >= 8; bytes += 8, size -= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes, 8);
        hash = (hash ^ word) * 0x9E3779B97F4A7C15U;
        hash ^= hash >> 29U;
    }
    for (; size > 0; ++bytes, --size) hash = (hash ^ *bytes) * 0x100000001B3U;
    return hash;
}

}  // namespace

Result<std::unique_ptr<Window>> Window::open(TextEngine& text, WindowOptions options) {
    std::unique_ptr<Window> window(new Window(std::move(options)));
    AWDA_CHECK(window->start(text));
    return window;
}

Status Window::start(TextEngine& text) {
    text_ = &text;
    if (glfwInit() == 0) return Error(Errc::kNoDisplay, "opening the display");
    glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
    glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 0);
    glfwWindowHint(GLFW_MAXIMIZED, GLFW_TRUE);
    glfwWindowHintString(GLFW_X11_CLASS_NAME, "awda-desk");
    glfwWindowHintString(GLFW_X11_INSTANCE_NAME, "awda-desk");
    window_ =
        glfwCreateWindow(options_.width, options_.height, options_.title.c_str(), nullptr, nullptr);
    if (window_ == nullptr) return Error(Errc::kNoDisplay, "opening a window");
    glfwSetWindowSizeLimits(window_, 900, 600, GLFW_DONT_CARE, GLFW_DONT_CARE);
    glfwMakeContextCurrent(window_);
    glfwSwapInterval(0);
    ui_ = std::make_unique<Ui>(text);
    ImGuiIO& io = ImGui::GetIO();
    io.ClipboardUserData = this;
    io.GetClipboardTextFn = [](void* window) { return static_cast<Window*>(window)->paste(); };
    io.SetClipboardTextFn = [](void* window, const char* text) {
        static_cast<Window*>(window)->copy(text);
    };
    renderer_ = AWDA_TRY(make_gl_renderer());
    set_callbacks();
    return {};
}

void Window::set_callbacks() {
    glfwSetWindowUserPointer(window_, this);
    glfwSetInputMode(window_, GLFW_LOCK_KEY_MODS, GLFW_TRUE);
    glfwSetKeyCallback(window_, on_key);
    glfwSetCharCallback(window_, on_text);
    glfwSetCursorPosCallback(window_, on_pointer);
    glfwSetMouseButtonCallback(window_, on_button);
    glfwSetScrollCallback(window_, on_wheel);
    glfwSetCursorEnterCallback(window_, on_leave);
    glfwSetWindowRefreshCallback(
        window_, [](GLFWwindow* handle) { window_of(handle)->must_present_ = true; });
    cursors_[0] = glfwCreateStandardCursor(GLFW_ARROW_CURSOR);
    cursors_[1] = glfwCreateStandardCursor(GLFW_IBEAM_CURSOR);
    cursors_[2] = glfwCreateStandardCursor(GLFW_HAND_CURSOR);
}

Window::~Window() {
    // GLFW would hand what we copied to the clipboard's manager.
    if (window_ != nullptr && clipboard_used_) glfwSetClipboardString(window_, "");
    renderer_.reset();
    ui_.reset();
    if (window_ != nullptr) glfwDestroyWindow(window_);
    glfwTerminate();
}

const char* Window::paste() {
    clipboard_used_ = true;
    return glfwGetClipboardString(window_);
}

void Window::copy(const char* text) {
    clipboard_used_ = true;
    glfwSetClipboardString(window_, text);
}

void Window::close() {
    glfwSetWindowShouldClose(window_, GLFW_TRUE);
}
void Window::wake() {
    glfwPostEmptyEvent();
}

std::uint64_t Window::picture_hash() const {
    const ImDrawData* data = ui_->draw_data();
    std::uint64_t hash = mix(0x5AD0, &data->DisplaySize, sizeof data->DisplaySize);
    for (const ImDrawList* list : data->CmdLists) {
        hash = mix(hash, list->VtxBuffer.Data,
                   static_cast<std::size_t>(list->VtxBuffer.size_in_bytes()));
        hash = mix(hash, list->IdxBuffer.Data,
                   static_cast<std::size_t>(list->IdxBuffer.size_in_bytes()));
        for (const ImDrawCmd& command : list->CmdBuffer) {
            hash = mix(hash, &command.ClipRect, sizeof command.ClipRect);
            hash = mix(hash, &command.ElemCount, sizeof command.ElemCount);
        }
    }
    return hash;
}

bool Window::settle(const Page& page) {
    for (int i = 0; i < kFramesPerTurnMax; ++i) {
        int width = 0;
        int height = 0;
        glfwGetFramebufferSize(window_, &width, &height);
        if (width <= 0 || height <= 0) return false;  // minimised
        FrameInput frame;
        frame.width = static_cast<float>(width);
        frame.height = static_cast<float>(height);
        frame.language = page.language();
        frame.now_ms = now_ms();
        ui_->begin_frame(frame, page.screen());
        page.draw(*ui_);
        ui_->end_frame();
        if (!ui_->needs_frame()) break;
    }
    const int shape = ImGui::GetMouseCursor() == ImGuiMouseCursor_TextInput ? 1
                      : ImGui::GetMouseCursor() == ImGuiMouseCursor_Hand    ? 2
                                                                            : 0;
    glfwSetCursor(window_, static_cast<GLFWcursor*>(cursors_[shape]));
    const std::uint64_t hash = picture_hash();
    if (hash == shown_hash_ && !must_present_) return false;
    renderer_->draw(*ui_->draw_data(), text_->atlas(), theme::kPage);
    if (options_.screenshot_file.empty()) glfwSwapBuffers(window_);
    shown_hash_ = hash;
    must_present_ = false;
    return true;
}

void Window::wait(std::int64_t until_ms) {
    if (ui_->needs_frame()) {
        glfwPollEvents();
        return;
    }
    if (until_ms == 0) {
        glfwWaitEvents();
        return;
    }
    const double seconds = static_cast<double>(until_ms - now_ms()) / 1000.0;
    if (seconds <= 0)
        glfwPollEvents();
    else
        glfwWaitEventsTimeout(std::min(seconds, kLongestWaitS));
}

Status Window::run(const Page& page) {
    const auto stopped = [&] { return options_.stopped && options_.stopped(); };
    while (glfwWindowShouldClose(window_) == 0 && !stopped()) {
        settle(page);
        if (!ui_->needs_frame()) {
            AWDA_CHECK(write_dump());
            if (!options_.screenshot_file.empty()) return write_screenshot();
        }
        if (ui_->take_forgot()) forget();
        std::int64_t until = ui_->next_wake_ms();
        const std::int64_t page_until = page.next_wake_ms();
        if (until == 0 || (page_until != 0 && page_until < until)) until = page_until;
        wait(until);
    }
    return {};
}

/// An answer that was copied must not wait on the clipboard for whoever sits down next; GLFW keeps
/// a copy of its own of what it gave or took.
void Window::forget() {
    if (std::exchange(clipboard_used_, false)) glfwSetClipboardString(window_, "");
    wipe_dead_stack();
}

Status Window::write_dump() {
    if (options_.dump_file.empty()) return {};
    ScreenRecord record = ui_->record();
    glfwGetWindowPos(window_, &record.x, &record.y);
    const std::string json = to_json(record);
    record.frame = 0;  // the frame counter alone is no news
    std::string compared = to_json(record);
    if (compared == dumped_) return {};
    dumped_ = std::move(compared);
    return atomic_write(options_.dump_file, as_bytes(json));
}

Status Window::write_screenshot() {
    const Pixels pixels = renderer_->read_back(ui_->record().width, ui_->record().height);
    Bytes out = to_bytes("P6\n" + std::to_string(pixels.width) + " " +
                         std::to_string(pixels.height) + "\n255\n");
    out.insert(out.end(), pixels.rgb.begin(), pixels.rgb.end());
    return atomic_write(options_.screenshot_file, out);
}

}  // namespace awda::ui
