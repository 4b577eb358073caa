#include "sync/columns/record_model.h"

#include <algorithm>
#include <charconv>

#include "sync/cases/case_id.h"

namespace awda::sync::columns {

namespace {

constexpr char kNumber = '\x01';
constexpr std::size_t kMentionedMax = 4096;
constexpr std::int64_t kIraqMs = std::int64_t{3} * 3'600'000;  // ahead of UTC; no summer time
constexpr UnixMs kFarMs = 62'000'000'000'000;  // years of four digits, whatever a clock says
constexpr std::uint32_t kEnd = 0;
constexpr std::size_t kFollowers = std::size_t{1} << 15U;

// Columns that every record has, by number; the questions follow.
enum : std::uint32_t { kFormId, kFormVersion, kFormHash, kLanguage, kReason, kPatterns };
constexpr std::string_view kHeadColumns[] = {
    "\x02"
    "form",
    "\x02"
    "version",
    "\x02"
    "hash",
    "\x02"
    "language",
    "\x02"
    "reason",
    "\x02"
    "path"};

// Kinds of numbers and hints.
enum : std::uint32_t { kStarted = 100, kLength, kStamp, kRevision, kWhichId, kRowNumber };
enum : std::uint32_t {
    kInstanceHint,
    kInstanceUriHint,
    kRootHint,
    kCaseHint,
    kCaseUriHint,
    kStartHint,
    kEndHint,
    kStartDayHint,
    kEndDayHint,
    kMemberHint,
    kFormHint,
    kVersionHint,
    kRowsHint,
    kRowsAndOneHint,
};

std::string iso_local(UnixMs time) {
    std::string text = to_iso_utc(std::clamp(time, -kFarMs, kFarMs) + kIraqMs);
    text.back() = '+';
    return text + "03:00";
}

bool is_v7(const Id16& id) {
    return (id[6] & 0xf0U) == 0x70U && (id[8] & 0xc0U) == 0x80U;
}

std::int64_t stamp_of(const Id16& id) {
    std::uint64_t stamp = 0;
    for (int i = 0; i < 6; ++i) stamp = stamp << 8U | id[static_cast<std::size_t>(i)];
    return static_cast<std::int64_t>(stamp);
}

}  // namespace

SplitPath split_path(std::string_view path) {
    SplitPath out;
    for (std::size_t at = 0; at < path.size();) {
        const std::size_t close = path[at] == '[' ? path.find(']', at) : std::string_view::npos;
        std::uint32_t row = 0;
        if (close != std::string_view::npos && path[at + 1] != '0' && close - at <= 10) {
            const char* end = path.data() + close;
            const auto read = std::from_chars(path.data() + at + 1, end, row);
            if (read.ec == std::errc() && read.ptr == end) {
                out.pattern += kNumber;
                out.rows.push_back(row);
                at = close + 1;
                continue;
            }
        }
        out.pattern += path[at++];
    }
    return out;
}

std::string join_path(std::string_view pattern, const std::vector<std::uint32_t>& rows) {
    std::string out;
    std::size_t next = 0;
    for (const char c : pattern) {
        if (c == kNumber && next < rows.size()) {
            out += '[' + std::to_string(rows[next++]) + ']';
        } else {
            out += c;
        }
    }
    return out;
}

struct RecordModel::Walk {
    std::uint32_t last = kEnd;  ///< pattern before
    std::uint32_t last_but_one = kEnd;
    std::vector<std::vector<std::uint32_t>> open;  ///< rows by their repeat
    std::vector<std::uint32_t> rows;               ///< of the last field
};

RecordModel::RecordModel() : followers_(kFollowers) {
    for (const std::string_view name : kHeadColumns) values_.add_column(name);
    patterns_.emplace_back();
    patterns_[kEnd].hash = text_hash(
        "\x02"
        "end");
}

bool RecordModel::suits(const Record& record) {
    const auto clean = [](const Field& field) {
        return !field.path.empty() && field.path.find(kNumber) == std::string::npos;
    };
    return std::ranges::all_of(record.fields, clean);
}

void RecordModel::mention(const Id16& id) {
    const std::size_t looked_at = std::min<std::size_t>(mentioned_.size(), 16);
    if (std::find(mentioned_.end() - static_cast<std::ptrdiff_t>(looked_at), mentioned_.end(),
                  id) != mentioned_.end()) {
        return;
    }
    if (mentioned_.size() == kMentionedMax) {
        mentioned_.erase(mentioned_.begin(), mentioned_.begin() + kMentionedMax / 2);
    }
    mentioned_.push_back(id);
}

void RecordModel::id(Symbols& symbols, std::uint32_t what, UnixMs near, const Id16& id, Id16& out) {
    // How far back it was mentioned, from 1; 0: it was not.
    std::uint32_t back = 0;
    if (!symbols.reading()) {
        const auto found = std::find(mentioned_.rbegin(), mentioned_.rend(), id);
        if (found != mentioned_.rend()) {
            back = static_cast<std::uint32_t>(found - mentioned_.rbegin()) + 1;
        }
    }
    Contexts contexts;
    contexts.add(what);
    back = symbols.index(Kind::kEvent, Kind::kEventBits, what, contexts, back);
    if (back > mentioned_.size()) return symbols.fail();
    if (back > 0) {
        out = mentioned_[mentioned_.size() - back];
        return;
    }
    if (symbols.flag(Kind::kFlag, what, contexts, is_v7(id))) {
        const std::int64_t stamp = symbols.distance(kStamp, what, near, stamp_of(id));
        for (std::size_t i = 0; i < 6; ++i) {
            out[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(stamp) >> (40 - 8 * i));
        }
        const std::uint64_t a = symbols.even_bits((id[6] & 0x0fU) << 8U | id[7], 12);
        out[6] = static_cast<std::uint8_t>(0x70U | a >> 8U);
        out[7] = static_cast<std::uint8_t>(a);
        out[8] = static_cast<std::uint8_t>(0x80U | symbols.even_bits(id[8] & 0x3fU, 6));
        for (std::size_t i = 9; i < 16; ++i) {
            out[i] = static_cast<std::uint8_t>(symbols.even_bits(id[i], 8));
        }
    } else {
        for (std::size_t i = 0; i < 16; ++i) {
            out[i] = static_cast<std::uint8_t>(symbols.even_bits(id[i], 8));
        }
    }
    mention(out);
}

void RecordModel::ids(Symbols& symbols, const Record& record, Record& out) {
    id(symbols, kWhichId, out.started_ms, record.instance.value, out.instance.value);
    out.revision = static_cast<std::uint32_t>(symbols.number(kRevision, 0, record.revision));
    if (out.revision == 1) {
        out.root = out.instance;
    } else {
        id(symbols, kWhichId + 1, out.started_ms, record.root.value, out.root.value);
        id(symbols, kWhichId + 2, out.started_ms, record.deprecates.value, out.deprecates.value);
    }
}

std::string RecordModel::said(Symbols& symbols, std::uint32_t column, std::string_view text) {
    return values_.value(symbols, column, 0, text);
}

void RecordModel::head(Symbols& symbols, const Record& record, Record& out) {
    values_.begin_record();
    out.form_id = said(symbols, kFormId, record.form_id);
    out.form_version = said(symbols, kFormVersion, record.form_version);
    const std::string hash = said(symbols, kFormHash, to_hex(record.form_hash));
    if (const auto bytes = from_hex(hash); bytes.ok() && bytes->size() == out.form_hash.size()) {
        std::copy(bytes->begin(), bytes->end(), out.form_hash.begin());
    } else {
        symbols.fail();
    }
    out.language = said(symbols, kLanguage, record.language);
    out.started_ms = symbols.distance(kStarted, 0, last_finalised_, record.started_ms);
    out.finalised_ms = symbols.distance(kLength, 0, out.started_ms, record.finalised_ms);
    values_.times(out.started_ms, out.finalised_ms);
    last_finalised_ = out.finalised_ms;
    ids(symbols, record, out);
    out.reason = said(symbols, kReason, record.reason);
}

void RecordModel::hints(const Record& record) {
    const CaseId case_id = case_of_record(record.root);
    values_.hint(kInstanceHint, to_text(record.instance));
    values_.hint(kInstanceUriHint, "uuid:" + to_text(record.instance));
    values_.hint(kRootHint, to_text(record.root));
    values_.hint(kCaseHint, to_text(case_id));
    values_.hint(kCaseUriHint, "uuid:" + to_text(case_id));
    values_.hint(kStartHint, iso_local(record.started_ms));
    values_.hint(kEndHint, iso_local(record.finalised_ms));
    values_.hint(kStartDayHint, iso_local(record.started_ms).substr(0, 10));
    values_.hint(kEndDayHint, iso_local(record.finalised_ms).substr(0, 10));
    values_.hint(kFormHint, record.form_id);
    values_.hint(kVersionHint, record.form_version);
}

std::uint32_t RecordModel::add_pattern(const std::string& text) {
    const auto number = static_cast<std::uint32_t>(patterns_.size());
    Pattern& pattern = patterns_.emplace_back();
    pattern.text = text;
    pattern.hash = text_hash(text);
    pattern.column = values_.add_column(text);
    for (std::size_t at = text.find(kNumber); at != std::string::npos;
         at = text.find(kNumber, at + 1)) {
        const auto next = static_cast<std::uint32_t>(repeat_index_.size());
        pattern.repeats.push_back(
            repeat_index_.try_emplace(text.substr(0, at + 1), next).first->second);
    }
    pattern.row = text.ends_with(kNumber);
    pattern_index_.emplace(text, number);
    return number;
}

std::uint32_t RecordModel::next_pattern(Symbols& symbols, Walk& walk, std::string_view text) {
    const std::uint32_t last = patterns_[walk.last].hash;
    const std::uint32_t row = walk.rows.empty() ? 0 : std::min(walk.rows.back(), 12U);
    const std::uint32_t close = mix_hash(last, values_.last_value());
    const std::uint32_t wide = mix_hash(last, 0x77U);
    Follower& by_value = followers_[close % kFollowers];
    Follower& by_pattern = followers_[wide % kFollowers];
    const bool close_known = by_value.context == close;
    const Follower& guess = close_known ? by_value : by_pattern;
    std::uint32_t number = kEnd;
    const bool ends = text.empty();
    const auto index =
        symbols.reading() || ends ? pattern_index_.end() : pattern_index_.find(std::string(text));
    if (index != pattern_index_.end()) number = index->second;
    const bool known = ends || index != pattern_index_.end();

    Contexts contexts;
    contexts.add(last);
    contexts.add(mix_hash(close, 1));
    contexts.add(mix_hash(last, row + 2));
    contexts.add(mix_hash(last, patterns_[walk.last_but_one].hash));
    contexts.add(mix_hash(last, values_.value_before() + 9));
    bool right = false;
    if (guess.context != 0) {
        right = symbols.flag(Kind::kPath, last + (close_known ? 1 : 0), contexts,
                             known && number == guess.pattern);
        if (right) number = guess.pattern;
    }
    if (!right) {
        // 0: one that is new; else one more than its number.
        const std::uint32_t told =
            symbols.index(Kind::kPath, Kind::kPathBits, last, contexts, known ? number + 1 : 0);
        if (told > patterns_.size() || (told == 0 && patterns_.size() >= kColumnsMax)) {
            symbols.fail();
            return kEnd;
        }
        number = told > 0 ? told - 1 : add_pattern(said(symbols, kPatterns, text));
    }
    by_value = {close, number};
    by_pattern = {wide, number};
    walk.last_but_one = walk.last;
    walk.last = number;
    return number;
}

std::vector<std::uint32_t> RecordModel::rows(Symbols& symbols, Walk& walk, const Pattern& pattern,
                                             const std::vector<std::uint32_t>& actual) {
    if (pattern.repeats.empty()) return {};
    // The rows it stands in are those announced last; a row that is announced is the next one.
    walk.open.resize(std::max(walk.open.size(), repeat_index_.size()));
    std::vector<std::uint32_t> out;
    for (std::size_t i = 0; i < pattern.repeats.size(); ++i) {
        const std::vector<std::uint32_t>& open = walk.open[pattern.repeats[i]];
        const bool same = open.size() == i + 1 && std::equal(out.begin(), out.end(), open.begin());
        const bool announced = pattern.row && i + 1 == pattern.repeats.size();
        out.push_back((same ? open.back() : 0) + (announced || !same ? 1 : 0));
    }
    Contexts contexts;
    contexts.add(pattern.hash);
    if (!symbols.flag(Kind::kFlag, pattern.hash, contexts, out == actual)) {
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i] = static_cast<std::uint32_t>(
                symbols.number(kRowNumber, 0, i < actual.size() ? actual[i] : 0));
        }
    }
    for (std::size_t i = 0; i < out.size(); ++i) {
        walk.open[pattern.repeats[i]].assign(out.begin(),
                                             out.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    }
    return out;
}

