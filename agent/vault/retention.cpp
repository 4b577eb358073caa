#include "agent/vault/retention.h"

#include <algorithm>
#include <map>
#include <optional>

#include "agent/vault/access.h"
#include "agent/vault/attachments.h"
#include "agent/vault/lease.h"
#include "agent/vault/salt_seeds.h"
#include "agent/vault/schema.h"
#include "sync/cases/transitions.h"
#include "sync/receipt.h"

namespace awda::agent {

namespace {

/// Of one transaction; a document is never parted, so that one may have more.
constexpr std::size_t kRecordsAtOnce = 500;

/// A record and its corrections, all made here.
struct Document {
    InstanceId root;
    std::vector<RecordSkeleton> records;  ///< oldest revision first
    UnixMs opened_ms = 0;                 ///< when headquarters had opened the last of them
    bool delivered = true;                ///< all of them
};

/// When headquarters opened each batch; those it has not are missing.
using OpenedBatches = std::map<std::uint64_t, UnixMs>;

Result<OpenedBatches> opened_batches(Session& session) {
    OpenedBatches opened;
    Statement query = AWDA_TRY(
        session.db.prepare("SELECT number, opened FROM batches WHERE opened IS NOT NULL AND"
                           " number NOT IN (SELECT number FROM batch_files)"));
    while (AWDA_TRY(query.step())) {
        opened[query.u64(0)] = AWDA_TRY(sync::open_receipt(query.blob(1), session.hq)).server_ms;
    }
    return opened;
}

/// Yes, if the query for this document gives a row.
Result<bool> any(Database& db, LiteralText sql, const InstanceId& root) {
    Statement query = AWDA_TRY(db.prepare(sql));
    query.bind(1, root.value);
    return query.step();
}

Result<Document> read_one(Database& db, const InstanceId& root, const OpenedBatches& opened) {
    Document document;
    document.root = root;
    bool sealed = false;
    Statement query = AWDA_TRY(db.prepare(
        "SELECT r.seq, r.batch, r.instance, r.revision, r.deprecates, r.form_id, r.form_version,"
        " r.language, r.officer, r.finalised_ms, substr(e.payload, 1, 8) = x'4157444153524332' OR"
        " substr(e.payload, 1, 9) = x'415744415352433301'"
        " FROM records r JOIN events e ON e.seq = r.seq WHERE r.root = ? ORDER BY r.revision"));
    query.bind(1, root.value);
    while (AWDA_TRY(query.step())) {
        RecordSkeleton record;
        record.seq = query.u64(0);
        record.batch = query.u64(1);
        record.instance = AWDA_TRY(query.id<InstanceId>(2));
        record.root = root;
        record.revision = static_cast<std::uint32_t>(query.integer(3));
        record.deprecates = AWDA_TRY(query.id<InstanceId>(4));
        record.form_id = std::string(query.text(5));
        record.form_version = std::string(query.text(6));
        record.language = std::string(query.text(7));
        record.officer = AWDA_TRY(query.id<OfficerId>(8));
        record.finalised_ms = query.integer(9);
        sealed = sealed || query.integer(10) != 0;
        const auto batch = opened.find(record.batch);
        document.delivered = document.delivered && batch != opened.end();
        if (batch != opened.end()) document.opened_ms = std::max(document.opened_ms, batch->second);
        document.records.push_back(std::move(record));
    }
    if (sealed) {
        for (RecordSkeleton& record : document.records) record.what = RetentionClass::kProtected;
    }
    return document;
}

/// How its cases stand.
struct CaseStanding {
    bool disputed = false;
    bool closed = true;    ///< all of them, and headquarters knows
    UnixMs closed_ms = 0;  ///< since when it knows
};

Result<CaseStanding> standing_of(Database& db, const InstanceId& root,
                                 const OpenedBatches& opened) {
    CaseStanding out;
    Statement query = AWDA_TRY(db.prepare(
        "SELECT c.status, c.disputes, (SELECT b.number FROM batches b WHERE c.changed BETWEEN"
        " b.first_seq AND b.last_seq) FROM cases c WHERE c.root = ?1 OR"
        " c.id IN (SELECT id FROM case_records WHERE root = ?1)"));
    query.bind(1, root.value);
    while (AWDA_TRY(query.step())) {
        out.disputed = out.disputed || query.integer(1) > 0;
        const auto batch = query.is_null(2) ? opened.end() : opened.find(query.u64(2));
        const bool closed = query.integer(0) == static_cast<int>(sync::CaseStatus::kClosed) &&
                            batch != opened.end();
        out.closed = out.closed && closed;
        if (closed) out.closed_ms = std::max(out.closed_ms, batch->second);
    }
    return out;
}

/// Whatever may still be needed here. Counts the reason.
Result<bool> held_back(Database& db, const Document& document, const CaseStanding& standing,
                       HeldBack& held) {
    const auto hold = [](std::uint32_t& count) {
        ++count;
        return true;
    };
    if (!document.delivered) return hold(held.undelivered);
    if (AWDA_TRY(any(db, "SELECT 1 FROM drafts WHERE root = ? LIMIT 1", document.root))) {
        return hold(held.drafts);
    }
    if (AWDA_TRY(any(db,
                     "SELECT 1 FROM approvals WHERE state IN (1, 3) AND instance ="
                     " (SELECT instance FROM records WHERE root = ? ORDER BY revision DESC"
                     " LIMIT 1)",
                     document.root))) {
        return hold(held.approval);
    }
    if (AWDA_TRY(
            any(db, "SELECT 1 FROM document_revisions WHERE root = ? LIMIT 1", document.root))) {
        return hold(held.shared);
    }
    if (standing.disputed) return hold(held.disputed);
    if (AWDA_TRY(any(db,
                     "SELECT 1 FROM attachments a JOIN records r ON r.instance = a.instance"
                     " LEFT JOIN blobs b ON b.name = a.name WHERE r.root = ? AND"
                     " b.delivered IS NULL LIMIT 1",
                     document.root))) {
        return hold(held.attachments);
    }
    return false;
}

struct Plan {
    RetentionView view;
    std::vector<Document> documents;
};

/// Erased ones have another state, and what came yesterday is not worth a look.
Result<std::vector<InstanceId>> candidates(Database& db, const OpenedBatches& opened,
                                           UnixMs opened_before) {
    std::uint64_t last = 0;
    for (const auto& [number, at] : opened) {
        if (at <= opened_before) last = std::max(last, number);
    }
    std::vector<InstanceId> roots;
    Statement query = AWDA_TRY(
        db.prepare("SELECT DISTINCT root FROM records WHERE state = ? AND batch BETWEEN 1 AND ?"));
    query.bind_all(static_cast<int>(RecordState::kDelivered), last);
    while (AWDA_TRY(query.step())) roots.push_back(AWDA_TRY(query.id<InstanceId>(0)));
    return roots;
}

/// Enters one document in the plan if its time has come and nothing holds it back.
Status consider(Database& db, const InstanceId& root, const OpenedBatches& opened, Plan& plan) {
    Document document = AWDA_TRY(read_one(db, root, opened));
    if (document.records.empty()) return {};
    const CaseStanding standing = AWDA_TRY(standing_of(db, root, opened));
    UnixMs since = document.opened_ms;
    if (standing.closed && document.records.front().what == RetentionClass::kWorking) {
        for (RecordSkeleton& record : document.records) record.what = RetentionClass::kSettled;
        since = std::max(since, standing.closed_ms);
    }
    const RetentionClass what = document.records.front().what;
    const std::int64_t kept = std::int64_t{plan.view.periods.days(what)} * kDayMs;
    if (plan.view.proven_ms - since < kept) return {};
    if (AWDA_TRY(held_back(db, document, standing, plan.view.held))) return {};
    plan.view.due.at(static_cast<std::size_t>(what) - 1) += document.records.size();
    plan.documents.push_back(std::move(document));
    return {};
}

Result<Plan> make_plan(Session& session) {
    Plan plan;
    plan.view.periods = AWDA_TRY(retention_periods(session.db));
    plan.view.proven_ms = AWDA_TRY(meta_number(session.db, Meta::kServerHigh, 0));
    std::uint32_t least = kRetentionDaysMax;
    for (const RetentionClass what : kRetentionClasses) {
        least = std::min(least, plan.view.periods.days(what));
    }
    const OpenedBatches opened = AWDA_TRY(opened_batches(session));
    const UnixMs before = plan.view.proven_ms - std::int64_t{least} * kDayMs;
    for (const InstanceId& root : AWDA_TRY(candidates(session.db, opened, before))) {
        AWDA_CHECK(consider(session.db, root, opened, plan));
    }
    return plan;
}

Status erase_payload(Database& db, std::uint64_t seq) {
    Statement erase =
        AWDA_TRY(db.prepare("UPDATE events SET salt = NULL, payload = NULL WHERE seq = ?"));
    erase.bind(1, seq);
    return erase.run();
}

/// One transaction: the contents go and the log says so, or neither.
Status erase(Session& session, const RecordsPruned& pruned, Actor actor) {
    Write write = AWDA_TRY(Write::begin(session));
    for (const RecordSkeleton& record : pruned.records) {
        AWDA_CHECK(erase_payload(session.db, record.seq));
        AWDA_CHECK(drop_seeds_of(session.db, record.seq));
    }
    AWDA_CHECK(write.append(sync::EventType::kPruned, encode(pruned), actor));
    AWDA_CHECK(write.commit());
    session.step(Step::kPruned);
    return {};
}

Result<std::uint64_t> erase_due(Session& session, Actor actor) {
    const Plan plan = AWDA_TRY(make_plan(session));
    std::uint64_t erased = 0;
    RecordsPruned pruned;
    pruned.proven_ms = plan.view.proven_ms;
    const auto flush = [&]() -> Status {
        if (pruned.records.empty()) return {};
        AWDA_CHECK(erase(session, pruned, actor));
        erased += pruned.records.size();
        pruned.records.clear();
        return {};
    };
    for (const Document& document : plan.documents) {
        if (document.records.size() > kPrunedRecordsMax) continue;
        if (pruned.records.size() + document.records.size() > kRecordsAtOnce) AWDA_CHECK(flush());
        pruned.records.insert(pruned.records.end(), document.records.begin(),
                              document.records.end());
    }
    AWDA_CHECK(flush());
    if (erased == 0) return erased;
    sweep_attachments(session).ignore("the next unlock sweeps again");
    // What was erased still stands in the write-ahead log until this.
    AWDA_CHECK(session.db.checkpoint());
    return erased;
}

}  // namespace

Result<RetentionPeriods> retention_periods(Database& db) {
    RetentionPeriods periods;
    Statement query = AWDA_TRY(db.prepare("SELECT working, settled, protected FROM retention"));
    if (!AWDA_TRY(query.step())) return periods;
    periods.working_days = static_cast<std::uint32_t>(query.integer(0));
    periods.settled_days = static_cast<std::uint32_t>(query.integer(1));
    periods.protected_days = static_cast<std::uint32_t>(query.integer(2));
    if (!periods.valid()) return Error(Errc::kVaultDamaged, "periods of retention");
    return periods;
}

Status set_retention_periods(Session& session, const RetentionPeriods& periods) {
    AWDA_CHECK(permit(session, Permission::kPrune));
    if (!periods.valid()) return Error(Errc::kUsage, "a period of retention out of its bounds");
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_CHECK(write.append(sync::EventType::kRetentionSet, encode(periods)));
    return write.commit();
}

Result<RetentionView> look_at_retention(Session& session) {
    RetentionView view = AWDA_TRY(make_plan(session)).view;
    Statement query =
        AWDA_TRY(session.db.prepare("SELECT class, count(*) FROM erased_records GROUP BY class"));
    while (AWDA_TRY(query.step())) {
        const std::int64_t what = query.integer(0);
        if (what < 1 || what > 3) return Error(Errc::kVaultDamaged, "a class of retention");
        view.erased.at(static_cast<std::size_t>(what) - 1) = query.u64(1);
    }
    return view;
}

Result<std::uint64_t> run_retention(Session& session) {
    AWDA_CHECK(permit(session, Permission::kPrune));
    return erase_due(session, Actor::kOfficer);
}

Result<std::uint64_t> run_daily_retention(Session& session) {
    const UnixMs proven = AWDA_TRY(meta_number(session.db, Meta::kServerHigh, 0));
    const std::int64_t today = proven / kDayMs;
    if (proven == 0 || AWDA_TRY(meta_number(session.db, Meta::kRetentionDay, 0)) >= today) {
        return std::uint64_t{0};
    }
    const std::uint64_t erased = AWDA_TRY(erase_due(session, Actor::kDevice));
    Transaction transaction = AWDA_TRY(Transaction::begin(session.db));
    AWDA_CHECK(meta_put_number(session.db, Meta::kRetentionDay, today));
    AWDA_CHECK(transaction.commit());
    return erased;
}

}  // namespace awda::agent
