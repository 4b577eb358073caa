#include "forms/appearance.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "forms/ascii.h"
#include "forms/model.h"
#include "forms/names.h"
#include "forms/value.h"

namespace awda::forms {
namespace {

struct WordRow {
    AppearanceWord id;
    std::string_view spelling;
    std::string_view where;
};
constexpr WordRow kWords[] = {
#define AWDA_APPEARANCE(id, spelling, where) {AppearanceWord::id, spelling, where},
#include "forms/appearance.def"
#undef AWDA_APPEARANCE
};

/// What older forms and other clients write for the same.
struct Alias {
    std::string_view old;
    std::string_view now;
};
constexpr Alias kAliases[] = {{"textarea", "multiline"},
                              {"big", "multiline"},
                              {"spinner", "minimal"},
                              {"quickcompact", "columns-pack quick no-buttons"},
                              {"horizontal", "columns"},
                              {"horizontal-compact", "columns-pack"},
                              {"randomized", ""},
                              {"selfie", "new-front"},
                              {"new-selfie", "new-front"},
                              {"month_year", "month-year"},
                              {"no_calendar", "no-calendar"},
                              {"field_list", "field-list"},
                              {"table_list", "table-list"},
                              {"calendar", ""},
                              {"show_formatted", ""}};

const WordRow* find_word(std::string_view text) {
    const auto found = std::find_if(std::begin(kWords), std::end(kWords),
                                    [&](const WordRow& row) { return row.spelling == text; });
    return found == std::end(kWords) ? nullptr : &*found;
}

/// Words are separated by white space outside of brackets and quotes.
std::vector<std::string_view> split_appearance(std::string_view text) {
    std::vector<std::string_view> out;
    std::size_t begin = 0;
    std::size_t depth = 0;
    char quote = 0;
    const auto take = [&](std::size_t end) {
        if (end > begin && out.size() < kAppearanceWordsMax)
            out.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quote != 0) {
            if (c == quote) quote = 0;
        } else if (depth > 0 && (c == '\'' || c == '"')) {
            quote = c;
        } else if (c == '(') {
            ++depth;
        } else if (c == ')' && depth > 0) {
            --depth;
        } else if (depth == 0 && is_space(c)) {
            take(i);
        }
    }
    take(text.size());
    return out;
}

/// "a, b='x,y', c" at the commas outside of brackets and quotes.
std::vector<std::string_view> split_arguments(std::string_view text) {
    std::vector<std::string_view> out;
    std::size_t begin = 0;
    std::size_t depth = 0;
    char quote = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        const char c = i < text.size() ? text[i] : ',';
        if (quote != 0 && i < text.size()) {
            if (c == quote) quote = 0;
        } else if (c == '\'' || c == '"') {
            quote = c;
        } else if (c == '(') {
            ++depth;
        } else if (c == ')' && depth > 0) {
            --depth;
        } else if (c == ',' && (depth == 0 || i == text.size())) {
            const std::string_view part = trim(text.substr(begin, i - begin));
            if (!part.empty()) out.push_back(part);
            begin = i + 1;
        }
    }
    return out;
}

/// "name(arguments)"; the closing bracket may be missing.
ExternalApp parse_call(std::string_view text) {
    ExternalApp out;
    const auto open = text.find('(');
    out.name = std::string(trim(text.substr(0, open)));
    if (open == std::string_view::npos) return out;
    std::string_view inside = text.substr(open + 1);
    if (inside.ends_with(')')) inside.remove_suffix(1);
    for (const std::string_view part : split_arguments(inside)) {
        const auto equals = part.find('=');
        const std::string_view name =
            equals == std::string_view::npos ? std::string_view() : trim(part.substr(0, equals));
        const bool named = !name.empty() && name.find_first_of("'\"/(.$<>!") == name.npos;
        out.arguments.emplace_back(named ? name : std::string_view(),
                                   named ? trim(part.substr(equals + 1)) : part);
    }
    return out;
}

std::optional<std::uint32_t> whole_number(std::string_view text) {
    constexpr std::size_t kDigitsMax = 9;
    if (text.empty() || text.size() > kDigitsMax) return std::nullopt;
    std::uint32_t out = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        out = out * 10 + static_cast<std::uint32_t>(c - '0');
    }
    return out;
}

