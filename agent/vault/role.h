// Role: what an officer may do on this computer. The table below is the only place that says so; it
// stands in agent/README.md for people, and a test compares the two.
//
// Whether the officer may do it *now* (a lease that ran out, a clock nobody vouches for) is asked
// of permit() in access.h. Numbers are part of the keyring format. Threads: pure values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "platform/result.h"

namespace awda::agent {

enum class Role : std::uint8_t { kOfficer = 1, kSupervisor = 2, kAdministrator = 3, kAuditor = 4 };
inline constexpr std::array kRoles = {Role::kOfficer, Role::kSupervisor, Role::kAdministrator,
                                      Role::kAuditor};

/// "officer", "supervisor", "administrator", "auditor": also as they travel in events.
[[nodiscard]] std::string_view role_name(Role role);
[[nodiscard]] std::optional<Role> parse_role(std::string_view name);

enum class Permission : std::uint8_t {
    kRecord,        ///< start, fill in, finalise and discard drafts; open and fill cases
    kAmend,         ///< correct a finalised record with a new revision
    kApprove,       ///< agree to another officer's record, or give it back
    kViewList,      ///< see which drafts, records and cases there are
    kViewRecord,    ///< read one of them
    kSearch,        ///< look for people in the whole office
    kPrint,         ///< put one record on paper
    kExport,        ///< take records out in a file
    kDecide,        ///< settle conflicts between revisions
    kTransfer,      ///< offer a case to another office, accept or return one
    kConfirmClock,  ///< vouch for the date after the clock jumped
    kAdminister,    ///< add officers; change roles, leases and the right to log in
    kRotate,        ///< change the vault's key
    kPrune,         ///< erase what headquarters has, when its time has come
    kReadAudit,     ///< read who did what
};

/// One line of the table: who has the permission.
struct Grant {
    Permission permission;
    LiteralText name;
    bool officer;
    bool supervisor;
    bool administrator;
    bool auditor;
};

/// Everybody may verify the log, deliver, and see what waits: that shows no one's answers.
inline constexpr std::array kGrants = {
    // permission, name                              officer supervisor administrator auditor
    Grant{Permission::kRecord, "record", true, true, true, false},
    Grant{Permission::kAmend, "amend", true, true, true, false},
    Grant{Permission::kApprove, "approve", false, true, true, false},
    Grant{Permission::kViewList, "view_list", true, true, true, true},
    Grant{Permission::kViewRecord, "view_record", true, true, true, true},
    Grant{Permission::kSearch, "search", true, true, true, true},
    Grant{Permission::kPrint, "print", true, true, true, false},
    Grant{Permission::kExport, "export", false, true, true, false},
    Grant{Permission::kDecide, "decide", false, true, true, false},
    Grant{Permission::kTransfer, "transfer", false, true, true, false},
    Grant{Permission::kConfirmClock, "confirm_clock", false, true, true, false},
    Grant{Permission::kAdminister, "administer", false, false, true, false},
    Grant{Permission::kRotate, "rotate", false, false, true, false},
    Grant{Permission::kPrune, "prune", false, false, true, false},
    Grant{Permission::kReadAudit, "read_audit", false, true, true, true},
};

/// The permission's line. They stand in the order of the enumeration, which a test checks.
[[nodiscard]] constexpr const Grant& grant_of(Permission permission) {
    return kGrants.at(static_cast<std::size_t>(permission));
}

[[nodiscard]] constexpr bool may(Role role, Permission permission) {
    const Grant& grant = grant_of(permission);
    switch (role) {
        case Role::kOfficer: return grant.officer;
        case Role::kSupervisor: return grant.supervisor;
        case Role::kAdministrator: return grant.administrator;
        case Role::kAuditor: return grant.auditor;
    }
    return false;
}

}  // namespace awda::agent
