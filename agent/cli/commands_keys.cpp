// The commands about keys: vault rotate, recover, revoke; officer remove; passphrase duress,
// factor.
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "agent/cli/context.h"
#include "agent/vault/duress.h"
#include "agent/vault/officers.h"
#include "agent/vault/recover.h"
#include "agent/vault/revocation.h"
#include "agent/vault/rotation.h"
#include "agent/vault/vault_open.h"

namespace awda::cli {

namespace {

/// A vault opened with the officer's passphrase, which stays at hand to be asked for once only.
struct OwnVault {
    std::unique_ptr<agent::Vault> vault;
    SecretBytes passphrase;
};

Result<OwnVault> unlock_own(Context& context) {
    if (!agent::Vault::present(context.folder)) {
        return Error(Errc::kVaultMissing, "looking for the vault");
    }
    const std::string officer = AWDA_TRY(context.officer());
    OwnVault own;
    own.passphrase = AWDA_TRY(context.passphrases.current());
    own.vault = AWDA_TRY(
        agent::Vault::unlock(context.vault_env(), context.folder, officer, own.passphrase));
    return own;
}

Path work_folder(const Context& context) {
    return Path(context.io.variable("TMPDIR").value_or("/tmp")) /
           ("awda-recover-" + std::to_string(::getpid()));
}

Outcome recover_check(Context& context, const agent::RecoveryKeys& keys) {
    const Path work = work_folder(context);
    const auto checked = agent::check_recovery(context.folder, keys, work);
    std::error_code ignored;  // an empty folder is all that could be left
    std::filesystem::remove(work, ignored);
    const agent::RecoveryReport report = AWDA_TRY(checked);
    context.out.line(Text::kRecoveryFound,
                     {std::to_string(report.log.events), std::to_string(report.log.records),
                      std::to_string(report.drafts), std::to_string(report.waiting_records)});
    if (report.log.intact) {
        context.out.line(Text::kLogGood, {std::to_string(report.log.events),
                                          std::to_string(report.log.checkpoints)});
    } else {
        context.out.line(Text::kLogBad, {std::to_string(report.log.first_bad_seq)});
    }
    context.out.document({{"device", to_text(report.device)},
                          {"office", to_text(report.office)},
                          {"epoch", report.epoch},
                          {"keyring_whole", report.keyring_whole},
                          {"revoked", report.revoked},
                          {"slots", report.slots},
                          {"events", report.log.events},
                          {"records", report.log.records},
                          {"drafts", report.drafts},
                          {"waiting_records", report.waiting_records},
                          {"log_intact", report.log.intact}});
    return report.log.intact ? 0 : 1;
}

}  // namespace

Outcome officer_remove(Context& context) {
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    agent::Session* session = AWDA_TRY(vault->session());
    const OfficerId gone = AWDA_TRY(agent::remove_officer(*session, context.options.name));
    context.out.line(Text::kOfficerRemoved, {context.options.name});
    context.out.line(Text::kRotateAdvice);
    context.out.document({{"officer", to_text(gone)}, {"removed", true}});
    return 0;
}

Outcome passphrase_duress(Context& context) {
    OwnVault own = AWDA_TRY(unlock_own(context));
    agent::Session* session = AWDA_TRY(own.vault->session());
    if (context.options.remove) {
        AWDA_CHECK(agent::remove_duress_passphrase(*session, own.passphrase));
    } else {
        const SecretBytes duress = AWDA_TRY(context.passphrases.fresh());
        AWDA_CHECK(agent::set_duress_passphrase(*session, own.passphrase, duress));
    }
    AWDA_CHECK(own.vault->lock());
    context.out.line(context.options.remove ? Text::kDuressRemoved : Text::kDuressSet);
    context.out.document({{"duress", !context.options.remove}});
    return 0;
}

Outcome passphrase_factor(Context& context) {
    OwnVault own = AWDA_TRY(unlock_own(context));
    agent::Session* session = AWDA_TRY(own.vault->session());
    AWDA_CHECK(context.options.remove ? agent::remove_second_factor(*session, own.passphrase)
                                      : agent::add_second_factor(*session, own.passphrase));
    AWDA_CHECK(own.vault->lock());
    context.out.line(context.options.remove ? Text::kFactorRemoved : Text::kFactorAdded);
    context.out.document({{"factor", !context.options.remove}});
    return 0;
}

Outcome vault_rotate(Context& context) {
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    agent::Session* session = AWDA_TRY(vault->session());
    const agent::RotationSummary done = AWDA_TRY(agent::rotate_vault_key(*session));
    context.out.line(Text::kRotated, {std::to_string(done.epoch)});
    context.out.document({{"epoch", done.epoch}, {"officers", done.officers}});
    return 0;
}

Outcome vault_revoke(Context& context) {
    const Bytes order = AWDA_TRY(read_file(Path(context.options.file), sync::kRevocationOrderSize));
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    agent::Session* session = AWDA_TRY(vault->session());
    AWDA_CHECK(agent::revoke(*session, order));
    context.out.line(Text::kRevokedNow);
    context.out.document({{"revoked", true}});
    return 0;
}

Outcome vault_recover(Context& context) {
    const std::vector<std::string>& files = context.options.keys;
    if (files.size() != 2) {
        return Error(Errc::kRecoveryKeys, "two recovery keys, each with --key");
    }
    const agent::RecoveryKeys keys = AWDA_TRY(agent::read_recovery_keys(files[0], files[1]));
    if (context.options.check) return recover_check(context, keys);
    const std::string officer = AWDA_TRY(context.officer());
    const SecretBytes passphrase = AWDA_TRY(context.passphrases.fresh());
    auto session = AWDA_TRY(
        agent::recover_officer(context.vault_env(), context.folder, keys, officer, passphrase));
    const OfficerId id = session->identity.officer;
    AWDA_CHECK(agent::close_session(std::move(session)));
    context.out.line(Text::kRecovered, {officer});
    context.out.document({{"officer", to_text(id)}, {"role", "administrator"}});
    return 0;
}

}  // namespace awda::cli
