// image_codec: JPEG and PNG to pixels and back, over libjpeg-turbo and libpng. Private to platform;
// the rest of Awda uses image.h. Threads: pure functions.
#pragma once

#include "platform/image.h"
#include "platform/image_pixels.h"

namespace awda {

/// Decodes, no larger than needed for a long side of `side`. Errors: as prepare_image().
[[nodiscard]] Result<Pixels> decode_jpeg(ByteView file, std::uint32_t side);
/// What is transparent shows white paper.
[[nodiscard]] Result<Pixels> decode_png(ByteView file);

[[nodiscard]] Result<Bytes> encode_jpeg(const Pixels& image, int quality, bool full_colour);
[[nodiscard]] Result<Bytes> encode_png(const Pixels& image, const Palette& palette);

}  // namespace awda
