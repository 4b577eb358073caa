// case_rights: which permission of role.h each change of a case needs. Asked before a change is
// made, and again of the log. Threads: pure functions.
#pragma once

#include "agent/vault/role.h"
#include "sync/cases/case_event.h"

namespace awda::agent {

[[nodiscard]] constexpr Permission permission_of(sync::CaseRight right) {
    switch (right) {
        case sync::CaseRight::kRecord: return Permission::kRecord;
        case sync::CaseRight::kDecide: return Permission::kDecide;
        case sync::CaseRight::kTransfer: return Permission::kTransfer;
    }
    return Permission::kDecide;
}

[[nodiscard]] inline Permission permission_for(const sync::CaseChange& change) {
    if (std::holds_alternative<sync::CaseJoined>(change)) return Permission::kRecord;
    if (std::holds_alternative<sync::MemberChanged>(change)) return Permission::kAmend;
    if (const auto* moved = std::get_if<sync::CaseMoved>(&change)) {
        return permission_of(sync::transition_of(moved->move).right);
    }
    return Permission::kDecide;  // splitting and merging
}

}  // namespace awda::agent
