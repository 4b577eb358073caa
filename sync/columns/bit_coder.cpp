#include "sync/columns/bit_coder.h"

#include <algorithm>
#include <utility>

namespace awda::sync::columns {

BitCoder::BitCoder(ByteView input) : reading_(true), input_(input) {
    for (int i = 0; i < 4; ++i) code_ = code_ << 8U | next_byte();
}

std::uint8_t BitCoder::next_byte() {
    const std::size_t at = at_++;
    return at < input_.size() ? input_[at] : 0;
}

bool BitCoder::bit(bool value, std::uint32_t p1) {
    const std::uint64_t range = high_ - low_;
    const auto middle = static_cast<std::uint32_t>(low_ + (range * p1 >> kProbabilityBits));
    if (reading_) value = code_ <= middle;
    narrow(value, middle);
    return value;
}

void BitCoder::narrow(bool value, std::uint32_t middle) {
    if (value) {
        high_ = middle;
    } else {
        low_ = middle + 1;
    }
    while (((low_ ^ high_) & 0xff000000U) == 0) {
        if (reading_) {
            code_ = code_ << 8U | next_byte();
        } else {
            output_.push_back(static_cast<std::uint8_t>(high_ >> 24U));
        }
        low_ <<= 8U;
        high_ = high_ << 8U | 0xffU;
    }
}

std::uint64_t BitCoder::even_bits(std::uint64_t value, unsigned count) {
    std::uint64_t out = 0;
    while (count > 0) {
        --count;
        out = out << 1U | (bit((value >> count & 1U) != 0, 1U << (kProbabilityBits - 1)) ? 1U : 0U);
    }
    return out;
}

Bytes BitCoder::finish() {
    // Zeros follow the end, so the fewest bytes will do whose number, with zeros behind, lies
    // within.
    for (unsigned kept = 1; kept <= 4; ++kept) {
        const std::uint32_t step = kept == 4 ? 1U : 1U << (32U - 8U * kept);
        const std::uint64_t number = (std::uint64_t{low_} + step - 1) / step * step;
        if (number > high_) continue;
        for (unsigned i = 0; i < kept; ++i) {
            output_.push_back(static_cast<std::uint8_t>(number >> (24U - 8U * i)));
        }
        break;
    }
    while (!output_.empty() && output_.back() == 0) output_.pop_back();
    return std::exchange(output_, {});
}

}  // namespace awda::sync::columns
