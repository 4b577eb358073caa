// ValueModel: one text after the other, each in a column, as answers of forms are.
//
// Tried in this order: what stood elsewhere in this record, one text or several joined, where this
// column's has come from before; a text the column has held; a number or date, as what it is; words
// that any column has held; letters. What was seen is learned, so that reading and writing stay in
// step.
// Ownership: owns what it learned; copyable. Threads: none of its own.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sync/columns/dictionary.h"
#include "sync/columns/places.h"
#include "sync/columns/symbols.h"
#include "sync/columns/typed_model.h"

namespace awda::sync::columns {

inline constexpr std::uint32_t kColumnsMax = 20'000;

class ValueModel {
public:
    /// A new column; its number. `name` is hashed, so that equal columns of two forms share.
    std::uint32_t add_column(std::string_view name);
    [[nodiscard]] std::uint32_t columns() const {
        return static_cast<std::uint32_t>(columns_.size());
    }

    /// Forgets what stood where: a record begins.
    void begin_record();
    /// Once they are known.
    void times(UnixMs started, UnixMs finalised) { typed_.begin_record(started, finalised); }
    /// A text that is known to both sides without being sent, and may be an answer; `slot` tells
    /// such texts apart, below kOwnHints.
    static constexpr std::uint32_t kOwnHints = 20;
    void hint(std::uint32_t slot, std::string_view text) { stand(slot, text, text_hash(text)); }

    /// `row` is the innermost row of a repeat, 0 outside.
    std::string value(Symbols& symbols, std::uint32_t column, std::uint32_t row,
                      std::string_view text);
    /// Hashes of the value coded last, and of the one before it.
    [[nodiscard]] std::uint32_t last_value() const { return recent_[0]; }
    [[nodiscard]] std::uint32_t value_before() const { return recent_[1]; }

private:
    /// Hints of our own: whole years and months since the last date.
    enum : std::uint32_t { kYearsHint = kOwnHints, kMonthsHint, kHintsMax };
    /// Where in its record a column's text has stood before it, and how often that held. Several
    /// places: the texts of all, a blank between.
    struct Source {
        std::vector<std::uint32_t> places;
        std::uint8_t score = 0;
        std::uint8_t history = 0;  ///< of the last eight times, a 1 for each that held
    };
    struct Column {
        std::uint32_t hash = 0;
        Dictionary values{30'000};
        std::uint32_t last = 0;  ///< hash of the value before
        std::uint32_t last_words = 0;
        std::uint32_t last_shape = 0;
        std::array<std::string, 2> last_spelled;  ///< of the first word, and of those behind it
        Source source;
    };
    /// What stands at a place now: hints first, columns behind them.
    struct Standing {
        std::uint32_t record = 0;  ///< in which it was written; an older one does not count
        std::string text;
    };
    struct Words;

    std::string uncopied(Symbols& symbols, Column& column, std::uint32_t row, std::uint32_t guess,
                         std::string_view text);
    std::string shaped(Symbols& symbols, Column& column, std::uint32_t row, std::string_view text);
    std::string words(Symbols& symbols, Column& column, std::uint32_t row, std::string_view text);
    std::string word(Symbols& symbols, Column& column, const Words& so_far, std::string_view word);
    std::string spell(Symbols& symbols, Column& column, const Words& so_far, std::string_view word);
    void remember(Column& column, std::uint32_t number, const std::string& text,
                  const std::optional<std::string>& standing);
    [[nodiscard]] std::optional<std::string> joined(const Source& source) const;
    [[nodiscard]] std::vector<std::uint32_t> places_of(std::string_view text,
                                                       std::uint32_t hash) const;
    void learn(Source& source, std::string_view text, std::uint32_t hash, bool held) const;
    void stand(std::uint32_t place, std::string_view text, std::uint32_t hash);
    void hint_since(const Day& day);

    std::vector<Column> columns_;
    Dictionary words_{60'000};
    TypedModel typed_;
    std::vector<Standing> standing_{kHintsMax};
    std::uint32_t record_ = 0;
    Places places_;
    std::array<std::uint32_t, 2> recent_{};  ///< hashes of the values before, newest first
    std::uint32_t recent_head_ = 0;          ///< hash of the first four letters of the newest
    std::uint32_t code_ = 0;                 ///< hash of the last value that looks like a code
};

}  // namespace awda::sync::columns
