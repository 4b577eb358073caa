#include "platform/image_marks.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace awda {

namespace {

constexpr std::uint16_t kOrientationTag = 0x0112;
constexpr std::uint16_t kShortType = 3;
constexpr std::size_t kEntriesMax = 512;

/// Integers of a TIFF structure in the byte order it states; zero beyond the end.
class Tiff {
public:
    explicit Tiff(ByteView bytes) : bytes_(bytes), big_(!bytes.empty() && bytes[0] == 'M') {}
    [[nodiscard]] std::uint32_t number(std::size_t at, std::size_t size) const {
        if (at > bytes_.size() || size > bytes_.size() - at) return 0;
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < size; ++i) {
            value = (value << 8U) | bytes_[big_ ? at + i : at + size - 1 - i];
        }
        return value;
    }

private:
    ByteView bytes_;
    bool big_;
};

int tiff_orientation(ByteView bytes) {
    const Tiff tiff(bytes);
    if (tiff.number(2, 2) != 42) return 1;
    const std::size_t directory = tiff.number(4, 4);
    const std::size_t entries = std::min<std::size_t>(tiff.number(directory, 2), kEntriesMax);
    for (std::size_t i = 0; i < entries; ++i) {
        const std::size_t entry = directory + 2 + 12 * i;
        if (tiff.number(entry, 2) != kOrientationTag || tiff.number(entry + 2, 2) != kShortType) {
            continue;
        }
        const auto value = static_cast<int>(tiff.number(entry + 8, 2));
        return value >= 1 && value <= 8 ? value : 1;
    }
    return 1;
}

bool begins_with(ByteView bytes, std::string_view tag) {
    return bytes.size() >= tag.size() && equal(bytes.first(tag.size()), as_bytes(tag));
}

std::uint32_t big_endian(ByteView bytes, std::size_t at, std::size_t size) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = (value << 8U) | bytes[at + i];
    return value;
}

}  // namespace

ImageMarks jpeg_marks(ByteView file) {
    using namespace std::string_view_literals;
    ImageMarks marks;
    std::size_t at = 2;
    while (at + 4 <= file.size() && file[at] == 0xFF) {
        const std::uint8_t marker = file[at + 1];
        if (marker == 0xFF) {  // fill
            ++at;
            continue;
        }
        const std::size_t length = big_endian(file, at + 2, 2);
        if (length < 2 || length > file.size() - at - 2) return marks;
        const ByteView segment = file.subspan(at + 4, length - 2);
        if (marker == 0xE1 && begins_with(segment, "Exif\0\0"sv)) {
            marks.orientation = tiff_orientation(segment.subspan(6));
        }
        if (marker == 0xEE && begins_with(segment, "Adobe"sv)) marks.adobe = true;
        at += 2 + length;
        if (marker == 0xDA) break;  // pixels begin
    }
    const std::array<std::uint8_t, 2> ending{0xFF, 0xD9};
    marks.has_ending = at < file.size() && !std::ranges::search(file.subspan(at), ending).empty();
    return marks;
}

ImageMarks png_marks(ByteView file) {
    ImageMarks marks;
    std::size_t at = 8;
    while (at + 12 <= file.size()) {
        const std::size_t length = big_endian(file, at, 4);
        if (length > file.size() - at - 12) return marks;
        if (begins_with(file.subspan(at + 4), "eXIf")) {
            marks.orientation = tiff_orientation(file.subspan(at + 8, length));
        }
        at += 12 + length;
    }
    return marks;
}

}  // namespace awda
