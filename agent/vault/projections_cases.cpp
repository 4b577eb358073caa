#include "agent/vault/projections_cases.h"

#include <set>

#include "agent/vault/case_reading.h"
#include "agent/vault/projections_consent.h"
#include "sync/cases/case_event.h"

namespace awda::agent {

namespace {

using sync::CaseId;
using sync::EventType;

/// A case of which this is the first that is heard: open until the fold says otherwise.
Status put_case(Database& db, const CaseId& id, const InstanceId* root, const OfficeId& owner,
                std::uint64_t seq) {
    Statement insert = AWDA_TRY(
        db.prepare("INSERT INTO cases(id, root, reference, status, owner, disputes, changed, seq)"
                   " VALUES(?1, ?2, ?3, ?4, ?5, 0, ?6, ?6)"
                   " ON CONFLICT(id) DO UPDATE SET root = max(root, excluded.root)"));
    const ByteView root_bytes = root != nullptr ? root->bytes() : ByteView();
    insert.bind_all(id.value, root_bytes, sync::case_reference(id),
                    static_cast<int>(sync::CaseStatus::kOpen), owner.value, seq);
    return insert.run();
}

Status put_case_records(Database& db, const sync::CaseState& state, std::uint64_t seq) {
    Statement remove = AWDA_TRY(db.prepare("DELETE FROM case_records WHERE id = ?"));
    remove.bind(1, state.id.value);
    AWDA_CHECK(remove.run());
    for (const InstanceId& root : state.records) {
        Statement insert =
            AWDA_TRY(db.prepare("INSERT INTO case_records(root, id, seq) VALUES(?, ?, ?)"));
        insert.bind_all(root.value, state.id.value, seq);
        AWDA_CHECK(insert.run());
    }
    return {};
}

Result<std::size_t> disputes_of(Database& db, const sync::CaseState& state) {
    std::size_t disputes = state.disputes.size();
    for (const InstanceId& root : state.records) disputes += AWDA_TRY(count_disputes(db, root));
    return disputes;
}

/// Writes down what the case is now.
Status refold(Database& db, const CaseId& id, std::uint64_t seq) {
    const sync::CaseState state = AWDA_TRY(read_case(db, id));
    const std::uint64_t disputes = AWDA_TRY(disputes_of(db, state));
    Statement update = AWDA_TRY(
        db.prepare("UPDATE cases SET status = ?, owner = ?, disputes = ?, changed = max(changed, ?)"
                   " WHERE id = ?"));
    update.bind_all(static_cast<int>(state.status), state.owner.value, disputes, seq, id.value);
    AWDA_CHECK(update.run());
    return put_case_records(db, state, seq);
}

/// After a revision of this device's own: it changes nothing but answers, and must leave nothing
/// else behind, because it may be pruned.
Status recount(Database& db, const CaseId& id) {
    const std::uint64_t disputes = AWDA_TRY(disputes_of(db, AWDA_TRY(read_case(db, id))));
    Statement update = AWDA_TRY(db.prepare("UPDATE cases SET disputes = ? WHERE id = ?"));
    update.bind_all(disputes, id.value);
    return update.run();
}

Status refold_cases_of(Database& db, const InstanceId& root, std::uint64_t seq) {
    for (const CaseId& id : AWDA_TRY(cases_of_root(db, root))) {
        auto done = refold(db, id, seq);
        // A decision may come before any record of its document.
        if (!done.ok() && done.error().code != Errc::kNotFound) return done;
    }
    return {};
}

/// `seq` is the event's in this device's log, also when it is another's event inside.
Status apply_change(Database& db, EventType type, ByteView payload, const OfficeId& office,
                    std::uint64_t seq) {
    const sync::CaseChange change = AWDA_TRY(sync::decode_case_change(type, payload));
    for (const CaseId& id : sync::cases_of(change)) {
        AWDA_CHECK(put_case(db, id, nullptr, office, seq));
        Statement insert = AWDA_TRY(
            db.prepare("INSERT OR IGNORE INTO case_events(id, event, seq) VALUES(?, ?, ?)"));
        insert.bind_all(id.value, seq, seq);
        AWDA_CHECK(insert.run());
    }
    for (const CaseId& id : sync::cases_of(change)) AWDA_CHECK(refold(db, id, seq));
    return {};
}

Status put_revision(Database& db, const Id16& id, const InstanceId& root, RevisionKind kind,
                    std::uint64_t seq) {
    Statement insert = AWDA_TRY(db.prepare(
        "INSERT OR IGNORE INTO document_revisions(id, root, kind, seq) VALUES(?, ?, ?, ?)"));
    insert.bind_all(id, root.value, static_cast<int>(kind), seq);
    return insert.run();
}

Status apply_decided(Database& db, ByteView payload, const sync::EventRef& ref, std::uint64_t seq) {
    const sync::ConflictDecided decided = AWDA_TRY(sync::decode_conflict_decided(payload));
    AWDA_CHECK(put_revision(db, ref.value, decided.root, RevisionKind::kDecision, seq));
    return refold_cases_of(db, decided.root, seq);
}

Status apply_parents(Database& db, ByteView payload, std::uint64_t seq) {
    const sync::RevisionParents parents = AWDA_TRY(sync::decode_revision_parents(payload));
    for (const Id16& other : parents.others) {
        Statement insert = AWDA_TRY(
            db.prepare("INSERT OR IGNORE INTO revision_parents(id, parent, seq) VALUES(?, ?, ?)"));
        insert.bind_all(parents.instance.value, other, seq);
        AWDA_CHECK(insert.run());
    }
    const auto root = AWDA_TRY(root_of_revision(db, parents.instance));
    return root ? refold_cases_of(db, *root, seq) : Status();
}

Status apply_identity(Database& db, ByteView payload, std::uint64_t seq) {
    const sync::IdentityMarked marked = AWDA_TRY(sync::decode_identity_marked(payload));
    for (const std::string& path : marked.paths) {
        Statement insert = AWDA_TRY(
            db.prepare("INSERT OR IGNORE INTO identity_paths(form_id, path, seq) VALUES(?, ?, ?)"));
        insert.bind_all(marked.form_id, path, seq);
        AWDA_CHECK(insert.run());
    }
    return {};
}

Status apply_foreign_record(Database& db, ByteView payload, const OfficeId& office,
                            std::uint64_t seq) {
    const auto held = AWDA_TRY(sync::decode_record_payload(payload));
    const sync::Record record = AWDA_TRY(sync::decode_record(held.record));
    AWDA_CHECK(
        put_revision(db, record.instance.value, record.root, RevisionKind::kForeignRecord, seq));
    if (record.revision == 1) {
        AWDA_CHECK(put_case(db, sync::case_of_record(record.root), &record.root, office, seq));
    }
    return refold_cases_of(db, record.root, seq);
}

/// What an event of any device says; `seq` is where it is in this device's log.
Status apply_said(Database& db, const sync::Event& event, const sync::EventRef& ref,
                  std::uint64_t seq) {
    const ByteView payload = *event.payload;
    if (sync::is_case_change(event.type)) {
        return apply_change(db, event.type, payload, event.office, seq);
    }
    switch (event.type) {
        case EventType::kIdentityMarked: return apply_identity(db, payload, seq);
        case EventType::kConflictDecided: return apply_decided(db, payload, ref, seq);
        case EventType::kRevisionParents: return apply_parents(db, payload, seq);
        case EventType::kRecordFinalised:
            return apply_foreign_record(db, payload, event.office, seq);
        case EventType::kConsentGiven:
        case EventType::kConsentWithdrawn: return apply_consent(db, event.type, payload, seq);
        default: return {};
    }
}

Status apply_foreign(Database& db, const sync::Event& event) {
    const sync::ForeignEvent foreign = AWDA_TRY(sync::decode_foreign_event(*event.payload));
    const sync::EventRef ref = sync::event_ref(foreign.device, foreign.event);
    Statement insert =
        AWDA_TRY(db.prepare("INSERT OR IGNORE INTO foreign_events(ref, seq) VALUES(?, ?)"));
    insert.bind_all(ref.value, event.seq);
    AWDA_CHECK(insert.run());
    // The same event a second time says nothing new.
    if (db.changes() == 0) return {};
    return apply_said(db, foreign.event, ref, event.seq);
}

}  // namespace

Status apply_record_to_case(Database& db, const sync::Record& record, const sync::Event& event) {
    if (record.revision == 1) {
        AWDA_CHECK(
            put_case(db, sync::case_of_record(record.root), &record.root, event.office, event.seq));
    }
    {
        Statement query =
            AWDA_TRY(db.prepare("SELECT 1 FROM document_revisions WHERE root = ? LIMIT 1"));
        query.bind(1, record.root.value);
        if (!AWDA_TRY(query.step())) return {};
    }
    return recount_cases_of(db, record.root);
}

Status recount_cases_of(Database& db, const InstanceId& root) {
    for (const CaseId& id : AWDA_TRY(cases_of_root(db, root))) AWDA_CHECK(recount(db, id));
    return {};
}

Status apply_case_event(Database& db, const sync::Event& event) {
    if (event.type == EventType::kForeignEvent) return apply_foreign(db, event);
    sync::EventRef ref;
    if (event.type == EventType::kConflictDecided) {
        ref = AWDA_TRY(read_source(db, event.seq)).ref;
    }
    return apply_said(db, event, ref, event.seq);
}

Status found_cases(Database& db) {
    struct Row {
        InstanceId root;
        OfficeId office;
        std::uint64_t seq = 0;
    };
    std::vector<Row> rows;
    {
        Statement query = AWDA_TRY(db.prepare(
            "SELECT r.root, e.office, r.seq FROM records r JOIN events e ON e.seq = r.seq"
            " WHERE r.revision = 1"));
        while (AWDA_TRY(query.step())) {
            rows.push_back(
                {AWDA_TRY(query.id<InstanceId>(0)), AWDA_TRY(query.id<OfficeId>(1)), query.u64(2)});
        }
    }
    for (const Row& row : rows) {
        AWDA_CHECK(put_case(db, sync::case_of_record(row.root), &row.root, row.office, row.seq));
    }
    return {};
}

}  // namespace awda::agent
