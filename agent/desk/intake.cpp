#include "agent/desk/intake.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>

#include "agent/desk/form_versions.h"
#include "agent/vault/case_changes.h"
#include "agent/vault/drafts.h"
#include "agent/vault/records.h"

namespace awda::agent {

namespace {

constexpr std::string_view kInstanceName = "meta/instanceName";

/// A row of a repeat is announced by a field of its own: "family[2]".
bool is_row(const forms::Answer& answer) {
    return !answer.path.empty() && answer.path.back() == ']';
}

std::vector<std::string_view> rows_of(const std::vector<forms::Answer>& answers) {
    std::vector<std::string_view> rows;
    for (const forms::Answer& answer : answers) {
        if (is_row(answer)) rows.push_back(answer.path);
    }
    return rows;
}

/// Questions that the form's author marked as saying who a person is.
std::vector<std::string> identity_paths(const forms::FormDefinition& form) {
    constexpr std::string_view kIdentity = "identity";
    std::vector<std::string> paths;
    for (const forms::QuestionInfo& question : form.questions()) {
        if (question.marks.purpose == kIdentity) paths.push_back(question.path);
    }
    return paths;
}

}  // namespace

std::vector<sync::Field> to_fields(const std::vector<forms::Answer>& answers) {
    std::vector<sync::Field> fields;
    fields.reserve(answers.size());
    for (const forms::Answer& answer : answers) fields.push_back({answer.path, answer.value});
    return fields;
}

std::vector<forms::Answer> to_answers(const std::vector<sync::Field>& fields) {
    std::vector<forms::Answer> answers;
    answers.reserve(fields.size());
    for (const sync::Field& field : fields) answers.push_back({field.path, field.value});
    return answers;
}

bool needs_approval(const forms::FormDefinition& form, const std::vector<forms::Answer>& answers) {
    return std::ranges::any_of(answers, [&form](const forms::Answer& answer) {
        if (answer.value.empty()) return false;
        const forms::QuestionInfo* question =
            form.find_question(forms::without_positions(answer.path));
        return question != nullptr && !question->marks.approval.empty();
    });
}

std::optional<std::vector<FieldChange>> changes_between(const std::vector<forms::Answer>& before,
                                                        const std::vector<forms::Answer>& after) {
    if (rows_of(before) != rows_of(after)) return std::nullopt;
    std::unordered_map<std::string_view, std::string_view> old;
    old.reserve(before.size());
    for (const forms::Answer& answer : before) old.emplace(answer.path, answer.value);
    std::vector<FieldChange> changes;
    for (const forms::Answer& answer : after) {
        const auto found = old.find(answer.path);
        if (found == old.end() || found->second != answer.value) {
            changes.push_back({answer.path, answer.value});
        }
        if (found != old.end()) old.erase(found);
    }
    for (const auto& [path, value] : old) changes.push_back({std::string(path), std::nullopt});
    return changes;
}

Result<Intake> Intake::begin(const IntakeParts& parts, const LoadedForm& form,
                             const InstanceId& instance, bool editing) {
    const UnixMs floor = AWDA_TRY(parts.vault.proven_time());
    auto clock = std::make_unique<FormClock>(parts.clock, floor);
    forms::SessionOptions options;
    options.clock = clock.get();
    options.random = &parts.random;
    options.device_id = to_text(parts.vault.identity().device);
    options.instance_id = "uuid:" + to_text(instance);
    options.editing = editing;
    Intake intake(std::move(clock), forms::Session(form.definition, std::move(options)), instance);
    intake.protection_ = form.protection;
    return intake;
}

Result<Intake> Intake::start(const IntakeParts& parts, std::string_view form_id,
                             std::string_view language) {
    const LoadedForm form = AWDA_TRY(parts.forms.form(form_id));
    const FormRef ref{std::string(form_id), form.definition->settings().version, form.hash};
    keep_source(parts, ref, form);
    const InstanceId instance = AWDA_TRY(parts.vault.start_draft(ref, language));
    Intake intake = AWDA_TRY(begin(parts, form, instance, false));
    intake.form_id_ = ref.id;
    intake.session_.set_language(language);
    // Defaults and first calculations are part of the draft from its first moment.
    AWDA_CHECK(intake.save(parts.vault));
    return intake;
}

Result<Intake> Intake::resume(const IntakeParts& parts, const InstanceId& draft) {
    const FormRef ref = AWDA_TRY(draft_form(*AWDA_TRY(parts.vault.session()), draft));
    const FormVersions versions = AWDA_TRY(versions_of(parts, ref));
    if (versions.here && versions.here->hash != ref.hash) {
        return Error(Errc::kFormNewer, "opening a draft of another version of its form");
    }
    const LoadedForm& form = versions.here ? *versions.here : *versions.own;
    keep_source(parts, ref, form);
    return of_draft(parts, form, AWDA_TRY(parts.vault.load_draft(draft)));
}

Result<Intake> Intake::of_draft(const IntakeParts& parts, const LoadedForm& form, Draft kept) {
    Intake intake = AWDA_TRY(begin(parts, form, kept.instance, true));
    intake.form_id_ = kept.form.id;
    intake.revision_ = kept.revision;
    intake.reason_ = kept.reason;
    intake.session_.set_language(kept.language);
    intake.saved_title_ = kept.title;
    intake.take_draft(kept);
    sync::wipe_fields(kept.protected_fields);
    intake.saved_once_ = true;
    intake.saved_at_ = intake.session_.revision();
    intake.read_only_ = !may(parts.vault.identity().role, Permission::kRecord);
    return intake;
}

void Intake::restore(const std::vector<forms::Answer>& answers) {
    lost_ = session_.restore(answers);
    for (const forms::Problem& problem : lost_) {
        for (const forms::Answer& answer : answers) {
            if (problem.kind == forms::ProblemKind::kUnknownPath && answer.path == problem.ref) {
                lost_answers_.push_back(answer);
            }
        }
    }
    // What was put aside on purpose is no surprise.
    std::erase_if(lost_, [](const forms::Problem& one) { return is_aside(one.ref); });
}

void Intake::take_draft(const Draft& kept) {
    sealed_parts_ = kept.sealed_parts;
    saved_ = to_answers(kept.fields);
    for (const std::string& path : kept.seals) protection_.add(path);
    std::vector<forms::Answer> all = saved_;
    for (const sync::Field& field : kept.protected_fields) {
        // What was sealed stays so, whatever the form's newer version says.
        protection_.add(field.path);
        all.push_back({field.path, field.value});
    }
    restore(all);
    if (sealed_parts_ == 0) return;
    rows_then_ = rows();
    for (const forms::Answer& answer : session_.answers(forms::Session::Include::kAll)) {
        // An answer kept in clear before its question was marked is taken in as this sitting's.
        const bool in_clear = std::ranges::any_of(
            saved_, [&](const forms::Answer& kept_one) { return kept_one.path == answer.path; });
        if (protection_.covers(answer.path) && !in_clear) base_[answer.path] = answer.value;
    }
}

Result<Intake> Intake::view(const IntakeParts& parts, const InstanceId& record) {
    return of_record(parts, AWDA_TRY(parts.vault.show(record)));
}

Result<Intake> Intake::of_record(const IntakeParts& parts, const ShownRecord& shown) {
    const FormRef ref{shown.record.form_id, shown.record.form_version, shown.record.form_hash};
    const FormVersions versions = AWDA_TRY(versions_of(parts, ref));
    const LoadedForm& form = versions.own ? *versions.own : *versions.here;
    const InstanceId record = shown.record.instance;
    Intake intake = AWDA_TRY(begin(parts, form, record, true));
    intake.form_id_ = shown.record.form_id;
    intake.revision_ = shown.record.revision;
    intake.reason_ = shown.record.reason;
    intake.read_only_ = true;
    intake.sealed_parts_ = shown.sealed_parts;
    intake.finalised_ = true;
    intake.approval_ = shown.approval;
    intake.officer_ = shown.officer;
    intake.session_.set_language(shown.record.language);
    std::vector<forms::Answer> answers = to_answers(shown.record.fields);
    for (const sync::Field& field : shown.protected_fields) {
        answers.push_back({field.path, field.value});
    }
    intake.restore(answers);
    return intake;
}

std::string Intake::title() const {
    return protection_.covers(kInstanceName) ? std::string() : session_.instance_name();
}

std::vector<forms::Answer> Intake::take_protected(std::vector<forms::Answer>& answers) const {
    std::vector<forms::Answer> out;
    if (protection_.empty()) return out;
    const auto first = std::stable_partition(
        answers.begin(), answers.end(),
        [this](const forms::Answer& answer) { return !protection_.covers(answer.path); });
    out.assign(std::make_move_iterator(first), std::make_move_iterator(answers.end()));
    answers.erase(first, answers.end());
    return out;
}

std::map<std::uint64_t, std::string> Intake::rows() const {
    std::map<std::uint64_t, std::string> out;
    for (const forms::ViewNode& node : session_.page(forms::Session::Include::kAll)) {
        if (node.kind == forms::ViewKind::kRow) out.emplace(node.id, node.ref);
    }
    return out;
}

/// Where all that was sealed is open here, this sitting says everything anew. Else it says only
/// what it was told itself: not what the session had from the start, and nothing computed, for what
/// it was computed from is not all there.
ProtectedAnswers Intake::sitting_answers(std::vector<forms::Answer> answers) const {
    ProtectedAnswers out;
    if (sealed_parts_ == 0) {
        out.fields = to_fields(answers);
        return out;
    }
    const std::map<std::uint64_t, std::string> now = rows();
    std::map<std::string, std::string, std::less<>> then;  // a row's ref now → at the beginning
    for (const auto& [id, ref] : rows_then_) {
        const auto found = now.find(id);
        const std::string here = found == now.end() ? std::string() : found->second;
        if (!here.empty()) then.emplace(here, ref);
        if (here != ref) out.moves.push_back({ref, here});
    }
    for (const forms::Answer& answer : answers) {
        const forms::QuestionInfo* question =
            session_.definition().find_question(forms::without_positions(answer.path));
        if (question != nullptr && question->calculated) continue;
        std::string was = answer.path;
        const std::size_t row = answer.path.rfind(']');
        if (row != std::string::npos) {
            const auto moved = then.find(std::string_view(answer.path).substr(0, row + 1));
            // A row that is new has nothing it began with.
            if (moved == then.end()) {
                was.clear();
            } else {
                was = moved->second + answer.path.substr(row + 1);
            }
        }
        const auto base = base_.find(was);
        if (base != base_.end() && base->second == answer.value) continue;
        out.fields.push_back({answer.path, answer.value});
    }
    return out;
}

Status Intake::save(Vault& vault) {
    if (read_only_) return Error(Errc::kAlreadyFinal, "saving a record opened for reading");
    if (saved_once_ && session_.revision() == saved_at_) return {};
    const std::uint64_t revision = session_.revision();
    std::vector<forms::Answer> now = session_.answers(forms::Session::Include::kAll);
    now.insert(now.end(), lost_answers_.begin(), lost_answers_.end());
    ProtectedAnswers sealed = sitting_answers(take_protected(now));
    const ProtectedAnswers* part = protection_.empty() ? nullptr : &sealed;
    const std::string name = title();
    std::optional<std::string> new_title;
    if (!saved_once_ || name != saved_title_) new_title = name;
    Session& session = *AWDA_TRY(vault.session());
    Status saved;
    if (const auto changes = changes_between(saved_, now)) {
        if (!changes->empty() || new_title.has_value() || part != nullptr) {
            saved = save_draft(session, instance_, *changes, new_title, part);
        }
    } else {
        saved = replace_draft(session, instance_, to_fields(now), new_title, part);
    }
    sync::wipe_fields(sealed.fields);
    AWDA_CHECK(saved);
    saved_ = std::move(now);
    saved_title_ = name;
    saved_at_ = revision;
    saved_once_ = true;
    return {};
}

Status Intake::set_language(Vault& vault, std::string_view tag) {
    session_.set_language(tag);
    if (read_only_) return {};
    return vault.set_draft_language(instance_, tag);
}

/// A required answer that is sealed is there, though this session does not have it.
bool Intake::excused(const forms::Problem& problem) const {
    return problem.kind == forms::ProblemKind::kRequired && sealed(problem.ref);
}

std::vector<forms::Problem> Intake::problems() {
    std::vector<forms::Problem> all = session_.validate();
    std::erase_if(all, [this](const forms::Problem& problem) { return excused(problem); });
    return all;
}

void Intake::close(Vault& vault) {
    const auto session = vault.session();
    if (session.ok()) close_part(**session, instance_);
}

Status Intake::finalise(Vault& vault) {
    if (read_only_) return Error(Errc::kAlreadyFinal, "finalising a record opened for reading");
    AWDA_CHECK(save(vault));
    forms::FinalRecord record = AWDA_TRY(
        session_.finalise([this](const forms::Problem& problem) { return excused(problem); }));
    // What a newer version of the form had no place for travels with the record.
    std::ranges::copy_if(lost_answers_, std::back_inserter(record.answers),
                         [](const forms::Answer& answer) {
                             return !is_row(answer) && !answer.path.starts_with("meta/");
                         });
    ProtectedAnswers sealed = sitting_answers(take_protected(record.answers));
    std::vector<sync::Field> fields = to_fields(record.answers);
    bool named = protection_.covers(kInstanceName);
    for (const sync::Field& field : fields) named = named || field.path == kInstanceName;
    if (!named && !record.instance_name.empty()) {
        fields.push_back({std::string(kInstanceName), record.instance_name});
    }
    Session& session = *AWDA_TRY(vault.session());
    AWDA_CHECK(mark_identity(session, form_id_, identity_paths(session_.definition())));
    const Status done = agent::finalise(session, instance_, std::move(fields),
                                        protection_.empty() ? nullptr : &sealed,
                                        needs_approval(session_.definition(), record.answers));
    sync::wipe_fields(sealed.fields);
    return done;
}

}  // namespace awda::agent
