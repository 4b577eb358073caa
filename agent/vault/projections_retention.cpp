#include "agent/vault/projections_retention.h"

#include <set>

#include "agent/vault/projections_cases.h"
#include "agent/vault/retention_payload.h"

namespace awda::agent {

namespace {

constexpr std::int64_t kStateErased = 4;

Status keep_skeleton(Database& db, const RecordSkeleton& skeleton, std::uint64_t pruned_seq) {
    Statement insert = AWDA_TRY(db.prepare(
        "INSERT OR IGNORE INTO erased_records(seq, class, skeleton, pruned) VALUES(?, ?, ?, ?)"));
    insert.bind_all(skeleton.seq, static_cast<int>(skeleton.what), encode(skeleton), pruned_seq);
    return insert.run();
}

Status erase_row(Database& db, const RecordSkeleton& skeleton) {
    Statement empty =
        AWDA_TRY(db.prepare("UPDATE records SET state = ?, title = '' WHERE seq = ?"));
    empty.bind_all(kStateErased, skeleton.seq);
    AWDA_CHECK(empty.run());
    Statement detach = AWDA_TRY(db.prepare("DELETE FROM attachments WHERE instance = ?"));
    detach.bind(1, skeleton.instance.value);
    return detach.run();
}

}  // namespace

Status apply_retention_set(Database& db, const sync::Event& event) {
    const RetentionPeriods periods = AWDA_TRY(decode_retention_periods(*event.payload));
    Statement put = AWDA_TRY(
        db.prepare("INSERT INTO retention(one, working, settled, protected, seq)"
                   " VALUES(1, ?, ?, ?, ?) ON CONFLICT(one) DO UPDATE SET working ="
                   " excluded.working, settled = excluded.settled, protected = excluded.protected,"
                   " seq = excluded.seq"));
    put.bind_all(periods.working_days, periods.settled_days, periods.protected_days, event.seq);
    return put.run();
}

Status apply_pruned(Database& db, const sync::Event& event) {
    const RecordsPruned pruned = AWDA_TRY(decode_records_pruned(*event.payload));
    std::set<InstanceId> roots;
    for (const RecordSkeleton& skeleton : pruned.records) {
        AWDA_CHECK(keep_skeleton(db, skeleton, event.seq));
        AWDA_CHECK(erase_row(db, skeleton));
        roots.insert(skeleton.root);
    }
    for (const InstanceId& root : roots) AWDA_CHECK(recount_cases_of(db, root));
    return {};
}

Status apply_erased_record(Database& db, const sync::Event& event) {
    RecordSkeleton skeleton;
    {
        Statement query = AWDA_TRY(db.prepare("SELECT skeleton FROM erased_records WHERE seq = ?"));
        query.bind(1, event.seq);
        if (!AWDA_TRY(query.step())) return {};
        skeleton = AWDA_TRY(decode_record_skeleton(query.blob(0)));
    }
    Statement insert = AWDA_TRY(db.prepare(
        "INSERT INTO records(instance, root, revision, deprecates, form_id, form_version, language,"
        " title, officer, finalised_ms, seq, state) VALUES(?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?, ?)"));
    insert.bind_all(skeleton.instance.value, skeleton.root.value, skeleton.revision,
                    skeleton.deprecates.value, skeleton.form_id, skeleton.form_version,
                    skeleton.language, skeleton.officer.value, skeleton.finalised_ms, event.seq,
                    kStateErased);
    AWDA_CHECK(insert.run());
    sync::Record record;
    record.root = skeleton.root;
    record.revision = skeleton.revision;
    return apply_record_to_case(db, record, event);
}

Status gather_skeletons(Database& db) {
    Statement query = AWDA_TRY(db.prepare(
        "SELECT seq, payload FROM events WHERE type = ? AND payload IS NOT NULL ORDER BY seq"));
    query.bind(1, static_cast<int>(sync::EventType::kPruned));
    while (AWDA_TRY(query.step())) {
        const std::uint64_t seq = query.u64(0);
        const RecordsPruned pruned = AWDA_TRY(decode_records_pruned(query.blob(1)));
        for (const RecordSkeleton& skeleton : pruned.records) {
            AWDA_CHECK(keep_skeleton(db, skeleton, seq));
        }
    }
    return {};
}

}  // namespace awda::agent
