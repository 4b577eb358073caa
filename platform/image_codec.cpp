#include "platform/image_codec.h"

#include <png.h>
#include <turbojpeg.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "platform/image_marks.h"

namespace awda {

namespace {

struct DestroyHandle {
    void operator()(void* handle) const { tjDestroy(handle); }
};
using Handle = std::unique_ptr<void, DestroyHandle>;

Status check_size(std::uint64_t width, std::uint64_t height) {
    if (width == 0 || height == 0) return Error(Errc::kImageUnreadable, "a picture without pixels");
    if (width > kImageSideMax || height > kImageSideMax || width * height > kImagePixelsMax) {
        return Error(Errc::kTooLarge, "a picture of too many pixels");
    }
    return {};
}

struct JpegHead {
    int width = 0;
    int height = 0;
    bool four_colours = false;
};

Result<JpegHead> read_head(const Handle& handle, ByteView file) {
    JpegHead head;
    int sampling = 0;
    int colours = 0;
    if (tjDecompressHeader3(handle.get(), file.data(), file.size(), &head.width, &head.height,
                            &sampling, &colours) != 0 ||
        head.width <= 0 || head.height <= 0) {
        return Error(Errc::kImageUnreadable, "a JPEG's head");
    }
    AWDA_CHECK(check_size(static_cast<std::uint64_t>(head.width),
                          static_cast<std::uint64_t>(head.height)));
    head.four_colours = colours == TJCS_CMYK || colours == TJCS_YCCK;
    return head;
}

/// The decoder's smallest size that is still at least `side`: it saves memory and time, and the
/// rest is left to the better filter.
tjscalingfactor choose_scale(int longest, std::uint32_t side) {
    int count = 0;
    const tjscalingfactor* factors = tjGetScalingFactors(&count);
    tjscalingfactor best{1, 1};
    int best_size = longest;
    for (int i = 0; factors != nullptr && i < count; ++i) {
        const int size = TJSCALED(longest, factors[i]);
        if (size >= static_cast<int>(side) && size < best_size) {
            best = factors[i];
            best_size = size;
        }
    }
    return best;
}

/// Ink over white. With an Adobe segment the values say how much paper shows, else how much ink.
Bytes cmyk_to_rgb(const Bytes& cmyk, bool inverted) {
    Bytes rgb;
    rgb.reserve(cmyk.size() / 4 * 3);
    for (std::size_t at = 0; at + 3 < cmyk.size(); at += 4) {
        const auto paper = [&](std::size_t i) {
            return inverted ? unsigned{cmyk[at + i]} : 255U - cmyk[at + i];
        };
        for (std::size_t i = 0; i < 3; ++i) {
            rgb.push_back(static_cast<std::uint8_t>(paper(i) * paper(3) / 255U));
        }
    }
    return rgb;
}

/// A few stray bytes before the end marker are a camera's habit; any other warning means that
/// pixels are missing or wrong.
bool harmless_warning(const Handle& handle, const ImageMarks& marks) {
    const std::string_view said = tjGetErrorStr2(handle.get());
    return tjGetErrorCode(handle.get()) == TJERR_WARNING && marks.has_ending &&
           said.find("extraneous bytes before marker 0xd9") != std::string_view::npos;
}

struct FreeImage {
    void operator()(png_image* image) const { png_image_free(image); }
};

}  // namespace

Result<Pixels> decode_jpeg(ByteView file, std::uint32_t side) {
    const Handle handle(tjInitDecompress());
    if (handle == nullptr) return Error(Errc::kOutOfMemory, "the JPEG decoder");
    const JpegHead head = AWDA_TRY(read_head(handle, file));
    const ImageMarks marks = jpeg_marks(file);
    const tjscalingfactor scale = choose_scale(std::max(head.width, head.height), side);
    const int width = TJSCALED(head.width, scale);
    const int height = TJSCALED(head.height, scale);
    Pixels image{static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height), {}};
    const std::size_t bytes_each = head.four_colours ? 4 : 3;
    Bytes decoded(bytes_each * image.width * image.height);
    const int done = tjDecompress2(handle.get(), file.data(), file.size(), decoded.data(), width, 0,
                                   height, head.four_colours ? TJPF_CMYK : TJPF_RGB,
                                   TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS);
    if (done != 0 && !harmless_warning(handle, marks)) {
        return Error(Errc::kImageUnreadable, "a JPEG's pixels");
    }
    image.rgb = head.four_colours ? cmyk_to_rgb(decoded, marks.adobe) : std::move(decoded);
    return turn_upright(shrink_to(std::move(image), side), marks.orientation);
}

Result<Pixels> decode_png(ByteView file) {
    png_image reader{};
    reader.version = PNG_IMAGE_VERSION;
    const std::unique_ptr<png_image, FreeImage> owner(&reader);
    if (png_image_begin_read_from_memory(&reader, file.data(), file.size()) == 0) {
        return Error(Errc::kImageUnreadable, "a PNG's head");
    }
    AWDA_CHECK(check_size(reader.width, reader.height));
    reader.format = PNG_FORMAT_RGB;
    Pixels image{reader.width, reader.height, {}};
    image.rgb.resize(std::size_t{3} * image.width * image.height);
    const png_color white{255, 255, 255};
    if (png_image_finish_read(&reader, &white, image.rgb.data(), 0, nullptr) == 0) {
        return Error(Errc::kImageUnreadable, "a PNG's pixels");
    }
    return image;
}

Result<Bytes> encode_jpeg(const Pixels& image, int quality, bool full_colour) {
    const Handle handle(tjInitCompress());
    if (handle == nullptr) return Error(Errc::kOutOfMemory, "the JPEG encoder");
    const auto width = static_cast<int>(image.width);
    const auto height = static_cast<int>(image.height);
    const int sampling = full_colour ? TJSAMP_444 : TJSAMP_420;
    Bytes out(tjBufSize(width, height, sampling));
    unsigned char* target = out.data();
    unsigned long size = out.size();
    if (tjCompress2(handle.get(), image.rgb.data(), width, 0, height, TJPF_RGB, &target, &size,
                    sampling, quality, TJFLAG_NOREALLOC | TJFLAG_ACCURATEDCT) != 0) {
        return Error(Errc::kImageUnreadable, "writing a JPEG");
    }
    out.resize(size);
    out.shrink_to_fit();
    return out;
}

Result<Bytes> encode_png(const Pixels& image, const Palette& palette) {
    png_image writer{};
    writer.version = PNG_IMAGE_VERSION;
    writer.width = image.width;
    writer.height = image.height;
    writer.format = PNG_FORMAT_RGB_COLORMAP;
    writer.colormap_entries = static_cast<png_uint_32>(palette.rgb.size() / 3);
    const std::unique_ptr<png_image, FreeImage> owner(&writer);
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(writer);
    Bytes out(size);
    if (png_image_write_to_memory(&writer, out.data(), &size, 0, palette.indices.data(), 0,
                                  palette.rgb.data()) == 0) {
        return Error(Errc::kImageUnreadable, "writing a PNG");
    }
    out.resize(size);
    out.shrink_to_fit();
    return out;
}

}  // namespace awda
