// DocumentHistory: who said what about which question and row of a document, of all its revisions.
//
// What a revision changed is found once, against what its author knew (document_diff.h), and never
// changes again, whatever else arrives. Ownership: owns the table; borrows revisions and texts.
// Threads: one at a time.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sync/cases/causality.h"
#include "sync/cases/document.h"
#include "sync/cases/document_tree.h"

namespace awda::sync::merge {

/// A revision's place among them, by id.
using Place = std::uint32_t;

/// Answers that one call may look at, over all revisions; kTooLarge beyond. A record of 1,000
/// answers may have some 20,000 revisions' worth.
inline constexpr std::size_t kMergeWorkMax = std::size_t{1} << 27U;

struct Saying {
    Place who = 0;
    const std::string* what = nullptr;    ///< nothing: taken away
    const std::string* before = nullptr;  ///< what he had before him
};

struct Node {
    bool row = false;
    bool identity = false;
    Token parent = kRoot;
    std::string name;          ///< from the row it is in on; of a row: its repeat's
    std::string pattern;       ///< from the root, without row numbers
    std::vector<Saying> said;  ///< in the order of revisions; of a row: about its being there
    // Of rows only.
    std::uint32_t block = 0;
    Place origin = 0;               ///< who added it
    std::string first;              ///< its path there
    std::vector<Place> touched;     ///< who said something in it, or below
    std::vector<Place> identified;  ///< who said something of the identity directly in it
};

using Order = std::vector<Token>;
/// What a revision's author had before him when he was done: rows and questions of identity, by
/// token.
using View = std::vector<std::pair<Token, const std::string*>>;

class DocumentHistory {
public:
    /// `revisions` sorted by id, each once.
    DocumentHistory(std::vector<const Revision*> revisions, const IdentityRule& identity);

    [[nodiscard]] const Causality& causality() const { return causality_; }
    [[nodiscard]] const IdentityRule& identity() const { return *identity_; }
    [[nodiscard]] const Revision& revision(Place place) const { return *revisions_[place]; }
    [[nodiscard]] const RevisionId& id(Place place) const { return revisions_[place]->id; }
    /// Whether who made `later` knew of `earlier`; he knows his own.
    [[nodiscard]] bool knows(Place later, Place earlier) const {
        return later == earlier || causality_.knew(later, earlier);
    }
    /// Whether he knew of every revision before his own in causality's order.
    [[nodiscard]] bool knows_all_before(Place place) const { return knows_all_[place]; }
    /// Nobody ever worked without knowing of somebody else.
    [[nodiscard]] bool one_line() const { return one_line_; }
    /// Those that `place` builds upon and that no other such builds upon, by id.
    [[nodiscard]] std::vector<Place> basis(Place place) const;
    [[nodiscard]] std::vector<Place> heads() const;

    [[nodiscard]] const Node& node(Token token) const { return nodes_[token]; }
    [[nodiscard]] std::size_t size() const { return nodes_.size(); }
    [[nodiscard]] std::size_t blocks() const { return blocks_.size(); }
    /// Finds or adds.
    Token field(Token row, std::string_view name);
    Token add_row(Token parent, std::string_view block, Place origin, std::string_view first);
    void say(Token token, const Saying& saying);

    /// What is kept of each revision until all that build upon it are there.
    struct Kept {
        std::shared_ptr<const Order> order;  ///< of all it knows, what is gone as well
        std::shared_ptr<const View> view;
    };
    [[nodiscard]] const Kept& kept(Place place) const { return kept_[place]; }
    void keep(Place place, Kept kept) { kept_[place] = std::move(kept); }
    /// `place` is done: what only it still needed of others goes.
    void release_basis(Place place);

    /// kTooLarge once all of it exceeds kMergeWorkMax.
    [[nodiscard]] Status spend(std::size_t work);

private:
    struct Name {
        Token row = kRoot;
        std::string_view text;
        bool operator==(const Name&) const = default;
    };
    struct HashName {
        std::size_t operator()(const Name& name) const {
            return std::hash<std::string_view>{}(name.text) ^ (name.row * 0x9E37'79B9'7F4A'7C15U);
        }
    };
    Token add_node(Token parent, std::string_view name);
    void touch(Token row, Place who);

    std::vector<const Revision*> revisions_;
    const IdentityRule* identity_;
    Causality causality_;
    std::vector<std::vector<Place>> parents_;
    std::vector<std::size_t> children_left_;
    std::vector<bool> knows_all_;
    bool one_line_ = true;
    std::vector<Kept> kept_;
    std::deque<Node> nodes_;  ///< a deque, since names_ borrows their texts
    std::unordered_map<Name, Token, HashName> names_;
    std::unordered_map<Name, std::uint32_t, HashName> blocks_;
    std::size_t work_ = 0;
};

/// `prefer` as it is; what only `other` has stands behind what it stands behind there.
[[nodiscard]] Order weave(const Order& other, const Order& prefer, std::size_t tokens);

}  // namespace awda::sync::merge
