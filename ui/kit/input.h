// input: what the user did, in order, handed out so that nothing overtakes anything.
//
// The window posts events as they come; each frame takes a portion: pointer events up to one button
// change, or one key, or a run of letters. So a click, the letters typed after it and the Tab
// between two words act one after another however many of them wait, and no event is ever lost or
// merged. Letters never enter Dear ImGui's queues. Ownership: Ui holds one. Threads: the UI thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace awda::ui {

enum class Key : std::uint8_t {
    kNone,
    kTab,
    kEnter,
    kEscape,
    kSpace,
    kBackspace,
    kDelete,
    kLeft,
    kRight,
    kUp,
    kDown,
    kHome,
    kEnd,
    kPageUp,
    kPageDown,
    kA,
    kC,
    kF,
    kL,
    kN,
    kS,
    kV,
    kX,
    kY,
    kZ,
    kF1,
};

struct Modifiers {
    bool shift = false;
    bool control = false;
    bool alt = false;
};

struct InputEvent {
    enum class Kind : std::uint8_t { kPointer, kButton, kWheel, kKey, kText, kWindowFocus };
    Kind kind{};
    float x = 0;  ///< kPointer: place on the screen; kWheel: steps
    float y = 0;
    bool down = false;     ///< kButton, kWindowFocus
    Key key = Key::kNone;  ///< kKey: pressed or repeated
    Modifiers modifiers;
    char32_t character = 0;  ///< kText
};

class InputQueue {
public:
    /// A stuck window must not eat the machine's memory; a person types far less.
    static constexpr std::size_t kEventsMax = 65536;

    void post(const InputEvent& event);
    void post_pointer(float x, float y) {
        post({InputEvent::Kind::kPointer, x, y, false, {}, {}, 0});
    }
    void post_button(bool down) { post({InputEvent::Kind::kButton, 0, 0, down, {}, {}, 0}); }
    void post_key(Key key, Modifiers modifiers = {}) {
        post({InputEvent::Kind::kKey, 0, 0, true, key, modifiers, 0});
    }
    void post_text(char32_t c) { post({InputEvent::Kind::kText, 0, 0, false, {}, {}, c}); }

    [[nodiscard]] bool empty() const { return events_.empty(); }
    /// The next frame's portion; the queue's own copies are wiped.
    [[nodiscard]] std::vector<InputEvent> take_portion();

private:
    std::deque<InputEvent> events_;
};

/// Overwrites the characters of a portion that has been dealt with.
void wipe_input(std::vector<InputEvent>& events);

}  // namespace awda::ui
