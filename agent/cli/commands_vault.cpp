// The commands about the vault itself: init and passphrase.
#include <nlohmann/json.hpp>

#include "agent/cli/context.h"
#include "agent/desk/delivery.h"

namespace awda::cli {

Outcome init(Context& context) {
    agent::NewVault wanted;
    wanted.folder = context.folder;
    wanted.officer_name = AWDA_TRY(context.officer());
    if (agent::Vault::present(context.folder)) {
        return Error(Errc::kVaultExists, "enrolling this computer");
    }
    wanted.voucher = AWDA_TRY(read_file(Path(context.options.voucher), agent::kVoucherBytesMax));
    const SecretBytes passphrase = AWDA_TRY(context.passphrases.fresh());
    wanted.passphrase = &passphrase;
    auto vault = AWDA_TRY(agent::enrol(context.vault_env(), wanted));
    const agent::Identity identity = vault->identity();
    AWDA_CHECK(vault->lock());
    context.out.line(Text::kEnrolled, {identity.office_name});
    context.out.line(Text::kFingerprint, {identity.fingerprint});
    context.out.document({{"device", to_text(identity.device)},
                          {"office", to_text(identity.office)},
                          {"office_name", identity.office_name},
                          {"officer", to_text(identity.officer)},
                          {"role", agent::role_name(identity.role)},
                          {"server", identity.server_url},
                          {"fingerprint", identity.fingerprint}});
    return 0;
}

Outcome passphrase_change(Context& context) {
    if (!agent::Vault::present(context.folder)) {
        return Error(Errc::kVaultMissing, "looking for the vault");
    }
    const std::string officer = AWDA_TRY(context.officer());
    const SecretBytes old_one = AWDA_TRY(context.passphrases.current());
    auto vault =
        AWDA_TRY(agent::Vault::unlock(context.vault_env(), context.folder, officer, old_one));
    const SecretBytes new_one = AWDA_TRY(context.passphrases.fresh());
    AWDA_CHECK(vault->change_passphrase(old_one, new_one));
    AWDA_CHECK(vault->lock());
    context.out.line(Text::kPassphraseChanged);
    context.out.document({{"changed", true}});
    return 0;
}

}  // namespace awda::cli
