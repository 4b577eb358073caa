#include "ui/kit/input.h"

#include "platform/secret.h"

namespace awda::ui {

namespace {

using Kind = InputEvent::Kind;

bool is_pointer(Kind kind) {
    return kind == Kind::kPointer || kind == Kind::kButton || kind == Kind::kWheel;
}

void wipe_event(InputEvent& event) {
    awda::wipe(std::span<std::uint8_t>(reinterpret_cast<std::uint8_t*>(&event.character),
                                       sizeof(event.character)));
}

}  // namespace

void InputQueue::post(const InputEvent& event) {
    if (events_.size() >= kEventsMax) return;
    // A pointer on its way matters only where it arrives.
    if (event.kind == Kind::kPointer && !events_.empty() && events_.back().kind == Kind::kPointer) {
        events_.back() = event;
        return;
    }
    events_.push_back(event);
}

std::vector<InputEvent> InputQueue::take_portion() {
    std::vector<InputEvent> portion;
    while (!events_.empty()) {
        const Kind kind = events_.front().kind;
        if (!portion.empty()) {
            const Kind first = portion.front().kind;
            const bool goes_on = (first == Kind::kText && kind == Kind::kText) ||
                                 (is_pointer(first) && is_pointer(kind));
            if (!goes_on) break;
        }
        portion.push_back(events_.front());
        wipe_event(events_.front());
        events_.pop_front();
        if (kind == Kind::kButton || kind == Kind::kKey || kind == Kind::kWheel) break;
    }
    return portion;
}

void wipe_input(std::vector<InputEvent>& events) {
    for (InputEvent& event : events) wipe_event(event);
    events.clear();
}

}  // namespace awda::ui
