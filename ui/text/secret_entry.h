// SecretEntry: a passphrase as it is typed. Its bytes lie in guarded memory of a fixed size, are
// never copied into a string, and are wiped when taken or dropped.
//
// Ownership: the widget that asks for the secret. Threads: the UI thread.
#pragma once

#include <cstddef>

#include "platform/secret.h"

namespace awda::ui {

class SecretEntry {
public:
    static constexpr std::size_t kBytesMax = 512;

    SecretEntry() : buffer_(kBytesMax) {}
    /// False, and nothing added, when the character is a control or there is no room.
    bool type(char32_t character);
    /// Takes away the last character.
    bool backspace();
    void clear();
    [[nodiscard]] std::size_t characters() const { return characters_; }
    [[nodiscard]] bool empty() const { return characters_ == 0; }
    /// The UTF-8 bytes; leaves the entry empty.
    [[nodiscard]] SecretBytes take();

private:
    SecretBytes buffer_;
    std::size_t size_ = 0;
    std::size_t characters_ = 0;
};

}  // namespace awda::ui
