// Styled text: the Markdown and HTML that ODK allows in labels and hints, as data for a screen.
//
// Ownership: values. Threads: pure. Understood: # headings, **bold**, __bold__, *italic*, _italic_,
// [text](address), "- " and "1. " items, backslash escapes; <b> <strong> <i> <em> <u> <sub> <sup>
// <span style="color: …; font-family: …"> <font> <a href> <p style="text-align: …"> <h1>…<h6> <br>.
// Other HTML is left out, scripts and styles with what is in them; nothing is ever run or fetched.
// Work and memory are linear in the text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace awda::forms {

struct TextStyle {
    bool bold = false;
    bool italic = false;
    bool underline = false;
    bool subscript = false;
    bool superscript = false;
    std::string color;  ///< "#rrggbb", "#rgb" or a name in small letters; empty for the usual one
    std::string font;   ///< a family's name, or empty
    std::string link;   ///< http, https, mailto or tel; or empty
    bool operator==(const TextStyle&) const = default;
};

struct StyledRun {
    std::string text;
    TextStyle style;
    bool operator==(const StyledRun&) const = default;
};

enum class BlockKind : std::uint8_t { kParagraph, kHeading, kBullet, kNumbered };
enum class BlockAlign : std::uint8_t { kStart, kLeft, kCenter, kRight };

/// One line of the text.
struct StyledBlock {
    BlockKind kind = BlockKind::kParagraph;
    std::uint32_t level = 0;   ///< of a heading, 1 to 6
    std::uint32_t number = 0;  ///< of a numbered item
    BlockAlign align = BlockAlign::kStart;
    bool after_gap = false;  ///< an empty line stands before it
    std::vector<StyledRun> runs;
    bool operator==(const StyledBlock&) const = default;
};

struct StyledText {
    std::vector<StyledBlock> blocks;
    /// Without styles, a line a block.
    [[nodiscard]] std::string plain() const;
};

/// Longer texts come back unstyled, in one block.
inline constexpr std::size_t kStyledBytesMax = 64U << 10U;

[[nodiscard]] StyledText styled_text(std::string_view text);

}  // namespace awda::forms
