#include "platform/image.h"

#include <array>
#include <new>

#include "platform/image_codec.h"
#include "platform/image_marks.h"

namespace awda {

namespace {

constexpr std::array<std::uint8_t, 3> kJpegStart{0xFF, 0xD8, 0xFF};
constexpr std::array<std::uint8_t, 8> kPngStart{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
constexpr std::array<std::uint8_t, 5> kPdfStart{'%', 'P', 'D', 'F', '-'};

bool begins(ByteView file, ByteView start) {
    return file.size() >= start.size() && equal(file.first(start.size()), start);
}

Result<Pixels> decode(ByteView file, std::uint32_t side) {
    switch (content_kind(file)) {
        case ContentKind::kJpeg: return decode_jpeg(file, side);
        case ContentKind::kPng: {
            Pixels image = AWDA_TRY(decode_png(file));
            return turn_upright(shrink_to(std::move(image), side), png_marks(file).orientation);
        }
        default: return Error(Errc::kAttachmentType, "neither JPEG nor PNG");
    }
}

/// Few colours mean print or drawing, which PNG keeps exactly and often smaller.
Result<EncodedImage> encode_smallest(const Pixels& image, bool full_colour) {
    EncodedImage out;
    out.width = image.width;
    out.height = image.height;
    out.bytes = AWDA_TRY(encode_jpeg(image, kJpegQuality, full_colour));
    if (const auto palette = find_palette(image)) {
        Bytes png = AWDA_TRY(encode_png(image, *palette));
        if (png.size() < out.bytes.size()) {
            out.bytes = std::move(png);
            out.kind = ContentKind::kPng;
        }
    }
    return out;
}

Result<PreparedImage> prepare(ByteView file, ImageUse use) {
    const bool scan = use == ImageUse::kScan;
    Pixels image = AWDA_TRY(decode(file, scan ? kScanSide : kPhotoSide));
    PreparedImage prepared;
    prepared.image = AWDA_TRY(encode_smallest(image, scan));
    const Pixels small = shrink_to(std::move(image), kThumbnailSide);
    prepared.thumbnail.width = small.width;
    prepared.thumbnail.height = small.height;
    prepared.thumbnail.bytes = AWDA_TRY(encode_jpeg(small, kThumbnailQuality, false));
    return prepared;
}

}  // namespace

ContentKind content_kind(ByteView file) {
    if (begins(file, kJpegStart)) return ContentKind::kJpeg;
    if (begins(file, kPngStart)) return ContentKind::kPng;
    if (begins(file, kPdfStart)) return ContentKind::kPdf;
    return ContentKind::kOther;
}

Result<PreparedImage> prepare_image(ByteView file, ImageUse use) {
    if (file.size() > kImageFileMax) return Error(Errc::kTooLarge, "a picture's file");
    try {
        return prepare(file, use);
    } catch (const std::bad_alloc&) {
        return Error(Errc::kOutOfMemory, "the pixels of a picture");
    }
}

}  // namespace awda
