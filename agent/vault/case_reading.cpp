#include "agent/vault/case_reading.h"

#include <map>
#include <set>

#include "agent/vault/event_log.h"
#include "agent/vault/projections_cases.h"
#include "agent/vault/schema.h"
#include "sync/cases/case_event.h"
#include "sync/record.h"

namespace awda::agent {

namespace {

using sync::EventType;

Result<DeviceId> own_device(Database& db) {
    const auto bytes = AWDA_TRY(meta_get(db, Meta::kDevice));
    DeviceId device;
    if (!bytes || bytes->size() != device.value.size()) {
        return Error(Errc::kVaultDamaged, "a vault without a device");
    }
    std::ranges::copy(*bytes, device.value.begin());
    return device;
}

sync::CaseEntry frame_of(const CaseSource& source) {
    sync::CaseEntry entry;
    entry.ref = source.ref;
    entry.device = source.device;
    entry.seq = source.event.seq;
    entry.officer = source.event.officer;
    entry.office = source.event.office;
    entry.at_ms = source.event.hlc.unix_ms();
    return entry;
}

/// The event in which a submission began, if it is here.
Result<std::optional<std::uint64_t>> founding_seq(Database& db, const InstanceId& root) {
    Statement query = AWDA_TRY(
        db.prepare("SELECT seq FROM records WHERE instance = ?1 UNION ALL"
                   " SELECT seq FROM document_revisions WHERE id = ?1 AND kind = 1 LIMIT 1"));
    query.bind(1, root.value);
    if (!AWDA_TRY(query.step())) return std::optional<std::uint64_t>();
    return std::optional<std::uint64_t>(query.u64(0));
}

Status add_founding(Database& db, const sync::CaseId& id, std::vector<sync::CaseEntry>& entries) {
    InstanceId root;
    {
        Statement query = AWDA_TRY(db.prepare("SELECT root FROM cases WHERE id = ?"));
        query.bind(1, id.value);
        if (!AWDA_TRY(query.step())) return Error(Errc::kNotFound, "a case");
        if (query.blob(0).empty()) return {};
        root = AWDA_TRY(query.id<InstanceId>(0));
    }
    const auto seq = AWDA_TRY(founding_seq(db, root));
    if (!seq) return {};
    sync::CaseEntry entry = frame_of(AWDA_TRY(read_source(db, *seq)));
    entry.what = root;
    entries.push_back(std::move(entry));
    return {};
}

// Documents.

struct Reading {
    StoredDocument document;
    std::map<Id16, std::size_t> places;  ///< of revisions by id

