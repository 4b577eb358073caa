#include "platform/secret.h"

#include <sodium.h>

#include <algorithm>
#include <utility>

#include "platform/result.h"

namespace awda {

SecretBytes::SecretBytes(std::size_t size) : size_(size) {
    if (size == 0) return;
    data_ = static_cast<std::uint8_t*>(sodium_malloc(size));
    AWDA_ASSERT(data_ != nullptr);
    sodium_memzero(data_, size);
}

SecretBytes SecretBytes::copy_of(ByteView bytes) {
    SecretBytes secret(bytes.size());
    std::copy(bytes.begin(), bytes.end(), secret.data_);
    return secret;
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
}

SecretBytes::~SecretBytes() {
    sodium_free(data_);
}  // wipes before it frees

void SecretBytes::shrink(std::size_t size) {
    AWDA_ASSERT(size <= size_);
    if (size == size_) return;
    SecretBytes shorter = copy_of(view().first(size));
    *this = std::move(shorter);
}

void wipe(std::span<std::uint8_t> bytes) {
    sodium_memzero(bytes.data(), bytes.size());
}

namespace {

/// A text that became shorter keeps the end of what it was, up to its capacity.
template <typename Text>
void wipe_room(Text& text) {
    text.resize(text.capacity());
    sodium_memzero(text.data(), text.size() * sizeof(text[0]));
    text.clear();
}

/// One that outgrew the room inside it keeps there the end of what it was before.
template <typename Text>
void wipe_text(Text& text) {
    wipe_room(text);
    Text().swap(text);
    wipe_room(text);
}

}  // namespace

void wipe(Bytes& bytes) {
    wipe_room(bytes);
}

void wipe(std::string& text) {
    wipe_text(text);
}

void wipe(std::u32string& text) {
    wipe_text(text);
}

}  // namespace awda
