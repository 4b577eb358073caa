#include "forms/regex.h"

#include <algorithm>
#include <array>
#include <memory>

#include "platform/text.h"

#include "forms/ascii.h"

namespace awda::forms {
namespace {

std::uint32_t decode(std::string_view text, std::size_t& at) {
    const auto lead = static_cast<unsigned char>(text[at++]);
    std::size_t more = lead >= 0xf0U ? 3 : lead >= 0xe0U ? 2 : lead >= 0xc0U ? 1 : 0;
    std::uint32_t code = more == 3   ? lead & 7U
                         : more == 2 ? lead & 15U
                         : more == 1 ? lead & 31U
                                     : lead;
    for (; more > 0 && at < text.size(); --more) {
        code = (code << 6U) | (static_cast<unsigned char>(text[at++]) & 63U);
    }
    return code;
}

bool is_category(std::uint32_t code, std::uint32_t bits) {
    return (static_cast<std::uint32_t>(char_class(code)) & bits) != 0;
}

bool is_word(std::uint32_t code) {
    constexpr auto kBits = static_cast<std::uint32_t>(CharClass::kLetter) |
                           static_cast<std::uint32_t>(CharClass::kNumber) |
                           static_cast<std::uint32_t>(CharClass::kMark);
    return code == '_' || is_category(code, kBits);
}

constexpr std::uint32_t bits(CharClass of) {
    return static_cast<std::uint32_t>(of);
}

struct CategoryName {
    std::string_view name;
    std::uint32_t bits;
};
constexpr std::array kCategoryNames{
    CategoryName{"L", bits(CharClass::kLetter)},
    CategoryName{"IsAlphabetic", bits(CharClass::kLetter)},
    CategoryName{"IsLetter", bits(CharClass::kLetter)},
    CategoryName{"Lu", bits(CharClass::kUpper)},
    CategoryName{"IsUppercase", bits(CharClass::kUpper)},
    CategoryName{"Ll", bits(CharClass::kLower)},
    CategoryName{"IsLowercase", bits(CharClass::kLower)},
    CategoryName{"Lt", bits(CharClass::kTitle)},
    CategoryName{"Lm", bits(CharClass::kModifier)},
    CategoryName{"Lo", bits(CharClass::kOtherLetter)},
    CategoryName{"M", bits(CharClass::kMark)},
    CategoryName{"N", bits(CharClass::kNumber)},
    CategoryName{"Nd", bits(CharClass::kDigit)},
    CategoryName{"IsDigit", bits(CharClass::kDigit)},
    CategoryName{"P", bits(CharClass::kPunctuation)},
    CategoryName{"IsPunctuation", bits(CharClass::kPunctuation)},
    CategoryName{"S", bits(CharClass::kSymbol)},
    CategoryName{"Z", bits(CharClass::kSeparator)},
    CategoryName{"C", bits(CharClass::kControl)},
};

struct NamedRange {
    std::string_view name;
    std::uint32_t from;
    std::uint32_t to;
};
/// POSIX classes of ASCII, and the blocks of the scripts that forms here are written in.
constexpr std::array kNamedRanges{
    NamedRange{"Lower", 'a', 'z'},        NamedRange{"Upper", 'A', 'Z'},
    NamedRange{"Alpha", 'a', 'z'},        NamedRange{"Alpha", 'A', 'Z'},
    NamedRange{"Digit", '0', '9'},        NamedRange{"Alnum", 'a', 'z'},
    NamedRange{"Alnum", 'A', 'Z'},        NamedRange{"Alnum", '0', '9'},
    NamedRange{"Punct", '!', '/'},        NamedRange{"Punct", ':', '@'},
    NamedRange{"Punct", '[', '`'},        NamedRange{"Punct", '{', '~'},
    NamedRange{"Space", '\t', '\r'},      NamedRange{"Space", ' ', ' '},
    NamedRange{"Blank", ' ', ' '},        NamedRange{"Blank", '\t', '\t'},
    NamedRange{"XDigit", '0', '9'},       NamedRange{"XDigit", 'a', 'f'},
    NamedRange{"XDigit", 'A', 'F'},       NamedRange{"ASCII", 0, 0x7f},
    NamedRange{"Arabic", 0x600, 0x6ff},   NamedRange{"Arabic", 0x750, 0x77f},
    NamedRange{"Arabic", 0x8a0, 0x8ff},   NamedRange{"Arabic", 0xfb50, 0xfdff},
    NamedRange{"Arabic", 0xfe70, 0xfefc}, NamedRange{"Latin", 'A', 'Z'},
    NamedRange{"Latin", 'a', 'z'},        NamedRange{"Latin", 0xaa, 0xaa},
    NamedRange{"Latin", 0xba, 0xba},      NamedRange{"Latin", 0xc0, 0xd6},
    NamedRange{"Latin", 0xd8, 0xf6},      NamedRange{"Latin", 0xf8, 0x24f},
    NamedRange{"Latin", 0x1e00, 0x1eff},  NamedRange{"Cyrillic", 0x400, 0x52f},
    NamedRange{"Greek", 0x370, 0x3ff},    NamedRange{"Hebrew", 0x590, 0x5ff},
};

}  // namespace

/// Builds the program while it reads the pattern; a group is a piece of program with one entry that
/// falls through at its end.
class PatternCompiler {
public:
    explicit PatternCompiler(std::string_view text) : text_(text) {}

