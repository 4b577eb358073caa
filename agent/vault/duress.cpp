#include "agent/vault/duress.h"

#include <algorithm>

#include "agent/vault/officers.h"
#include "agent/vault/passphrase.h"
#include "agent/vault/vault_open.h"
#include "platform/text.h"

namespace awda::agent {

namespace {

Status save(Session& session, Keyring next) {
    return save_keyring(session, std::move(next), session.identity.officer,
                        SlotChange::kPassphrase);
}

}  // namespace

Status set_duress_passphrase(Session& session, const SecretBytes& ordinary,
                             const SecretBytes& duress) {
    Keyring next = session.keyring;
    Slot& mine = own_slot(session, next);
    AWDA_CHECK(check_own_passphrase(session, mine, ordinary));
    const SecretBytes old_one = AWDA_TRY(nfc_secret(ordinary.view()));
    const SecretBytes composed = AWDA_TRY(nfc_secret(duress.view()));
    AWDA_CHECK(check_passphrase(composed.view(),
                                {session.identity.officer_name, session.identity.office_name}));
    if (equal(old_one.view(), composed.view())) {
        return Error(Errc::kSamePassphrase, "the ordinary passphrase as the duress one");
    }
    AWDA_CHECK(set_duress(next.device, mine, composed.view(), *session.env.random));
    return save(session, std::move(next));
}

Status remove_duress_passphrase(Session& session, const SecretBytes& ordinary) {
    Keyring next = session.keyring;
    Slot& mine = own_slot(session, next);
    AWDA_CHECK(check_own_passphrase(session, mine, ordinary));
    clear_duress(mine, *session.env.random);
    return save(session, std::move(next));
}

Error erase_under_duress(const KeyringPair& pair, Random& random) {
    pair.erase_slots(random).ignore("nothing may tell that something was tried");
    const auto copies = pair.load();
    if (!copies.ok()) return copies.error();
    return Error(Errc::kVaultDamaged, "neither copy of the keyring is whole");
}

}  // namespace awda::agent
