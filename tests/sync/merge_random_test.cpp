// Random documents, corrected by offices that hear of each other late: whatever the history, no
// answer disappears, nobody is made up, and the order of arrival makes no difference.
#include <map>
#include <random>
#include <set>

#include "tests/sync/document_values.h"
#include "tests/sync/merge_sample.h"

using namespace awda;
using namespace awda::sync;
using namespace awda::sync::sample;

namespace {

constexpr std::array<const char*, 2> kBlocks = {"family", "visits"};  // by depth

/// A document as a form shows it: answers, and rows within rows.
struct Sheet {
    std::vector<std::pair<std::string, std::string>> answers;
    std::vector<Sheet> rows;
};

void write_to(const Sheet& sheet, const std::string& prefix, std::size_t depth,
              std::vector<Field>& out) {
    for (const auto& [name, value] : sheet.answers) out.push_back({prefix + name, value});
    for (std::size_t i = 0; i < sheet.rows.size(); ++i) {
        const std::string path = prefix + kBlocks.at(depth) + '[' + std::to_string(i + 1) + ']';
        out.push_back({path, ""});
        write_to(sheet.rows[i], path + '/', depth + 1, out);
    }
}

std::vector<Field> fields_of(const Sheet& sheet) {
    std::vector<Field> out;
    write_to(sheet, "", 0, out);
    return out;
}

/// Of merged fields, whose rows are announced and numbered in order.
Sheet sheet_of(const std::vector<Field>& fields) {
    Sheet out;
    for (const Field& field : fields) {
        Sheet* at = &out;
        std::string rest = field.path;
        for (std::size_t close = rest.find(']'); close != std::string::npos;
             close = rest.find(']')) {
            const std::size_t open = rest.find('[');
            const std::size_t number = std::stoul(rest.substr(open + 1, close - open - 1));
            if (at->rows.size() < number) at->rows.resize(number);
            at = &at->rows[number - 1];
            rest = rest.substr(std::min(close + 2, rest.size()));
        }
        if (!rest.empty()) at->answers.emplace_back(rest, field.value);
    }
    return out;
}

bool holds(const std::vector<Field>& fields, const std::string& value) {
    return std::ranges::count(fields, value, &Field::value) > 0;
}

/// A history that grows step by step, and what each of its authors saw.
class History {
public:
    explicit History(std::uint32_t seed) : random_(seed) {
        Sheet first;
        for (const char* name : {"name", "birth_date", "phone", "note", "camp"}) {
            first.answers.emplace_back(name, fresh());
        }
        const std::size_t rows = pick(5);
        for (std::size_t i = 0; i < rows; ++i) first.rows.push_back(new_row(1));
        add(revision(next_number(), {}, fields_of(first)));
    }

    void grow(bool decide) {
        std::vector<std::uint16_t> parents;
        for (std::size_t i = 1 + pick(3); i > 0; --i) {
            // The newest for the most part: offices do hear of each other.
            const std::size_t back = pick(std::min<std::size_t>(revisions.size(), 4));
            const auto number = static_cast<std::uint16_t>(revisions.size() - 1 - back);
            if (std::ranges::count(parents, numbers_[number]) == 0) {
                parents.push_back(numbers_[number]);
            }
        }
        std::set<std::size_t> known;
        for (const std::uint16_t parent : parents) know(place_of_.at(parent), known);
        const Document before = merged(some(known));
        if (decide && !before.disputes.empty() && pick(3) == 0) {
            add(decision(next_number(), parents, random_choices(before)));
        } else {
            Sheet sheet = sheet_of(before.fields);
            // Who writes a whole row anew and moves rows as well leaves nothing to know it by.
            of_rows_ = pick(2) == 0;
            for (std::size_t edits = pick(4); edits > 0; --edits) edit(sheet, 0);
            if (of_rows_) edit_answers(sheet, 2);
            add(revision(next_number(), parents, fields_of(sheet)));
        }
        check_step(before, known);
    }

