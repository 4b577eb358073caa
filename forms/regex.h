// Pattern: regular expressions in time linear in the text, whatever the pattern.
//
// Ownership: a value. Threads: immutable once compiled. A Thompson NFA is walked with a set of
// states, so that no pattern of a form's author can make a question hang. Understood of Java's
// language: literals, . [] \d \w \s \D \W \S \p{L} \P{L} (categories, \p{Alpha} and its like,
// \p{IsArabic} and other common scripts), \t \n \r \f \uXXXX \xXX, ^ $ \A \z \Z \b \B, groups (also
// (?:…), (?<name>…), (?i) (?s)), |, * + ? {m,n} and their lazy forms (which match the same texts).
// Back references, look-around, possessive quantifiers and [a&&b] are refused.
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
    enum class Kind : std::uint8_t {
        kAny,
        kEverything,  ///< a dot that takes line ends too
        kSet,
        kSplit,
        kBegin,
        kEnd,
        kWordEdge,
        kNoWordEdge,
        kAccept,
        kJump
    };
    /// Ranges from here on are categories of Unicode: the bits of awda::CharClass above it.
    static constexpr std::uint32_t kCategories = 0x80000000U;
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
