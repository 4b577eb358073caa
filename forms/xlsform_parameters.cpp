#include "forms/xlsform_parameters.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "forms/ascii.h"
#include "forms/value.h"

namespace awda::forms {
namespace {

using Problem = std::optional<ParameterProblem>;
using Names = std::span<const std::string_view>;

bool delimits(char c) {
    return is_space(c) || c == ',' || c == ';';
}

std::string quoted(Names names) {
    std::string out;
    for (const std::string_view name : names) {
        if (!out.empty()) out += ", ";
        out += "'" + std::string(name) + "'";
    }
    return out;
}

std::string joined(std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    std::string out;
    for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
    return out;
}

bool has(const Attributes& given, std::string_view name) {
    return std::any_of(given.begin(), given.end(),
                       [&](const auto& each) { return each.first == name; });
}

Problem only(const Attributes& given, std::initializer_list<std::string_view> accepted) {
    std::vector<std::string> rejected;
    for (const auto& [name, value] : given) {
        if (std::find(accepted.begin(), accepted.end(), name) == accepted.end())
            rejected.push_back(name);
    }
    if (rejected.empty()) return std::nullopt;
    return ParameterProblem{
        DiagnosticCode::kUnknownParameter,
        {joined(std::move(rejected)), joined({accepted.begin(), accepted.end()})}};
}

Problem one_of(const Attributes& given, std::string_view name, Names values) {
    if (!has(given, name)) return std::nullopt;
    const std::string_view value = attribute(given, name);
    if (std::find(values.begin(), values.end(), value) != values.end()) return std::nullopt;
    return ParameterProblem{DiagnosticCode::kParameterChoice,
                            {std::string(name), quoted(values), std::string(value)}};
}

Problem truth(const Attributes& given, std::string_view name) {
    static constexpr std::string_view kValues[] = {"true", "false"};
    return one_of(given, name, kValues);
}

bool is_whole(double number) {
    return std::isfinite(number) && number == std::trunc(number);
}

Problem number(const Attributes& given, std::string_view name, bool whole = false) {
    if (!has(given, name)) return std::nullopt;
    const std::string_view value = attribute(given, name);
    const double parsed = parse_number(value);
    if (whole ? is_whole(parsed) : std::isfinite(parsed)) return std::nullopt;
    return ParameterProblem{
        whole ? DiagnosticCode::kParameterInteger : DiagnosticCode::kParameterNumber,
        {std::string(name), std::string(value)}};
}

/// The first that complains.
Problem first(std::initializer_list<Problem> problems) {
    for (const Problem& problem : problems) {
        if (problem) return problem;
    }
    return std::nullopt;
}

void pass(const Attributes& given, std::string_view name, std::string_view as, Attributes& out) {
    if (has(given, name)) out.emplace_back(as, attribute(given, name));
}

// Range ------------------------------------------------------------------------------------------

/// Decimal fractions are not exact in binary; a billionth of a step is.
bool is_multiple(double distance, double step) {
    constexpr double kTolerance = 1e-9;
    const double times = distance / step;
    return std::fabs(times - std::round(times)) < kTolerance;
}

struct Range {
    double start = 1;
    double end = 10;
    double step = 1;
    std::optional<double> tick_interval;
    std::optional<double> placeholder;
    [[nodiscard]] bool holds(double value) const {
        return value >= std::min(start, end) && value <= std::max(start, end);
    }
    [[nodiscard]] bool whole() const {
        return is_whole(start) && is_whole(end) && is_whole(step) &&
               is_whole(tick_interval.value_or(0)) && is_whole(placeholder.value_or(0));
    }
};

Problem check_size(std::string_view name, double size, const Range& range) {
    if (size == 0) return ParameterProblem{DiagnosticCode::kRangeZero, {std::string(name)}};
    if (size > std::fabs(range.end - range.start)) {
        return ParameterProblem{DiagnosticCode::kRangeTooLarge, {std::string(name)}};
    }
    return std::nullopt;
}

Problem check_range(const Range& range) {
    if (Problem problem = check_size("step", range.step, range)) return problem;
    if (range.tick_interval) {
        if (Problem problem = check_size("tick_interval", *range.tick_interval, range))
            return problem;
        if (!is_multiple(*range.tick_interval, range.step)) {
            return ParameterProblem{DiagnosticCode::kRangeMultiple, {"tick_interval"}};
        }
    }
    if (!range.placeholder) return std::nullopt;
    if (!is_multiple(*range.placeholder - range.start, range.step)) {
        return ParameterProblem{DiagnosticCode::kRangeMultiple, {"placeholder"}};
    }
    if (!range.holds(*range.placeholder)) {
        return ParameterProblem{DiagnosticCode::kRangeOutside, {"placeholder"}};
    }
    return std::nullopt;
}

/// The labels of ticks: their names are numbers on the range.
Problem check_labels(const std::vector<std::string>& names, const Range& range, bool no_ticks) {
    std::vector<double> seen;
    for (const std::string& name : names) {
        const double value = parse_number(name);
        if (!std::isfinite(value)) return ParameterProblem{DiagnosticCode::kTickNumber, {name}};
        if (!range.holds(value)) return ParameterProblem{DiagnosticCode::kTickOutside, {name}};
        if (range.tick_interval && !is_multiple(value - range.start, *range.tick_interval))
            return ParameterProblem{DiagnosticCode::kTickMultiple, {name, "tick_interval"}};
        if (!is_multiple(value - range.start, range.step))
            return ParameterProblem{DiagnosticCode::kTickMultiple, {name, "step"}};
        if (std::find(seen.begin(), seen.end(), value) == seen.end()) seen.push_back(value);
    }
    if (!no_ticks) return std::nullopt;
    if (seen.size() > 2) return ParameterProblem{DiagnosticCode::kTickCount, {}};
    const auto named = [&](double end) {
        return std::find(seen.begin(), seen.end(), end) != seen.end();
    };
    if (!named(range.start) || !named(range.end))
        return ParameterProblem{DiagnosticCode::kTickEnds, {}};
    return std::nullopt;
}

Problem apply_range(const Attributes& given, const ParameterScope& scope, ParameterOutcome& out) {
    if (Problem problem = only(
            given, {"start", "end", "step", "tick_interval", "placeholder", "tick_labelset"})) {
        return problem;
    }
    static constexpr std::string_view kPlainOnly[] = {"tick_interval", "placeholder",
                                                      "tick_labelset"};
    const std::vector<std::string_view> appearances = split_words(scope.appearance);
    const bool plain = std::all_of(appearances.begin(), appearances.end(), [](auto word) {
        return word == "vertical" || word == "no-ticks";
    });
    const bool no_ticks =
        std::find(appearances.begin(), appearances.end(), "no-ticks") != appearances.end();
    const bool needs_plain = std::any_of(std::begin(kPlainOnly), std::end(kPlainOnly),
                                         [&](std::string_view name) { return has(given, name); });
    if (!plain && needs_plain) return ParameterProblem{DiagnosticCode::kRangeAppearance, {}};
    for (const std::string_view name : {"start", "end", "step", "tick_interval", "placeholder"}) {
        if (Problem problem = number(given, name)) return problem;
    }
    const auto value = [&](std::string_view name, double fallback) {
        return has(given, name) ? parse_number(attribute(given, name)) : fallback;
    };
    Range range{value("start", 1), value("end", 10), value("step", 1), {}, {}};
    if (has(given, "tick_interval")) range.tick_interval = value("tick_interval", 0);
    if (has(given, "placeholder")) range.placeholder = value("placeholder", 0);
    if (Problem problem = check_range(range)) return problem;
    if (has(given, "tick_labelset")) {
        out.labels_list = attribute(given, "tick_labelset");
        const auto* names = scope.choices ? scope.choices(out.labels_list) : nullptr;
        if (names == nullptr) return ParameterProblem{DiagnosticCode::kTickList, {out.labels_list}};
        if (Problem problem = check_labels(*names, range, no_ticks)) return problem;
    }
    if (!range.whole()) out.bind_type = "decimal";
    for (const auto& [name, fallback] :
         {std::pair{"start", "1"}, std::pair{"end", "10"}, std::pair{"step", "1"}}) {
        out.control.emplace_back(name, has(given, name) ? attribute(given, name) : fallback);
    }
    pass(given, "tick_interval", "odk:tick-interval", out.control);
    pass(given, "placeholder", "odk:placeholder", out.control);
    return std::nullopt;
}

// Places -----------------------------------------------------------------------------------------

Problem apply_place(const Attributes& given, const ParameterScope& scope, ParameterOutcome& out) {
    const bool point = scope.kind == "geopoint";
    Problem problem =
        point ? only(given, {"allow-mock-accuracy", "capture-accuracy", "reference-geometry",
                             "warning-accuracy"})
              : only(given, {"allow-mock-accuracy", "incremental", "reference-geometry"});
    if (problem) return problem;
    problem = first({number(given, "capture-accuracy"), number(given, "warning-accuracy"),
                     truth(given, "allow-mock-accuracy")});
    if (problem) return problem;
    pass(given, "capture-accuracy", "accuracyThreshold", out.control);
    pass(given, "warning-accuracy", "unacceptableAccuracyThreshold", out.control);
    pass(given, "allow-mock-accuracy", "odk:allow-mock-accuracy", out.bind);
    if (has(given, "incremental")) {
        const std::string_view value = attribute(given, "incremental");
        if (value != "true" && value != "yes" && value != "true()")
            return ParameterProblem{DiagnosticCode::kIncremental, {}};
        out.control.emplace_back("incremental", "true");
    }
    out.reference = attribute(given, "reference-geometry");
    return std::nullopt;
}

// Files ------------------------------------------------------------------------------------------

bool is_package_name(std::string_view name) {
    if (name.find('.') == std::string_view::npos) return false;
    bool fresh = true;  // at the first character of a segment
    for (const char c : name) {
        if (c == '.' ? fresh : !is_letter(c) && (fresh || (!is_digit(c) && c != '_'))) return false;
        fresh = c == '.';
    }
    return !fresh;
}

Problem apply_image(const Attributes& given, const ParameterScope& scope, ParameterOutcome& out) {
    if (Problem problem =
            first({only(given, {"max-pixels", "app"}), number(given, "max-pixels", true)})) {
        return problem;
    }
    pass(given, "max-pixels", "orx:max-pixels", out.bind);
    const bool camera = scope.appearance.empty() || scope.appearance == "annotate";
    if (!camera || !has(given, "app")) return std::nullopt;
    const std::string_view name = attribute(given, "app");
    if (!is_package_name(name))
        return ParameterProblem{DiagnosticCode::kPackageName, {std::string(name)}};
    out.control.emplace_back("intent", name);
    return std::nullopt;
}

Problem apply_audio(const Attributes& given, const ParameterScope& scope, ParameterOutcome& out) {
    static constexpr std::string_view kQualities[] = {"voice-only", "low", "normal", "external"};
    const bool background = scope.kind == "background-audio";
    const Names qualities = Names(kQualities).first(background ? 3 : 4);
    if (Problem problem = first({only(given, {"quality"}), one_of(given, "quality", qualities)}))
        return problem;
    pass(given, "quality", "odk:quality", background ? out.action : out.bind);
    return std::nullopt;
}

// The audit and selects --------------------------------------------------------------------------

Problem check_location(const Attributes& given) {
    static constexpr std::string_view kPriorities[] = {"no-power", "low-power", "balanced",
                                                       "high-accuracy"};
    static constexpr std::string_view kNames[] = {"location-priority", "location-min-interval",
                                                  "location-max-age"};
    const auto count = std::count_if(std::begin(kNames), std::end(kNames),
                                     [&](std::string_view name) { return has(given, name); });
    if (count == 0) return std::nullopt;
    if (count < 3) return ParameterProblem{DiagnosticCode::kParametersTogether, {quoted(kNames)}};
    Problem problem = first({one_of(given, kNames[0], kPriorities), number(given, kNames[1], true),
                             number(given, kNames[2], true)});
    if (problem) return problem;
    const double interval = parse_number(attribute(given, kNames[1]));
    const double age = parse_number(attribute(given, kNames[2]));
    for (const std::string_view name : {kNames[1], kNames[2]}) {
        if (parse_number(attribute(given, name)) < 0)
            return ParameterProblem{DiagnosticCode::kParameterLeast, {std::string(name), "0"}};
    }
    if (age >= interval) return std::nullopt;
    return ParameterProblem{DiagnosticCode::kParameterLeast,
                            {std::string(kNames[2]), std::string(kNames[1])}};
}

Problem apply_audit(const Attributes& given, ParameterOutcome& out) {
    static constexpr std::string_view kReasons[] = {"on-form-edit"};
    Problem problem =
        first({only(given, {"location-priority", "location-min-interval", "location-max-age",
                            "track-changes", "identify-user", "track-changes-reasons"}),
               truth(given, "track-changes"), truth(given, "identify-user"),
               one_of(given, "track-changes-reasons", kReasons), check_location(given)});
    if (problem) return problem;
    for (const auto& [name, value] : given) out.bind.emplace_back("odk:" + name, value);
    return std::nullopt;
}

/// The heading of a file's column: a letter or underscore, then also digits, "-" and ".".
Problem column_name(const Attributes& given, std::string_view name) {
    if (!has(given, name)) return std::nullopt;
    const std::string_view value = attribute(given, name);
    const auto letter = [](char c) { return is_letter(c) || c == '_'; };
    const bool fits = !value.empty() && letter(value.front()) &&
                      std::all_of(value.begin(), value.end(), [&](char c) {
                          return letter(c) || is_digit(c) || c == '-' || c == '.';
                      });
    if (fits) return std::nullopt;
    return ParameterProblem{DiagnosticCode::kBadParameter, {std::string(name), std::string(value)}};
}

Problem apply_select(const Attributes& given, bool from_file) {
    Problem problem = from_file ? only(given, {"randomize", "seed", "value", "label"})
                                : only(given, {"randomize", "seed"});
    if (!problem) problem = first({column_name(given, "value"), column_name(given, "label")});
    if (problem) return problem;
    problem = truth(given, "randomize");
    if (problem || !has(given, "seed")) return problem;
    if (!has(given, "randomize")) return ParameterProblem{DiagnosticCode::kSeedAlone, {}};
    const std::string_view seed = attribute(given, "seed");
    const bool reference = seed.starts_with("${") && seed.ends_with('}');
    if (reference || std::isfinite(parse_number(seed))) return std::nullopt;
    return ParameterProblem{DiagnosticCode::kBadSeed, {std::string(seed)}};
}

Problem apply_kind(const Attributes& given, const ParameterScope& scope, ParameterOutcome& out) {
    const std::string_view kind = scope.kind;
    if (kind == "range") return apply_range(given, scope, out);
    if (kind == "geopoint" || kind == "geoshape" || kind == "geotrace")
        return apply_place(given, scope, out);
    if (kind == "image") return apply_image(given, scope, out);
    if (kind == "audio" || kind == "background-audio") return apply_audio(given, scope, out);
    if (kind == "audit") return apply_audit(given, out);
    if (kind == "select" || kind == "select file") return apply_select(given, kind != "select");
    if (kind == "text") {
        if (Problem problem = first({only(given, {"rows"}), number(given, "rows", true)}))
            return problem;
        pass(given, "rows", "rows", out.control);
    }
    return std::nullopt;
}

}  // namespace

std::optional<ParameterProblem> read_parameters(std::string_view text, Attributes& out) {
    std::vector<std::string> tokens;
    bool open = false;
    for (const char c : text) {
        if (c == '=') {
            tokens.emplace_back("=");
            open = false;
        } else if (delimits(c)) {
            open = false;
        } else if (open) {
            tokens.back() += c;
        } else {
            tokens.emplace_back(1, c);
            open = true;
        }
    }
    const ParameterProblem wrong{DiagnosticCode::kParameterForm, {}};
    if (tokens.size() % 3 != 0) return wrong;
    for (std::size_t i = 0; i < tokens.size(); i += 3) {
        if (tokens[i] == "=" || tokens[i + 1] != "=" || tokens[i + 2] == "=") return wrong;
        std::string name = lower_ascii(tokens[i]);
        const bool exact = name == "value" || name == "label" || name == "reference-geometry" ||
                           name == "seed" || name == "app" || name == "tick_labelset";
        std::string value = exact ? tokens[i + 2] : lower_ascii(tokens[i + 2]);
        const auto known = std::find_if(out.begin(), out.end(),
                                        [&](const auto& each) { return each.first == name; });
        if (known != out.end())
            known->second = std::move(value);
        else
            out.emplace_back(std::move(name), std::move(value));
    }
    return std::nullopt;
}

std::optional<ParameterProblem> apply_parameters(const Attributes& given,
                                                 const ParameterScope& scope,
                                                 ParameterOutcome& out) {
    Problem problem = apply_kind(given, scope, out);
    if (problem) problem->args.emplace_back(scope.kind);
    return problem;
}

}  // namespace awda::forms
