// The commands about how long records stay on this computer: retention show, run, set.
#include <nlohmann/json.hpp>

#include "agent/cli/context.h"
#include "agent/vault/retention.h"

namespace awda::cli {

namespace {

struct HeldLine {
    const char* name;
    Text text;
    std::uint32_t agent::HeldBack::* count;
};
constexpr std::array kHeldLines = {
    HeldLine{"undelivered", Text::kHeldUndelivered, &agent::HeldBack::undelivered},
    HeldLine{"drafts", Text::kHeldDrafts, &agent::HeldBack::drafts},
    HeldLine{"approval", Text::kHeldApproval, &agent::HeldBack::approval},
    HeldLine{"shared", Text::kHeldShared, &agent::HeldBack::shared},
    HeldLine{"disputed", Text::kHeldDisputed, &agent::HeldBack::disputed},
    HeldLine{"attachments", Text::kHeldAttachments, &agent::HeldBack::attachments},
};

nlohmann::json by_class(const std::array<std::uint64_t, 3>& counts) {
    nlohmann::json out = nlohmann::json::object();
    for (std::size_t i = 0; i < counts.size(); ++i) {
        out[std::string(agent::retention_class_name(agent::kRetentionClasses.at(i)))] =
            counts.at(i);
    }
    return out;
}

nlohmann::json to_json(const agent::RetentionView& view) {
    nlohmann::json days = nlohmann::json::object();
    for (const agent::RetentionClass what : agent::kRetentionClasses) {
        days[std::string(agent::retention_class_name(what))] = view.periods.days(what);
    }
    nlohmann::json held = nlohmann::json::object();
    for (const HeldLine& line : kHeldLines) held[line.name] = view.held.*line.count;
    nlohmann::json out = {{"days", std::move(days)},
                          {"due", by_class(view.due)},
                          {"erased", by_class(view.erased)},
                          {"held", std::move(held)}};
    if (view.proven_ms != 0) out["proven"] = to_iso_utc(view.proven_ms);
    return out;
}

void print(Context& context, const agent::RetentionView& view) {
    const Language language = context.out.language;
    context.out.line(Text::kRetentionPeriods, {std::to_string(view.periods.working_days),
                                               std::to_string(view.periods.settled_days),
                                               std::to_string(view.periods.protected_days)});
    context.out.line(Text::kRetentionDue,
                     {std::to_string(view.due_all()),
                      std::to_string(view.erased[0] + view.erased[1] + view.erased[2])});
    if (view.proven_ms == 0) context.out.line(Text::kRetentionUnproven);
    if (view.held.all() == 0) return;
    std::vector<std::vector<std::string>> rows;
    for (const HeldLine& line : kHeldLines) {
        const std::uint32_t count = view.held.*line.count;
        if (count > 0) rows.push_back({std::to_string(count), say(line.text, language)});
    }
    context.out.line(Text::kRetentionHeld);
    context.out.table({say(Text::kColDocuments, language), say(Text::kColReason, language)}, rows);
}

Outcome show(Context& context, agent::Session& session) {
    const agent::RetentionView view = AWDA_TRY(agent::look_at_retention(session));
    print(context, view);
    context.out.document(to_json(view));
    return 0;
}

}  // namespace

Outcome retention_show(Context& context) {
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    return show(context, *AWDA_TRY(vault->session()));
}

Outcome retention_run(Context& context) {
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    agent::Session& session = *AWDA_TRY(vault->session());
    if (context.options.dry_run) return show(context, session);
    const std::uint64_t erased = AWDA_TRY(agent::run_retention(session));
    context.out.line(Text::kRetentionDone, {std::to_string(erased)});
    context.out.document({{"erased", erased}});
    return 0;
}

Outcome retention_set(Context& context) {
    const Options& options = context.options;
    if (options.working_days + options.settled_days + options.protected_days == 0) {
        return Error(Errc::kUsage, "periods of retention, none of which is given");
    }
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    agent::Session& session = *AWDA_TRY(vault->session());
    agent::RetentionPeriods periods = AWDA_TRY(agent::retention_periods(session.db));
    if (options.working_days != 0) periods.working_days = options.working_days;
    if (options.settled_days != 0) periods.settled_days = options.settled_days;
    if (options.protected_days != 0) periods.protected_days = options.protected_days;
    AWDA_CHECK(agent::set_retention_periods(session, periods));
    return show(context, session);
}

}  // namespace awda::cli
