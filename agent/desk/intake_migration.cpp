// What Intake does where a draft's form has another version now.
#include "agent/desk/form_versions.h"
#include "agent/desk/intake.h"
#include "agent/vault/drafts.h"

namespace awda::agent {

namespace {

/// The draft, closed again: wipes what was opened of it.
class LoadedDraft {
public:
    LoadedDraft(Vault& vault, Draft draft) : vault_(vault), draft_(std::move(draft)) {}
    LoadedDraft(const LoadedDraft&) = delete;
    LoadedDraft& operator=(const LoadedDraft&) = delete;
    ~LoadedDraft() {
        sync::wipe_fields(draft_.protected_fields);
        const auto session = vault_.session();
        if (session.ok()) close_part(**session, draft_.instance);
    }
    [[nodiscard]] const Draft& operator*() const { return draft_; }

private:
    Vault& vault_;
    Draft draft_;
};

MigrationInput input_of(const Draft& draft, const forms::FormDefinition& before,
                        forms::ProtectedPaths protection) {
    for (const std::string& path : draft.seals) protection.add(path);
    return {before,
            draft.form.version,
            std::move(protection),
            to_answers(draft.fields),
            to_answers(draft.protected_fields),
            draft.sealed_parts > 0};
}

DraftMove move_of(const FormChange& change) {
    const Migration& migration = change.migration;
    DraftMove move;
    move.form = change.to;
    move.fields = to_fields(migration.answers);
    move.seals = migration.seals;
    move.title = change.title;
    move.carried = static_cast<std::uint32_t>(migration.count(AnswerFate::kCarried));
    move.renamed = static_cast<std::uint32_t>(migration.count(AnswerFate::kRenamed));
    move.orphaned = static_cast<std::uint32_t>(migration.count(AnswerFate::kChanged) +
                                               migration.count(AnswerFate::kOrphaned));
    return move;
}

}  // namespace

Result<Intake> Intake::look(const IntakeParts& parts, const InstanceId& draft) {
    const FormRef ref = AWDA_TRY(draft_form(*AWDA_TRY(parts.vault.session()), draft));
    const FormVersions versions = AWDA_TRY(versions_of(parts, ref));
    const LoadedForm& form = versions.own ? *versions.own : *versions.here;
    Intake intake = AWDA_TRY(of_draft(parts, form, AWDA_TRY(parts.vault.load_draft(draft))));
    intake.read_only_ = true;
    return intake;
}

Result<std::optional<FormChange>> Intake::plan_of(const IntakeParts& parts, const Draft& draft) {
    const FormVersions versions = AWDA_TRY(versions_of(parts, draft.form));
    if (!versions.here || versions.here->hash == draft.form.hash) {
        return std::optional<FormChange>();
    }
    const LoadedForm& after = *versions.here;
    const LoadedForm& before = versions.own ? *versions.own : after;
    Intake fresh = AWDA_TRY(begin(parts, after, draft.instance, true));
    fresh.session_.set_language(draft.language);
    FormChange change;
    change.from = draft.form;
    change.to = {draft.form.id, after.definition->settings().version, after.hash};
    if (versions.own) change.before = before.definition;
    change.after = after.definition;
    change.language = draft.language;
    change.sealed_parts = draft.sealed_parts;
    change.migration = migrate_answers(input_of(draft, *before.definition, before.protection),
                                       after.protection, fresh.session_);
    for (const std::string& path : change.migration.seals) fresh.protection_.add(path);
    change.title = fresh.title();
    return std::optional(std::move(change));
}

Result<std::optional<FormChange>> Intake::plan_change(const IntakeParts& parts,
                                                      const InstanceId& draft) {
    const LoadedDraft kept(parts.vault, AWDA_TRY(parts.vault.load_draft(draft)));
    return plan_of(parts, *kept);
}

Result<std::optional<FormChange>> Intake::accept_change(const IntakeParts& parts,
                                                        const InstanceId& draft) {
    const LoadedDraft kept(parts.vault, AWDA_TRY(parts.vault.load_draft(draft)));
    std::optional<FormChange> change = AWDA_TRY(plan_of(parts, *kept));
    if (!change) return change;
    const LoadedForm form = AWDA_TRY(parts.forms.form(change->to.id));
    keep_source(parts, change->to, form);
    ProtectedAnswers sealed{to_fields(change->migration.guarded), {}};
    const bool part = !sealed.fields.empty() || !form.protection.empty() ||
                      !change->migration.seals.empty() || !(*kept).protected_fields.empty();
    const Status moved = migrate_draft(*AWDA_TRY(parts.vault.session()), draft, move_of(*change),
                                       part ? &sealed : nullptr);
    sync::wipe_fields(sealed.fields);
    AWDA_CHECK(moved);
    return change;
}

}  // namespace awda::agent
