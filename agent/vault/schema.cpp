#include "agent/vault/schema.h"

#include <array>
#include <span>

#include "agent/vault/projections_cases.h"
#include "platform/codec.h"

namespace awda::agent {

namespace {

constexpr LiteralText kFirstTables = R"sql(
CREATE TABLE meta(name INTEGER PRIMARY KEY, value BLOB NOT NULL) STRICT;

CREATE TABLE events(
  seq INTEGER PRIMARY KEY CHECK(seq > 0),
  hlc INTEGER NOT NULL,
  officer BLOB NOT NULL CHECK(length(officer) = 16),
  office BLOB NOT NULL CHECK(length(office) = 16),
  type INTEGER NOT NULL,
  commitment BLOB NOT NULL CHECK(length(commitment) = 32),
  prev BLOB NOT NULL CHECK(length(prev) = 32),
  hash BLOB NOT NULL CHECK(length(hash) = 32),
  salt BLOB CHECK(salt IS NULL OR length(salt) = 16),
  payload BLOB,
  CHECK((salt IS NULL) = (payload IS NULL))) STRICT;
CREATE TRIGGER events_gapless BEFORE INSERT ON events
  WHEN new.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM events)
  BEGIN SELECT RAISE(ABORT, 'the log has no gaps'); END;
CREATE TRIGGER events_kept BEFORE DELETE ON events
  BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
CREATE TRIGGER events_fixed BEFORE UPDATE ON events
  WHEN NOT (new.seq IS old.seq AND new.hlc IS old.hlc AND new.officer IS old.officer
    AND new.office IS old.office AND new.type IS old.type
    AND new.commitment IS old.commitment AND new.prev IS old.prev AND new.hash IS old.hash
    AND new.salt IS NULL AND new.payload IS NULL)
  BEGIN SELECT RAISE(ABORT, 'the log never changes'); END;

CREATE TABLE officers(
  officer BLOB PRIMARY KEY, key BLOB NOT NULL, role INTEGER NOT NULL, name TEXT NOT NULL,
  seq INTEGER NOT NULL UNIQUE) STRICT, WITHOUT ROWID;

CREATE TABLE records(
  instance BLOB PRIMARY KEY, root BLOB NOT NULL, revision INTEGER NOT NULL,
  deprecates BLOB NOT NULL, form_id TEXT NOT NULL, form_version TEXT NOT NULL,
  language TEXT NOT NULL, title TEXT NOT NULL,
  officer BLOB NOT NULL, finalised_ms INTEGER NOT NULL, seq INTEGER NOT NULL UNIQUE,
  batch INTEGER NOT NULL DEFAULT 0, state INTEGER NOT NULL DEFAULT 1) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX records_root ON records(root, revision);
CREATE INDEX records_time ON records(finalised_ms, instance);
CREATE INDEX records_state ON records(state, finalised_ms, instance);
CREATE TABLE record_counts(state INTEGER PRIMARY KEY, n INTEGER NOT NULL) STRICT;
CREATE TRIGGER records_added AFTER INSERT ON records BEGIN
  INSERT INTO record_counts VALUES(new.state, 1) ON CONFLICT(state) DO UPDATE SET n = n + 1; END;
CREATE TRIGGER records_removed AFTER DELETE ON records BEGIN
  UPDATE record_counts SET n = n - 1 WHERE state = old.state; END;
CREATE TRIGGER records_moved AFTER UPDATE OF state ON records WHEN new.state <> old.state BEGIN
  UPDATE record_counts SET n = n - 1 WHERE state = old.state;
  INSERT INTO record_counts VALUES(new.state, 1) ON CONFLICT(state) DO UPDATE SET n = n + 1; END;

CREATE TABLE batches(
  number INTEGER PRIMARY KEY CHECK(number > 0), hash BLOB NOT NULL, first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL, size INTEGER NOT NULL, sealed_ms INTEGER NOT NULL,
  stored BLOB, opened BLOB, seq INTEGER NOT NULL UNIQUE) STRICT;
CREATE INDEX batches_unopened ON batches(number) WHERE opened IS NULL;

CREATE TABLE batch_files(
  number INTEGER PRIMARY KEY, auth BLOB NOT NULL CHECK(length(auth) = 64),
  file BLOB NOT NULL) STRICT;

CREATE TABLE drafts(
  instance BLOB PRIMARY KEY, root BLOB NOT NULL, revision INTEGER NOT NULL,
  deprecates BLOB NOT NULL, reason TEXT NOT NULL, form_id TEXT NOT NULL,
  form_version TEXT NOT NULL, form_hash BLOB NOT NULL,
  language TEXT NOT NULL, title TEXT NOT NULL, officer BLOB NOT NULL, started_ms INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL, next_pos INTEGER NOT NULL DEFAULT 1) STRICT, WITHOUT ROWID;
CREATE INDEX drafts_time ON drafts(updated_ms, instance);
CREATE UNIQUE INDEX drafts_root ON drafts(root, revision);
CREATE TABLE draft_fields(
  instance BLOB NOT NULL, path TEXT NOT NULL, pos INTEGER NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY(instance, path)) STRICT, WITHOUT ROWID;
)sql";

