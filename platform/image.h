// image: pictures made fit to be kept: upright, of a sensible size, and without what a camera adds.
//
// What comes out was drawn anew from pixels alone, so place, time, camera, thumbnail, colour
// profile and whatever hides behind a picture's end stay behind. The input is hostile: it is known
// by its content, never by a name, and its stated size is judged before memory is taken. Threads:
// pure functions from bytes to bytes, at most about 400 MiB and 2 s; call them off the core thread.
#pragma once

#include <cstdint>

#include "platform/bytes.h"

namespace awda {

enum class ContentKind : std::uint8_t { kOther = 0, kJpeg = 1, kPng = 2, kPdf = 3 };
/// By the first bytes, which must be at the very beginning.
[[nodiscard]] ContentKind content_kind(ByteView file);

inline constexpr std::size_t kImageFileMax = 32U << 20U;
inline constexpr std::uint32_t kImageSideMax = 30'000;
/// A progressive JPEG keeps all its coefficients, 6 bytes a pixel: 64 million are 384 MB.
inline constexpr std::uint64_t kImagePixelsMax = 64'000'000;

enum class ImageUse : std::uint8_t {
    kPhoto,  ///< a face or a place: up to 2,000 pixels a side, JPEG quality 85, half-width colour
    /// A paper: up to 2,600 a side, which is 220 dots an inch on A4 and keeps 7-point print
    /// readable; JPEG quality 85 with full colour, so that red stamps keep their edges.
    kScan,
};
inline constexpr std::uint32_t kPhotoSide = 2'000;
inline constexpr std::uint32_t kScanSide = 2'600;
inline constexpr std::uint32_t kThumbnailSide = 256;
inline constexpr int kJpegQuality = 85;
inline constexpr int kThumbnailQuality = 75;

struct EncodedImage {
    Bytes bytes;
    ContentKind kind = ContentKind::kJpeg;
    std::uint32_t width = 0;
    std::uint32_t height = 0;
};

struct PreparedImage {
    EncodedImage image;      ///< JPEG; PNG where up to 256 colours make that smaller
    EncodedImage thumbnail;  ///< JPEG
};

/// kAttachmentType if it is neither JPEG nor PNG; kTooLarge beyond the limits above;
/// kImageUnreadable if it is truncated, damaged or of a kind the decoder refuses; kOutOfMemory.
[[nodiscard]] Result<PreparedImage> prepare_image(ByteView file, ImageUse use);

}  // namespace awda
