#include "agent/vault/projections.h"

#include <algorithm>
#include <limits>

#include "agent/vault/event_log.h"
#include "agent/vault/payloads.h"
#include "agent/vault/projections_blobs.h"
#include "agent/vault/projections_cases.h"
#include "agent/vault/projections_consent.h"
#include "agent/vault/projections_officers.h"
#include "agent/vault/projections_protection.h"
#include "agent/vault/projections_retention.h"
#include "platform/codec.h"
#include "platform/text.h"
#include "sync/receipt.h"
#include "sync/record.h"

namespace awda::agent {

namespace {

constexpr std::int64_t kStateStored = 2;
constexpr std::int64_t kStateDelivered = 3;

Status apply_record(Database& db, const sync::Event& event) {
    const auto payload = AWDA_TRY(sync::decode_record_payload(*event.payload));
    const sync::Record record = AWDA_TRY(sync::decode_record(payload.record));
    std::string title;
    for (const sync::Field& field : record.fields) {
        if (field.path == kTitlePath) title = fit_title(field.value);
    }
    Statement insert = AWDA_TRY(db.prepare(
        "INSERT INTO records(instance, root, revision, deprecates, form_id, form_version, language,"
        " title, officer, finalised_ms, seq) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    insert.bind_all(record.instance.value, record.root.value, record.revision,
                    record.deprecates.value, record.form_id, record.form_version, record.language,
                    title, event.officer.value, record.finalised_ms, event.seq);
    AWDA_CHECK(insert.run());
    return apply_record_to_case(db, record, event);
}

Status apply_sealed(Database& db, const sync::Event& event) {
    const BatchSealed batch = AWDA_TRY(decode_batch_sealed(*event.payload));
    Statement insert = AWDA_TRY(
        db.prepare("INSERT INTO batches(number, hash, first_seq, last_seq, size, sealed_ms, seq)"
                   " VALUES(?, ?, ?, ?, ?, ?, ?)"));
    insert.bind_all(batch.number, batch.hash, batch.first_seq, batch.last_seq, batch.size,
                    batch.claimed_ms, event.seq);
    AWDA_CHECK(insert.run());
    Statement mark = AWDA_TRY(db.prepare("UPDATE records SET batch = ? WHERE seq BETWEEN ? AND ?"));
    mark.bind_all(batch.number, batch.first_seq, batch.last_seq);
    return mark.run();
}

/// The receipt was verified before it became an event; here only its batch number is needed.
Result<std::uint64_t> receipt_batch(ByteView receipt) {
    if (receipt.size() != sync::kReceiptSize)
        return Error(Errc::kMalformed, "a receipt in the log");
    ByteReader in(receipt);
    in.raw(8 + 1 + 16);
    return in.u64();
}

Status apply_receipt(Database& db, const sync::Event& event) {
    const bool opened = event.type == sync::EventType::kBatchOpened;
    const std::uint64_t number = AWDA_TRY(receipt_batch(*event.payload));
    Statement keep = AWDA_TRY(
        opened ? db.prepare("UPDATE batches SET opened = ? WHERE number = ? AND opened IS NULL")
               : db.prepare("UPDATE batches SET stored = ? WHERE number = ? AND stored IS NULL"));
    keep.bind_all(*event.payload, number);
    AWDA_CHECK(keep.run());
    Statement mark =
        AWDA_TRY(db.prepare("UPDATE records SET state = ?1 WHERE state < ?1 AND seq BETWEEN"
                            " (SELECT first_seq FROM batches WHERE number = ?2) AND"
                            " (SELECT last_seq FROM batches WHERE number = ?2)"));
    mark.bind_all(opened ? kStateDelivered : kStateStored, number);
    return mark.run();
}

/// Type and content of every column, so that no two different rows give the same bytes.
void add_columns(ByteWriter& out, const Statement& row, int columns) {
    for (int i = 0; i < columns; ++i) {
        out.u8(row.is_null(i) ? 0 : 1);
        const ByteView value = row.blob(i);
        out.blob(value);
    }
}

Status digest_table(Database& db, LiteralText sql, int columns,
                    std::map<std::uint64_t, Hash32>& rows) {
    Statement query = AWDA_TRY(db.prepare(sql));
    while (AWDA_TRY(query.step())) {
        const std::uint64_t seq = query.u64(0);
        ByteWriter out;
        out.text(sql.view());
        add_columns(out, query, columns);
        // One event may make rows in several tables; all of them count.
        const auto [it, added] = rows.emplace(seq, Hash32{});
        if (!added) out.raw(it->second);
        it->second = hash32(out.bytes());
    }
    return {};
}

Status clear_table(Database& db, LiteralText sql) {
    return AWDA_TRY(db.prepare(sql)).run();
}

}  // namespace

std::string fit_title(std::string_view title) {
    return std::string(fit_utf8(title, kTitleBytesMax));
}

Status apply(Database& db, const sync::Event& event) {
    if (!event.payload) return apply_erased_record(db, event);
    switch (event.type) {
        case sync::EventType::kDeviceInitialised: return apply_initialised(db, event);
        case sync::EventType::kOfficerAdded: return apply_officer_added(db, event);
        case sync::EventType::kVaultRecovered: return apply_recovered(db, event);
        case sync::EventType::kOfficerChanged: return apply_officer_changed(db, event);
        case sync::EventType::kRecordFinalised: return apply_record(db, event);
        case sync::EventType::kApprovalRequested: return apply_approval_requested(db, event);
        case sync::EventType::kRecordApproved:
        case sync::EventType::kRecordReturned: return apply_decision(db, event);
        case sync::EventType::kBatchSealed: return apply_sealed(db, event);
        case sync::EventType::kBatchStored:
        case sync::EventType::kBatchOpened: return apply_receipt(db, event);
        case sync::EventType::kProtectionCertified:
        case sync::EventType::kProtectionRevoked: return apply_protection(db, event);
        case sync::EventType::kRecordDiscarded: return apply_draft_discarded(db, event);
        case sync::EventType::kAttachmentAdded: return apply_attachment_added(db, event);
        case sync::EventType::kAttachmentRemoved: return apply_attachment_removed(db, event);
        case sync::EventType::kConsentGiven:
        case sync::EventType::kConsentWithdrawn:
            return apply_consent(db, event.type, *event.payload, event.seq);
        case sync::EventType::kIdentityMarked:
        case sync::EventType::kCaseJoined:
        case sync::EventType::kCaseMemberChanged:
        case sync::EventType::kCaseMoved:
        case sync::EventType::kCaseSplit:
        case sync::EventType::kCaseMerged:
        case sync::EventType::kCaseUnmerged:
        case sync::EventType::kConflictDecided:
        case sync::EventType::kForeignEvent:
        case sync::EventType::kRevisionParents: return apply_case_event(db, event);
        case sync::EventType::kPruned: return apply_pruned(db, event);
        case sync::EventType::kRetentionSet: return apply_retention_set(db, event);
        default: return {};
    }
}

Result<ProjectionDigest> digest_projections(Database& db) {
    ProjectionDigest digest;
    AWDA_CHECK(digest_table(db,
                            "SELECT seq, officer, key, role, name, enrolled, lease_ms, active,"
                            " changed FROM officers",
                            9, digest.rows));
    AWDA_CHECK(
        digest_table(db, "SELECT seq, instance, record, state, decided_by, decided FROM approvals",
                     6, digest.rows));
    AWDA_CHECK(digest_table(db,
                            "SELECT seq, instance, root, revision, deprecates, form_id,"
                            " form_version, language, title, officer, finalised_ms, batch, state"
                            " FROM records",
                            13, digest.rows));
    AWDA_CHECK(digest_table(db,
                            "SELECT seq, number, hash, first_seq, last_seq, size, sealed_ms,"
                            " stored, opened FROM batches",
                            9, digest.rows));
    AWDA_CHECK(digest_table(db, "SELECT seq, officer, issued_ms, paper FROM protection_officers", 4,
                            digest.rows));
    AWDA_CHECK(digest_table(db,
                            "SELECT seq, instance, name, kind, size FROM attachments"
                            " ORDER BY instance, name",
                            5, digest.rows));
    AWDA_CHECK(digest_table(db,
                            "SELECT seq, id, root, reference, status, owner, disputes, changed"
                            " FROM cases ORDER BY id",
                            8, digest.rows));
    AWDA_CHECK(digest_table(db, "SELECT seq, id, event FROM case_events ORDER BY id, event", 3,
                            digest.rows));
    AWDA_CHECK(digest_table(db, "SELECT seq, root, id FROM case_records ORDER BY root, id", 3,
                            digest.rows));
    AWDA_CHECK(digest_table(db, "SELECT seq, id, root, kind FROM document_revisions ORDER BY id", 4,
                            digest.rows));
    AWDA_CHECK(digest_table(db, "SELECT seq, id, parent FROM revision_parents ORDER BY id, parent",
                            3, digest.rows));
    AWDA_CHECK(digest_table(db,
                            "SELECT seq, form_id, path FROM identity_paths ORDER BY form_id, path",
                            3, digest.rows));
    AWDA_CHECK(
        digest_table(db, "SELECT seq, ref FROM foreign_events ORDER BY ref", 2, digest.rows));
    AWDA_CHECK(digest_table(db,
                            "SELECT pruned, seq, class, skeleton FROM erased_records ORDER BY seq",
                            4, digest.rows));
    AWDA_CHECK(
        digest_table(db, "SELECT seq, working, settled, protected FROM retention", 4, digest.rows));
    AWDA_CHECK(
        digest_table(db, "SELECT seq, root, agency, purpose, given FROM consents", 5, digest.rows));
    return digest;
}

Status rebuild_projections(Database& db, const Progress& progress) {
    for (const LiteralText sql :
         {LiteralText("DELETE FROM officers"), LiteralText("DELETE FROM approvals"),
          LiteralText("DELETE FROM records"), LiteralText("DELETE FROM attachments"),
          LiteralText("DELETE FROM batches"), LiteralText("DELETE FROM protection_officers"),
          LiteralText("DELETE FROM cases"), LiteralText("DELETE FROM case_events"),
          LiteralText("DELETE FROM case_records"), LiteralText("DELETE FROM document_revisions"),
          LiteralText("DELETE FROM revision_parents"), LiteralText("DELETE FROM identity_paths"),
          LiteralText("DELETE FROM foreign_events"), LiteralText("DELETE FROM erased_records"),
          LiteralText("DELETE FROM retention"), LiteralText("DELETE FROM consents")}) {
        AWDA_CHECK(clear_table(db, sql));
    }
    AWDA_CHECK(gather_skeletons(db));
    AWDA_CHECK(for_events(db, 1, std::numeric_limits<std::int64_t>::max(),
                          [&db, &progress](const sync::Event& event) {
                              if (progress && event.seq % kProgressEvery == 0) progress(event.seq);
                              return apply(db, event);
                          }));
    // Triggers kept the counts from what they were before, right or wrong.
    AWDA_CHECK(clear_table(db, "DELETE FROM record_counts"));
    Statement count = AWDA_TRY(
        db.prepare("INSERT INTO record_counts SELECT state, count(*) FROM records GROUP BY state"));
    return count.run();
}

std::optional<std::uint64_t> first_difference(const ProjectionDigest& a,
                                              const ProjectionDigest& b) {
    auto left = a.rows.begin();
    auto right = b.rows.begin();
    while (left != a.rows.end() && right != b.rows.end()) {
        if (left->first != right->first) return std::min(left->first, right->first);
        if (left->second != right->second) return left->first;
        ++left;
        ++right;
    }
    if (left != a.rows.end()) return left->first;
    if (right != b.rows.end()) return right->first;
    return std::nullopt;
}

}  // namespace awda::agent
