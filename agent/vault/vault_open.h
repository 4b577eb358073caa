// vault_open: making a vault, the way into one, and the way out. The order of steps is in
// agent/VAULT.md.
//
// Threads: one at a time for a folder; the lock file sees to that between processes.
#pragma once

#include <memory>

#include "agent/vault/payloads.h"
#include "agent/vault/session.h"

namespace awda::agent {

[[nodiscard]] bool vault_present(const Path& folder);
/// Makes the vault's files; the caller then unlocks it.
[[nodiscard]] Result<std::unique_ptr<Session>> make_vault(const VaultEnv& env,
                                                          const NewVault& wanted);
[[nodiscard]] Result<std::unique_ptr<Session>> unlock_vault(const VaultEnv& env, const Path& folder,
                                                            std::string_view officer_name,
                                                            const SecretBytes& passphrase);
/// Ends a session: checkpoints, says so in the log, closes. The keys are wiped whatever it returns.
Status close_session(std::unique_ptr<Session> session, LockReason why = LockReason::kAsked);

/// Makes `next` the vault's keyring: next generation, both copies, then its number in the log.
[[nodiscard]] Status save_keyring(Session& session, Keyring next, const OfficerId& officer,
                                  SlotChange change);

}  // namespace awda::agent
