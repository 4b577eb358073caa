#include "agent/vault/role.h"

#include "platform/named.h"
namespace awda::agent {

std::string_view role_name(Role role) {
    switch (role) {
        case Role::kOfficer: return "officer";
        case Role::kSupervisor: return "supervisor";
        case Role::kAdministrator: return "administrator";
        case Role::kAuditor: return "auditor";
    }
    return "";
}

std::optional<Role> parse_role(std::string_view name) {
    return find_named(kRoles, name, role_name);
}

}  // namespace awda::agent
