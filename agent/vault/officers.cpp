#include "agent/vault/officers.h"

#include <algorithm>

#include "agent/vault/access.h"
#include "agent/vault/passphrase.h"
#include "agent/vault/payloads.h"
#include "agent/vault/vault_open.h"
#include "platform/text.h"

namespace awda::agent {

namespace {

Result<SecretBytes> good_passphrase(const SecretBytes& given, std::string_view name,
                                    std::string_view office) {
    SecretBytes composed = AWDA_TRY(nfc_secret(given.view()));
    AWDA_CHECK(check_passphrase(composed.view(), {name, office}));
    return composed;
}

bool has_slot(const Keyring& keyring, const OfficerId& officer) {
    return std::ranges::any_of(keyring.slots,
                               [&officer](const Slot& slot) { return slot.officer == officer; });
}

/// What an officer has now, and since which event.
struct KnownTerms {
    OfficerTerms terms;
    std::uint64_t seq = 0;
};

Result<KnownTerms> read_terms(Database& db, const OfficerId& officer) {
    Statement query = AWDA_TRY(
        db.prepare("SELECT role, lease_ms, active, changed FROM officers WHERE officer = ?"));
    query.bind(1, officer.value);
    if (!AWDA_TRY(query.step())) return Error(Errc::kNotFound, "an officer");
    return KnownTerms{
        {static_cast<Role>(query.integer(0)), query.integer(1), query.integer(2) != 0},
        query.u64(3)};
}

Status enter_terms(Session& session, Write& write, const OfficerId& officer,
                   const OfficerTerms& terms) {
    OfficerChanged event;
    event.officer = officer;
    event.terms = terms;
    event.after_seq = AWDA_TRY(read_terms(session.db, officer)).seq;
    event.changed_by = session.identity.officer;
    return write.append(sync::EventType::kOfficerChanged,
                        sign_officer_changed(event, session.keys.officer));
}

Result<UnixMs> lease_from_now(const Session& session, int days) {
    if (days < 1 || days > kLeaseDaysMax) return Error(Errc::kUsage, "the days of a lease");
    return time_now(session).believed_ms + days * kDayMs;
}

Status enter_officer(Session& session, const OfficerId& officer, const SignPublic& key, Role role,
                     const std::string& name, UnixMs lease) {
    Write write = AWDA_TRY(Write::begin(session));
    const Bytes payload = sign_officer_added(
        OfficerAdded{officer, key, role, name, session.identity.officer, {}}, session.keys.officer);
    AWDA_CHECK(write.append(sync::EventType::kOfficerAdded, payload));
    AWDA_CHECK(enter_terms(session, write, officer, OfficerTerms{role, lease, true}));
    return write.commit();
}

}  // namespace

Result<std::vector<OfficerInfo>> list_officers(Session& session) {
    Statement query =
        AWDA_TRY(session.db.prepare("SELECT officer, name, role, key, active, lease_ms FROM"
                                    " officers ORDER BY seq"));
    std::vector<OfficerInfo> officers;
    while (AWDA_TRY(query.step())) {
        OfficerInfo info;
        info.id = AWDA_TRY(query.id<OfficerId>(0));
        info.name = std::string(query.text(1));
        info.role = static_cast<Role>(query.integer(2));
        info.key = AWDA_TRY(query.fixed<32>(3));
        info.here = has_slot(session.keyring, info.id);
        info.active = query.integer(4) != 0;
        info.until_ms = lease_end(info.role, info.active, query.integer(5), session.seen);
        officers.push_back(std::move(info));
    }
    return officers;
}

Result<OfficerId> add_officer(Session& session, std::string_view name, Role role,
                              const SecretBytes& passphrase, int lease_days) {
    AWDA_CHECK(permit(session, Permission::kAdminister));
    const UnixMs lease = AWDA_TRY(lease_from_now(session, lease_days));
    if (role_name(role).empty()) return Error(Errc::kUsage, "an unknown role");
    const std::string composed = AWDA_TRY(nfc(name));
    if (composed.size() > kOfficerNameMax) return Error(Errc::kTooLarge, "an officer's name");
    Keyring next = session.keyring;
    if (next.slots.size() >= kSlotsMax) return Error(Errc::kTooLarge, "too many officers");
    const Hash32 tag = AWDA_TRY(name_tag(next, composed));
    const bool taken =
        std::ranges::any_of(next.slots, [&tag](const Slot& slot) { return slot.name_tag == tag; });
    if (taken) return Error(Errc::kUsage, "an officer of that name is here already");
    const SecretBytes good =
        AWDA_TRY(good_passphrase(passphrase, composed, session.identity.office_name));
    const KdfCost cost = AWDA_TRY(calibrate(session.env.kdf, *session.env.clock));

    Random& random = *session.env.random;
    const OfficerId officer{new_uuid_v7(session.env.clock->now(), random)};
    const SignKey key = new_sign_key(random);
    next.slots.push_back(
        AWDA_TRY(make_slot(next, next_slot_number(next), officer, role, tag,
                           session.keys.vault_key.view(), key, good.view(), cost, random)));
    // The log first: a slot of an officer whom the log does not know would be refused.
    AWDA_CHECK(enter_officer(session, officer, key.pub, role, composed, lease));
    AWDA_CHECK(save_keyring(session, std::move(next), officer, SlotChange::kAdded));
    return officer;
}

Status change_officer(Session& session, const OfficerId& officer, const OfficerTerms& terms) {
    AWDA_CHECK(permit(session, Permission::kAdminister));
    if (officer == session.identity.officer) {
        return Error(Errc::kSecondPerson, "changing one's own rights");
    }
    if (role_name(terms.role).empty()) return Error(Errc::kUsage, "an unknown role");
    Write write = AWDA_TRY(Write::begin(session));
    AWDA_CHECK(enter_terms(session, write, officer, terms));
    return write.commit();
}

Status set_role(Session& session, std::string_view name, Role role) {
    const OfficerInfo officer = AWDA_TRY(find_officer(session, name));
    OfficerTerms terms = AWDA_TRY(read_terms(session.db, officer.id)).terms;
    terms.role = role;
    return change_officer(session, officer.id, terms);
}

Status renew_lease(Session& session, std::string_view name, int days) {
    const OfficerInfo officer = AWDA_TRY(find_officer(session, name));
    OfficerTerms terms = AWDA_TRY(read_terms(session.db, officer.id)).terms;
    terms.lease_ms = AWDA_TRY(lease_from_now(session, days));
    terms.active = true;
    return change_officer(session, officer.id, terms);
}

Result<OfficerInfo> find_officer(Session& session, std::string_view name) {
    const std::string wanted = AWDA_TRY(fold_name(name));
    const std::vector<OfficerInfo> officers = AWDA_TRY(list_officers(session));
    // The newest of a name: an earlier one may have left.
    for (auto officer = officers.rbegin(); officer != officers.rend(); ++officer) {
        if (AWDA_TRY(fold_name(officer->name)) == wanted) return *officer;
    }
    return Error(Errc::kNotFound, "an officer");
}

Status change_passphrase(Session& session, const SecretBytes& old_passphrase,
                         const SecretBytes& new_passphrase) {
    Keyring next = session.keyring;
    Slot& mine = own_slot(session, next);
    AWDA_CHECK(check_own_passphrase(session, mine, old_passphrase));
    const SecretBytes good = AWDA_TRY(good_passphrase(new_passphrase, session.identity.officer_name,
                                                      session.identity.office_name));
    // Salt and cost stay, so that a duress passphrase goes on working: whether there is one, nobody
    // can tell.
    mine.epoch = next.epoch;
    mine.incoming.clear();
    mine.layout = kSlotLayout;
    AWDA_CHECK(wrap_slot(next.device, mine, good.view(), session.env.factor,
                         session.keys.vault_key.view(), session.keys.officer.seed.view(),
                         *session.env.random));
    return save_keyring(session, std::move(next), session.identity.officer,
                        SlotChange::kPassphrase);
}

Result<OfficerId> remove_officer(Session& session, std::string_view name) {
    AWDA_CHECK(permit(session, Permission::kAdminister));
    Keyring next = session.keyring;
    const Slot* found = find_slot(next, name);
    if (found == nullptr) return Error(Errc::kNotFound, "an officer to remove");
    const OfficerId officer = found->officer;
    // Whoever removes is an administrator and stays, so there is always one left.
    if (officer == session.identity.officer) {
        return Error(Errc::kNotAllowed, "removing oneself");
    }
    std::erase_if(next.slots, [&officer](const Slot& slot) { return slot.officer == officer; });
    AWDA_CHECK(save_keyring(session, std::move(next), officer, SlotChange::kRemoved));
    KeyringPair(session.folder)
        .erase_aside(*session.env.random)
        .ignore("the copies that count do not have the slot");
    return officer;
}

Slot& own_slot(const Session& session, Keyring& keyring) {
    const auto mine = std::ranges::find_if(keyring.slots, [&session](const Slot& slot) {
        return slot.officer == session.identity.officer;
    });
    AWDA_ASSERT(mine != keyring.slots.end());
    return *mine;
}

Status check_own_passphrase(const Session& session, const Slot& slot,
                            const SecretBytes& passphrase) {
    const auto composed = nfc_secret(passphrase.view());
    if (!composed.ok()) return Error(Errc::kWrongPassphrase, "a passphrase that is not text");
    AWDA_TRY(open_slot(session.keyring.device, slot, composed->view(),
                       {session.env.kdf, session.env.factor}));
    return {};
}

Result<std::string> officer_name(Database& db, const OfficerId& officer) {
    Statement query = AWDA_TRY(db.prepare("SELECT name FROM officers WHERE officer = ?"));
    query.bind(1, officer.value);
    if (!AWDA_TRY(query.step())) return std::string();
    return std::string(query.text(0));
}

}  // namespace awda::agent
