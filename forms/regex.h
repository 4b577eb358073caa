// Pattern: regular expressions in time linear in the text, whatever the pattern.
//
// Ownership: a value. Threads: immutable once compiled. A Thompson NFA is walked with a set of
// states, so that no pattern of a form's author can make a question hang. Understood: literals,
// . [] \d \w \s \D \W \S \t \n \uXXXX, ^ $, groups (also (?:…) ), |, * + ? {m,n} and their lazy
// forms (which match the same texts). Back references and look-around are refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace awda::forms {

class Pattern {
public:
    static constexpr std::size_t kStatesMax = 20'000;
    static constexpr std::size_t kRepeatMax = 1'000;
    static constexpr std::size_t kDepthMax = 100;
    /// More states × text than this counts as "does not match".
    static constexpr std::size_t kWorkMax = 50'000'000;

    /// Nothing if the pattern is not understood or too large.
    [[nodiscard]] static std::optional<Pattern> compile(std::string_view pattern);
    /// Whether the whole text matches.
    [[nodiscard]] bool matches(std::string_view text) const;
    /// Whether any part of the text matches.
    [[nodiscard]] bool finds(std::string_view text) const;

private:
    friend class PatternCompiler;
    enum class Kind : std::uint8_t { kAny, kSet, kSplit, kBegin, kEnd, kAccept, kJump };
    struct Range {
        std::uint32_t from;
        std::uint32_t to;
    };
    struct Instruction {
        Kind kind{};
        bool negated = false;
        std::uint32_t first = 0;   ///< target, or first range
        std::uint32_t second = 0;  ///< second target, or count of ranges
    };
    [[nodiscard]] bool run(std::string_view text, bool whole) const;
    [[nodiscard]] bool accepts(const Instruction& instruction, std::uint32_t code) const;

    std::vector<Instruction> program_;
    std::vector<Range> ranges_;
};

}  // namespace awda::forms
