// Profile: where ODK's engines disagree, what each does, held as data.
//
// Ownership: constants. Threads: immutable. The evaluator and the session ask the fields of one
// row; nothing else may compare profiles. `kAwda` is ours and README.md says why; the other two
// reproduce JavaRosa (ODK Collect) and ODK Web Forms, so that their recorded behaviour can be
// replayed and a form's author can be shown what other clients would do.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "forms/value.h"

namespace awda::forms {

enum class Profile : std::uint8_t { kAwda, kCollect, kWebForms };
inline constexpr std::array kProfiles{Profile::kAwda, Profile::kCollect, Profile::kWebForms};

/// Which texts are dates to operators and number().
enum class DateTexts : std::uint8_t {
    kAll,    ///< whatever is written as a date
    kTyped,  ///< results of functions and questions of a date type, not literals or text
};
/// From what moment the days of a date count.
enum class DayCount : std::uint8_t { kLocalMidnight, kUtc };
/// How date() and its like print.
enum class MomentStyle : std::uint8_t {
    kAsAsked,      ///< date-time() always with a time, date() with what it was given; blank if none
    kByTimeOfDay,  ///< whole local days as dates, "Invalid Date" if it is none
};
enum class Blanks : std::uint8_t { kSkipped, kNoNumber };
enum class Halves : std::uint8_t { kUp, kAwayFromZero };
enum class AreaModel : std::uint8_t { kFlat, kSphere };
enum class SelectOrder : std::uint8_t { kAsAnswered, kAsListed };
/// When a selection goes that its filter no longer offers.
enum class FilteredChoice : std::uint8_t {
    kAtOnce,    ///< with everything that depends on it
    kWhenRead,  ///< when the choices are next looked at; nothing else is told
};
enum class BadDefault : std::uint8_t { kCleared, kKept };
enum class BadAnswer : std::uint8_t {
    kFlagged,  ///< kept in the draft, shown as a problem, blocks finalising
    kRefused,
};
enum class HiddenNodes : std::uint8_t { kLeftOut, kBlank };
enum class CountTiming : std::uint8_t {
    kAtOnce,
    kWhenReached,  ///< when the page, the record or validation comes to the repeat
};
enum class TimedDate : std::uint8_t {
    kTruncated,  ///< a date question keeps the day of a date with time
    kDropped,
};
enum class TimeZoneMark : std::uint8_t { kAsGiven, kAlways };
enum class AbsoluteInRepeat : std::uint8_t { kOwnRow, kEveryRow };
enum class RegexScope : std::uint8_t { kWholeText, kAnywhere };

struct Semantics {
    std::string_view name;
    std::string_view stored_true;  ///< what a calculation leaves in a question
    std::string_view stored_false;
    std::string_view no_number;  ///< NaN as text
    DateTexts date_texts{};
    DayCount day_count{};
    MomentStyle moment_style{};
    Blanks sum_blanks{};
    Blanks extreme_blanks{};  ///< of max() and min()
    Halves round_halves{};
    NumberStyle number_style{};
    AreaModel area_model{};
    bool geo_hundredths = false;  ///< area() and distance() rounded to two places
    SelectOrder select_order{};
    FilteredChoice filtered_choice{};
    BadDefault bad_default{};  ///< a select's first value that is not among its choices
    BadAnswer bad_answer{};    ///< one that breaks its constraint
    HiddenNodes hidden_nodes{};
    CountTiming count_timing{};
    TimedDate timed_date{};
    TimeZoneMark time_zone{};  ///< of a stored time of day
    AbsoluteInRepeat absolute_in_repeat{};
    RegexScope regex_scope{};
};

[[nodiscard]] const Semantics& semantics_of(Profile profile);

}  // namespace awda::forms
