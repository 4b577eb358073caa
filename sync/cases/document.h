// Document: the answers of one submission and all its revisions, merged field by field.
//
// Revisions form a graph, because two offices may correct the same record without knowing of each
// other. Each revision changes some fields against what its author had before him; the current
// value of a field is what the latest revisions that touched it say, and when two of them did so
// without knowing of each other and say different things, both values stay and the field is
// disputed until a person decides. Nothing here asks a clock, and the order in which revisions
// arrive makes no difference. Rules, with reasons: CASES.md. Threads: pure values and functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "platform/ids.h"
#include "sync/cases/identity.h"
#include "sync/record.h"

namespace awda::sync {

/// Names a revision or a decision; a revision's is its instance id.
using RevisionId = Id16;

/// One value that a decision chooses; nothing: the field or row is taken away.
struct Choice {
    std::string path;  ///< in the document as it is merged from the decision's parents
    std::optional<std::string> value;
    bool operator==(const Choice&) const = default;
};

/// A revision (whole: `fields`) or a decision (`choices` over what its parents give).
struct Revision {
    RevisionId id{};
    std::vector<RevisionId> parents;  ///< empty for the first
    bool decision = false;
    std::vector<Field> fields;
    std::vector<Choice> choices;
};

enum class DisputeKind : std::uint8_t {
    kValue = 1,     ///< the same answer was changed differently
    kIdentity = 2,  ///< different parts of one person's identity were changed
    kRow = 3,       ///< a row was taken away here and changed there; it stays
    kTwins = 4,     ///< two rows that were added apart give the same identity
};

/// One side of a dispute.
struct Side {
    RevisionId revision{};             ///< who says so; empty for what was there before
    std::optional<std::string> value;  ///< nothing: taken away
    bool operator==(const Side&) const = default;
};

struct Dispute {
    DisputeKind kind = DisputeKind::kValue;
    std::string path;         ///< in Document::fields; for kRow and kTwins the row's
    std::string other;        ///< kTwins: the other row
    std::vector<Side> sides;  ///< the one shown meanwhile first; then by revision id
    bool operator==(const Dispute&) const = default;
};

struct Document {
    /// In the form's order as far as revisions agree about it; rows numbered from 1 anew.
    std::vector<Field> fields;
    std::vector<Dispute> disputes;    ///< in the order of `fields`
    std::vector<RevisionId> heads;    ///< revisions that no other builds upon, sorted
    std::vector<RevisionId> waiting;  ///< those whose parents have not arrived; not merged yet
    bool operator==(const Document&) const = default;
};

/// At most this many revisions of one document are merged; kTooLarge beyond.
inline constexpr std::size_t kRevisionsMax = 4'096;

/// `revisions` in any order; the same id twice counts once (the same by promise: ids are
/// instances, whose records are signed; of two that differ the one with the smaller encoding
/// counts, so that every replica takes the same).
[[nodiscard]] Result<Document> merge_revisions(const std::vector<Revision>& revisions,
                                               const IdentityRule& identity = {});

/// Where the rows of a document came from: a row's name for good, whatever number it has now.
struct RowOrigin {
    std::string path;     ///< in Document::fields, "family[2]"
    RevisionId revision;  ///< that added it
    std::string first;    ///< its path there
};
[[nodiscard]] Result<std::vector<RowOrigin>> row_origins(const std::vector<Revision>& revisions,
                                                         const IdentityRule& identity = {});

}  // namespace awda::sync
