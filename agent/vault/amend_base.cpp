#include "agent/vault/amend_base.h"

#include <algorithm>

#include "agent/vault/case_reading.h"
#include "agent/vault/projections.h"
#include "agent/vault/records.h"
#include "sync/cases/case_event.h"

namespace awda::agent {

namespace {

Result<InstanceId> root_of(Database& db, const InstanceId& record) {
    Statement query = AWDA_TRY(
        db.prepare("SELECT root FROM records WHERE instance = ?1 UNION ALL"
                   " SELECT root FROM document_revisions WHERE id = ?1 AND kind = 1 LIMIT 1"));
    query.bind(1, record.value);
    if (!AWDA_TRY(query.step())) return Error(Errc::kNotFound, "a record");
    return query.id<InstanceId>(0);
}

Result<bool> has_branches(Database& db, const InstanceId& root) {
    Statement query =
        AWDA_TRY(db.prepare("SELECT 1 FROM document_revisions WHERE root = ? LIMIT 1"));
    query.bind(1, root.value);
    return query.step();
}

struct ReadRevision {
    sync::Record record;
    std::vector<sync::SealedPart> parts;
    OfficerId officer;
};

Result<ReadRevision> read_revision(Database& db, std::uint64_t seq) {
    const CaseSource source = AWDA_TRY(read_source(db, seq));
    if (!source.event.payload) return Error(Errc::kErased, "a record that was erased");
    const auto payload = AWDA_TRY(sync::decode_record_payload(*source.event.payload));
    if (source.foreign
            ? !sync::vouched_for(source.device, source.event, payload, source.cover.get())
            : !sync::verify_record(payload)) {
        return Error(Errc::kLogBroken, "a record whose signature does not hold");
    }
    ReadRevision read;
    read.record = AWDA_TRY(sync::decode_record(payload.record));
    read.parts = AWDA_TRY(sync::decode_compartment(payload.sealed));
    if (!source.foreign) read.officer = source.event.officer;
    return read;
}

/// Each part once: lines of revisions share those from before they parted.
void add_parts(std::vector<sync::SealedPart>& all, std::vector<sync::SealedPart> more) {
    for (sync::SealedPart& part : more) {
        const bool known = std::ranges::any_of(
            all, [&](const sync::SealedPart& each) { return each.body == part.body; });
        if (!known) all.push_back(std::move(part));
    }
}

/// The document of several lines, as far as they agree.
Result<AmendBase> merged_base(Database& db, const InstanceId& root, const InstanceId& record) {
    StoredDocument document = AWDA_TRY(read_document(db, root));
    if (document.erased) return Error(Errc::kErased, "a record that was erased");
    if (!document.merged.disputes.empty()) return Error(Errc::kConflictOpen, "amending a record");
    AmendBase base;
    for (const RevisionSource& source : document.sources) {
        if (source.decision) continue;
        ReadRevision read = AWDA_TRY(read_revision(db, source.seq));
        base.newest = std::max(base.newest, source.number);
        add_parts(base.parts, std::move(read.parts));
        if (source.id != record.value) continue;
        base.record = std::move(read.record);
        base.officer = read.officer;
    }
    for (const sync::Field& field : document.merged.fields) {
        if (field.path == kTitlePath) base.title = fit_title(field.value);
    }
    base.record.fields = std::move(document.merged.fields);
    base.others = std::move(document.merged.heads);
    std::erase(base.others, record.value);
    return base;
}

}  // namespace

Result<AmendBase> amend_base(Database& db, const InstanceId& record) {
    const InstanceId root = AWDA_TRY(root_of(db, record));
    if (AWDA_TRY(has_branches(db, root))) return merged_base(db, root, record);
    StoredRecord stored = AWDA_TRY(read_record(db, record));
    AmendBase base;
    base.newest = stored.record.revision;
    base.record = std::move(stored.record);
    base.parts = std::move(stored.parts);
    base.title = std::move(stored.title);
    base.officer = stored.officer;
    return base;
}

Status put_draft_parents(Database& db, const InstanceId& draft, const std::vector<Id16>& parents) {
    for (const Id16& parent : parents) {
        Statement insert = AWDA_TRY(
            db.prepare("INSERT OR IGNORE INTO draft_parents(instance, parent) VALUES(?, ?)"));
        insert.bind_all(draft.value, parent);
        AWDA_CHECK(insert.run());
    }
    return {};
}

Status drop_draft_parents(Database& db, const InstanceId& draft) {
    Statement remove = AWDA_TRY(db.prepare("DELETE FROM draft_parents WHERE instance = ?"));
    remove.bind(1, draft.value);
    return remove.run();
}

Status append_further_parents(Database& db, Write& write, const InstanceId& draft) {
    sync::RevisionParents event;
    event.instance = draft;
    {
        Statement query =
            AWDA_TRY(db.prepare("SELECT parent FROM draft_parents WHERE instance = ?"));
        query.bind(1, draft.value);
        while (AWDA_TRY(query.step())) event.others.push_back(AWDA_TRY(query.fixed<16>(0)));
    }
    if (event.others.empty()) return {};
    return write.append(sync::EventType::kRevisionParents, sync::encode(event));
}

}  // namespace awda::agent
