// Appearance: how a form's author wants a question, group or choice to look, as data.
//
// Ownership: values. Threads: pure functions.
// An appearance is words; some carry a number ("columns-3", "w4") or arguments ("ex:…(…)"). Older
// spellings are understood as what replaced them. Words that no client knows are kept apart.
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "forms/definition.h"

namespace awda::forms {

struct ModelControl;
struct ModelBind;

enum class AppearanceWord : std::uint8_t {
#define AWDA_APPEARANCE(id, spelling, where) id,
#include "forms/appearance.def"
#undef AWDA_APPEARANCE
    kCount,
};
[[nodiscard]] std::string_view appearance_word_text(AppearanceWord word);

enum class Calendar : std::uint8_t {
    kGregorian,
    kEthiopian,
    kCoptic,
    kIslamic,
    kBikramSambat,
    kMyanmar,
    kPersian,
};
enum class DateParts : std::uint8_t { kDay, kMonthYear, kYear };
/// How a select's choices lie. kFlow: as many in a line as there is room for.
enum class ChoiceColumns : std::uint8_t { kOne, kFlow, kPack, kNumber };
/// A select's part in a table of selects with the same choices.
enum class TablePart : std::uint8_t { kAlone, kHeader, kRow, kRowWithLabels };

/// Another program that answers: "ex:org.example.app(name='x', age=/data/age)".
struct ExternalApp {
    std::string name;
    std::vector<std::pair<std::string, std::string>> arguments;  ///< name ("" if none), expression
    bool operator==(const ExternalApp&) const = default;
};

struct UnknownWord {
    std::string word;
    std::string nearest;  ///< the known word it may have meant, or ""
    bool operator==(const UnknownWord&) const = default;
};

struct Appearance {
    std::bitset<static_cast<std::size_t>(AppearanceWord::kCount)> words;
    Calendar calendar = Calendar::kGregorian;
    DateParts date_parts = DateParts::kDay;
    ChoiceColumns columns = ChoiceColumns::kOne;
    std::uint32_t column_count = 0;  ///< with ChoiceColumns::kNumber
    TablePart table = TablePart::kAlone;
    std::uint32_t grid_width = 0;  ///< w1 … w12 of the grid theme; 0 if not said
    std::optional<ExternalApp> external;
    std::optional<ExternalApp> search;  ///< search('file', …): choices from a file, of Collect
    std::vector<UnknownWord> unknown_words;

    [[nodiscard]] bool has(AppearanceWord word) const {
        return words.test(static_cast<std::size_t>(word));
    }
    /// Whether the choices are narrowed by typing.
    [[nodiscard]] bool searchable() const {
        return has(AppearanceWord::kAutocomplete) || has(AppearanceWord::kSearch);
    }
};

inline constexpr std::size_t kAppearanceBytesMax = 16U << 10U;  ///< longer ones are cut
inline constexpr std::size_t kAppearanceWordsMax = 100;

[[nodiscard]] Appearance parse_appearance(std::string_view text);
/// Known words that mean nothing on such a question ("signature" on a number); `group` for groups
/// and repeats.
[[nodiscard]] std::vector<AppearanceWord> misplaced_words(const Appearance& appearance,
                                                          QuestionType type, bool group);

/// What else the author says about a control, typed; unset where not said or not a number.
struct ControlHints {
    Appearance appearance;
    std::optional<std::uint32_t> rows;  ///< lines of a text
    std::optional<double> start;        ///< of a range
    std::optional<double> end;
    std::optional<double> step;
    std::optional<double> tick_interval;
    std::optional<double> placeholder;
    std::string tick_labels;                      ///< the list that labels a range's ticks
    std::optional<double> accuracy_threshold;     ///< metres: good enough to be taken at once
    std::optional<double> unacceptable_accuracy;  ///< metres: warn above
    bool allow_mock_accuracy = false;
    bool incremental = false;      ///< of geotrace and geoshape
    bool save_incomplete = false;  ///< the draft is to be saved when the question is reached
    std::optional<std::uint32_t> max_pixels;
    std::string quality;              ///< of audio: "normal", "low", "voice-only", "external"
    std::string autoplay;             ///< "audio", "video", or ""
    std::vector<std::string> accept;  ///< media types and endings: "image/*", ".pdf"
    std::string intent;               ///< of a group that an app fills
};
[[nodiscard]] ControlHints control_hints(const ModelControl& control, const ModelBind* bind);

/// Of the whole form: the body's class, which is XLSForm's style.
struct FormStyle {
    bool pages = false;  ///< each group of the top level is a page of its own
    bool grid = false;   ///< theme-grid: questions lie on a grid by their widths
    std::string theme;   ///< "grid", "formhub" …: the theme named, or ""
    std::vector<std::string> other_words;
};
[[nodiscard]] FormStyle parse_style(std::string_view body_class);

}  // namespace awda::forms