    bool run(Pattern& out) {
        std::vector<Pattern::Instruction> body;
        if (!alternatives(body, 0) || at_ != text_.size()) return false;
        body.push_back({Pattern::Kind::kAccept, false, 0, 0});
        out.program_ = std::move(body);
        out.ranges_ = std::move(ranges_);
        return true;
    }

private:
    using Code = std::vector<Pattern::Instruction>;
    using Kind = Pattern::Kind;

    [[nodiscard]] bool more() const { return at_ < text_.size(); }
    [[nodiscard]] char peek() const { return more() ? text_[at_] : '\0'; }
    bool accept(char c) {
        if (!more() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    static bool targets(Kind kind) { return kind == Kind::kSplit || kind == Kind::kJump; }
    /// Targets are relative to the piece; appending a piece moves them.
    static bool append(Code& into, const Code& piece) {
        const auto base = static_cast<std::uint32_t>(into.size());
        if (into.size() + piece.size() > Pattern::kStatesMax) return false;
        for (Pattern::Instruction instruction : piece) {
            if (targets(instruction.kind)) {
                instruction.first += base;
                if (instruction.kind == Kind::kSplit) instruction.second += base;
            }
            into.push_back(instruction);
        }
        return true;
    }

    bool alternatives(Code& out, std::size_t depth) {
        if (depth > Pattern::kDepthMax) return false;
        Code left;
        if (!sequence(left, depth)) return false;
        while (accept('|')) {
            Code right;
            if (!sequence(right, depth)) return false;
            const auto left_size = static_cast<std::uint32_t>(left.size());
            const auto right_size = static_cast<std::uint32_t>(right.size());
            Code both{{Kind::kSplit, false, 1, left_size + 2}};
            if (!append(both, left)) return false;
            both.push_back({Kind::kJump, false, left_size + 2 + right_size, 0});
            if (!append(both, right)) return false;
            left = std::move(both);
        }
        out = std::move(left);
        return true;
    }

    bool sequence(Code& out, std::size_t depth) {
        while (more() && peek() != '|' && peek() != ')') {
            Code piece;
            if (!atom(piece, depth) || !quantified(piece) || !append(out, piece)) return false;
        }
        return true;
    }

    bool atom(Code& out, std::size_t depth) {
        const char c = text_[at_];
        if (accept('(')) return group(out, depth);
        if (accept('[')) return char_class(out);
        if (accept('.')) {
            out.push_back({dot_all_ ? Kind::kEverything : Kind::kAny, false, 0, 0});
            return true;
        }
        if (accept('^')) {
            out.push_back({Kind::kBegin, false, 0, 0});
            return true;
        }
        if (accept('$')) {
            out.push_back({Kind::kEnd, false, 0, 0});
            return true;
        }
        if (c == '*' || c == '+' || c == '?') return false;
        std::vector<Pattern::Range> set;
        bool negated = false;
        if (c == '\\') {
            ++at_;
            if (anchor(out)) return true;
            if (!escape(set, negated)) return false;
        } else {
            const std::uint32_t code = decode(text_, at_);
            set.push_back({code, code});
        }
        out.push_back(set_of(set, negated));
        return true;
    }

    /// What follows an opening bracket. Flags hold to the end of the group they stand in.
    bool group(Code& out, std::size_t depth) {
        const bool fold = fold_;
        const bool dot_all = dot_all_;
        if (accept('?')) {
            if (accept('<')) {
                // A name; "(?<=" and "(?<!" look behind.
                const std::size_t from = at_;
                while (is_word(static_cast<unsigned char>(peek())) && peek() > 0) ++at_;
                if (at_ == from || !accept('>')) return false;
            } else {
                bool on = true;
                while (more() && peek() != ':' && peek() != ')') {
                    const char flag = text_[at_++];
                    if (flag == '-') {
                        on = false;
                    } else if (flag == 'i') {
                        fold_ = on;
                    } else if (flag == 's') {
                        dot_all_ = on;
                    } else if (flag != 'u') {
                        return false;  // look-around, and flags that would change lines
                    }
                }
                if (accept(')')) return true;  // flags for what comes next in this group
                if (!accept(':')) return false;
            }
        }
        const bool fine = alternatives(out, depth + 1) && accept(')');
        fold_ = fold;
        dot_all_ = dot_all;
        return fine;
    }

    /// \A \z \Z \b \B, behind their backslash.
    bool anchor(Code& out) {
        Kind kind{};
        switch (peek()) {
            case 'A': kind = Kind::kBegin; break;
            case 'z':
            case 'Z': kind = Kind::kEnd; break;
            case 'b': kind = Kind::kWordEdge; break;
            case 'B': kind = Kind::kNoWordEdge; break;
            default: return false;
        }
        ++at_;
        out.push_back({kind, false, 0, 0});
        return true;
    }

    /// "{Lu}" or "L" behind \p.
    bool category(std::vector<Pattern::Range>& set) {
        std::string_view name = text_.substr(at_, 1);
        if (accept('{')) {
            const std::size_t end = text_.find('}', at_);
            if (end == std::string_view::npos) return false;
            name = text_.substr(at_, end - at_);
            at_ = end;
        }
        if (!more()) return false;
        ++at_;
        for (const CategoryName& each : kCategoryNames) {
            if (each.name == name) {
                set.push_back({Pattern::kCategories, each.bits});
                return true;
            }
        }
        if (name.starts_with("In") || name.starts_with("Is")) name.remove_prefix(2);
        for (const NamedRange& each : kNamedRanges) {
            if (each.name == name) set.push_back({each.from, each.to});
        }
        return !set.empty();
    }

    /// Adds the other case of ASCII letters, as Java's (?i) does.
    static void fold(std::vector<Pattern::Range>& set) {
        const std::size_t size = set.size();
        for (std::size_t i = 0; i < size; ++i) {
            const Pattern::Range range = set[i];
            if (range.from >= Pattern::kCategories) continue;
            const auto both = [&](std::uint32_t first, std::uint32_t other) {
                const std::uint32_t from = std::max(range.from, first);
                const std::uint32_t to = std::min(range.to, first + 25);
                if (from <= to) set.push_back({from - first + other, to - first + other});
            };
            both('a', 'A');
            both('A', 'a');
        }
    }

    Pattern::Instruction set_of(std::vector<Pattern::Range> set, bool negated) {
        if (fold_) fold(set);
        const auto first = static_cast<std::uint32_t>(ranges_.size());
        ranges_.insert(ranges_.end(), set.begin(), set.end());
        return {Kind::kSet, negated, first, static_cast<std::uint32_t>(set.size())};
    }

    static void add_class(char c, std::vector<Pattern::Range>& set) {
        if (c == 'd') set.push_back({'0', '9'});
        if (c == 'w') set.insert(set.end(), {{'a', 'z'}, {'A', 'Z'}, {'0', '9'}, {'_', '_'}});
        if (c == 's') set.insert(set.end(), {{'\t', '\r'}, {' ', ' '}, {0xa0, 0xa0}});
    }

    bool escape(std::vector<Pattern::Range>& set, bool& negated) {
        if (!more()) return false;
        const char c = text_[at_];
        switch (c) {
            case 'd':
            case 'w':
            case 's':
                ++at_;
                add_class(c, set);
                return true;
            case 'D':
            case 'W':
            case 'S':
                ++at_;
                add_class(static_cast<char>(c - 'A' + 'a'), set);
                negated = true;
                return true;
            case 't':
                ++at_;
                set.push_back({'\t', '\t'});
                return true;
            case 'n':
                ++at_;
                set.push_back({'\n', '\n'});
                return true;
            case 'r':
                ++at_;
                set.push_back({'\r', '\r'});
                return true;
            case 'f':
                ++at_;
                set.push_back({'\f', '\f'});
                return true;
            case 'p': ++at_; return category(set);
            case 'P':
                ++at_;
                negated = true;
                return category(set);
            case 'u': ++at_; return hex(4, set);
            case 'x': ++at_; return hex(2, set);
            default: break;
        }
        if (is_letter(c) || is_digit(c)) return false;  // back references and what we don't know
        const std::uint32_t code = decode(text_, at_);
        set.push_back({code, code});
        return true;
    }

    bool hex(std::size_t digits, std::vector<Pattern::Range>& set) {
        std::uint32_t code = 0;
        for (std::size_t i = 0; i < digits; ++i, ++at_) {
            const char c = peek();
            if (!is_hex_digit(c)) return false;
            code = code * 16 +
                   static_cast<std::uint32_t>(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
        }
        set.push_back({code, code});
        return true;
    }

    /// The complement of a set, so that [^\D] and [\S\d] come out right.
    static std::vector<Pattern::Range> complement(std::vector<Pattern::Range> set) {
        if (set.size() == 1 && set[0].from == Pattern::kCategories) {
            return {{Pattern::kCategories, ~set[0].to & (bits(CharClass::kControl) * 2 - 1)}};
        }
        std::sort(set.begin(), set.end(),
                  [](const auto& a, const auto& b) { return a.from < b.from; });
        std::vector<Pattern::Range> out;
        std::uint32_t next = 0;
        for (const Pattern::Range& range : set) {
            if (range.from > next) out.push_back({next, range.from - 1});
            next = std::max(next, range.to + 1);
        }
        out.push_back({next, 0x10ffffU});
        return out;
    }

    bool char_class(Code& out) {
        const bool negated = accept('^');
        std::vector<Pattern::Range> set;
        bool first = true;
        while (more() && (peek() != ']' || first)) {
            first = false;
            if (text_.substr(at_, 2) == "&&") return false;
            std::vector<Pattern::Range> item;
            if (!class_item(item)) return false;
            const bool single = item.size() == 1 && item[0].from == item[0].to;
            if (single && peek() == '-' && at_ + 1 < text_.size() && text_[at_ + 1] != ']') {
                ++at_;
                std::vector<Pattern::Range> to;
                if (!class_item(to) || to.size() != 1 || to[0].from < item[0].from) return false;
                item[0].to = to[0].from;
            }
            set.insert(set.end(), item.begin(), item.end());
            if (set.size() > Pattern::kStatesMax) return false;
        }
        if (!accept(']')) return false;
        out.push_back(set_of(set, negated));
        return true;
    }

    bool class_item(std::vector<Pattern::Range>& item) {
        if (accept('\\')) {
            bool negated = false;
            if (!escape(item, negated)) return false;
            if (negated) item = complement(std::move(item));
            return true;
        }
        if (!more()) return false;
        const std::uint32_t code = decode(text_, at_);
        item.push_back({code, code});
        return true;
    }

    bool read_count(std::size_t& out) {
        const std::size_t from = at_;
        out = 0;
        while (more() && is_digit(peek())) {
            out = out * 10 + static_cast<std::size_t>(peek() - '0');
            ++at_;
            if (out > Pattern::kRepeatMax) return false;
        }
        return at_ > from;
    }

    bool quantified(Code& piece) {
        while (more()) {
            std::size_t least = 0;
            std::size_t most = 0;
            bool unlimited = false;
            if (accept('*')) {
                unlimited = true;
            } else if (accept('+')) {
                least = 1;
                unlimited = true;
            } else if (accept('?')) {
                most = 1;
            } else if (peek() == '{') {
                ++at_;
                if (!read_count(least)) return false;
                most = least;
                if (accept(',')) {
                    unlimited = peek() == '}';
                    if (!unlimited && !read_count(most)) return false;
                }
                if (!accept('}') || (!unlimited && most < least)) return false;
            } else {
                return true;
            }
            accept('?');                      // the lazy form matches the same texts
            if (peek() == '+') return false;  // the possessive one doesn't
            if (!repeat(piece, least, most, unlimited)) return false;
        }
        return true;
    }

    static bool repeat(Code& piece, std::size_t least, std::size_t most, bool unlimited) {
        Code out;
        for (std::size_t i = 0; i < least; ++i) {
            if (!append(out, piece)) return false;
        }
        const auto size = static_cast<std::uint32_t>(piece.size());
        if (unlimited) {
            Code loop{{Kind::kSplit, false, 1, size + 2}};
            if (!append(loop, piece)) return false;
            loop.push_back({Kind::kJump, false, 0, 0});
            if (!append(out, loop)) return false;
        } else {
            for (std::size_t i = least; i < most; ++i) {
                Code maybe{{Kind::kSplit, false, 1, size + 1}};
                if (!append(maybe, piece) || !append(out, maybe)) return false;
            }
        }
        piece = std::move(out);
        return true;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool fold_ = false;
    bool dot_all_ = false;
    std::vector<Pattern::Range> ranges_;
};

std::optional<Pattern> Pattern::compile(std::string_view pattern) {
    Pattern out;
    if (!PatternCompiler(pattern).run(out)) return std::nullopt;
    return out;
}

bool Pattern::matches(std::string_view text) const {
    return run(text, true);
}
bool Pattern::finds(std::string_view text) const {
    return run(text, false);
}

bool Pattern::accepts(const Instruction& instruction, std::uint32_t code) const {
    if (instruction.kind == Kind::kEverything) return true;
    if (instruction.kind == Kind::kAny) return code != '\n' && code != '\r';
    bool inside = false;
    for (std::uint32_t i = 0; i < instruction.second && !inside; ++i) {
        const Range& range = ranges_[instruction.first + i];
        inside = range.from == kCategories ? is_category(code, range.to)
                                           : code >= range.from && code <= range.to;
    }
    return inside != instruction.negated;
}

bool Pattern::run(std::string_view text, bool whole) const {
    if (program_.size() * (text.size() + 1) > kWorkMax) return false;
    std::vector<std::uint32_t> now;
    std::vector<std::uint32_t> next;
    std::vector<std::uint32_t> todo;
    std::vector<std::size_t> seen(program_.size(), 0);
    std::size_t round = 0;
    bool accepted = false;
    bool word_before = false;
    const auto at_word_edge = [&](std::size_t at) {
        std::size_t next_at = at;
        return word_before != (at < text.size() && is_word(decode(text, next_at)));
    };
    const auto enter = [&](std::vector<std::uint32_t>& set, std::uint32_t start, std::size_t at) {
        todo.push_back(start);
        while (!todo.empty()) {
            const std::uint32_t pc = todo.back();
            todo.pop_back();
            if (seen[pc] == round) continue;
            seen[pc] = round;
            const Instruction& instruction = program_[pc];
            switch (instruction.kind) {
                case Kind::kJump: todo.push_back(instruction.first); break;
                case Kind::kSplit:
                    todo.push_back(instruction.first);
                    todo.push_back(instruction.second);
                    break;
                case Kind::kBegin:
                    if (at == 0) todo.push_back(pc + 1);
                    break;
                case Kind::kEnd:
                    if (at == text.size()) todo.push_back(pc + 1);
                    break;
                case Kind::kWordEdge:
                    if (at_word_edge(at)) todo.push_back(pc + 1);
                    break;
                case Kind::kNoWordEdge:
                    if (!at_word_edge(at)) todo.push_back(pc + 1);
                    break;
                case Kind::kAccept:
                    if (!whole || at == text.size()) accepted = true;
                    break;
                default: set.push_back(pc); break;
            }
        }
    };
    ++round;
    enter(now, 0, 0);
    std::size_t at = 0;
    while (at < text.size() && !accepted) {
        const std::uint32_t code = decode(text, at);
        word_before = is_word(code);
        ++round;
        next.clear();
        for (const std::uint32_t pc : now) {
            if (accepts(program_[pc], code)) enter(next, pc + 1, at);
        }
        if (!whole) enter(next, 0, at);
        std::swap(now, next);
        if (now.empty() && whole) break;
    }
    return accepted;
}

}  // namespace awda::forms
