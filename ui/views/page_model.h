// page_model: an open intake's flat list of nodes, cut into the sections that the window shows one
// at a time. Pure; borrows the nodes. Threads: none of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "forms/session.h"

namespace awda::ui {

struct Section {
    std::string key;          ///< the group's or repeat's ref; "#n" for questions outside any group
    std::string title;        ///< empty: the screen's word for "general"
    std::size_t first = 0;    ///< nodes [first, last); the heading's own node is not among them,
    std::size_t last = 0;     ///< except for a repeat, which is drawn with its rows
    std::uint32_t depth = 0;  ///< of the first node
    std::size_t problems = 0;
    std::size_t missing = 0;  ///< required and empty
    std::size_t answered = 0;
};

/// A value of `node` that stands in the way of finalising, or would.
[[nodiscard]] bool is_missing(const forms::ViewNode& node);

/// Groups and repeats at the top are sections; runs of loose questions make one together.
[[nodiscard]] std::vector<Section> sections_of(const std::vector<forms::ViewNode>& nodes);

/// The index of the section that holds `ref`; the number of sections if none does.
[[nodiscard]] std::size_t section_with(const std::vector<forms::ViewNode>& nodes,
                                       const std::vector<Section>& sections, std::string_view ref);

}  // namespace awda::ui
