// The commands about the vault itself: init, officer, passphrase.
#include <nlohmann/json.hpp>

#include "agent/cli/context.h"
#include "agent/desk/delivery.h"

namespace awda::cli {

namespace {

std::string role_text(agent::Role role, Language language) {
    switch (role) {
        case agent::Role::kAdministrator: return say(Text::kRoleAdministrator, language);
        case agent::Role::kSupervisor: return say(Text::kRoleSupervisor, language);
        case agent::Role::kAuditor: return say(Text::kRoleAuditor, language);
        case agent::Role::kOfficer: break;
    }
    return say(Text::kRoleOfficer, language);
}

}  // namespace

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

Outcome officer_add(Context& context) {
    const auto role = agent::parse_role(context.options.role);
    if (!role.has_value()) return Error(Errc::kUsage, "reading --role");
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    if (!agent::may(vault->identity().role, agent::Permission::kAdminister)) {
        return Error(Errc::kNotAllowed, "adding an officer");
    }
    const SecretBytes passphrase = AWDA_TRY(context.passphrases.fresh());
    const OfficerId id = AWDA_TRY(vault->add_officer(context.options.name, *role, passphrase));
    context.out.line(Text::kOfficerAdded, {context.options.name});
    context.out.document({{"officer", to_text(id)}, {"role", agent::role_name(*role)}});
    return 0;
}

Outcome officer_list(Context& context) {
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    const auto officers = AWDA_TRY(vault->officers());
    const Language language = context.out.language;
    std::vector<std::vector<std::string>> rows;
    nlohmann::json list = nlohmann::json::array();
    for (const agent::OfficerInfo& officer : officers) {
        rows.push_back({officer.name, role_text(officer.role, language)});
        list.push_back({{"officer", to_text(officer.id)},
                        {"name", officer.name},
                        {"role", agent::role_name(officer.role)},
                        {"here", officer.here}});
    }
    context.out.table({say(Text::kColOfficer, language), say(Text::kColRole, language)}, rows);
    context.out.document({{"officers", std::move(list)}});
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
