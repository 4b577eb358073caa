// Forms with a bit of everything, and a hand that fills them in at random, for the tests of steps,
// deltas, journals, records and migration.
#pragma once

#include <doctest/doctest.h>

#include <array>
#include <random>
#include <string>
#include <vector>

#include "tests/forms/written_forms.h"

namespace awda::forms::test {

/// Rows in rows, counts, sums, positions, relevance of groups and rows, texts with answers in them.
inline constexpr std::string_view kHousehold =
    "| survey |\n"
    "| | type | name | label::English (en) | label::Arabic (ar) | relevant | calculation "
    "| constraint | required | read_only | repeat_count | choice_filter |"
    R"(
| | text | head | Head of family | رب الأسرة | | | | yes | | | |
| | integer | age | Age | العمر | | | . < 120 and . > ${least} | | | | |
| | integer | least | Least | الأقل | | | | | | | |
| | begin_group | work | Work of ${head} | عمل ${head} | ${age} > 15 | | | | | | |
| | text | job | Job | المهنة | | | | ${age} > 30 | | | |
| | text | firm | Firm | الشركة | ${job} != '' | | | | ${least} > 5 | | |
| | end_group | | | | | | | | | | |
| | begin_repeat | member | Member of ${head} | فرد | | | | | | | |
| | text | name | Name | الاسم | | | | yes | | | |
| | integer | years | Age of ${name} ${place} | عمر ${name} | | | . < ${age} or ${age}='' | | | | |
| | calculate | place | | | | position(..) | | | | | |
| | begin_repeat | visit | Visit of ${name} | زيارة ${name} | ${years} > 3 | | | | | | |
| | date | day | Day | اليوم | | | | | | | |
| | select_one gov | gov | Where | أين | | | | | | | |
| | select_one dist | dist | District | قضاء | | | | | | | gov = ${gov} |
| | end_repeat | | | | | | | | | | |
| | end_repeat | | | | | | | | | | |
| | integer | wanted | How many | كم | | | | | | | |
| | begin_repeat | ticket | Ticket | بطاقة | | | | | | ${wanted} | |
| | text | number | Number of ${total} | رقم | | | | | | | |
| | calculate | code | | | | once(uuid()) | | | | | |
| | end_repeat | | | | | | | | | | |
| | calculate | total | | | | sum(${years}) + count(${member}) | | | | | |
| | note | said | Together ${total}, since ${stamp} | المجموع ${total} | ${total} > 2 | | | | | | |
| | calculate | stamp | | | | if(${head} = '', '', now()) | | | | | |
| | calculate | luck | | | | if(${age} > 0, random(), '') | | | | | |
| | calculate | shown | | | | format-date(${since}, '%a %b') | | | | | |
| | date | since | Since | منذ | | | | | | | |
| | select_multiple gov | govs | Places | أماكن | | | | | | | |
| | select_one dist | one | District | قضاء | | | | | | | selected(${govs}, gov) |
| choices |
| | list_name | name | label::English (en) | label::Arabic (ar) | gov |
| | gov | bgd | Baghdad | بغداد | |
| | gov | erb | Erbil | أربيل | |
| | gov | bsr | Basra | البصرة | |
| | dist | karkh | Karkh | الكرخ | bgd |
| | dist | rusafa | Rusafa | الرصافة | bgd |
| | dist | soran | Soran | سوران | erb |
| | dist | zubair | Zubair | الزبير | bsr |
| settings |
| | form_id | version | default_language | instance_name |
| | household | 1 | English (en) | ${head} |
)";

/// Groups that hide rows, triggers, defaults.
inline constexpr std::string_view kTriggers = R"(
| survey |
| | type | name | label | relevant | calculation | trigger | default | read_only | required |
| | select_one yn | has | Has it? | | | | | | yes |
| | begin_group | all | All | ${has} = 'yes' | | | | | |
| | begin_repeat | item | Item | ${has} = 'yes' | | | | | |
| | text | what | What | | | | new | | ${has} = 'yes' |
| | decimal | price | Price | ${what} != 'none' | | | | | |
| | calculate | taxed | | | ${price} * 1.1 | | | | |
| | text | note | Note ${taxed} | | concat(${what}, '!') | ${what} | | | |
| | end_repeat | | | | | | | | |
| | decimal | paid | Paid | | | | | sum(${price}) > 100 | |
| | end_group | | | | | | | | |
| | calculate | owed | | | sum(${taxed}) - ${paid} | | | | |
| | note | end | You owe ${owed} | ${owed} != 0 | | | | | |
| choices |
| | list_name | name | label |
| | yn | yes | Yes |
| | yn | no | No |
)";

