// What people allow to be handed on, and handing it on: consent give, withdraw, show; intake
// export.
#include <nlohmann/json.hpp>

#include "agent/cli/context.h"
#include "agent/vault/consent.h"
#include "agent/vault/export.h"

namespace awda::cli {

namespace {

std::string purpose_text(sync::SharePurpose purpose, Language language) {
    switch (purpose) {
        case sync::SharePurpose::kOwnUse: return say(Text::kPurposeOwnUse, language);
        case sync::SharePurpose::kReferral: return say(Text::kPurposeReferral, language);
        case sync::SharePurpose::kStatistics: return say(Text::kPurposeStatistics, language);
    }
    return say(Text::kPurposeOther, language);
}

Result<sync::SharePurpose> purpose_of(const Options& options) {
    const auto purpose = sync::parse_purpose(options.purpose);
    if (!purpose) return Error(Errc::kUsage, "reading --purpose");
    return *purpose;
}

Result<agent::ConsentWords> words_of(const Options& options, agent::Session& session) {
    const auto manner = sync::parse_manner(options.manner);
    if (!manner) return Error(Errc::kUsage, "reading --how");
    agent::ConsentWords words;
    words.agency = options.agency;
    words.purpose = AWDA_TRY(purpose_of(options));
    words.date = options.date.empty() ? AWDA_TRY(agent::consent_day(session)) : options.date;
    words.manner = *manner;
    words.language = options.consent_language;
    words.witness = options.witness;
    words.until = options.until;
    words.reason = options.reason;
    return words;
}

using Say = Status (*)(agent::Session&, const InstanceId&, const agent::ConsentWords&);

Outcome write_down(Context& context, Say say_it, Text done, std::string_view state) {
    const InstanceId record = AWDA_TRY(parse_instance(context.options.instance));
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    agent::Session& session = *AWDA_TRY(vault->session());
    const agent::ConsentWords words = AWDA_TRY(words_of(context.options, session));
    AWDA_CHECK(say_it(session, record, words));
    context.out.line(done, {words.agency, purpose_text(words.purpose, context.out.language)});
    context.out.document({{"record", to_text(record)},
                          {"agency", words.agency},
                          {"purpose", sync::purpose_name(words.purpose)},
                          {"consent", state}});
    return 0;
}

struct State {
    std::string_view name;
    Text text;
};

State state_of(const sync::Consent& consent, std::string_view today) {
    if (consent.withdrawn) return {"withdrawn", Text::kConsentTakenBack};
    if (!consent.stands) return {"incomplete", Text::kConsentIncomplete};
    if (consent.expired(today)) return {"expired", Text::kConsentOver};
    return {"given", Text::kConsentStands};
}

nlohmann::json to_json(const sync::ConsentSaid& said) {
    return {{"said", said.withdrawn ? "no" : "yes"},
            {"date", said.date},
            {"how", sync::manner_name(said.manner)},
            {"language", said.language},
            {"witness", said.witness},
            {"until", said.until},
            {"reason", said.reason}};
}

nlohmann::json to_json(const sync::Consent& consent, std::string_view today) {
    nlohmann::json history = nlohmann::json::array();
    for (const sync::ConsentSaid& said : consent.history) history.push_back(to_json(said));
    return {{"agency", consent.agency},
            {"purpose", sync::purpose_name(consent.purpose)},
            {"consent", state_of(consent, today).name},
            {"until", consent.until},
            {"history", std::move(history)}};
}

}  // namespace

Outcome consent_give(Context& context) {
    return write_down(context, &agent::give_consent, Text::kConsentGivenDone, "given");
}

Outcome consent_withdraw(Context& context) {
    return write_down(context, &agent::withdraw_consent, Text::kConsentWithdrawnDone, "withdrawn");
}

Outcome consent_show(Context& context) {
    const InstanceId record = AWDA_TRY(parse_instance(context.options.instance));
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    agent::Session& session = *AWDA_TRY(vault->session());
    const std::string today = AWDA_TRY(agent::consent_day(session));
    const std::vector<sync::Consent> consents = AWDA_TRY(agent::consents_of(session, record));
    const Language language = context.out.language;
    std::vector<std::vector<std::string>> rows;
    nlohmann::json list = nlohmann::json::array();
    for (const sync::Consent& consent : consents) {
        rows.push_back({consent.agency, purpose_text(consent.purpose, language),
                        say(state_of(consent, today).text, language), consent.history.back().date,
                        consent.until});
        list.push_back(to_json(consent, today));
    }
    if (rows.empty()) {
        context.out.line(Text::kConsentNone);
    } else {
        context.out.table({say(Text::kColAgency, language), say(Text::kColPurpose, language),
                           say(Text::kColConsent, language), say(Text::kColSaidOn, language),
                           say(Text::kColLastDay, language)},
                          rows);
    }
    context.out.document({{"record", to_text(record)}, {"consents", std::move(list)}});
    return 0;
}

Outcome intake_export(Context& context) {
    agent::ExportWish wish;
    wish.agency = context.options.agency;
    wish.purpose = AWDA_TRY(purpose_of(context.options));
    wish.form_id = context.options.form;
    wish.file = Path(context.options.output);
    wish.format =
        context.options.format == "jsonl" ? agent::ExportFormat::kJsonl : agent::ExportFormat::kCsv;
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    const sync::PlainGate gate;
    const agent::ExportSummary done =
        AWDA_TRY(agent::export_records(*AWDA_TRY(vault->session()), gate, wish));
    context.out.line(Text::kExportDone,
                     {std::to_string(done.records), std::to_string(done.held_back),
                      std::to_string(done.erased)});
    context.out.line(Text::kExportInClear);
    nlohmann::json reasons = nlohmann::json::object();
    for (const auto& [reason, count] : done.reasons) reasons[sync::reason_name(reason)] = count;
    context.out.document({{"agency", wish.agency},
                          {"purpose", sync::purpose_name(wish.purpose)},
                          {"records", done.records},
                          {"held_back", done.held_back},
                          {"reasons", std::move(reasons)},
                          {"erased", done.erased},
                          {"hash", to_hex(done.file)}});
    return 0;
}

}  // namespace awda::cli
