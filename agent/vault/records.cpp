#include "agent/vault/records.h"

#include <algorithm>
#include <map>

#include "agent/vault/access.h"
#include "agent/vault/amend_base.h"
#include "agent/vault/approvals.h"
#include "agent/vault/drafts.h"
#include "agent/vault/officers.h"
#include "agent/vault/payloads.h"
#include "platform/text.h"
#include "sync/log/approval.h"
#include "sync/receipt.h"

namespace awda::agent {

namespace {

Result<bool> is_record(Database& db, const InstanceId& instance) {
    Statement query = AWDA_TRY(db.prepare("SELECT 1 FROM records WHERE instance = ?"));
    query.bind(1, instance.value);
    return query.step();
}

Result<Draft> draft_to_finalise(Session& session, const InstanceId& instance) {
    auto draft = read_draft(session.db, instance);
    if (draft.ok() || draft.error().code != Errc::kNotFound) return draft;
    if (AWDA_TRY(is_record(session.db, instance))) {
        return Error(Errc::kAlreadyFinal, "finalising twice");
    }
    return draft.error();
}

sync::Record to_record(const Draft& draft, std::vector<sync::Field> fields, UnixMs now) {
    sync::Record record;
    record.instance = draft.instance;
    record.root = draft.root;
    record.revision = draft.revision;
    record.deprecates = draft.deprecates;
    record.reason = draft.reason;
    record.form_id = draft.form.id;
    record.form_version = draft.form.version;
    record.form_hash = draft.form.hash;
    record.language = draft.language;
    record.started_ms = draft.started_ms;
    record.finalised_ms = now;
    record.fields = std::move(fields);
    return record;
}

Status check_fields(const std::vector<sync::Field>& fields) {
    if (fields.size() > sync::kRecordFieldsMax) return Error(Errc::kTooLarge, "too many answers");
    for (const sync::Field& field : fields) {
        if (field.path.empty() || field.path.size() > kFieldPathMax ||
            field.value.size() > kFieldValueMax) {
            return Error(Errc::kTooLarge, "an answer");
        }
        if (!valid_utf8(field.path) || !valid_utf8(field.value)) {
            return Error(Errc::kMalformed, "an answer");
        }
    }
    return {};
}

/// One row of the list query below.
Result<RecordRow> read_row(const Statement& row, OfficerId& officer) {
    RecordRow out;
    out.instance = AWDA_TRY(row.id<InstanceId>(0));
    out.root = AWDA_TRY(row.id<InstanceId>(1));
    out.revision = static_cast<std::uint32_t>(row.integer(2));
    out.state = static_cast<RecordState>(row.integer(3));
    out.form_id = std::string(row.text(4));
    out.form_version = std::string(row.text(5));
    out.title = std::string(row.text(6));
    out.language = std::string(row.text(7));
    officer = AWDA_TRY(row.id<OfficerId>(8));
    out.updated_ms = row.integer(9);
    out.newest = row.integer(10) != 0;
    out.approval = static_cast<ApprovalState>(row.integer(12));
    return out;
}

// ?5 is the officer whose rows alone are shown, or nothing for all.
#define AWDA_DRAFT_ROWS                                                                    \
    "SELECT instance, root, revision, 0, form_id, form_version, title, language, officer," \
    " updated_ms AS at, 1 AS newest, instance AS tie, 0 FROM drafts"                       \
    " WHERE (?5 IS NULL OR officer = ?5)"
#define AWDA_RECORD_ROWS                                                                        \
    "SELECT instance, root, revision, state, form_id, form_version, title, language, officer,"  \
    " finalised_ms AS at, NOT EXISTS(SELECT 1 FROM records n WHERE n.root = r.root AND"         \
    " n.revision > r.revision) AND NOT EXISTS(SELECT 1 FROM drafts d WHERE d.root = r.root AND" \
    " d.revision > r.revision) AS newest, instance AS tie,"                                     \
    " coalesce((SELECT a.state FROM approvals a WHERE a.instance = r.instance), 0)"             \
    " FROM records r WHERE (?5 IS NULL OR officer = ?5)"
#define AWDA_PAGE " ORDER BY at DESC, tie DESC LIMIT ?1 OFFSET ?2"

constexpr LiteralText kOneRecord = AWDA_RECORD_ROWS " AND instance = ?1";
constexpr LiteralText kOneDraft = AWDA_DRAFT_ROWS " AND instance = ?1";
// Each half walks its own index by time, and SQLite merges the two as it goes: a first page costs
// the same however many records there are.
constexpr LiteralText kListAll =
    AWDA_DRAFT_ROWS " UNION ALL " AWDA_RECORD_ROWS " AND (?3 = 0 OR newest)" AWDA_PAGE;
constexpr LiteralText kListDrafts = AWDA_DRAFT_ROWS " AND ?3 IN (0, 1)" AWDA_PAGE;
constexpr LiteralText kListState =
    AWDA_RECORD_ROWS " AND state = ?4 AND (?3 = 0 OR newest)" AWDA_PAGE;
// What a newer revision replaced waits no more.
constexpr LiteralText kListAwaiting = AWDA_RECORD_ROWS
    " AND ?3 IN (0, 1) AND instance IN (SELECT instance FROM approvals WHERE state = 1)"
    " AND NOT EXISTS(SELECT 1 FROM records n WHERE n.root = r.root AND n.revision > "
    "r.revision)" AWDA_PAGE;

LiteralText list_sql(const ListQuery& query) {
    if (query.awaiting) return kListAwaiting;
    if (!query.state.has_value()) return kListAll;
    return query.state == RecordState::kDraft ? kListDrafts : kListState;
}

Result<Statement> list_statement(Session& session, const ListQuery& query, Reach reach) {
    Statement statement = AWDA_TRY(session.db.prepare(list_sql(query)));
    statement.bind_all(std::uint64_t{std::min(query.limit, kListMax)}, std::uint64_t{query.offset},
                       query.newest_only);
    if (query.state.has_value()) statement.bind(4, static_cast<int>(*query.state));
    if (reach == Reach::kOwn) statement.bind(5, session.identity.officer.value);
    return statement;
}

Status fill_delivery(Session& session, const StoredRecord& stored, ShownRecord& shown) {
    if (stored.batch == 0) return {};
    Statement query =
        AWDA_TRY(session.db.prepare("SELECT stored, opened FROM batches WHERE number = ?"));
    query.bind(1, stored.batch);
    if (!AWDA_TRY(query.step())) return {};
    if (!query.is_null(0)) {
        shown.stored_ms = AWDA_TRY(sync::open_receipt(query.blob(0), session.hq)).server_ms;
    }
    if (!query.is_null(1)) {
        shown.opened_ms = AWDA_TRY(sync::open_receipt(query.blob(1), session.hq)).server_ms;
    }
    return {};
}

}  // namespace

Result<StoredRecord> read_record(Database& db, const InstanceId& record) {
    Statement query = AWDA_TRY(
        db.prepare("SELECT r.seq, r.batch, r.state, r.officer, r.title, e.payload FROM records r"
                   " JOIN events e ON e.seq = r.seq WHERE r.instance = ?"));
    query.bind(1, record.value);
    if (!AWDA_TRY(query.step())) return Error(Errc::kNotFound, "a record");
    StoredRecord stored;
    stored.seq = query.u64(0);
    stored.batch = query.u64(1);
    stored.state = static_cast<RecordState>(query.integer(2));
    stored.officer = AWDA_TRY(query.id<OfficerId>(3));
    stored.title = std::string(query.text(4));
    if (query.is_null(5)) return Error(Errc::kErased, "a record that was erased");
    const auto payload = AWDA_TRY(sync::decode_record_payload(query.blob(5)));
    if (!sync::verify_record(payload)) {
        return Error(Errc::kLogBroken, "a record that does not hold together");
    }
    stored.record = AWDA_TRY(sync::decode_record(payload.record));
    stored.parts = AWDA_TRY(sync::decode_compartment(payload.sealed));
    return stored;
}

Result<RecordRow> record_row(Database& db, const InstanceId& instance) {
    for (const LiteralText sql : {kOneRecord, kOneDraft}) {
        Statement query = AWDA_TRY(db.prepare(sql));
        query.bind(1, instance.value);
        if (!AWDA_TRY(query.step())) continue;
        OfficerId officer;
        RecordRow row = AWDA_TRY(read_row(query, officer));
        row.officer_name = AWDA_TRY(officer_name(db, officer));
        return row;
    }
    return Error(Errc::kNotFound, "a record or draft");
}

Status finalise(Session& session, const InstanceId& draft_id, std::vector<sync::Field> fields,
                const ProtectedAnswers* protected_answers, bool needs_approval) {
    AWDA_TRY(reach(session, Permission::kRecord));
    AWDA_CHECK(check_fields(fields));
    const Draft draft = AWDA_TRY(draft_to_finalise(session, draft_id));
    AWDA_CHECK(permit_draft(session, Permission::kRecord, draft_id));
    Bytes bytes =
        sync::encode_record(to_record(draft, std::move(fields), session.env.clock->now()));
    if (bytes.size() > sync::kRecordBytesMax) return Error(Errc::kTooLarge, "a record");
    Bytes sealed = AWDA_TRY(finished_compartment(session, draft, protected_answers));
    if (sealed.size() > sync::kSealedBytesMax) return Error(Errc::kTooLarge, "sealed answers");
    // Signed with the log's head as this is committed, and by the officer's next checkpoint.
    const sync::RecordPayload payload =
        sync::make_record_payload(std::move(bytes), std::move(sealed));
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_CHECK(end_editing(session, write));
    AWDA_CHECK(
        write.append(sync::EventType::kRecordFinalised, sync::encode_record_payload(payload)));
    if (needs_approval) {
        const sync::ApprovalRequest request{draft_id, hash32(payload.record)};
        AWDA_CHECK(write.append(sync::EventType::kApprovalRequested,
                                sync::encode_approval_request(request)));
    }
    AWDA_CHECK(append_further_parents(session.db, write, draft_id));
    AWDA_CHECK(delete_draft(session.db, draft_id));
    AWDA_CHECK(write.commit());
    close_part(session, draft_id);
    session.editing.reset();
    session.step(Step::kFinalised);
    return {};
}

Result<std::vector<RecordRow>> list_records(Session& session, const ListQuery& query) {
    const Reach seen = AWDA_TRY(reach(session, Permission::kViewList));
    std::vector<RecordRow> rows;
    {
        Statement statement = AWDA_TRY(list_statement(session, query, seen));
        std::map<OfficerId, std::string> names;
        while (AWDA_TRY(statement.step())) {
            OfficerId officer;
            RecordRow row = AWDA_TRY(read_row(statement, officer));
            if (!names.contains(officer)) {
                names[officer] = AWDA_TRY(officer_name(session.db, officer));
            }
            row.officer_name = names[officer];
            rows.push_back(std::move(row));
        }
    }
    if (query.refresh) return rows;
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_CHECK(write.append(sync::EventType::kListViewed,
                            encode_list_viewed(static_cast<std::uint32_t>(rows.size()))));
    AWDA_CHECK(write.commit());
    return rows;
}

Result<ShownRecord> show_record(Session& session, const InstanceId& record) {
    AWDA_TRY(reach(session, Permission::kViewRecord));
    StoredRecord stored = AWDA_TRY(read_record(session.db, record));
    AWDA_CHECK(permit(session, Permission::kViewRecord, stored.officer));
    ShownRecord shown;
    shown.state = stored.state;
    shown.officer = stored.officer;
    shown.officer_name = AWDA_TRY(officer_name(session.db, stored.officer));
    shown.seq = stored.seq;
    shown.batch = stored.batch;
    shown.approval = AWDA_TRY(approval_of(session, record));
    AWDA_CHECK(fill_delivery(session, stored, shown));
    {
        Statement revisions = AWDA_TRY(
            session.db.prepare("SELECT instance FROM records WHERE root = ? ORDER BY revision"));
        revisions.bind(1, stored.record.root.value);
        while (AWDA_TRY(revisions.step())) {
            shown.revisions.push_back(AWDA_TRY(revisions.id<InstanceId>(0)));
        }
    }
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_CHECK(write.append(sync::EventType::kRecordViewed, encode_record_viewed(record)));
    Opened opened = AWDA_TRY(open_parts(session, write, record, stored.record.root, stored.parts));
    shown.protected_fields = std::move(opened.fields);
    shown.sealed_parts = opened.sealed;
    shown.record = std::move(stored.record);
    AWDA_CHECK(write.commit());
    return shown;
}

}  // namespace awda::agent
