// officers: who may open this vault. Threads: the vault's.
#pragma once

#include "agent/vault/lease.h"
#include "agent/vault/payloads_officers.h"
#include "agent/vault/session.h"

namespace awda::agent {

[[nodiscard]] Result<std::vector<OfficerInfo>> list_officers(Session& session);
[[nodiscard]] Result<OfficerId> add_officer(Session& session, std::string_view name, Role role,
                                            const SecretBytes& passphrase,
                                            int lease_days = kLeaseDays);
/// Gives an officer of this computer other terms, signed by the administrator who is logged in.
/// kSecondPerson for oneself: so that there is always an administrator left, and nobody extends his
/// own lease. kNotFound.
Status change_officer(Session& session, const OfficerId& officer, const OfficerTerms& terms);
/// Another role, from the officer's next log-in on.
Status set_role(Session& session, std::string_view name, Role role);
/// The right to log in runs `days` from now, by the time that is believed. kUsage unless it is
/// between 1 and kLeaseDaysMax; an officer whose right was taken away gets it back.
Status renew_lease(Session& session, std::string_view name, int days);
/// By name, as it is typed to log in. kNotFound.
[[nodiscard]] Result<OfficerInfo> find_officer(Session& session, std::string_view name);
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
