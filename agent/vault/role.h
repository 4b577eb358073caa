// Role: what an officer may do on this computer. Numbers are part of the keyring format.
// Threads: pure values.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace awda::agent {

enum class Role : std::uint8_t { kOfficer = 1, kSupervisor = 2, kAdministrator = 3, kAuditor = 4 };

/// "officer", "supervisor", "administrator", "auditor": also as they travel in events.
[[nodiscard]] std::string_view role_name(Role role);
[[nodiscard]] std::optional<Role> parse_role(std::string_view name);
/// May start, save, finalise and amend records. An auditor only reads.
[[nodiscard]] bool may_record(Role role);
/// May add officers.
[[nodiscard]] bool may_administer(Role role);

}  // namespace awda::agent
