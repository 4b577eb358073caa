// passphrase: what a passphrase must be before it may guard a vault.
//
// The judgement is rough and errs on the strict side for short or patterned texts; it never leaves
// a copy of the passphrase behind. Threads: pure functions.
#pragma once

#include <string_view>
#include <vector>

#include "platform/secret.h"

namespace awda::agent {

inline constexpr std::size_t kPassphraseCharactersMin = 14;
inline constexpr std::size_t kPassphraseBytesMax = 1024;
inline constexpr double kPassphraseBitsMin = 45.0;

/// Roughly how many bits a guesser who knows common habits must search.
[[nodiscard]] double passphrase_bits(ByteView nfc_text, const std::vector<std::string_view>& known);
/// kWeakPassphrase, kTooLarge, kMalformed. `known` are words a guesser would try first: the
/// officer's name, the office's. `nfc_text` is already normalised.
[[nodiscard]] Status check_passphrase(ByteView nfc_text,
                                      const std::vector<std::string_view>& known);

}  // namespace awda::agent
