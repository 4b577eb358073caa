// RecordModel: finalised records (sync/record.h) one after the other, each question a column.
//
// The same questions come in the same order, so a field's path costs next to nothing; ids and times
// are told from what is known already: the record's own start, the ids that the log mentioned.
// Ownership: owns what it learned; copyable. Threads: none of its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "platform/ids.h"
#include "sync/columns/symbols.h"
#include "sync/columns/value_model.h"
#include "sync/record.h"

namespace awda::sync::columns {

/// A path without its row numbers, and those; "family[2]/name" is "family[]/name" and 2.
struct SplitPath {
    std::string pattern;  ///< with the letter 1 (U+0001) for each number
    std::vector<std::uint32_t> rows;
};
[[nodiscard]] SplitPath split_path(std::string_view path);
[[nodiscard]] std::string join_path(std::string_view pattern,
                                    const std::vector<std::uint32_t>& rows);

class RecordModel {
public:
    RecordModel();
    /// Whether it comes back as it was.
    [[nodiscard]] static bool suits(const Record& record);
    /// Codes `record` when writing, and returns what was written when reading.
    Record record(Symbols& symbols, const Record& record);
    /// An id that the log told of before it came in a record.
    void mention(const Id16& id);

private:
    struct Pattern {
        std::string text;
        std::uint32_t column = 0;  ///< of the value model
        std::uint32_t hash = 0;
        std::vector<std::uint32_t> repeats;  ///< for each row number in it, which repeat's it is
        bool row = false;                    ///< announces one
    };
    /// Which pattern came behind a pattern, or behind one with a certain answer.
    struct Follower {
        std::uint32_t context = 0;
        std::uint32_t pattern = 0;
    };
    /// What has been written of the record under way.
    struct Walk;

    void head(Symbols& symbols, const Record& record, Record& out);
    void ids(Symbols& symbols, const Record& record, Record& out);
    void id(Symbols& symbols, std::uint32_t what, UnixMs near, const Id16& id, Id16& out);
    void hints(const Record& record);
    std::uint32_t next_pattern(Symbols& symbols, Walk& walk, std::string_view pattern);
    std::vector<std::uint32_t> rows(Symbols& symbols, Walk& walk, const Pattern& pattern,
                                    const std::vector<std::uint32_t>& actual);
    std::uint32_t add_pattern(const std::string& text);
    std::string said(Symbols& symbols, std::uint32_t column, std::string_view text);

    ValueModel values_;
    std::vector<Pattern> patterns_;  ///< number 0 ends a record
    std::unordered_map<std::string, std::uint32_t> pattern_index_;
    std::unordered_map<std::string, std::uint32_t> repeat_index_;
    std::vector<Follower> followers_;
    std::vector<Id16> mentioned_;  ///< newest last
    UnixMs last_finalised_ = 0;
};

}  // namespace awda::sync::columns
