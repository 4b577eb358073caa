// awda form fill, awda form run: a form filled in from a file, or by a conversation. No vault: the
// record goes to a file or to standard output, for trying forms out and for tests.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/cli/answers.h"
#include "agent/cli/form_draft.h"
#include "agent/cli/form_files.h"
#include "agent/cli/interview.h"
#include "agent/cli/zone.h"
#include "forms/value.h"

namespace awda::cli {

namespace {

/// A clock that stands where --now put it.
class StandingClock final : public Clock {
public:
    explicit StandingClock(UnixMs now) : now_(now) {}
    [[nodiscard]] UnixMs now() const override { return now_; }
    [[nodiscard]] std::int64_t steady_ms() const override { return now_; }

private:
    UnixMs now_;
};

/// What a session of these commands works with.
struct Surroundings {
    StandingClock standing{0};
    forms::SessionOptions options;
};

Status surround(Context& context, Surroundings& to) {
    to.options.clock = &context.io.clock;
    to.options.random = &context.io.random;
    to.options.zone = forms::fixed_zone(forms::kIraqOffsetSeconds);
    const Options& given = context.options;
    if (!given.zone.empty()) to.options.zone = AWDA_TRY(find_zone(given.zone));
    if (given.now.empty()) return {};
    const auto moment = forms::parse_moment(given.now, to.options.zone);
    if (!moment) return Error(Errc::kUsage, "reading the time of --now");
    to.standing = StandingClock(moment->utc_ms);
    to.options.clock = &to.standing;
    return {};
}

/// The answers of a file: inside {"form":…,"answers":{…}}, or the whole object.
Result<std::string> read_answers(Context& context, std::string& language) {
    const Bytes bytes =
        AWDA_TRY(read_file(Path(context.options.answers.front()), kAnswersBytesMax));
    auto file = parse_answers(as_text(bytes));
    if (!file.ok()) {
        if (!nesting_within(as_text(bytes), kAnswersNestingMax)) return file.error();
        std::string_view text = as_text(bytes);
        if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
        return std::string(text);
    }
    if (context.options.form_language.empty() && context.options.language.empty()) {
        language = file->language;
    }
    return std::move(file->answers);
}

/// What is wrong, each thing once: loading and validating may both tell of it.
std::vector<forms::Problem> together(std::vector<forms::Problem> problems,
                                     std::vector<forms::Problem> more) {
    for (forms::Problem& one : more) {
        const auto same = [&](const forms::Problem& other) {
            return other.ref == one.ref && other.kind == one.kind;
        };
        if (std::none_of(problems.begin(), problems.end(), same)) {
            problems.push_back(std::move(one));
        }
    }
    return problems;
}

nlohmann::json to_json(const std::vector<forms::Problem>& problems) {
    nlohmann::json list = nlohmann::json::array();
    for (const forms::Problem& problem : problems) {
        list.push_back({{"ref", problem.ref},
                        {"kind", forms::problem_kind_name(problem.kind)},
                        {"message", problem.message}});
    }
    return list;
}

void print_problems(Context& context, const std::vector<forms::Problem>& problems) {
    for (const forms::Problem& problem : problems) {
        context.out.error_detail(
            say(Text::kProblemLine, context.out.language, {problem.ref, problem.message}));
    }
}

/// The record to the file of --output, or, in words, to standard output.
Status hand_over(Context& context, const std::string& xml) {
    if (context.options.output.empty()) {
        context.out.line(xml);
        return {};
    }
    AWDA_CHECK(atomic_write(Path(context.options.output), as_bytes(xml)));
    context.out.line(Text::kFormConverted, {context.options.output});
    return {};
}

nlohmann::json record_json(const Context& context, const forms::Session& session,
                           const std::vector<forms::Problem>& problems) {
    nlohmann::json answers = nlohmann::json::array();
    for (const forms::Answer& answer : session.answers()) {
        answers.push_back({{"ref", answer.path}, {"value", answer.value}});
    }
    const forms::FormSettings& settings = session.definition().settings();
    nlohmann::json json = {{"form", settings.form_id},        {"version", settings.version},
                           {"language", session.language()},  {"instance", session.instance_id()},
                           {"name", session.instance_name()}, {"finalisable", problems.empty()},
                           {"problems", to_json(problems)},   {"answers", std::move(answers)}};
    if (context.options.output.empty()) {
        json["xml"] = session.instance_xml();
    } else {
        json["output"] = context.options.output;
    }
    return json;
}

}  // namespace

Outcome form_fill(Context& context) {
    const agent::FormFile file = AWDA_TRY(find_form(context, context.options.file));
    if (file.form.definition == nullptr) return report_bad_form(context, file.diagnostics);
    Surroundings around;
    AWDA_CHECK(surround(context, around));
    std::string language = form_language(context);
    const std::string answers = AWDA_TRY(read_answers(context, language));
    forms::Session session(file.form.definition, around.options);
    session.set_language(language);
    auto problems = AWDA_TRY(session.load_answers(answers));
    problems = together(std::move(problems), session.validate());
    // Finalising stamps the end time, which the exported record then has.
    if (problems.empty()) AWDA_TRY(session.finalise());
    print_problems(context, problems);
    AWDA_CHECK(hand_over(context, session.instance_xml()));
    if (!problems.empty()) {
        context.out.error_detail(
            say(Text::kNotFinished, context.out.language, {std::to_string(problems.size())}));
    }
    context.out.document(record_json(context, session, problems));
    return problems.empty() ? 0 : 1;
}

Outcome form_run(Context& context) {
    const agent::FormFile file = AWDA_TRY(find_form(context, context.options.file));
    if (file.form.definition == nullptr) return report_bad_form(context, file.diagnostics);
    if (context.io.in == nullptr) return Error(Errc::kUsage, "looking for somebody to ask");
    Surroundings around;
    AWDA_CHECK(surround(context, around));
    FormDraft draft;
    if (!context.options.resume.empty()) {
        draft = AWDA_TRY(read_draft(Path(context.options.resume)));
        if (draft.form != file.form.definition->settings().form_id) {
            return Error(Errc::kUnknownForm, "going on with a draft of another form");
        }
        around.options.instance_id = draft.instance;
        around.options.editing = true;
    }
    forms::Session session(file.form.definition, around.options);
    const bool asked = !context.options.form_language.empty() || !context.options.language.empty();
    session.set_language(asked || draft.language.empty() ? form_language(context) : draft.language);
    if (!draft.answers.empty()) print_problems(context, session.restore(draft.answers));
    // With --json the document has standard output to itself.
    std::ostream& talk = context.out.json ? context.io.err : context.io.out;
    Interview interview(session, *context.io.in, talk, context.out.language);
    interview.draft_path = !context.options.resume.empty()   ? context.options.resume
                           : !context.options.output.empty() ? context.options.output + ".draft"
                                                             : std::string("draft.json");
    interview.stopped = context.io.stopped;
    const bool finished = AWDA_TRY(interview.run());
    const auto problems = session.validate();
    if (finished) {
        AWDA_TRY(session.finalise());
        AWDA_CHECK(hand_over(context, session.instance_xml()));
    }
    nlohmann::json document = record_json(context, session, problems);
    document["finished"] = finished;
    context.out.document(document);
    return finished ? 0 : 1;
}

}  // namespace awda::cli
