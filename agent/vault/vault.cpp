#include "agent/vault/vault.h"

#include "agent/vault/delivery.h"
#include "agent/vault/drafts.h"
#include "agent/vault/log_check.h"
#include "agent/vault/officers.h"
#include "agent/vault/records.h"
#include "agent/vault/schema.h"
#include "agent/vault/session.h"
#include "agent/vault/unlock_guard.h"
#include "agent/vault/vault_open.h"

namespace awda::agent {

/// Outlives the session, so that identity and paths can still be asked for after lock().
class Vault::Impl {
public:
    explicit Impl(std::unique_ptr<Session> open)
        : session(std::move(open)),
          folder(session->folder),
          identity(session->identity),
          report(session->report) {}

    std::unique_ptr<Session> session;
    Path folder;
    Identity identity;
    UnlockReport report;

    /// Calls `work` on the session, or says that the vault is locked.
    template <typename Work>
    auto with(Work work) -> decltype(work(*session)) {
        if (session == nullptr) return Error(Errc::kLocked, "the vault is locked");
        return work(*session);
    }
};

Vault::Vault(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Vault::~Vault() {
    lock().ignore("the keys are gone; an unlock finds an unclean end and says so");
}

Result<std::unique_ptr<Vault>> Vault::create(const VaultEnv& env, const NewVault& wanted) {
    auto session = AWDA_TRY(make_vault(env, wanted));
    return std::unique_ptr<Vault>(new Vault(std::make_unique<Impl>(std::move(session))));
}

Result<std::unique_ptr<Vault>> Vault::unlock(const VaultEnv& env, const Path& folder,
                                             std::string_view officer_name,
                                             const SecretBytes& passphrase) {
    auto session = AWDA_TRY(unlock_vault(env, folder, officer_name, passphrase));
    return std::unique_ptr<Vault>(new Vault(std::make_unique<Impl>(std::move(session))));
}

bool Vault::present(const Path& folder) {
    return vault_present(folder) || file_exists(database_path(folder));
}

std::int64_t Vault::unlock_delay_ms(const Path& folder, const Clock& clock) {
    return UnlockGuard(folder).delay_ms(clock.now());
}

Status Vault::lock(LockReason why) {
    if (impl_->session == nullptr) return {};
    return close_session(std::move(impl_->session), why);
}

bool Vault::locked() const {
    return impl_->session == nullptr;
}

Result<Session*> Vault::session() {
    return impl_->with([](Session& session) { return Result<Session*>(&session); });
}

const Identity& Vault::identity() const {
    return impl_->identity;
}

const UnlockReport& Vault::unlock_report() const {
    return impl_->report;
}

Path Vault::outbox_folder() const {
    return outbox_path(impl_->folder);
}

Result<std::vector<OfficerInfo>> Vault::officers() {
    return impl_->with([](Session& session) { return list_officers(session); });
}

Result<OfficerId> Vault::add_officer(std::string_view name, Role role,
                                     const SecretBytes& passphrase) {
    return impl_->with(
        [&](Session& session) { return agent::add_officer(session, name, role, passphrase); });
}

Status Vault::change_passphrase(const SecretBytes& old_passphrase,
                                const SecretBytes& new_passphrase) {
    return impl_->with([&](Session& session) {
        return agent::change_passphrase(session, old_passphrase, new_passphrase);
    });
}

Result<InstanceId> Vault::start_draft(const FormRef& form, std::string_view language) {
    return impl_->with(
        [&](Session& session) { return agent::start_draft(session, form, language); });
}

Status Vault::save_draft(const InstanceId& draft, const std::vector<FieldChange>& changes,
                         std::optional<std::string> title) {
    return impl_->with(
        [&](Session& session) { return agent::save_draft(session, draft, changes, title); });
}

Status Vault::replace_draft(const InstanceId& draft, const std::vector<sync::Field>& fields,
                            std::optional<std::string> title) {
    return impl_->with(
        [&](Session& session) { return agent::replace_draft(session, draft, fields, title); });
}

Status Vault::set_draft_language(const InstanceId& draft, std::string_view language) {
    return impl_->with(
        [&](Session& session) { return agent::set_draft_language(session, draft, language); });
}

Result<Draft> Vault::load_draft(const InstanceId& draft) {
    return impl_->with([&](Session& session) { return agent::load_draft(session, draft); });
}

Status Vault::discard_draft(const InstanceId& draft) {
    return impl_->with([&](Session& session) { return agent::discard_draft(session, draft); });
}

Status Vault::finalise(const InstanceId& draft, std::vector<sync::Field> fields,
                       bool needs_approval) {
    return impl_->with([&](Session& session) {
        return agent::finalise(session, draft, std::move(fields), nullptr, needs_approval);
    });
}

Result<InstanceId> Vault::amend(const InstanceId& record, std::string_view reason) {
    return impl_->with([&](Session& session) { return agent::amend(session, record, reason); });
}

Result<std::vector<RecordRow>> Vault::list(const ListQuery& query) {
    return impl_->with([&](Session& session) { return list_records(session, query); });
}

Result<ShownRecord> Vault::show(const InstanceId& record) {
    return impl_->with([&](Session& session) { return show_record(session, record); });
}

Result<SealSummary> Vault::seal_pending() {
    return impl_->with([](Session& session) { return agent::seal_pending(session); });
}

Result<ReconcileSummary> Vault::reconcile() {
    return impl_->with([](Session& session) { return agent::reconcile(session); });
}

Result<VaultStatus> Vault::status() {
    return impl_->with([](Session& session) { return delivery_status(session); });
}

Result<UnixMs> Vault::proven_time() {
    return impl_->with([](Session& session) -> Result<UnixMs> {
        const UnixMs server = AWDA_TRY(meta_number(session.db, Meta::kServerHigh, 0));
        return std::max(server, session.hq.issued_ms);
    });
}

Result<LogReport> Vault::verify_log() {
    return impl_->with([](Session& session) {
        return check_log(session.db, LogOrigin{session.identity.device, session.identity.office,
                                               session.keyring.device_sign});
    });
}

std::string_view record_state_name(RecordState state) {
    switch (state) {
        case RecordState::kDraft: return "draft";
        case RecordState::kWaiting: return "waiting";
        case RecordState::kStored: return "stored";
        case RecordState::kDelivered: return "delivered";
        case RecordState::kErased: return "erased";
    }
    return "";
}

std::string_view approval_state_name(ApprovalState state) {
    switch (state) {
        case ApprovalState::kNone: return "none";
        case ApprovalState::kAwaiting: return "awaiting";
        case ApprovalState::kApproved: return "approved";
        case ApprovalState::kReturned: return "returned";
    }
    return "";
}

}  // namespace awda::agent
