#include "sync/cases/document.h"

#include <algorithm>
#include <map>

#include "platform/codec.h"
#include "sync/cases/document_diff.h"
#include "sync/cases/document_history.h"
#include "sync/cases/document_state.h"

namespace awda::sync {

namespace {

using merge::DocumentHistory;
using merge::DocumentState;
using merge::Token;

/// Two revisions that say the same have the same bytes.
Bytes bytes_of(const Revision& revision) {
    ByteWriter out;
    std::vector<RevisionId> parents = revision.parents;
    std::ranges::sort(parents);
    parents.erase(std::ranges::unique(parents).begin(), parents.end());
    out.u32(static_cast<std::uint32_t>(parents.size()));
    for (const RevisionId& parent : parents) out.raw(ByteView(parent));
    out.u8(revision.decision ? 1 : 0);
    out.u32(static_cast<std::uint32_t>(revision.fields.size()));
    for (const Field& field : revision.fields) {
        out.text(field.path);
        out.text(field.value);
    }
    out.u32(static_cast<std::uint32_t>(revision.choices.size()));
    for (const Choice& choice : revision.choices) {
        out.text(choice.path);
        out.u8(choice.value ? 1 : 0);
        out.text(choice.value.value_or(""));
    }
    return out.take();
}

bool is_equal(const Revision& a, const Revision& b) {
    return a.parents == b.parents && a.decision == b.decision && a.fields == b.fields &&
           a.choices == b.choices;
}

/// Sorted by id, each once.
Result<std::vector<const Revision*>> each_once(const std::vector<Revision>& revisions) {
    std::map<RevisionId, const Revision*> by_id;
    for (const Revision& revision : revisions) {
        const auto [known, fresh] = by_id.emplace(revision.id, &revision);
        if (fresh && by_id.size() > kRevisionsMax) {
            return Error(Errc::kTooLarge, "merge the revisions of a record");
        }
        if (fresh || is_equal(*known->second, revision)) continue;
        if (bytes_of(revision) < bytes_of(*known->second)) known->second = &revision;
    }
    std::vector<const Revision*> out;
    for (const auto& [id, revision] : by_id) out.push_back(revision);
    return out;
}

Result<DocumentState> read_state(DocumentHistory& history, const merge::Knowledge& knowledge) {
    std::size_t work = 0;
    DocumentState state = merge::document_state(history, knowledge, work);
    AWDA_CHECK(history.spend(work));
    return state;
}

/// Takes up all revisions, each against what its author knew, and reads what they come to.
Result<DocumentState> merge_all(DocumentHistory& history) {
    for (const std::size_t at : history.causality().order()) {
        const auto place = static_cast<merge::Place>(at);
        const DocumentState before = AWDA_TRY(read_state(history, {place, history.basis(place)}));
        AWDA_CHECK(merge::take_up(history, before, place));
        history.release_basis(place);
    }
    return read_state(history, {std::nullopt, history.heads()});
}

/// Writes out what a state shows, with rows numbered anew.
class Writer {
public:
    Writer(const DocumentHistory& history, const DocumentState& state)
        : history_(history), state_(state), paths_(history.size()) {
        for (std::size_t i = 0; i < state.disputes.size(); ++i) {
            disputes_.emplace(state.disputes[i].token, i);
        }
        // Paths of all rows come first: a dispute may name a later one.
        name_rows(0, "");
        write(0);
    }
    Document document;
    std::vector<RowOrigin> origins;

private:
    void name_rows(std::uint32_t at, const std::string& prefix) {
        for (const merge::TreeBlock& block : state_.tree.rows[at].blocks) {
            for (const std::uint32_t below : block.rows) {
                const merge::TreeRow& row = state_.tree.rows[below];
                std::string path =
                    prefix + std::string(block.name) + '[' + std::to_string(row.number) + ']';
                name_rows(below, path + '/');
                paths_[row.token] = std::move(path);
            }
        }
    }

    void write(std::uint32_t at) {
        const merge::TreeRow& row = state_.tree.rows[at];
        const std::string prefix = row.token == merge::kRoot ? "" : paths_[row.token] + '/';
        for (const merge::TreeItem item : row.items) {
            if (item.block) {
                for (const std::uint32_t below : row.blocks[item.at].rows) write_row(below);
                continue;
            }
            const merge::TreeField& field = row.fields[item.at];
            std::string path = prefix + std::string(field.name);
            write_disputes(field.token, path);
            if (field.value != nullptr) document.fields.push_back({std::move(path), *field.value});
        }
    }

    void write_row(std::uint32_t at) {
        const merge::TreeRow& row = state_.tree.rows[at];
        const std::string& path = paths_[row.token];
        const merge::Node& node = history_.node(row.token);
        document.fields.push_back({path, *row.announced});
        origins.push_back({path, history_.id(node.origin), node.first});
        write_disputes(row.token, path);
        write(at);
    }

    void write_disputes(Token token, const std::string& path) {
        const auto [from, to] = disputes_.equal_range(token);
        const std::size_t first = document.disputes.size();
        for (auto it = from; it != to; ++it) {
            const merge::StateDispute& dispute = state_.disputes[it->second];
            const std::string other = dispute.other == merge::kNoToken ? "" : paths_[dispute.other];
            document.disputes.push_back({dispute.kind, path, other, dispute.sides});
        }
        std::sort(document.disputes.begin() + static_cast<std::ptrdiff_t>(first),
                  document.disputes.end(), [](const Dispute& a, const Dispute& b) {
                      return std::tie(a.kind, a.other) < std::tie(b.kind, b.other);
                  });
    }

    const DocumentHistory& history_;
    const DocumentState& state_;
    std::vector<std::string> paths_;
    std::multimap<Token, std::size_t> disputes_;
};

}  // namespace

Result<Document> merge_revisions(const std::vector<Revision>& revisions,
                                 const IdentityRule& identity) {
    DocumentHistory history(AWDA_TRY(each_once(revisions)), identity);
    const DocumentState state = AWDA_TRY(merge_all(history));
    Writer writer(history, state);
    writer.document.heads = history.causality().heads();
    writer.document.waiting = history.causality().waiting();
    return std::move(writer.document);
}

Result<std::vector<RowOrigin>> row_origins(const std::vector<Revision>& revisions,
                                           const IdentityRule& identity) {
    DocumentHistory history(AWDA_TRY(each_once(revisions)), identity);
    const DocumentState state = AWDA_TRY(merge_all(history));
    return std::move(Writer(history, state).origins);
}

}  // namespace awda::sync
