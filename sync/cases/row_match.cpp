#include "sync/cases/row_match.h"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>

namespace awda::sync::merge {

namespace {

using Matches = std::vector<std::optional<std::size_t>>;

/// What an answer weighs that says who somebody is, against any other.
constexpr std::uint64_t kIdentityWeight = 4;
/// Split among the rows that give the same answer: one that all give tells nothing.
constexpr std::uint64_t kAnswerWeight = 12;
/// Names of questions whose answer is a row's own name.
constexpr std::array<std::string_view, 2> kRowNames = {"row_id", "member_id"};
/// A shorter one may be no more than the row's number, which moves to the next row.
constexpr std::size_t kRowNameMin = 8;

struct Answer {
    std::string path;  ///< from the row on, with the numbers of rows below
    std::string_view value;
    bool identity = false;
    std::uint64_t weight = 0;
};

/// A row's answers that are not empty, by path.
struct Facts {
    std::vector<Answer> answers;
    std::string person;     ///< its identity answers as one text; empty with fewer than two
    bool only_one = false;  ///< no other row of its side gives the same
};

void collect(const DocumentTree& tree, std::uint32_t at, const std::string& prefix,
             std::vector<Answer>& out) {
    const TreeRow& row = tree.rows[at];
    for (const TreeField& field : row.fields) {
        if (field.value == nullptr || field.value->empty()) continue;
        out.push_back({prefix + std::string(field.name), *field.value, false, 0});
    }
    for (const TreeBlock& block : row.blocks) {
        for (std::size_t i = 0; i < block.rows.size(); ++i) {
            collect(tree, block.rows[i],
                    prefix + std::string(block.name) + '[' + std::to_string(i + 1) + "]/", out);
        }
    }
}

std::string person_in(const std::vector<Answer>& answers) {
    std::string out;
    std::size_t count = 0;
    for (const Answer& answer : answers) {
        if (!answer.identity) continue;
        ++count;
        out += answer.path;
        out += '\0';
        out += answer.value;
        out += '\0';
    }
    return count < 2 ? std::string() : out;
}

std::vector<Facts> facts_of(const RowsOf& side, std::size_t from, std::size_t to,
                            std::string_view pattern, const IdentityRule& identity) {
    std::vector<Facts> out(to - from);
    std::unordered_map<std::string, bool> matched;
    std::unordered_map<std::string_view, std::size_t> persons;
    for (std::size_t i = from; i < to; ++i) {
        Facts& facts = out[i - from];
        collect(*side.tree, (*side.rows)[i], "", facts.answers);
        for (Answer& answer : facts.answers) {
            const auto [known, fresh] = matched.try_emplace(without_rows(answer.path), false);
            if (fresh) {
                known->second = identity.matches(std::string(pattern) + '/' + known->first);
            }
            answer.identity = known->second;
        }
        std::ranges::sort(facts.answers, {}, &Answer::path);
        facts.person = person_in(facts.answers);
    }
    for (const Facts& facts : out) ++persons[facts.person];
    for (Facts& facts : out) facts.only_one = persons[facts.person] == 1;
    return out;
}

/// The weight of each answer: the more rows of one side give it, the less it tells them apart.
void weigh(std::vector<Facts>& before, std::vector<Facts>& now) {
    std::map<std::pair<std::string_view, std::string_view>, std::array<std::uint64_t, 2>> counts;
    const std::array<std::vector<Facts>*, 2> sides = {&before, &now};
    for (std::size_t side = 0; side < sides.size(); ++side) {
        for (const Facts& facts : *sides[side]) {
            for (const Answer& answer : facts.answers) {
                ++counts[{answer.path, answer.value}][side];
            }
        }
    }
    for (std::vector<Facts>* side : sides) {
        for (Facts& facts : *side) {
            for (Answer& answer : facts.answers) {
                const auto& count = counts[{answer.path, answer.value}];
                const std::uint64_t share = kAnswerWeight / std::max(count[0], count[1]);
                answer.weight = (answer.identity ? kIdentityWeight : 1) * share;
            }
        }
    }
}

/// What two rows have in common, in weights.
struct Likeness {
    std::uint64_t same = 0;
    std::uint64_t other = 0;  ///< answered in both, differently
    std::uint64_t alone = 0;  ///< answered in one
    std::uint64_t same_identity = 0;
    std::uint64_t other_identity = 0;
    std::size_t identities = 0;  ///< identity questions answered in both
    bool equal = true;
};

Likeness compare(const Facts& a, const Facts& b) {
    Likeness out;
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < a.answers.size() || j < b.answers.size()) {
        const bool left = j == b.answers.size() ||
                          (i < a.answers.size() && a.answers[i].path < b.answers[j].path);
        const bool right =
            !left && (i == a.answers.size() || b.answers[j].path < a.answers[i].path);
        if (left || right) {
            out.alone += left ? a.answers[i++].weight : b.answers[j++].weight;
            out.equal = false;
            continue;
        }
        const Answer& one = a.answers[i++];
        const Answer& two = b.answers[j++];
        const bool same = one.value == two.value;
        // An answer that differs speaks against the pair, however many others share it.
        const std::uint64_t against = (one.identity ? kIdentityWeight : 1) * kAnswerWeight;
        (same ? out.same : out.other) += same ? one.weight : against;
        if (one.identity) {
            ++out.identities;
            (same ? out.same_identity : out.other_identity) += same ? one.weight : against;
        }
        out.equal = out.equal && same;
    }
    return out;
}

/// Two rows that both say who somebody is, and for the most part differently.
bool other_person(const Likeness& likeness) {
    return likeness.identities >= 2 && likeness.same_identity < likeness.other_identity;
}

/// How good an alignment is: first by rows that are wholly equal, then by rows of the same person,
/// then by what the pairs have in common.
struct Score {
    std::uint64_t equal = 0;
    std::uint64_t person = 0;
    std::uint64_t common = 0;
    auto operator<=>(const Score&) const = default;
    Score operator+(const Score& other) const {
        return {equal + other.equal, person + other.person, common + other.common};
    }
};

/// Nothing: too little in common to be the same row.
std::optional<Score> score(const Facts& a, const Facts& b) {
    const Likeness likeness = compare(a, b);
    if (likeness.equal) return Score{1, 0, likeness.same};
    const bool person = !a.person.empty() && a.person == b.person && a.only_one && b.only_one;
    if (!person && (likeness.same == 0 || likeness.same < likeness.other)) return std::nullopt;
    // Squared against the whole, so that one good pair outweighs two halves.
    const std::uint64_t whole = likeness.same + likeness.other + likeness.alone / 4;
    const std::uint64_t common = whole == 0 ? 0 : likeness.same * likeness.same / whole;
    return Score{0, person ? 1U : 0U, common};
}

/// The part of both sides that is not equal at their ends.
struct Middle {
    std::size_t front = 0;  ///< rows that are equal from the start
    std::size_t before = 0;
    std::size_t now = 0;
};

Middle strip_ends(const RowsOf& before, const RowsOf& now, Matches& matches) {
    const std::size_t n = before.rows->size();
    const std::size_t m = now.rows->size();
    const auto same = [&](std::size_t i, std::size_t j) {
        return same_row(*before.tree, (*before.rows)[i], *now.tree, (*now.rows)[j]);
    };
    Middle middle;
    while (middle.front < std::min(n, m) && same(middle.front, middle.front)) {
        matches[middle.front] = middle.front;
        ++middle.front;
    }
    std::size_t back = 0;
    while (back < std::min(n, m) - middle.front && same(n - 1 - back, m - 1 - back)) {
        matches[m - 1 - back] = n - 1 - back;
        ++back;
    }
    middle.before = n - middle.front - back;
    middle.now = m - middle.front - back;
    return middle;
}

/// Needleman and Wunsch (1970): the order-preserving pairs with the best sum.
Matches best_pairs(const std::vector<Facts>& before, const std::vector<Facts>& now) {
    const std::size_t n = before.size();
    const std::size_t m = now.size();
    std::vector<std::optional<Score>> pairs(n * m);
    std::vector<Score> best((n + 1) * (m + 1));
    const auto at = [m](std::size_t i, std::size_t j) { return i * (m + 1) + j; };
    for (std::size_t i = 1; i <= n; ++i) {
        for (std::size_t j = 1; j <= m; ++j) {
            const auto& pair = pairs[(i - 1) * m + j - 1] = score(before[i - 1], now[j - 1]);
            Score& here = best[at(i, j)];
            here = std::max(best[at(i - 1, j)], best[at(i, j - 1)]);
            if (pair) here = std::max(here, best[at(i - 1, j - 1)] + *pair);
        }
    }
    Matches matches(m);
    std::size_t i = n;
    std::size_t j = m;
    while (i > 0 && j > 0) {
        const auto& pair = pairs[(i - 1) * m + j - 1];
        if (pair && best[at(i, j)] == best[at(i - 1, j - 1)] + *pair) {
            matches[--j] = --i;
        } else if (best[at(i, j)] == best[at(i - 1, j)]) {
            --i;
        } else {
            --j;
        }
    }
    return matches;
}

/// Rows between two that are known again, as many before as now: each was written anew in its
/// place, unless it speaks of somebody else now.
void pair_gaps(const std::vector<Facts>& before, const std::vector<Facts>& now, Matches& matches) {
    std::size_t i = 0;
    std::size_t j = 0;
    while (j <= now.size()) {
        std::size_t end = j;
        while (end < now.size() && !matches[end]) ++end;
        const std::size_t stop = end < now.size() ? *matches[end] : before.size();
        if (stop - i == end - j) {
            for (; j < end; ++i, ++j) {
                if (!other_person(compare(before[i], now[j]))) matches[j] = i;
            }
        }
        i = stop + 1;
        j = end + 1;
    }
}

Matches by_place(const std::vector<Facts>& before, const std::vector<Facts>& now) {
    Matches matches(now.size());
    for (std::size_t i = 0; i < std::min(before.size(), now.size()); ++i) {
        if (!other_person(compare(before[i], now[i]))) matches[i] = i;
    }
    return matches;
}

/// The rows' own names; nothing unless every row has one that no other has.
std::optional<std::unordered_map<std::string_view, std::size_t>> row_names(const RowsOf& side,
                                                                           std::string_view name) {
    std::unordered_map<std::string_view, std::size_t> out;
    for (std::size_t i = 0; i < side.rows->size(); ++i) {
        const std::string* value = nullptr;
        for (const TreeField& field : side.tree->rows[(*side.rows)[i]].fields) {
            const std::size_t slash = field.name.rfind('/');
            const std::size_t from = slash == std::string_view::npos ? 0 : slash + 1;
            if (field.name.substr(from) == name) value = field.value;
        }
        if (value == nullptr || value->size() < kRowNameMin) return std::nullopt;
        if (!out.emplace(*value, i).second) return std::nullopt;
    }
    return out;
}

std::optional<Matches> match_names(const RowsOf& before, const RowsOf& now) {
    for (const std::string_view name : kRowNames) {
        const auto known = row_names(before, name);
        if (!known) continue;
        const auto names = row_names(now, name);
        if (!names) continue;
        Matches matches(now.rows->size());
        for (const auto& [value, at] : *names) {
            if (const auto found = known->find(value); found != known->end()) {
                matches[at] = found->second;
            }
        }
        return matches;
    }
    return std::nullopt;
}

}  // namespace

Matches match_rows(const RowsOf& before, const RowsOf& now, std::string_view pattern,
                   const IdentityRule& identity, std::size_t& work) {
    if (before.rows->empty() || now.rows->empty()) return Matches(now.rows->size());
    if (auto named = match_names(before, now)) return std::move(*named);
    Matches matches(now.rows->size());
    const Middle middle = strip_ends(before, now, matches);
    if (middle.before == 0 || middle.now == 0) return matches;
    const std::size_t front = middle.front;
    std::vector<Facts> was = facts_of(before, front, front + middle.before, pattern, identity);
    std::vector<Facts> is = facts_of(now, front, front + middle.now, pattern, identity);
    weigh(was, is);
    Matches inner;
    if (middle.before * middle.now > kRowPairsMax) {
        inner = by_place(was, is);
    } else {
        std::size_t answers = 0;
        for (const Facts& facts : was) answers += facts.answers.size() + 1;
        work += answers * middle.now;
        inner = best_pairs(was, is);
        pair_gaps(was, is, inner);
    }
    for (std::size_t j = 0; j < inner.size(); ++j) {
        if (inner[j]) matches[front + j] = front + *inner[j];
    }
    return matches;
}

}  // namespace awda::sync::merge
