// image_pixels: 8-bit RGB pixels, and what is done with them. Private to platform.
// Threads: pure values and functions.
#pragma once

#include <cstdint>
#include <optional>

#include "platform/bytes.h"

namespace awda {

struct Pixels {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    Bytes rgb;  ///< rows from the top, three bytes a pixel
};

/// No side longer than `side`, each new pixel the exact mean of the area it covers; as it is if it
/// is small enough already.
[[nodiscard]] Pixels shrink_to(Pixels image, std::uint32_t side);

/// Turns as Exif's orientation (1 to 8) says, so that it stands upright without being told.
[[nodiscard]] Pixels turn_upright(Pixels image, int orientation);

/// A palette and an index for each pixel; nothing if there are more than 256 colours.
struct Palette {
    Bytes rgb;
    Bytes indices;
};
[[nodiscard]] std::optional<Palette> find_palette(const Pixels& image);

}  // namespace awda
