#include "platform/image_pixels.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <vector>

namespace awda {

namespace {

constexpr std::size_t kColoursMax = 256;

/// The source pixels under one new pixel, and how much of each.
struct Span {
    std::uint32_t first = 0;
    std::vector<float> weights;
};

std::vector<Span> spans(std::uint32_t from, std::uint32_t to) {
    std::vector<Span> out(to);
    const double scale = static_cast<double>(from) / to;
    for (std::uint32_t i = 0; i < to; ++i) {
        const double start = i * scale;
        const double end = std::min<double>((i + 1) * scale, from);
        Span& span = out[i];
        span.first = static_cast<std::uint32_t>(start);
        for (std::uint32_t at = span.first; at < end; ++at) {
            const double covered = std::min<double>(at + 1.0, end) - std::max<double>(at, start);
            span.weights.push_back(static_cast<float>(covered / (end - start)));
        }
    }
    return out;
}

std::uint8_t to_byte(float value) {
    return static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L));
}

/// One source row, narrowed, added to `row` with its weight.
void add_row(const std::uint8_t* source, const std::vector<Span>& columns, float weight,
             std::vector<float>& row) {
    for (std::size_t x = 0; x < columns.size(); ++x) {
        const Span& span = columns[x];
        const std::uint8_t* pixel = source + std::size_t{3} * span.first;
        float sum[3] = {0, 0, 0};
        for (const float share : span.weights) {
            for (int c = 0; c < 3; ++c) sum[c] += share * static_cast<float>(pixel[c]);
            pixel += 3;
        }
        for (std::size_t c = 0; c < 3; ++c) row[3 * x + c] += weight * sum[c];
    }
}

}  // namespace

Pixels shrink_to(Pixels image, std::uint32_t side) {
    const std::uint32_t longest = std::max(image.width, image.height);
    if (longest <= side) return image;
    const double factor = static_cast<double>(side) / longest;
    const auto fit = [factor](std::uint32_t length) {
        return std::max<std::uint32_t>(1, static_cast<std::uint32_t>(std::lround(length * factor)));
    };
    Pixels out{fit(image.width), fit(image.height), {}};
    out.rgb.resize(std::size_t{3} * out.width * out.height);
    const std::vector<Span> columns = spans(image.width, out.width);
    const std::vector<Span> rows = spans(image.height, out.height);
    const std::size_t stride = std::size_t{3} * image.width;
    std::vector<float> sums(std::size_t{3} * out.width);
    for (std::size_t y = 0; y < rows.size(); ++y) {
        std::fill(sums.begin(), sums.end(), 0.0F);
        for (std::size_t i = 0; i < rows[y].weights.size(); ++i) {
            add_row(image.rgb.data() + (rows[y].first + i) * stride, columns, rows[y].weights[i],
                    sums);
        }
        std::transform(sums.begin(), sums.end(),
                       out.rgb.begin() + static_cast<std::ptrdiff_t>(y * sums.size()), to_byte);
    }
    return out;
}

Pixels turn_upright(Pixels image, int orientation) {
    if (orientation < 2 || orientation > 8) return image;
    const bool swapped = orientation >= 5;
    Pixels out{swapped ? image.height : image.width, swapped ? image.width : image.height, {}};
    out.rgb.resize(image.rgb.size());
    // Exif names where the stored first row and first column belong: which sides they are, and from
    // which end they count.
    const bool flip_x =
        orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    const bool flip_y =
        orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    for (std::uint32_t y = 0; y < out.height; ++y) {
        for (std::uint32_t x = 0; x < out.width; ++x) {
            std::uint32_t from_x = swapped ? y : x;
            std::uint32_t from_y = swapped ? x : y;
            if (flip_x) from_x = image.width - 1 - from_x;
            if (flip_y) from_y = image.height - 1 - from_y;
            const std::size_t from = 3 * (std::size_t{from_y} * image.width + from_x);
            const std::size_t to = 3 * (std::size_t{y} * out.width + x);
            std::copy_n(image.rgb.begin() + static_cast<std::ptrdiff_t>(from), 3,
                        out.rgb.begin() + static_cast<std::ptrdiff_t>(to));
        }
    }
    return out;
}

std::optional<Palette> find_palette(const Pixels& image) {
    Palette palette;
    palette.indices.reserve(image.rgb.size() / 3);
    std::unordered_map<std::uint32_t, std::uint8_t> known;
    for (std::size_t at = 0; at + 2 < image.rgb.size(); at += 3) {
        const std::uint32_t colour = (std::uint32_t{image.rgb[at]} << 16U) |
                                     (std::uint32_t{image.rgb[at + 1]} << 8U) |
                                     std::uint32_t{image.rgb[at + 2]};
        auto found = known.find(colour);
        if (found == known.end()) {
            if (known.size() == kColoursMax) return std::nullopt;
            found = known.emplace(colour, static_cast<std::uint8_t>(known.size())).first;
            palette.rgb.insert(palette.rgb.end(),
                               image.rgb.begin() + static_cast<std::ptrdiff_t>(at),
                               image.rgb.begin() + static_cast<std::ptrdiff_t>(at + 3));
        }
        palette.indices.push_back(found->second);
    }
    return palette;
}

}  // namespace awda
