#include "agent/vault/protection_officers.h"

#include <algorithm>

namespace awda::agent {

namespace {

struct Known {
    UnixMs issued_ms = 0;
    Bytes paper;
};

Result<std::optional<Known>> known_paper(Database& db, const OfficerId& officer) {
    Statement query =
        AWDA_TRY(db.prepare("SELECT issued_ms, paper FROM protection_officers WHERE officer = ?"));
    query.bind(1, officer.value);
    if (!AWDA_TRY(query.step())) return std::optional<Known>();
    const ByteView paper = query.blob(1);
    return std::optional<Known>(Known{query.integer(0), Bytes(paper.begin(), paper.end())});
}

}  // namespace

Bytes protection_request(const Session& session) {
    sync::ProtectionRequest request;
    request.office = session.identity.office;
    request.officer = session.identity.officer;
    request.officer_key = session.keys.officer.pub;
    request.claimed_ms = session.env.clock->now();
    return sync::sign_protection_request(request, session.keys.officer);
}

Result<sync::ProtectionPaper> install_protection(Session& session, ByteView file) {
    const sync::ProtectionPaper paper =
        AWDA_TRY(sync::open_protection_paper(file, session.hq.delegate));
    if (paper.office != session.identity.office) {
        return Error(Errc::kNotAllowed, "a protection paper of another office");
    }
    if (const auto known = AWDA_TRY(known_paper(session.db, paper.officer))) {
        if (equal(known->paper, file)) return paper;
        if (known->issued_ms >= paper.issued_ms) {
            return Error(Errc::kAltered, "a protection paper older than the one in force");
        }
    }
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_CHECK(write.append(paper.act == sync::ProtectionAct::kCertify
                                ? sync::EventType::kProtectionCertified
                                : sync::EventType::kProtectionRevoked,
                            file));
    AWDA_CHECK(write.commit());
    return paper;
}

Result<std::vector<ProtectionOfficer>> protection_officers(Session& session) {
    const UnixMs now = std::max(AWDA_TRY(highest_time(session)), session.env.clock->now());
    Statement query =
        AWDA_TRY(session.db.prepare("SELECT paper FROM protection_officers ORDER BY seq"));
    std::vector<ProtectionOfficer> officers;
    while (AWDA_TRY(query.step())) {
        const auto paper = sync::open_protection_paper(query.blob(0), session.hq.delegate);
        if (!paper.ok() || paper->office != session.identity.office) continue;
        officers.push_back(
            {*paper, paper->act == sync::ProtectionAct::kCertify && paper->expires_ms > now});
    }
    return officers;
}

Result<std::vector<SealPublic>> protection_recipients(Session& session) {
    std::vector<SealPublic> keys{session.hq.protection};
    for (const ProtectionOfficer& officer : AWDA_TRY(protection_officers(session))) {
        if (!officer.in_force || keys.size() >= sync::kPartRecipientsMax) continue;
        keys.push_back(AWDA_TRY(seal_public_of(officer.paper.officer_key)));
    }
    return keys;
}

Result<bool> is_protection_officer(Session& session) {
    const std::vector<ProtectionOfficer> all = AWDA_TRY(protection_officers(session));
    return std::ranges::any_of(all, [&](const ProtectionOfficer& officer) {
        return officer.in_force && officer.paper.officer == session.identity.officer &&
               officer.paper.officer_key == session.keys.officer.pub;
    });
}

}  // namespace awda::agent
