#include "agent/vault/projections_consent.h"

#include "sync/consent_event.h"

namespace awda::agent {

Status apply_consent(Database& db, sync::EventType type, ByteView payload, std::uint64_t seq) {
    const sync::ConsentSaid said = AWDA_TRY(sync::decode_consent(type, payload));
    Statement insert = AWDA_TRY(db.prepare(
        "INSERT INTO consents(root, agency, purpose, given, seq) VALUES(?, ?, ?, ?, ?)"));
    insert.bind_all(said.root.value, said.agency, static_cast<int>(said.purpose), !said.withdrawn,
                    seq);
    return insert.run();
}

}  // namespace awda::agent
