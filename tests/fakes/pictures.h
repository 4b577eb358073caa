// Pictures made for tests, as cameras, scanners and attackers make them. Whoever includes this
// links libturbojpeg, libpng and zlib. Threads: pure functions.
#pragma once

#include <png.h>
#include <turbojpeg.h>

#include <string>
#include <string_view>
#include <vector>

#include "platform/bytes.h"

namespace awda::fakes {

/// Four quarters: red, green / blue, white; `bytes_each` 3, or 4 for CMYK of little ink.
inline Bytes quarters(int width, int height, int bytes_each = 3) {
    Bytes pixels;
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            const bool right = x >= width / 2;
            const bool low = y >= height / 2;
            const std::uint8_t red = !right || low ? 255 : 0;
            const Bytes colour = low ? (right ? Bytes{255, 255, 255} : Bytes{0, 0, 255})
                                     : (right ? Bytes{0, 255, 0} : Bytes{red, 0, 0});
            pixels.insert(pixels.end(), colour.begin(), colour.end());
            if (bytes_each == 4) pixels.push_back(255);
        }
    }
    return pixels;
}

inline Bytes jpeg(int width, int height, int flags = 0, int format = TJPF_RGB,
                  const Bytes* given = nullptr) {
    const Bytes pixels =
        given != nullptr ? *given : quarters(width, height, format == TJPF_CMYK ? 4 : 3);
    void* handle = tjInitCompress();
    unsigned char* out = nullptr;
    unsigned long size = 0;
    tjCompress2(handle, pixels.data(), width, 0, height, format, &out, &size, TJSAMP_444, 90,
                flags);
    Bytes file(out, out + size);
    tjFree(out);
    tjDestroy(handle);
    return file;
}

/// A segment put right behind the start of a JPEG.
inline Bytes with_segment(const Bytes& jpeg_file, std::uint8_t marker, const Bytes& content) {
    Bytes file(jpeg_file.begin(), jpeg_file.begin() + 2);
    const std::size_t length = content.size() + 2;
    for (const std::size_t byte :
         {std::size_t{0xFF}, std::size_t{marker}, length >> 8U, length & 0xFFU}) {
        file.push_back(static_cast<std::uint8_t>(byte));
    }
    file.insert(file.end(), content.begin(), content.end());
    file.insert(file.end(), jpeg_file.begin() + 2, jpeg_file.end());
    return file;
}

/// Exif with an orientation, and a place that nobody may find again.
inline Bytes exif(int orientation, std::string_view place) {
    Bytes out{'E', 'x',  'i',  'f', 0,
              0,   'I',  'I',  42,  0,
              8,   0,    0,    0,   1,
              0,   0x12, 0x01, 3,   0,
              1,   0,    0,    0,   static_cast<std::uint8_t>(orientation),
              0,   0,    0,    0,   0,
              0,   0};
    out.insert(out.end(), place.begin(), place.end());
    return out;
}

/// PNG by the library's long way, which can interlace and write 16 bits. Grey ramp.
inline Bytes png(std::uint32_t width, std::uint32_t height, int depth = 8,
                 bool interlaced = false) {
    png_structp writer = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = png_create_info_struct(writer);
    Bytes file;
    png_set_write_fn(
        writer, &file,
        [](png_structp w, png_bytep data, png_size_t size) {
            auto* out = static_cast<Bytes*>(png_get_io_ptr(w));
            out->insert(out->end(), data, data + size);
        },
        [](png_structp) {});
    png_set_IHDR(writer, info, width, height, depth, PNG_COLOR_TYPE_RGB,
                 interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(writer, info);
    const std::size_t stride = std::size_t{3} * width * static_cast<std::size_t>(depth / 8);
    Bytes pixels(stride * height);
    for (std::size_t i = 0; i < pixels.size(); ++i) {
        pixels[i] = static_cast<std::uint8_t>((i / stride) * 7 + (i % stride) * 13);
    }
    std::vector<png_bytep> rows;
    for (std::uint32_t y = 0; y < height; ++y) rows.push_back(pixels.data() + y * stride);
    png_write_image(writer, rows.data());
    png_write_end(writer, info);
    png_destroy_write_struct(&writer, &info);
    return file;
}

/// A PDF of one page; `objects` are put into it as they are.
inline std::string pdf(std::string_view objects = {}, std::string_view trailer = {}) {
    std::string file =
        "%PDF-1.4\n1 0 obj\n<</Type /Catalog /Pages 2 0 R>>\nendobj\n"
        "2 0 obj\n<</Type /Pages /Kids [] /Count 0>>\nendobj\n";
    file += objects;
    const std::size_t table = file.size();
    file += "xref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 3 /Root 1 0 R ";
    file += trailer;
    file += ">>\nstartxref\n" + std::to_string(table) + "\n%%EOF\n";
    return file;
}

}  // namespace awda::fakes
