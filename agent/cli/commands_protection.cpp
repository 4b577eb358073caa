// The commands about protected answers: who may read them, and how many there are.
#include <nlohmann/json.hpp>

#include "agent/cli/context.h"
#include "agent/vault/protection_count.h"
#include "agent/vault/protection_officers.h"

namespace awda::cli {

namespace {

constexpr std::uint64_t kPaperFileMax = 4096;

nlohmann::json paper_json(const sync::ProtectionPaper& paper) {
    const bool certified = paper.act == sync::ProtectionAct::kCertify;
    return {{"officer", to_text(paper.officer)},
            {"certified", certified},
            {"issued", to_iso_utc(paper.issued_ms)},
            {"expires", certified ? nlohmann::json(to_iso_utc(paper.expires_ms)) : nullptr},
            {"words", sync::protection_words(paper.officer_key)}};
}

/// The officer's name here, or his id where nobody of that id is known.
std::string name_of(const std::vector<agent::OfficerInfo>& officers, const OfficerId& id) {
    for (const agent::OfficerInfo& officer : officers) {
        if (officer.id == id) return officer.name;
    }
    return to_text(id);
}

}  // namespace

Outcome protection_request(Context& context) {
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    agent::Session& session = *AWDA_TRY(vault->session());
    AWDA_CHECK(atomic_write(Path(context.options.output), agent::protection_request(session)));
    const std::string words = sync::protection_words(session.keys.officer.pub);
    context.out.line(Text::kProtectionRequested, {context.options.output, words});
    context.out.document({{"file", context.options.output},
                          {"officer", to_text(session.identity.officer)},
                          {"words", words}});
    return 0;
}

Outcome protection_install(Context& context) {
    const Bytes file = AWDA_TRY(read_file(Path(context.options.file), kPaperFileMax));
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    const sync::ProtectionPaper paper =
        AWDA_TRY(agent::install_protection(*AWDA_TRY(vault->session()), file));
    const std::string name = name_of(AWDA_TRY(vault->officers()), paper.officer);
    if (paper.act == sync::ProtectionAct::kCertify) {
        context.out.line(Text::kProtectionCertified, {name, to_iso_utc(paper.expires_ms)});
    } else {
        context.out.line(Text::kProtectionRevoked, {name});
    }
    context.out.document(paper_json(paper));
    return 0;
}

Outcome protection_list(Context& context) {
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    const auto officers = AWDA_TRY(vault->officers());
    std::vector<std::vector<std::string>> rows;
    nlohmann::json list = nlohmann::json::array();
    for (const agent::ProtectionOfficer& officer :
         AWDA_TRY(agent::protection_officers(*AWDA_TRY(vault->session())))) {
        const bool certified = officer.paper.act == sync::ProtectionAct::kCertify;
        const Language language = context.out.language;
        const std::string name = name_of(officers, officer.paper.officer);
        rows.push_back(
            {name,
             say(officer.in_force ? Text::kProtectionInForce : Text::kProtectionEnded, language),
             certified ? to_iso_utc(officer.paper.expires_ms) : "-"});
        nlohmann::json one = paper_json(officer.paper);
        one["name"] = name;
        one["in_force"] = officer.in_force;
        list.push_back(std::move(one));
    }
    context.out.table(
        {say(Text::kColOfficer, context.out.language), say(Text::kColState, context.out.language),
         say(Text::kColExpires, context.out.language)},
        rows);
    context.out.document({{"protection_officers", std::move(list)}});
    return 0;
}

Outcome protection_count(Context& context) {
    const agent::LoadedForm form = AWDA_TRY(context.forms.form(context.options.form));
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    const agent::ProtectionCount count = AWDA_TRY(agent::count_protected(
        *AWDA_TRY(vault->session()), context.options.form, [&form](std::string_view path) {
            const forms::QuestionInfo* question =
                form.definition->find_question(forms::without_positions(path));
            return question != nullptr && !question->calculated && !question->metadata;
        }));
    context.out.line(Text::kProtectionCount,
                     {std::to_string(count.answered), std::to_string(count.records)});
    context.out.document({{"form", count.form_id},
                          {"from", to_iso_utc(count.from_ms)},
                          {"until", to_iso_utc(count.until_ms)},
                          {"records", count.records},
                          {"answered", count.answered}});
    return 0;
}

}  // namespace awda::cli
