#include "agent/cli/run.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "agent/cli/context.h"
#include "agent/vault/access.h"
#include "forms/definition.h"

namespace awda::cli {

namespace {

Language choose_language(const Options& options, const CliIo& io) {
    if (const auto asked = parse_language(options.language)) return *asked;
    const std::string of_form = forms::language_tag(options.form_language);
    if (const auto asked = parse_language(of_form)) return *asked;
    for (const std::string_view name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
        const auto value = io.variable(name);
        if (!value.has_value()) continue;
        // The first that is set decides, as in the C library, even if we don't speak it.
        return language_of_locale(*value).value_or(Language::kEnglish);
    }
    return Language::kEnglish;
}

PassphraseSource::Settings passphrase_settings(const Options& options, const CliIo& io,
                                               Language language) {
    PassphraseSource::Settings settings;
    settings.fd = options.passphrase_fd;
    if (!settings.fd.has_value()) settings.file = io.variable("AWDA_PASSPHRASE_FILE");
    settings.ask = io.ask_secret;
    settings.language = language;
    return settings;
}

Outcome show_version(Context& context) {
    context.out.line("awda " + std::string(context.io.version));
    context.out.document({{"program", "awda"}, {"version", context.io.version}});
    return 0;
}

Outcome dispatch(Context& context) {
    switch (context.options.verb) {
        case Verb::kVersion: break;
        case Verb::kInit: return init(context);
        case Verb::kOfficerAdd: return officer_add(context);
        case Verb::kOfficerList: return officer_list(context);
        case Verb::kOfficerRole: return officer_role(context);
        case Verb::kOfficerRenew: return officer_renew(context);
        case Verb::kClockConfirm: return clock_confirm(context);
        case Verb::kPassphraseChange: return passphrase_change(context);
        case Verb::kOfficerRemove: return officer_remove(context);
        case Verb::kPassphraseDuress: return passphrase_duress(context);
        case Verb::kPassphraseFactor: return passphrase_factor(context);
        case Verb::kVaultRotate: return vault_rotate(context);
        case Verb::kVaultRecover: return vault_recover(context);
        case Verb::kVaultRevoke: return vault_revoke(context);
        case Verb::kIntakeNew: return intake_new(context);
        case Verb::kIntakeList: return intake_list(context);
        case Verb::kIntakeShow: return intake_show(context);
        case Verb::kIntakeAmend: return intake_amend(context);
        case Verb::kIntakeDiscard: return intake_discard(context);
        case Verb::kIntakeMigrate: return intake_migrate(context);
        case Verb::kIntakeApprove: return intake_approve(context);
        case Verb::kIntakeReturn: return intake_return(context);
        case Verb::kIntakeExport: return intake_export(context);
        case Verb::kConsentGive: return consent_give(context);
        case Verb::kConsentWithdraw: return consent_withdraw(context);
        case Verb::kConsentShow: return consent_show(context);
        case Verb::kLogVerify: return log_verify(context);
        case Verb::kAttachAdd: return attach_add(context);
        case Verb::kAttachList: return attach_list(context);
        case Verb::kAttachGet: return attach_get(context);
        case Verb::kAttachRemove: return attach_remove(context);
        case Verb::kCaseList: return case_list(context);
        case Verb::kCaseShow: return case_show(context);
        case Verb::kCaseMove: return case_move(context);
        case Verb::kCaseMember: return case_member(context);
        case Verb::kCaseSplit: return case_split(context);
        case Verb::kCaseMerge: return case_merge(context);
        case Verb::kCaseUnmerge: return case_unmerge(context);
        case Verb::kCaseJoin: return case_join(context);
        case Verb::kCaseDecide: return case_decide(context);
        case Verb::kProtectionRequest: return protection_request(context);
        case Verb::kProtectionInstall: return protection_install(context);
        case Verb::kProtectionList: return protection_list(context);
        case Verb::kProtectionCount: return protection_count(context);
        case Verb::kLogShow: return log_show(context);
        case Verb::kSearch: return search(context);
        case Verb::kVaultRebuild: return vault_rebuild(context);
        case Verb::kRetentionShow: return retention_show(context);
        case Verb::kRetentionRun: return retention_run(context);
        case Verb::kRetentionSet: return retention_set(context);
        case Verb::kSync: return sync_once(context);
        case Verb::kEnvelopeExport: return envelope_export(context);
        case Verb::kEnvelopeImport: return envelope_import(context);
        case Verb::kEnvelopeInspect: return envelope_inspect(context);
        case Verb::kStatus: return status(context);
        case Verb::kFormList: return form_list(context);
        case Verb::kFormCheck: return form_check(context);
        case Verb::kFormConvert: return form_convert(context);
        case Verb::kFormShow: return form_show(context);
        case Verb::kFormLint: return form_lint(context);
        case Verb::kFormFill: return form_fill(context);
        case Verb::kFormRun: return form_run(context);
        case Verb::kFormReplay:
        case Verb::kFormXpathReplay:
        case Verb::kFormXlsformReplay: return form_replay(context);
    }
    return show_version(context);
}

bool is_usage(Errc code) {
    return code == Errc::kUsage || code == Errc::kNoPassphrase || code == Errc::kNoOfficer;
}

/// What the officer should know before the lease or the clock gets in the way.
void warn_of_lease(Context& context, agent::Vault& vault) {
    const auto session = vault.session();
    if (!session.ok()) return;
    const agent::Standing stands = agent::standing(**session);
    const Language language = context.out.language;
    switch (stands.lease) {
        case agent::LeaseState::kValid: break;
        case agent::LeaseState::kExpiring:
            context.out.warning(
                say(Text::kLeaseEnds, language, {to_iso_utc(stands.until_ms).substr(0, 10)}));
            break;
        case agent::LeaseState::kExpired:
            context.out.warning(errc_message(Errc::kLeaseExpired, language));
            break;
        case agent::LeaseState::kUnproven: break;  // said below
    }
    if (stands.clock_unproven) {
        context.out.warning(errc_message(Errc::kClockUnconfirmed, language));
    }
}

}  // namespace

agent::VaultEnv Context::vault_env() const {
    agent::VaultEnv env;
    env.clock = &io.clock;
    env.random = &io.random;
    env.kdf = io.kdf;
    env.factor = io.factor;
    return env;
}

Result<std::string> Context::officer() const {
    if (!options.officer.empty()) return options.officer;
    if (auto name = io.variable("AWDA_OFFICER")) return *std::move(name);
    return Error(Errc::kNoOfficer, "looking for --officer and AWDA_OFFICER");
}

Result<OpenVault> OpenVault::unlock(Context& context) {
    // Before anybody is asked for a passphrase: is there anything to unlock?
    if (!agent::Vault::present(context.folder)) {
        return Error(Errc::kVaultMissing, "looking for the vault");
    }
    const std::string officer = AWDA_TRY(context.officer());
    const SecretBytes passphrase = AWDA_TRY(context.passphrases.current());
    auto vault =
        AWDA_TRY(agent::Vault::unlock(context.vault_env(), context.folder, officer, passphrase));
    if (vault->unlock_report().clock_jumped) {
        context.out.warning(errc_message(Errc::kClockWrong, context.out.language));
    }
    warn_of_lease(context, *vault);
    return OpenVault(std::move(vault));
}

OpenVault::~OpenVault() {
    // The keys are wiped whatever it returns, and every record was committed before.
    if (vault_ != nullptr) vault_->lock().ignore("the work itself is committed already");
}

std::string state_text(agent::RecordState state, Language language) {
    switch (state) {
        case agent::RecordState::kDraft: return say(Text::kStateDraft, language);
        case agent::RecordState::kWaiting: return say(Text::kStateWaiting, language);
        case agent::RecordState::kStored: return say(Text::kStateStored, language);
        case agent::RecordState::kErased: return say(Text::kStateErased, language);
        case agent::RecordState::kDelivered: break;
    }
    return say(Text::kStateDelivered, language);
}

int run_awda(const std::vector<std::string>& args, CliIo& io) {
    const auto parsed = parse_options(args, io.out, io.err);
    if (const int* code = std::get_if<int>(&parsed)) {
        const bool json = std::find(args.begin(), args.end(), "--json") != args.end();
        if (*code == 0 || !json) return *code;
        Output failed(io.out, io.err);
        failed.json = true;
        failed.error(Error(Errc::kUsage, "reading the command line"));
        return *code;
    }
    const Options& options = std::get<Options>(parsed);
    Output out(io.out, io.err);
    out.json = options.json;
    out.language = choose_language(options, io);
    PassphraseSource passphrases(passphrase_settings(options, io, out.language));
    if (passphrases.file_is_open_to_others()) out.warning(Text::kOpenSecretFile);
    const Path folder = options.data.empty() ? default_data_folder() : Path(options.data);
    Context context{options, io,
                    out,     passphrases,
                    folder,  agent::FormLibrary(io.forms_root, agent::form_cache_in(folder))};
    const Outcome outcome = dispatch(context);
    io.out.flush();
    if (outcome.ok()) return *outcome;
    out.error(outcome.error());
    return is_usage(outcome.error().code) ? 2 : 1;
}

}  // namespace awda::cli
