#include "agent/vault/protection_count.h"

#include <algorithm>

#include "agent/vault/protection_officers.h"
#include "agent/vault/records.h"

namespace awda::agent {

namespace {

Result<UnixMs> counted_until(Database& db, std::string_view form_id) {
    Statement query = AWDA_TRY(db.prepare(
        "SELECT payload FROM events WHERE type = ? AND payload IS NOT NULL ORDER BY seq DESC"));
    query.bind(1, static_cast<int>(sync::EventType::kProtectionCounted));
    while (AWDA_TRY(query.step())) {
        const ProtectionCount count = AWDA_TRY(decode_protection_count(query.blob(0)));
        if (count.form_id == form_id) return count.until_ms;
    }
    return UnixMs{0};
}

/// First revisions alone: a correction is no further person.
Result<std::vector<InstanceId>> records_between(Database& db, const ProtectionCount& count) {
    Statement query =
        AWDA_TRY(db.prepare("SELECT instance FROM records WHERE form_id = ? AND revision = 1"
                            " AND finalised_ms >= ? AND finalised_ms < ?"));
    query.bind_all(count.form_id, count.from_ms, count.until_ms);
    std::vector<InstanceId> found;
    while (AWDA_TRY(query.step())) found.push_back(AWDA_TRY(query.id<InstanceId>(0)));
    return found;
}

/// Whether a record holds such an answer; nothing if a part of it stays sealed.
Result<std::optional<bool>> answered(const StoredRecord& stored, const SealKey& key,
                                     const CountedPath& counts) {
    bool any = false;
    for (const sync::SealedPart& part : stored.parts) {
        auto fields = sync::open_part(part, stored.record.root, key);
        if (!fields.ok() && fields.error().code == Errc::kNotForUs) return std::optional<bool>();
        if (!fields.ok()) return fields.error();
        any = any || std::ranges::any_of(*fields, [&](const sync::Field& field) {
                  return !field.value.empty() && counts(field.path);
              });
        sync::wipe_fields(*fields);
    }
    return std::optional<bool>(any);
}

}  // namespace

Result<ProtectionCount> count_protected(Session& session, std::string_view form_id,
                                        const CountedPath& counts) {
    if (!AWDA_TRY(is_protection_officer(session))) {
        return Error(Errc::kNotAllowed, "counting without a protection certificate");
    }
    ProtectionCount count;
    count.form_id = std::string(form_id);
    count.from_ms = AWDA_TRY(counted_until(session.db, form_id));
    count.until_ms = session.env.clock->now();
    const SealKey key = seal_key_of(session.keys.officer);
    for (const InstanceId& instance : AWDA_TRY(records_between(session.db, count))) {
        const auto stored = read_record(session.db, instance);
        if (!stored.ok() && stored.error().code == Errc::kErased) continue;
        if (!stored.ok()) return stored.error();
        const std::optional<bool> holds = AWDA_TRY(answered(*stored, key, counts));
        if (!holds) continue;
        ++count.records;
        if (*holds) ++count.answered;
    }
    if (count.records < kCountedLeast) {
        return Error(Errc::kNotAllowed, "counting too few records");
    }
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_CHECK(write.append(sync::EventType::kProtectionCounted, encode(count)));
    AWDA_CHECK(write.commit());
    return count;
}

}  // namespace awda::agent
