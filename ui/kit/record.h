// WidgetRecord: what is on the screen, widget by widget: what tests read and, later, screen
// readers.
//
// Written by the kit as it draws; as JSON it is the dump described in ui/DRIVING.md. A secret's
// record has no value. Ownership: plain values. Threads: the UI thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/result.h"
#include "ui/kit/geometry.h"

namespace awda::ui {

struct WidgetRecord {
    std::string id;     ///< stable, from the code: "login.officer", "q:person/name"
    std::string role;   ///< "button", "text", "secret", "radio", "checkbox", "combo", "label", …
    std::string label;  ///< as shown, in the interface's language
    std::string value;  ///< as stored
    Rect rect;          ///< in the window, in pixels, as seen
    bool focused = false;
    bool visible = true;  ///< at least partly inside what its page shows
    bool enabled = true;
    std::optional<bool> checked;  ///< of what can be checked or selected
    std::string problem;          ///< the error shown at it
};

struct ScreenRecord {
    std::string screen;  ///< "first-start", "login", "list", "intake", …
    std::string language;
    bool right_to_left = false;
    int x = 0;  ///< of the window's inside, on the display
    int y = 0;
    int width = 0;
    int height = 0;
    std::uint64_t frame = 0;
    std::vector<WidgetRecord> widgets;
};

/// One JSON object, UTF-8, with a line a widget.
[[nodiscard]] std::string to_json(const ScreenRecord& screen);

}  // namespace awda::ui
