// digest: the message digests that ODK's digest() function names; for forms, not for security.
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "platform/bytes.h"

namespace awda::forms {

/// "MD5", "SHA-1", "SHA-256", "SHA-384" or "SHA-512" (RFC 1321, FIPS 180-4); nothing otherwise.
[[nodiscard]] std::optional<Bytes> digest(std::string_view data, std::string_view algorithm);
[[nodiscard]] std::string base64_encode(ByteView data);
/// Blanks are skipped; nothing if it isn't base64.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

}  // namespace awda::forms