constexpr LiteralText kProtectionTables = R"sql(
CREATE TABLE protection_officers(
  officer BLOB PRIMARY KEY, issued_ms INTEGER NOT NULL, paper BLOB NOT NULL,
  seq INTEGER NOT NULL UNIQUE) STRICT, WITHOUT ROWID;
CREATE TABLE draft_parts(
  instance BLOB NOT NULL, n INTEGER NOT NULL CHECK(n > 0), part BLOB NOT NULL,
  PRIMARY KEY(instance, n)) STRICT, WITHOUT ROWID;
)sql";

/// Officers change, and a second one agrees to records. Leases of officers who were there before
/// are counted from when they were added, as projections_officers.cpp counts them.
constexpr LiteralText kOfficerTables = R"sql(
ALTER TABLE officers ADD COLUMN enrolled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE officers ADD COLUMN lease_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE officers ADD COLUMN active INTEGER NOT NULL DEFAULT 1;
ALTER TABLE officers ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
UPDATE officers SET enrolled = role, changed = seq,
  lease_ms = (SELECT (e.hlc >> 16) + 15552000000 FROM events e WHERE e.seq = officers.seq);

CREATE TABLE approvals(
  instance BLOB PRIMARY KEY, record BLOB NOT NULL CHECK(length(record) = 32),
  state INTEGER NOT NULL, decided_by BLOB, decided INTEGER,
  seq INTEGER NOT NULL UNIQUE) STRICT, WITHOUT ROWID;
CREATE INDEX approvals_state ON approvals(state);
)sql";

constexpr LiteralText kAttachmentTables = R"sql(
CREATE TABLE attachments(
  instance BLOB NOT NULL, name BLOB NOT NULL CHECK(length(name) = 32), kind INTEGER NOT NULL,
  size INTEGER NOT NULL, seq INTEGER NOT NULL UNIQUE,
  PRIMARY KEY(instance, name)) STRICT, WITHOUT ROWID;
CREATE INDEX attachments_name ON attachments(name);
CREATE TABLE blobs(
  content BLOB PRIMARY KEY CHECK(length(content) = 32),
  name BLOB NOT NULL UNIQUE CHECK(length(name) = 32), key BLOB NOT NULL CHECK(length(key) = 32),
  kind INTEGER NOT NULL, size INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
  thumbnail BLOB, delivered BLOB) STRICT;
)sql";

/// Forms that drafts and records here were made with, and what of a draft stays sealed although its
/// form's newer version has no mark for it. Neither follows from the log.
constexpr LiteralText kFormTables = R"sql(
CREATE TABLE kept_forms(
  hash BLOB PRIMARY KEY CHECK(length(hash) = 32), form_id TEXT NOT NULL,
  form_version TEXT NOT NULL, form BLOB NOT NULL) STRICT;
CREATE TABLE draft_seals(
  instance BLOB NOT NULL, path TEXT NOT NULL, PRIMARY KEY(instance, path)) STRICT, WITHOUT ROWID;
)sql";

/// A case is made by the record that began it, so most have one row here and nothing else; what
/// happened to it later is in `case_events`. `documents` has what other devices and decisions add
/// to the revisions of this one.
constexpr LiteralText kCaseTables = R"sql(
CREATE TABLE cases(
  id BLOB PRIMARY KEY CHECK(length(id) = 16), root BLOB NOT NULL CHECK(length(root) IN (0, 16)),
  reference TEXT NOT NULL, status INTEGER NOT NULL, owner BLOB NOT NULL,
  disputes INTEGER NOT NULL, changed INTEGER NOT NULL, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX cases_changed ON cases(changed, id);
CREATE INDEX cases_status ON cases(status, changed, id);
CREATE INDEX cases_disputed ON cases(changed, id) WHERE disputes > 0;
CREATE INDEX cases_reference ON cases(reference);
CREATE TABLE case_events(
  id BLOB NOT NULL, event INTEGER NOT NULL, seq INTEGER NOT NULL,
  PRIMARY KEY(id, event)) STRICT, WITHOUT ROWID;
CREATE TABLE case_records(
  root BLOB NOT NULL, id BLOB NOT NULL, seq INTEGER NOT NULL,
  PRIMARY KEY(root, id)) STRICT, WITHOUT ROWID;
CREATE INDEX case_records_id ON case_records(id);
CREATE TABLE document_revisions(
  id BLOB PRIMARY KEY CHECK(length(id) = 16), root BLOB NOT NULL, kind INTEGER NOT NULL,
  seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX document_revisions_root ON document_revisions(root);
CREATE TABLE revision_parents(
  id BLOB NOT NULL, parent BLOB NOT NULL, seq INTEGER NOT NULL,
  PRIMARY KEY(id, parent)) STRICT, WITHOUT ROWID;
CREATE TABLE draft_parents(
  instance BLOB NOT NULL, parent BLOB NOT NULL,
  PRIMARY KEY(instance, parent)) STRICT, WITHOUT ROWID;
CREATE TABLE identity_paths(
  form_id TEXT NOT NULL, path TEXT NOT NULL, seq INTEGER NOT NULL,
  PRIMARY KEY(form_id, path)) STRICT, WITHOUT ROWID;
CREATE TABLE foreign_events(
  ref BLOB PRIMARY KEY CHECK(length(ref) = 16), seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
)sql";

/// What is left of records whose content was erased, by the number of the event that held it, and
/// how long each class is kept.
constexpr LiteralText kRetentionTables = R"sql(
CREATE TABLE erased_records(
  seq INTEGER PRIMARY KEY, class INTEGER NOT NULL, skeleton BLOB NOT NULL,
  pruned INTEGER NOT NULL) STRICT;
CREATE TABLE retention(
  one INTEGER PRIMARY KEY CHECK(one = 1), working INTEGER NOT NULL, settled INTEGER NOT NULL,
  protected INTEGER NOT NULL, seq INTEGER NOT NULL) STRICT;
)sql";

/// One row for each event that speaks of a consent; what they come to is folded from the events.
constexpr LiteralText kConsentTables = R"sql(
CREATE TABLE consents(
  seq INTEGER PRIMARY KEY, root BLOB NOT NULL CHECK(length(root) = 16), agency TEXT NOT NULL,
  purpose INTEGER NOT NULL, given INTEGER NOT NULL) STRICT;
CREATE INDEX consents_root ON consents(root);
)sql";

