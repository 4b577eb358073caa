// text: Unicode at the door: validity, NFC, and the folded form in which names are compared; and
// sentences with places for what they are about.
//
// utf8proc stays behind this wall. Threads: pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/bytes.h"
#include "platform/result.h"
#include "platform/secret.h"

namespace awda {

/// Well-formed UTF-8 (RFC 3629): no surrogates, no overlong forms.
[[nodiscard]] bool valid_utf8(std::string_view text);
/// Number of code points; invalid bytes count as one each.
[[nodiscard]] std::size_t code_points(std::string_view text);
/// General categories of Unicode, as bits.
enum class CharClass : std::uint32_t {
    kUpper = 1,         ///< Lu
    kLower = 2,         ///< Ll
    kTitle = 4,         ///< Lt
    kModifier = 8,      ///< Lm
    kOtherLetter = 16,  ///< Lo
    kLetter = 31,
    kMark = 32,
    kDigit = 64,         ///< Nd
    kOtherNumber = 128,  ///< Nl, No
    kNumber = 192,
    kPunctuation = 256,
    kSymbol = 512,
    kSeparator = 1024,
    kControl = 2048,  ///< Cc, Cf, and what is not assigned
};
[[nodiscard]] CharClass char_class(char32_t letter);
/// Canonical composition. kMalformed if the text is not UTF-8.
[[nodiscard]] Result<std::string> nfc(std::string_view text);
/// The same for a passphrase; every buffer on the way is guarded and wiped.
[[nodiscard]] Result<SecretBytes> nfc_secret(ByteView text);
/// For comparing names, never for showing them: compatibility form, case folded, invisible
/// characters and tatweel dropped, Arabic and Kurdish yeh and kaf made one, spaces collapsed and
/// trimmed.
[[nodiscard]] Result<std::string> fold_name(std::string_view text);

/// At most `bytes` of `text`, cut between code points.
[[nodiscard]] std::string_view fit_utf8(std::string_view text, std::size_t bytes);

/// A sentence with {0} to {9} replaced by the arguments; a place without one is left empty.
[[nodiscard]] std::string fill_places(std::string_view sentence,
                                      std::span<const std::string_view> arguments);
[[nodiscard]] std::string fill_places(std::string_view sentence,
                                      const std::vector<std::string>& arguments);

}  // namespace awda
