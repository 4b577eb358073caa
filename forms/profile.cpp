#include "forms/profile.h"

namespace awda::forms {
namespace {

constexpr Semantics kAwdaRow{
    .name = "awda",
    .stored_true = "true",
    .stored_false = "false",
    .no_number = "",
    .date_texts = DateTexts::kAll,
    .day_count = DayCount::kLocalMidnight,
    .moment_style = MomentStyle::kAsAsked,
    .sum_blanks = Blanks::kSkipped,
    .extreme_blanks = Blanks::kSkipped,
    .round_halves = Halves::kUp,
    .number_style = NumberStyle::kPlain,
    .area_model = AreaModel::kFlat,
    .geo_hundredths = false,
    .select_order = SelectOrder::kAsAnswered,
    .filtered_choice = FilteredChoice::kAtOnce,
    .bad_default = BadDefault::kCleared,
    .bad_answer = BadAnswer::kFlagged,
    .hidden_nodes = HiddenNodes::kLeftOut,
    .count_timing = CountTiming::kAtOnce,
    .timed_date = TimedDate::kTruncated,
    .time_zone = TimeZoneMark::kAsGiven,
    .absolute_in_repeat = AbsoluteInRepeat::kOwnRow,
    .regex_scope = RegexScope::kWholeText,
};

constexpr Semantics collect_row() {
    Semantics row = kAwdaRow;
    row.name = "collect";
    row.stored_true = "1";
    row.stored_false = "0";
    row.no_number = "NaN";
    row.date_texts = DateTexts::kTyped;
    row.number_style = NumberStyle::kJava;
    row.filtered_choice = FilteredChoice::kWhenRead;
    row.bad_default = BadDefault::kKept;
    row.bad_answer = BadAnswer::kRefused;
    row.count_timing = CountTiming::kWhenReached;
    row.timed_date = TimedDate::kDropped;
    row.time_zone = TimeZoneMark::kAlways;
    return row;
}

constexpr Semantics web_forms_row() {
    Semantics row = kAwdaRow;
    row.name = "web-forms";
    row.day_count = DayCount::kUtc;
    row.moment_style = MomentStyle::kByTimeOfDay;
    row.sum_blanks = Blanks::kNoNumber;
    row.extreme_blanks = Blanks::kNoNumber;
    row.round_halves = Halves::kAwayFromZero;
    row.number_style = NumberStyle::kJavaScript;
    row.area_model = AreaModel::kSphere;
    row.geo_hundredths = true;
    row.select_order = SelectOrder::kAsListed;
    row.hidden_nodes = HiddenNodes::kBlank;
    row.absolute_in_repeat = AbsoluteInRepeat::kEveryRow;
    row.regex_scope = RegexScope::kAnywhere;
    return row;
}

constexpr Semantics kCollectRow = collect_row();
constexpr Semantics kWebFormsRow = web_forms_row();

}  // namespace

const Semantics& semantics_of(Profile profile) {
    switch (profile) {
        case Profile::kCollect: return kCollectRow;
        case Profile::kWebForms: return kWebFormsRow;
        case Profile::kAwda: break;
    }
    return kAwdaRow;
}

}  // namespace awda::forms
