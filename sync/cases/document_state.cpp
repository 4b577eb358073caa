#include "sync/cases/document_state.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace awda::sync::merge {

namespace {

const std::string kKept;

bool same_value(const std::string* a, const std::string* b) {
    if (a == nullptr || b == nullptr) return a == b;
    return *a == *b;
}

std::optional<std::string> copy_of(const std::string* value) {
    return value == nullptr ? std::nullopt : std::optional<std::string>(*value);
}

using Latest = std::vector<const Saying*>;

/// A question of somebody's identity: what the latest say, and who changed other parts of it
/// without knowing of that.
struct Contested {
    Token token = kNoToken;
    Latest latest;
    std::vector<Place> others;
    bool differs = false;  ///< the latest say different things
};

class Reader {
public:
    Reader(const DocumentHistory& history, const Knowledge& knowledge, std::size_t& work)
        : history_(history), knowledge_(knowledge), work_(work) {}

    DocumentState run() {
        state_.order = order();
        state_.row_at.assign(history_.size(), kNotInTree);
        state_.shown.assign(history_.size(), nullptr);
        announced_.assign(history_.size(), nullptr);
        seen_.assign(history_.size(), Seen::kUnknown);
        seen_[kRoot] = Seen::kThere;
        disputed_.assign(history_.size(), false);
        work_ += state_.order->size();
        std::map<Token, std::vector<Contested>> persons;
        for (const Token token : *state_.order) {
            if (spent()) return std::move(state_);
            const Node& node = history_.node(token);
            if (node.row) {
                is_there(token);
            } else if (is_there(node.parent)) {
                read(token, persons);
            }
        }
        for (auto& [row, questions] : persons) {
            if (spent()) return std::move(state_);
            read_person(row, questions);
        }
        build();
        find_twins();
        return std::move(state_);
    }

private:
    enum class Seen : std::uint8_t { kUnknown, kGone, kThere };

    /// More than a merge may take: whoever asked refuses the half of a state that he gets.
    [[nodiscard]] bool spent() const { return work_ > kMergeWorkMax; }

    [[nodiscard]] bool in(Place who) const {
        return !knowledge_.of || history_.causality().knew(*knowledge_.of, who);
    }

    [[nodiscard]] std::shared_ptr<const Order> order() const {
        if (knowledge_.newest.empty()) return std::make_shared<Order>();
        std::shared_ptr<const Order> out = history_.kept(knowledge_.newest.front()).order;
        for (std::size_t i = 1; i < knowledge_.newest.size(); ++i) {
            const Order& next = *history_.kept(knowledge_.newest[i]).order;
            work_ += out->size() + next.size();
            out = std::make_shared<Order>(weave(*out, next, history_.size()));
        }
        return out;
    }

    /// What nobody said anything else after who knew of it; one saying a revision.
    void latest(const Node& node, Latest& out) const {
        out.clear();
        for (auto at = node.said.rbegin(); at != node.said.rend(); ++at) {
            work_ += 1 + out.size();
            if (!in(at->who)) continue;
            const bool overtaken = std::ranges::any_of(
                out, [&](const Saying* later) { return history_.knows(later->who, at->who); });
            if (!overtaken) out.push_back(&*at);
            if (history_.knows_all_before(at->who)) break;
        }
        std::ranges::sort(out, {}, [](const Saying* saying) { return saying->who; });
    }

    // Rows -------------------------------------------------------------------------------------

    bool is_there(Token row) {
        if (seen_[row] == Seen::kUnknown) {
            const bool there = is_there(history_.node(row).parent) && read_row(row);
            seen_[row] = there ? Seen::kThere : Seen::kGone;
        }
        return seen_[row] == Seen::kThere;
    }

