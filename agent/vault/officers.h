// officers: who may open this vault. Threads: the vault's.
#pragma once

#include "agent/vault/session.h"

namespace awda::agent {

[[nodiscard]] Result<std::vector<OfficerInfo>> list_officers(Session& session);
[[nodiscard]] Result<OfficerId> add_officer(Session& session, std::string_view name, Role role,
                                            const SecretBytes& passphrase);
Status change_passphrase(Session& session, const SecretBytes& old_passphrase,
                         const SecretBytes& new_passphrase);
/// The name of an officer, or nothing for one the log does not know.
[[nodiscard]] Result<std::string> officer_name(Database& db, const OfficerId& officer);

}  // namespace awda::agent
