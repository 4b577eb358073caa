#include "agent/vault/attachments.h"

#include <algorithm>
#include <set>

#include "agent/vault/access.h"
#include "agent/vault/blob_store.h"
#include "agent/vault/drafts.h"
#include "agent/vault/payloads_attachments.h"
#include "platform/pdf_check.h"

namespace awda::agent {

namespace {

constexpr std::size_t kHexHash = 64;

std::string_view ending_of(ContentKind kind) {
    switch (kind) {
        case ContentKind::kJpeg: return ".jpg";
        case ContentKind::kPng: return ".png";
        case ContentKind::kPdf: return ".pdf";
        case ContentKind::kOther: break;
    }
    return "";
}

BlobStore store_of(const Session& session) {
    return {session.folder, session.keys.vault_key.view()};
}

struct Blob {
    AttachmentInfo info;
    Hash32 name{};
    SecretBytes key;
};

/// One row of the query in find_blob() or list_attachments().
Result<Blob> read_blob(const Statement& row) {
    Blob blob;
    blob.info.content = AWDA_TRY(row.fixed<32>(0));
    blob.name = AWDA_TRY(row.fixed<32>(1));
    blob.key = SecretBytes::copy_of(row.blob(2));
    blob.info.kind = static_cast<ContentKind>(row.integer(3));
    blob.info.size = row.u64(4);
    blob.info.width = static_cast<std::uint32_t>(row.integer(5));
    blob.info.height = static_cast<std::uint32_t>(row.integer(6));
    blob.info.thumbnail = !row.is_null(7);
    blob.info.delivered = !row.is_null(8);
    return blob;
}

#define AWDA_BLOB_COLUMNS \
    "b.content, b.name, b.key, b.kind, b.size, b.width, b.height, b.thumbnail, b.delivered"

Result<std::optional<Blob>> find_blob(Database& db, const Hash32& content) {
    Statement query =
        AWDA_TRY(db.prepare("SELECT " AWDA_BLOB_COLUMNS " FROM blobs b WHERE b.content = ?"));
    query.bind(1, content);
    if (!AWDA_TRY(query.step())) return std::optional<Blob>();
    return std::optional<Blob>(AWDA_TRY(read_blob(query)));
}

Result<bool> refers(Database& db, const InstanceId& instance, const Hash32& name) {
    Statement query =
        AWDA_TRY(db.prepare("SELECT 1 FROM attachments WHERE instance = ? AND name = ?"));
    query.bind_all(instance.value, name);
    return query.step();
}

Result<Blob> blob_of(Database& db, const InstanceId& instance, const Hash32& content) {
    auto blob = AWDA_TRY(find_blob(db, content));
    if (!blob || !AWDA_TRY(refers(db, instance, blob->name))) {
        return Error(Errc::kNotFound, "an attachment of a draft or record");
    }
    return std::move(*blob);
}

/// A draft that the officer may write to.
Status check_draft(Session& session, const InstanceId& draft) {
    AWDA_TRY(reach(session, Permission::kRecord));
    Statement query = AWDA_TRY(session.db.prepare("SELECT officer FROM drafts WHERE instance = ?"));
    query.bind(1, draft.value);
    if (!AWDA_TRY(query.step())) return Error(Errc::kNotFound, "a draft");
    return permit(session, Permission::kRecord, AWDA_TRY(query.id<OfficerId>(0)));
}

/// A draft or record that the officer may look at.
Status check_view(Session& session, const InstanceId& instance) {
    AWDA_TRY(reach(session, Permission::kViewRecord));
    Statement query =
        AWDA_TRY(session.db.prepare("SELECT officer FROM drafts WHERE instance = ?1"
                                    " UNION ALL SELECT officer FROM records WHERE instance = ?1"));
    query.bind(1, instance.value);
    if (!AWDA_TRY(query.step())) return Error(Errc::kNotFound, "a draft or record");
    return permit(session, Permission::kViewRecord, AWDA_TRY(query.id<OfficerId>(0)));
}

Status check_room(Session& session, const InstanceId& draft) {
    Statement query =
        AWDA_TRY(session.db.prepare("SELECT count(*) FROM attachments WHERE instance = ?"));
    query.bind(1, draft.value);
    AWDA_TRY(query.step());
    if (query.u64(0) < kAttachmentsMax) return {};
    return Error(Errc::kTooLarge, "too many attachments");
}

Status insert_blob(Database& db, const Blob& blob, const Bytes& thumbnail) {
    Statement insert = AWDA_TRY(
        db.prepare("INSERT INTO blobs(content, name, key, kind, size, width, height, thumbnail)"
                   " VALUES(?, ?, ?, ?, ?, ?, ?, ?)"));
    const AttachmentInfo& info = blob.info;
    insert.bind_all(info.content, blob.name, blob.key.view(), static_cast<int>(info.kind),
                    info.size, info.width, info.height,
                    thumbnail.empty() ? std::optional<Bytes>() : std::optional<Bytes>(thumbnail));
    return insert.run();
}

Blob new_blob(Session& session, const Hash32& content, const PreparedAttachment& prepared) {
    Blob blob;
    blob.info.content = content;
    blob.info.kind = prepared.kind;
    blob.info.size = prepared.content.size();
    blob.info.width = prepared.width;
    blob.info.height = prepared.height;
    blob.info.thumbnail = !prepared.thumbnail.empty();
    blob.name = store_of(session).name_of(content);
    blob.key = SecretBytes(32);
    session.env.random->fill(blob.key.mutable_view());
    return blob;
}

Status note_viewing(Session& session, const InstanceId& instance, const Hash32& name,
                    AttachmentPart part) {
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_CHECK(write.append(sync::EventType::kAttachmentViewed,
                            encode_attachment_viewed({instance, name}, part)));
    return write.commit();
}

/// Names of the rows that are left, once those without a reference are gone.
Result<std::set<std::string>> drop_rows(Session& session, SweepSummary& summary) {
    Transaction transaction = AWDA_TRY(Transaction::begin(session.db));
    Statement remove = AWDA_TRY(
        session.db.prepare("DELETE FROM blobs WHERE name NOT IN (SELECT name FROM attachments)"));
    AWDA_CHECK(remove.run());
    summary.rows = static_cast<std::uint32_t>(session.db.changes());
    std::set<std::string> kept;
    {
        Statement query = AWDA_TRY(session.db.prepare("SELECT name FROM blobs"));
        while (AWDA_TRY(query.step())) {
            kept.insert(BlobStore::file_name(AWDA_TRY(query.fixed<32>(0))));
        }
    }
    AWDA_CHECK(transaction.commit());
    return kept;
}

}  // namespace

Result<PreparedAttachment> prepare_attachment(ByteView file, ImageUse use) {
    PreparedAttachment prepared;
    if (content_kind(file) == ContentKind::kPdf) {
        AWDA_CHECK(check_pdf(file));
        prepared.content.assign(file.begin(), file.end());
        prepared.kind = ContentKind::kPdf;
        return prepared;
    }
    PreparedImage image = AWDA_TRY(prepare_image(file, use));
    prepared.content = std::move(image.image.bytes);
    prepared.kind = image.image.kind;
    prepared.width = image.image.width;
    prepared.height = image.image.height;
    prepared.thumbnail = std::move(image.thumbnail.bytes);
    return prepared;
}

std::string AttachmentInfo::value() const {
    return to_hex(content) + std::string(ending_of(kind));
}

std::optional<Hash32> parse_attachment_value(std::string_view value) {
    if (value.size() != kHexHash + 4) return std::nullopt;
    const std::string_view ending = value.substr(kHexHash);
    if (ending != ".jpg" && ending != ".png" && ending != ".pdf") return std::nullopt;
    const auto bytes = from_hex(value.substr(0, kHexHash));
    if (!bytes.ok()) return std::nullopt;
    Hash32 content{};
    std::copy(bytes->begin(), bytes->end(), content.begin());
    return content;
}

Result<AttachmentInfo> attach(Session& session, const InstanceId& draft,
                              const PreparedAttachment& prepared) {
    AWDA_CHECK(check_draft(session, draft));
    AWDA_CHECK(check_room(session, draft));
    const Hash32 content = content_hash(prepared.content);
    auto known = AWDA_TRY(find_blob(session.db, content));
    const bool fresh = !known.has_value();
    if (fresh) known = new_blob(session, content, prepared);
    const Blob& blob = *known;
    // A file that is missing or damaged is put right by the same content coming again.
    if (fresh || !store_of(session).read(blob.name, blob.key.view()).ok()) {
        AWDA_CHECK(store_of(session).write(blob.name, blob.key.view(), prepared.content));
        session.step(Step::kBlobWritten);
    }
    if (!fresh && AWDA_TRY(refers(session.db, draft, blob.name))) return blob.info;
    Write write = AWDA_TRY(Write::begin(session));
    if (fresh) AWDA_CHECK(insert_blob(session.db, blob, prepared.thumbnail));
    AWDA_CHECK(
        write.append(sync::EventType::kAttachmentAdded,
                     encode(AttachmentAdded{draft, blob.name, blob.info.kind, blob.info.size})));
    AWDA_CHECK(write.commit());
    session.step(Step::kAttachmentCommitted);
    return blob.info;
}

Status detach(Session& session, const InstanceId& draft, const Hash32& content) {
    AWDA_CHECK(check_draft(session, draft));
    const Blob blob = AWDA_TRY(blob_of(session.db, draft, content));
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_CHECK(write.append(sync::EventType::kAttachmentRemoved,
                            encode_attachment_removed({draft, blob.name})));
    AWDA_CHECK(write.commit());
    sweep_attachments(session).ignore("the next unlock sweeps again");
    return {};
}

Result<std::vector<AttachmentInfo>> list_attachments(Session& session, const InstanceId& instance) {
    AWDA_CHECK(check_view(session, instance));
    Statement query =
        AWDA_TRY(session.db.prepare("SELECT " AWDA_BLOB_COLUMNS
                                    " FROM attachments a JOIN blobs b ON b.name = a.name"
                                    " WHERE a.instance = ? ORDER BY a.seq"));
    query.bind(1, instance.value);
    const BlobStore store = store_of(session);
    std::vector<AttachmentInfo> found;
    while (AWDA_TRY(query.step())) {
        Blob blob = AWDA_TRY(read_blob(query));
        blob.info.whole = store.stands(blob.name, blob.info.size);
        found.push_back(blob.info);
    }
    return found;
}

Result<Bytes> open_attachment(Session& session, const InstanceId& instance, const Hash32& content) {
    AWDA_CHECK(check_view(session, instance));
    const Blob blob = AWDA_TRY(blob_of(session.db, instance, content));
    Bytes bytes = AWDA_TRY(store_of(session).read(blob.name, blob.key.view()));
    if (content_hash(bytes) != content) return Error(Errc::kAltered, "an attachment's content");
    AWDA_CHECK(note_viewing(session, instance, blob.name, AttachmentPart::kWhole));
    return bytes;
}

Result<Bytes> open_thumbnail(Session& session, const InstanceId& instance, const Hash32& content) {
    AWDA_CHECK(check_view(session, instance));
    const Blob blob = AWDA_TRY(blob_of(session.db, instance, content));
    Bytes bytes;
    {
        Statement query =
            AWDA_TRY(session.db.prepare("SELECT thumbnail FROM blobs WHERE content = ?"));
        query.bind(1, content);
        if (!AWDA_TRY(query.step()) || query.is_null(0)) {
            return Error(Errc::kNotFound, "an attachment's small picture");
        }
        const ByteView view = query.blob(0);
        bytes.assign(view.begin(), view.end());
    }
    AWDA_CHECK(note_viewing(session, instance, blob.name, AttachmentPart::kThumbnail));
    return bytes;
}

Status carry_attachments(Write& write, Session& session, const InstanceId& record,
                         const InstanceId& draft) {
    std::vector<AttachmentAdded> carried;
    {
        Statement query = AWDA_TRY(session.db.prepare(
            "SELECT name, kind, size FROM attachments WHERE instance = ? ORDER BY seq"));
        query.bind(1, record.value);
        while (AWDA_TRY(query.step())) {
            carried.push_back({draft, AWDA_TRY(query.fixed<32>(0)),
                               static_cast<ContentKind>(query.integer(1)), query.u64(2)});
        }
    }
    for (const AttachmentAdded& each : carried) {
        AWDA_CHECK(write.append(sync::EventType::kAttachmentAdded, encode(each)));
    }
    return {};
}

Result<SweepSummary> sweep_attachments(Session& session) {
    SweepSummary summary;
    const std::set<std::string> kept = AWDA_TRY(drop_rows(session, summary));
    session.step(Step::kBlobRowsSwept);
    const BlobStore store = store_of(session);
    for (const std::string& file : AWDA_TRY(store.files())) {
        if (kept.contains(file)) continue;
        AWDA_CHECK(store.remove_file_named(file));
        ++summary.files;
    }
    return summary;
}

}  // namespace awda::agent