    bool read_row(Token row) {
        const Node& node = history_.node(row);
        Latest said;
        latest(node, said);
        Latest gone;
        for (const Saying* saying : said) {
            if (saying->what == nullptr) {
                gone.push_back(saying);
            } else if (announced_[row] == nullptr) {
                announced_[row] = saying->what;
            }
        }
        if (said.empty()) return false;
        if (gone.empty()) {
            read_announcement(row, said);
            return true;
        }
        const std::vector<Place> keepers = who_keeps(node, gone);
        if (keepers.empty()) return false;
        if (announced_[row] == nullptr) announced_[row] = gone.front()->before;
        if (announced_[row] == nullptr) announced_[row] = &kKept;
        StateDispute dispute{DisputeKind::kRow, row, kNoToken, {}};
        work_ += (keepers.size() + said.size()) * (announced_[row]->size() + said.size() + 1);
        if (spent()) return true;
        for (const Place keeper : keepers) {
            const auto own = std::ranges::find(said, keeper, &Saying::who);
            const std::string* value = own == said.end() ? announced_[row] : (*own)->what;
            dispute.sides.push_back({history_.id(keeper), copy_of(value)});
        }
        // What others wrote there who are known to a keeper is not lost either.
        for (const Saying* saying : said) {
            const std::optional<std::string> value = copy_of(saying->what);
            if (std::ranges::count(dispute.sides, value, &Side::value) > 0 || !value) continue;
            dispute.sides.push_back({history_.id(saying->who), value});
        }
        for (const Saying* saying : gone) {
            dispute.sides.push_back({history_.id(saying->who), std::nullopt});
        }
        add(std::move(dispute), announced_[row]);
        return true;
    }

    /// The newest of those who said something in a row that no one who took it away knew of.
    [[nodiscard]] std::vector<Place> who_keeps(const Node& row, const Latest& gone) const {
        std::vector<Place> out;
        for (auto at = row.touched.rbegin(); at != row.touched.rend(); ++at) {
            work_ += 1 + gone.size() + out.size();
            if (spent()) break;
            if (!in(*at)) continue;
            const bool known = std::ranges::any_of(
                gone, [&](const Saying* saying) { return history_.knows(saying->who, *at); });
            const bool older =
                std::ranges::any_of(out, [&](Place keeper) { return history_.knows(keeper, *at); });
            if (!known && !older) out.push_back(*at);
        }
        return out;
    }

    /// No form gives an announcement a value; what somebody wrote there is kept all the same.
    void read_announcement(Token row, const Latest& said) {
        const bool differs = std::ranges::any_of(said, [&](const Saying* saying) {
            return !same_value(saying->what, said.front()->what);
        });
        if (!differs) return;
        StateDispute dispute{DisputeKind::kValue, row, kNoToken, sides_of(said)};
        add(std::move(dispute), announced_[row]);
    }

    // Questions --------------------------------------------------------------------------------

    void read(Token token, std::map<Token, std::vector<Contested>>& persons) {
        const Node& node = history_.node(token);
        Latest said;
        latest(node, said);
        if (said.empty()) return;
        const bool differs = std::ranges::any_of(said, [&](const Saying* saying) {
            return !same_value(saying->what, said.front()->what);
        });
        const std::string* shown = said.front()->what;
        if (node.identity && !history_.one_line()) {
            persons[node.parent].push_back({token, said, {}, differs});
        } else if (differs) {
            // The earliest made that is an answer: an empty place would hide that there are any.
            for (auto at = said.rbegin(); at != said.rend(); ++at) {
                if ((*at)->what != nullptr) shown = (*at)->what;
            }
            add({DisputeKind::kValue, token, kNoToken, sides_of(said)}, shown);
        }
        state_.shown[token] = shown;
    }

    /// Who changed other questions of the same identity, and not this one, neither knowing of it
    /// nor known to who changed this one.
    void find_others(const Node& person, Contested& question) const {
        const std::vector<Saying>& said = history_.node(question.token).said;
        for (const Place who : person.identified) {
            work_ += question.latest.size() + said.size();
            if (spent()) return;
            if (!in(who)) continue;
            const bool apart = std::ranges::any_of(question.latest, [&](const Saying* saying) {
                return !history_.knows(saying->who, who) && !history_.knows(who, saying->who);
            });
            if (!apart || std::ranges::count(said, who, &Saying::who) > 0) continue;
            question.others.push_back(who);
        }
    }

