#include "agent/vault/audit.h"

#include <algorithm>
#include <limits>

#include "agent/vault/access.h"
#include "agent/vault/payloads.h"
#include "agent/vault/payloads_export.h"
#include "platform/codec.h"

namespace awda::agent {

namespace {

using sync::EventType;

/// The fields of payloads that are an id or a number; everything else stays in the log.
void describe(EventType type, ByteView payload, AuditEntry& entry) {
    constexpr std::size_t kDomain = 8;
    ByteReader in(payload);
    in.raw(kDomain);
    switch (type) {
        case EventType::kRecordStarted:
        case EventType::kRecordViewed:
        case EventType::kDraftMigrated:
        case EventType::kRecordDiscarded: entry.subject = Id16{in.fixed<16>()}; break;
        case EventType::kRecordEdited:
            entry.subject = Id16{in.fixed<16>()};
            entry.number = in.u32();
            break;
        case EventType::kConsentGiven:
        case EventType::kConsentWithdrawn: entry.subject = Id16{in.fixed<16>()}; break;
        case EventType::kExported:
            if (const auto exported = decode_exported(payload); exported.ok()) {
                entry.number = exported->records;
            }
            return;
        case EventType::kOfficerAdded: entry.subject = Id16{in.fixed<16>()}; break;
        case EventType::kUnlockFailed:
            in.i64();
            entry.subject = Id16{in.fixed<16>()};
            break;
        case EventType::kSlotChanged:
            entry.number = in.u64();
            entry.subject = Id16{in.fixed<16>()};
            break;
        case EventType::kListViewed: entry.number = in.u32(); break;
        case EventType::kSearched:
            in.u8();
            entry.number = in.u32();
            break;
        case EventType::kLogViewed: entry.number = in.u32(); break;
        case EventType::kBatchSealed:
        case EventType::kTablesRebuilt: entry.number = in.u64(); break;
        case EventType::kBatchStored:
        case EventType::kBatchOpened:
            in.raw(1 + 16);
            entry.number = in.u64();
            break;
        // The case, the document or the form's revision stands first.
        case EventType::kCaseJoined:
        case EventType::kCaseMemberChanged:
        case EventType::kCaseMoved:
        case EventType::kCaseSplit:
        case EventType::kCaseMerged:
        case EventType::kCaseUnmerged:
        case EventType::kConflictDecided:
        case EventType::kForeignEvent:
        case EventType::kRevisionParents: entry.subject = Id16{in.fixed<16>()}; break;
        case EventType::kRecordFinalised:
            if (const auto record = sync::decode_record_payload(payload); record.ok()) {
                if (const auto inner = sync::decode_record(record->record); inner.ok()) {
                    entry.subject = inner->instance.value;
                }
            }
            return;
        default: return;
    }
    if (in.failed()) {
        entry.subject.reset();
        entry.number.reset();
    }
}

Result<AuditEntry> read_entry(const Statement& row) {
    AuditEntry entry;
    entry.seq = row.u64(0);
    entry.at_ms = sync::Hlc{row.u64(1)}.unix_ms();
    entry.officer = AWDA_TRY(row.id<OfficerId>(2));
    entry.type = static_cast<EventType>(row.integer(3));
    entry.pruned = row.is_null(4);
    if (!entry.pruned) describe(entry.type, row.blob(4), entry);
    if (entry.subject && *entry.subject == Id16{}) entry.subject.reset();
    return entry;
}

/// The reading of the log's clock at the beginning of a millisecond.
std::int64_t packed(std::optional<UnixMs> at, std::int64_t otherwise) {
    constexpr UnixMs kMsMax = (std::int64_t{1} << 47U) - 1;
    if (!at) return otherwise;
    return std::clamp<UnixMs>(*at, 0, kMsMax) << 16U;
}

}  // namespace

Result<std::vector<AuditEntry>> read_audit(Session& session, const AuditQuery& query) {
    AWDA_CHECK(permit(session, Permission::kReadAudit));
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    std::vector<AuditEntry> entries;
    {
        Statement rows = AWDA_TRY(session.db.prepare(
            "SELECT seq, hlc, officer, type, payload FROM events WHERE seq < ?1"
            " AND (?2 IS NULL OR officer = ?2) AND (?3 < 0 OR type = ?3) AND hlc >= ?4 AND hlc < ?5"
            " ORDER BY seq DESC LIMIT ?6"));
        std::optional<Id16> officer;
        if (query.officer) officer = query.officer->value;
        const int type = query.type ? static_cast<int>(*query.type) : -1;
        const std::int64_t before =
            query.before == 0 ? kMax : static_cast<std::int64_t>(query.before);
        rows.bind_all(before, officer, type, packed(query.from, 0), packed(query.until, kMax),
                      std::uint64_t{std::min(query.limit, kListMax)});
        while (AWDA_TRY(rows.step())) entries.push_back(AWDA_TRY(read_entry(rows)));
    }
    const std::uint64_t newest = entries.empty() ? 0 : entries.front().seq;
    const std::uint64_t oldest = entries.empty() ? 0 : entries.back().seq;
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_CHECK(write.append(
        EventType::kLogViewed,
        encode_log_viewed(static_cast<std::uint32_t>(entries.size()), newest, oldest)));
    AWDA_CHECK(write.commit());
    return entries;
}

}  // namespace awda::agent
