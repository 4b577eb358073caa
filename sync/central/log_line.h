// log_line: central's log, one line an event on standard error: time, level, event, key=value…
//
// Values are numbers, ids, words of ours: never an answer, a name or a passphrase. Threads: any.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "platform/clock.h"
#include "platform/result.h"

namespace awda::central {

enum class LogLevel : std::uint8_t { kInfo, kWarning, kError };

struct LogValue {
    LiteralText key;
    std::string value;
};

/// Writes the line at once. `event` is a literal, so that logs can be searched for it.
void log_line(LogLevel level, LiteralText event, std::initializer_list<LogValue> values = {});
/// The same for an error: its name, what was being done, and the place in our source.
void log_error(LiteralText event, const Error& error, std::initializer_list<LogValue> values = {});
/// Nothing is written any more (tests). Errors always are.
void quiet_log(bool quiet);

}  // namespace awda::central
