// terminal: asking for a secret on the controlling terminal, without showing it.
// Threads: one at a time; the terminal's settings are changed while it waits and always put back.
#pragma once

#include <string_view>

#include "platform/result.h"
#include "platform/secret.h"

namespace awda::cli {

inline constexpr std::size_t kPassphraseMax = 1024;  ///< bytes

/// kNoPassphrase when there is no terminal, or on an empty line, end of input or Ctrl-C.
[[nodiscard]] Result<SecretBytes> ask_on_terminal(std::string_view prompt);

}  // namespace awda::cli