/// Optimal string alignment: how many letters are wrong, missing, too many or swapped.
std::size_t distance(std::string_view a, std::string_view b) {
    constexpr std::size_t kLengthMax = 32;
    if (a.size() > kLengthMax || b.size() > kLengthMax) return kLengthMax;
    std::array<std::array<std::size_t, kLengthMax + 1>, kLengthMax + 1> d{};
    for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t wrong = a[i - 1] == b[j - 1] ? 0 : 1;
            d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + wrong});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[a.size()][b.size()];
}

std::string nearest_word(std::string_view word) {
    std::string plain;
    for (const char c : word) {
        if (c != '-' && c != '_') plain += c;
    }
    std::string_view best;
    std::size_t least = word.size() <= 4 ? 1 : 2;  // as many letters may be wrong
    for (const WordRow& row : kWords) {
        std::string known;
        for (const char c : row.spelling) {
            if (c != '-') known += c;
        }
        const std::size_t found = distance(plain, known);
        if (found < least || (found == least && best.empty())) {
            best = row.spelling;
            least = found;
        }
    }
    return std::string(best);
}

void set_typed(Appearance& out, AppearanceWord word) {
    switch (word) {
        case AppearanceWord::kEthiopian: out.calendar = Calendar::kEthiopian; break;
        case AppearanceWord::kCoptic: out.calendar = Calendar::kCoptic; break;
        case AppearanceWord::kIslamic: out.calendar = Calendar::kIslamic; break;
        case AppearanceWord::kBikramSambat: out.calendar = Calendar::kBikramSambat; break;
        case AppearanceWord::kMyanmar: out.calendar = Calendar::kMyanmar; break;
        case AppearanceWord::kPersian: out.calendar = Calendar::kPersian; break;
        case AppearanceWord::kMonthYear: out.date_parts = DateParts::kMonthYear; break;
        case AppearanceWord::kYear: out.date_parts = DateParts::kYear; break;
        case AppearanceWord::kColumns:
            if (out.columns == ChoiceColumns::kOne) out.columns = ChoiceColumns::kFlow;
            break;
        case AppearanceWord::kCompact:
        case AppearanceWord::kColumnsFlex:
        case AppearanceWord::kColumnsPack: out.columns = ChoiceColumns::kPack; break;
        case AppearanceWord::kLabel: out.table = TablePart::kHeader; break;
        case AppearanceWord::kListNoLabel: out.table = TablePart::kRow; break;
        case AppearanceWord::kList: out.table = TablePart::kRowWithLabels; break;
        default: break;
    }
}

/// Words that end in a number: "columns-3", "compact-2", "quickcompact-2", "w4".
bool take_numbered(Appearance& out, std::string_view word) {
    constexpr std::uint32_t kColumnsMax = 100;
    constexpr std::uint32_t kGridColumns = 12;
    constexpr std::string_view kColumned[] = {"columns-", "compact-", "quickcompact-"};
    for (const std::string_view prefix : kColumned) {
        if (!word.starts_with(prefix)) continue;
        const auto count = whole_number(word.substr(prefix.size()));
        if (!count || *count == 0 || *count > kColumnsMax) return false;
        out.columns = ChoiceColumns::kNumber;
        out.column_count = *count;
        if (prefix.starts_with("quick"))
            out.words.set(static_cast<std::size_t>(AppearanceWord::kQuick));
        if (prefix != kColumned[0])
            out.words.set(static_cast<std::size_t>(AppearanceWord::kNoButtons));
        return true;
    }
    if (!word.starts_with('w')) return false;
    const auto width = whole_number(word.substr(1));
    if (!width || *width == 0 || *width > kGridColumns) return false;
    out.grid_width = *width;
    return true;
}

void take_word(Appearance& out, std::string_view text) {
    const std::string word = lower_ascii(text);
    if (const WordRow* row = find_word(word)) {
        out.words.set(static_cast<std::size_t>(row->id));
        set_typed(out, row->id);
        return;
    }
    if (word.starts_with("ex:")) {
        out.external = parse_call(text.substr(3));
        return;
    }
    if (word.starts_with("printer:")) {
        out.words.set(static_cast<std::size_t>(AppearanceWord::kPrinter));
        out.external = parse_call(text.substr(8));
        return;
    }
    if (word.starts_with("search(")) {
        out.search = parse_call(text);
        return;
    }
    if (take_numbered(out, word)) return;
    for (const Alias& alias : kAliases) {
        if (word != alias.old) continue;
        for (const std::string_view now : split_words(alias.now)) take_word(out, now);
        return;
    }
    out.unknown_words.push_back({std::string(text), nearest_word(word)});
}

