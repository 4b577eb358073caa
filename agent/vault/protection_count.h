// protection_count: the one thing about protected answers that leaves a device unsealed. Threads:
// the vault's.
//
// A count covers the records of a form finished since the last one, so that no two counts can be
// subtracted to leave a single record, and never few of them.
#pragma once

#include <functional>

#include "agent/vault/payloads_protection.h"
#include "agent/vault/session.h"

namespace awda::agent {

inline constexpr std::uint32_t kCountedLeast = 10;

/// Whether an answer to `path` counts: given by a person, not computed by the form.
using CountedPath = std::function<bool(std::string_view path)>;

/// Counts and enters the count in the log. kNotAllowed unless a protection officer is logged in and
/// at least kCountedLeast records that his key opens whole are new.
[[nodiscard]] Result<ProtectionCount> count_protected(Session& session, std::string_view form_id,
                                                      const CountedPath& counts);

}  // namespace awda::agent
