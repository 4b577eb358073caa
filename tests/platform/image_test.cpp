#include "platform/image.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <random>

#include "platform/image_codec.h"
#include "tests/fakes/pictures.h"

using namespace awda;

namespace {

Errc refusal(ByteView file, ImageUse use = ImageUse::kPhoto) {
    const auto made = prepare_image(file, use);
    REQUIRE_FALSE(made.ok());
    return made.error().code;
}

bool holds(const Bytes& bytes, std::string_view text) {
    return as_text(bytes).find(text) != std::string_view::npos;
}

/// Which colour stands in a quarter: 'r', 'g', 'b' or 'w'.
char colour_at(const Pixels& image, bool right, bool low) {
    const std::uint32_t x = image.width * (right ? 3 : 1) / 4;
    const std::uint32_t y = image.height * (low ? 3 : 1) / 4;
    const std::uint8_t* pixel = &image.rgb[3 * (std::size_t{y} * image.width + x)];
    const bool r = pixel[0] > 128;
    const bool g = pixel[1] > 128;
    const bool b = pixel[2] > 128;
    return r && g && b ? 'w' : r && !g && !b ? 'r' : g && !r && !b ? 'g' : b ? 'b' : '?';
}

std::string layout(const EncodedImage& image) {
    const Pixels pixels = (image.kind == ContentKind::kPng ? decode_png(image.bytes)
                                                           : decode_jpeg(image.bytes, 30'000))
                              .value();
    return {colour_at(pixels, false, false), colour_at(pixels, true, false),
            colour_at(pixels, false, true), colour_at(pixels, true, true)};
}

}  // namespace

TEST_CASE("a photo is made no larger than 2,000 pixels, a scan than 2,600, a thumbnail than 256") {
    const Bytes camera = fakes::jpeg(4000, 3000);
    const auto photo = prepare_image(camera, ImageUse::kPhoto).value();
    CHECK(photo.image.width == 2000);
    CHECK(photo.image.height == 1500);
    CHECK(photo.thumbnail.width == 256);
    CHECK(photo.thumbnail.height == 192);
    const auto scan = prepare_image(camera, ImageUse::kScan).value();
    CHECK(scan.image.width == 2600);
    CHECK(layout(scan.image) == "rgbw");
    CHECK(layout(photo.image) == "rgbw");
    CHECK(layout(photo.thumbnail) == "rgbw");
}

TEST_CASE("a small picture keeps its size") {
    const auto made = prepare_image(fakes::png(40, 30), ImageUse::kPhoto).value();
    CHECK(made.image.width == 40);
    CHECK(made.thumbnail.height == 30);
}

TEST_CASE("each of the eight ways of holding a camera gives an upright picture") {
    // Where the quarters of the stored picture must be for it to stand upright again.
    const std::array<std::string_view, 8> stored{"rgbw", "grwb", "wbgr", "bwrg",
                                                 "rbgw", "brwg", "wgbr", "gwrb"};
    for (int orientation = 1; orientation <= 8; ++orientation) {
        CAPTURE(orientation);
        const Bytes file = fakes::with_segment(fakes::jpeg(64, 32), 0xE1,
                                               fakes::exif(orientation, "36.8667N 42.9833E"));
        const auto made = prepare_image(file, ImageUse::kPhoto).value();
        CHECK(layout(made.image) == stored[static_cast<std::size_t>(orientation - 1)]);
        CHECK(made.image.width == (orientation >= 5 ? 32 : 64));
        CHECK_FALSE(holds(made.image.bytes, "36.8667N"));
        CHECK_FALSE(holds(made.image.bytes, "Exif"));
        CHECK_FALSE(holds(made.thumbnail.bytes, "36.8667N"));
    }
}

TEST_CASE("a picture with something hidden behind its end loses what was hidden") {
    Bytes file = fakes::jpeg(64, 64);
    const std::string_view zip = "PK\x03\x04 list of names PK\x05\x06";
    file.insert(file.end(), zip.begin(), zip.end());
    const auto made = prepare_image(file, ImageUse::kPhoto).value();
    CHECK_FALSE(holds(made.image.bytes, "list of names"));
}

TEST_CASE("progressive, four-colour, 16-bit and interlaced pictures are read") {
    CHECK(layout(prepare_image(fakes::jpeg(90, 60, TJFLAG_PROGRESSIVE), ImageUse::kPhoto)
                     .value()
                     .image) == "rgbw");
    CHECK(
        layout(prepare_image(fakes::jpeg(90, 60, 0, TJPF_CMYK), ImageUse::kPhoto).value().image) ==
        "rgbw");
    const auto plain = decode_png(fakes::png(33, 21)).value();
    CHECK(decode_png(fakes::png(33, 21, 8, true)).value().rgb == plain.rgb);
    CHECK(prepare_image(fakes::png(33, 21, 16, true), ImageUse::kPhoto).value().image.width == 33);
}

TEST_CASE("the same file gives the same bytes, so that it is kept once") {
    const Bytes file = fakes::jpeg(2400, 1000);
    CHECK(prepare_image(file, ImageUse::kPhoto).value().image.bytes ==
          prepare_image(file, ImageUse::kPhoto).value().image.bytes);
}

TEST_CASE("a drawing of few colours stays PNG when that is smaller, and a photo becomes JPEG") {
    Bytes noise(std::size_t{3} * 128 * 128);
    std::mt19937 random(7);
    for (std::uint8_t& byte : noise) byte = static_cast<std::uint8_t>(random());
    CHECK(prepare_image(fakes::jpeg(128, 128, 0, TJPF_RGB, &noise), ImageUse::kPhoto)
              .value()
              .image.kind == ContentKind::kJpeg);
    png_image drawing{};
    drawing.version = PNG_IMAGE_VERSION;
    drawing.width = 300;
    drawing.height = 200;
    drawing.format = PNG_FORMAT_RGB;
    const Bytes pixels = fakes::quarters(300, 200);
    Bytes file(1U << 20U);
    png_alloc_size_t size = file.size();
    REQUIRE(png_image_write_to_memory(&drawing, file.data(), &size, 0, pixels.data(), 0, nullptr));
    file.resize(size);
    const auto kept = prepare_image(file, ImageUse::kScan).value();
    CHECK(kept.image.kind == ContentKind::kPng);
    CHECK(decode_png(kept.image.bytes).value().rgb == pixels);
}

TEST_CASE("a picture cut off anywhere is refused, never half kept") {
    for (const Bytes& file : {fakes::jpeg(200, 150), fakes::jpeg(200, 150, TJFLAG_PROGRESSIVE),
                              fakes::png(60, 40), fakes::png(60, 40, 16, true)}) {
        std::size_t taken = 0;
        const std::size_t last =
            content_kind(file) == ContentKind::kPng ? file.size() - 12 : file.size();
        for (std::size_t length = 0; length < last; length += 1 + file.size() / 97) {
            if (prepare_image(ByteView(file).first(length), ImageUse::kPhoto).ok()) ++taken;
        }
        CHECK(taken == 0);
    }
}

TEST_CASE("a JPEG cut off and closed again with an end marker is refused") {
    Bytes file = fakes::jpeg(400, 300);
    file.resize(file.size() / 2);
    file.insert(file.end(), {0xFF, 0xD9});
    CHECK(refusal(file) == Errc::kImageUnreadable);
}

TEST_CASE("a picture that states a monstrous size is refused before memory is taken") {
    Bytes file = fakes::png(8, 8);
    for (const std::size_t at : {std::size_t{16}, std::size_t{20}}) {
        file[at] = 0;
        file[at + 1] = 1;
        file[at + 2] = 0x86;
        file[at + 3] = 0xA0;  // 100,000
    }
    CHECK_FALSE(prepare_image(file, ImageUse::kPhoto).ok());
    Bytes camera = fakes::jpeg(16, 16);
    const std::array<std::uint8_t, 2> frame{0xFF, 0xC0};
    const auto at = std::search(camera.begin(), camera.end(), frame.begin(), frame.end());
    std::fill(at + 5, at + 9, std::uint8_t{0xFA});  // 64,250 both ways
    CHECK(refusal(camera) == Errc::kTooLarge);
    // Genuine, and still too much: 30,001 pixels in one row.
    CHECK(refusal(fakes::jpeg(30'001, 8)) == Errc::kTooLarge);
}

TEST_CASE("what is no picture is refused by its content") {
    for (const std::string_view text :
         {"", "GIF89a", "RIFF....WEBPVP8 ", "%PDF-1.4\n", "MZ", " \xFF\xD8\xFF"}) {
        CHECK(refusal(as_bytes(text)) == Errc::kAttachmentType);
    }
    CHECK(refusal(Bytes(kImageFileMax + 1, 0xFF)) == Errc::kTooLarge);
}

TEST_CASE("bytes changed at random give a picture or an error, and nothing else") {
    const unsigned seed = 20'261'126;
    MESSAGE("seed " << seed);
    std::mt19937 random(seed);
    std::size_t refused = 0;
    for (const Bytes& whole : {fakes::jpeg(120, 80), fakes::jpeg(120, 80, TJFLAG_PROGRESSIVE),
                               fakes::png(50, 40), fakes::png(50, 40, 16, true)}) {
        for (int i = 0; i < 300; ++i) {
            Bytes file = whole;
            for (int n = 0; n < 4; ++n)
                file[random() % file.size()] = static_cast<std::uint8_t>(random());
            const auto made = prepare_image(file, ImageUse::kPhoto);
            if (!made.ok()) ++refused;
            if (made.ok()) {
                CHECK(made->image.width <= kPhotoSide);
                CHECK(made->thumbnail.height <= kThumbnailSide);
            }
        }
    }
    CHECK(refused > 100);
}
