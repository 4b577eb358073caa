// awda intake migrate: a draft goes on with the version of its form that is here.
#include <nlohmann/json.hpp>

#include "agent/cli/migration_report.h"

namespace awda::cli {

namespace {

using agent::AnswerFate;
using agent::AnswerMove;
using agent::FormChange;

std::string fate_text(AnswerFate fate, Language language) {
    switch (fate) {
        case AnswerFate::kCarried: return say(Text::kFateCarried, language);
        case AnswerFate::kRenamed: return say(Text::kFateRenamed, language);
        case AnswerFate::kChanged: return say(Text::kFateChanged, language);
        case AnswerFate::kOrphaned: return say(Text::kFateOrphaned, language);
    }
    return {};
}

/// The question as the officer knows it: by its old version where that was kept.
std::string label_of(const FormChange& change, const AnswerMove& move, std::string_view language) {
    std::string label;
    if (change.before != nullptr) {
        label = change.before->label(forms::without_positions(move.from), language);
    }
    if (label.empty() && !move.to.empty()) {
        label = change.after->label(forms::without_positions(move.to), language);
    }
    return label;
}

std::string language_of(const Context& context, const FormChange& change) {
    return context.options.language.empty() ? change.language : context.options.language;
}

std::string count_text(const FormChange& change, AnswerFate fate) {
    return std::to_string(change.migration.count(fate));
}

}  // namespace

void print_change(Context& context, const FormChange& change) {
    const Language language = context.out.language;
    const std::string labels = language_of(context, change);
    context.out.line(Text::kFormNewer, {change.from.version, change.to.version});
    std::vector<std::vector<std::string>> rows;
    for (const AnswerMove& move : change.migration.moves) {
        rows.push_back({fate_text(move.fate, language), move.from, move.to,
                        label_of(change, move, labels), move.value});
    }
    context.out.table({say(Text::kColFate, language), say(Text::kColQuestion, language),
                       say(Text::kColNewPlace, language), say(Text::kColLabel, language),
                       say(Text::kColAnswer, language)},
                      rows);
    for (const std::string& ref : change.migration.newly_required) {
        context.out.line(Text::kNewlyRequired, {ref});
    }
    context.out.line(
        Text::kChangeCounts,
        {count_text(change, AnswerFate::kCarried), count_text(change, AnswerFate::kRenamed),
         count_text(change, AnswerFate::kChanged), count_text(change, AnswerFate::kOrphaned)});
    if (change.sealed_parts > 0) {
        context.out.line(Text::kSealedParts, {std::to_string(change.sealed_parts)});
    }
}

nlohmann::json change_json(const FormChange& change, std::string_view language) {
    nlohmann::json fields = nlohmann::json::array();
    for (const AnswerMove& move : change.migration.moves) {
        fields.push_back({{"fate", agent::answer_fate_name(move.fate)},
                          {"why", forms::field_fate_name(move.why)},
                          {"from", move.from},
                          {"to", move.to},
                          {"label", label_of(change, move, language)},
                          {"value", move.value},
                          {"now", move.now},
                          {"kept_aside", move.aside},
                          {"protected", move.guarded}});
    }
    nlohmann::json counts = nlohmann::json::object();
    for (const AnswerFate fate : {AnswerFate::kCarried, AnswerFate::kRenamed, AnswerFate::kChanged,
                                  AnswerFate::kOrphaned}) {
        counts[std::string(agent::answer_fate_name(fate))] = change.migration.count(fate);
    }
    return {{"form", change.to.id},
            {"from", change.from.version},
            {"to", change.to.version},
            {"old_version_kept", change.before != nullptr},
            {"sealed_parts", change.sealed_parts},
            {"counts", std::move(counts)},
            {"newly_required", change.migration.newly_required},
            {"fields", std::move(fields)}};
}

Outcome intake_migrate(Context& context) {
    const InstanceId draft = AWDA_TRY(parse_instance(context.options.instance));
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    const auto parts = vault.parts(context);
    const bool dry = context.options.check_only;
    const std::optional<FormChange> change =
        AWDA_TRY(dry ? agent::Intake::plan_change(parts, draft)
                     : agent::Intake::accept_change(parts, draft));
    nlohmann::json document = {{"instance", to_text(draft)},
                               {"migrated", change.has_value() && !dry}};
    if (!change) {
        context.out.line(Text::kNothingNewer);
    } else {
        print_change(context, *change);
        if (!dry) context.out.line(Text::kMigrated, {change->to.version});
        document["change"] = change_json(*change, language_of(context, *change));
    }
    context.out.document(document);
    return 0;
}

}  // namespace awda::cli
