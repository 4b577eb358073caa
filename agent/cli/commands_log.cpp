// The commands that read the log, or what follows from it: log verify, log show, search, vault
// rebuild.
#include <map>
#include <nlohmann/json.hpp>

#include "agent/cli/context.h"
#include "agent/vault/audit.h"
#include "agent/vault/lease.h"
#include "agent/vault/search.h"
#include "agent/vault/tables.h"
#include "platform/named.h"

namespace awda::cli {

namespace {

using agent::AuditEntry;

// ---- log show ----

constexpr std::int64_t kIraqMs = 3LL * 3600 * 1000;  // no summer time since 2008

/// The beginning of a day in Iraq, from 2026-11-23. kUsage.
Result<UnixMs> day_start(std::string_view text) {
    const auto day = parse_day(text);
    if (!day || *day < 0) return Error(Errc::kUsage, "reading a day");
    return *day - kIraqMs;
}

Result<sync::EventType> event_type(std::string_view name) {
    for (unsigned number = 1; number <= 100; ++number) {
        const auto type = static_cast<sync::EventType>(number);
        if (sync::event_type_name(type) == name && name != "unknown") return type;
    }
    return Error(Errc::kUsage, "reading --type");
}

Result<OfficerId> officer_by(const std::vector<agent::OfficerInfo>& officers,
                             const std::string& name_or_id) {
    if (name_or_id == "device") return OfficerId{};
    for (const agent::OfficerInfo& officer : officers) {
        if (officer.name == name_or_id || to_text(officer.id) == name_or_id) return officer.id;
    }
    return Error(Errc::kNotFound, "looking for the officer of --by");
}

Result<agent::AuditQuery> audit_query(const Options& options,
                                      const std::vector<agent::OfficerInfo>& officers) {
    agent::AuditQuery query;
    if (!options.by.empty()) query.officer = AWDA_TRY(officer_by(officers, options.by));
    if (!options.type.empty()) query.type = AWDA_TRY(event_type(options.type));
    if (!options.since.empty()) query.from = AWDA_TRY(day_start(options.since));
    if (!options.until.empty()) query.until = AWDA_TRY(day_start(options.until)) + agent::kDayMs;
    query.before = options.before;
    query.limit = options.limit;
    return query;
}

nlohmann::json json_of(const AuditEntry& entry) {
    nlohmann::json out = {{"seq", entry.seq},
                          {"at", to_iso_utc(entry.at_ms)},
                          {"type", sync::event_type_name(entry.type)},
                          {"officer", nullptr}};
    if (!entry.officer.empty()) out["officer"] = to_text(entry.officer);
    if (entry.subject) out["subject"] = to_uuid_text(*entry.subject);
    if (entry.number) out["number"] = *entry.number;
    if (entry.pruned) out["pruned"] = true;
    return out;
}

// ---- vault rebuild ----

nlohmann::json json_of(const agent::TablesReport& report) {
    nlohmann::json list = nlohmann::json::array();
    for (const agent::RowDifference& row : report.differences) {
        list.push_back({{"seq", row.seq},
                        {"difference", agent::difference_name(row.difference)},
                        {"type", row.type == sync::EventType{}
                                     ? nlohmann::json()
                                     : nlohmann::json(sync::event_type_name(row.type))}});
    }
    return {{"events", report.log.events}, {"rows", report.rows},
            {"differed", report.differed}, {"counts_differed", report.counts_differed},
            {"mended", report.mended},     {"differences", std::move(list)}};
}

Text difference_text(agent::Difference difference) {
    switch (difference) {
        case agent::Difference::kChanged: return Text::kRowChanged;
        case agent::Difference::kMissing: return Text::kRowMissing;
        case agent::Difference::kUnfounded: break;
    }
    return Text::kRowUnfounded;
}

void print_report(Context& context, const agent::TablesReport& report) {
    const Language language = context.out.language;
    std::vector<std::vector<std::string>> rows;
    for (const agent::RowDifference& row : report.differences) {
        rows.push_back(
            {std::to_string(row.seq),
             row.type == sync::EventType{} ? "-" : std::string(sync::event_type_name(row.type)),
             say(difference_text(row.difference), language)});
    }
    if (!rows.empty()) {
        context.out.table({say(Text::kColEvent, language), say(Text::kColType, language),
                           say(Text::kColDifference, language)},
                          rows);
    }
    const std::string count = std::to_string(report.differed);
    if (report.mended) {
        context.out.line(Text::kTablesMended, {count});
    } else if (report.same()) {
        context.out.line(Text::kTablesGood,
                         {std::to_string(report.rows), std::to_string(report.log.events)});
    } else {
        context.out.line(Text::kTablesDiffer, {count});
    }
}

int log_is_bad(Context& context, const agent::LogReport& report, nlohmann::json facts) {
    facts["first_bad_seq"] = report.first_bad_seq;
    facts["finding"] = report.finding;
    context.out.error(Error(Errc::kLogBroken, "walking the log"), facts);
    context.out.error_detail(
        say(Text::kLogBad, context.out.language, {std::to_string(report.first_bad_seq)}) + " (" +
        report.finding + ")");
    return 1;
}

}  // namespace

Outcome log_verify(Context& context) {
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    const agent::LogReport report = AWDA_TRY(vault->verify_log());
    nlohmann::json facts = {
        {"ok", report.intact},       {"events", report.events}, {"checkpoints", report.checkpoints},
        {"records", report.records}, {"pruned", report.pruned}, {"head", to_hex(report.head)}};
    if (report.intact) {
        context.out.line(Text::kLogGood,
                         {std::to_string(report.events), std::to_string(report.checkpoints)});
        context.out.document(facts);
        return 0;
    }
    return log_is_bad(context, report, facts);
}

Outcome log_show(Context& context) {
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    const auto officers = AWDA_TRY(vault->officers());
    const agent::AuditQuery query = AWDA_TRY(audit_query(context.options, officers));
    const auto entries = AWDA_TRY(agent::read_audit(*AWDA_TRY(vault->session()), query));
    const Language language = context.out.language;
    std::map<OfficerId, std::string> names;
    for (const agent::OfficerInfo& officer : officers) names[officer.id] = officer.name;
    std::vector<std::vector<std::string>> rows;
    nlohmann::json list = nlohmann::json::array();
    for (const AuditEntry& entry : entries) {
        std::string what = entry.subject ? to_uuid_text(*entry.subject) : std::string();
        if (entry.number) what += (what.empty() ? "" : " ") + std::to_string(*entry.number);
        rows.push_back({std::to_string(entry.seq), to_iso_utc(entry.at_ms),
                        std::string(sync::event_type_name(entry.type)),
                        entry.officer.empty() ? "-" : names[entry.officer], what});
        list.push_back(json_of(entry));
    }
    context.out.table({say(Text::kColEvent, language), say(Text::kColTime, language),
                       say(Text::kColType, language), say(Text::kColOfficer, language),
                       say(Text::kColSubject, language)},
                      rows);
    const bool more = entries.size() == query.limit && entries.back().seq > 1;
    if (more) context.out.line(Text::kMoreEvents, {std::to_string(entries.back().seq)});
    context.out.document(
        {{"events", std::move(list)},
         {"next_before", more ? nlohmann::json(entries.back().seq) : nlohmann::json()}});
    return 0;
}

Outcome search(Context& context) {
    agent::SearchQuery query;
    query.text = context.options.text;
    query.limit = context.options.limit;
    query.offset = context.options.offset;
    query.form_id = context.options.form;
    if (const auto purpose = agent::parse_search_purpose(context.options.purpose)) {
        query.purpose = *purpose;
    }
    query.state = find_named(agent::kRecordStates, context.options.state, agent::record_state_name);
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    const agent::SearchResult found = AWDA_TRY(agent::search(*AWDA_TRY(vault->session()), query));
    const Language language = context.out.language;
    std::vector<std::vector<std::string>> rows;
    nlohmann::json list = nlohmann::json::array();
    for (const agent::RecordRow& row : found.rows) {
        rows.push_back({to_text(row.instance), state_text(row.state, language),
                        to_iso_utc(row.updated_ms), row.form_id, row.title});
        list.push_back({{"instance", to_text(row.instance)},
                        {"root", to_text(row.root)},
                        {"revision", row.revision},
                        {"newest", row.newest},
                        {"state", agent::record_state_name(row.state)},
                        {"form", row.form_id},
                        {"name", row.title},
                        {"officer", row.officer_name},
                        {"updated", to_iso_utc(row.updated_ms)}});
    }
    context.out.table({say(Text::kColInstance, language), say(Text::kColState, language),
                       say(Text::kColUpdated, language), say(Text::kColForm, language),
                       say(Text::kColName, language)},
                      rows);
    context.out.line(Text::kFound, {std::to_string(found.hits), std::to_string(found.rows.size())});
    context.out.document({{"hits", found.hits}, {"records", std::move(list)}});
    return 0;
}

Outcome vault_rebuild(Context& context) {
    if (!agent::Vault::present(context.folder)) {
        return Error(Errc::kVaultMissing, "looking for the vault");
    }
    const std::string officer = AWDA_TRY(context.officer());
    const SecretBytes passphrase = AWDA_TRY(context.passphrases.current());
    const agent::Mend mend = context.options.check_only ? agent::Mend::kNo : agent::Mend::kYes;
    agent::TablesReport report;
    agent::VaultEnv env = context.vault_env();
    // On the way in: broken tables may be what keeps the vault from opening.
    env.before_tables = [&](Database& db, const agent::LogOrigin& origin) -> Status {
        report = AWDA_TRY(agent::compare_tables(db, origin, mend, [&context](std::uint64_t events) {
            constexpr std::uint64_t kTellEvery = 100'000;
            if (events % kTellEvery != 0) return;
            context.out.progress(Text::kEventsDone, {std::to_string(events)});
        }));
        return report.log.intact ? Status() : Error(Errc::kLogBroken, "walking the log");
    };
    auto vault = agent::Vault::unlock(env, context.folder, officer, passphrase);
    if (!report.log.finding.empty()) return log_is_bad(context, report.log, json_of(report));
    if (report.log.intact) print_report(context, report);
    if (!vault.ok()) return vault.error();
    if (report.mended) AWDA_CHECK(agent::note_mended(*AWDA_TRY((*vault)->session()), report));
    AWDA_CHECK((*vault)->lock());
    context.out.document(json_of(report));
    return report.same() || report.mended ? 0 : 1;
}

}  // namespace awda::cli
