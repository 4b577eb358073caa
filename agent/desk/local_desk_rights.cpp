// What the officer at the desk may do, and how an open record stands with a second officer. Runs on
// the core thread.
#include "agent/desk/local_desk.h"
#include "agent/vault/access.h"

namespace awda::agent {

namespace {

LeaseWarning warning_of(const Standing& stands) {
    switch (stands.lease) {
        case LeaseState::kExpired: return LeaseWarning::kEnded;
        case LeaseState::kUnproven: return LeaseWarning::kClock;
        case LeaseState::kExpiring: return LeaseWarning::kEnding;
        case LeaseState::kValid: break;
    }
    return stands.clock_unproven ? LeaseWarning::kClock : LeaseWarning::kNone;
}

}  // namespace

ApprovalMark approval_mark(ApprovalState state) {
    switch (state) {
        case ApprovalState::kNone: break;
        case ApprovalState::kAwaiting: return ApprovalMark::kAwaiting;
        case ApprovalState::kApproved: return ApprovalMark::kApproved;
        case ApprovalState::kReturned: return ApprovalMark::kReturned;
    }
    return ApprovalMark::kNone;
}

void LocalDesk::show_rights() {
    const auto session = vault_->session();
    if (!session.ok()) return;
    const Role role = vault_->identity().role;
    const Standing stands = standing(**session);
    current_.role = role_name(role);
    current_.administrator = may(role, Permission::kAdminister);
    current_.may_record = may(role, Permission::kRecord);
    current_.lease = warning_of(stands);
    current_.lease_until_ms = stands.until_ms;
    changed_ = true;
}

void LocalDesk::show_approval() {
    const auto session = vault_->session();
    if (!session.ok()) return;
    if (!intake_->finalised()) {
        view_.may_amend = false;
        return;
    }
    const Approval& approval = intake_->approval();
    view_.approval = approval_mark(approval.state);
    view_.return_reason = approval.reason;
    view_.may_amend = permit(**session, Permission::kAmend, intake_->officer()).ok();
    view_.may_decide = approval.state == ApprovalState::kAwaiting &&
                       intake_->officer() != vault_->identity().officer &&
                       permit(**session, Permission::kApprove).ok();
}

void LocalDesk::decided(const Status& done, NoticeKind kind, const InstanceId& instance) {
    if (!done.ok()) {
        fail(done.error());
        return;
    }
    if (!close_intake()) return;
    notice(kind, Errc::kInternal, instance);
    seal_and_send();
    reload_list(true);
}

}  // namespace awda::agent
