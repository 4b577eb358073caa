// Value: what an expression gives: nodes, a number, text or a truth; and the conversions between.
//
// Ownership: a value type; its nodes borrow their documents. Threads: pure functions.
// Numbers and dates are read and printed here by XPath's and ISO 8601's rules, never by a locale.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "forms/document.h"
#include "platform/clock.h"

namespace awda::forms {

using NodeSet = std::vector<NodeRef>;

class Value {
public:
    Value() : state_(std::string()) {}
    explicit Value(NodeSet nodes) : state_(std::move(nodes)) {}
    explicit Value(double number) : state_(number) {}
    explicit Value(std::string text) : state_(std::move(text)) {}
    explicit Value(bool truth) : state_(truth) {}
    Value(const char*) = delete;

    [[nodiscard]] bool is_nodes() const { return state_.index() == 0; }
    [[nodiscard]] bool is_number() const { return state_.index() == 1; }
    [[nodiscard]] bool is_text() const { return state_.index() == 2; }
    [[nodiscard]] bool is_bool() const { return state_.index() == 3; }
    [[nodiscard]] const NodeSet& nodes() const { return std::get<0>(state_); }
    [[nodiscard]] NodeSet& nodes() { return std::get<0>(state_); }
    [[nodiscard]] double raw_number() const { return std::get<1>(state_); }
    [[nodiscard]] const std::string& raw_text() const { return std::get<2>(state_); }
    [[nodiscard]] std::string& raw_text() { return std::get<2>(state_); }
    [[nodiscard]] bool raw_bool() const { return std::get<3>(state_); }

private:
    std::variant<NodeSet, double, std::string, bool> state_;
};

/// XPath's number syntax, blanks around it allowed; NaN otherwise.
[[nodiscard]] double parse_number(std::string_view text);
enum class NumberStyle : std::uint8_t {
    kPlain,       ///< never an exponent (XPath 1.0)
    kJavaScript,  ///< 1e+21, 1e-7 as ODK Web Forms prints
    kJava,        ///< 1.0E21, 1.0E-7 as JavaRosa prints
};
/// Shortest digits that read back the same; "" for NaN, as ODK stores "no number".
[[nodiscard]] std::string print_number(double number, NumberStyle style = NumberStyle::kPlain);
/// XPath's round(): halves go up.
[[nodiscard]] double round_half_up(double number);

/// A date, or a date with time.
struct Moment {
    std::int64_t utc_ms = 0;
    std::int32_t offset_seconds = 0;  ///< of the zone in which it is shown
    bool has_time = false;
};
using ZoneFunction = std::function<std::int32_t(UnixMs)>;

struct CivilDate {
    std::int64_t year = 1970;
    unsigned month = 1;
    unsigned day = 1;
};
[[nodiscard]] std::int64_t days_from_civil(const CivilDate& date);
[[nodiscard]] CivilDate civil_from_days(std::int64_t days);
[[nodiscard]] unsigned days_in_month(std::int64_t year, unsigned month);

/// "2026-11-23", "2026-11-23T09:30[:00[.000]][Z|±03:00]". Nothing for impossible dates.
[[nodiscard]] std::optional<Moment> parse_moment(std::string_view text, const ZoneFunction& zone);
/// "09:30[:00[.000]][Z|±03:00]" as milliseconds after midnight in the zone; nothing if impossible.
[[nodiscard]] std::optional<std::int64_t> parse_time_of_day(std::string_view text,
                                                            const ZoneFunction& zone);
[[nodiscard]] Moment moment_at(std::int64_t utc_ms, const ZoneFunction& zone, bool has_time);
/// "2026-11-23" or "2026-11-23T09:30:00.000+03:00".
[[nodiscard]] std::string print_moment(const Moment& moment);
[[nodiscard]] std::string print_date(std::int64_t days);
/// Fractional days since 1970-01-01, of local time.
[[nodiscard]] double local_days(const Moment& moment);
/// The same of UTC.
[[nodiscard]] double utc_days(const Moment& moment);
[[nodiscard]] bool looks_like_date(std::string_view text);

inline constexpr std::int64_t kDayMs = 86'400'000;

/// %Y %y %m %n %b %d %e %a %H %h %M %S %3 filled in.
[[nodiscard]] std::string format_moment(const Moment& moment, std::string_view pattern,
                                        std::string_view tag);

/// Pieces of a list separated by white space.
[[nodiscard]] std::vector<std::string_view> split_words(std::string_view text);
/// The words with a blank between each two.
[[nodiscard]] std::string join_words(const std::vector<std::string_view>& words);
[[nodiscard]] std::string_view trim(std::string_view text);
/// The same, of every kind of space that Unicode has.
[[nodiscard]] std::string_view trim_wide(std::string_view text);
[[nodiscard]] std::string lower_ascii(std::string_view text);
/// Number of code points, and the byte at which code point `index` begins.
[[nodiscard]] std::size_t code_points(std::string_view text);
[[nodiscard]] std::size_t code_point_offset(std::string_view text, std::size_t index);
/// Arabic-Indic and Persian digits to ASCII, for numbers and dates typed in Arabic script.
[[nodiscard]] std::string ascii_digits(std::string_view text);
[[nodiscard]] bool valid_utf8(std::string_view text);

}  // namespace awda::forms
