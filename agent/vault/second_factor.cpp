#include "agent/vault/second_factor.h"

#include <algorithm>

#include "agent/vault/officers.h"
#include "agent/vault/passphrase.h"
#include "agent/vault/vault_open.h"
#include "platform/text.h"

namespace awda::agent {

namespace {

/// Wraps the officer's slot anew with the factor that `slot` now says.
Status wrap_with(Session& session, Keyring next, Slot& slot, const SecretBytes& passphrase) {
    const SecretBytes composed = AWDA_TRY(nfc_secret(passphrase.view()));
    slot.epoch = next.epoch;
    slot.incoming.clear();
    slot.layout = kSlotLayout;
    AWDA_CHECK(wrap_slot(next.device, slot, composed.view(), session.env.factor,
                         session.keys.vault_key.view(), session.keys.officer.seed.view(),
                         *session.env.random));
    return save_keyring(session, std::move(next), session.identity.officer, SlotChange::kFactor);
}

}  // namespace

Status add_second_factor(Session& session, const SecretBytes& passphrase) {
    if (session.env.factor == nullptr) {
        return Error(Errc::kSecondFactor, "this program has no second factor");
    }
    Keyring next = session.keyring;
    Slot& mine = own_slot(session, next);
    AWDA_CHECK(check_own_passphrase(session, mine, passphrase));
    mine.credential = AWDA_TRY(session.env.factor->enrol(mine.officer));
    if (mine.credential.empty() || mine.credential.size() > kCredentialMax) {
        return Error(Errc::kSecondFactor, "a credential of an impossible size");
    }
    session.env.random->fill(mine.factor_salt);
    mine.factor = Factor::kDevice;
    return wrap_with(session, std::move(next), mine, passphrase);
}

Status remove_second_factor(Session& session, const SecretBytes& passphrase) {
    Keyring next = session.keyring;
    Slot& mine = own_slot(session, next);
    AWDA_CHECK(check_own_passphrase(session, mine, passphrase));
    mine.credential.clear();
    mine.factor_salt = {};
    mine.factor = Factor::kNone;
    return wrap_with(session, std::move(next), mine, passphrase);
}

}  // namespace awda::agent
