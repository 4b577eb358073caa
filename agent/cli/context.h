// Context: what every command of `awda` works with. Private to agent/cli.
//
// Ownership: lives for one run; borrows CliIo. Threads: one.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "agent/cli/options.h"
#include "agent/cli/output.h"
#include "agent/cli/passphrase.h"
#include "agent/cli/run.h"
#include "agent/desk/form_library.h"
#include "agent/desk/intake.h"
#include "agent/vault/vault.h"

namespace awda::cli {

struct Context {
    const Options& options;
    CliIo& io;
    Output& out;
    PassphraseSource& passphrases;
    Path folder;
    agent::FormLibrary forms;

    [[nodiscard]] agent::VaultEnv vault_env() const;
    /// --officer or AWDA_OFFICER. kNoOfficer.
    [[nodiscard]] Result<std::string> officer() const;
};

/// Unlocks the vault for a command, and locks it in good order at the end of its scope.
class OpenVault {
public:
    [[nodiscard]] static Result<OpenVault> unlock(Context& context);
    OpenVault(OpenVault&&) noexcept = default;
    OpenVault& operator=(OpenVault&&) = delete;
    ~OpenVault();

    [[nodiscard]] agent::Vault& operator*() { return *vault_; }
    [[nodiscard]] agent::Vault* operator->() { return vault_.get(); }
    [[nodiscard]] agent::IntakeParts parts(Context& context) {
        return {*vault_, context.forms, context.io.clock, context.io.random};
    }

private:
    explicit OpenVault(std::unique_ptr<agent::Vault> vault) : vault_(std::move(vault)) {}
    std::unique_ptr<agent::Vault> vault_;
};

/// Unlocks if a passphrase can be had; nothing if there is none, for delivery goes on without.
[[nodiscard]] Result<std::optional<OpenVault>> unlock_if_possible(Context& context);

/// An exit code, or the error to report.
using Outcome = Result<int>;

[[nodiscard]] Outcome init(Context& context);
[[nodiscard]] Outcome officer_add(Context& context);
[[nodiscard]] Outcome officer_list(Context& context);
[[nodiscard]] Outcome officer_role(Context& context);
[[nodiscard]] Outcome officer_renew(Context& context);
[[nodiscard]] Outcome clock_confirm(Context& context);
[[nodiscard]] Outcome passphrase_change(Context& context);
[[nodiscard]] Outcome officer_remove(Context& context);
[[nodiscard]] Outcome passphrase_duress(Context& context);
[[nodiscard]] Outcome passphrase_factor(Context& context);
[[nodiscard]] Outcome vault_rotate(Context& context);
[[nodiscard]] Outcome vault_recover(Context& context);
[[nodiscard]] Outcome vault_revoke(Context& context);
[[nodiscard]] Outcome log_verify(Context& context);
[[nodiscard]] Outcome log_show(Context& context);
[[nodiscard]] Outcome search(Context& context);
[[nodiscard]] Outcome vault_rebuild(Context& context);
[[nodiscard]] Outcome retention_show(Context& context);
[[nodiscard]] Outcome retention_run(Context& context);
[[nodiscard]] Outcome retention_set(Context& context);
[[nodiscard]] Outcome intake_new(Context& context);
[[nodiscard]] Outcome intake_list(Context& context);
[[nodiscard]] Outcome intake_show(Context& context);
[[nodiscard]] Outcome intake_amend(Context& context);
[[nodiscard]] Outcome intake_discard(Context& context);
[[nodiscard]] Outcome intake_migrate(Context& context);
[[nodiscard]] Outcome attach_add(Context& context);
[[nodiscard]] Outcome attach_list(Context& context);
[[nodiscard]] Outcome attach_get(Context& context);
[[nodiscard]] Outcome attach_remove(Context& context);
[[nodiscard]] Outcome case_list(Context& context);
[[nodiscard]] Outcome case_show(Context& context);
[[nodiscard]] Outcome case_move(Context& context);
[[nodiscard]] Outcome case_member(Context& context);
[[nodiscard]] Outcome case_split(Context& context);
[[nodiscard]] Outcome case_merge(Context& context);
[[nodiscard]] Outcome case_unmerge(Context& context);
[[nodiscard]] Outcome case_join(Context& context);
[[nodiscard]] Outcome case_decide(Context& context);
[[nodiscard]] Outcome protection_request(Context& context);
[[nodiscard]] Outcome protection_install(Context& context);
[[nodiscard]] Outcome protection_list(Context& context);
[[nodiscard]] Outcome protection_count(Context& context);
[[nodiscard]] Outcome intake_approve(Context& context);
[[nodiscard]] Outcome intake_return(Context& context);
[[nodiscard]] Outcome intake_export(Context& context);
[[nodiscard]] Outcome consent_give(Context& context);
[[nodiscard]] Outcome consent_withdraw(Context& context);
[[nodiscard]] Outcome consent_show(Context& context);
[[nodiscard]] Outcome sync_once(Context& context);
[[nodiscard]] Outcome envelope_export(Context& context);
[[nodiscard]] Outcome envelope_import(Context& context);
[[nodiscard]] Outcome envelope_inspect(Context& context);
[[nodiscard]] Outcome status(Context& context);
[[nodiscard]] Outcome form_list(Context& context);
[[nodiscard]] Outcome form_check(Context& context);
[[nodiscard]] Outcome form_convert(Context& context);
[[nodiscard]] Outcome form_show(Context& context);
[[nodiscard]] Outcome form_lint(Context& context);
[[nodiscard]] Outcome form_fill(Context& context);
[[nodiscard]] Outcome form_run(Context& context);
[[nodiscard]] Outcome form_replay(Context& context);

/// The state's name in the language of the run.
[[nodiscard]] std::string approval_text(agent::ApprovalState state, Language language);
[[nodiscard]] std::string role_text(agent::Role role, Language language);
/// A record's id as it was typed. kUsage.
[[nodiscard]] Result<InstanceId> parse_instance(const std::string& text);
[[nodiscard]] std::string state_text(agent::RecordState state, Language language);

}  // namespace awda::cli
