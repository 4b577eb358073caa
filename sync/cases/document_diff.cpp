#include "sync/cases/document_diff.h"

#include <algorithm>
#include <map>
#include <set>

#include "sync/cases/row_match.h"

namespace awda::sync::merge {

namespace {

const std::string kAnnounced;

class Diff {
public:
    Diff(DocumentHistory& history, const DocumentState& before, Place who)
        : history_(history), before_(before), who_(who) {}

    Status run() {
        const Revision& revision = history_.revision(who_);
        if (revision.decision) {
            decide(revision.choices);
        } else {
            now_ = make_tree(revision.fields);
            row(0, 0, kRoot);
        }
        return finish(revision.decision);
    }

private:
    // A revision -------------------------------------------------------------------------------

    [[nodiscard]] const std::string* shown(Token token) const {
        return token < before_.shown.size() ? before_.shown[token] : nullptr;
    }

    /// `was` is the row's place in the tree before, or kNotInTree.
    void row(std::uint32_t was, std::uint32_t is, Token token) {
        const TreeRow& now = now_.rows[is];
        std::set<std::string_view> blocks;
        std::set<Token> fields;
        for (const TreeItem item : now.items) {
            if (item.block) {
                const TreeBlock& block = now.blocks[item.at];
                blocks.insert(block.name);
                rows(was, block, token);
            } else {
                fields.insert(question(now.fields[item.at], token));
            }
        }
        if (was == kNotInTree) return;
        const TreeRow& old = before_.tree.rows[was];
        for (const TreeField& field : old.fields) {
            if (field.value == nullptr || fields.contains(field.token)) continue;
            history_.say(field.token, {who_, nullptr, field.value});
        }
        for (const TreeBlock& block : old.blocks) {
            if (blocks.contains(block.name)) continue;
            for (const std::uint32_t gone : block.rows) remove(gone);
        }
    }

    Token question(const TreeField& field, Token row) {
        const Token token = history_.field(row, field.name);
        order_.push_back(token);
        if (history_.node(token).identity) view_.emplace_back(token, field.value);
        const std::string* was = shown(token);
        if (was == nullptr || *was != *field.value) {
            history_.say(token, {who_, field.value, was});
        }
        return token;
    }

    void remove(std::uint32_t at) {
        const TreeRow& gone = before_.tree.rows[at];
        history_.say(gone.token, {who_, nullptr, gone.announced});
    }

    void rows(std::uint32_t was, const TreeBlock& block, Token parent) {
        static const std::vector<std::uint32_t> kNoRows;
        const std::vector<std::uint32_t>* old = &kNoRows;
        if (was != kNotInTree) {
            for (const TreeBlock& candidate : before_.tree.rows[was].blocks) {
                if (candidate.name == block.name) old = &candidate.rows;
            }
        }
        const std::string& above = history_.node(parent).pattern;
        const std::string pattern =
            above.empty() ? std::string(block.name) : above + '/' + std::string(block.name);
        const auto matches = match_rows({&before_.tree, old}, {&now_, &block.rows}, pattern,
                                        history_.identity(), work_);
        std::vector<bool> stays(old->size(), false);
        for (std::size_t i = 0; i < matches.size(); ++i) {
            const std::uint32_t at = block.rows[i];
            if (matches[i]) {
                stays[*matches[i]] = true;
                keep_row((*old)[*matches[i]], at);
            } else {
                const Token token = history_.add_row(parent, block.name, who_, now_.rows[at].whole);
                history_.say(token, {who_, now_.rows[at].announced, nullptr});
                enter(kNotInTree, at, token);
            }
        }
        for (std::size_t i = 0; i < stays.size(); ++i) {
            if (!stays[i]) remove((*old)[i]);
        }
    }

    void keep_row(std::uint32_t was, std::uint32_t is) {
        const TreeRow& old = before_.tree.rows[was];
        const std::string* announced = now_.rows[is].announced;
        if (*old.announced != *announced) history_.say(old.token, {who_, announced, old.announced});
        enter(was, is, old.token);
    }

