// Histories of a document, a line a revision: "ca name=x;f[1]=;f[1]/name=y" is revision c, which
// builds upon a; with "!" in front it is a decision, which takes away what has no "=". Whatever the
// history: any order of arrival gives one document, whoever takes it over as it stands changes
// nothing, and what a head was the first to say is in it.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sync/cases/document.h"
#include "tests/sync/document_values.h"

using namespace awda;
using namespace awda::sync;
using awda::sync::sample::values_in;

namespace {

constexpr std::size_t kLinesMax = 16;

RevisionId id_of(char name) {
    RevisionId id{};
    id.back() = static_cast<std::uint8_t>(name);
    return id;
}

std::string_view cut(std::string_view& text, char at) {
    const std::size_t end = text.find(at);
    const std::string_view out = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return out;
}

Revision read_line(std::string_view line) {
    Revision out;
    out.decision = line.starts_with('!');
    if (out.decision) line.remove_prefix(1);
    std::string_view names = cut(line, ' ');
    if (names.empty()) names = "a";
    out.id = id_of(names.front());
    for (const char parent : names.substr(1)) out.parents.push_back(id_of(parent));
    while (!line.empty()) {
        std::string_view value = cut(line, ';');
        const bool given = value.find('=') != std::string_view::npos;
        const std::string path(cut(value, '='));
        if (!out.decision) {
            out.fields.push_back({path, std::string(value)});
        } else if (given) {
            out.choices.push_back({path, std::string(value)});
        } else {
            out.choices.push_back({path, std::nullopt});
        }
    }
    return out;
}

/// One of each id: of two that differ another may count in each half of a history.
std::map<RevisionId, Revision> read_history(std::string_view text) {
    std::map<RevisionId, Revision> out;
    for (std::size_t i = 0; i < kLinesMax && !text.empty(); ++i) {
        Revision revision = read_line(cut(text, '\n'));
        out.try_emplace(revision.id, std::move(revision));
    }
    return out;
}

Document merged(const std::vector<Revision>& revisions) {
    auto document = merge_revisions(revisions);
    if (!document.ok()) std::abort();  // nothing so small is too large
    return std::move(*document);
}

void know(const RevisionId& id, const std::map<RevisionId, Revision>& all,
          std::set<RevisionId>& known) {
    const auto found = all.find(id);
    if (found == all.end() || !known.insert(id).second) return;
    for (const RevisionId& parent : found->second.parents) know(parent, all, known);
}

/// What a head said that nobody had said before him is there: nobody knew of it.
void check_head(const RevisionId& head, const std::map<RevisionId, Revision>& all,
                const std::set<std::string>& held) {
    std::set<RevisionId> known;
    know(head, all, known);
    std::vector<Revision> before;
    for (const RevisionId& id : known) {
        if (id != head) before.push_back(all.at(id));
    }
    const std::set<std::string> had = values_in(merged(before));
    before.push_back(all.at(head));
    for (const std::string& value : values_in(merged(before))) {
        if (!had.contains(value) && !held.contains(value)) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto all = read_history({reinterpret_cast<const char*>(data), size});
    std::vector<Revision> revisions;
    for (const auto& [id, revision] : all) revisions.push_back(revision);
    const Document document = merged(revisions);
    std::ranges::reverse(revisions);
    if (!(merged(revisions) == document)) std::abort();
    if (!revisions.empty()) {
        std::ranges::rotate(revisions,
                            revisions.begin() + static_cast<std::ptrdiff_t>(revisions.size() / 2));
        revisions.push_back(revisions.front());
    }
    if (!(merged(revisions) == document)) std::abort();
    const std::set<std::string> held = values_in(document);
    for (const RevisionId& head : document.heads) check_head(head, all, held);
    if (document.heads.empty()) return 0;
    // Its id is no character's.
    revisions.push_back({RevisionId{1}, document.heads, false, document.fields, {}});
    const Document taken_over = merged(revisions);
    if (taken_over.fields != document.fields) std::abort();
    // What is disputed and not shown has no place among the fields, and may change it.
    if (!std::ranges::is_permutation(taken_over.disputes, document.disputes)) std::abort();
    return 0;
}
