#include "ui/views/page_model.h"

#include <algorithm>

namespace awda::ui {

namespace {

using forms::ViewKind;
using forms::ViewNode;

void count(Section& section, const std::vector<ViewNode>& nodes) {
    for (std::size_t i = section.first; i < section.last; ++i) {
        const ViewNode& node = nodes[i];
        if (node.kind != ViewKind::kQuestion) continue;
        if (node.problem.has_value()) ++section.problems;
        if (is_missing(node)) ++section.missing;
        if (!node.value.empty()) ++section.answered;
    }
}

}  // namespace

bool is_missing(const ViewNode& node) {
    return node.kind == ViewKind::kQuestion && node.required && node.value.empty() &&
           !node.readonly;
}

std::vector<Section> sections_of(const std::vector<ViewNode>& nodes) {
    std::vector<Section> out;
    if (nodes.empty()) return out;
    std::uint32_t top = nodes.front().depth;
    for (const ViewNode& node : nodes) top = std::min(top, node.depth);
    bool loose = false;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const ViewNode& node = nodes[i];
        if (node.depth > top) {
            out.back().last = i + 1;
            continue;
        }
        const bool is_section = node.kind == ViewKind::kGroup || node.kind == ViewKind::kRepeat;
        if (is_section) {
            const std::size_t first = node.kind == ViewKind::kRepeat ? i : i + 1;
            out.push_back(
                {node.ref, node.label, first, i + 1, first == i ? top : top + 1, 0, 0, 0});
        } else if (!loose) {
            out.push_back({"#" + std::to_string(out.size()), "", i, i + 1, top, 0, 0, 0});
        } else {
            out.back().last = i + 1;
        }
        loose = !is_section;
    }
    // A group whose questions are all hidden now has nothing to show.
    std::erase_if(out, [](const Section& section) { return section.first >= section.last; });
    for (Section& section : out) count(section, nodes);
    return out;
}

std::size_t section_with(const std::vector<ViewNode>& nodes, const std::vector<Section>& sections,
                         std::string_view ref) {
    for (std::size_t s = 0; s < sections.size(); ++s) {
        for (std::size_t i = sections[s].first; i < sections[s].last; ++i) {
            if (nodes[i].ref == ref) return s;
        }
    }
    return sections.size();
}

}  // namespace awda::ui
