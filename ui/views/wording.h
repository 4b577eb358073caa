// wording: numbers, ages, sizes and moments as an officer reads them. Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "platform/clock.h"
#include "platform/errors.h"

namespace awda::ui {

/// "2 h ago"; "just now" under a minute, and when the clock has gone backwards.
[[nodiscard]] std::string age_words(UnixMs then, UnixMs now, Language language);
[[nodiscard]] std::string size_words(std::uint64_t bytes, Language language);
/// "2026-11-23 14:05" in Iraq's time, always from left to right.
[[nodiscard]] std::string moment_words(UnixMs moment);
/// The message's first sentence: what happened, without what to do.
[[nodiscard]] std::string first_sentence(std::string_view message);

}  // namespace awda::ui
