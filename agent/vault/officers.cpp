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

/// A number that no slot has had since the keyring was made, so that none is ever bound twice.
std::uint16_t next_slot_number(const Keyring& keyring) {
    std::uint16_t highest = 0;
    for (const Slot& slot : keyring.slots) highest = std::max(highest, slot.number);
    return static_cast<std::uint16_t>(highest + 1);
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
    const auto mine = std::ranges::find_if(next.slots, [&session](const Slot& slot) {
        return slot.officer == session.identity.officer;
    });
    AWDA_ASSERT(mine != next.slots.end());
    const auto old_composed = nfc_secret(old_passphrase.view());
    if (!old_composed.ok()) return Error(Errc::kWrongPassphrase, "the old passphrase");
    AWDA_TRY(open_slot(next, *mine, old_composed->view(), session.env.kdf));
    const SecretBytes good = AWDA_TRY(good_passphrase(new_passphrase, session.identity.officer_name,
                                                      session.identity.office_name));
    const KdfCost cost = AWDA_TRY(calibrate(session.env.kdf, *session.env.clock));
    *mine = AWDA_TRY(make_slot(next, mine->number, mine->officer, mine->role, mine->name_tag,
                               session.keys.vault_key.view(), session.keys.officer, good.view(),
                               cost, *session.env.random));
    return save_keyring(session, std::move(next), session.identity.officer,
                        SlotChange::kPassphrase);
}

Result<std::string> officer_name(Database& db, const OfficerId& officer) {
    Statement query = AWDA_TRY(db.prepare("SELECT name FROM officers WHERE officer = ?"));
    query.bind(1, officer.value);
    if (!AWDA_TRY(query.step())) return std::string();
    return std::string(query.text(0));
}

}  // namespace awda::agent
