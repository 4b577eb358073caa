#include "agent/vault/cases.h"

#include <algorithm>
#include <set>

#include "agent/vault/access.h"
#include "agent/vault/event_log.h"
#include "agent/vault/officers.h"
#include "agent/vault/payloads.h"
#include "agent/vault/projections.h"

namespace awda::agent {

namespace {

using sync::CaseId;

constexpr std::size_t kLabelParts = 4;      // given, father's, grandfather's, family name
constexpr std::size_t kAbsorbedDepth = 32;  // cases within cases that are looked into

// The list.

#define AWDA_CASE_ROWS                                                        \
    "SELECT c.id, c.reference, c.status, c.owner, c.disputes, e.hlc, c.root," \
    " coalesce((SELECT r.title FROM records r WHERE r.root = c.root"          \
    " ORDER BY r.revision DESC LIMIT 1), '') FROM cases c JOIN events e ON e.seq = c.changed"
// ?4 is the officer whose cases alone are shown, or nothing for all.
#define AWDA_CASE_REACH                                                            \
    " AND (?4 IS NULL OR EXISTS(SELECT 1 FROM records o WHERE o.instance = c.root" \
    " AND o.officer = ?4))"
#define AWDA_CASE_PAGE AWDA_CASE_REACH " ORDER BY c.changed DESC, c.id DESC LIMIT ?1 OFFSET ?2"

constexpr LiteralText kAllCases = AWDA_CASE_ROWS " WHERE ?3 IS NULL" AWDA_CASE_PAGE;
constexpr LiteralText kCasesOfStatus = AWDA_CASE_ROWS " WHERE c.status = ?3" AWDA_CASE_PAGE;
constexpr LiteralText kDisputedCases =
    AWDA_CASE_ROWS " WHERE c.disputes > 0 AND (?3 IS NULL OR c.status = ?3)" AWDA_CASE_PAGE;
constexpr LiteralText kOneCase = AWDA_CASE_ROWS " WHERE c.id = ?1";

LiteralText list_sql(const CaseQuery& query) {
    if (query.disputed) return kDisputedCases;
    return query.status ? kCasesOfStatus : kAllCases;
}

struct ReadRow {
    CaseRow row;
    Bytes root;
};

Result<ReadRow> read_row(const Session& session, const Statement& query) {
    ReadRow read;
    CaseRow& row = read.row;
    row.id = AWDA_TRY(query.id<CaseId>(0));
    row.reference = std::string(query.text(1));
    row.status = static_cast<sync::CaseStatus>(query.integer(2));
    row.ours = AWDA_TRY(query.id<OfficeId>(3)) == session.identity.office;
    row.disputes = static_cast<std::uint32_t>(query.integer(4));
    row.changed_ms = sync::Hlc{query.u64(5)}.unix_ms();
    const ByteView root = query.blob(6);
    read.root.assign(root.begin(), root.end());
    row.title = std::string(query.text(7));
    return read;
}

std::string title_of(const StoredDocument& document) {
    for (const sync::Field& field : document.merged.fields) {
        if (field.path == kTitlePath) return fit_title(field.value);
    }
    return {};
}

/// What another office recorded has no row among this one's records.
Status fill_title(Database& db, ReadRow& read) {
    if (!read.row.title.empty() || read.root.size() != sizeof(Id16)) return {};
    InstanceId root;
    std::ranges::copy(read.root, root.value.begin());
    const auto document = read_document(db, root);
    if (!document.ok() && document.error().code != Errc::kNotFound) return document.error();
    if (document.ok()) read.row.title = title_of(*document);
    return {};
}

// One case.

/// The case, and those that go on in it.
Result<std::set<InstanceId>> records_of(Database& db, const sync::CaseState& state) {
    std::set<InstanceId> roots = state.records;
    std::set<CaseId> seen{state.id};
    std::vector<CaseId> ahead(state.absorbed.begin(), state.absorbed.end());
    while (!ahead.empty() && seen.size() < kAbsorbedDepth) {
        const CaseId next = ahead.back();
        ahead.pop_back();
        if (!seen.insert(next).second) continue;
        const auto inner = read_case(db, next);
        if (!inner.ok() && inner.error().code == Errc::kNotFound) continue;
        if (!inner.ok()) return inner.error();
        roots.insert(inner->records.begin(), inner->records.end());
        ahead.insert(ahead.end(), inner->absorbed.begin(), inner->absorbed.end());
    }
    return roots;
}

/// The last name of `path`, if the path is an answer directly in `row` ("family[2]"; empty: outside
/// all rows).
std::optional<std::string_view> leaf_in_row(std::string_view path, std::string_view row) {
    if (!row.empty()) {
        if (!path.starts_with(row) || path.size() <= row.size() || path[row.size()] != '/') {
            return std::nullopt;
        }
        path.remove_prefix(row.size() + 1);
    }
    if (path.find('[') != std::string_view::npos) return std::nullopt;
    return path.substr(path.rfind('/') + 1);
}

/// A name in the order of the form, as far as the row's answers are parts of one.
std::string label_of(const StoredDocument& document, std::string_view row) {
    std::string label;
    std::size_t parts = 0;
    for (const sync::Field& field : document.merged.fields) {
        const auto leaf = leaf_in_row(field.path, row);
        if (!leaf || field.value.empty() || field.path == kTitlePath) continue;
        if (leaf->find("name") == std::string_view::npos) continue;
        if (!document.identity.matches(field.path)) continue;
        if (!label.empty()) label += ' ';
        label += field.value;
        if (++parts == kLabelParts) break;
    }
    return label;
}

bool tells_of_person(const StoredDocument& document, std::string_view row) {
    return std::ranges::any_of(document.merged.fields, [&](const sync::Field& field) {
        return leaf_in_row(field.path, row) && document.identity.matches(field.path);
    });
}

CaseMember member(const StoredDocument& document, const Id16& revision, std::string_view first,
                  std::string path, const sync::CaseState& state) {
    CaseMember out;
    out.id = sync::member_of_row(revision, first);
    out.root = document.root;
    out.label = label_of(document, path);
    out.path = std::move(path);
    if (const auto known = state.members.find(out.id); known != state.members.end()) {
        out.state = known->second;
    }
    out.head = state.head == out.id;
    return out;
}

/// The person whom the document is about, and everybody in its rows.
Status add_members(const StoredDocument& document, const sync::CaseState& state,
                   std::vector<CaseMember>& members) {
    if (document.erased) return {};
    if (tells_of_person(document, "")) {
        members.push_back(member(document, document.root.value, "", "", state));
    }
    const auto origins = AWDA_TRY(sync::row_origins(document.revisions, document.identity));
    for (const sync::RowOrigin& origin : origins) {
        if (!tells_of_person(document, origin.path)) continue;
        members.push_back(member(document, origin.revision, origin.first, origin.path, state));
    }
    return {};
}

/// Of a split's new case those who went; of the old one all but them.
bool belongs(const CaseMember& member, const sync::CaseState& state) {
    if (member.state.moved_to) return false;
    return state.records.contains(member.root) || member.state.joined || !state.absorbed.empty();
}

/// Documents that people came from by a split stay with the case that they left.
Status add_split_documents(Database& db, const sync::CaseState& state,
                           std::set<InstanceId>& roots) {
    const bool split =
        std::ranges::any_of(state.members, [](const auto& entry) { return entry.second.joined; });
    if (!split) return {};
    for (const sync::CaseEntry& entry : AWDA_TRY(case_entries(db, state.id))) {
        const auto* change = std::get_if<sync::CaseChange>(&entry.what);
        const auto* cut = change != nullptr ? std::get_if<sync::CaseSplit>(change) : nullptr;
        if (cut == nullptr || cut->into != state.id) continue;
        const auto before = read_case(db, cut->at.id);
        if (before.ok()) roots.insert(before->records.begin(), before->records.end());
    }
    return {};
}

struct Detail {
    std::string operator()(const sync::CaseJoined&) const { return {}; }
    std::string operator()(const sync::MemberChanged& change) const {
        if (change.presence) return std::string(sync::presence_name(*change.presence));
        if (change.head) return *change.head ? "head" : "no_head";
        if (change.left) return *change.left ? "left" : "joined";
        return "relation";
    }
    std::string operator()(const sync::CaseMoved& change) const {
        return std::string(sync::transition_of(change.move).name.view());
    }
    std::string operator()(const sync::CaseSplit&) const { return {}; }
    std::string operator()(const sync::CaseMerged&) const { return {}; }
};

Result<CaseLine> line_of(Session& session, const sync::CaseEntry& entry) {
    CaseLine line;
    line.at_ms = entry.at_ms;
    line.other_office = entry.office != session.identity.office;
    if (!line.other_office) line.officer_name = AWDA_TRY(officer_name(session.db, entry.officer));
    const auto* change = std::get_if<sync::CaseChange>(&entry.what);
    if (change == nullptr) {
        line.what = sync::EventType::kRecordFinalised;
        return line;
    }
    line.what = sync::event_type_of(*change);
    line.detail = std::visit(Detail{}, *change);
    line.reason = std::visit([](const auto& each) { return each.reason; }, *change);
    return line;
}

CaseLine line_of(const RevisionSource& source, std::string officer, bool other_office) {
    CaseLine line;
    line.at_ms = source.at_ms;
    line.officer_name = std::move(officer);
    line.other_office = other_office;
    line.what =
        source.decision ? sync::EventType::kConflictDecided : sync::EventType::kRecordFinalised;
    line.detail = source.decision ? std::string() : std::to_string(source.number);
    line.reason = source.reason;
    return line;
}

/// What happened to the case in the order replicas agree about, then its papers' revisions.
Status add_history(Session& session, ShownCase& shown) {
    std::map<sync::EventRef, sync::CaseEntry> by_ref;
    for (sync::CaseEntry& entry : AWDA_TRY(case_entries(session.db, shown.state.id))) {
        const sync::EventRef ref = entry.ref;
        by_ref.emplace(ref, std::move(entry));
    }
    for (const sync::EventRef& ref : shown.state.history) {
        const auto entry = by_ref.find(ref);
        if (entry == by_ref.end()) continue;
        CaseLine line = AWDA_TRY(line_of(session, entry->second));
        line.refused = std::ranges::count(shown.state.refused, ref) > 0;
        shown.history.push_back(std::move(line));
    }
    for (const StoredDocument& document : shown.documents) {
        for (const RevisionSource& source : document.sources) {
            if (source.number == 1 && sync::case_of_record(document.root) == shown.state.id) {
                continue;  // how the case began is among its events
            }
            const bool other = source.office != session.identity.office;
            std::string name =
                other ? std::string() : AWDA_TRY(officer_name(session.db, source.officer));
            shown.history.push_back(line_of(source, std::move(name), other));
        }
    }
    return {};
}

Status note_viewing(Session& session, const ShownCase& shown) {
    Write write = AWDA_TRY(Write::begin(session));
    for (const StoredDocument& document : shown.documents) {
        AWDA_CHECK(
            write.append(sync::EventType::kRecordViewed, encode_record_viewed(document.root)));
    }
    return write.commit();
}

/// Whose permission is asked: the officer who recorded what the case began with.
Status permit_case(Session& session, Permission permission, const CaseId& id) {
    if (AWDA_TRY(reach(session, permission)) == Reach::kAll) return {};
    Statement query = AWDA_TRY(session.db.prepare(
        "SELECT r.officer FROM cases c JOIN records r ON r.instance = c.root WHERE c.id = ?"));
    query.bind(1, id.value);
    if (!AWDA_TRY(query.step())) return permit(session, permission);
    return permit(session, permission, AWDA_TRY(query.id<OfficerId>(0)));
}

}  // namespace

Result<std::vector<CaseRow>> list_cases(Session& session, const CaseQuery& query) {
    const Reach seen = AWDA_TRY(reach(session, Permission::kViewList));
    std::vector<ReadRow> read;
    {
        Statement rows = AWDA_TRY(session.db.prepare(list_sql(query)));
        std::optional<int> status;
        if (query.status) status = static_cast<int>(*query.status);
        std::optional<Id16> officer;
        if (seen == Reach::kOwn) officer = session.identity.officer.value;
        rows.bind_all(std::uint64_t{std::min(query.limit, kListMax)}, std::uint64_t{query.offset},
                      status, officer);
        while (AWDA_TRY(rows.step())) read.push_back(AWDA_TRY(read_row(session, rows)));
    }
    std::vector<CaseRow> list;
    for (ReadRow& each : read) {
        AWDA_CHECK(fill_title(session.db, each));
        list.push_back(std::move(each.row));
    }
    if (query.refresh) return list;
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_CHECK(write.append(sync::EventType::kListViewed,
                            encode_list_viewed(static_cast<std::uint32_t>(list.size()))));
    AWDA_CHECK(write.commit());
    return list;
}

Result<std::vector<CaseMember>> case_members(Session& session, const sync::CaseState& state) {
    std::set<InstanceId> roots = AWDA_TRY(records_of(session.db, state));
    AWDA_CHECK(add_split_documents(session.db, state, roots));
    std::vector<CaseMember> members;
    for (const InstanceId& root : roots) {
        const auto document = read_document(session.db, root);
        if (!document.ok() && document.error().code == Errc::kNotFound) continue;
        if (!document.ok()) return document.error();
        AWDA_CHECK(add_members(*document, state, members));
    }
    std::erase_if(members, [&](const CaseMember& each) { return !belongs(each, state); });
    return members;
}

Result<ShownCase> show_case(Session& session, const CaseId& id) {
    AWDA_CHECK(permit_case(session, Permission::kViewRecord, id));
    ShownCase shown;
    {
        Statement query = AWDA_TRY(session.db.prepare(kOneCase));
        query.bind(1, id.value);
        if (!AWDA_TRY(query.step())) return Error(Errc::kNotFound, "a case");
        ReadRow read = AWDA_TRY(read_row(session, query));
        query.reset();
        AWDA_CHECK(fill_title(session.db, read));
        shown.row = std::move(read.row);
    }
    shown.state = AWDA_TRY(read_case(session.db, id));
    for (const InstanceId& root : AWDA_TRY(records_of(session.db, shown.state))) {
        auto document = read_document(session.db, root);
        if (!document.ok() && document.error().code == Errc::kNotFound) continue;
        if (!document.ok()) return document.error();
        shown.documents.push_back(*std::move(document));
    }
    shown.members = AWDA_TRY(case_members(session, shown.state));
    AWDA_CHECK(add_history(session, shown));
    AWDA_CHECK(note_viewing(session, shown));
    return shown;
}

Result<std::vector<CaseId>> find_cases(Session& session, std::string_view typed) {
    AWDA_TRY(reach(session, Permission::kViewList));
    std::vector<CaseId> ids;
    if (const auto id = parse_uuid(typed); id.ok()) {
        Statement query = AWDA_TRY(session.db.prepare("SELECT 1 FROM cases WHERE id = ?"));
        query.bind(1, *id);
        if (AWDA_TRY(query.step())) return std::vector<CaseId>{CaseId{*id}};
        Statement record = AWDA_TRY(
            session.db.prepare("SELECT root FROM records WHERE instance = ?1 UNION ALL"
                               " SELECT root FROM document_revisions WHERE id = ?1 LIMIT 1"));
        record.bind(1, *id);
        if (!AWDA_TRY(record.step())) return Error(Errc::kNotFound, "a case");
        return cases_of_root(session.db, AWDA_TRY(record.id<InstanceId>(0)));
    }
    const std::string reference = AWDA_TRY(sync::parse_reference(typed));
    Statement query =
        AWDA_TRY(session.db.prepare("SELECT id FROM cases WHERE reference = ? ORDER BY id"));
    query.bind(1, reference);
    while (AWDA_TRY(query.step())) ids.push_back(AWDA_TRY(query.id<CaseId>(0)));
    if (ids.empty()) return Error(Errc::kNotFound, "a case");
    return ids;
}

}  // namespace awda::agent
