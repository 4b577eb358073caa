#include "agent/vault/kept_forms.h"

namespace awda::agent {

Result<bool> has_form(Database& db, const Hash32& hash) {
    Statement query = AWDA_TRY(db.prepare("SELECT 1 FROM kept_forms WHERE hash = ?"));
    query.bind(1, hash);
    return query.step();
}

Status keep_form(Session& session, const FormRef& form, ByteView bytes) {
    if (bytes.size() > kKeptFormBytesMax) return Error(Errc::kTooLarge, "keeping a form");
    const std::int64_t held = AWDA_TRY(session.db.query_integer("SELECT count(*) FROM kept_forms"));
    if (held >= static_cast<std::int64_t>(kKeptFormsMax)) {
        return Error(Errc::kTooLarge, "keeping another form");
    }
    Write write = AWDA_TRY(Write::begin(session));
    Statement insert = AWDA_TRY(session.db.prepare(
        "INSERT OR IGNORE INTO kept_forms(hash, form_id, form_version, form) VALUES(?, ?, ?, ?)"));
    insert.bind_all(form.hash, form.id, form.version, bytes);
    AWDA_CHECK(insert.run());
    return write.commit();
}

Result<std::optional<Bytes>> kept_form(Database& db, const Hash32& hash) {
    Statement query = AWDA_TRY(db.prepare("SELECT form FROM kept_forms WHERE hash = ?"));
    query.bind(1, hash);
    if (!AWDA_TRY(query.step())) return std::optional<Bytes>();
    const ByteView form = query.blob(0);
    return std::optional<Bytes>(Bytes(form.begin(), form.end()));
}

Status sweep_forms(Database& db) {
    // A record's hash of its form is in its payload, its version in the table.
    Statement sweep = AWDA_TRY(db.prepare(
        "DELETE FROM kept_forms WHERE NOT EXISTS (SELECT 1 FROM drafts d WHERE d.form_hash = hash)"
        " AND NOT EXISTS (SELECT 1 FROM records r WHERE r.form_id = kept_forms.form_id"
        " AND r.form_version = kept_forms.form_version)"));
    return sweep.run();
}

}  // namespace awda::agent
