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

Status enter_officer(Session& session, const OfficerId& officer, const SignPublic& key, Role role,
                     const std::string& name) {
    Write write = AWDA_TRY(Write::begin(session));
    const Bytes payload = sign_officer_added(
        OfficerAdded{officer, key, role, name, session.identity.officer, {}}, session.keys.officer);
    AWDA_CHECK(write.append(sync::EventType::kOfficerAdded, payload));
    return write.commit();
}

}  // namespace

Result<std::vector<OfficerInfo>> list_officers(Session& session) {
    Statement query =
        AWDA_TRY(session.db.prepare("SELECT officer, name, role, key FROM officers ORDER BY seq"));
    std::vector<OfficerInfo> officers;
    while (AWDA_TRY(query.step())) {
        OfficerInfo info;
        info.id = AWDA_TRY(query.id<OfficerId>(0));
        info.name = std::string(query.text(1));
        info.role = static_cast<Role>(query.integer(2));
        info.key = AWDA_TRY(query.fixed<32>(3));
        info.here = has_slot(session.keyring, info.id);
        officers.push_back(std::move(info));
    }
    return officers;
}

Result<OfficerId> add_officer(Session& session, std::string_view name, Role role,
                              const SecretBytes& passphrase) {
    AWDA_CHECK(permit(session, Permission::kAdminister));
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
    AWDA_CHECK(enter_officer(session, officer, key.pub, role, composed));
    AWDA_CHECK(save_keyring(session, std::move(next), officer, SlotChange::kAdded));
    return officer;
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
