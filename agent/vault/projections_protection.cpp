#include "agent/vault/projections_protection.h"

#include "sync/protection_paper.h"

namespace awda::agent {

Status apply_protection(Database& db, const sync::Event& event) {
    const sync::ProtectionPaper paper = AWDA_TRY(sync::read_protection_paper(*event.payload));
    Statement put = AWDA_TRY(db.prepare(
        "INSERT INTO protection_officers(officer, issued_ms, paper, seq) VALUES(?, ?, ?, ?)"
        " ON CONFLICT(officer) DO UPDATE SET issued_ms = excluded.issued_ms,"
        " paper = excluded.paper, seq = excluded.seq"));
    put.bind_all(paper.officer.value, paper.issued_ms, *event.payload, event.seq);
    return put.run();
}

}  // namespace awda::agent