    void read_person(Token row, std::vector<Contested>& questions) {
        std::optional<Place> first;
        for (Contested& question : questions) {
            find_others(history_.node(row), question);
            const bool changed = std::ranges::any_of(question.latest, [&](const Saying* saying) {
                return !same_value(saying->what, saying->before);
            });
            if (!question.differs && (question.others.empty() || !changed)) {
                question.token = kNoToken;
                continue;
            }
            for (const Saying* saying : question.latest) {
                first = std::min(first.value_or(saying->who), saying->who);
            }
            for (const Place who : question.others) first = std::min(first.value_or(who), who);
        }
        if (!first) return;
        const View* view = view_of(row, *first);
        for (const Contested& question : questions) {
            if (question.token != kNoToken) dispute_identity(question, view);
        }
    }

    /// What is known to the newest revision that builds upon the earliest that took part; the first
    /// by id that has the row at all. So all that is shown of a person is what one officer saw.
    [[nodiscard]] const View* view_of(Token row, Place first) const {
        for (const bool must_know : {true, false}) {
            for (const Place newest : knowledge_.newest) {
                if (must_know && !history_.knows(newest, first)) continue;
                const View* view = history_.kept(newest).view.get();
                if (row == kRoot || find(*view, row) != view->end()) return view;
            }
        }
        return nullptr;
    }

    static View::const_iterator find(const View& view, Token token) {
        const auto at = std::ranges::lower_bound(view, token, {},
                                                 [](const auto& entry) { return entry.first; });
        return at != view.end() && at->first == token ? at : view.end();
    }

    void dispute_identity(const Contested& question, const View* view) {
        const std::string* shown = question.latest.front()->what;
        if (view != nullptr) {
            const auto at = find(*view, question.token);
            shown = at == view->end() ? nullptr : at->second;
        }
        StateDispute dispute{question.differs ? DisputeKind::kValue : DisputeKind::kIdentity,
                             question.token, kNoToken, sides_of(question.latest)};
        std::set<std::optional<std::string>> named;
        for (const Side& side : dispute.sides) named.insert(side.value);
        const auto add_before = [&](const std::string* value) {
            if (!named.insert(copy_of(value)).second) return;
            dispute.sides.push_back({RevisionId{}, copy_of(value)});
        };
        if (!question.differs) {
            for (const Saying* saying : question.latest) add_before(saying->before);
        }
        add_before(shown);
        state_.shown[question.token] = shown;
        add(std::move(dispute), shown);
    }

    [[nodiscard]] std::vector<Side> sides_of(const Latest& said) const {
        std::vector<Side> out;
        for (const Saying* saying : said) {
            out.push_back({history_.id(saying->who), copy_of(saying->what)});
        }
        return out;
    }

    /// The side that is shown comes first; the others by revision, then by value.
    void add(StateDispute dispute, const std::string* shown) {
        const std::optional<std::string> value = copy_of(shown);
        std::ranges::sort(dispute.sides, [](const Side& a, const Side& b) {
            return std::tie(a.revision, a.value) < std::tie(b.revision, b.value);
        });
        const auto first = std::ranges::find(dispute.sides, value, &Side::value);
        if (first != dispute.sides.end()) {
            std::rotate(dispute.sides.begin(), first, first + 1);
        }
        disputed_[dispute.token] = true;
        state_.disputes.push_back(std::move(dispute));
    }

    // The tree ---------------------------------------------------------------------------------

    void build() {
        std::vector<TreeRow>& rows = state_.tree.rows;
        rows.emplace_back().token = kRoot;
        state_.row_at[kRoot] = 0;
        for (const Token token : *state_.order) {
            if (!history_.node(token).row || seen_[token] != Seen::kThere) continue;
            state_.row_at[token] = static_cast<std::uint32_t>(rows.size());
            TreeRow& row = rows.emplace_back();
            row.token = token;
            row.announced = announced_[token];
        }
        std::vector<std::uint32_t> block_at(history_.blocks(), kNotInTree);
        for (const Token token : *state_.order) {
            const Node& node = history_.node(token);
            const std::uint32_t parent = state_.row_at[node.parent];
            if (parent == kNotInTree) continue;
            TreeRow& holder = rows[parent];
            if (!node.row) {
                if (state_.shown[token] == nullptr && !disputed_[token]) continue;
                holder.items.push_back({false, static_cast<std::uint32_t>(holder.fields.size())});
                holder.fields.push_back({node.name, state_.shown[token], token});
            } else if (const std::uint32_t at = state_.row_at[token]; at != kNotInTree) {
                std::uint32_t& block = block_at[node.block];
                if (block == kNotInTree) {
                    block = static_cast<std::uint32_t>(holder.blocks.size());
                    holder.items.push_back({true, block});
                    holder.blocks.push_back({node.name, {}});
                }
                holder.blocks[block].rows.push_back(at);
                rows[at].number = static_cast<std::uint32_t>(holder.blocks[block].rows.size());
            }
        }
    }

