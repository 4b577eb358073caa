// officers: who may open this vault. Threads: the vault's.
#pragma once

#include "agent/vault/session.h"

namespace awda::agent {

[[nodiscard]] Result<std::vector<OfficerInfo>> list_officers(Session& session);
[[nodiscard]] Result<OfficerId> add_officer(Session& session, std::string_view name, Role role,
                                            const SecretBytes& passphrase);
Status change_passphrase(Session& session, const SecretBytes& old_passphrase,
                         const SecretBytes& new_passphrase);
/// Takes an officer's slot out of both copies of the keyring. What they copied before still opens
/// what was then: change the vault's key (rotation.h). kNotAllowed unless an administrator is
/// logged in, and for oneself: so there is always an administrator left. kNotFound.
[[nodiscard]] Result<OfficerId> remove_officer(Session& session, std::string_view name);
/// The logged-in officer's slot in a copy of the session's keyring.
[[nodiscard]] Slot& own_slot(const Session& session, Keyring& keyring);
/// kWrongPassphrase, kSecondFactor. Takes as long as an unlock.
[[nodiscard]] Status check_own_passphrase(const Session& session, const Slot& slot,
                                          const SecretBytes& passphrase);
/// The name of an officer, or nothing for one the log does not know.
[[nodiscard]] Result<std::string> officer_name(Database& db, const OfficerId& officer);

}  // namespace awda::agent
