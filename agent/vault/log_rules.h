// log_rules: what the walk through the log holds against changes of officers and against approvals.
//
// A rule returns what is wrong, or nothing. Threads: plain values.
#pragma once

#include <map>
#include <optional>

#include "agent/vault/role.h"
#include "platform/crypto.h"
#include "platform/ids.h"
#include "sync/log/event.h"
#include "sync/record.h"

namespace awda::agent {

/// An officer as the log has him so far.
struct KnownOfficer {
    SignPublic key{};
    Role role = Role::kOfficer;
    std::uint64_t changed_seq = 0;  ///< of the event that last said so
    bool active = true;

    [[nodiscard]] bool may(Permission permission) const {
        return active && agent::may(role, permission);
    }
};
using KnownOfficers = std::map<OfficerId, KnownOfficer>;

/// An officer is changed by another one who administers, signed, and each change once.
[[nodiscard]] std::optional<LiteralText> check_officer_changed(const sync::Event& event,
                                                               KnownOfficers& officers);

/// What is said of cases can be read, and its officer may say it. Whether it changed anything is
/// the fold's to judge.
[[nodiscard]] std::optional<LiteralText> check_case_event(const sync::Event& event,
                                                          const KnownOfficers& officers);

/// A consent or its withdrawal can be read, and its officer may write down what people say.
[[nodiscard]] std::optional<LiteralText> check_consent(const sync::Event& event,
                                                       const KnownOfficers& officers);

/// A decision is about a record that waits, by another officer who may, over its very bytes.
class ApprovalRules {
public:
    void finalised(const sync::RecordPayload& record, const OfficerId& officer);
    void finalised_and_pruned() { last_.reset(); }
    [[nodiscard]] std::optional<LiteralText> requested(const sync::Event& event);
    [[nodiscard]] std::optional<LiteralText> decided(const sync::Event& event,
                                                     const KnownOfficers& officers);

private:
    struct Waiting {
        Hash32 record{};
        OfficerId officer;
    };
    std::optional<Waiting> last_;  ///< the record finalised last
    std::map<InstanceId, Waiting> waiting_;
};

}  // namespace awda::agent
