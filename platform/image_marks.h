// image_marks: the few facts beside the pixels that decide how they are read. Private to platform.
// Threads: pure functions.
#pragma once

#include "platform/bytes.h"

namespace awda {

struct ImageMarks {
    int orientation = 1;      ///< Exif's, 1 to 8
    bool adobe = false;       ///< an Adobe segment: CMYK values are stored inverted
    bool has_ending = false;  ///< of a JPEG: its end marker came after its pixels
};

/// Whatever cannot be read counts as not there.
[[nodiscard]] ImageMarks jpeg_marks(ByteView file);
[[nodiscard]] ImageMarks png_marks(ByteView file);

}  // namespace awda