Record RecordModel::record(Symbols& symbols, const Record& record) {
    Record out;
    head(symbols, record, out);
    hints(out);
    Walk walk;
    for (std::size_t i = 0; !symbols.failed(); ++i) {
        const bool there = !symbols.reading() && i < record.fields.size();
        const SplitPath path = there ? split_path(record.fields[i].path) : SplitPath();
        const std::uint32_t number = next_pattern(symbols, walk, path.pattern);
        if (number == kEnd) break;
        const Pattern& pattern = patterns_[number];
        walk.rows = rows(symbols, walk, pattern, path.rows);
        Field& field = out.fields.emplace_back();
        field.path = join_path(pattern.text, walk.rows);
        if (pattern.row) {
            values_.hint(kRowsHint, std::to_string(walk.rows.back()));
            values_.hint(kRowsAndOneHint, std::to_string(std::uint64_t{walk.rows.back()} + 1));
            values_.hint(kMemberHint, to_text(member_of_row(out.instance.value, field.path)));
        }
        field.value =
            values_.value(symbols, pattern.column, walk.rows.empty() ? 0 : walk.rows.back(),
                          there ? std::string_view(record.fields[i].value) : "");
        if (!symbols.spend(field.path.size() + 8) || out.fields.size() > kRecordFieldsMax) {
            symbols.fail();
        }
    }
    return out;
}

}  // namespace awda::sync::columns
