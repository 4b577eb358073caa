// The commands about records: intake new, list, show, amend, discard.
#include <nlohmann/json.hpp>

#include "agent/cli/answers.h"
#include "agent/cli/migration_report.h"

namespace awda::cli {

namespace {

using agent::Intake;

constexpr std::size_t kProblemsShownMax = 50;

/// Why one answers file was not taken. Holds no answers: paths of questions and the form's own
/// words.
struct Refusal {
    std::string file;
    Error error;
    std::vector<forms::Problem> problems;
};

struct Accepted {
    std::string file;
    InstanceId instance;
};

/// Counts of one run over many files.
struct Batch {
    std::vector<Accepted> accepted;
    std::vector<Refusal> refused;
};

nlohmann::json problems_json(const std::vector<forms::Problem>& problems) {
    nlohmann::json list = nlohmann::json::array();
    for (const forms::Problem& problem : problems) {
        list.push_back({{"question", problem.ref},
                        {"kind", forms::problem_kind_name(problem.kind)},
                        {"message", problem.message}});
    }
    return list;
}

void print_problems(Context& context, const std::vector<forms::Problem>& problems) {
    std::size_t shown = 0;
    for (const forms::Problem& problem : problems) {
        if (++shown > kProblemsShownMax) break;
        std::string message = problem.message;
        if (message.empty() && problem.kind == forms::ProblemKind::kUnknownPath) {
            message = say(Text::kProblemUnknownPath, context.out.language);
        }
        if (message.empty()) message = forms::problem_kind_name(problem.kind);
        context.out.error_detail(
            say(Text::kProblemLine, context.out.language, {problem.ref, message}));
    }
}

void print_refusal(Context& context, const Refusal& refusal) {
    const Language language = context.out.language;
    const std::string why = refusal.error.code == Errc::kMalformed
                                ? say(Text::kProblemShape, language)
                                : std::string(errc_message(refusal.error.code, language));
    context.out.error_detail(say(Text::kBadAnswersFile, language, {refusal.file, why}) + " [" +
                             std::string(errc_name(refusal.error.code)) + "]");
    print_problems(context, refusal.problems);
}

/// The interview's language: the file's, else the run's.
std::string interview_language(const Context& context, const AnswersFile& file) {
    if (!file.language.empty()) return file.language;
    return std::string(language_code(context.out.language));
}

/// Throws the draft away again: half an intake that nobody asked to keep helps nobody.
Error give_up(OpenVault& vault, const Intake& intake, const Error& error) {
    vault->discard_draft(intake.instance()).ignore("the refusal itself is what gets reported");
    return error;
}

/// Tries the answers on a session of their own, so that a file which is refused leaves nothing in
/// the vault, not even an entry in the log.
Status try_answers(Context& context, OpenVault& vault, const agent::LoadedForm& form,
                   const AnswersFile& file, std::vector<forms::Problem>& problems) {
    const agent::FormClock clock(context.io.clock, AWDA_TRY(vault->proven_time()));
    forms::SessionOptions options;
    options.clock = &clock;
    options.random = &context.io.random;
    forms::Session session(form.definition, std::move(options));
    session.set_language(interview_language(context, file));
    problems = AWDA_TRY(session.load_answers(file.answers));
    if (problems.empty() && !context.options.keep_draft) problems = session.validate();
    if (!problems.empty()) return Error(Errc::kAnswersInvalid, "trying an answers file");
    return {};
}

/// One file into one record. Fills `problems` when the answers are what is wrong.
Result<InstanceId> take_in(Context& context, OpenVault& vault, const Path& path,
                           std::vector<forms::Problem>& problems) {
    const AnswersFile file = AWDA_TRY(read_answers_file(path));
    if (!file.form.empty() && file.form != context.options.form) {
        problems.push_back({"form", forms::ProblemKind::kUnknownPath,
                            say(Text::kProblemWrongForm, context.out.language)});
        return Error(Errc::kAnswersInvalid, "comparing an answers file's form");
    }
    const agent::LoadedForm form = AWDA_TRY(context.forms.form(context.options.form));
    AWDA_CHECK(try_answers(context, vault, form, file, problems));
    Intake intake = AWDA_TRY(Intake::start(vault.parts(context), context.options.form,
                                           interview_language(context, file)));
    auto loaded = intake.session().load_answers(file.answers);
    if (!loaded.ok()) return give_up(vault, intake, loaded.error());
    const Status done = context.options.keep_draft ? intake.save(*vault) : intake.finalise(*vault);
    if (!done.ok()) return give_up(vault, intake, done.error());
    return intake.instance();
}

int report_batch(Context& context, const Batch& batch) {
    nlohmann::json records = nlohmann::json::array();
    nlohmann::json refused = nlohmann::json::array();
    const char* state = context.options.keep_draft ? "draft" : "waiting";
    for (const Accepted& one : batch.accepted) {
        context.out.line(to_text(one.instance));
        records.push_back(
            {{"file", one.file}, {"instance", to_text(one.instance)}, {"state", state}});
    }
    for (const Refusal& one : batch.refused) {
        print_refusal(context, one);
        refused.push_back({{"file", one.file},
                           {"error",
                            {{"code", errc_name(one.error.code)},
                             {"message", errc_message(one.error.code, context.out.language)}}},
                           {"problems", problems_json(one.problems)}});
    }
    nlohmann::json document = {{"records", std::move(records)}};
    if (!batch.refused.empty()) {
        // The last is the one that ended the run, if one did.
        document["error"] = refused.back()["error"];
        document["refused"] = std::move(refused);
    }
    context.out.document(document);
    const Text summary = context.options.keep_draft ? Text::kDraftCount : Text::kFinalisedCount;
    context.out.error_detail(
        say(summary, context.out.language,
            {std::to_string(batch.accepted.size()), std::to_string(batch.refused.size())}));
    return batch.refused.empty() ? 0 : 1;
}

/// Errors that the next file would meet as well.
bool ends_the_run(Errc code) {
    return code == Errc::kDiskFull || code == Errc::kLocked || code == Errc::kVaultDamaged ||
           code == Errc::kUnknownForm || code == Errc::kFormInvalid || code == Errc::kNotAllowed ||
           code == Errc::kLogBroken;
}

/// A record or draft opened for showing.
struct Opened {
    Intake intake;
    agent::RecordState state = agent::RecordState::kDraft;
    std::optional<agent::FormChange> change{};  ///< of a draft whose form is newer here
};

nlohmann::json approval_json(const agent::Approval& approval) {
    nlohmann::json json = {{"state", agent::approval_state_name(approval.state)}};
    if (approval.decided_ms != 0) {
        json["officer"] = approval.officer_name;
        json["decided"] = to_iso_utc(approval.decided_ms);
    }
    if (!approval.reason.empty()) json["reason"] = approval.reason;
    return json;
}

std::string both_states(agent::RecordState state, agent::ApprovalState approval,
                        Language language) {
    std::string text = state_text(state, language);
    if (approval == agent::ApprovalState::kNone) return text;
    return text + ", " + approval_text(approval, language);
}

Result<Opened> open_either(Context& context, OpenVault& vault, const InstanceId& instance) {
    auto draft = Intake::resume(vault.parts(context), instance);
    if (draft.ok()) return Opened{std::move(draft).value()};
    if (draft.error().code == Errc::kFormNewer) {
        auto change = AWDA_TRY(Intake::plan_change(vault.parts(context), instance));
        return Opened{AWDA_TRY(Intake::look(vault.parts(context), instance)),
                      agent::RecordState::kDraft, std::move(change)};
    }
    const Errc code = draft.error().code;
    if (code != Errc::kNotFound && code != Errc::kAlreadyFinal) return draft.error();
    const agent::ShownRecord shown = AWDA_TRY(vault->show(instance));
    return Opened{AWDA_TRY(Intake::of_record(vault.parts(context), shown)), shown.state, {}};
}

/// What older versions of the form left aside, in words; the same as JSON.
nlohmann::json show_aside(Context& context, const Intake& intake) {
    nlohmann::json list = nlohmann::json::array();
    for (const forms::Answer& answer : intake.lost_answers()) {
        if (!agent::is_aside(answer.path)) continue;
        const agent::Aside aside = agent::split_aside(answer.path);
        context.out.line(Text::kKeptAside, {aside.version, aside.path, answer.value});
        list.push_back(
            {{"version", aside.version}, {"question", aside.path}, {"value", answer.value}});
    }
    return list;
}

/// The draft of a correction, on the version that is here if the officer said that he accepts it.
Result<Intake> resume_amended(Context& context, OpenVault& vault, const InstanceId& draft) {
    const auto parts = vault.parts(context);
    if (context.options.migrate) AWDA_TRY(Intake::accept_change(parts, draft));
    return Intake::resume(parts, draft);
}

/// The labels of chosen values, or the value itself.
std::string shown_value(const forms::Session& session, const forms::ViewNode& node) {
    if (node.choices == nullptr || node.value.empty()) return node.value;
    std::string text;
    std::size_t at = 0;
    while (at <= node.value.size()) {
        const std::size_t end = std::min(node.value.find(' ', at), node.value.size());
        const std::string value = node.value.substr(at, end - at);
        if (!value.empty()) {
            if (!text.empty()) text += ", ";
            text += session.definition().choice_label(forms::without_positions(node.ref), value,
                                                      session.language());
        }
        at = end + 1;
    }
    return text;
}

}  // namespace

Outcome intake_new(Context& context) {
    const std::vector<Path> paths = AWDA_TRY(expand_answers(context.options.answers));
    if (paths.empty()) return Error(Errc::kNotFound, "looking for answer files");
    // An unknown form is told before anybody types a passphrase.
    if (auto form = context.forms.form(context.options.form); !form.ok()) return form.error();
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    Batch batch;
    for (const Path& path : paths) {
        std::vector<forms::Problem> problems;
        auto taken = take_in(context, vault, path, problems);
        if (taken.ok()) {
            batch.accepted.push_back({path.string(), *taken});
        } else {
            batch.refused.push_back({path.string(), taken.error(), std::move(problems)});
            if (ends_the_run(taken.error().code)) break;
        }
        if (context.io.stopped()) break;
    }
    return report_batch(context, batch);
}

Outcome intake_list(Context& context) {
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    const Language language = context.out.language;
    std::vector<std::vector<std::string>> rows;
    nlohmann::json list = nlohmann::json::array();
    agent::ListQuery query;
    query.limit = agent::kListMax;
    query.awaiting = context.options.awaiting;
    for (;;) {
        const auto page = AWDA_TRY(vault->list(query));
        for (const agent::RecordRow& row : page) {
            rows.push_back({to_text(row.instance), both_states(row.state, row.approval, language),
                            to_iso_utc(row.updated_ms), std::to_string(row.revision), row.form_id,
                            row.title});
            list.push_back({{"instance", to_text(row.instance)},
                            {"root", to_text(row.root)},
                            {"revision", row.revision},
                            {"newest", row.newest},
                            {"state", agent::record_state_name(row.state)},
                            {"approval", agent::approval_state_name(row.approval)},
                            {"form", row.form_id},
                            {"version", row.form_version},
                            {"name", row.title},
                            {"language", row.language},
                            {"officer", row.officer_name},
                            {"updated", to_iso_utc(row.updated_ms)}});
        }
        if (page.size() < query.limit) break;
        query.offset += page.size();
        query.refresh = true;
    }
    context.out.table({say(Text::kColInstance, language), say(Text::kColState, language),
                       say(Text::kColUpdated, language), say(Text::kColRevision, language),
                       say(Text::kColForm, language), say(Text::kColName, language)},
                      rows);
    context.out.document({{"records", std::move(list)}});
    return 0;
}

Outcome intake_show(Context& context) {
    const InstanceId instance = AWDA_TRY(parse_instance(context.options.instance));
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    Opened opened = AWDA_TRY(open_either(context, vault, instance));
    forms::Session& session = opened.intake.session();
    if (!context.options.language.empty()) session.set_language(context.options.language);
    const Language language = context.out.language;
    std::vector<std::vector<std::string>> rows;
    nlohmann::json fields = nlohmann::json::array();
    for (const forms::ViewNode& node : session.page()) {
        if (node.kind != forms::ViewKind::kQuestion || node.value.empty()) continue;
        // What is computed here of answers that are not all here would be another answer.
        if (opened.intake.sealed(node.ref)) continue;
        const std::string shown = shown_value(session, node);
        rows.push_back({node.ref, node.label, shown});
        fields.push_back({{"question", node.ref},
                          {"label", node.label},
                          {"value", node.value},
                          {"shown", shown}});
    }
    const agent::Approval& approval = opened.intake.approval();
    std::vector<std::pair<Text, std::string>> facts = {
        {Text::kColInstance, to_text(instance)},
        {Text::kColName, opened.intake.title()},
        {Text::kColForm, opened.intake.form_id()},
        {Text::kColState, both_states(opened.state, approval.state, language)},
        {Text::kColRevision, std::to_string(opened.intake.revision())}};
    if (!approval.reason.empty()) facts.emplace_back(Text::kReturnReason, approval.reason);
    context.out.facts(facts);
    context.out.line("");
    context.out.table({say(Text::kColQuestion, language), say(Text::kColLabel, language),
                       say(Text::kColAnswer, language)},
                      rows);
    if (opened.intake.sealed_parts() > 0) {
        context.out.line(Text::kSealedParts, {std::to_string(opened.intake.sealed_parts())});
    }
    const nlohmann::json aside = show_aside(context, opened.intake);
    if (opened.change) {
        print_change(context, *opened.change);
        context.out.line(Text::kMigrateHint, {to_text(instance)});
    }
    nlohmann::json answers = nlohmann::json::object();
    for (const forms::Answer& answer : session.answers()) {
        if (!opened.intake.sealed(answer.path)) answers[answer.path] = answer.value;
    }
    context.out.document(
        {{"instance", to_text(instance)},
         {"name", opened.intake.title()},
         {"sealed_parts", opened.intake.sealed_parts()},
         {"form", opened.intake.form_id()},
         {"revision", opened.intake.revision()},
         {"reason", opened.intake.reason()},
         {"state", agent::record_state_name(opened.state)},
         {"approval", approval_json(approval)},
         {"answers", std::move(answers)},
         {"kept_aside", aside},
         {"form_change",
          opened.change ? change_json(*opened.change, session.language()) : nlohmann::json()},
         {"questions", std::move(fields)}});
    return 0;
}

Outcome intake_amend(Context& context) {
    const InstanceId record = AWDA_TRY(parse_instance(context.options.instance));
    const Path path(context.options.answers.front());
    const AnswersFile file = AWDA_TRY(read_answers_file(path));
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    const InstanceId draft = AWDA_TRY(vault->amend(record, context.options.reason));
    auto intake = resume_amended(context, vault, draft);
    if (!intake.ok()) {
        vault->discard_draft(draft).ignore("the error itself is what gets reported");
        return intake.error();
    }
    std::vector<forms::Problem> problems;
    Status done;
    if (!file.form.empty() && file.form != intake->form_id()) {
        done = Error(Errc::kAnswersInvalid, "comparing an answers file's form");
    } else if (auto loaded = intake->session().load_answers(file.answers); !loaded.ok()) {
        done = loaded.error();
    } else if (problems = *loaded; !problems.empty()) {
        done = Error(Errc::kAnswersInvalid, "reading an answers file");
    } else {
        done = intake->finalise(*vault);
        if (!done.ok()) problems = intake->problems();
    }
    if (!done.ok()) {
        const Error error = give_up(vault, *intake, done.error());
        context.out.error(error, {{"problems", problems_json(problems)}});
        print_refusal(context, {path.string(), error, problems});
        return 1;
    }
    context.out.line(to_text(draft));
    context.out.document({{"instance", to_text(draft)},
                          {"deprecates", to_text(record)},
                          {"revision", intake->revision()},
                          {"state", "waiting"}});
    return 0;
}

Outcome intake_discard(Context& context) {
    const InstanceId draft = AWDA_TRY(parse_instance(context.options.instance));
    OpenVault vault = AWDA_TRY(OpenVault::unlock(context));
    AWDA_CHECK(vault->discard_draft(draft));
    context.out.line(Text::kDiscarded);
    context.out.document({{"discarded", to_text(draft)}});
    return 0;
}

}  // namespace awda::cli