    void enter(std::uint32_t was, std::uint32_t is, Token token) {
        order_.push_back(token);
        view_.emplace_back(token, now_.rows[is].announced);
        row(was, is, token);
    }

    // A decision -------------------------------------------------------------------------------

    void decide(const std::vector<Choice>& choices) {
        // Of two about the same the last counts, as in a record; otherwise in order.
        std::map<std::string_view, std::size_t> last;
        for (std::size_t i = 0; i < choices.size(); ++i) last[choices[i].path] = i;
        view_of_before();
        for (std::size_t i = 0; i < choices.size(); ++i) {
            if (last[choices[i].path] == i) choose(choices[i]);
        }
    }

    void view_of_before() {
        for (const TreeRow& row : before_.tree.rows) {
            if (row.token != kRoot) chosen_[row.token] = row.announced;
            for (const TreeField& field : row.fields) {
                if (history_.node(field.token).identity) chosen_[field.token] = field.value;
            }
        }
    }

    void choose(const Choice& choice) {
        const std::string* value = choice.value ? &*choice.value : nullptr;
        const PathParts parts = split_path(choice.path);
        std::uint32_t at = 0;  // in the tree before, as long as its rows go
        Token row = kRoot;
        for (const RowStep& step : parts.rows) {
            at = below(at, step);
            if (at != kNotInTree) {
                row = before_.tree.rows[at].token;
                continue;
            }
            // Somebody chose an answer in a row that was not there: it is there now, so that
            // nothing is lost. There is nothing to take away.
            const auto [made, fresh] = made_.try_emplace(step.whole, kNoToken);
            if (fresh && value == nullptr) {
                made_.erase(made);
                return;
            }
            if (fresh) {
                made->second = history_.add_row(row, step.block, who_, step.whole);
                say(made->second, &kAnnounced, nullptr);
            }
            row = made->second;
        }
        if (parts.rest.empty() && !parts.rows.empty()) {
            say(row, value, at == kNotInTree ? nullptr : before_.tree.rows[at].announced);
        } else {
            const Token token = history_.field(row, parts.rest);
            say(token, value, shown(token));
        }
    }

    [[nodiscard]] std::uint32_t below(std::uint32_t at, const RowStep& step) const {
        if (at == kNotInTree) return kNotInTree;
        for (const TreeBlock& block : before_.tree.rows[at].blocks) {
            if (block.name != step.block) continue;
            if (step.number <= block.rows.size()) return block.rows[step.number - 1];
        }
        return kNotInTree;
    }

    void say(Token token, const std::string* value, const std::string* was) {
        history_.say(token, {who_, value, was});
        order_.push_back(token);
        const Node& node = history_.node(token);
        if (node.row || node.identity) chosen_[token] = value;
    }

    // Both -------------------------------------------------------------------------------------

    Status finish(bool decision) {
        DocumentHistory::Kept kept;
        const std::size_t size = history_.size();
        if (decision) {
            // What it names keeps its place; what is new goes to the end.
            Order order = *before_.order;
            std::vector<bool> known(size, false);
            for (const Token token : order) known[token] = true;
            for (const Token token : order_) {
                if (!known[token]) order.push_back(token);
                known[token] = true;
            }
            kept.order = std::make_shared<Order>(std::move(order));
            view_.assign(chosen_.begin(), chosen_.end());
        } else {
            kept.order = std::make_shared<Order>(weave(*before_.order, order_, size));
            std::ranges::sort(view_);
        }
        kept.view = std::make_shared<View>(std::move(view_));
        work_ += kept.order->size() + order_.size();
        history_.keep(who_, std::move(kept));
        return history_.spend(work_);
    }

    DocumentHistory& history_;
    const DocumentState& before_;
    Place who_;
    DocumentTree now_;
    Order order_;
    View view_;
    std::map<Token, const std::string*> chosen_;
    std::map<std::string_view, Token> made_;
    std::size_t work_ = 0;
};

}  // namespace

Status take_up(DocumentHistory& history, const DocumentState& before, Place place) {
    return Diff(history, before, place).run();
}

}  // namespace awda::sync::merge