/// Seeds of the salts of events that are not sealed yet; salt_seeds.h.
constexpr LiteralText kSaltTables = R"sql(
CREATE TABLE salt_seeds(
  first_seq INTEGER PRIMARY KEY CHECK(first_seq > 0),
  seed BLOB NOT NULL CHECK(length(seed) = 32)) STRICT;
)sql";

/// What each version added, oldest first; a vault of an older Awda gets what it lacks. A version
/// that was released is never edited.
constexpr std::array kVersion1 = {kFirstTables};
constexpr std::array kVersion2 = {kProtectionTables, kOfficerTables, kAttachmentTables, kCaseTables,
                                  kRetentionTables,  kFormTables,    kConsentTables};
constexpr std::array kVersion3 = {kSaltTables};
constexpr std::array<std::span<const LiteralText>, kSchemaVersion> kVersions = {
    kVersion1, kVersion2, kVersion3};

/// Brings the tables from version `from` to today's.
Status raise_schema(Database& db, int from) {
    Transaction transaction = AWDA_TRY(Transaction::begin(db));
    for (std::size_t i = static_cast<std::size_t>(from); i < kVersions.size(); ++i) {
        for (const LiteralText tables : kVersions[i]) AWDA_CHECK(db.exec(tables));
    }
    // A case is named by a hash, which SQL cannot make.
    if (from == 1) AWDA_CHECK(found_cases(db));
    AWDA_CHECK(db.set_user_version(kSchemaVersion));
    return transaction.commit();
}

}  // namespace

Status make_schema(Database& db) {
    return raise_schema(db, 0);
}

Status check_schema(Database& db) {
    const int version = AWDA_TRY(db.user_version());
    if (version > kSchemaVersion) return Error(Errc::kNotAllowed, "a vault of a newer Awda");
    if (version < 1) return Error(Errc::kVaultDamaged, "a database without a vault in it");
    return version < kSchemaVersion ? raise_schema(db, version) : Status();
}

Result<std::optional<Bytes>> meta_get(Database& db, Meta name) {
    Statement query = AWDA_TRY(db.prepare("SELECT value FROM meta WHERE name = ?"));
    query.bind(1, static_cast<int>(name));
    if (!AWDA_TRY(query.step())) return std::optional<Bytes>();
    const ByteView value = query.blob(0);
    return std::optional<Bytes>(Bytes(value.begin(), value.end()));
}

Result<std::int64_t> meta_number(Database& db, Meta name, std::int64_t otherwise) {
    const std::optional<Bytes> value = AWDA_TRY(meta_get(db, name));
    if (!value) return otherwise;
    ByteReader in(*value);
    const std::int64_t number = in.i64();
    if (!in.done().ok()) return Error(Errc::kVaultDamaged, "a number in the vault");
    return number;
}

Status meta_put(Database& db, Meta name, ByteView value) {
    Statement insert =
        AWDA_TRY(db.prepare("INSERT OR REPLACE INTO meta(name, value) VALUES(?, ?)"));
    insert.bind_all(static_cast<int>(name), value);
    return insert.run();
}

Status meta_put_number(Database& db, Meta name, std::int64_t value) {
    ByteWriter out;
    out.i64(value);
    return meta_put(db, name, out.bytes());
}

}  // namespace awda::agent
