// The desk's side of delivery: sealing, asking the net thread, taking in what came back, planning
// the next try; and the lists that change with it. Runs on the core thread.
#include <algorithm>

#include "agent/desk/local_desk.h"
#include "agent/vault/retention.h"
#include "agent/vault/revocation.h"

namespace awda::agent {

namespace {

constexpr std::int64_t kRetryFirstMs = 30'000;
constexpr std::int64_t kRetryMaxMs = 15 * 60'000;
/// The courier gives up sooner than at the command line: the desk tries again by itself, and the
/// officer shall see why nothing goes out. Three time-outs, or ten seconds of a link that is down:
/// a link that drops every half minute is back within five.
constexpr std::uint32_t kFailuresInOneRun = 12;

IntakeState to_state(RecordState state) {
    switch (state) {
        case RecordState::kDraft: return IntakeState::kDraft;
        case RecordState::kWaiting: return IntakeState::kWaiting;
        case RecordState::kStored: return IntakeState::kStored;
        case RecordState::kErased: return IntakeState::kErased;
        case RecordState::kDelivered: break;
    }
    return IntakeState::kDelivered;
}

}  // namespace

void LocalDesk::load_forms() {
    current_.forms.clear();
    for (const std::string& id : forms_.ids()) {
        const auto form = forms_.form(id);
        if (!form.ok()) {
            fail(form.error());
            continue;
        }
        const forms::FormSettings& settings = form->definition->settings();
        current_.forms.push_back({id, settings.version, settings.title});
    }
    changed_ = true;
}

void LocalDesk::reload_list(bool refresh) {
    if (vault_ == nullptr) return;
    ListQuery query;
    query.limit = kListMax;
    query.refresh = refresh;
    const auto rows = vault_->list(query);
    if (!rows.ok()) {
        fail(rows.error());
        return;
    }
    auto list = std::make_shared<std::vector<IntakeRow>>();
    list->reserve(rows->size());
    for (const RecordRow& row : *rows) {
        list->push_back({row.instance, row.title, row.form_id, row.revision, to_state(row.state),
                         row.updated_ms, approval_mark(row.approval)});
    }
    current_.intakes = std::move(list);
    changed_ = true;
}

void LocalDesk::reload_status() {
    if (vault_ != nullptr) {
        const auto status = vault_->status();
        if (!status.ok()) {
            fail(status.error());
            return;
        }
        current_.sync.waiting_records = status->waiting_records + status->stored_records;
        current_.sync.waiting_bytes = status->waiting_bytes;
        current_.sync.last_success_ms = status->last_receipt_ms.value_or(0);
        if (status->clock_off_ms.has_value()) warn_of_clock();
        show_rights();
    } else if (setup_.has_value()) {
        if (const auto view = look_at_outbox(*setup_); view.ok()) {
            current_.sync.waiting_bytes = view->waiting_bytes;
            current_.sync.last_success_ms =
                std::max(current_.sync.last_success_ms, view->last_receipt_ms);
        }
    }
    changed_ = true;
}

void LocalDesk::warn_of_clock() {
    if (clock_warned_) return;
    clock_warned_ = true;
    notice(NoticeKind::kWarning, Errc::kClockWrong);
}

void LocalDesk::take_in_receipts() {
    if (vault_ == nullptr) return;
    const auto taken = vault_->reconcile();
    if (!taken.ok()) {
        fail(taken.error());
        return;
    }
    if (taken->opened > 0) erase_what_is_due();
    if (taken->stored + taken->opened > 0) reload_list(true);
    obey_order();
}

/// Headquarters' clock, which its receipts carry, says when the time of a record has come.
void LocalDesk::erase_what_is_due() {
    const auto session = vault_->session();
    if (!session.ok()) return;
    if (const auto erased = run_daily_retention(**session); !erased.ok()) fail(erased.error());
}

/// Headquarters' order to seal and lock may come while somebody works: what they typed is saved
/// first.
void LocalDesk::obey_order() {
    if (!save_now()) return;
    const auto session = vault_->session();
    if (!session.ok()) return;
    const auto obeyed = obey_waiting_order(**session);
    if (!obeyed.ok()) {
        fail(obeyed.error());
        return;
    }
    if (!*obeyed) return;
    lock_vault();
    notice(NoticeKind::kWarning, Errc::kRevoked);
}

void LocalDesk::seal_and_send() {
    if (vault_ == nullptr) return;
    // A record that can't be sealed now (a full disk) is safe in the vault; the next try seals it.
    if (const auto sealed = vault_->seal_pending(); !sealed.ok()) fail(sealed.error());
    request_delivery();
    reload_status();
}

void LocalDesk::request_delivery() {
    next_try_ms_.reset();
    current_.sync.next_try_ms = 0;
    const Path outbox =
        vault_ != nullptr ? vault_->outbox_folder() : outbox_of(options_.data_folder);
    auto setup = delivery_setup(options_.data_folder, outbox, options_.connect_to);
    if (!setup.ok()) {
        current_.sync.phase = SyncPhase::kFailed;
        current_.sync.error = setup.error().code;
        changed_ = true;
        return;
    }
    setup_ = std::move(*setup);
    setup_->settings.limits.failures_max = kFailuresInOneRun;
    // Nothing to say to headquarters: leave the link alone.
    if (const auto view = look_at_outbox(*setup_);
        view.ok() && view->enrolled && view->waiting_batches == 0) {
        return;
    }
    net_->request(*setup_);
}

void LocalDesk::take_net_result() {
    const NetThread::View view = net_->view();
    SyncView& sync = current_.sync;
    if (view.running) {
        const SyncPhase phase = view.progress.bytes_total > 0 && view.progress.bytes_done > 0
                                    ? SyncPhase::kSending
                                    : SyncPhase::kConnecting;
        if (sync.phase != phase || sync.progress_bytes != view.progress.bytes_done) changed_ = true;
        sync.phase = phase;
        sync.progress_bytes = view.progress.bytes_done;
        sync.total_bytes = view.progress.bytes_total;
        if (view.progress.batches_done != net_batches_seen_) {
            net_batches_seen_ = view.progress.batches_done;
            take_in_receipts();
            reload_status();
        }
        return;
    }
    if (view.runs_ended == net_runs_seen_) return;
    net_runs_seen_ = view.runs_ended;
    net_batches_seen_ = 0;
    const Result<sync::SyncSummary>& last = *view.last;
    const std::optional<Errc> error = last.ok() ? last->error : std::optional(last.error().code);
    sync.phase = error.has_value() ? SyncPhase::kFailed : SyncPhase::kIdle;
    if (error.has_value()) sync.error = *error;
    sync.progress_bytes = 0;
    sync.total_bytes = 0;
    take_in_receipts();
    reload_status();
    const bool unopened = last.ok() && last->batches_unopened > 0;
    plan_next_try(error.has_value(), unopened);
    if (!error.has_value() && !unopened && last.ok() && last->batches_sent > 0) {
        notice(NoticeKind::kDelivered);
    }
    changed_ = true;
}

void LocalDesk::plan_next_try(bool failed, bool unopened) {
    next_try_ms_.reset();
    current_.sync.next_try_ms = 0;
    if (!failed && !unopened) {
        tries_failed_ = 0;
        return;
    }
    if (!options_.auto_sync) return;
    const std::int64_t doubled = kRetryFirstMs << std::min<std::uint32_t>(tries_failed_, 5);
    const std::int64_t pause = std::min(doubled, kRetryMaxMs);
    // Up to a fifth more, so that branches cut off together do not come back together.
    const auto jitter =
        static_cast<std::int64_t>(random_.next_u64() % static_cast<std::uint64_t>(pause / 5));
    ++tries_failed_;
    next_try_ms_ = clock_.steady_ms() + pause + jitter;
    current_.sync.next_try_ms = clock_.now() + pause + jitter;
}

void LocalDesk::sync_if_due() {
    if (!next_try_ms_.has_value() || clock_.steady_ms() < *next_try_ms_) return;
    next_try_ms_.reset();
    if (vault_ != nullptr) {
        seal_and_send();
    } else {
        request_delivery();
    }
}

}  // namespace awda::agent