    void add(RevisionSource source, sync::Revision revision) {
        places.emplace(revision.id, document.revisions.size());
        document.sources.push_back(std::move(source));
        document.revisions.push_back(std::move(revision));
    }
};

RevisionSource source_frame(const CaseSource& source, const Id16& id) {
    RevisionSource out;
    out.id = id;
    out.foreign = source.foreign;
    out.seq = source.seq;
    out.officer = source.event.officer;
    out.office = source.event.office;
    out.at_ms = source.event.hlc.unix_ms();
    return out;
}

Status add_record(Reading& reading, const CaseSource& source, const Id16& id) {
    RevisionSource out = source_frame(source, id);
    if (!source.event.payload) {
        reading.document.erased = true;
        reading.add(std::move(out), {});
        return {};
    }
    const auto payload = AWDA_TRY(sync::decode_record_payload(*source.event.payload));
    sync::Record record = AWDA_TRY(sync::decode_record(payload.record));
    out.number = record.revision;
    out.reason = record.reason;
    sync::Revision revision;
    revision.id = id;
    if (!record.deprecates.empty()) revision.parents.push_back(record.deprecates.value);
    revision.fields = std::move(record.fields);
    reading.document.form_id = record.form_id;
    reading.document.form_version = record.form_version;
    reading.add(std::move(out), std::move(revision));
    return {};
}

Status add_decision(Reading& reading, const CaseSource& source, const Id16& id) {
    RevisionSource out = source_frame(source, id);
    out.decision = true;
    sync::ConflictDecided decided =
        AWDA_TRY(sync::decode_conflict_decided(source.event.payload.value_or(Bytes{})));
    out.reason = decided.reason;
    sync::Revision revision;
    revision.id = id;
    revision.decision = true;
    revision.parents = std::move(decided.parents);
    revision.choices = std::move(decided.choices);
    reading.add(std::move(out), std::move(revision));
    return {};
}

struct RevisionRow {
    Id16 id{};
    std::int64_t kind = 0;
    std::uint64_t seq = 0;
};
constexpr std::int64_t kOwnRecord = 0;

Result<std::vector<RevisionRow>> revision_rows(Database& db, const InstanceId& root) {
    std::vector<RevisionRow> rows;
    Statement query = AWDA_TRY(
        db.prepare("SELECT instance, 0, seq FROM records WHERE root = ?1 UNION ALL"
                   " SELECT id, kind, seq FROM document_revisions WHERE root = ?1 ORDER BY 3"));
    query.bind(1, root.value);
    while (AWDA_TRY(query.step())) {
        rows.push_back({AWDA_TRY(query.fixed<16>(0)), query.integer(1), query.u64(2)});
    }
    return rows;
}

Status add_further_parents(Database& db, Reading& reading) {
    for (sync::Revision& revision : reading.document.revisions) {
        Statement query = AWDA_TRY(db.prepare("SELECT parent FROM revision_parents WHERE id = ?"));
        query.bind(1, revision.id);
        while (AWDA_TRY(query.step())) {
            revision.parents.push_back(AWDA_TRY(query.fixed<16>(0)));
        }
    }
    return {};
}

Result<sync::IdentityRule> identity_of(Database& db, const std::string& form_id) {
    std::set<std::string> paths;
    Statement query = AWDA_TRY(db.prepare("SELECT path FROM identity_paths WHERE form_id = ?"));
    query.bind(1, form_id);
    while (AWDA_TRY(query.step())) paths.emplace(query.text(0));
    return sync::IdentityRule(std::move(paths));
}

}  // namespace

Result<CaseSource> read_source(Database& db, std::uint64_t seq) {
    CaseSource source;
    source.seq = seq;
    source.event = AWDA_TRY(event_at(db, seq));
    source.device = AWDA_TRY(own_device(db));
    if (source.event.type == EventType::kForeignEvent && source.event.payload) {
        sync::ForeignEvent foreign = AWDA_TRY(sync::decode_foreign_event(*source.event.payload));
        source.foreign = true;
        source.device = foreign.device;
        source.event = std::move(foreign.event);
        source.cover = std::move(foreign.cover);
    }
    source.ref = sync::event_ref(source.device, source.event);
    return source;
}

Result<std::optional<InstanceId>> root_of_revision(Database& db, const InstanceId& instance) {
    Statement query =
        AWDA_TRY(db.prepare("SELECT root FROM records WHERE instance = ?1 UNION ALL"
                            " SELECT root FROM document_revisions WHERE id = ?1 LIMIT 1"));
    query.bind(1, instance.value);
    if (!AWDA_TRY(query.step())) return std::optional<InstanceId>();
    return std::optional<InstanceId>(AWDA_TRY(query.id<InstanceId>(0)));
}

Result<std::vector<sync::CaseEntry>> case_entries(Database& db, const sync::CaseId& id) {
    std::vector<sync::CaseEntry> entries;
    AWDA_CHECK(add_founding(db, id, entries));
    std::vector<std::uint64_t> seqs;
    {
        Statement query = AWDA_TRY(db.prepare("SELECT event FROM case_events WHERE id = ?"));
        query.bind(1, id.value);
        while (AWDA_TRY(query.step())) seqs.push_back(query.u64(0));
    }
    for (const std::uint64_t seq : seqs) {
        const CaseSource source = AWDA_TRY(read_source(db, seq));
        if (!source.event.payload) continue;
        sync::CaseEntry entry = frame_of(source);
        entry.what = AWDA_TRY(sync::decode_case_change(source.event.type, *source.event.payload));
        entries.push_back(std::move(entry));
    }
    return entries;
}

Result<sync::CaseState> read_case(Database& db, const sync::CaseId& id) {
    return sync::fold_case(id, AWDA_TRY(case_entries(db, id)));
}

Result<std::vector<sync::CaseId>> cases_of_root(Database& db, const InstanceId& root) {
    std::vector<sync::CaseId> ids;
    Statement query =
        AWDA_TRY(db.prepare("SELECT id FROM case_records WHERE root = ? ORDER BY id"));
    query.bind(1, root.value);
    while (AWDA_TRY(query.step())) ids.push_back(AWDA_TRY(query.id<sync::CaseId>(0)));
    if (ids.empty()) ids.push_back(sync::case_of_record(root));
    return ids;
}

Result<StoredDocument> read_document(Database& db, const InstanceId& root) {
    Reading reading;
    reading.document.root = root;
    for (const RevisionRow& row : AWDA_TRY(revision_rows(db, root))) {
        const CaseSource source = AWDA_TRY(read_source(db, row.seq));
        reading.document.branched = reading.document.branched || row.kind != kOwnRecord;
        AWDA_CHECK(row.kind == static_cast<std::int64_t>(RevisionKind::kDecision)
                       ? add_decision(reading, source, row.id)
                       : add_record(reading, source, row.id));
    }
    if (reading.document.revisions.empty()) return Error(Errc::kNotFound, "a document");
    AWDA_CHECK(add_further_parents(db, reading));
    StoredDocument& document = reading.document;
    document.identity = AWDA_TRY(identity_of(db, document.form_id));
    if (!document.erased) {
        document.merged = AWDA_TRY(sync::merge_revisions(document.revisions, document.identity));
    }
    return std::move(document);
}

Result<std::size_t> count_disputes(Database& db, const InstanceId& root) {
    {
        Statement query =
            AWDA_TRY(db.prepare("SELECT 1 FROM document_revisions WHERE root = ? LIMIT 1"));
        query.bind(1, root.value);
        if (!AWDA_TRY(query.step())) return std::size_t{0};
    }
    auto document = read_document(db, root);
    // A record of which only later parts have come.
    if (!document.ok() && document.error().code == Errc::kNotFound) return std::size_t{0};
    if (!document.ok()) return document.error();
    return document->merged.disputes.size();
}

}  // namespace awda::agent
