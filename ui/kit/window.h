// Window: the operating system's window, its events, and the loop that sleeps until one comes.
//
// A frame is made only when something happened; it is presented only when its picture differs from
// the one on the screen. Ownership: one Window a process; it owns the renderer and the Ui. Threads:
// everything on the thread that made it, except wake().
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "platform/files.h"
#include "ui/kit/renderer.h"
#include "ui/kit/ui.h"

struct GLFWwindow;

namespace awda::ui {

struct WindowOptions {
    std::string title;
    int width = 1366;
    int height = 768;
    Path dump_file;                 ///< records go there after each change; empty: nowhere
    std::function<bool()> stopped;  ///< true: end, as if the window were closed
    Path screenshot_file;  ///< PPM; written after the first settled picture, then the loop ends
};

class Window {
public:
    static Result<std::unique_ptr<Window>> open(TextEngine& text, WindowOptions options);
    ~Window();
    Window(const Window&) = delete;
    Window& operator=(const Window&) = delete;

    [[nodiscard]] Ui& ui() { return *ui_; }
    /// Draws one frame of the page; fills in the language and the screen's name first.
    struct Page {
        std::function<Language()> language;
        std::function<std::string()> screen;
        std::function<void(Ui&)> draw;
        /// Steady milliseconds at which the page wants to be drawn again; 0 = when something
        /// happens.
        std::function<std::int64_t()> next_wake_ms;
    };
    /// Runs until the window is closed or `close` is called.
    Status run(const Page& page);
    void close();
    /// Makes the loop turn; from any thread.
    static void wake();

private:
    explicit Window(WindowOptions options) : options_(std::move(options)) {}
    Status start(TextEngine& text);
    void set_callbacks();
    void wait(std::int64_t until_ms);
    /// Frames until nothing changes any more; true when the picture on the screen is new.
    bool settle(const Page& page);
    const char* paste();
    void copy(const char* text);
    void forget();
    Status write_dump();
    Status write_screenshot();
    [[nodiscard]] std::uint64_t picture_hash() const;

    WindowOptions options_;
    GLFWwindow* window_ = nullptr;
    TextEngine* text_ = nullptr;
    std::unique_ptr<Ui> ui_;
    std::unique_ptr<Renderer> renderer_;
    std::uint64_t shown_hash_ = 0;
    std::string dumped_;
    void* cursors_[3] = {nullptr, nullptr, nullptr};
    bool must_present_ = true;
    bool clipboard_used_ = false;  ///< since the last lock
};

}  // namespace awda::ui
