#include "sync/cases/row_match.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <unordered_map>

namespace awda::sync::merge {

namespace {

using Matches = std::vector<std::optional<std::size_t>>;

/// What an answer weighs that says who somebody is, against any other.
constexpr std::uint64_t kIdentityWeight = 4;
/// Split among the rows that give the same answer: one that all give tells nothing.
constexpr std::uint64_t kAnswerWeight = 5040;
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
    std::string_view name;  ///< its own, which no other row of its side has; else empty
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

/// The row's own name as it answers `question`; empty if it has none.
std::string_view own_name(const TreeRow& row, std::string_view question) {
    for (const TreeField& field : row.fields) {
        const std::size_t slash = field.name.rfind('/');
        const std::size_t from = slash == std::string_view::npos ? 0 : slash + 1;
        if (field.name.substr(from) != question || field.value == nullptr) continue;
        return field.value->size() < kRowNameMin ? std::string_view() : *field.value;
    }
    return {};
}

/// A name that two rows have says nothing: somebody copied a row.
void name_rows(std::vector<Facts>& side) {
    std::unordered_map<std::string_view, std::size_t> count;
    for (const Facts& facts : side) ++count[facts.name];
    for (Facts& facts : side) {
        if (count[facts.name] > 1) facts.name = {};
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
        const std::uint32_t row = (*side.rows)[i];
        for (const std::string_view question : kRowNames) {
            if (facts.name.empty()) facts.name = own_name(side.tree->rows[row], question);
        }
        collect(*side.tree, row, "", facts.answers);
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
    name_rows(out);
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

/// Two rows that both say who somebody is, and for the most part differently; or have other names.
bool other_person(const Facts& a, const Facts& b, const Likeness& likeness) {
    if (!a.name.empty() && !b.name.empty()) return a.name != b.name;
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
    if (!a.name.empty() && !b.name.empty() && a.name != b.name) return std::nullopt;
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

/// Rows of one side, in order.
using Rows = std::vector<const Facts*>;

/// Needleman and Wunsch (1970): the order-preserving pairs with the best sum.
Matches best_pairs(const Rows& before, const Rows& now) {
    const std::size_t n = before.size();
    const std::size_t m = now.size();
    std::vector<std::optional<Score>> pairs(n * m);
    std::vector<Score> best((n + 1) * (m + 1));
    const auto at = [m](std::size_t i, std::size_t j) { return i * (m + 1) + j; };
    for (std::size_t i = 1; i <= n; ++i) {
        for (std::size_t j = 1; j <= m; ++j) {
            const auto& pair = pairs[(i - 1) * m + j - 1] = score(*before[i - 1], *now[j - 1]);
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

/// Rows that went to another place: of those still alone, the most alike first.
void pair_moved(const Rows& before, const Rows& now, Matches& matches) {
    struct Pair {
        Score score;
        std::size_t before = 0;
        std::size_t now = 0;
    };
    std::vector<bool> taken(before.size(), false);
    for (const auto& match : matches) {
        if (match) taken[*match] = true;
    }
    std::vector<Pair> pairs;
    for (std::size_t j = 0; j < now.size(); ++j) {
        for (std::size_t i = 0; i < before.size() && !matches[j]; ++i) {
            if (taken[i]) continue;
            if (const auto found = score(*before[i], *now[j])) pairs.push_back({*found, i, j});
        }
    }
    std::ranges::sort(pairs, [](const Pair& a, const Pair& b) {
        if (a.score != b.score) return a.score > b.score;
        return std::tie(a.before, a.now) < std::tie(b.before, b.now);
    });
    for (const Pair& pair : pairs) {
        if (taken[pair.before] || matches[pair.now]) continue;
        matches[pair.now] = pair.before;
        taken[pair.before] = true;
    }
}

/// Rows between two of `fixed` that nothing matched, as many before as now: each was written anew
/// in its place, unless it speaks of somebody else now.
void pair_gaps(const Rows& before, const Rows& now, const Matches& fixed, Matches& matches) {
    std::vector<bool> taken(before.size(), false);
    for (const auto& match : matches) {
        if (match) taken[*match] = true;
    }
    std::size_t i = 0;
    std::size_t j = 0;
    while (j <= now.size()) {
        std::vector<std::size_t> here;
        for (; j < now.size() && !fixed[j]; ++j) {
            if (!matches[j]) here.push_back(j);
        }
        const std::size_t stop = j < now.size() ? *fixed[j] : before.size();
        std::vector<std::size_t> there;
        for (; i < stop; ++i) {
            if (!taken[i]) there.push_back(i);
        }
        for (std::size_t k = 0; here.size() == there.size() && k < here.size(); ++k) {
            const Facts& was = *before[there[k]];
            const Facts& is = *now[here[k]];
            if (!other_person(was, is, compare(was, is))) matches[here[k]] = there[k];
        }
        i = stop + 1;
        ++j;
    }
}

/// What comparing each with each looks at.
std::size_t cost_of(const Rows& before, const Rows& now) {
    std::size_t cost = before.size() * now.size();
    for (const Facts* facts : before) cost += facts->answers.size() * now.size();
    for (const Facts* facts : now) cost += facts->answers.size() * before.size();
    return cost;
}

/// Rows that are equal, and alone on their sides.
Matches equal_rows(const Rows& before, const Rows& now) {
    const auto text_of = [](const Facts& facts) {
        std::string out;
        for (const Answer& answer : facts.answers) {
            out.append(answer.path).append(1, '\0').append(answer.value).append(1, '\0');
        }
        return out;
    };
    struct Found {
        std::size_t before = 0;
        std::size_t now = 0;
        std::array<std::size_t, 2> count{};
    };
    std::unordered_map<std::string, Found> rows;
    for (std::size_t i = 0; i < before.size(); ++i) {
        Found& found = rows[text_of(*before[i])];
        found.before = i;
        ++found.count[0];
    }
    for (std::size_t j = 0; j < now.size(); ++j) {
        const auto known = rows.find(text_of(*now[j]));
        if (known == rows.end()) continue;
        known->second.now = j;
        ++known->second.count[1];
    }
    Matches all(now.size());
    for (const auto& [text, found] : rows) {
        if (found.count[0] == 1 && found.count[1] == 1) all[found.now] = found.before;
    }
    return all;
}

/// What many rows have in common without comparing each with each: equal ones, as far as they kept
/// their order (patience sorting, as in Cohen's diff).
Matches anchors(const Rows& before, const Rows& now) {
    const Matches all = equal_rows(before, now);
    // The longest run that rises: of each length the one that ends lowest.
    constexpr std::size_t kNone = static_cast<std::size_t>(-1);
    std::vector<std::size_t> ends;
    std::vector<std::size_t> previous(now.size(), kNone);
    for (std::size_t j = 0; j < now.size(); ++j) {
        if (!all[j]) continue;
        const auto at =
            std::ranges::lower_bound(ends, *all[j], {}, [&](std::size_t end) { return *all[end]; });
        if (at != ends.begin()) previous[j] = *(at - 1);
        if (at == ends.end()) {
            ends.push_back(j);
        } else {
            *at = j;
        }
    }
    Matches out(now.size());
    for (std::size_t j = ends.empty() ? kNone : ends.back(); j != kNone; j = previous[j]) {
        out[j] = all[j];
    }
    return out;
}

/// Compares each with each if that is affordable.
bool align(const Rows& before, const Rows& now, Matches& matches, std::size_t& work) {
    if (before.size() * now.size() > kRowPairsMax) return false;
    const std::size_t cost = cost_of(before, now);
    if (work + cost > kRowWorkMax) return false;
    work += cost;
    matches = best_pairs(before, now);
    return true;
}

/// Many rows: between each two that are known again by themselves.
Matches align_parts(const Rows& before, const Rows& now, std::size_t& work) {
    Matches out = anchors(before, now);
    const Matches fixed = out;
    std::size_t i = 0;
    std::size_t j = 0;
    while (j <= now.size()) {
        std::size_t end = j;
        while (end < now.size() && !fixed[end]) ++end;
        const std::size_t stop = end < now.size() ? *fixed[end] : before.size();
        const auto part = [](const Rows& rows, std::size_t from, std::size_t to) {
            return Rows(rows.begin() + static_cast<std::ptrdiff_t>(from),
                        rows.begin() + static_cast<std::ptrdiff_t>(to));
        };
        Matches inner;
        if (i < stop && j < end && align(part(before, i, stop), part(now, j, end), inner, work)) {
            for (std::size_t k = 0; k < inner.size(); ++k) {
                if (inner[k]) out[j + k] = i + *inner[k];
            }
        }
        i = stop + 1;
        j = end + 1;
    }
    return out;
}

Rows alone(const Rows& rows, const std::vector<bool>& taken, std::vector<std::size_t>& places) {
    Rows out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (taken[i]) continue;
        out.push_back(rows[i]);
        places.push_back(i);
    }
    return out;
}

/// Rows without names, or whose names the other side does not have.
Matches match_by_answers(const Rows& before, const Rows& now, std::size_t& work) {
    Matches fixed;
    if (!align(before, now, fixed, work)) fixed = align_parts(before, now, work);
    Matches matches = fixed;
    std::vector<bool> was(before.size(), false);
    std::vector<bool> is(now.size(), false);
    for (std::size_t j = 0; j < now.size(); ++j) {
        is[j] = matches[j].has_value();
        if (matches[j]) was[*matches[j]] = true;
    }
    std::vector<std::size_t> was_at;
    std::vector<std::size_t> is_at;
    const Rows left = alone(before, was, was_at);
    const Rows fresh = alone(now, is, is_at);
    const std::size_t cost = cost_of(left, fresh);
    if (left.size() * fresh.size() <= kRowPairsMax && work + cost <= kRowWorkMax) {
        work += cost;
        Matches moved(fresh.size());
        pair_moved(left, fresh, moved);
        for (std::size_t k = 0; k < moved.size(); ++k) {
            if (moved[k]) matches[is_at[k]] = was_at[*moved[k]];
        }
    }
    pair_gaps(before, now, fixed, matches);
    return matches;
}

/// By the rows' own names, and by answers what is left.
Matches match_facts(const std::vector<Facts>& before, const std::vector<Facts>& now,
                    std::size_t& work) {
    std::unordered_map<std::string_view, std::size_t> names;
    for (std::size_t i = 0; i < before.size(); ++i) {
        if (!before[i].name.empty()) names.emplace(before[i].name, i);
    }
    Matches matches(now.size());
    std::vector<bool> was(before.size(), false);
    std::vector<bool> is(now.size(), false);
    for (std::size_t j = 0; j < now.size(); ++j) {
        const auto known = names.find(now[j].name);
        if (now[j].name.empty() || known == names.end()) continue;
        matches[j] = known->second;
        was[known->second] = is[j] = true;
    }
    const auto pointers = [](const std::vector<Facts>& side) {
        Rows out;
        for (const Facts& facts : side) out.push_back(&facts);
        return out;
    };
    std::vector<std::size_t> was_at;
    std::vector<std::size_t> is_at;
    const Rows left = alone(pointers(before), was, was_at);
    const Rows fresh = alone(pointers(now), is, is_at);
    const Matches inner = match_by_answers(left, fresh, work);
    for (std::size_t k = 0; k < inner.size(); ++k) {
        if (inner[k]) matches[is_at[k]] = was_at[*inner[k]];
    }
    return matches;
}

}  // namespace

Matches match_rows(const RowsOf& before, const RowsOf& now, std::string_view pattern,
                   const IdentityRule& identity, std::size_t& work) {
    if (before.rows->empty() || now.rows->empty()) return Matches(now.rows->size());
    Matches matches(now.rows->size());
    const Middle middle = strip_ends(before, now, matches);
    if (middle.before == 0 || middle.now == 0) return matches;
    const std::size_t front = middle.front;
    std::vector<Facts> was = facts_of(before, front, front + middle.before, pattern, identity);
    std::vector<Facts> is = facts_of(now, front, front + middle.now, pattern, identity);
    weigh(was, is);
    const Matches inner = match_facts(was, is, work);
    for (std::size_t j = 0; j < inner.size(); ++j) {
        if (inner[j]) matches[front + j] = front + *inner[j];
    }
    return matches;
}

}  // namespace awda::sync::merge
