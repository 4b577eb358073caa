// The functions of expressions about numbers and dates.
#include <algorithm>
#include <cmath>
#include <limits>

#include "forms/evaluator.h"

namespace awda::forms {
namespace {

constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

double round_to(double number, double digits) {
    if (std::isnan(digits)) return kNoNumber;
    digits = std::clamp(std::trunc(digits), -300.0, 300.0);
    if (digits == 0) return round_half_up(number);
    // Through the shortest decimal text, so that 1.005 rounds as its author reads it.
    const double scale = std::pow(10.0, std::fabs(digits));
    if (digits > 0) {
        const double scaled = parse_number(print_number(number * scale));
        const double nudge = std::nextafter(scaled, scaled + (number >= 0 ? 1 : -1));
        const double halfway = std::fabs(std::fabs(scaled) - std::floor(std::fabs(scaled)) - 0.5);
        const double rounded = round_half_up(halfway < 1e-9 && number > 0 ? nudge : scaled);
        return parse_number(print_number(rounded / scale));
    }
    return round_half_up(number / scale) * scale;
}

}  // namespace

Value Evaluator::call_number(const ExprNode& node, const Context& context) {
    switch (node.fn) {
        case Fn::kNumber:
            if (node.kids.empty()) return Value(text_to_number(text_of(context.node)));
            return Value(arg_number(node, 0, context));
        case Fn::kSum: {
            const Value nodes = eval(node.kids[0], context);
            if (!nodes.is_nodes()) return fail("sum() of what are not nodes");
            double sum = 0;
            const bool strict = rules_.sum_blanks == Blanks::kNoNumber || !host_.xforms();
            for (const NodeRef& each : nodes.nodes()) {
                const std::string text = text_of(each);
                if (!strict && trim(text).empty()) continue;  // a blank row adds nothing
                sum += text_to_number(text);
            }
            return Value(sum);
        }
        case Fn::kFloor: return Value(std::floor(arg_number(node, 0, context)));
        case Fn::kCeiling: return Value(std::ceil(arg_number(node, 0, context)));
        case Fn::kRound: {
            const double number = arg_number(node, 0, context);
            const double digits = node.kids.size() > 1 ? arg_number(node, 1, context) : 0;
            if (rules_.round_halves == Halves::kAwayFromZero && number < 0) {
                return Value(-round_to(-number, digits));
            }
            return Value(round_to(number, digits));
        }
        case Fn::kRandom:
            return Value(static_cast<double>(host_.random().next_u64() >> 11U) * 0x1.0p-53);
        case Fn::kInt: return Value(std::trunc(arg_number(node, 0, context)));
        default: return extreme(node, context);
    }
}

/// max() and min(). Blanks count for nothing, except for ODK Web Forms.
Value Evaluator::extreme(const ExprNode& node, const Context& context) {
    double best = kNoNumber;
    for (const std::string& text : arg_list(node, 0, context)) {
        const double number = text_to_number(text);
        if (std::isnan(number)) {
            if (rules_.extreme_blanks == Blanks::kNoNumber || !trim(text).empty())
                return Value(kNoNumber);
            continue;
        }
        const bool better = node.fn == Fn::kMax ? number > best : number < best;
        if (std::isnan(best) || better) best = number;
    }
    return Value(best);
}

Value Evaluator::call_math(const ExprNode& node, const Context& context) {
    if (node.fn == Fn::kPi) return Value(std::acos(-1.0));
    const double x = arg_number(node, 0, context);
    switch (node.fn) {
        case Fn::kPow: return Value(std::pow(x, arg_number(node, 1, context)));
        case Fn::kLog: return Value(std::log(x));
        case Fn::kLog10: return Value(std::log10(x));
        case Fn::kAbs: return Value(std::fabs(x));
        case Fn::kSin: return Value(std::sin(x));
        case Fn::kCos: return Value(std::cos(x));
        case Fn::kTan: return Value(std::tan(x));
        case Fn::kAsin: return Value(std::asin(x));
        case Fn::kAcos: return Value(std::acos(x));
        case Fn::kAtan: return Value(std::atan(x));
        case Fn::kAtan2: return Value(std::atan2(x, arg_number(node, 1, context)));
        case Fn::kSqrt: return Value(std::sqrt(x));
        case Fn::kExp: return Value(std::exp(x));
        default: return Value(std::pow(10.0, x));
    }
}

/// date() and date-time(): numbers are days, text must be a date.
Value Evaluator::to_moment_text(const Value& value, bool keep_time) {
    const bool web = rules_.moment_style == MomentStyle::kByTimeOfDay;
    const auto print = [&](Moment moment) {
        if (keep_time && !web) moment.has_time = true;
        return Value(print_moment(moment));
    };
    double days = kNoNumber;
    if (value.is_number()) {
        days = value.raw_number();
    } else {
        const std::string text = to_text(value);
        if (trim(text).empty()) return Value(std::string());
        if (const auto moment = parse_moment(text, host_.zone())) return print(*moment);
        days = parse_number(text);
    }
    constexpr double kDaysMax = 3'000'000;  // beyond the year 9999 nothing can be read back
    if (!(std::fabs(days) <= kDaysMax)) {
        return Value(web ? std::string("Invalid Date") : std::string());
    }
    const auto ms = static_cast<std::int64_t>(std::floor(days * static_cast<double>(kDayMs) + 0.5));
    if (web) {
        // A whole local day prints as a date.
        Moment moment = moment_at(ms, host_.zone(), true);
        const std::int64_t local = ms + std::int64_t{moment.offset_seconds} * 1000;
        moment.has_time = local % kDayMs != 0;
        return Value(print_moment(moment));
    }
    const std::int64_t offset = std::int64_t{host_.zone()(ms)} * 1000;
    Moment moment = moment_at(ms - offset, host_.zone(), true);
    moment.has_time = keep_time;
    return Value(print_moment(moment));
}

Value Evaluator::call_date(const ExprNode& node, const Context& context) {
    switch (node.fn) {
        case Fn::kToday: return Value(print_moment(moment_at(host_.now(), host_.zone(), false)));
        case Fn::kNow: return Value(print_moment(moment_at(host_.now(), host_.zone(), true)));
        case Fn::kDate: return to_moment_text(eval(node.kids[0], context), false);
        case Fn::kDateTime: return to_moment_text(eval(node.kids[0], context), true);
        case Fn::kFormatDate:
        case Fn::kFormatDateTime: {
            const Value value = to_moment_text(eval(node.kids[0], context), true);
            const auto moment = parse_moment(to_text(value), host_.zone());
            if (!moment) return Value(std::string());
            return Value(format_moment(*moment, arg_text(node, 1, context), host_.language_tag()));
        }
        case Fn::kDecimalDateTime: {
            const Value value = eval(node.kids[0], context);
            if (value.is_number()) return value;
            const auto moment = parse_moment(to_text(to_moment_text(value, true)), host_.zone());
            return Value(moment ? utc_days(*moment) : kNoNumber);
        }
        default: return decimal_time(eval(node.kids[0], context));
    }
}

/// The part of a day: of a number of days, of a moment's local day, or of a time of day.
Value Evaluator::decimal_time(const Value& value) {
    if (value.is_number()) return Value(value.raw_number() - std::floor(value.raw_number()));
    const std::string text = to_text(value);
    if (const auto moment = parse_moment(text, host_.zone())) {
        const double days = local_days(moment_at(moment->utc_ms, host_.zone(), true));
        return Value(days - std::floor(days));
    }
    const auto ms = parse_time_of_day(text, host_.zone());
    if (!ms) return Value(kNoNumber);
    return Value(static_cast<double>(*ms) / static_cast<double>(kDayMs));
}

}  // namespace awda::forms
