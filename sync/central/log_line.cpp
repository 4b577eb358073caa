#include "sync/central/log_line.h"

#include <unistd.h>

#include <atomic>

#include "platform/errors.h"

namespace awda::central {

namespace {

std::atomic<bool> g_quiet = false;

std::string_view level_name(LogLevel level) {
    switch (level) {
        case LogLevel::kInfo: return "info";
        case LogLevel::kWarning: return "warning";
        case LogLevel::kError: break;
    }
    return "error";
}

/// One value, quoted when it would not stay one word.
void append_value(std::string& line, std::string_view value) {
    const bool plain =
        !value.empty() && value.find_first_of(" \"=\n\r\t") == std::string_view::npos;
    if (plain) {
        line += value;
        return;
    }
    line += '"';
    for (const char c : value) {
        if (c == '"' || c == '\\') line += '\\';
        line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    line += '"';
}

void write_line(LogLevel level, LiteralText event, std::initializer_list<LogValue> values,
                const Error* error) {
    std::string line = to_iso_utc(system_clock().now());
    line += " level=";
    line += level_name(level);
    line += " event=";
    line += event.view();
    for (const auto& [key, value] : values) {
        line += ' ';
        line += key.view();
        line += '=';
        append_value(line, value);
    }
    if (error != nullptr) {
        line += " error=";
        append_value(line, describe(*error));
    }
    line += '\n';
    // One write a line, so that lines of several threads do not mix. A full log disk stops nothing.
    [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace

void log_line(LogLevel level, LiteralText event, std::initializer_list<LogValue> values) {
    if (g_quiet && level != LogLevel::kError) return;
    write_line(level, event, values, nullptr);
}

void log_error(LiteralText event, const Error& error, std::initializer_list<LogValue> values) {
    write_line(LogLevel::kError, event, values, &error);
}

void quiet_log(bool quiet) {
    g_quiet = quiet;
}

}  // namespace awda::central
