// What the desk does for each command of the window. Runs on the core thread.
#include "agent/desk/local_desk.h"
#include "agent/vault/approvals.h"

namespace awda::agent {

namespace {

AnswerChange answer_change(AnswerFate fate) {
    if (fate == AnswerFate::kRenamed) return AnswerChange::kMoved;
    return fate == AnswerFate::kChanged ? AnswerChange::kNotAllowed : AnswerChange::kNoPlace;
}

}  // namespace

IntakeParts LocalDesk::parts() {
    return {*vault_, forms_, clock_, random_};
}

VaultEnv LocalDesk::vault_env() const {
    VaultEnv env;
    env.clock = &clock_;
    env.random = &random_;
    env.kdf = parts_.kdf;
    return env;
}

bool LocalDesk::vault_open() {
    if (vault_ != nullptr) return true;
    fail(Error(Errc::kLocked, "a command for an open vault"));
    return false;
}

bool LocalDesk::writable_intake() {
    if (!vault_open()) return false;
    if (!intake_.has_value()) {
        fail(Error(Errc::kNotFound, "a command for an open intake"));
        return false;
    }
    if (intake_->read_only()) {
        fail(Error(Errc::kAlreadyFinal, "changing a record opened for reading"));
        return false;
    }
    return true;
}

void LocalDesk::on(InitVault& command) {
    if (vault_ != nullptr || opening_ != nullptr) {
        fail(Error(Errc::kVaultExists, "enrolling while a vault is open"));
        return;
    }
    auto voucher = read_file(command.voucher, kVoucherBytesMax);
    if (!voucher.ok()) {
        fail(voucher.error());
        return;
    }
    // Shared, because a std::function must be copyable and a secret is not.
    const auto secret = std::make_shared<SecretBytes>(std::move(command.passphrase));
    open_in_background([env = vault_env(), folder = options_.data_folder,
                        bytes = std::move(*voucher), name = std::move(command.officer),
                        secret] { return enrol(env, {folder, bytes, name, secret.get()}); });
}

void LocalDesk::on(Unlock& command) {
    if (vault_ != nullptr || opening_ != nullptr) {
        fail(Error(Errc::kBusy, "unlocking a vault that is open or opening"));
        return;
    }
    const auto secret = std::make_shared<SecretBytes>(std::move(command.passphrase));
    open_in_background([env = vault_env(), folder = options_.data_folder,
                        name = std::move(command.officer),
                        secret] { return Vault::unlock(env, folder, name, *secret); });
}

void LocalDesk::opened(std::unique_ptr<Vault> vault) {
    vault_ = std::move(vault);
    last_command_ms_ = clock_.steady_ms();
    current_.vault = VaultState::kOpen;
    const Identity& identity = vault_->identity();
    current_.officer = identity.officer_name;
    current_.office = identity.office_name;
    show_rights();
    clock_warned_ = false;
    if (vault_->unlock_report().clock_jumped) warn_of_clock();
    changed_ = true;
    take_in_receipts();
    reload_list(false);
    if (options_.auto_sync) seal_and_send();
    reload_status();
}

void LocalDesk::on(const Lock& /*command*/) {
    if (opening_ != nullptr) opening_->cancelled = true;
    lock_vault();
}

void LocalDesk::on(const SetLanguage& command) {
    current_.language = command.language;
    changed_ = true;
    if (!intake_.has_value() || vault_ == nullptr) return;
    const Status set = intake_->set_language(*vault_, language_code(command.language));
    if (!set.ok()) fail(set.error());
    page_stale_ = true;
}

bool LocalDesk::close_intake() {
    if (!intake_.has_value()) return true;
    if (!save_now()) return false;  // what can't be saved stays on the screen
    if (vault_ != nullptr) intake_->close(*vault_);
    intake_.reset();
    view_ = {};
    current_.open = nullptr;
    current_.save = {};
    changed_ = true;
    return true;
}

void LocalDesk::show_intake(Result<Intake> intake) {
    if (!intake.ok()) {
        fail(intake.error());
        return;
    }
    intake_.emplace(std::move(intake).value());
    intake_->session().set_language(language_code(current_.language));
    view_ = {};
    view_.instance = intake_->instance();
    view_.form_id = intake_->form_id();
    view_.form_title = intake_->session().definition().settings().title;
    view_.revision = intake_->revision();
    view_.read_only = intake_->read_only();
    view_.sealed_parts = intake_->sealed_parts();
    show_approval();
    current_.save = {};
    page_stale_ = true;
    changed_ = true;
    if (!intake_->lost().empty()) notice(NoticeKind::kWarning, Errc::kAnswersInvalid);
}

void LocalDesk::on(const NewIntake& command) {
    if (!vault_open() || !close_intake()) return;
    show_intake(Intake::start(parts(), command.form_id, language_code(current_.language)));
    reload_list(true);
}

void LocalDesk::on(const OpenIntake& command) {
    if (!vault_open() || !close_intake()) return;
    auto draft = Intake::resume(parts(), command.instance);
    if (!draft.ok() && draft.error().code == Errc::kFormNewer) {
        show_newer_form(command.instance);
        return;
    }
    const bool finalised = !draft.ok() && (draft.error().code == Errc::kNotFound ||
                                           draft.error().code == Errc::kAlreadyFinal);
    show_intake(finalised ? Intake::view(parts(), command.instance) : std::move(draft));
}

/// Shows the draft in its own version, and what the newer one would make of it.
void LocalDesk::show_newer_form(const InstanceId& draft) {
    const auto planned = Intake::plan_change(parts(), draft);
    if (!planned.ok()) {
        fail(planned.error());
        return;
    }
    show_intake(Intake::look(parts(), draft));
    if (!intake_.has_value() || !planned->has_value()) return;
    const FormChange& change = **planned;
    auto view = std::make_shared<FormChangeView>();
    view->from = change.from.version;
    view->to = change.to.version;
    view->kept = change.migration.count(AnswerFate::kCarried);
    for (const AnswerMove& move : change.migration.moves) {
        if (move.fate == AnswerFate::kCarried) continue;
        const forms::FormDefinition& form =
            change.before != nullptr ? *change.before : *change.after;
        std::string label =
            form.label(forms::without_positions(move.from), language_code(current_.language));
        view->rows.push_back(
            {answer_change(move.fate), label.empty() ? move.from : label, move.value});
    }
    view_.change = std::move(view);
}

void LocalDesk::on(const AcceptForm& /*command*/) {
    if (!vault_open() || !intake_.has_value() || view_.change == nullptr) return;
    const InstanceId draft = intake_->instance();
    const auto accepted = Intake::accept_change(parts(), draft);
    if (!accepted.ok()) {
        fail(accepted.error());
        return;
    }
    if (close_intake()) on(OpenIntake{draft});
    reload_list(true);
}

void LocalDesk::on(const CloseIntake& /*command*/) {
    if (close_intake() && vault_ != nullptr) reload_list(true);
}

void LocalDesk::on(const Amend& command) {
    if (!vault_open() || !close_intake()) return;
    const auto draft = vault_->amend(command.instance, command.reason);
    if (!draft.ok()) {
        fail(draft.error());
        return;
    }
    on(OpenIntake{*draft});
    reload_list(true);
}

void LocalDesk::on(const Answer& command) {
    if (!writable_intake()) return;
    const Status answered = intake_->session().answer(command.ref, command.value);
    if (!answered.ok()) fail(answered.error());
    session_changed();
}

void LocalDesk::on(const AddRepeat& command) {
    if (!writable_intake()) return;
    const auto added = intake_->session().add_repeat(command.ref);
    if (!added.ok()) fail(added.error());
    session_changed();
}

void LocalDesk::on(const RemoveRepeat& command) {
    if (!writable_intake()) return;
    const Status removed = intake_->session().remove_repeat(command.ref);
    if (!removed.ok()) fail(removed.error());
    session_changed();
}

void LocalDesk::on(const Finalise& /*command*/) {
    if (!writable_intake()) return;
    const Status done = intake_->finalise(*vault_);
    page_stale_ = true;
    changed_ = true;
    if (!done.ok()) {
        if (done.error().code == Errc::kAnswersInvalid) ++view_.finalise_serial;
        fail(done.error());
        session_changed();
        return;
    }
    const InstanceId instance = intake_->instance();
    intake_.reset();
    save_due_.reset();
    view_ = {};
    current_.save = {SavePhase::kSaved, clock_.now()};
    notice(NoticeKind::kFinalised, Errc::kInternal, instance);
    seal_and_send();
    reload_list(true);
}

void LocalDesk::on(const DiscardDraft& /*command*/) {
    if (!writable_intake()) return;
    const InstanceId instance = intake_->instance();
    const Status discarded = vault_->discard_draft(instance);
    if (!discarded.ok()) {
        fail(discarded.error());
        return;
    }
    intake_.reset();
    save_due_.reset();
    view_ = {};
    current_.save = {};
    page_stale_ = true;
    notice(NoticeKind::kDiscarded, Errc::kInternal, instance);
    reload_list(true);
}

void LocalDesk::on(const Approve& command) {
    if (!vault_open()) return;
    const auto session = vault_->session();
    decided(session.ok() ? approve(**session, command.instance) : Status(session.error()),
            NoticeKind::kApproved, command.instance);
}

void LocalDesk::on(const GiveBack& command) {
    if (!vault_open()) return;
    const auto session = vault_->session();
    decided(session.ok() ? give_back(**session, command.instance, command.reason)
                         : Status(session.error()),
            NoticeKind::kGivenBack, command.instance);
}

void LocalDesk::on(const SyncNow& /*command*/) {
    tries_failed_ = 0;
    if (vault_ != nullptr) {
        take_in_receipts();
        seal_and_send();
        reload_status();
    } else {
        request_delivery();
    }
}

}  // namespace awda::agent
