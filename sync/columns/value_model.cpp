#include "sync/columns/value_model.h"

#include <algorithm>

namespace awda::sync::columns {

namespace {

constexpr std::uint8_t kTrusted = 2;  // a source's score from which it is tried
constexpr std::uint8_t kScoreMax = 7;
constexpr std::size_t kValueKept = 64;  // bytes; longer ones do not come again
constexpr std::size_t kWordKept = 32;
constexpr std::size_t kPlacesMax = 8;    // texts joined to one
constexpr std::size_t kSpanMax = 4;      // words of a text that may be part of another
constexpr std::size_t kJoinedMax = 400;  // bytes

/// Numbers and ids are not words: they would crowd the dictionary and never come again.
bool worth_keeping(std::string_view word) {
    return word.size() <= kWordKept &&
           std::ranges::none_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

/// "IQG17Q01": letters and digits, no blank.
bool looks_like_code(std::string_view text) {
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
    return text.size() <= 16 && std::ranges::any_of(text, digit) &&
           std::ranges::any_of(text, letter) && text.find(' ') == std::string_view::npos;
}

}  // namespace

/// The words of a value that are done, and where the next one stands.
struct ValueModel::Words {
    std::size_t count = 0;
    std::uint32_t before = 0;  ///< hash of the last one
    std::uint32_t before_that = 0;

