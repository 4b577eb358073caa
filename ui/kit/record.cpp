#include "ui/kit/record.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace awda::ui {

namespace {

using Json = nlohmann::ordered_json;

Json widget_json(const WidgetRecord& widget) {
    Json out;
    out["id"] = widget.id;
    out["role"] = widget.role;
    out["label"] = widget.label;
    out["value"] = widget.value;
    const auto whole = [](float v) { return static_cast<int>(std::lround(v)); };
    out["rect"] = {whole(widget.rect.x), whole(widget.rect.y), whole(widget.rect.w),
                   whole(widget.rect.h)};
    out["focused"] = widget.focused;
    out["visible"] = widget.visible;
    out["enabled"] = widget.enabled;
    if (widget.checked.has_value()) out["checked"] = *widget.checked;
    if (!widget.problem.empty()) out["problem"] = widget.problem;
    return out;
}

std::string line(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string to_json(const ScreenRecord& screen) {
    Json head;
    head["screen"] = screen.screen;
    head["language"] = screen.language;
    head["right_to_left"] = screen.right_to_left;
    head["x"] = screen.x;
    head["y"] = screen.y;
    head["width"] = screen.width;
    head["height"] = screen.height;
    head["frame"] = screen.frame;
    std::string out = line(head);
    out.pop_back();
    out += ",\"widgets\":[";
    for (std::size_t i = 0; i < screen.widgets.size(); ++i) {
        out += i == 0 ? "\n" : ",\n";
        out += line(widget_json(screen.widgets[i]));
    }
    return out + "\n]}\n";
}

}  // namespace awda::ui
