// The commands about who may do what: officer add, list, role, renew; clock confirm.
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>

#include "agent/cli/context.h"
#include "agent/vault/access.h"
#include "agent/vault/clock_confirm.h"
#include "agent/vault/officers.h"

namespace awda::cli {

namespace {

std::string day_text(UnixMs time) {
    return to_iso_utc(time).substr(0, 10);
}

int lease_days(const Context& context) {
    return context.options.days != 0 ? context.options.days : agent::kLeaseDays;
}

/// A day as "2026-11-26". kUsage.
Result<std::chrono::sys_days> parse_day(std::string_view text) {
    int parts[3] = {};
    const char* at = text.data();
    const char* const end = text.data() + text.size();
    for (int i = 0; i < 3; ++i) {
        if (i > 0 && (at == end || *at++ != '-')) return Error(Errc::kUsage, "reading --date");
        const auto read = std::from_chars(at, end, parts[i]);
        if (read.ec != std::errc()) return Error(Errc::kUsage, "reading --date");
        at = read.ptr;
    }
    const std::chrono::year_month_day day{std::chrono::year(parts[0]),
                                          std::chrono::month(static_cast<unsigned>(parts[1])),
                                          std::chrono::day(static_cast<unsigned>(parts[2]))};
    if (at != end || !day.ok()) return Error(Errc::kUsage, "reading --date");
    return std::chrono::sys_days(day);
}

nlohmann::json officer_json(const agent::OfficerInfo& officer) {
    return {{"officer", to_text(officer.id)},
            {"name", officer.name},
            {"role", agent::role_name(officer.role)},
            {"until", to_iso_utc(officer.until_ms)},
            {"active", officer.active},
            {"here", officer.here}};
}

Outcome report_change(Context& context, OpenVault& vault) {
    agent::Session* session = AWDA_TRY(vault->session());
    const agent::OfficerInfo officer =
        AWDA_TRY(agent::find_officer(*session, context.options.name));
    context.out.line(
        Text::kOfficerChanged,
        {officer.name, role_text(officer.role, context.out.language), day_text(officer.until_ms)});
    context.out.document(officer_json(officer));
    return 0;
}

}  // namespace

std::string role_text(agent::Role role, Language language) {
    switch (role) {
        case agent::Role::kAdministrator: return say(Text::kRoleAdministrator, language);
        case agent::Role::kSupervisor: return say(Text::kRoleSupervisor, language);
        case agent::Role::kAuditor: return say(Text::kRoleAuditor, language);
        case agent::Role::kOfficer: break;
    }
    return say(Text::kRoleOfficer, language);
}

Outcome officer_add(Context& context) {
    const auto role = agent::parse_role(context.options.role);
    if (!role.has_value()) return Error(Errc::kUsage, "reading --role");
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    agent::Session* session = AWDA_TRY(vault->session());
    // Before anybody is asked to make up a passphrase.
    AWDA_CHECK(agent::permit(*session, agent::Permission::kAdminister));
    const SecretBytes passphrase = AWDA_TRY(context.passphrases.fresh());
    const OfficerId id = AWDA_TRY(
        agent::add_officer(*session, context.options.name, *role, passphrase, lease_days(context)));
    context.out.line(Text::kOfficerAdded, {context.options.name});
    context.out.document({{"officer", to_text(id)}, {"role", agent::role_name(*role)}});
    return 0;
}

Outcome officer_list(Context& context) {
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    const Language language = context.out.language;
    std::vector<std::vector<std::string>> rows;
    nlohmann::json list = nlohmann::json::array();
    const auto officers = AWDA_TRY(vault->officers());
    for (const agent::OfficerInfo& officer : officers) {
        const bool may = officer.active && officer.here;
        rows.push_back({officer.name, role_text(officer.role, language),
                        officer.active ? day_text(officer.until_ms) : "",
                        say(may ? Text::kWordYes : Text::kWordNo, language)});
        list.push_back(officer_json(officer));
    }
    context.out.table({say(Text::kColOfficer, language), say(Text::kColRole, language),
                       say(Text::kColUntil, language), say(Text::kColActive, language)},
                      rows);
    context.out.document({{"officers", std::move(list)}});
    return 0;
}

Outcome officer_role(Context& context) {
    const auto role = agent::parse_role(context.options.role);
    if (!role.has_value()) return Error(Errc::kUsage, "reading the role");
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    AWDA_CHECK(agent::set_role(*AWDA_TRY(vault->session()), context.options.name, *role));
    return report_change(context, vault);
}

Outcome officer_renew(Context& context) {
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    AWDA_CHECK(
        agent::renew_lease(*AWDA_TRY(vault->session()), context.options.name, lease_days(context)));
    return report_change(context, vault);
}

Outcome clock_confirm(Context& context) {
    const std::chrono::sys_days day = AWDA_TRY(parse_day(context.options.date));
    const UnixMs now = context.io.clock.now();
    // The supervisor's day may have begun while it is still the day before in Greenwich.
    const std::chrono::sys_days clock = std::chrono::floor<std::chrono::days>(
        std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(now)));
    if (day < clock - std::chrono::days(1) || day > clock + std::chrono::days(1)) {
        context.out.error_detail(say(Text::kClockOtherDate, context.out.language, {day_text(now)}));
        return Error(Errc::kClockWrong, "comparing --date with the clock");
    }
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    AWDA_CHECK(agent::confirm_clock(*AWDA_TRY(vault->session())));
    context.out.line(Text::kClockConfirmed, {day_text(now)});
    context.out.document({{"confirmed", to_iso_utc(now)}});
    return 0;
}

}  // namespace awda::cli