    [[nodiscard]] std::vector<Revision> some(const std::set<std::size_t>& places) const {
        std::vector<Revision> out;
        for (const std::size_t place : places) out.push_back(revisions[place]);
        return out;
    }
    std::size_t pick(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
    std::mt19937& random() { return random_; }

    /// What was written and is neither there nor taken away by somebody who had seen it.
    [[nodiscard]] std::set<std::string> lost(const Document& document) const {
        const std::set<std::string> held = values_in(document);
        std::set<std::string> out;
        for (const std::string& value : written_) {
            if (!held.contains(value) && !ended_.contains(value)) out.insert(value);
        }
        return out;
    }

    std::vector<Revision> revisions;

private:
    /// Ids do not rise with time.
    std::uint16_t next_number() {
        std::uint16_t number = 0;
        do {
            number = static_cast<std::uint16_t>(1 + pick(60'000));
        } while (place_of_.contains(number));
        return number;
    }
    void add(Revision made) {
        const Id16& id = made.id;
        const auto number = static_cast<std::uint16_t>(id[14] * 256 + id[15]);
        place_of_[number] = revisions.size();
        numbers_.push_back(number);
        for (const Field& field : made.fields) {
            if (!field.value.empty()) written_.insert(field.value);
        }
        for (const Choice& choice : made.choices) {
            if (choice.value && !choice.value->empty()) written_.insert(*choice.value);
        }
        revisions.push_back(std::move(made));
    }
    void know(std::size_t place, std::set<std::size_t>& known) const {
        if (!known.insert(place).second) return;
        for (const RevisionId& parent : revisions[place].parents) {
            know(place_of_.at(static_cast<std::uint16_t>(parent[14] * 256 + parent[15])), known);
        }
    }

    std::string fresh() { return "v" + std::to_string(++values_); }

    Sheet new_row(std::size_t depth) {
        Sheet row;
        if (depth == 1) {
            for (const char* name : {"name", "birth_date", "aid"}) {
                if (pick(4) != 0) row.answers.emplace_back(name, fresh());
            }
            for (std::size_t below = pick(3); below > 0; --below) row.rows.push_back(new_row(2));
        } else {
            for (const char* name : {"date", "what"}) row.answers.emplace_back(name, fresh());
        }
        return row;
    }

    void edit(Sheet& sheet, std::size_t depth) {
        if (depth < 2 && !sheet.rows.empty() && pick(2) == 0) {
            edit(sheet.rows[pick(sheet.rows.size())], depth + 1);
            return;
        }
        if (of_rows_ && depth == 2) return;
        const std::size_t what = of_rows_ ? 5 + pick(4) : pick(5);
        if (what < 5) {
            edit_answers(sheet, what);
        } else if (what < 7) {
            const auto at = static_cast<std::ptrdiff_t>(pick(sheet.rows.size() + 1));
            sheet.rows.insert(sheet.rows.begin() + at, new_row(depth + 1));
        } else if (!sheet.rows.empty()) {
            const auto at = static_cast<std::ptrdiff_t>(pick(sheet.rows.size()));
            Sheet row = std::move(sheet.rows[static_cast<std::size_t>(at)]);
            sheet.rows.erase(sheet.rows.begin() + at);
            if (what == 8) {
                const auto to = static_cast<std::ptrdiff_t>(pick(sheet.rows.size() + 1));
                sheet.rows.insert(sheet.rows.begin() + to, std::move(row));
            }
        }
    }

    void edit_answers(Sheet& sheet, std::size_t what) {
        if (sheet.answers.empty()) return;
        const std::size_t at = pick(sheet.answers.size());
        if (what == 0) {
            sheet.answers.erase(sheet.answers.begin() + static_cast<std::ptrdiff_t>(at));
        } else if (what == 1) {
            for (auto& [name, value] : sheet.answers) value = fresh();
        } else {
            sheet.answers[at].second = fresh();
        }
    }

    std::vector<Choice> random_choices(const Document& before) {
        std::vector<Choice> out;
        for (std::size_t count = 1 + pick(2); count > 0; --count) {
            const Dispute& dispute = before.disputes[pick(before.disputes.size())];
            if (std::ranges::count(out, dispute.path, &Choice::path) > 0) continue;
            const Side& side = dispute.sides[pick(dispute.sides.size())];
            const bool other = dispute.kind == DisputeKind::kValue && pick(4) == 0;
            out.push_back({dispute.path, other ? std::optional(fresh()) : side.value});
        }
        return out;
    }

    /// Whether `made` said something about what this dispute is about.
    static bool speaks_of(const Revision& made, const Dispute& dispute) {
        if (made.decision) {
            return std::ranges::any_of(made.choices, [&](const Choice& choice) {
                return choice.path == dispute.path ||
                       (!choice.value && dispute.path.starts_with(choice.path + '/'));
            });
        }
        const std::optional<std::string>& shown = dispute.sides.front().value;
        return !shown || !holds(made.fields, *shown);
    }

    void check_step(const Document& before, std::set<std::size_t> known) {
        known.insert(revisions.size() - 1);
        const Revision& made = revisions.back();
        const Document after = merged(some(known));
        // Who knew of everything and wrote the whole sheet is taken at his word.
        if (!made.decision) CHECK(text(after.fields) == text(made.fields));
        const std::set<std::string> had = values_in(before);
        const std::set<std::string> has = values_in(after);
        for (const std::string& value : had) {
            if (value.empty() || has.contains(value)) continue;
            ended_.insert(value);
            if (!made.decision && holds(before.fields, value)) continue;
            for (const Dispute& dispute : before.disputes) {
                const bool side = std::ranges::any_of(
                    dispute.sides, [&](const Side& one) { return one.value == value; });
                if (side) CHECK_MESSAGE(speaks_of(made, dispute), value);
            }
        }
    }

    std::mt19937 random_;
    std::size_t values_ = 0;
    bool of_rows_ = false;  ///< rows come, go and move; else answers change
    std::vector<std::uint16_t> numbers_;
    std::map<std::uint16_t, std::size_t> place_of_;
    std::set<std::string> written_;
    std::set<std::string> ended_;  ///< by somebody who had it before him
};

std::string value_of(const Sheet& sheet, const std::string& name) {
    for (const auto& [question, value] : sheet.answers) {
        if (question == name) return value;
    }
    return "";
}

/// Everybody that a sheet tells of, by what says who he is.
void persons_in(const Sheet& sheet, std::size_t depth, std::set<std::string>& out) {
    if (depth < 2) out.insert(value_of(sheet, "name") + '/' + value_of(sheet, "birth_date"));
    for (const Sheet& row : sheet.rows) persons_in(row, depth + 1, out);
}

constexpr std::uint32_t kSeed = 20'261'127;

}  // namespace

TEST_CASE("random corrections of random documents: nothing is lost, in any order of arrival") {
    std::size_t disputed = 0;
    for (std::uint32_t seed = kSeed; seed < kSeed + 150; ++seed) {
        CAPTURE(seed);
        History history(seed);
        for (std::size_t steps = 2 + history.pick(9); steps > 0; --steps) history.grow(true);
        const Document all = merged(history.revisions);
        disputed += all.disputes.size();
        CHECK(history.lost(all).empty());
        for (int again = 0; again < 3; ++again) {
            std::vector<Revision> arrived = history.revisions;
            arrived.push_back(arrived[history.pick(arrived.size())]);
            std::ranges::shuffle(arrived, history.random());
            CHECK(merged(arrived) == all);
        }
    }
    CHECK(disputed > 100);  // or this shows nothing
}

TEST_CASE("whoever takes a merged document over as it stands changes nothing and settles nothing") {
    for (std::uint32_t seed = kSeed; seed < kSeed + 60; ++seed) {
        CAPTURE(seed);
        History history(seed);
        for (std::size_t steps = 2 + history.pick(6); steps > 0; --steps) history.grow(true);
        const Document all = merged(history.revisions);
        std::vector<Revision> more = history.revisions;
        more.push_back({RevisionId{0xFF}, all.heads, false, all.fields, {}});
        const Document after = merged(more);
        CHECK(text(after.fields) == text(all.fields));
        CHECK(disputes(after) == disputes(all));
    }
}

TEST_CASE("nobody is shown whom no officer ever wrote down, as long as no decision says so") {
    for (std::uint32_t seed = kSeed; seed < kSeed + 100; ++seed) {
        CAPTURE(seed);
        History history(seed);
        for (std::size_t steps = 2 + history.pick(9); steps > 0; --steps) history.grow(false);
        std::set<std::string> known;
        for (const Revision& one : history.revisions) persons_in(sheet_of(one.fields), 0, known);
        std::set<std::string> shown;
        persons_in(sheet_of(merged(history.revisions).fields), 0, shown);
        for (const std::string& person : shown) CHECK_MESSAGE(known.contains(person), person);
    }
}