inline std::array<FormDefinitionPtr, 2> fill_forms() {
    return {must_load(kHousehold), must_load(kTriggers)};
}

/// One action at random on what the page offers: an answer, a row more or less.
class RandomHand {
public:
    explicit RandomHand(std::uint64_t seed) : random_(seed) {}

    std::size_t pick(std::size_t size) {
        return std::uniform_int_distribution<std::size_t>(0, size - 1)(random_);
    }

    void act(Session& session) {
        const std::vector<ViewNode> page = session.page();
        const ViewNode& node = page[pick(page.size())];
        if (node.kind == ViewKind::kRepeat && node.can_add && node.rows < 4) {
            (void)session.add_repeat(node.ref);
        } else if (node.kind == ViewKind::kRow && node.can_remove) {
            (void)session.remove_repeat(node.ref);
        } else if (node.kind == ViewKind::kQuestion && !node.readonly) {
            (void)session.answer(node.ref, value_for(node));
        }
    }

private:
    std::string value_for(const ViewNode& node) {
        if (pick(8) == 0) return {};
        static constexpr std::array<std::string_view, 5> kTexts{"سارة", "none", "a b", "x", "٤٢"};
        static constexpr std::array<std::string_view, 6> kNumbers{"0", "2", "7", "40", "200", "x"};
        static constexpr std::array<std::string_view, 3> kDates{"2026-02-28", "1990-01-01", "2026"};
        if (node.choices != nullptr) {
            if (node.choices->empty()) return "bgd";
            std::string out = (*node.choices)[pick(node.choices->size())].value;
            if (node.type == QuestionType::kSelectMultiple && pick(2) == 0) {
                out += " " + (*node.choices)[pick(node.choices->size())].value;
            }
            return out;
        }
        switch (node.type) {
            case QuestionType::kInteger:
            case QuestionType::kDecimal: return std::string(kNumbers[pick(kNumbers.size())]);
            case QuestionType::kDate: return std::string(kDates[pick(kDates.size())]);
            default: return std::string(kTexts[pick(kTexts.size())]);
        }
    }

    std::mt19937_64 random_;
};

inline bool same_choices(const ChoicesPtr& a, const ChoicesPtr& b) {
    if (a == b) return true;
    if (a == nullptr || b == nullptr || a->size() != b->size()) return false;
    for (std::size_t i = 0; i < a->size(); ++i) {
        if ((*a)[i].value != (*b)[i].value || (*a)[i].label != (*b)[i].label) return false;
    }
    return true;
}

/// A node in words, so that a difference can be read in the test's output.
inline std::string words(const ViewNode& n) {
    std::string out = std::to_string(static_cast<int>(n.kind)) + " " + n.ref + " d" +
                      std::to_string(n.depth) + " '" + n.label + "' '" + n.hint + "' = '" +
                      n.value + "'";
    out += n.relevant ? " rel" : " -";
    out += n.readonly ? " ro" : " -";
    out += n.required ? " req" : " -";
    out += " rows" + std::to_string(n.rows) + (n.can_add ? "+" : "") + (n.can_remove ? "x" : "");
    if (n.problem) {
        out += " !" + n.problem->ref + " " + std::string(problem_kind_name(n.problem->kind)) + " " +
               n.problem->message;
    }
    if (n.choices != nullptr) {
        for (const Choice& choice : *n.choices) out += " " + choice.value + "=" + choice.label;
    }
    return out;
}

inline void check_same_page(const std::vector<ViewNode>& a, const std::vector<ViewNode>& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        REQUIRE(words(a[i]) == words(b[i]));
        REQUIRE(same_choices(a[i].choices, b[i].choices));
    }
}

}  // namespace awda::forms::test
