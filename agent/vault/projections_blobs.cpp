#include "agent/vault/projections_blobs.h"

#include "agent/vault/payloads_attachments.h"
#include "platform/codec.h"

namespace awda::agent {

Status apply_attachment_added(Database& db, const sync::Event& event) {
    const AttachmentAdded added = AWDA_TRY(decode_attachment_added(*event.payload));
    Statement insert = AWDA_TRY(db.prepare(
        "INSERT INTO attachments(instance, name, kind, size, seq) VALUES(?, ?, ?, ?, ?)"));
    insert.bind_all(added.instance.value, added.name, static_cast<int>(added.kind), added.size,
                    event.seq);
    return insert.run();
}

Status apply_attachment_removed(Database& db, const sync::Event& event) {
    const AttachmentRef removed = AWDA_TRY(decode_attachment_removed(*event.payload));
    Statement remove =
        AWDA_TRY(db.prepare("DELETE FROM attachments WHERE instance = ? AND name = ?"));
    remove.bind_all(removed.instance.value, removed.name);
    return remove.run();
}

Status apply_draft_discarded(Database& db, const sync::Event& event) {
    ByteReader in(*event.payload);
    in.domain("AWDADISC");
    const Id16 instance = in.fixed<16>();
    AWDA_CHECK(in.done());
    Statement remove = AWDA_TRY(db.prepare("DELETE FROM attachments WHERE instance = ?"));
    remove.bind(1, instance);
    return remove.run();
}

}  // namespace awda::agent
