#include "sync/cases/document_history.h"

#include <algorithm>

namespace awda::sync::merge {

namespace {

std::vector<Link> links_of(const std::vector<const Revision*>& revisions) {
    std::vector<Link> out;
    out.reserve(revisions.size());
    for (const Revision* revision : revisions) out.push_back({revision->id, revision->parents});
    return out;
}

void push_once(std::vector<Place>& list, Place who) {
    if (list.empty() || list.back() != who) list.push_back(who);
}

}  // namespace

DocumentHistory::DocumentHistory(std::vector<const Revision*> revisions,
                                 const IdentityRule& identity)
    : revisions_(std::move(revisions)),
      identity_(&identity),
      causality_(links_of(revisions_)),
      parents_(revisions_.size()),
      children_left_(revisions_.size(), 0),
      knows_all_(revisions_.size(), false),
      kept_(revisions_.size()) {
    Node root;
    root.row = true;
    nodes_.push_back(std::move(root));
    std::size_t rank = 0;
    for (const std::size_t place : causality_.order()) {
        std::vector<Place>& parents = parents_[place];
        for (const RevisionId& parent : revisions_[place]->parents) {
            const auto found = std::ranges::lower_bound(
                revisions_, parent, {}, [](const Revision* revision) { return revision->id; });
            parents.push_back(static_cast<Place>(found - revisions_.begin()));
        }
        std::ranges::sort(parents);
        parents.erase(std::ranges::unique(parents).begin(), parents.end());
        for (const Place parent : parents) ++children_left_[parent];
        // Whoever knew of the one before, which knew of all before it, knew of all.
        if (rank == 0) {
            knows_all_[place] = true;
        } else {
            const auto& order = causality_.order();
            std::size_t up = rank;
            while (up > 0 && causality_.knew(place, order[up - 1])) {
                --up;
                if (knows_all_[order[up]]) up = 0;
            }
            knows_all_[place] = up == 0;
        }
        one_line_ = one_line_ && knows_all_[place];
        ++rank;
    }
}

std::vector<Place> DocumentHistory::basis(Place place) const {
    std::vector<Place> out;
    for (const Place parent : parents_[place]) {
        const bool built_upon = std::ranges::any_of(
            parents_[place], [&](Place other) { return other != parent && knows(other, parent); });
        if (!built_upon) out.push_back(parent);
    }
    return out;
}

std::vector<Place> DocumentHistory::heads() const {
    std::vector<Place> out;
    for (const Id16& head : causality_.heads()) {
        const auto found = std::ranges::lower_bound(
            revisions_, head, {}, [](const Revision* revision) { return revision->id; });
        out.push_back(static_cast<Place>(found - revisions_.begin()));
    }
    return out;
}

Token DocumentHistory::add_node(Token parent, std::string_view name) {
    const auto token = static_cast<Token>(nodes_.size());
    Node node;
    node.parent = parent;
    node.name = name;
    const std::string& above = nodes_[parent].pattern;
    node.pattern = above.empty() ? node.name : above + '/' + node.name;
    nodes_.push_back(std::move(node));
    return token;
}

Token DocumentHistory::field(Token row, std::string_view name) {
    const auto found = names_.find(Name{row, name});
    if (found != names_.end()) return found->second;
    const Token token = add_node(row, name);
    nodes_[token].identity = identity_->matches(nodes_[token].pattern);
    names_.emplace(Name{row, nodes_[token].name}, token);
    return token;
}

Token DocumentHistory::add_row(Token parent, std::string_view block, Place origin,
                               std::string_view first) {
    const Token token = add_node(parent, block);
    Node& node = nodes_[token];
    node.row = true;
    node.origin = origin;
    node.first = first;
    const auto next = static_cast<std::uint32_t>(blocks_.size());
    node.block = blocks_.try_emplace(Name{parent, node.name}, next).first->second;
    return token;
}

void DocumentHistory::touch(Token row, Place who) {
    for (Token at = row; at != kRoot; at = nodes_[at].parent) push_once(nodes_[at].touched, who);
}

void DocumentHistory::say(Token token, const Saying& saying) {
    Node& node = nodes_[token];
    if (!node.said.empty() && node.said.back().who == saying.who) {
        node.said.back().what = saying.what;
    } else {
        node.said.push_back(saying);
    }
    if (node.identity) push_once(nodes_[node.parent].identified, saying.who);
    // Taking a row away is no reason to keep it.
    touch(node.row && saying.what != nullptr ? token : node.parent, saying.who);
}

void DocumentHistory::release_basis(Place place) {
    for (const Place parent : parents_[place]) {
        if (--children_left_[parent] == 0) kept_[parent] = {};
    }
}

Status DocumentHistory::spend(std::size_t work) {
    work_ += work;
    if (work_ > kMergeWorkMax) return Error(Errc::kTooLarge, "merge the revisions of a record");
    return {};
}

Order weave(const Order& other, const Order& prefer, std::size_t tokens) {
    constexpr std::uint32_t kNone = 0xFFFF'FFFF;
    // Where in `missing` those begin and end that stand behind a token.
    struct Run {
        std::uint32_t begin = kNone;
        std::uint32_t end = kNone;
    };
    std::vector<bool> placed(tokens, false);
    for (const Token token : prefer) placed[token] = true;
    Order missing;
    std::vector<Run> behind(tokens + 1);
    std::size_t anchor = tokens;  // the last of them stands for the beginning
    for (const Token token : other) {
        if (placed[token]) {
            anchor = token;
            continue;
        }
        Run& run = behind[anchor];
        if (run.begin == kNone) run.begin = static_cast<std::uint32_t>(missing.size());
        missing.push_back(token);
        run.end = static_cast<std::uint32_t>(missing.size());
    }
    if (missing.empty()) return prefer;
    Order out;
    out.reserve(prefer.size() + missing.size());
    const auto put_behind = [&](std::size_t at) {
        if (behind[at].begin == kNone) return;
        out.insert(out.end(), missing.begin() + behind[at].begin, missing.begin() + behind[at].end);
    };
    put_behind(tokens);
    for (const Token token : prefer) {
        out.push_back(token);
        put_behind(token);
    }
    return out;
}

}  // namespace awda::sync::merge
