#include "ui/text/secret_entry.h"

#include <algorithm>
#include <array>

#include "ui/text/unicode.h"

namespace awda::ui {

bool SecretEntry::type(char32_t c) {
    if (is_control(c) || is_paragraph_break(c)) return false;
    std::array<std::uint8_t, 4> bytes{};
    std::size_t size = 0;
    const auto put = [&](char32_t byte) { bytes[size++] = static_cast<std::uint8_t>(byte); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xC0U | (c >> 6U)), put(0x80U | (c & 0x3FU));
    } else if (c < 0x10000) {
        put(0xE0U | (c >> 12U)), put(0x80U | ((c >> 6U) & 0x3FU)), put(0x80U | (c & 0x3FU));
    } else {
        put(0xF0U | (c >> 18U)), put(0x80U | ((c >> 12U) & 0x3FU));
        put(0x80U | ((c >> 6U) & 0x3FU)), put(0x80U | (c & 0x3FU));
    }
    const bool fits = size_ + size <= buffer_.size();
    if (fits) {
        std::copy_n(bytes.begin(), size,
                    buffer_.mutable_view().begin() + static_cast<std::ptrdiff_t>(size_));
        size_ += size;
        ++characters_;
    }
    wipe(bytes);
    return fits;
}

bool SecretEntry::backspace() {
    if (size_ == 0) return false;
    const auto bytes = buffer_.mutable_view();
    do {
        --size_;
        const bool lead = (bytes[size_] & 0xC0U) != 0x80U;
        bytes[size_] = 0;
        if (lead) break;
    } while (size_ > 0);
    --characters_;
    return true;
}

void SecretEntry::clear() {
    wipe(buffer_.mutable_view());
    size_ = 0;
    characters_ = 0;
}

SecretBytes SecretEntry::take() {
    SecretBytes out = SecretBytes::copy_of(buffer_.view().first(size_));
    clear();
    return out;
}

}  // namespace awda::ui
