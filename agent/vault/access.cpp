#include "agent/vault/access.h"

namespace awda::agent {

Status permit(const Session& session, Permission permission) {
    if (may(session.identity.role, permission)) return {};
    return Error(Errc::kNotAllowed, grant_of(permission).name);
}

}  // namespace awda::agent
