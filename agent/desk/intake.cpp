#include "agent/desk/intake.h"

#include <unordered_map>

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
    return Intake(std::move(clock), forms::Session(form.definition, std::move(options)), instance);
}

Result<Intake> Intake::start(const IntakeParts& parts, std::string_view form_id,
                             std::string_view language) {
    const LoadedForm form = AWDA_TRY(parts.forms.form(form_id));
    const FormRef ref{std::string(form_id), form.definition->settings().version, form.hash};
    const InstanceId instance = AWDA_TRY(parts.vault.start_draft(ref, language));
    Intake intake = AWDA_TRY(begin(parts, form, instance, false));
    intake.form_id_ = ref.id;
    intake.session_.set_language(language);
    // Defaults and first calculations are part of the draft from its first moment.
    AWDA_CHECK(intake.save(parts.vault));
    return intake;
}

Result<Intake> Intake::resume(const IntakeParts& parts, const InstanceId& draft) {
    const Draft kept = AWDA_TRY(parts.vault.load_draft(draft));
    const LoadedForm form = AWDA_TRY(parts.forms.form(kept.form.id));
    Intake intake = AWDA_TRY(begin(parts, form, draft, true));
    intake.form_id_ = kept.form.id;
    intake.revision_ = kept.revision;
    intake.reason_ = kept.reason;
    intake.session_.set_language(kept.language);
    intake.saved_ = to_answers(kept.fields);
    intake.saved_title_ = kept.title;
    intake.lost_ = intake.session_.restore(intake.saved_);
    for (const forms::Problem& problem : intake.lost_) {
        for (const forms::Answer& answer : intake.saved_) {
            if (problem.kind == forms::ProblemKind::kUnknownPath && answer.path == problem.ref) {
                intake.lost_answers_.push_back(answer);
            }
        }
    }
    intake.saved_once_ = true;
    intake.saved_at_ = intake.session_.revision();
    return intake;
}

Result<Intake> Intake::view(const IntakeParts& parts, const InstanceId& record) {
    return of_record(parts, AWDA_TRY(parts.vault.show(record)));
}

Result<Intake> Intake::of_record(const IntakeParts& parts, const ShownRecord& shown) {
    const LoadedForm form = AWDA_TRY(parts.forms.form(shown.record.form_id));
    const InstanceId record = shown.record.instance;
    Intake intake = AWDA_TRY(begin(parts, form, record, true));
    intake.form_id_ = shown.record.form_id;
    intake.revision_ = shown.record.revision;
    intake.reason_ = shown.record.reason;
    intake.read_only_ = true;
    intake.session_.set_language(shown.record.language);
    const std::vector<forms::Answer> answers = to_answers(shown.record.fields);
    intake.lost_ = intake.session_.restore(answers);
    return intake;
}

Status Intake::save(Vault& vault) {
    if (read_only_) return Error(Errc::kAlreadyFinal, "saving a record opened for reading");
    if (saved_once_ && session_.revision() == saved_at_) return {};
    const std::uint64_t revision = session_.revision();
    std::vector<forms::Answer> now = session_.answers(forms::Session::Include::kAll);
    now.insert(now.end(), lost_answers_.begin(), lost_answers_.end());
    const std::string title = session_.instance_name();
    std::optional<std::string> new_title;
    if (!saved_once_ || title != saved_title_) new_title = title;
    if (const auto changes = changes_between(saved_, now)) {
        if (!changes->empty() || new_title.has_value()) {
            AWDA_CHECK(vault.save_draft(instance_, *changes, new_title));
        }
    } else {
        AWDA_CHECK(vault.replace_draft(instance_, to_fields(now), new_title));
    }
    saved_ = std::move(now);
    saved_title_ = title;
    saved_at_ = revision;
    saved_once_ = true;
    return {};
}

Status Intake::set_language(Vault& vault, std::string_view tag) {
    session_.set_language(tag);
    if (read_only_) return {};
    return vault.set_draft_language(instance_, tag);
}

Status Intake::finalise(Vault& vault) {
    if (read_only_) return Error(Errc::kAlreadyFinal, "finalising a record opened for reading");
    AWDA_CHECK(save(vault));
    const forms::FinalRecord record = AWDA_TRY(session_.finalise());
    std::vector<sync::Field> fields = to_fields(record.answers);
    bool named = false;
    for (const sync::Field& field : fields) named = named || field.path == kInstanceName;
    if (!named && !record.instance_name.empty()) {
        fields.push_back({std::string(kInstanceName), record.instance_name});
    }
    return vault.finalise(instance_, std::move(fields));
}

}  // namespace awda::agent
