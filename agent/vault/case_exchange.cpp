#include "agent/vault/case_exchange.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "agent/vault/access.h"
#include "agent/vault/case_reading.h"
#include "sync/consent_event.h"

namespace awda::agent {

namespace {

using sync::EventType;

/// What a case is made of, and nothing else: no keys, no officers, no receipts.
bool is_about_cases(EventType type) {
    return sync::is_case_change(type) || sync::is_consent(type) ||
           type == EventType::kRecordFinalised || type == EventType::kIdentityMarked ||
           type == EventType::kConflictDecided || type == EventType::kRevisionParents;
}

Status check_payload(const sync::ForeignEvent& foreign) {
    const sync::Event& event = foreign.event;
    const ByteView payload = *event.payload;
    if (sync::is_case_change(event.type)) {
        AWDA_TRY(sync::decode_case_change(event.type, payload));
        return {};
    }
    if (sync::is_consent(event.type)) {
        AWDA_TRY(sync::decode_consent(event.type, payload));
        return {};
    }
    switch (event.type) {
        case EventType::kIdentityMarked: AWDA_TRY(sync::decode_identity_marked(payload)); return {};
        case EventType::kConflictDecided:
            AWDA_TRY(sync::decode_conflict_decided(payload));
            return {};
        case EventType::kRevisionParents:
            AWDA_TRY(sync::decode_revision_parents(payload));
            return {};
        default: break;
    }
    const auto record = AWDA_TRY(sync::decode_record_payload(payload));
    AWDA_TRY(sync::decode_record(record.record));
    if (!sync::vouched_for(foreign.device, event, record, foreign.cover.get())) {
        return Error(Errc::kBadSignature, "another device's record");
    }
    return {};
}

bool acceptable(const sync::ForeignEvent& foreign) {
    const sync::Event& event = foreign.event;
    return event.salt && event.payload && is_about_cases(event.type) &&
           event.commitment == sync::commit(*event.salt, *event.payload) &&
           check_payload(foreign).ok();
}

Result<bool> is_known(Database& db, const sync::ForeignEvent& foreign) {
    const sync::EventRef ref = sync::event_ref(foreign.device, foreign.event);
    Statement query = AWDA_TRY(db.prepare("SELECT 1 FROM foreign_events WHERE ref = ?"));
    query.bind(1, ref.value);
    return query.step();
}

bool lacks_cover(const CaseSource& source) {
    return source.event.type == EventType::kRecordFinalised && !source.cover &&
           sync::needs_cover(*source.event.payload);
}

/// What shows that its officer signed for a record of this device: that officer's next checkpoint,
/// made now if the record is younger than the last one.
Result<sync::EventCover> cover_of(Session& session, const sync::Event& record) {
    if (session.log.head().checkpoint_seq < record.seq) {
        Write write = AWDA_TRY(Write::begin(session));
        AWDA_CHECK(write.checkpoint());
        AWDA_CHECK(write.commit());
    }
    std::vector<sync::Event> events{record};
    while (events.back().type != EventType::kCheckpoint) {
        events.push_back(AWDA_TRY(event_at(session.db, events.back().seq + 1)));
    }
    return sync::make_cover(events, session.keys.device.sign.pub);
}

/// The places in this device's log of what makes up a document.
Status add_document(Database& db, const InstanceId& root, std::set<std::uint64_t>& seqs) {
    std::vector<Id16> ids;
    {
        Statement query =
            AWDA_TRY(db.prepare("SELECT instance, seq FROM records WHERE root = ?1 UNION ALL"
                                " SELECT id, seq FROM document_revisions WHERE root = ?1"));
        query.bind(1, root.value);
        while (AWDA_TRY(query.step())) {
            ids.push_back(AWDA_TRY(query.fixed<16>(0)));
            seqs.insert(query.u64(1));
        }
    }
    for (const Id16& id : ids) {
        Statement query = AWDA_TRY(db.prepare("SELECT seq FROM revision_parents WHERE id = ?"));
        query.bind(1, id);
        while (AWDA_TRY(query.step())) seqs.insert(query.u64(0));
    }
    {
        Statement query = AWDA_TRY(db.prepare("SELECT seq FROM consents WHERE root = ?"));
        query.bind(1, root.value);
        while (AWDA_TRY(query.step())) seqs.insert(query.u64(0));
    }
    const auto document = read_document(db, root);
    if (!document.ok())
        return document.error().code == Errc::kNotFound ? Status() : document.error();
    Statement query = AWDA_TRY(db.prepare("SELECT seq FROM identity_paths WHERE form_id = ?"));
    query.bind(1, document->form_id);
    while (AWDA_TRY(query.step())) seqs.insert(query.u64(0));
    return {};
}

}  // namespace

Result<std::vector<sync::ForeignEvent>> case_events_of(Session& session, const sync::CaseId& id) {
    AWDA_CHECK(permit(session, Permission::kTransfer));
    const sync::CaseState state = AWDA_TRY(read_case(session.db, id));
    std::set<std::uint64_t> seqs;
    {
        Statement query =
            AWDA_TRY(session.db.prepare("SELECT event FROM case_events WHERE id = ?"));
        query.bind(1, id.value);
        while (AWDA_TRY(query.step())) seqs.insert(query.u64(0));
    }
    for (const InstanceId& root : state.records) {
        AWDA_CHECK(add_document(session.db, root, seqs));
    }
    std::vector<sync::ForeignEvent> events;
    for (const std::uint64_t seq : seqs) {
        CaseSource source = AWDA_TRY(read_source(session.db, seq));
        if (!source.event.payload) continue;
        if (lacks_cover(source)) {
            source.cover =
                std::make_shared<const sync::EventCover>(AWDA_TRY(cover_of(session, source.event)));
        }
        events.push_back({source.device, std::move(source.event), std::move(source.cover)});
    }
    return events;
}

Result<Imported> import_case_events(Session& session,
                                    const std::vector<sync::ForeignEvent>& events) {
    Imported done;
    Write write = AWDA_TRY(Write::begin(session));
    for (const sync::ForeignEvent& foreign : events) {
        if (!acceptable(foreign)) {
            ++done.refused;
            continue;
        }
        if (foreign.device == session.identity.device || AWDA_TRY(is_known(session.db, foreign))) {
            ++done.known;
            continue;
        }
        AWDA_CHECK(write.append(EventType::kForeignEvent, sync::encode(foreign), Actor::kDevice));
        ++done.entered;
    }
    AWDA_CHECK(write.commit());
    return done;
}

}  // namespace awda::agent
