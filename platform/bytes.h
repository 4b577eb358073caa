// Bytes: owned and viewed byte strings, and their text forms.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/result.h"

namespace awda {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

[[nodiscard]] ByteView as_bytes(std::string_view text);
[[nodiscard]] std::string_view as_text(ByteView bytes);
[[nodiscard]] Bytes to_bytes(std::string_view text);
/// Lower-case hexadecimal, two digits a byte.
[[nodiscard]] std::string to_hex(ByteView bytes);
/// Accepts upper and lower case. kMalformed on an odd length or another character.
[[nodiscard]] Result<Bytes> from_hex(std::string_view text);
[[nodiscard]] bool equal(ByteView a, ByteView b);

}  // namespace awda