char letter_of(QuestionType type) {
    switch (type) {
        case QuestionType::kText: return 't';
        case QuestionType::kInteger:
        case QuestionType::kDecimal: return 'n';
        case QuestionType::kDate:
        case QuestionType::kTime:
        case QuestionType::kDateTime: return 'd';
        case QuestionType::kGeopoint:
        case QuestionType::kGeotrace:
        case QuestionType::kGeoshape: return 'g';
        case QuestionType::kSelectOne:
        case QuestionType::kSelectMultiple:
        case QuestionType::kRank: return 's';
        case QuestionType::kRange: return 'r';
        case QuestionType::kImage: return 'i';
        case QuestionType::kAudio: return 'a';
        case QuestionType::kVideo: return 'v';
        case QuestionType::kFile: return 'f';
        case QuestionType::kBarcode: return 'b';
        case QuestionType::kAcknowledge:
        case QuestionType::kNote:
        case QuestionType::kHidden: return ' ';
    }
    return ' ';
}

std::optional<double> number_of(std::string_view text) {
    const double number = parse_number(text);
    if (!std::isfinite(number)) return std::nullopt;
    return number;
}

std::optional<std::uint32_t> count_of(std::string_view text) {
    return whole_number(trim(text));
}

void take_attribute(ControlHints& out, std::string_view name, const std::string& value) {
    if (name == "rows") out.rows = count_of(value);
    if (name == "start") out.start = number_of(value);
    if (name == "end") out.end = number_of(value);
    if (name == "step") out.step = number_of(value);
    if (name == "tick-interval") out.tick_interval = number_of(value);
    if (name == "placeholder") out.placeholder = number_of(value);
    if (name == "tick-labelset" || name == "tick-labels") out.tick_labels = value;
    if (name == "accuracyThreshold") out.accuracy_threshold = number_of(value);
    if (name == "unacceptableAccuracyThreshold") out.unacceptable_accuracy = number_of(value);
    if (name == "allow-mock-accuracy") out.allow_mock_accuracy = value == "true";
    if (name == "incremental") out.incremental = value == "true";
    if (name == "saveIncomplete") out.save_incomplete = value == "true()";
    if (name == "max-pixels") out.max_pixels = count_of(value);
    if (name == "quality") out.quality = value;
    if (name == "autoplay") out.autoplay = value;
    if (name == "intent") out.intent = value;
}

std::vector<std::string> accepted(std::string_view list) {
    std::vector<std::string> out;
    while (!list.empty()) {
        const auto comma = list.find(',');
        const std::string_view part = trim(list.substr(0, comma));
        if (!part.empty()) out.emplace_back(part);
        list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    }
    return out;
}

}  // namespace

std::string_view appearance_word_text(AppearanceWord word) {
    return kWords[static_cast<std::size_t>(word)].spelling;
}

Appearance parse_appearance(std::string_view text) {
    Appearance out;
    for (const std::string_view word : split_appearance(text.substr(0, kAppearanceBytesMax))) {
        take_word(out, word);
    }
    return out;
}

std::vector<AppearanceWord> misplaced_words(const Appearance& appearance, QuestionType type,
                                            bool group) {
    std::vector<AppearanceWord> out;
    const char letter = group ? 'G' : letter_of(type);
    for (const WordRow& row : kWords) {
        if (!appearance.has(row.id) || row.where == "*") continue;
        if (row.where.find(letter) == std::string_view::npos) out.push_back(row.id);
    }
    return out;
}

ControlHints control_hints(const ModelControl& control, const ModelBind* bind) {
    ControlHints out;
    out.appearance = parse_appearance(control.appearance);
    if (bind != nullptr) {
        for (const auto& [name, value] : bind->others) {
            take_attribute(out, local_name(name), value);
        }
    }
    for (const auto& [name, value] : control.others) {
        take_attribute(out, local_name(name), value);
        if (local_name(name) == "accept") out.accept = accepted(value);
    }
    if (out.accept.empty()) out.accept = accepted(control.mediatype);
    return out;
}

FormStyle parse_style(std::string_view body_class) {
    constexpr std::string_view kTheme = "theme-";
    FormStyle out;
    for (const std::string_view word : split_words(body_class)) {
        if (word == "pages") {
            out.pages = true;
        } else if (word.starts_with(kTheme)) {
            out.theme = std::string(word.substr(kTheme.size()));
        } else if (out.other_words.size() < kAppearanceWordsMax) {
            out.other_words.emplace_back(word);
        }
    }
    out.grid = out.theme == "grid";
    return out;
}

}  // namespace awda::forms
