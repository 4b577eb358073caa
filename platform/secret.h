// SecretBytes: key material and passphrases, in guarded memory that is locked and wiped.
//
// Ownership: move-only; the destructor wipes. Threads: as any value, one owner at a time.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "platform/bytes.h"

namespace awda {

class SecretBytes {
public:
    SecretBytes() = default;
    /// `size` zero bytes.
    explicit SecretBytes(std::size_t size);
    /// Copies `bytes`; the caller still has to wipe its own copy.
    static SecretBytes copy_of(ByteView bytes);
    SecretBytes(SecretBytes&& other) noexcept;
    SecretBytes& operator=(SecretBytes&& other) noexcept;
    SecretBytes(const SecretBytes&) = delete;
    SecretBytes& operator=(const SecretBytes&) = delete;
    ~SecretBytes();

    [[nodiscard]] SecretBytes clone() const { return copy_of(view()); }
    [[nodiscard]] ByteView view() const { return {data_, size_}; }
    [[nodiscard]] std::span<std::uint8_t> mutable_view() { return {data_, size_}; }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    /// Keeps the first `size` bytes and wipes the rest. size <= size().
    void shrink(std::size_t size);

private:
    std::uint8_t* data_ = nullptr;
    std::size_t size_ = 0;
};

/// Overwrites memory in a way the compiler keeps.
void wipe(std::span<std::uint8_t> bytes);
/// With all the room they have: a text that became shorter keeps the end of what it was.
void wipe(Bytes& bytes);
void wipe(std::string& text);
void wipe(std::u32string& text);

}  // namespace awda
