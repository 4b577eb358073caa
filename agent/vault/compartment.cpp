#include "agent/vault/compartment.h"

#include <limits>

#include "agent/vault/payloads_protection.h"
#include "agent/vault/protection_officers.h"

namespace awda::agent {

namespace {

Result<InstanceId> root_of(Database& db, const InstanceId& draft) {
    Statement query = AWDA_TRY(db.prepare("SELECT root FROM drafts WHERE instance = ?"));
    query.bind(1, draft.value);
    if (!AWDA_TRY(query.step())) return Error(Errc::kNotFound, "a draft");
    return query.id<InstanceId>(0);
}

Result<std::int64_t> newest_part(Database& db, const InstanceId& draft) {
    Statement query =
        AWDA_TRY(db.prepare("SELECT coalesce(max(n), 0) FROM draft_parts WHERE instance = ?"));
    query.bind(1, draft.value);
    AWDA_TRY(query.step());
    return query.integer(0);
}

/// The parts before number `end`.
Result<std::vector<sync::SealedPart>> parts_before(Database& db, const InstanceId& draft,
                                                   std::int64_t end) {
    Statement query = AWDA_TRY(
        db.prepare("SELECT part FROM draft_parts WHERE instance = ? AND n < ? ORDER BY n"));
    query.bind_all(draft.value, end);
    std::vector<sync::SealedPart> parts;
    while (AWDA_TRY(query.step())) {
        parts.push_back(AWDA_TRY(sync::decode_sealed_part(query.blob(0))));
    }
    return parts;
}

Status drop_before(Database& db, const InstanceId& draft, std::int64_t end) {
    Statement remove = AWDA_TRY(db.prepare("DELETE FROM draft_parts WHERE instance = ? AND n < ?"));
    remove.bind_all(draft.value, end);
    return remove.run();
}

Status put_part(Database& db, const InstanceId& draft, std::int64_t n,
                const sync::SealedPart& part) {
    Statement put =
        AWDA_TRY(db.prepare("INSERT INTO draft_parts(instance, n, part) VALUES(?, ?, ?)"
                            " ON CONFLICT(instance, n) DO UPDATE SET part = excluded.part"));
    put.bind_all(draft.value, n, sync::encode_sealed_part(part));
    return put.run();
}

/// The part this sitting writes to; a crash of the transaction that first wrote it is mended by the
/// next one, since each writes all of it.
Result<OpenPart*> sitting(Session& session, const InstanceId& draft) {
    OpenPart& part = session.open_parts[draft];
    if (part.n == 0) {
        part.key =
            sync::new_part_key(AWDA_TRY(protection_recipients(session)), *session.env.random);
        part.n = AWDA_TRY(newest_part(session.db, draft)) + 1;
    }
    return &part;
}

Status note_opened(Write& write, const InstanceId& instance, std::uint32_t parts) {
    if (parts == 0) return {};
    return write.append(sync::EventType::kProtectionOpened,
                        encode_protection_opened(instance, parts));
}

}  // namespace

Status write_part(Session& session, const InstanceId& draft, const ProtectedAnswers& answers) {
    OpenPart& part = *AWDA_TRY(sitting(session, draft));
    const InstanceId root = AWDA_TRY(root_of(session.db, draft));
    AWDA_CHECK(put_part(
        session.db, draft, part.n,
        sync::seal_part(part.key, root, answers.moves, answers.fields, *session.env.random)));
    return part.replaces ? drop_before(session.db, draft, part.n) : Status();
}

Status put_parts(Database& db, const InstanceId& draft,
                 const std::vector<sync::SealedPart>& parts) {
    std::int64_t n = 0;
    for (const sync::SealedPart& part : parts) AWDA_CHECK(put_part(db, draft, ++n, part));
    return {};
}

Status drop_parts(Database& db, const InstanceId& draft) {
    return drop_before(db, draft, std::numeric_limits<std::int64_t>::max());
}

Result<Opened> open_parts(Session& session, Write& write, const InstanceId& record,
                          const InstanceId& root, const std::vector<sync::SealedPart>& parts) {
    Opened out;
    if (parts.empty()) return out;
    if (!AWDA_TRY(is_protection_officer(session))) {
        out.sealed = static_cast<std::uint32_t>(parts.size());
        return out;
    }
    const SealKey key = seal_key_of(session.keys.officer);
    for (const sync::SealedPart& part : parts) {
        auto fields = sync::open_part(part, root, key);
        if (!fields.ok() && fields.error().code != Errc::kNotForUs) return fields.error();
        // Rows move under a part that stays sealed all the same.
        const std::vector<sync::Field> none;
        sync::lay_over(out.fields, part.moves, fields.ok() ? *fields : none);
        ++(fields.ok() ? out.opened : out.sealed);
        if (fields.ok()) sync::wipe_fields(*fields);
    }
    AWDA_CHECK(note_opened(write, record, out.opened));
    return out;
}

Status open_draft_parts(Session& session, Write& write, Draft& draft) {
    close_part(session, draft.instance);
    const auto parts = AWDA_TRY(
        parts_before(session.db, draft.instance, std::numeric_limits<std::int64_t>::max()));
    Opened opened = AWDA_TRY(open_parts(session, write, draft.instance, draft.root, parts));
    if (opened.sealed > 0) {
        sync::wipe_fields(opened.fields);
        draft.sealed_parts = static_cast<std::uint32_t>(parts.size());
        return {};
    }
    draft.protected_fields = std::move(opened.fields);
    if (!parts.empty()) session.open_parts[draft.instance].replaces = true;
    return {};
}

Result<Bytes> finished_compartment(Session& session, const Draft& draft,
                                   const ProtectedAnswers* answers) {
    const auto open = session.open_parts.find(draft.instance);
    const bool replaces = open != session.open_parts.end() && open->second.replaces;
    // The part of this sitting, if one was written, says again what `answers` says.
    const std::int64_t end = open != session.open_parts.end() && open->second.n > 0
                                 ? open->second.n
                                 : std::numeric_limits<std::int64_t>::max();
    std::vector<sync::SealedPart> parts;
    const bool carry = answers == nullptr || !replaces;
    if (carry) {
        parts = AWDA_TRY(
            parts_before(session.db, draft.instance,
                         answers == nullptr ? std::numeric_limits<std::int64_t>::max() : end));
    }
    if (answers != nullptr) {
        const sync::PartKey key =
            sync::new_part_key(AWDA_TRY(protection_recipients(session)), *session.env.random);
        parts.push_back(
            sync::seal_part(key, draft.root, answers->moves, answers->fields, *session.env.random));
    }
    if (parts.size() > sync::kPartsMax) return Error(Errc::kTooLarge, "too many sealed parts");
    return sync::encode_compartment(parts);
}

void close_part(Session& session, const InstanceId& draft) {
    session.open_parts.erase(draft);
}

}  // namespace awda::agent