    [[nodiscard]] std::uint32_t at() const {
        return static_cast<std::uint32_t>(std::min<std::size_t>(count, 11));
    }
    void add(std::string_view word) {
        ++count;
        before_that = before;
        before = text_hash(word);
    }
};

std::uint32_t ValueModel::add_column(std::string_view name) {
    columns_.emplace_back().hash = text_hash(name);
    standing_.emplace_back();
    return columns() - 1;
}

void ValueModel::begin_record() {
    ++record_;
    places_.clear();
    recent_ = {};
    recent_head_ = 0;
    code_ = 0;
}

void ValueModel::stand(std::uint32_t place, std::string_view text, std::uint32_t hash) {
    standing_[place].record = record_;
    standing_[place].text = text;
    if (!text.empty()) places_.note(hash, place);
}

void ValueModel::hint_since(const Day& day) {
    const std::int32_t months = months_between(day, typed_.today());
    hint(kYearsHint, std::to_string(months / 12));
    hint(kMonthsHint, std::to_string(months));
}

std::optional<std::string> ValueModel::joined(const Source& source) const {
    if (source.places.empty()) return std::nullopt;
    std::string out;
    for (const std::uint32_t place : source.places) {
        const Standing& standing = standing_[place];
        if (standing.record != record_) return std::nullopt;
        if (!out.empty()) out += ' ';
        out += standing.text;
    }
    return out;
}

/// Where a text stands already, or its parts, each the longest that does; nowhere: nothing.
std::vector<std::uint32_t> ValueModel::places_of(std::string_view text, std::uint32_t hash) const {
    if (const auto whole = places_.find(hash)) return {*whole};
    std::vector<std::uint32_t> out;
    if (text.size() > kJoinedMax) return out;
    while (!text.empty()) {
        std::size_t longest = 0;
        std::uint32_t place = 0;
        std::size_t end = 0;
        for (std::size_t words = 0; words < kSpanMax && end < text.size(); ++words) {
            end = std::min(text.find(' ', end + 1), text.size());
            const auto found = places_.find(text_hash(text.substr(0, end)));
            if (!found) continue;
            longest = end;
            place = *found;
        }
        if (longest == 0 || out.size() == kPlacesMax) return {};
        out.push_back(place);
        text.remove_prefix(std::min(longest + 1, text.size()));
    }
    return out;
}

void ValueModel::learn(Source& source, std::string_view text, std::uint32_t hash, bool held) const {
    if (text.empty()) return;
    source.history = static_cast<std::uint8_t>(source.history << 1U | (held ? 1U : 0U));
    if (held) {
        source.score = std::min<std::uint8_t>(source.score + 1, kScoreMax);
    } else if (source.score > 0) {
        --source.score;
    } else {
        source.places = places_of(text, hash);
        source.score = source.places.empty() ? 0 : 1;
    }
}

std::string ValueModel::value(Symbols& symbols, std::uint32_t number, std::uint32_t row,
                              std::string_view text) {
    Column& column = columns_[number];
    const auto standing = joined(column.source);
    const bool guess = standing && column.source.score >= kTrusted;
    std::string out;
    bool copied = false;
    if (guess) {
        Contexts contexts;
        contexts.add(column.hash);
        contexts.add(mix_hash(column.hash, column.source.history));
        contexts.add(mix_hash(column.hash, recent_[0]));
        contexts.add(mix_hash(column.hash, std::min(row, 3U) + 7));
        copied = symbols.flag(Kind::kCopied, column.hash, contexts, text == *standing);
        if (copied) out = *standing;
    }
    if (!copied) out = uncopied(symbols, column, row, guess ? text_hash(*standing) : 0, text);
    if (symbols.spend(out.size() + 8)) remember(column, number, out, standing);
    return out;
}

std::string ValueModel::uncopied(Symbols& symbols, Column& column, std::uint32_t row,
                                 std::uint32_t guess, std::string_view text) {
    const std::uint32_t hash = column.hash;
    Contexts contexts;
    contexts.add(hash);
    contexts.add(mix_hash(hash, recent_[0] + 1));
    contexts.add(mix_hash(hash, recent_[1] + 2));
    contexts.add(mix_hash(hash, column.last + 3));
    contexts.add(mix_hash(hash, recent_head_ + 5));
    contexts.add(mix_hash(hash, mix_hash(guess, std::min(row, 3U))));
    const std::uint32_t known = symbols.reading() ? 0 : column.values.find(text, text_hash(text));
    const std::uint32_t index =
        symbols.index(Kind::kValue, Kind::kValueBits, hash, contexts, known);
    if (index == 0) return shaped(symbols, column, row, text);
    if (column.values.holds(index)) return std::string(column.values.at(index));
    symbols.fail();
    return {};
}

std::string ValueModel::shaped(Symbols& symbols, Column& column, std::uint32_t row,
                               std::string_view text) {
    Contexts contexts;
    contexts.add(column.hash);
    contexts.add(mix_hash(column.hash, column.last_shape));
    const auto actual = static_cast<std::uint32_t>(shape_of(text));
    column.last_shape = symbols.small(Kind::kFlag, column.hash, contexts, 3, actual);
    const auto shape = static_cast<Shape>(column.last_shape);
    if (shape == Shape::kWords) return words(symbols, column, row, text);
    return typed_.text(symbols, shape, {column.hash, recent_[0], code_}, text);
}

void ValueModel::remember(Column& column, std::uint32_t number, const std::string& text,
                          const std::optional<std::string>& standing) {
    const std::uint32_t hash = text_hash(text);
    learn(column.source, text, hash, standing == text);
    stand(kHintsMax + number, text, hash);
    if (text.size() <= kValueKept) column.values.add(text, hash);
    recent_ = {hash, recent_[0]};
    recent_head_ = text_hash(std::string_view(text).substr(0, 4));
    column.last = hash;
    if (looks_like_code(text)) code_ = hash;
    if (const auto day = read_day(text)) hint_since(*day);
}

std::string ValueModel::words(Symbols& symbols, Column& column, std::uint32_t row,
                              std::string_view text) {
    const std::uint32_t hash = column.hash;
    std::string out;
    Words so_far;
    std::size_t begin = 0;
    for (bool more = true; more && !symbols.failed();) {
        const std::size_t end = std::min(text.find(' ', begin), text.size());
        const std::string next =
            word(symbols, column, so_far,
                 symbols.reading() ? std::string_view() : text.substr(begin, end - begin));
        out += next;
        so_far.add(next);
        begin = end + 1;
        Contexts contexts;
        contexts.add(mix_hash(hash, so_far.at()));
        contexts.add(mix_hash(hash, mix_hash(so_far.at(), column.last_words)));
        contexts.add(mix_hash(hash, so_far.before));
        contexts.add(mix_hash(so_far.before, so_far.before_that));
        contexts.add(mix_hash(hash, mix_hash(so_far.at(), row)));
        more = symbols.flag(Kind::kFlag, hash, contexts, end < text.size());
        if (more) out += ' ';
        if (!symbols.spend(next.size() + 1)) break;
    }
    column.last_words = static_cast<std::uint32_t>(so_far.count);
    return out;
}

std::string ValueModel::word(Symbols& symbols, Column& column, const Words& so_far,
                             std::string_view word) {
    const std::uint32_t hash = column.hash;
    Contexts contexts;
    contexts.add(0);
    contexts.add(hash);
    contexts.add(mix_hash(so_far.before, 3));
    contexts.add(mix_hash(hash, so_far.before + 4));
    contexts.add(mix_hash(so_far.before, so_far.before_that));
    const std::uint32_t known = symbols.reading() ? 0 : words_.find(word, text_hash(word));
    const std::uint32_t index = symbols.index(Kind::kWord, Kind::kWordBits, hash, contexts, known);
    if (index == 0) {
        std::string out = spell(symbols, column, so_far, word);
        if (worth_keeping(out)) words_.add(out, text_hash(out));
        return out;
    }
    if (words_.holds(index)) return std::string(words_.at(index));
    symbols.fail();
    return {};
}

std::string ValueModel::spell(Symbols& symbols, Column& column, const Words& so_far,
                              std::string_view word) {
    const std::uint32_t hash = mix_hash(column.hash, so_far.count == 0 ? 0 : 1);
    std::string& last = column.last_spelled[so_far.count == 0 ? 0 : 1];
    std::string out;
    std::uint32_t whole = 0;
    std::uint32_t order3 = 0;
    while (!symbols.failed()) {
        const std::size_t at = out.size();
        const auto place = static_cast<std::uint32_t>(std::min<std::size_t>(at, 40));
        const std::uint32_t then = at < last.size() ? static_cast<std::uint8_t>(last[at]) : 256;
        Contexts contexts;
        contexts.add(mix_hash(hash, place));
        contexts.add(mix_hash(hash, mix_hash(place, order3 & 0xffU)));
        contexts.add(mix_hash(hash, mix_hash(place, order3 & 0xffffU)));
        contexts.add(mix_hash(order3 & 0xffU, 4));
        contexts.add(mix_hash(order3 & 0xffffU, 5));
        contexts.add(mix_hash(order3 & 0xffffffU, 6));
        contexts.add(mix_hash(whole, 7));
        contexts.add(mix_hash(hash, mix_hash(place, then)));
        const auto letter = static_cast<std::uint8_t>(at < word.size() ? word[at] : '\0');
        const std::uint8_t coded = symbols.byte(hash, contexts, letter);
        if (coded == 0 || !symbols.spend(1)) break;
        out.push_back(static_cast<char>(coded));
        order3 = order3 << 8U | coded;
        whole = mix_hash(whole, coded);
    }
    last = out;
    return out;
}

}  // namespace awda::sync::columns