    // Twins ------------------------------------------------------------------------------------

    void find_twins() {
        for (const TreeRow& holder : state_.tree.rows) {
            for (const TreeBlock& block : holder.blocks) {
                const auto origin = [&](std::uint32_t at) {
                    return history_.node(state_.tree.rows[at].token).origin;
                };
                const bool one = std::ranges::all_of(block.rows, [&](std::uint32_t at) {
                    return origin(at) == origin(block.rows.front());
                });
                if (!one) find_twins_in(block);
            }
        }
    }

    /// The identity answers directly in a row; empty with fewer than two.
    [[nodiscard]] std::string person_in(const TreeRow& row) const {
        std::map<std::string_view, std::string_view> answers;
        for (const TreeField& field : row.fields) {
            if (field.value == nullptr || field.value->empty()) continue;
            if (history_.node(field.token).identity) answers.emplace(field.name, *field.value);
        }
        std::string out;
        if (answers.size() < 2) return out;
        for (const auto& [name, value] : answers) {
            out.append(name).append(1, '\0').append(value).append(1, '\0');
        }
        return out;
    }

    void find_twins_in(const TreeBlock& block) {
        std::map<std::string, std::vector<std::uint32_t>> persons;  // places in the block
        for (std::uint32_t i = 0; i < block.rows.size(); ++i) {
            std::string person = person_in(state_.tree.rows[block.rows[i]]);
            if (!person.empty()) persons[std::move(person)].push_back(i);
        }
        const auto token = [&](std::uint32_t i) { return state_.tree.rows[block.rows[i]].token; };
        for (const auto& [person, rows] : persons) {
            // Each against the first before it that was added apart: so all are named, and as
            // many disputes as rows are the most.
            for (std::size_t i = 1; i < rows.size(); ++i) {
                const auto first =
                    std::find_if(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(i),
                                 [&](std::uint32_t j) {
                                     ++work_;
                                     return !spent() && are_twins(token(rows[i]), token(j));
                                 });
                if (first == rows.begin() + static_cast<std::ptrdiff_t>(i)) continue;
                add_twins(token(*first), token(rows[i]));
            }
        }
    }

    [[nodiscard]] bool are_twins(Token a, Token b) const {
        const Place one = history_.node(a).origin;
        const Place other = history_.node(b).origin;
        return !history_.knows(one, other) && !history_.knows(other, one) &&
               !decided(a, one, other) && !decided(b, one, other);
    }

    /// Somebody who knew of both said that the row stays.
    [[nodiscard]] bool decided(Token row, Place one, Place other) const {
        return std::ranges::any_of(history_.node(row).said, [&](const Saying& saying) {
            return saying.what != nullptr && in(saying.who) && history_.knows(saying.who, one) &&
                   history_.knows(saying.who, other);
        });
    }

    void add_twins(Token a, Token b) {
        StateDispute dispute{DisputeKind::kTwins, a, b, {}};
        work_ += announced_[a]->size() + announced_[b]->size();
        if (spent()) return;
        for (const Token row : {a, b}) {
            dispute.sides.push_back({history_.id(history_.node(row).origin), *announced_[row]});
        }
        state_.disputes.push_back(std::move(dispute));
    }

    const DocumentHistory& history_;
    const Knowledge& knowledge_;
    std::size_t& work_;
    DocumentState state_;
    std::vector<const std::string*> announced_;
    std::vector<Seen> seen_;
    std::vector<bool> disputed_;
};

}  // namespace

DocumentState document_state(const DocumentHistory& history, const Knowledge& knowledge,
                             std::size_t& work) {
    return Reader(history, knowledge, work).run();
}

}  // namespace awda::sync::merge
