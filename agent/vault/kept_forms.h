// kept_forms: the forms that drafts and records of this device were made with, so that they can be
// shown in their own version after a newer one has come.
//
// The bytes are the desk's (desk/form_source.h); the vault only keeps them. Nothing of them is
// personal. They follow from no event and are no part of a rebuild. Threads: the vault's.
#pragma once

#include <optional>

#include "agent/vault/session.h"

namespace awda::agent {

inline constexpr std::size_t kKeptFormBytesMax = 32U << 20U;
inline constexpr std::size_t kKeptFormsMax = 256;

[[nodiscard]] Result<bool> has_form(Database& db, const Hash32& hash);
/// Once; a form that is kept already stays as it is. kTooLarge.
Status keep_form(Session& session, const FormRef& form, ByteView bytes);
/// Nothing if it is not kept.
[[nodiscard]] Result<std::optional<Bytes>> kept_form(Database& db, const Hash32& hash);
/// Takes away what no draft and no record here was made with. Inside the caller's transaction.
[[nodiscard]] Status sweep_forms(Database& db);

}  // namespace awda::agent
