#include "agent/vault/drafts.h"

#include <map>
#include <set>

#include "agent/vault/access.h"
#include "agent/vault/amend_base.h"
#include "agent/vault/attachments.h"
#include "agent/vault/editing.h"
#include "agent/vault/kept_forms.h"
#include "agent/vault/payloads.h"
#include "agent/vault/projections.h"
#include "agent/vault/records.h"
#include "platform/text.h"

namespace awda::agent {

namespace {

constexpr std::size_t kFormTextMax = 512;
constexpr std::size_t kLanguageMax = 64;

Status check_field(std::string_view path, std::string_view value) {
    if (path.empty() || path.size() > kFieldPathMax || value.size() > kFieldValueMax) {
        return Error(Errc::kTooLarge, "an answer");
    }
    if (!valid_utf8(path) || !valid_utf8(value)) return Error(Errc::kMalformed, "an answer");
    return {};
}

Status check_form(const FormRef& form, std::string_view language) {
    if (form.id.empty() || form.id.size() > kFormTextMax || form.version.size() > kFormTextMax ||
        language.size() > kLanguageMax) {
        return Error(Errc::kUsage, "a form's name, version or language");
    }
    if (!valid_utf8(form.id) || !valid_utf8(form.version) || !valid_utf8(language)) {
        return Error(Errc::kMalformed, "a form's name, version or language");
    }
    return {};
}

Status insert_draft(Session& session, const Draft& draft) {
    const std::int64_t held = AWDA_TRY(session.db.query_integer("SELECT count(*) FROM drafts"));
    if (held >= static_cast<std::int64_t>(kDraftsMax))
        return Error(Errc::kTooLarge, "too many drafts");
    Statement insert = AWDA_TRY(session.db.prepare(
        "INSERT INTO drafts(instance, root, revision, deprecates, reason, form_id, form_version,"
        " form_hash, language, title, officer, started_ms, updated_ms)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    insert.bind_all(draft.instance.value, draft.root.value, draft.revision, draft.deprecates.value,
                    draft.reason, draft.form.id, draft.form.version, draft.form.hash,
                    draft.language, draft.title, session.identity.officer.value, draft.started_ms,
                    draft.updated_ms);
    return insert.run();
}

/// The next free position, which also says whether the draft is there at all.
Result<std::int64_t> next_position(Database& db, const InstanceId& draft) {
    Statement query = AWDA_TRY(db.prepare("SELECT next_pos FROM drafts WHERE instance = ?"));
    query.bind(1, draft.value);
    if (!AWDA_TRY(query.step())) return Error(Errc::kNotFound, "a draft");
    return query.integer(0);
}

Status touch(Session& session, const InstanceId& draft, std::int64_t next_pos,
             const std::optional<std::string>& title) {
    std::optional<std::string> fitted;
    if (title) fitted = fit_title(AWDA_TRY(nfc(*title)));
    Statement update = AWDA_TRY(session.db.prepare(
        "UPDATE drafts SET updated_ms = ?, next_pos = ?, title = coalesce(?, title)"
        " WHERE instance = ?"));
    update.bind_all(session.env.clock->now(), next_pos, fitted, draft.value);
    return update.run();
}

Status put_field(Database& db, const InstanceId& draft, std::int64_t pos, std::string_view path,
                 std::string_view value) {
    Statement insert = AWDA_TRY(
        db.prepare("INSERT INTO draft_fields(instance, path, pos, value) VALUES(?, ?, ?, ?)"
                   " ON CONFLICT(instance, path) DO UPDATE SET value = excluded.value"));
    insert.bind_all(draft.value, path, pos, value);
    return insert.run();
}

Status drop_field(Database& db, const InstanceId& draft, std::string_view path) {
    Statement remove =
        AWDA_TRY(db.prepare("DELETE FROM draft_fields WHERE instance = ? AND path = ?"));
    remove.bind_all(draft.value, path);
    return remove.run();
}

Status drop_fields(Database& db, const InstanceId& draft) {
    Statement remove = AWDA_TRY(db.prepare("DELETE FROM draft_fields WHERE instance = ?"));
    remove.bind(1, draft.value);
    return remove.run();
}

Status put_fields(Database& db, const InstanceId& draft, const std::vector<sync::Field>& fields) {
    std::int64_t pos = 0;
    for (const sync::Field& field : fields) {
        AWDA_CHECK(check_field(field.path, field.value));
        AWDA_CHECK(put_field(db, draft, ++pos, field.path, field.value));
    }
    return {};
}

/// What was protected of the draft before counts from now on: exactly `paths`.
Status put_seals(Database& db, const InstanceId& draft, const std::vector<std::string>& paths) {
    Statement remove = AWDA_TRY(db.prepare("DELETE FROM draft_seals WHERE instance = ?"));
    remove.bind(1, draft.value);
    AWDA_CHECK(remove.run());
    for (const std::string& path : paths) {
        AWDA_CHECK(check_field(path, {}));
        Statement insert =
            AWDA_TRY(db.prepare("INSERT OR IGNORE INTO draft_seals(instance, path) VALUES(?, ?)"));
        insert.bind_all(draft.value, path);
        AWDA_CHECK(insert.run());
    }
    return {};
}

/// Answers that one of the two has and the other has not, or has otherwise.
std::set<std::string> changed_paths(const std::vector<sync::Field>& before,
                                    const std::vector<sync::Field>& after) {
    std::map<std::string, std::string> was;
    for (const sync::Field& field : before) was[field.path] = field.value;
    std::set<std::string> changed;
    for (const sync::Field& field : after) {
        const auto found = was.find(field.path);
        if (found == was.end() || found->second != field.value) changed.insert(field.path);
        if (found != was.end()) was.erase(found);
    }
    for (const auto& [path, value] : was) changed.insert(path);
    return changed;
}

/// Starts `draft` with its answers and what is sealed of them, in one transaction.
Status begin_draft(Session& session, const Draft& draft,
                   const std::vector<sync::SealedPart>& parts = {},
                   const std::vector<Id16>& further_parents = {}) {
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_CHECK(insert_draft(session, draft));
    AWDA_CHECK(put_fields(session.db, draft.instance, draft.fields));
    AWDA_CHECK(put_parts(session.db, draft.instance, parts));
    AWDA_CHECK(put_draft_parents(session.db, draft.instance, further_parents));
    AWDA_CHECK(touch(session, draft.instance, static_cast<std::int64_t>(draft.fields.size()) + 1,
                     std::nullopt));
    AWDA_CHECK(
        write.append(sync::EventType::kRecordStarted,
                     encode_record_started(draft.instance, draft.deprecates, draft.form.id)));
    if (!draft.deprecates.empty()) {
        AWDA_CHECK(carry_attachments(write, session, draft.deprecates, draft.instance));
    }
    AWDA_CHECK(write.commit());
    session.step(Step::kDraftCommitted);
    return {};
}

/// A record may be amended once: the next revision amends that one.
Status check_newest(Database& db, const InstanceId& root, std::uint32_t revision) {
    Statement query = AWDA_TRY(
        db.prepare("SELECT 1 FROM records WHERE root = ?1 AND revision > ?2"
                   " UNION ALL SELECT 1 FROM drafts WHERE root = ?1 AND revision > ?2 LIMIT 1"));
    query.bind_all(root.value, revision);
    if (AWDA_TRY(query.step())) return Error(Errc::kAlreadyFinal, "a newer revision exists");
    return {};
}

}  // namespace

Status permit_draft(Session& session, Permission permission, const InstanceId& draft) {
    if (AWDA_TRY(reach(session, permission)) == Reach::kAll) return {};
    Statement query = AWDA_TRY(session.db.prepare("SELECT officer FROM drafts WHERE instance = ?"));
    query.bind(1, draft.value);
    if (!AWDA_TRY(query.step())) return Error(Errc::kNotFound, "a draft");
    return permit(session, permission, AWDA_TRY(query.id<OfficerId>(0)));
}

Result<InstanceId> start_draft(Session& session, const FormRef& form, std::string_view language) {
    AWDA_CHECK(permit(session, Permission::kRecord, session.identity.officer));
    AWDA_CHECK(check_form(form, language));
    Draft draft;
    const UnixMs now = session.env.clock->now();
    draft.instance = InstanceId{new_uuid_v7(now, *session.env.random)};
    draft.root = draft.instance;
    draft.form = form;
    draft.language = std::string(language);
    draft.started_ms = now;
    draft.updated_ms = now;
    AWDA_CHECK(begin_draft(session, draft));
    return draft.instance;
}

Status save_draft(Session& session, const InstanceId& draft,
                  const std::vector<FieldChange>& changes, const std::optional<std::string>& title,
                  const ProtectedAnswers* protected_answers) {
    AWDA_CHECK(permit_draft(session, Permission::kRecord, draft));
    if (changes.size() > sync::kRecordFieldsMax) return Error(Errc::kTooLarge, "too many changes");
    std::set<std::string> paths;
    for (const FieldChange& change : changes) {
        AWDA_CHECK(check_field(change.path, change.value ? *change.value : std::string_view()));
        paths.insert(change.path);
    }
    Write write = AWDA_TRY(Write::begin(session));
    std::int64_t pos = AWDA_TRY(next_position(session.db, draft));
    for (const FieldChange& change : changes) {
        if (change.value) {
            AWDA_CHECK(put_field(session.db, draft, pos++, change.path, *change.value));
        } else {
            AWDA_CHECK(drop_field(session.db, draft, change.path));
        }
    }
    AWDA_CHECK(touch(session, draft, pos, title));
    if (protected_answers != nullptr) AWDA_CHECK(write_part(session, draft, *protected_answers));
    auto editing = AWDA_TRY(continue_editing(session, write, draft, paths));
    AWDA_CHECK(write.commit());
    session.editing = std::move(editing);
    session.step(Step::kDraftCommitted);
    return {};
}

Status replace_draft(Session& session, const InstanceId& draft,
                     const std::vector<sync::Field>& fields,
                     const std::optional<std::string>& title,
                     const ProtectedAnswers* protected_answers) {
    AWDA_CHECK(permit_draft(session, Permission::kRecord, draft));
    if (fields.size() > sync::kRecordFieldsMax) return Error(Errc::kTooLarge, "too many answers");
    Write write = AWDA_TRY(Write::begin(session));
    const Draft before = AWDA_TRY(read_draft(session.db, draft));
    AWDA_CHECK(drop_fields(session.db, draft));
    AWDA_CHECK(put_fields(session.db, draft, fields));
    AWDA_CHECK(touch(session, draft, static_cast<std::int64_t>(fields.size()) + 1, title));
    if (protected_answers != nullptr) AWDA_CHECK(write_part(session, draft, *protected_answers));
    auto editing =
        AWDA_TRY(continue_editing(session, write, draft, changed_paths(before.fields, fields)));
    AWDA_CHECK(write.commit());
    session.editing = std::move(editing);
    session.step(Step::kDraftCommitted);
    return {};
}

Status set_draft_language(Session& session, const InstanceId& draft, std::string_view language) {
    AWDA_CHECK(permit_draft(session, Permission::kRecord, draft));
    if (language.size() > kLanguageMax || !valid_utf8(language)) {
        return Error(Errc::kUsage, "a draft's language");
    }
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_TRY(next_position(session.db, draft));
    Statement update =
        AWDA_TRY(session.db.prepare("UPDATE drafts SET language = ? WHERE instance = ?"));
    update.bind_all(language, draft.value);
    AWDA_CHECK(update.run());
    return write.commit();
}

Result<Draft> read_draft(Database& db, const InstanceId& draft) {
    Statement query = AWDA_TRY(db.prepare(
        "SELECT instance, root, revision, deprecates, reason, form_id, form_version, form_hash,"
        " language, title, started_ms, updated_ms FROM drafts WHERE instance = ?"));
    query.bind(1, draft.value);
    if (!AWDA_TRY(query.step())) return Error(Errc::kNotFound, "a draft");
    Draft found;
    found.instance = AWDA_TRY(query.id<InstanceId>(0));
    found.root = AWDA_TRY(query.id<InstanceId>(1));
    found.revision = static_cast<std::uint32_t>(query.integer(2));
    found.deprecates = AWDA_TRY(query.id<InstanceId>(3));
    found.reason = std::string(query.text(4));
    found.form.id = std::string(query.text(5));
    found.form.version = std::string(query.text(6));
    found.form.hash = AWDA_TRY(query.fixed<32>(7));
    found.language = std::string(query.text(8));
    found.title = std::string(query.text(9));
    found.started_ms = query.integer(10);
    found.updated_ms = query.integer(11);
    Statement fields = AWDA_TRY(
        db.prepare("SELECT path, value FROM draft_fields WHERE instance = ? ORDER BY pos, path"));
    fields.bind(1, draft.value);
    while (AWDA_TRY(fields.step())) {
        found.fields.push_back({std::string(fields.text(0)), std::string(fields.text(1))});
    }
    Statement seals =
        AWDA_TRY(db.prepare("SELECT path FROM draft_seals WHERE instance = ? ORDER BY path"));
    seals.bind(1, draft.value);
    while (AWDA_TRY(seals.step())) found.seals.emplace_back(seals.text(0));
    return found;
}

Result<FormRef> draft_form(Session& session, const InstanceId& draft) {
    AWDA_CHECK(permit_draft(session, Permission::kViewRecord, draft));
    Statement query = AWDA_TRY(session.db.prepare(
        "SELECT form_id, form_version, form_hash FROM drafts WHERE instance = ?"));
    query.bind(1, draft.value);
    if (!AWDA_TRY(query.step())) return Error(Errc::kNotFound, "a draft");
    return FormRef{std::string(query.text(0)), std::string(query.text(1)),
                   AWDA_TRY(query.fixed<32>(2))};
}

Status migrate_draft(Session& session, const InstanceId& draft, const DraftMove& move,
                     const ProtectedAnswers* protected_answers) {
    AWDA_CHECK(permit_draft(session, Permission::kRecord, draft));
    if (move.fields.size() > sync::kRecordFieldsMax) {
        return Error(Errc::kTooLarge, "too many answers");
    }
    AWDA_CHECK(check_form(move.form, {}));
    Write write = AWDA_TRY(Write::begin(session));
    const Draft before = AWDA_TRY(read_draft(session.db, draft));
    if (before.form.id != move.form.id) return Error(Errc::kUsage, "another form's version");
    AWDA_CHECK(drop_fields(session.db, draft));
    AWDA_CHECK(put_fields(session.db, draft, move.fields));
    AWDA_CHECK(put_seals(session.db, draft, move.seals));
    Statement update = AWDA_TRY(
        session.db.prepare("UPDATE drafts SET form_version = ?, form_hash = ? WHERE instance = ?"));
    update.bind_all(move.form.version, move.form.hash, draft.value);
    AWDA_CHECK(update.run());
    AWDA_CHECK(
        touch(session, draft, static_cast<std::int64_t>(move.fields.size()) + 1, move.title));
    if (protected_answers != nullptr) AWDA_CHECK(write_part(session, draft, *protected_answers));
    AWDA_CHECK(write.append(sync::EventType::kDraftMigrated,
                            encode(DraftMigrated{draft, before.form.hash, move.form.hash,
                                                 move.carried, move.renamed, move.orphaned})));
    AWDA_CHECK(sweep_forms(session.db));
    session.step(Step::kDraftMigrated);
    AWDA_CHECK(write.commit());
    session.step(Step::kDraftCommitted);
    return {};
}

Result<Draft> load_draft(Session& session, const InstanceId& draft) {
    AWDA_CHECK(permit_draft(session, Permission::kViewRecord, draft));
    Draft found = AWDA_TRY(read_draft(session.db, draft));
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_CHECK(write.append(sync::EventType::kRecordViewed, encode_record_viewed(draft)));
    AWDA_CHECK(open_draft_parts(session, write, found));
    AWDA_CHECK(write.commit());
    return found;
}

Status delete_draft(Database& db, const InstanceId& draft) {
    AWDA_CHECK(drop_fields(db, draft));
    AWDA_CHECK(drop_parts(db, draft));
    AWDA_CHECK(drop_draft_parents(db, draft));
    AWDA_CHECK(put_seals(db, draft, {}));
    Statement remove = AWDA_TRY(db.prepare("DELETE FROM drafts WHERE instance = ?"));
    remove.bind(1, draft.value);
    return remove.run();
}

Status discard_draft(Session& session, const InstanceId& draft) {
    AWDA_CHECK(permit_draft(session, Permission::kRecord, draft));
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_TRY(next_position(session.db, draft));
    AWDA_CHECK(delete_draft(session.db, draft));
    AWDA_CHECK(sweep_forms(session.db));
    AWDA_CHECK(end_editing(session, write));
    AWDA_CHECK(write.append(sync::EventType::kRecordDiscarded, encode_record_discarded(draft)));
    AWDA_CHECK(write.commit());
    session.editing.reset();
    close_part(session, draft);
    sweep_attachments(session).ignore("the next unlock sweeps again");
    return {};
}

Result<InstanceId> amend(Session& session, const InstanceId& record, std::string_view reason) {
    AWDA_TRY(reach(session, Permission::kAmend));
    const std::string composed = AWDA_TRY(nfc(reason));
    if (AWDA_TRY(fold_name(composed)).empty())
        return Error(Errc::kUsage, "amending without a reason");
    if (composed.size() > kReasonMax) return Error(Errc::kTooLarge, "a reason");
    AmendBase base = AWDA_TRY(amend_base(session.db, record));
    AWDA_CHECK(permit(session, Permission::kAmend, base.officer));
    AWDA_CHECK(check_newest(session.db, base.record.root, base.newest));
    Draft draft;
    const UnixMs now = session.env.clock->now();
    draft.instance = InstanceId{new_uuid_v7(now, *session.env.random)};
    draft.root = base.record.root;
    draft.revision = base.newest + 1;
    draft.deprecates = record;
    draft.reason = composed;
    draft.form = FormRef{base.record.form_id, base.record.form_version, base.record.form_hash};
    draft.language = base.record.language;
    draft.title = base.title;
    draft.started_ms = now;
    draft.updated_ms = now;
    draft.fields = std::move(base.record.fields);
    AWDA_CHECK(begin_draft(session, draft, base.parts, base.others));
    return draft.instance;
}

}  // namespace awda::agent
